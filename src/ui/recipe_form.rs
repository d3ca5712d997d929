//! The recipe that all nets of the experiment share, field by field; the learning rate of this moment is changed live.

use std::borrow::Cow;

use eframe::egui::{DragValue, Layout, Role, TextEdit, Ui, WidgetInfo};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::Action;
use super::draft::Draft;
use super::form::{Refusal, Row, badge_ui, choice_ui, number_ui};
use super::pane::View;
use super::theme::{self, BODY};
use super::ticks::plain;
use super::widgets::quiet_button_ui;
use crate::run::{Command, Decay, Experiment, OptimizerKind, Phase, ScheduleKind};

/// More seeds than this are a slip of the finger.
const MOST_SEEDS: u64 = 100;

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

/// A number of the recipe.
struct Number {
    key: &'static str,
    label: Cow<'static, str>,
    hint: Cow<'static, str>,
    speed: f64,
    decimals: usize,
    get: fn(&Experiment) -> f64,
    set: fn(&mut Experiment, f64),
}

/// A word of the recipe.
struct Choice {
    key: &'static str,
    label: Cow<'static, str>,
    hint: Cow<'static, str>,
    choices: &'static [&'static str],
    get: fn(&Experiment) -> String,
    set: fn(&mut Experiment, &str),
}

const SWITCH: &[&str] = &["off", "on"];

