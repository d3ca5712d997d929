//! The front matter of a lesson: its name, and the experiments that it trains.

use std::collections::BTreeMap;

use rust_i18n::t;
use serde::Deserialize;

use super::file::{Lesson, at, toml_at};
use super::lines::{Written, line_of};
use crate::error::{Error, Result};
use crate::run::{Experiment, check_name};

/// A lesson is done in class: longer trainings are a slip of the finger.
const MOST_STEPS: usize = 1_000_000;
const LARGEST_BATCH: usize = 65_536;
const MOST_SEEDS: usize = 100;
/// Characters of a title.
const LONGEST_TITLE: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    name: String,
    title: String,
    summary: String,
    /// Experiments that come with the program.
    #[serde(default, rename = "use")]
    shipped: Vec<String>,
    /// The lesson's own.
    #[serde(default)]
    experiments: Vec<Experiment>,
    /// Those that are shown recorded.
    #[serde(default)]
    recorded: Vec<String>,
}

/// A lesson without steps, from what stands between the lines of `+++`.
pub(super) fn opened(text: &str) -> Result<Lesson> {
    let front: Front = toml_at(text, 2)?;
    let line_of_key = |key: &str| text.lines().position(|line| line.starts_with(key)).unwrap_or(0) + 2;
    check_name("lesson", &front.name).map_err(|error| at(line_of_key("name"), error))?;
    if front.title.chars().count() > LONGEST_TITLE {
        return Err(at(
            line_of_key("title"),
            t!("a title has at most %{longest} characters", longest = LONGEST_TITLE),
        ));
    }
    let mut lesson = Lesson {
        weight_lines: BTreeMap::new(),
        name: front.name,
        title: front.title,
        summary: front.summary,
        recorded: front.recorded,
        experiments: Vec::new(),
        steps: Vec::new(),
    };
    for name in &front.shipped {
        let line = line_of_key("use");
        let shipped = Experiment::named(name).map_err(|error| at(line, error))?;
        lesson.take_in(shipped).map_err(|error| at(line, error))?;
    }
    let written = Written::of(text).experiments;
    for (experiment, written) in front.experiments.into_iter().zip(&written) {
        let wrong = |error: Error| at(written.trouble(text, &error.to_string()) + 2, error);
        let experiment = experiment.resolved().map_err(wrong)?;
        check_size(&experiment).map_err(wrong)?;
        let line_of_data = written.trouble(text, "data") + 2;
        experiment.data.check().map_err(|error| at(line_of_data, error))?;
        for (plan, run) in experiment.runs.iter().zip(&written.runs) {
            let line = run.weights.as_ref().map(|of| line_of(text, of) + 2);
            lesson.weight_lines.extend(line.map(|line| (plan.name.clone(), line)));
        }
        lesson.take_in(experiment).map_err(wrong)?;
    }
    if lesson.experiments.is_empty() {
        return Err(at(
            1,
            t!("there is no experiment; add use = [\"quick\"] or an [[experiments]] table"),
        ));
    }
    for name in &lesson.recorded {
        lesson
            .experiment(name)
            .map_err(|error| at(line_of_key("recorded"), error))?;
    }
    Ok(lesson)
}

/// Sees that it can be trained in class.
fn check_size(experiment: &Experiment) -> Result<()> {
    for (key, value, most) in [
        ("steps", experiment.steps, MOST_STEPS),
        ("batch", experiment.batch, LARGEST_BATCH),
        ("seeds", experiment.seeds.len(), MOST_SEEDS),
    ] {
        if value > most {
            return Err(Error::Lesson(t!(
                "%{key}: %{value} are too many for a lesson, which takes at most %{most}",
                key = key,
                value = value,
                most = most
            )));
        }
    }
    Ok(())
}

impl Lesson {
    /// One more experiment, whose runs have names of their own.
    fn take_in(&mut self, experiment: Experiment) -> Result<()> {
        let known = |name: &str| {
            let mut plans = self.experiments.iter().flat_map(|experiment| &experiment.runs);
            plans.any(|plan| plan.name == name)
        };
        if let Some(plan) = experiment.runs.iter().find(|plan| known(&plan.name)) {
            return Err(Error::Lesson(t!(
                "two runs are called '%{name}'; give one another name",
                name = plan.name
            )));
        }
        self.experiments.push(experiment);
        Ok(())
    }
}
