//! "?": the keys.

use eframe::egui::{self, Grid, IdSalt, Modal};

use super::theme::{self, GRID};
use super::widgets::primary_button_ui;

const KEYS: [(&str, &str); 23] = [
    ("1, 2", "predict the shallow or the deep net (first minute)"),
    ("X", "+ x: let each block add its input (first minute)"),
    ("Space", "run or pause"),
    ("S", "one step"),
    ("R", "back to the initial weights"),
    ("V", "vanishing gradients: the same nets without normalisation"),
    ("← →", "layer before, next layer; with Shift every node"),
    ("↑ ↓", "image before, next image"),
    ("F6", "next panel; with Shift the one before"),
    ("1 … 9", "open that panel of the Panels menu (lab)"),
    ("W", "close the panel"),
    ("F", "maximise the panel, or put it back"),
    (
        "Alt 1, 2, 3",
        "arrange the panels for a lecture, to compare, to inspect",
    ),
    ("Home, End", "the whole training; follow it live"),
    (", .", "the kept moment before, the next one (timeline)"),
    ("P", "play the training; with Shift backward (timeline)"),
    (
        "X, C, Z",
        "remove the chosen block, cut its shortcut, undo all cuts (architecture)",
    ),
    ("E", "export the panel's figure into the run folder"),
    ("L, M", "the lab, the first minute"),
    ("T", "light or dark"),
    ("Ctrl + −", "larger, smaller; Ctrl 0 resets"),
    ("Tab, Enter", "from control to control, press it"),
    ("?", "these keys; Esc closes"),
];

/// Draws the sheet; answers whether it was closed.
pub fn shortcuts_ui(ctx: &egui::Context) -> bool {
    let modal = Modal::new(egui::Id::unique("shortcuts")).show(ctx, |ui| {
        ui.heading("Keys");
        ui.add_space(GRID);
        let height = ui.ctx().content_rect().height() - 160.0;
        egui::ScrollArea::vertical()
            .content_margin(egui::Margin {
                right: 16,
                ..egui::Margin::ZERO
            })
            .max_height(height)
            .show(ui, |ui| {
                Grid::new(IdSalt::new("keys"))
                    .num_columns(2)
                    .spacing([24.0, 6.0])
                    .show(ui, |ui| {
                        for (key, action) in KEYS {
                            ui.label(theme::strong(key, theme::BODY));
                            ui.label(action);
                            ui.end_row();
                        }
                    });
            });
        ui.add_space(GRID);
        primary_button_ui(ui, "Back", egui::vec2(96.0, 36.0)).clicked()
    });
    modal.inner || modal.should_close()
}
