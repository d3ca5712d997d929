//! The text of a lesson as it is read: paragraphs, lists, tables, formulas.

use std::sync::Arc;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, FontFamily, FontId, Frame, Galley, Label, Layout, Rect, Sense, Stroke, TextFormat, Ui, UiBuilder, Vec2, vec2,
};

use super::formula::{append, formula_ui};
use crate::lesson::markdown::{Block, Span, numbers, plain, spans};
use crate::ui::theme::{self, BODY, GRID, HEADING};

/// Size of running text.
pub const TEXT: f32 = 16.0;
/// Between the columns of a table, and what a column keeps where room is short.
const COLUMNS: f32 = 16.0;
const NARROWEST: f32 = 90.0;
/// Around the text of a row.
const CELL: Vec2 = vec2(8.0, 5.0);
/// How far each level of a list stands in.
const INDENT: f32 = 20.0;

/// Draws the blocks beneath each other.
pub fn blocks_ui(ui: &mut Ui, blocks: &[Block]) {
    for (place, block) in blocks.iter().enumerate() {
        ui.push_id(place, |ui| block_ui(ui, block));
    }
}

/// Draws Markdown of one line, as questions and claims are.
pub fn line_ui(ui: &mut Ui, text: &str, size: f32) {
    spans_ui(ui, &spans(text), size);
}

fn block_ui(ui: &mut Ui, block: &Block) {
    let ink = theme::ink(ui);
    match block {
        Block::Heading(spans) => {
            ui.add_space(GRID / 2.0);
            ui.add(Label::new(theme::strong(plain(spans), BODY + 2.0)).wrap());
        }
        Block::Paragraph(spans) => spans_ui(ui, spans, TEXT),
        Block::Item(depth, mark, spans) => {
            ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                ui.add_space(INDENT * *depth as f32 + 4.0);
                ui.label(eframe::egui::RichText::new(mark).size(TEXT).color(ink.weak));
                ui.vertical(|ui| spans_ui(ui, spans, TEXT));
            });
        }
        Block::Quote(spans) => {
            let inside = ui.horizontal(|ui| {
                ui.add_space(12.0);
                ui.vertical(|ui| spans_ui(ui, spans, TEXT));
            });
            let rect = inside.response.rect;
            ui.painter()
                .vline(rect.left() + 2.0, rect.y_range(), Stroke::new(3.0, ink.line));
        }
        Block::Code(code) => {
            Frame::new()
                .fill(ink.button)
                .corner_radius(6)
                .inner_margin(GRID)
                .show(ui, |ui| {
                    eframe::egui::ScrollArea::horizontal().id_salt("code").show(ui, |ui| {
                        ui.add(Label::new(eframe::egui::RichText::new(code).monospace()).extend());
                    });
                });
        }
        Block::Formula(row) => {
            ui.add_space(GRID / 2.0);
            formula_ui(ui, row, TEXT);
            ui.add_space(GRID / 2.0);
        }
        Block::Table(rows) => table_ui(ui, rows),
    }
}

/// Draws a table whose first row are the heads.
pub fn table_ui(ui: &mut Ui, rows: &[Vec<Vec<Span>>]) {
    let texts: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    let numbers = numbers(&texts);
    let cells = |place: usize, row: &[Vec<Span>]| -> Vec<LayoutJob> {
        let of = |cell: &Vec<Span>| match place {
            0 => LayoutJob::simple_singleline(plain(cell), FontId::new(BODY, theme::semibold()), theme::ink(ui).text),
            _ => job(ui, cell, BODY),
        };
        row.iter().map(of).collect()
    };
    let rows: Vec<Vec<LayoutJob>> = rows.iter().enumerate().map(|(place, row)| cells(place, row)).collect();
    let mut natural = vec![0.0f32; rows.iter().map(Vec::len).max().unwrap_or(0)];
    for (cell, widest) in rows.iter().flat_map(|row| row.iter().zip(0..)) {
        let width = ui.fonts_mut(|fonts| fonts.layout_job(cell.clone())).size().x;
        natural[widest] = natural[widest].max(width.ceil());
    }
    let beside = COLUMNS * natural.len().saturating_sub(1) as f32 + 2.0 * CELL.x;
    let widths = fitted(&natural, ui.available_width() - beside);
    let across = widths.iter().sum::<f32>() + beside;
    eframe::egui::ScrollArea::horizontal().id_salt("table").show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (place, row) in rows.into_iter().enumerate() {
            row_ui(ui, place, row, (&widths, &numbers), across);
        }
    });
}

