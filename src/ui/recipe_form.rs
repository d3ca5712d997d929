//! The recipe that all nets of the experiment share, field by field; the learning rate of this moment is changed live.

use eframe::egui::{DragValue, Layout, Role, TextEdit, Ui, WidgetInfo};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::Action;
use super::draft::Draft;
use super::form::{Refusal, Row, badge_ui, choice_ui, exact, number_ui};
use super::pane::View;
use super::recipe_field::{Choice, Number, first, sections};
use super::theme::{self, BODY, GRID, SMALL};
use super::ticks::plain;
use super::widgets::quiet_button_ui;
use crate::run::shelf::title;
use crate::run::{Command, Experiment, Phase};

/// More seeds than this are a slip of the finger.
const MOST_SEEDS: u64 = 100;
/// Width that the word behind a live field takes.
const BADGE: f32 = 44.0;

/// What the form remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RecipeForm {
    /// Every field is shown.
    open: bool,
    /// Seeds while they are typed.
    #[serde(skip)]
    seeds: Option<String>,
    /// The live learning rate while it is pulled.
    #[serde(skip)]
    rate: Option<f32>,
}

/// One form in one frame.
struct Form<'a> {
    draft: &'a mut Draft,
    running: &'a Experiment,
    refused: &'a mut Option<Refusal>,
}

impl Form<'_> {
    /// Takes a change over, or says why it is none.
    fn apply(&mut self, field: &'static str, change: impl FnOnce(&mut Experiment)) {
        let mut recipe = self.draft.now.recipe.clone();
        change(&mut recipe);
        match recipe.validate().and_then(|()| recipe.data.check()) {
            Ok(()) => {
                self.draft.now.recipe = recipe;
                *self.refused = None;
            }
            Err(error) => self.refuse(field, error.to_string()),
        }
    }

    fn refuse(&mut self, field: &'static str, sentence: String) {
        *self.refused = Some(Refusal {
            card: None,
            field,
            sentence,
        });
    }

    fn number(&mut self, ui: &mut Ui, field: Number) {
        let (now, running) = ((field.get)(&self.draft.now.recipe), (field.get)(self.running));
        let row = Row {
            label: title(field.key),
            hint: field.hint.clone(),
            was: (now != running).then(|| plain(running)),
            refused: Refusal::of(self.refused.as_ref(), None, field.key),
        };
        let pace = (field.speed, field.decimals);
        let entered = row.show_ui(ui, |ui| number_ui(ui, &row.label, now, pace, &field.hint));
        if let Some(entered) = entered {
            self.apply(field.key, |recipe| (field.set)(recipe, entered.value));
        }
    }

    fn choice(&mut self, ui: &mut Ui, field: Choice) {
        let (now, running) = ((field.get)(&self.draft.now.recipe), (field.get)(self.running));
        let row = Row {
            label: title(field.key),
            hint: field.hint.clone(),
            refused: Refusal::of(self.refused.as_ref(), None, field.key),
            was: (now != running).then_some(running),
        };
        let hint = |_: &str| field.hint.clone().into_owned();
        if let Some(chosen) = row.show_ui(ui, |ui| choice_ui(ui, &row.label, &now, field.choices, hint)) {
            self.apply(field.key, |recipe| (field.set)(recipe, chosen));
        }
    }
}

