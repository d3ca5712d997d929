//! The fields of a recipe: what they are called, what they mean, and how they are read and set.

use std::borrow::Cow;

use rust_i18n::t;

use crate::run::{Decay, Experiment, OptimizerKind, ScheduleKind};

/// A number of the recipe.
pub struct Number {
    pub key: &'static str,
    pub hint: Cow<'static, str>,
    pub speed: f64,
    pub decimals: usize,
    pub get: fn(&Experiment) -> f64,
    pub set: fn(&mut Experiment, f64),
}

/// A word of the recipe.
pub struct Choice {
    pub key: &'static str,
    pub hint: Cow<'static, str>,
    pub choices: &'static [&'static str],
    pub get: fn(&Experiment) -> String,
    pub set: fn(&mut Experiment, &str),
}

const SWITCH: &[&str] = &["off", "on"];

fn switch(on: bool) -> String {
    SWITCH[usize::from(on)].to_owned()
}

fn whole(value: f64) -> usize {
    value.max(0.0).round() as usize
}

/// What every recipe shows.
pub fn first() -> [Number; 3] {
    [
        Number {
            key: "steps",
            hint: t!("Training steps of each net"),
            speed: 5.0,
            decimals: 0,
            get: |recipe| recipe.steps as f64,
            set: |recipe, value| recipe.steps = whole(value),
        },
        Number {
            key: "batch",
            hint: t!("Images that each step looks at together"),
            speed: 0.5,
            decimals: 0,
            get: |recipe| recipe.batch as f64,
            set: |recipe, value| recipe.batch = whole(value),
        },
        Number {
            key: "schedule.rate",
            hint: t!("How far each step follows the gradient, before the schedule lowers it"),
            speed: 0.0005,
            decimals: 7,
            get: |recipe| f64::from(recipe.schedule.rate),
            set: |recipe, value| recipe.schedule.rate = value as f32,
        },
    ]
}

/// Fields that belong together.
pub struct Section {
    pub title: Cow<'static, str>,
    pub choices: Vec<Choice>,
    pub numbers: Vec<Number>,
}

/// Everything else, as far as it belongs to the recipe's source of data.
pub fn sections(recipe: &Experiment) -> [Section; 4] {
    [
        data(&recipe.data.source),
        Section {
            title: t!("Augmentation"),
            choices: vec![Choice {
                key: "augment.flip",
                hint: t!("Half of the training images are mirrored"),
                choices: SWITCH,
                get: |recipe| switch(recipe.augment.flip),
                set: |recipe, value| recipe.augment.flip = value == "on",
            }],
            numbers: vec![Number {
                key: "augment.shift",
                hint: t!("Training images are moved at random by up to so many pixels"),
                speed: 0.05,
                decimals: 0,
                get: |recipe| recipe.augment.shift as f64,
                set: |recipe, value| recipe.augment.shift = whole(value),
            }],
        },
        descent(),
        Section {
            title: t!("Measurements"),
            choices: Vec::new(),
            numbers: vec![
                Number {
                    key: "eval_every",
                    hint: t!("Steps between tests; 0 tests at the end only"),
                    speed: 1.0,
                    decimals: 0,
                    get: |recipe| recipe.eval_every as f64,
                    set: |recipe, value| recipe.eval_every = whole(value),
                },
                Number {
                    key: "probe_every",
                    hint: t!("Steps between measurements of the gradients"),
                    speed: 0.2,
                    decimals: 0,
                    get: |recipe| recipe.probe_every as f64,
                    set: |recipe, value| recipe.probe_every = whole(value),
                },
            ],
        },
    ]
}

