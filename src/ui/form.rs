//! Rows of a form: a label, a control, what runs now where that differs, and why a choice was refused.

use std::borrow::Cow;

use eframe::egui::{self, Align, ComboBox, DragValue, Key, Label, Layout, RichText, Role, Ui, WidgetInfo, vec2};
use rust_i18n::t;

use super::theme::{self, SMALL};

/// Width of the labels in points.
const LABEL: f32 = 88.0;

/// A choice that could not be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The card's number; the recipe has none.
    pub card: Option<usize>,
    /// Key of the field.
    pub field: &'static str,
    pub sentence: String,
}

impl Refusal {
    /// The sentence, if it belongs to that field.
    pub fn of<'a>(refused: Option<&'a Refusal>, card: Option<usize>, field: &str) -> Option<&'a str> {
        let refused = refused.filter(|refused| refused.card == card && refused.field == field)?;
        Some(&refused.sentence)
    }
}

/// What stands around a control.
pub struct Row<'a> {
    pub label: Cow<'a, str>,
    pub hint: Cow<'a, str>,
    /// The value that runs, where it is another.
    pub was: Option<String>,
    pub refused: Option<&'a str>,
}

impl Row<'_> {
    /// Draws the row with `control` in it.
    pub fn show_ui<R>(&self, ui: &mut Ui, control: impl FnOnce(&mut Ui) -> R) -> R {
        let ink = theme::ink(ui);
        let answer = ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().interact_size.y = 24.0;
            ui.spacing_mut().button_padding = vec2(8.0, 2.0);
            let size = vec2(LABEL, 24.0);
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_size(size);
                ui.add(Label::new(theme::caption(&*self.label)).truncate())
                    .on_hover_text(&*self.hint);
            });
            control(ui)
        });
        if let Some(was) = &self.was {
            ui.label(theme::caption(t!("runs with %{value}", value = spoken(was))));
        }
        if let Some(sentence) = self.refused {
            ui.label(RichText::new(sentence).size(SMALL).color(ink.error));
        }
        answer.inner
    }
}

/// A number that was entered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entered {
    pub value: f64,
    /// By pulling or by arrow keys, so that the nearest possible value may be meant.
    pub pulled: bool,
}

/// A number to drag or type, with at most so many `decimals`; answers with a new one. `name` is what assistive technology
/// reads.
pub fn number_ui(ui: &mut Ui, name: &str, value: f64, (speed, decimals): (f64, usize), hint: &str) -> Option<Entered> {
    let mut edited = value;
    let drag = DragValue::new(&mut edited)
        .speed(speed)
        .max_decimals(decimals)
        .custom_formatter(|value, _| exact(value))
        .update_while_editing(false);
    let response = ui.add(drag);
    response.widget_info(|| WidgetInfo {
        label: Some(name.to_owned()),
        ..WidgetInfo::drag_value(ui.is_enabled(), value)
    });
    let arrows = ui.input(|input| input.key_pressed(Key::ArrowUp) || input.key_pressed(Key::ArrowDown));
    let pulled = response.dragged() || arrows;
    response.on_hover_text(hint);
    (edited != value).then_some(Entered { value: edited, pulled })
}

/// As short as it can be read back: `0.02`, `400`.
pub fn exact(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        (value as f32).to_string()
    }
}

/// A word of a recipe or a net's text, as it is read; names of methods stay as they are written there.
fn spoken(word: &str) -> Cow<'_, str> {
    match word {
        "off" | "false" => t!("off"),
        "on" | "true" => t!("on"),
        "all" => t!("all"),
        "weights" => t!("weights"),
        "constant" => t!("constant"),
        "step" => t!("stepwise"),
        "cosine" => t!("cosine"),
        _ => word.into(),
    }
}

/// One of several words; answers with another one. `hint` explains each where the pointer is over it.
pub fn choice_ui<'a>(
    ui: &mut Ui,
    name: &str,
    now: &str,
    choices: &[&'a str],
    hint: impl Fn(&str) -> String,
) -> Option<&'a str> {
    let mut chosen = None;
    ui.spacing_mut().combo_width = 72.0;
    let combo = ComboBox::from_id_salt(name)
        .selected_text(theme::caption(spoken(now)).color(theme::ink(ui).text))
        .show_ui(ui, |ui| {
            for &choice in choices {
                let row = ui.selectable_label(choice == now, spoken(choice));
                let row = row.on_hover_ui(|ui| {
                    ui.set_max_width(280.0);
                    ui.label(hint(choice));
                });
                if row.clicked() && choice != now {
                    chosen = Some(choice);
                }
            }
        });
    combo
        .response
        .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, name));
    chosen
}

/// A small word in a frame: `new`, `live`.
pub fn badge_ui(ui: &mut Ui, word: &str, hint: &str) {
    let ink = theme::ink(ui);
    let frame = egui::Frame::new()
        .stroke(egui::Stroke::new(1.0, ink.weak))
        .corner_radius(8)
        .inner_margin(egui::Margin::symmetric(6, 0));
    let badge = frame.show(ui, |ui| ui.label(RichText::new(word).size(SMALL)));
    badge.response.on_hover_text(hint);
}
