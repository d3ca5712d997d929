//! The table: a header that stays, rows of which only those in sight are drawn, and the loss as a line the size of a word.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Checkbox, Color32, CursorIcon, FontId, Galley, Pos2, Rect, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use rust_i18n::t;

use crate::run::shelf::{Column, Line};
use crate::ui::theme::{self, SMALL};

const ROW: f32 = 26.0;
const HEAD: f32 = 24.0;
/// Room of the check box before the name.
const CHECK: f32 = 26.0;
const PAD: f32 = 8.0;
/// Room of the bar that scrolls sideways.
const BAR: f32 = 10.0;
const SKETCH: f32 = 84.0;
/// Room of the mark beside the title that is sorted by.
const ARROW: f32 = 12.0;
/// Widest column of text where not all have room.
const WIDE: f32 = 190.0;
/// Part of a column that says something about it.
const PART: f32 = 70.0;

/// What happened in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// The line was clicked.
    Choose(usize),
    /// Its check box was clicked.
    Check(usize),
    /// The column's title was clicked.
    Sort(usize),
    /// The pointer is over the line.
    Point(usize),
}

/// Between which losses the small curves lie: a run that exploded must not flatten all others.
const LOSSES: [f32; 2] = [1e-6, 20.0];

/// How much narrower columns may be made than they want to be.
const LEAST_SQUEEZE: f32 = 0.9;

/// The table's contents, by line in order of appearance.
pub struct Table<'a> {
    pub columns: &'a [Column],
    pub widths: &'a [f32],
    /// The column sorted by, and whether downwards.
    pub sort: (usize, bool),
    pub lines: usize,
    pub line: &'a dyn Fn(usize) -> Line<'a>,
    pub chosen: Option<usize>,
    /// Whether a line stands beside the live ones; the live ones themselves do without being asked.
    pub checked: &'a dyn Fn(usize) -> bool,
    /// Whether the pointer is over something of the line's run, in any panel.
    pub pointed: &'a dyn Fn(usize) -> bool,
    /// Logarithms of the lowest and the highest loss, which all curves share.
    pub reach: [f32; 2],
    pub colour: &'a dyn Fn(usize) -> Color32,
}

/// Widths that hold the titles and the texts of these lines.
pub fn widths<'a>(ui: &Ui, columns: &[Column], lines: impl Iterator<Item = Line<'a>> + Clone) -> Vec<f32> {
    let width = |column: &Column| {
        if *column == Column::Sketch {
            return SKETCH;
        }
        let longest = lines
            .clone()
            .map(|line| column.text(line))
            .max_by_key(|text| letters(text));
        let length = |text: String, face| theme::width(ui, &text, FontId::new(SMALL, face));
        // Other texts of as many letters may be a little longer.
        let text = 1.06 * length(longest.unwrap_or_default(), theme::semibold());
        let title = length(column.title(), egui::FontFamily::Proportional) + ARROW;
        let extra = if *column == Column::Name { CHECK } else { 0.0 };
        text.max(title) + extra + 2.0 * PAD
    };
    columns.iter().map(width).collect()
}

/// As wide as their texts where there is room; else the widest give way, then all a little where that lets them be seen
/// at once.
pub fn fitted(widths: &[f32], room: f32) -> Vec<f32> {
    let total = |most: f32| widths.iter().map(|width| width.min(most)).sum::<f32>();
    let mut most = widths.iter().copied().fold(WIDE, f32::max);
    while most > WIDE && total(most) > room {
        most = (most - PAD).max(WIDE);
    }
    let widths = widths.iter().map(|width| width.min(most));
    let squeeze = room / total(most);
    let squeeze = if (LEAST_SQUEEZE..1.0).contains(&squeeze) {
        squeeze
    } else {
        1.0
    };
    widths.map(|width| width * squeeze).collect()
}

/// What is seen of a cell up to `right`, if that says something: of the name and of other texts a part, of numbers all.
fn shown(cell: Rect, right: f32, place: usize, column: &Column) -> Option<Rect> {
    let part = Rect::from_min_max(cell.min, pos2(cell.right().min(right), cell.bottom()));
    let whole = cell.right() <= right + 1.0;
    let text = !column.is_number() && *column != Column::Sketch && part.width() >= PART;
    (whole || text || place == 0).then_some(part)
}

/// Number, left and right end of each column as they are drawn: the first one, the name, last and over the others, for it
/// stays where the `seen` part begins.
fn places(widths: &[f32], left: f32, seen: f32) -> Vec<(usize, f32, f32)> {
    let mut x = left;
    let columns = widths.iter().enumerate().map(|(index, width)| {
        let from = x;
        x += width;
        (index, from, x)
    });
    let mut places: Vec<_> = columns.collect();
    if !places.is_empty() {
        let (index, from, to) = places.remove(0);
        let shift = (seen - from).max(0.0);
        places.push((index, from + shift, to + shift));
    }
    places
}

