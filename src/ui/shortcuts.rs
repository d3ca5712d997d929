//! "?": the keys.

use std::borrow::Cow;

use eframe::egui::{self, Grid, IdSalt, Modal};
use rust_i18n::t;

use super::theme::{self, GRID};
use super::widgets::primary_button_ui;

/// Keys and what they do.
fn keys() -> [(Cow<'static, str>, Cow<'static, str>); 28] {
    [
        ("1, 2".into(), t!("predict the shallow or the deep net (first minute)")),
        ("X".into(), t!("+ x: let each block add its input (first minute)")),
        (t!("Space"), t!("run or pause; in a lecture, reveal the next thing")),
        ("S".into(), t!("one step")),
        ("R".into(), t!("back to the initial weights")),
        (
            "V".into(),
            t!("vanishing gradients: the same nets without normalisation"),
        ),
        ("← →".into(), t!("layer before, next layer; with Shift every node")),
        ("↑ ↓".into(), t!("image before, next image")),
        (
            "[ ]".into(),
            t!("channel before, next channel (feature maps; also Page up and down)"),
        ),
        ("Enter".into(), t!("one map large, or all (feature maps)")),
        (
            "N, D, O, I".into(),
            t!("any image, draw one, open a file, invert your own (feature maps)"),
        ),
        ("F6".into(), t!("next panel; with Shift the one before")),
        ("1 … 9".into(), t!("open that panel of the Panels menu (lab)")),
        ("W".into(), t!("close the panel")),
        ("F".into(), t!("maximise the panel, or put it back")),
        (
            "Alt 1, 2, 3".into(),
            t!("arrange the panels for a lecture, to compare, to inspect"),
        ),
        ("Home, End".into(), t!("the whole training; follow it live")),
        (", .".into(), t!("the kept moment before, the next one (timeline)")),
        ("P".into(), t!("play the training; with Shift backward (timeline)")),
        (
            "X, C, Z".into(),
            t!("remove the chosen block, cut its shortcut, undo all cuts (architecture)"),
        ),
        ("E".into(), t!("export the panel's figure into the run folder")),
        ("L, M".into(), t!("the lab, the first minute")),
        ("T".into(), t!("light, dark, high contrast")),
        ("F5".into(), t!("lecture mode: large text, few controls")),
        ("G".into(), t!("English or Chinese")),
        ("Ctrl + −".into(), t!("larger, smaller; Ctrl 0 resets")),
        ("Tab, Enter".into(), t!("from control to control, press it")),
        ("?".into(), t!("these keys; Esc closes")),
    ]
}

/// Draws the sheet; answers whether it was closed.
pub fn shortcuts_ui(ctx: &egui::Context) -> bool {
    let modal = Modal::new(egui::Id::unique("shortcuts")).show(ctx, |ui| {
        ui.heading(t!("Keys"));
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
                        for (key, action) in keys() {
                            ui.label(theme::strong(key, theme::BODY));
                            ui.label(action);
                            ui.end_row();
                        }
                    });
            });
        ui.add_space(GRID);
        primary_button_ui(ui, &t!("Back"), egui::vec2(96.0, 36.0)).clicked()
    });
    modal.inner || modal.should_close()
}
