//! An answer while it is given: one of several, a number, an order, or a drawn curve.

use eframe::egui::{
    Align2, FontId, Id, Key, Modifiers, Rect, RichText, Role, Sense, Stroke, StrokeKind, TextEdit, Ui, WidgetInfo, vec2,
};
use rust_i18n::t;

use super::prose::TEXT;
use super::sketch::Sketch;
use crate::lesson::{Guess, Lesson, Prediction, Ranking, words};
use crate::ui::icon::{Icon, icon_button_ui};
use crate::ui::theme::{self, BODY, SMALL};

/// Height of a row of an order, and the room between two.
const ROW: f32 = 34.0;
const BETWEEN: f32 = 4.0;

/// What was answered so far.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    Choice(Option<usize>),
    /// As typed.
    Number(String),
    /// Keys, lowest first.
    Order(Vec<String>),
    Curve(Box<Sketch>),
}

impl Draft {
    /// An empty answer, or the one that was given.
    pub fn of(prediction: &Prediction, guess: Option<&Guess>, lesson: &Lesson) -> Self {
        match (prediction, guess) {
            (Prediction::Choice { .. }, Some(Guess::Choice(chosen))) => Self::Choice(Some(*chosen)),
            (Prediction::Choice { .. }, _) => Self::Choice(None),
            (Prediction::Number { .. }, Some(Guess::Number(value))) => Self::Number(value.to_string()),
            (Prediction::Number { .. }, _) => Self::Number(String::new()),
            (Prediction::Order(_), Some(Guess::Order(keys))) => Self::Order(keys.clone()),
            (Prediction::Order(ranking), _) => {
                // As the file has them would often be the answer.
                let mut keys: Vec<String> = ranking.items.iter().map(|item| item.key.clone()).collect();
                let half = keys.len() / 2;
                keys.rotate_left(half);
                Self::Order(keys)
            }
            (Prediction::Curve { run, of, .. }, guess) => {
                let steps = steps_of(lesson, run);
                Self::Curve(Box::new(match guess {
                    Some(Guess::Curve(points)) => Sketch::of(*of, points, steps),
                    _ => Sketch::new(*of, steps),
                }))
            }
        }
    }

    /// The answer, once it is complete.
    pub fn guess(&self) -> Option<Guess> {
        match self {
            Self::Choice(chosen) => chosen.map(Guess::Choice),
            Self::Number(text) => number(text).map(Guess::Number),
            Self::Order(keys) => Some(Guess::Order(keys.clone())),
            Self::Curve(sketch) => sketch.points().map(Guess::Curve),
        }
    }

    /// What is missing.
    pub fn hint(&self) -> String {
        match self {
            Self::Choice(_) => t!("Choose an answer first."),
            Self::Number(_) => t!("Type a number first."),
            Self::Order(_) => t!("Put them in order first."),
            Self::Curve(_) => t!("Draw the curve first, over more than half of the chart."),
        }
        .into()
    }

    /// Draws what it takes to answer; says whether the answer was entered with Enter.
    pub fn draft_ui(&mut self, ui: &mut Ui, prediction: &Prediction, field: Id) -> bool {
        match (self, prediction) {
            (Self::Choice(chosen), Prediction::Choice { options, .. }) => {
                for (place, option) in options.iter().enumerate() {
                    if option_ui(ui, place, &option.says, *chosen == Some(place)) {
                        *chosen = Some(place);
                    }
                }
            }
            (Self::Number(text), Prediction::Number { within, .. }) => return number_ui(ui, text, *within, field),
            (Self::Order(keys), Prediction::Order(ranking)) => order_ui(ui, keys, ranking, field),
            (Self::Curve(sketch), Prediction::Curve { run, .. }) => {
                sketch.draw_ui(ui, run, field);
                if ui.button(theme::caption(t!("Clear the drawing"))).clicked() {
                    sketch.clear();
                }
            }
            _ => {}
        }
        false
    }
}

/// Steps of the experiment that a run is in.
pub fn steps_of(lesson: &Lesson, run: &str) -> usize {
    let holds = |runs: &[crate::run::RunPlan]| runs.iter().any(|plan| plan.name == run);
    let experiment = lesson.experiments.iter().find(|experiment| holds(&experiment.runs));
    experiment.map_or(1, |experiment| experiment.steps)
}

/// `2,752`, `2 752` and `1e-13` are numbers; so is `0.5 %`.
fn number(text: &str) -> Option<f64> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，'))
        .collect();
    let (text, factor) = match text.strip_suffix(['%', '％']) {
        Some(text) => (text, 0.01),
        None => (text.as_str(), 1.0),
    };
    let value: f64 = text.parse().ok()?;
    (factor * value).is_finite().then_some(factor * value)
}

/// An option to choose, with the digit that chooses it.
fn option_ui(ui: &mut Ui, place: usize, says: &str, chosen: bool) -> bool {
    let weak = theme::ink(ui).weak;
    let row = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.spacing_mut().icon_spacing = 8.0;
        ui.label(RichText::new((place + 1).to_string()).size(SMALL).color(weak));
        // One beneath the other, so that a long option wraps.
        let radio = ui.vertical(|ui| {
            // Its circle is seen on white.
            ui.visuals_mut().widgets.inactive.bg_stroke = Stroke::new(1.0, weak);
            ui.radio(chosen, RichText::new(says).size(TEXT)).clicked()
        });
        radio.inner
    });
    row.inner
}

