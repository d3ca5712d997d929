//! A panel before anything was measured for it: what its picture will show, how long that takes here, and the button for it.

use std::borrow::Cow;

use eframe::egui::{Align, Label, Layout, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};
use rust_i18n::t;

use super::theme::{self, BODY, GRID};
use super::widgets::primary_button_ui;

/// Widest column of words, in points.
const COLUMN: f32 = 460.0;
/// Height of the button.
const BUTTON: f32 = 36.0;

/// Height that is worth scrolling words in.
const FEW_LINES: f32 = 110.0;

/// What stands in the place of a picture.
pub struct Empty<'a> {
    /// What the picture will show.
    pub shows: Cow<'a, str>,
    /// How long it takes here; may be empty.
    pub takes: String,
    /// Begins it.
    pub button: Cow<'a, str>,
    pub hint: Cow<'a, str>,
}

impl Empty<'_> {
    /// Draws it in the middle of the space there is; where that is too little, the button stands before the words, which
    /// scroll, or alone with the words under the pointer. Answers whether the button was clicked.
    pub fn show_ui(&self, ui: &mut Ui) -> bool {
        let space = ui.available_rect_before_wrap();
        let width = (space.width() - 2.0 * GRID).min(COLUMN);
        let text = |words: &str| theme::paragraph(ui, words.to_owned(), width).size().y;
        let apart = GRID + 3.0 * ui.spacing().item_spacing.y;
        let height = text(&self.shows) * BODY / theme::SMALL + text(&self.takes) + BUTTON + apart;
        let short = height > space.height();
        let above = ((space.height() - height) / 2.0).clamp(0.0, 160.0);
        let middle = Rect::from_center_size(space.center(), vec2(width, space.height()));
        let builder = UiBuilder::new()
            .id_salt("empty")
            .max_rect(middle)
            .layout(Layout::top_down(Align::Min));
        ui.scope_builder(builder, |ui| {
            if !short {
                ui.add_space(above);
                self.words_ui(ui);
                return self.button_ui(ui, true);
            }
            let beneath = ui.available_height() - BUTTON - apart > FEW_LINES;
            let clicked = self.button_ui(ui, beneath);
            ui.add_space(GRID);
            if beneath {
                ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| self.words_ui(ui));
            }
            clicked
        })
        .inner
    }

    fn words_ui(&self, ui: &mut Ui) {
        ui.add(Label::new(RichText::new(&*self.shows).size(BODY)).wrap());
        if busy(ui) {
            let words = t!("The lesson measures it when the training is over.");
            ui.add(Label::new(theme::caption(words)).wrap());
        } else if !self.takes.is_empty() {
            ui.add(Label::new(theme::caption(&self.takes)).wrap());
        }
    }

    /// The button, with the words under the pointer unless they are `written`.
    fn button_ui(&self, ui: &mut Ui, written: bool) -> bool {
        if busy(ui) {
            return false;
        }
        ui.add_space(GRID);
        let button = primary_button_ui(ui, &self.button, vec2(0.0, BUTTON));
        let button = button.on_hover_ui(|ui| {
            if !written {
                ui.label(&*self.shows);
            }
            ui.label(&*self.hint);
        });
        button.clicked()
    }
}

/// Whether a lesson will ask for it.
fn busy(ui: &Ui) -> bool {
    theme::taught(ui).is_some_and(|lesson| lesson.busy)
}