/// How many digits' room a text takes at most; a Chinese character takes two.
fn letters(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

fn layout(ui: &Ui, text: impl Into<String>, colour: Color32) -> Arc<Galley> {
    let font = FontId::proportional(SMALL);
    ui.painter().layout_no_wrap(text.into(), font, colour)
}

impl Table<'_> {
    /// Height in which every line is seen.
    pub fn height(&self) -> f32 {
        HEAD + 2.0 + ROW * self.lines as f32 + BAR
    }

    /// Draws it into all the space there is.
    pub fn show_ui(&self, ui: &mut Ui) -> Option<Touch> {
        let space = ui.available_rect_before_wrap();
        let head = Rect::from_min_size(space.min, vec2(space.width(), HEAD));
        let body = Rect::from_min_max(pos2(space.left(), head.bottom() + 2.0), space.max);
        let mut touch = None;
        let mut inside = ui.new_child(UiBuilder::new().id_salt("rows").max_rect(body));
        inside.spacing_mut().item_spacing.y = 0.0;
        let total: f32 = self.widths.iter().sum();
        let output = ScrollArea::both()
            .auto_shrink(false)
            .min_scrolled_height(0.0)
            .show_rows(&mut inside, ROW, self.lines, |ui, range| {
                let width = total.max(ui.available_width());
                for index in range {
                    let (_, rect) = ui.allocate_space(vec2(width, ROW));
                    touch = self.row_ui(ui, rect, index).or(touch);
                }
            });
        let offset = output.state.clamped_offset().x;
        let seen = head.with_max_x(output.inner_rect.right());
        touch = self.head_ui(ui, seen, offset).or(touch);
        ui.allocate_rect(space, Sense::hover());
        touch
    }

    fn head_ui(&self, ui: &mut Ui, head: Rect, offset: f32) -> Option<Touch> {
        let ink = theme::ink(ui);
        let mut touch = None;
        let mut bar = ui.new_child(UiBuilder::new().id_salt("head").max_rect(head));
        bar.set_clip_rect(head.intersect(ui.clip_rect()));
        for (index, from, to) in places(self.widths, head.left() - offset, head.left()) {
            let column = &self.columns[index];
            let rect = Rect::from_x_y_ranges(from..=to, head.y_range());
            if !bar.is_rect_visible(rect) {
                continue;
            }
            if index == 0 && offset > 0.0 {
                kept_ui(&bar, rect, ink.paper);
            }
            let Some(rect) = shown(rect, head.right(), index, column) else {
                continue;
            };
            let title = column.title();
            let response = bar
                .interact(rect, bar.scope_id().with(index), Sense::click())
                .on_hover_cursor(CursorIcon::PointingHand)
                .on_hover_text(column.hint());
            let (sorted, down) = (self.sort.0 == index, self.sort.1);
            response.widget_info(|| {
                let words = match (sorted, down) {
                    (false, _) => t!("Sort by %{column}", column = title),
                    (true, false) => t!("Sorted by %{column}, upwards", column = title),
                    (true, true) => t!("Sorted by %{column}, downwards", column = title),
                };
                WidgetInfo::selected(Role::ColumnHeader, true, sorted, words)
            });
            let lit = sorted || response.hovered() || response.has_focus();
            let galley = layout(&bar, title, if lit { ink.text } else { ink.weak });
            let room = if sorted { ARROW } else { 0.0 };
            let x = if column.is_number() {
                to - PAD - galley.size().x - room
            } else {
                from + PAD
            };
            let end = x + galley.size().x;
            let y = head.center().y - galley.size().y / 2.0;
            bar.painter().with_clip_rect(rect).galley(pos2(x, y), galley, ink.text);
            if sorted {
                arrow(&bar, pos2(end + 7.0, head.center().y), down, ink.text);
            }
            if response.has_focus() {
                let around = rect.shrink2(vec2(2.0, 1.0));
                bar.painter()
                    .rect_stroke(around, 4.0, Stroke::new(1.0, ink.text), StrokeKind::Inside);
            }
            if response.clicked() {
                touch = Some(Touch::Sort(index));
            }
        }
        let y = head.bottom() + 1.0;
        ui.painter().hline(head.x_range(), y, Stroke::new(1.0, ink.line));
        touch
    }

    fn row_ui(&self, ui: &mut Ui, rect: Rect, index: usize) -> Option<Touch> {
        let ink = theme::ink(ui);
        let line = (self.line)(index);
        // A line may reach beyond what is seen of it; what is clicked, and told to readers, is what is seen.
        let seen = rect.intersect(ui.clip_rect());
        let response = ui.interact(seen, ui.scope_id().with(&line.item.key), Sense::click());
        let chosen = self.chosen == Some(index);
        response.widget_info(|| WidgetInfo::selected(Role::Row, true, chosen, line.summary(self.columns)));
        let lit = chosen || response.hovered() || response.has_focus() || (self.pointed)(index);
        // The box to tick is seen on it.
        let pointed = ink.paper.lerp_to_gamma(ink.button, 0.5);
        let fill = lit.then_some(if chosen { ink.chosen } else { pointed });
        if let Some(fill) = fill {
            ui.painter().rect_filled(rect, 4.0, fill);
        }
        if response.has_focus() {
            ui.painter()
                .rect_stroke(seen, 4.0, Stroke::new(1.0, ink.text), StrokeKind::Inside);
        }
        let mut touch = match (response.clicked(), response.hovered()) {
            (true, _) => Some(Touch::Choose(index)),
            (false, true) => Some(Touch::Point(index)),
            (false, false) => None,
        };
        if let Err(sentence) = &line.item.row {
            let text = format!("{}: {sentence}", line.item.title());
            let galley = layout(ui, text, ink.error);
            let at = pos2(rect.left() + CHECK + PAD, rect.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, ink.error);
            response.on_hover_text(sentence);
            return touch;
        }
        let cut = response.hovered().then(|| self.cut(ui, line));
        let response = match cut.filter(|words| !words.is_empty()) {
            Some(words) => response.on_hover_text(words),
            None => response,
        };
        if response.double_clicked() && line.live.is_none() {
            touch = Some(Touch::Check(index));
        }
        for (place, from, to) in places(self.widths, rect.left(), seen.left()) {
            let column = &self.columns[place];
            let cell = Rect::from_x_y_ranges(from..=to, rect.y_range());
            if !ui.is_rect_visible(cell) {
                continue;
            }
            let Some(cell) = shown(cell, seen.right(), place, column) else {
                continue;
            };
            if place == 0 && from > rect.left() {
                kept_ui(ui, cell, fill.unwrap_or(ink.paper));
            }
            match column {
                Column::Name => {
                    if line.item.mark.pinned {
                        let bar = Rect::from_x_y_ranges(from..=from + 3.0, cell.shrink(3.0).y_range());
                        ui.painter().rect_filled(bar, 1.5, ink.text);
                    }
                    if self.check_ui(ui, cell, index, line) {
                        touch = Some(Touch::Check(index));
                    }
                    let cell = Rect::from_min_max(pos2(from + CHECK, cell.top()), cell.max);
                    self.text_ui(ui, cell, column, line, (self.colour)(index));
                }
                Column::Sketch => {
                    let place = cell.shrink2(vec2(PAD, 5.0));
                    sketch_ui(ui, place, line, self.reach, (self.colour)(index));
                }
                _ => self.text_ui(ui, cell, column, line, ink.text),
            }
        }
        touch
    }

    /// The texts of a line that end in dots, whole.
    fn cut(&self, ui: &Ui, line: Line<'_>) -> String {
        let texts = self.columns.iter().zip(self.widths).filter_map(|(column, width)| {
            if column.is_number() || *column == Column::Sketch {
                return None;
            }
            let text = column.text(line);
            let before = if *column == Column::Name { CHECK } else { 0.0 };
            (theme::width(ui, &text, face(column)) > width - before - 2.0 * PAD + 1.0).then_some(text)
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    /// The box that has a run stand beside the live ones; a dot for those.
    fn check_ui(&self, ui: &mut Ui, cell: Rect, index: usize, line: Line<'_>) -> bool {
        let centre = pos2(cell.left() + CHECK / 2.0 + 3.0, cell.center().y);
        if line.live.is_some() {
            ui.painter().circle_filled(centre, 4.0, (self.colour)(index));
            return false;
        }
        let name = t!(
            "Compare %{run} of %{folder}",
            run = line.item.title(),
            folder = line.item.key.folder_name()
        );
        let mut on = (self.checked)(index);
        // Beside the row, which has taken its room already.
        let place = Rect::from_center_size(centre, vec2(18.0, 18.0));
        let mut beside = ui.new_child(UiBuilder::new().id_salt(("check", index)).max_rect(place));
        beside.spacing_mut().interact_size = place.size();
        let response = beside.add(Checkbox::without_text(&mut on));
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, &name));
        response.on_hover_text(t!("Draw it beside the live runs")).clicked()
    }

    fn text_ui(&self, ui: &Ui, cell: Rect, column: &Column, line: Line<'_>, colour: Color32) {
        let painter = ui
            .painter()
            .with_clip_rect(cell.shrink2(vec2(2.0, 0.0)).intersect(ui.clip_rect()));
        let text = column.text(line);
        let (at, align) = if column.is_number() {
            (cell.right_center() - vec2(PAD, 0.0), Align2::RIGHT_CENTER)
        } else {
            (cell.left_center() + vec2(PAD, 0.0), Align2::LEFT_CENTER)
        };
        let text = theme::elided(ui, &text, face(column), colour, cell.width() - 2.0 * PAD + 1.0);
        painter.galley(align.anchor_size(at, text.size()).min, text, colour);
    }
}

/// The letters of a column's texts.
fn face(column: &Column) -> FontId {
    match column {
        Column::Name => FontId::new(SMALL, theme::semibold()),
        _ => FontId::proportional(SMALL),
    }
}

/// The ground of a cell that stays while others pass beneath it.
fn kept_ui(ui: &Ui, cell: Rect, fill: Color32) {
    ui.painter().rect_filled(cell, 0.0, fill);
    let edge = Stroke::new(1.0, theme::ink(ui).line);
    ui.painter().vline(cell.right(), cell.y_range(), edge);
}

/// A small triangle.
fn arrow(ui: &Ui, centre: Pos2, down: bool, colour: Color32) {
    let tip = if down { 3.0 } else { -3.0 };
    let corners = vec![
        pos2(centre.x, centre.y + tip),
        pos2(centre.x - 3.5, centre.y - tip),
        pos2(centre.x + 3.5, centre.y - tip),
    ];
    ui.painter()
        .add(egui::Shape::convex_polygon(corners, colour, Stroke::NONE));
}

fn logarithm(loss: f32) -> f32 {
    let [least, most] = LOSSES;
    loss.max(least).min(most).ln()
}

/// Logarithms of the lowest and the highest loss of all lines.
pub fn reach<'a>(lines: impl Iterator<Item = Line<'a>>) -> [f32; 2] {
    let logs = lines.flat_map(|line| line.sketch()).map(logarithm);
    logs.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], log| {
        [low.min(log), high.max(log)]
    })
}

