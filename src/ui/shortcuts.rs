//! "?": the keys.

use std::borrow::Cow;

use eframe::egui::{self, FontId, Grid, IdSalt, Key, KeyboardShortcut, Modal, Modifiers};
use rust_i18n::t;

use super::keys::{pressed, written};
use super::panels::Panel;
use super::task::Task;
use super::theme::{self, GRID};
use super::widgets::primary_button_ui;

/// How far an arrow key scrolls.
const LINE: f32 = 34.0;

/// What the sheet takes of the window's width beside the words: the keys and the margins.
const BESIDE: f32 = 320.0;

/// Keys and what they do.
type Line = (String, Cow<'static, str>);

/// Tasks with keys in a row of their own; panels and arrangements, which are many, share one.
fn lines(format: impl Fn(&KeyboardShortcut) -> String) -> Vec<Line> {
    let line = |task: &Task| Some((format(&task.keys()?), task.words(None)));
    let mut lines: Vec<Line> = vec![
        ("1, 2".into(), t!("Predict the shallow or the deep net (first minute)")),
        ("X".into(), t!("+ x: let each block add its input (first minute)")),
        (
            t!("Page Up, Page Down").into(),
            t!("The step before, the next step (lessons)"),
        ),
        (
            t!("Ctrl+Page Down").into(),
            t!("The next lesson, at the last step (lessons)"),
        ),
        ("1 … 9".into(), t!("Choose an answer, or take hold of a row (lessons)")),
        ("← → ↑ ↓".into(), t!("Move the row, or draw the curve (lessons)")),
        (
            t!("Space, Ctrl+Enter").into(),
            t!("Predict and run, pause, go on (lessons)"),
        ),
        ("Ctrl+S".into(), t!("Save the report, at the last step (lessons)")),
    ];
    lines.extend(Task::GLOBAL.iter().filter_map(line));
    let own = Task::of_lab();
    lines.extend(
        own.iter()
            .filter(|task| !matches!(task, Task::Show(_)))
            .filter_map(line),
    );
    lines.extend([
        ("Ctrl+C".into(), Task::Copy.words(None)),
        ("1 … 9".into(), t!("Open that panel of the Panels menu")),
        ("← →".into(), t!("Layer before, next layer; with Shift every node")),
        ("↑ ↓".into(), t!("Image before, next image")),
        (
            t!("Ctrl+wheel, drag").into(),
            t!("Zoom a chart, move along it; with the right button the part to see"),
        ),
        (t!("Home, double click").into(), t!("The whole training")),
    ]);
    for &panel in Panel::ALL {
        for key in panel.keys() {
            lines.push((format(&key.keys), Task::Press(panel, *key).words(None)));
        }
    }
    lines.extend([
        ("Ctrl++, Ctrl+−".into(), t!("Larger, smaller; Ctrl+0 resets")),
        ("Tab, Enter".into(), t!("From control to control, press it")),
        ("Esc".into(), t!("Closes what is open")),
    ]);
    lines
}

/// Whether the frame before this one had no sheet.
fn opened(ui: &egui::Ui) -> bool {
    let frame = ui.ctx().cumulative_frame_nr();
    let seen = ui.scope_id().with("seen");
    let last = ui.data_mut(|data| {
        let last: &mut u64 = data.get_temp_mut_or_default(seen);
        std::mem::replace(last, frame)
    });
    last + 1 < frame
}

/// Draws the sheet; answers whether it was closed.
pub fn shortcuts_ui(ctx: &egui::Context) -> bool {
    let modal = Modal::new(egui::Id::unique("shortcuts")).show(ctx, |ui| {
        ui.heading(t!("Keys"));
        ui.add_space(GRID);
        let height = ui.ctx().content_rect().height() - 160.0;
        let mut scrolled = egui::ScrollArea::vertical();
        if opened(ui) {
            scrolled = scrolled.vertical_scroll_offset(0.0);
        }
        scrolled
            .content_margin(egui::Margin {
                right: 16,
                ..egui::Margin::ZERO
            })
            .max_height(height)
            .min_scrolled_height(height)
            .show(ui, |ui| {
                let stride = height - 2.0 * theme::BODY;
                for (key, down) in [
                    (Key::PageDown, stride),
                    (Key::PageUp, -stride),
                    (Key::ArrowDown, LINE),
                    (Key::ArrowUp, -LINE),
                ] {
                    if pressed(ui, Modifiers::NONE, key) {
                        ui.scroll_with_delta(egui::vec2(0.0, -down));
                    }
                }
                let ink = theme::ink(ui);
                let width = ui.ctx().content_rect().width() - BESIDE;
                Grid::new(IdSalt::new("keys"))
                    .num_columns(2)
                    .spacing([24.0, 6.0])
                    .show(ui, |ui| {
                        for (keys, words) in lines(|keys| written(ctx, keys)) {
                            ui.label(theme::strong(keys, theme::BODY));
                            let font = FontId::proportional(theme::BODY);
                            ui.label(ui.painter().layout(words.into_owned(), font, ink.text, width));
                            ui.end_row();
                        }
                    });
            });
        ui.add_space(GRID);
        primary_button_ui(ui, &t!("Back"), egui::vec2(96.0, 36.0)).clicked()
    });
    // The sheet knows its width only after it was drawn.
    let [place, window] = [modal.response.rect, ctx.content_rect()].map(|rect| rect.center().x);
    if (place - window).abs() > 1.0 {
        ctx.request_repaint();
    }
    modal.inner || modal.should_close()
}