fn number_ui(ui: &mut Ui, text: &mut String, within: f64, field: Id) -> bool {
    ui.label(theme::caption(t!(
        "right within a factor of %{within}",
        within = within
    )));
    let row = ui.horizontal(|ui| {
        let edit = TextEdit::singleline(text)
            .id(field)
            .desired_width(140.0)
            .font(eframe::egui::FontId::proportional(TEXT));
        let response = ui.add(edit);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, t!("Your number")));
        if !text.trim().is_empty() && number(text).is_none() {
            let words = RichText::new(t!("this is no number")).color(theme::ink(ui).error);
            ui.label(words);
        }
        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    });
    row.inner
}

/// Rows that are moved by buttons, by arrow keys or by the pointer.
fn order_ui(ui: &mut Ui, keys: &mut [String], ranking: &Ranking, field: Id) {
    ui.label(theme::caption(t!(
        "lowest first; drag a row, or press its number and the arrow keys"
    )));
    if ranking.within > 0.0 {
        let within = words::typed(ranking.within);
        ui.label(theme::caption(t!(
            "differences of up to %{within} count as equal",
            within = within
        )));
    }
    let mut moved = None;
    ui.spacing_mut().item_spacing.y = BETWEEN;
    let last = keys.len().saturating_sub(1);
    let top = ui.cursor().top();
    for (place, key) in keys.iter().enumerate() {
        let name = ranking.says(key);
        let up = |moved: &mut Option<(usize, usize)>| *moved = (place > 0).then(|| (place, place - 1)).or(*moved);
        let down = |moved: &mut Option<(usize, usize)>| *moved = (place < last).then(|| (place, place + 1)).or(*moved);
        ui.push_id(key, |ui| {
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 64.0).clamp(80.0, 320.0);
                let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
                let row = ui.interact(rect, field.with(key), Sense::click_and_drag());
                let label = t!("%{place}. %{net}", place = place + 1, net = name);
                row.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, &label));
                row_ui(ui, rect, place, name, row.has_focus() || row.dragged());
                if row.clicked() {
                    row.request_focus();
                }
                if row.has_focus() {
                    let filter = eframe::egui::EventFilter {
                        vertical_arrows: true,
                        ..Default::default()
                    };
                    ui.memory_mut(|memory| memory.set_focus_lock_filter(row.id, filter));
                    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
                    if pressed(Key::ArrowUp) {
                        up(&mut moved);
                    }
                    if pressed(Key::ArrowDown) {
                        down(&mut moved);
                    }
                }
                let dragged = row.dragged() || row.drag_stopped();
                if let Some(pointer) = row.interact_pointer_pos().filter(|_| dragged) {
                    let to = ((pointer.y - top) / (ROW + BETWEEN)).max(0.0) as usize;
                    moved = Some((place, to.min(last)));
                }
                let hint = t!("One place up");
                if icon_button_ui(ui, Icon::Up, &t!("Move %{net} up", net = name), &hint).clicked() {
                    up(&mut moved);
                }
                let hint = t!("One place down");
                if icon_button_ui(ui, Icon::Down, &t!("Move %{net} down", net = name), &hint).clicked() {
                    down(&mut moved);
                }
            });
        });
    }
    match moved {
        Some((from, to)) if from < to => keys[from..=to].rotate_left(1),
        Some((from, to)) => keys[to..=from].rotate_right(1),
        None => {}
    }
}

fn row_ui(ui: &mut Ui, rect: Rect, place: usize, name: &str, held: bool) {
    let ink = theme::ink(ui);
    let edge = if held {
        Stroke::new(2.0, ink.text)
    } else {
        Stroke::new(1.0, ink.line)
    };
    ui.painter().rect(rect, 6.0, ink.ground, edge, StrokeKind::Inside);
    let left = rect.left_center() + vec2(12.0, 0.0);
    let font = FontId::proportional(SMALL);
    let painter = ui.painter_at(rect.shrink(4.0));
    painter.text(left, Align2::LEFT_CENTER, place + 1, font, ink.weak);
    let font = FontId::new(BODY, theme::semibold());
    painter.text(left + vec2(20.0, 0.0), Align2::LEFT_CENTER, name, font, ink.text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_type_them() {
        for (text, value) in [
            ("2,752", Some(2752.0)),
            (" 2 752 ", Some(2752.0)),
            ("1e-13", Some(1e-13)),
            ("50 %", Some(0.5)),
            ("-3", Some(-3.0)),
            ("many", None),
            ("", None),
            ("inf", None),
            ("1e999", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }

    fn keys(ranking: &Ranking) -> Vec<String> {
        ranking.items.iter().map(|item| item.key.clone()).collect()
    }

    #[test]
    fn an_answer_is_kept_and_found_again() {
        let lesson = crate::lesson::lesson("one-addition", "en").unwrap();
        let lessons = crate::lesson::lessons("en").unwrap();
        for prediction in lessons
            .iter()
            .flat_map(|lesson| &lesson.steps)
            .flat_map(|step| &step.predictions)
        {
            let guess = match prediction {
                Prediction::Choice { .. } => Guess::Choice(1),
                Prediction::Number { .. } => Guess::Number(12.5),
                Prediction::Order(ranking) => Guess::Order(keys(ranking).into_iter().rev().collect()),
                Prediction::Curve {
                    of: crate::lesson::CurveOf::Slice,
                    ..
                } => Guess::Curve(vec![[-1.0, 1.0], [0.0, 0.1], [1.0, 0.01]]),
                Prediction::Curve { .. } => Guess::Curve(vec![[0.0, 1.0], [200.0, 0.1], [400.0, 0.01]]),
            };
            assert_eq!(Draft::of(prediction, Some(&guess), &lesson).guess(), Some(guess));
            if let Prediction::Order(ranking) = prediction {
                let fresh = Draft::of(prediction, None, &lesson);
                assert_ne!(fresh.guess(), Some(Guess::Order(keys(ranking))));
            } else {
                assert_eq!(Draft::of(prediction, None, &lesson).guess(), None);
            }
        }
    }
}