/// A row as high as its highest cell; the heads stand on a line, every other row beneath them on a darker ground.
fn row_ui(ui: &mut Ui, place: usize, cells: Vec<LayoutJob>, (widths, numbers): (&[f32], &[bool]), across: f32) {
    let laid_out = cells.into_iter().zip(widths).map(|(mut cell, &width)| {
        cell.wrap.max_width = width;
        ui.fonts_mut(|fonts| fonts.layout_job(cell))
    });
    let galleys: Vec<Arc<Galley>> = laid_out.collect();
    let height = galleys.iter().map(|galley| galley.size().y).fold(0.0, f32::max);
    let (rect, _) = ui.allocate_exact_size(vec2(across, height + 2.0 * CELL.y), Sense::hover());
    let ink = theme::ink(ui);
    if place == 0 {
        ui.painter()
            .hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, ink.line));
    } else if place % 2 == 1 {
        ui.painter().rect_filled(rect, 0.0, ink.ground);
    }
    let mut corner = rect.min + CELL;
    for (column, (galley, &width)) in galleys.into_iter().zip(widths).enumerate() {
        let mut inside = Rect::from_min_size(corner, vec2(width, height));
        if numbers.get(column) == Some(&true) {
            inside.min.x = inside.max.x - galley.size().x.min(width);
        }
        let place = UiBuilder::new().max_rect(inside).layout(Layout::top_down(Align::Min));
        ui.new_child(place).add(Label::new(galley));
        corner.x += width + COLUMNS;
    }
}

/// The widths of a table's columns: where there is less room than they want, the widest gives way.
fn fitted(natural: &[f32], room: f32) -> Vec<f32> {
    let mut widths = natural.to_vec();
    let surplus = natural.iter().sum::<f32>() - room;
    if let Some(widest) = widths
        .iter_mut()
        .max_by(|a, b| a.total_cmp(b))
        .filter(|_| surplus > 0.0)
    {
        *widest = (*widest - surplus).max(NARROWEST.min(*widest));
    }
    widths
}

fn spans_ui(ui: &mut Ui, spans: &[Span], size: f32) {
    if !spans.iter().any(|span| matches!(span, Span::Link(..))) {
        ui.add(Label::new(job(ui, spans, size)).wrap());
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let is_link = |span: &Span| matches!(span, Span::Link(..));
        for part in spans.chunk_by(|a, b| !is_link(a) && !is_link(b)) {
            match part {
                [Span::Link(words, target)] => {
                    let words = eframe::egui::RichText::new(words).size(size).underline();
                    ui.hyperlink_to(words, target).on_hover_text(target);
                }
                text => drop(ui.add(Label::new(job(ui, text, size)).wrap())),
            }
        }
    });
}

fn job(ui: &Ui, spans: &[Span], size: f32) -> LayoutJob {
    let ink = theme::ink(ui);
    let mut job = LayoutJob::default();
    for span in spans {
        match span {
            Span::Text { text, bold, italic } => {
                let family = if *bold {
                    theme::semibold()
                } else {
                    FontFamily::Proportional
                };
                // Chinese signs have no slanted face.
                let signs = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                let line = if signs && *italic { 1.0 } else { 0.0 };
                let format = TextFormat {
                    italics: *italic && !signs,
                    underline: Stroke::new(line, ink.text),
                    ..TextFormat::simple(FontId::new(size, family), ink.text)
                };
                job.append(text, 0.0, format);
            }
            Span::Code(code) => {
                let format = TextFormat {
                    background: ink.button,
                    ..TextFormat::simple(FontId::monospace(size - 1.0), ink.text)
                };
                job.append(code, 0.0, format);
            }
            Span::Formula(row) => append(&mut job, row, size, ink.text),
            Span::Link(words, _) => job.append(words, 0.0, TextFormat::simple(FontId::proportional(size), ink.text)),
        }
    }
    job
}

/// The title of a step.
pub fn title_ui(ui: &mut Ui, title: &str) {
    ui.add(Label::new(theme::strong(plain(&spans(title)), HEADING)).wrap());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_column_gives_way() {
        assert_eq!(fitted(&[200.0, 60.0], 300.0), [200.0, 60.0]);
        assert_eq!(fitted(&[60.0, 200.0, 60.0], 270.0), [60.0, 150.0, 60.0]);
        assert_eq!(fitted(&[200.0, 60.0], 100.0), [90.0, 60.0], "the rest is scrolled to");
        assert!(fitted(&[], 100.0).is_empty());
    }
}
