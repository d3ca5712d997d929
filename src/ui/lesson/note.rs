//! A field for words of one's own.

use eframe::egui::{FontId, Id, Role, TextEdit, Ui, WidgetInfo};

use super::prose::{TEXT, line_ui};
use crate::lesson::{LONGEST_NOTE, Note};

/// Rows of an empty field.
const ROWS: usize = 2;

/// Draws what to write, and the field for it.
pub fn note_ui(ui: &mut Ui, note: &Note, text: &mut String, field: Id) {
    line_ui(ui, &note.asks, TEXT);
    let edit = TextEdit::multiline(text)
        .id(field)
        .desired_rows(ROWS)
        .desired_width(f32::INFINITY)
        .char_limit(LONGEST_NOTE)
        .font(FontId::proportional(TEXT));
    let response = ui.add(edit);
    response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, &note.asks));
}
