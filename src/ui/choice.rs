//! One of a few: buttons in a row, or a list that opens where the row is too short for them.

use std::borrow::Cow;

use eframe::egui::{ComboBox, FontId, Role, Ui, WidgetInfo};

use super::theme::{self, SMALL};

/// Draws the choice of that `name` among `all`, each a value, its word and what it means.
pub fn choice_ui<T: PartialEq + Copy>(
    ui: &mut Ui,
    name: &str,
    chosen: &mut T,
    all: &[(T, Cow<'static, str>, Cow<'static, str>)],
) {
    let word = all
        .iter()
        .find(|(value, ..)| value == chosen)
        .map_or("", |(_, word, _)| word);
    let mut buttons_ui = |ui: &mut Ui| {
        for (value, word, hint) in all {
            ui.selectable_value(chosen, *value, theme::caption(&**word))
                .on_hover_text(&**hint);
        }
    };
    if row_width(ui, all.iter().map(|(_, word, _)| &**word)) <= ui.max_rect().width() {
        return buttons_ui(ui);
    }
    let combo = ComboBox::from_id_salt(name).selected_text(theme::caption(word));
    let combo = combo.show_ui(ui, buttons_ui);
    combo
        .response
        .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, name));
}

/// Width of buttons with these words in a row.
pub fn row_width<'a>(ui: &Ui, words: impl Iterator<Item = &'a str>) -> f32 {
    let spacing = ui.spacing();
    let beside = 2.0 * spacing.button_padding.x + spacing.item_spacing.x;
    words
        .map(|word| theme::width(ui, word, FontId::proportional(SMALL)) + beside)
        .sum()
}