fn switch(on: bool) -> String {
    SWITCH[usize::from(on)].to_owned()
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
            label: field.label.clone(),
            hint: field.hint.clone(),
            was: (now != running).then(|| plain(running)),
            refused: Refusal::of(self.refused.as_ref(), None, field.key),
        };
        let pace = (field.speed, field.decimals);
        let entered = row.show_ui(ui, |ui| number_ui(ui, &field.label, now, pace, &field.hint));
        if let Some(entered) = entered {
            self.apply(field.key, |recipe| (field.set)(recipe, entered.value));
        }
    }

    fn choice(&mut self, ui: &mut Ui, field: Choice) {
        let (now, running) = ((field.get)(&self.draft.now.recipe), (field.get)(self.running));
        let row = Row {
            label: field.label.clone(),
            hint: field.hint.clone(),
            refused: Refusal::of(self.refused.as_ref(), None, field.key),
            was: (now != running).then_some(running),
        };
        let hint = |_: &str| field.hint.clone().into_owned();
        if let Some(chosen) = row.show_ui(ui, |ui| choice_ui(ui, &field.label, &now, field.choices, hint)) {
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
            for choice in choices() {
                form.choice(ui, choice);
            }
            for number in numbers() {
                form.number(ui, number);
            }
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
                .update_while_editing(false);
            let response = ui.add(drag);
            response.widget_info(|| WidgetInfo {
                label: Some(row.label.to_string()),
                ..WidgetInfo::drag_value(true, f64::from(newest))
            });
            badge_ui(ui, &t!("live"), &hint);
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

fn whole(value: f64) -> usize {
    value.max(0.0).round() as usize
}

fn first() -> [Number; 3] {
    [
        Number {
            key: "steps",
            label: t!("Steps"),
            hint: t!("Training steps of each net"),
            speed: 5.0,
            decimals: 0,
            get: |recipe| recipe.steps as f64,
            set: |recipe, value| recipe.steps = whole(value),
        },
        Number {
            key: "batch",
            label: t!("Batch"),
            hint: t!("Images that each step looks at together"),
            speed: 0.5,
            decimals: 0,
            get: |recipe| recipe.batch as f64,
            set: |recipe, value| recipe.batch = whole(value),
        },
        Number {
            key: "schedule.rate",
            label: t!("Learning rate"),
            hint: t!("How far each step follows the gradient, before the schedule lowers it"),
            speed: 0.0005,
            decimals: 7,
            get: |recipe| f64::from(recipe.schedule.rate),
            set: |recipe, value| recipe.schedule.rate = value as f32,
        },
    ]
}

fn numbers() -> [Number; 10] {
    [
        Number {
            key: "schedule.warmup",
            label: t!("Warm-up"),
            hint: t!("Steps over which the learning rate rises from zero"),
            speed: 0.5,
            decimals: 0,
            get: |recipe| recipe.schedule.warmup as f64,
            set: |recipe, value| recipe.schedule.warmup = whole(value),
        },
        Number {
            key: "optimizer.momentum",
            label: t!("Momentum"),
            hint: t!("Share of the last step that the next one keeps"),
            speed: 0.005,
            decimals: 7,
            get: |recipe| f64::from(recipe.optimizer.momentum),
            set: |recipe, value| recipe.optimizer.momentum = value as f32,
        },
        Number {
            key: "optimizer.weight_decay",
            label: t!("Weight decay"),
            hint: t!("How strongly weights are pulled towards zero"),
            speed: 0.00001,
            decimals: 7,
            get: |recipe| f64::from(recipe.optimizer.weight_decay),
            set: |recipe, value| recipe.optimizer.weight_decay = value as f32,
        },
        Number {
            key: "optimizer.clip",
            label: t!("Clip at"),
            hint: t!("Largest norm of the whole gradient; 0 is off"),
            speed: 0.05,
            decimals: 7,
            get: |recipe| f64::from(recipe.optimizer.clip),
            set: |recipe, value| recipe.optimizer.clip = value as f32,
        },
        Number {
            key: "data.images",
            label: t!("Images"),
            hint: t!("How many training images are used; 0 is all of them"),
            speed: 5.0,
            decimals: 0,
            get: |recipe| recipe.data.images.unwrap_or(0) as f64,
            set: |recipe, value| recipe.data.images = Some(whole(value)).filter(|&images| images > 0),
        },
        Number {
            key: "data.pool",
            label: t!("Pool"),
            hint: t!("Images are averaged over squares of this side; 1 leaves them as they are"),
            speed: 0.05,
            decimals: 0,
            get: |recipe| recipe.data.pool.unwrap_or(1) as f64,
            set: |recipe, value| recipe.data.pool = Some(whole(value)).filter(|&pool| pool != 1),
        },
        Number {
            key: "augment.shift",
            label: t!("Shift"),
            hint: t!("Training images are moved at random by up to so many pixels"),
            speed: 0.05,
            decimals: 0,
            get: |recipe| recipe.augment.shift as f64,
            set: |recipe, value| recipe.augment.shift = whole(value),
        },
        Number {
            key: "eval_every",
            label: t!("Test every"),
            hint: t!("Steps between tests; 0 tests at the end only"),
            speed: 1.0,
            decimals: 0,
            get: |recipe| recipe.eval_every as f64,
            set: |recipe, value| recipe.eval_every = whole(value),
        },
        Number {
            key: "probe_every",
            label: t!("Measure every"),
            hint: t!("Steps between measurements of the gradients"),
            speed: 0.2,
            decimals: 0,
            get: |recipe| recipe.probe_every as f64,
            set: |recipe, value| recipe.probe_every = whole(value),
        },
        Number {
            key: "data.seed",
            label: t!("Data seed"),
            hint: t!("Draws the split into training and test images, the same for all nets"),
            speed: 0.05,
            decimals: 0,
            get: |recipe| recipe.data.seed as f64,
            set: |recipe, value| recipe.data.seed = whole(value) as u64,
        },
    ]
}

fn choices() -> [Choice; 6] {
    [
        Choice {
            key: "data.source",
            label: t!("Data"),
            hint: t!("digits: 8×8, on board. mnist-5k: 28×28, on board. textures: coloured patterns made on the fly."),
            choices: &["digits", "mnist-5k", "textures"],
            get: |recipe| recipe.data.source.clone(),
            set: |recipe, value| {
                recipe.data.source = value.to_owned();
                (recipe.data.path, recipe.data.size) = (None, None);
                (recipe.data.pool, recipe.data.difficulty) = (None, None);
            },
        },
        Choice {
            key: "schedule.kind",
            label: t!("Schedule"),
            hint: t!(
                "constant: the rate stays. step: a tenth from 60 % of the steps, a hundredth from 85 %. cosine: down to zero along half a cosine."
            ),
            choices: &["constant", "step", "cosine"],
            get: |recipe| match recipe.schedule.kind {
                ScheduleKind::Constant => "constant".into(),
                ScheduleKind::Step => "step".into(),
                ScheduleKind::Cosine => "cosine".into(),
            },
            set: |recipe, value| {
                recipe.schedule.kind = match value {
                    "step" => ScheduleKind::Step,
                    "cosine" => ScheduleKind::Cosine,
                    _ => ScheduleKind::Constant,
                };
            },
        },
        Choice {
            key: "optimizer.kind",
            label: t!("Optimiser"),
            hint: t!("SGD follows the gradient with momentum. Adam scales each weight's step by its own gradients."),
            choices: &["SGD", "Adam"],
            get: |recipe| match recipe.optimizer.kind {
                OptimizerKind::Sgd => "SGD".into(),
                OptimizerKind::Adam => "Adam".into(),
            },
            set: |recipe, value| {
                recipe.optimizer.kind = match value {
                    "Adam" => OptimizerKind::Adam,
                    _ => OptimizerKind::Sgd,
                };
            },
        },
        Choice {
            key: "optimizer.nesterov",
            label: t!("Nesterov"),
            hint: t!("Looks one step ahead along the momentum"),
            choices: SWITCH,
            get: |recipe| switch(recipe.optimizer.nesterov),
            set: |recipe, value| recipe.optimizer.nesterov = value == "on",
        },
        Choice {
            key: "optimizer.decay",
            label: t!("Decay of"),
            hint: t!("all: every trained number. weights: convolutions and the linear layer only."),
            choices: &["all", "weights"],
            get: |recipe| match recipe.optimizer.decay {
                Decay::All => "all".into(),
                Decay::Weights => "weights".into(),
            },
            set: |recipe, value| {
                recipe.optimizer.decay = match value {
                    "weights" => Decay::Weights,
                    _ => Decay::All,
                };
            },
        },
        Choice {
            key: "augment.flip",
            label: t!("Mirror"),
            hint: t!("Half of the training images are mirrored"),
            choices: SWITCH,
            get: |recipe| switch(recipe.augment.flip),
            set: |recipe, value| recipe.augment.flip = value == "on",
        },
    ]
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

    #[test]
    fn every_choice_reads_back() {
        let mut recipe = Experiment::named("quick").unwrap();
        for choice in choices() {
            for value in choice.choices {
                (choice.set)(&mut recipe, value);
                assert_eq!((choice.get)(&recipe), *value, "{}", choice.key);
            }
        }
        for number in first().into_iter().chain(numbers()) {
            (number.set)(&mut recipe, 3.0);
            assert_eq!((number.get)(&recipe), 3.0, "{}", number.key);
        }
    }
}