/// What the nets learn from.
fn data(source: &str) -> Section {
    let seed = Number {
        key: "data.seed",
        hint: t!("Draws the split into training and test images, the same for all nets"),
        speed: 0.05,
        decimals: 0,
        get: |recipe| recipe.data.seed as f64,
        set: |recipe, value| recipe.data.seed = whole(value) as u64,
    };
    let size = Number {
        key: "data.size",
        hint: t!("Side of the images in pixels"),
        speed: 0.1,
        decimals: 0,
        get: |recipe| recipe.data.known_side() as f64,
        set: |recipe, value| recipe.data.size = Some(whole(value)),
    };
    let made = Number {
        key: "data.images",
        hint: t!("How many training images are made"),
        speed: 5.0,
        decimals: 0,
        get: |recipe| recipe.data.images.unwrap_or(4000) as f64,
        set: |recipe, value| recipe.data.images = Some(whole(value)),
    };
    let kept = Number {
        key: "data.images",
        hint: t!("How many training images are used; 0 is all of them"),
        speed: 5.0,
        decimals: 0,
        get: |recipe| recipe.data.images.unwrap_or(0) as f64,
        set: |recipe, value| recipe.data.images = Some(whole(value)).filter(|&images| images > 0),
    };
    let pool = Number {
        key: "data.pool",
        hint: t!("Images are averaged over squares of this side; 1 leaves them as they are"),
        speed: 0.05,
        decimals: 0,
        get: |recipe| recipe.data.pool.unwrap_or(1) as f64,
        set: |recipe, value| recipe.data.pool = Some(whole(value)).filter(|&pool| pool != 1),
    };
    let difficulty = Number {
        key: "data.difficulty",
        hint: t!("How alike the classes of textures look, from 0 (easy) to 1"),
        speed: 0.005,
        decimals: 2,
        get: |recipe| f64::from(recipe.data.difficulty.unwrap_or(0.5)),
        set: |recipe, value| recipe.data.difficulty = Some(value as f32),
    };
    Section {
        title: t!("Data"),
        choices: vec![Choice {
            key: "data.source",
            hint: t!("digits: 8×8, on board. mnist-5k: 28×28, on board. textures: coloured patterns made on the fly."),
            choices: &["digits", "mnist-5k", "textures"],
            get: |recipe| recipe.data.source.clone(),
            set: |recipe, value| {
                recipe.data.source = value.to_owned();
                (recipe.data.path, recipe.data.size) = (None, None);
                (recipe.data.pool, recipe.data.difficulty) = (None, None);
            },
        }],
        numbers: match source {
            "textures" => vec![made, size, difficulty, seed],
            "folder" => vec![kept, size, pool, seed],
            _ => vec![kept, pool, seed],
        },
    }
}

/// How the weights are moved.
fn descent() -> Section {
    Section {
        title: t!("Descent"),
        choices: vec![
            Choice {
                key: "schedule.kind",
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
                hint: t!(
                    "SGD follows the gradient with momentum. Adam scales each weight's step by its own gradients."
                ),
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
                hint: t!("Looks one step ahead along the momentum"),
                choices: SWITCH,
                get: |recipe| switch(recipe.optimizer.nesterov),
                set: |recipe, value| recipe.optimizer.nesterov = value == "on",
            },
            Choice {
                key: "optimizer.decay",
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
        ],
        numbers: vec![
            Number {
                key: "schedule.warmup",
                hint: t!("Steps over which the learning rate rises from zero"),
                speed: 0.5,
                decimals: 0,
                get: |recipe| recipe.schedule.warmup as f64,
                set: |recipe, value| recipe.schedule.warmup = whole(value),
            },
            Number {
                key: "optimizer.momentum",
                hint: t!("Share of the last step that the next one keeps"),
                speed: 0.005,
                decimals: 7,
                get: |recipe| f64::from(recipe.optimizer.momentum),
                set: |recipe, value| recipe.optimizer.momentum = value as f32,
            },
            Number {
                key: "optimizer.weight_decay",
                hint: t!("How strongly weights are pulled towards zero"),
                speed: 0.00001,
                decimals: 7,
                get: |recipe| f64::from(recipe.optimizer.weight_decay),
                set: |recipe, value| recipe.optimizer.weight_decay = value as f32,
            },
            Number {
                key: "optimizer.clip",
                hint: t!("Largest norm of the whole gradient; 0 is off"),
                speed: 0.05,
                decimals: 7,
                get: |recipe| f64::from(recipe.optimizer.clip),
                set: |recipe, value| recipe.optimizer.clip = value as f32,
            },
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_reads_back() {
        for source in ["textures", "digits"] {
            let mut recipe = Experiment::named("quick").unwrap();
            recipe.data.source = source.into();
            for number in first()
                .into_iter()
                .chain(sections(&recipe).into_iter().flat_map(|part| part.numbers))
            {
                (number.set)(&mut recipe, 3.0);
                assert_eq!((number.get)(&recipe), 3.0, "{}", number.key);
            }
            for choice in sections(&recipe).into_iter().flat_map(|part| part.choices) {
                for value in choice.choices {
                    (choice.set)(&mut recipe, value);
                    assert_eq!((choice.get)(&recipe), *value, "{}", choice.key);
                }
            }
        }
    }

    #[test]
    fn fields_of_the_data_belong_to_its_source() {
        let mut recipe = Experiment::named("quick").unwrap();
        let keys = |recipe: &Experiment| -> Vec<&str> {
            let [data, ..] = sections(recipe);
            data.numbers.iter().map(|number| number.key).collect()
        };
        assert_eq!(keys(&recipe), ["data.images", "data.pool", "data.seed"]);
        recipe.data.source = "textures".into();
        assert_eq!(
            keys(&recipe),
            ["data.images", "data.size", "data.difficulty", "data.seed"]
        );
    }
}