/// The training loss as a line, logarithmic, on the scale of all.
fn sketch_ui(ui: &Ui, rect: Rect, line: Line<'_>, [low, high]: [f32; 2], colour: Color32) {
    let logs: Vec<f32> = line.sketch().into_iter().map(logarithm).collect();
    if logs.len() < 2 {
        return;
    }
    let reach = (high - low).max(0.05);
    let [from, to] = line.extent();
    let points = logs.iter().enumerate().map(|(index, log)| {
        let along = index as f32 / (logs.len() - 1) as f32;
        let x = rect.left() + rect.width() * egui::lerp(from..=to.max(from + 0.1), along);
        pos2(x, rect.bottom() - rect.height() * (log - low) / reach)
    });
    ui.painter().line(points.collect(), Stroke::new(1.25, colour));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_a_little_or_not_at_all() {
        assert_eq!(fitted(&[50.0, 50.0], 95.0), [47.5, 47.5]);
        assert_eq!(fitted(&[50.0, 50.0], 60.0), [50.0, 50.0], "the rest is scrolled to");
        assert_eq!(fitted(&[50.0, 50.0], 200.0), [50.0, 50.0]);
        assert_eq!(fitted(&[400.0, 50.0], 450.0), [400.0, 50.0], "a long name has its room");
        assert_eq!(fitted(&[400.0, 50.0], 434.0), [384.0, 50.0], "or what is left");
        assert_eq!(fitted(&[400.0, 50.0], 100.0), [WIDE, 50.0]);
    }

    #[test]
    fn a_number_is_seen_whole_or_not_at_all() {
        let cell = |from: f32, to: f32| Rect::from_min_max(pos2(from, 0.0), pos2(to, 26.0));
        let seen = |place, column| shown(cell(100.0, 200.0), 180.0, place, &column).map(|rect| rect.right());
        assert_eq!(seen(3, Column::Loss), None);
        assert_eq!(seen(3, Column::Folder), Some(180.0));
        assert_eq!(seen(0, Column::Name), Some(180.0));
        let whole = shown(cell(80.0, 180.0), 180.0, 3, &Column::Loss);
        assert_eq!(whole, Some(cell(80.0, 180.0)));
    }

    #[test]
    fn the_name_stays_in_sight() {
        let widths = [50.0, 20.0, 30.0];
        assert_eq!(
            places(&widths, 10.0, 10.0),
            [(1, 60.0, 80.0), (2, 80.0, 110.0), (0, 10.0, 60.0)]
        );
        assert_eq!(
            places(&widths, -25.0, 10.0),
            [(1, 25.0, 45.0), (2, 45.0, 75.0), (0, 10.0, 60.0)]
        );
        assert_eq!(places(&[], 0.0, 0.0), []);
    }
}