impl RecipeForm {
    /// Draws the form; few fields at first.
    pub fn form_ui(&mut self, ui: &mut Ui, view: &mut View<'_>, draft: &mut Draft, refused: &mut Option<Refusal>) {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.horizontal(|ui| {
            ui.label(theme::strong(t!("Recipe"), BODY));
            ui.with_layout(Layout::right_to_left(eframe::egui::Align::Center), |ui| {
                let words = if self.open { t!("Less") } else { t!("More") };
                let name = if self.open {
                    t!("Fewer fields of the recipe")
                } else {
                    t!("All fields of the recipe")
                };
                let more = quiet_button_ui(ui, &words, &name);
                more.widget_info(|| WidgetInfo::labeled(Role::Button, true, &*name));
                if more.clicked() {
                    self.open = !self.open;
                }
            });
        });
        let engine = view.scene.engine;
        let mut form = Form {
            draft,
            running: view.scene.experiment,
            refused,
        };
        for number in first() {
            form.number(ui, number);
        }
        self.live_rate_ui(ui, view);
        self.seeds_ui(ui, &mut form);
        if self.open {
            for section in sections(&form.draft.now.recipe) {
                ui.add_space(GRID / 2.0);
                ui.label(theme::strong(section.title, SMALL));
                for choice in section.choices {
                    form.choice(ui, choice);
                }
                for number in section.numbers {
                    form.number(ui, number);
                }
            }
            ui.add_space(GRID / 2.0);
            let now = form.draft.now.engine.clone();
            let row = Row {
                label: t!("Engine"),
                hint: t!("What computes; auto takes the fastest that is real"),
                was: (now != engine).then(|| engine.to_owned()),
                refused: None,
            };
            let hint = |_: &str| row.hint.clone().into_owned();
            if let Some(chosen) = row.show_ui(ui, |ui| choice_ui(ui, &row.label, &now, view.scene.engines, hint)) {
                form.draft.now.engine = chosen.to_owned();
            }
        }
        ui.label(theme::caption(view.scene.experiment.recipe_line()));
    }

    /// The learning rate of the step that comes next: changed at once, without a restart.
    fn live_rate_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let alive = view.scene.failure.is_none() && view.scene.history.phase != Phase::Done;
        let newest = view.scene.history.runs.iter().find_map(|run| run.rate.last().copied());
        let (true, Some(newest)) = (alive, newest) else { return };
        let hint = t!("The rate of the next step, changed in the running training; the schedule goes on from there");
        let row = Row {
            label: t!("Rate now"),
            hint: hint.clone(),
            was: None,
            refused: None,
        };
        let mut rate = self.rate.unwrap_or(newest);
        let response = row.show_ui(ui, |ui| {
            let drag = DragValue::new(&mut rate)
                .range(1e-9..=1e3)
                .speed(f64::from(newest) * 0.01)
                .max_decimals(7)
                .custom_formatter(|value, _| exact(value))
                .update_while_editing(false);
            let response = ui.add(drag);
            response.widget_info(|| WidgetInfo {
                label: Some(row.label.to_string()),
                ..WidgetInfo::drag_value(true, f64::from(newest))
            });
            if ui.available_width() > BADGE {
                badge_ui(ui, &t!("live"), &hint);
            }
            response
        });
        if response.dragged() {
            self.rate = Some(rate);
        } else {
            self.rate = None;
            if rate != newest {
                view.actions.push(Action::Send(Command::SetRate(rate)));
            }
        }
    }

    fn seeds_ui(&mut self, ui: &mut Ui, form: &mut Form<'_>) {
        let (now, running) = (listed(&form.draft.now.recipe.seeds), listed(&form.running.seeds));
        let row = Row {
            label: t!("Seeds"),
            hint: t!(
                "Each net is trained once for each seed, which draws its initial weights and the order of the images: 0, or 0-2, or 3, 5, 8"
            ),
            was: (now != running).then_some(running),
            refused: Refusal::of(form.refused.as_ref(), None, "seeds"),
        };
        let mut text = self.seeds.clone().unwrap_or_else(|| now.clone());
        let response = row.show_ui(ui, |ui| {
            let field = ui.add(TextEdit::singleline(&mut text).desired_width(72.0));
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &*row.label));
            field.on_hover_text(&*row.hint)
        });
        if response.has_focus() {
            self.seeds = Some(text);
        } else if response.lost_focus() {
            self.seeds = None;
            match seeds(&text) {
                Some(seeds) => form.apply("seeds", |recipe| recipe.seeds = seeds),
                None => {
                    let sentence = t!(
                        "Seeds are whole numbers, as in 0, or 0-2, or 3, 5, 8; '%{text}' is not",
                        text = text
                    );
                    form.refuse("seeds", sentence.into_owned());
                }
            }
        }
    }
}

/// `0-2` when they follow each other, else `3, 5, 8`.
fn listed(seeds: &[u64]) -> String {
    match seeds {
        [first, .., last] if seeds.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) => {
            format!("{first}-{last}")
        }
        _ => seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Seeds as [`listed`] writes them.
fn seeds(text: &str) -> Option<Vec<u64>> {
    let mut seeds = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('-') {
            None => seeds.push(part.parse().ok()?),
            Some((first, last)) => {
                let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                if last.checked_sub(first)? >= MOST_SEEDS {
                    return None;
                }
                seeds.extend(first..=last);
            }
        }
    }
    Some(seeds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_listed_and_read() {
        for (text, list) in [("0", &[0][..]), ("0-2", &[0, 1, 2]), ("3, 5, 8", &[3, 5, 8])] {
            assert_eq!(seeds(text).as_deref(), Some(list));
            assert_eq!(listed(list), text);
        }
        for text in ["x", "-1", "2-0", "0-1000000", "1.5"] {
            assert_eq!(seeds(text), None, "{text}");
        }
    }
}
