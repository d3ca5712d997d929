//! The experiment file: data, recipe and the runs to compare.

use std::path::PathBuf;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::amounts::grouped;
use super::schedule::Schedule;
use crate::data::{Augment, Source};
use crate::engine::Optimizer;
use crate::error::{Error, Result, Sentence};
use crate::net::{Norm, Spec};

/// One experiment: all its runs see the same data, recipe and batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Short name: `quick`.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// Training steps of each run.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// One run of every net for each seed. The seed sets initial weights, order and augmentation.
    #[serde(default = "one_seed")]
    pub seeds: Vec<u64>,
    /// Steps between records of the per-layer norms; they are recorded besides where weights are kept.
    #[serde(default = "ten")]
    pub probe_every: usize,
    /// Steps between evaluations on the test split; 0 only at the end.
    #[serde(default)]
    pub eval_every: usize,
    /// Steps between checkpoints; 0 only at the end.
    #[serde(default)]
    pub checkpoint_every: usize,
    pub data: Source,
    #[serde(default)]
    pub augment: Augment,
    #[serde(default)]
    pub optimizer: Optimizer,
    #[serde(default)]
    pub schedule: Schedule,
    pub runs: Vec<RunPlan>,
    /// Which of the runs continue others; they exist only where those were trained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub branches: Vec<Branch>,
}

/// A run that continues another from weights that were kept on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Name of the run.
    pub name: String,
    /// Name of the run it continues.
    pub of: String,
    /// Steps done when it parts.
    pub step: usize,
    /// Multiplies the learning rates from there on.
    pub rate: f32,
}

impl Branch {
    /// What it continues, in words.
    pub fn words(&self) -> String {
        let step = grouped(self.step as u64);
        match self.rate {
            1.0 => t!("continues %{net} from step %{step}", net = self.of, step = step),
            rate => t!(
                "continues %{net} from step %{step}, learning rate ×%{rate}",
                net = self.of,
                step = step,
                rate = format!("\u{a0}{rate}")
            ),
        }
        .into_owned()
    }
}

fn one_seed() -> Vec<u64> {
    vec![0]
}

fn ten() -> usize {
    10
}

/// One `[[runs]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPlan {
    /// Name on curves and in folders; the net's short name unless given. Unique in the experiment.
    #[serde(default)]
    pub name: String,
    /// The net's spec; input and classes come from the data.
    pub net: String,
    /// A `.safetensors` file of the trained weights that it starts from, with every seed; `mnist-5k-8x8` are those that
    /// come with the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
}

/// Position of a track in the trainer's list; never reused within one trainer.
pub type RunId = usize;

/// One net with one seed: what is stepped, drawn and stored as a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    pub id: RunId,
    /// The plan's name.
    pub name: String,
    pub spec: Spec,
    pub seed: u64,
}

/// Names a run cannot have, because a run folder keeps its own things under them.
const RESERVED: [&str; 3] = ["figures", "experiment.toml", "summary.json"];
const LONGEST_NAME: usize = 80;
/// TOML's integers are signed.
const LARGEST_SEED: u64 = i64::MAX as u64;

impl Experiment {
    /// Reads and checks the text of an experiment file; `origin` names it in errors.
    ///
    /// # Errors
    /// One sentence with the file, the line and what is wrong.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let experiment: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or(String::new(), |span| {
                let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
                t!("line %{line}: ", line = line).into()
            });
            let message = error.message().replace('\n', " ");
            Error::Experiment(format!("{origin}: {place}{message}").into())
        })?;
        experiment
            .resolved()
            .map_err(|error| Error::Experiment(format!("{origin}: {error}").into()))
    }

    /// Fills in the names of the runs and checks everything that can be checked without the data.
    ///
    /// # Errors
    /// One sentence.
    pub fn resolved(mut self) -> Result<Self> {
        self.runs.iter_mut().try_for_each(RunPlan::resolve)?;
        self.validate()?;
        Ok(self)
    }

    /// The file's text, names filled in.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("an experiment is numbers, words and tables, which TOML can hold")
    }

    /// Checks everything that can be checked without the data.
    ///
    /// # Errors
    /// One sentence.
    pub fn validate(&self) -> Result<()> {
        let fail = |text: Sentence| Err(Error::Experiment(text));
        check_name("experiment", &self.name)?;
        for (key, value) in [
            ("steps", self.steps),
            ("batch", self.batch),
            ("probe_every", self.probe_every),
        ] {
            if value == 0 {
                return fail(t!("%{key} must be at least 1", key = key));
            }
        }
        if self.seeds.is_empty() {
            return fail(t!("seeds is empty; give at least one, as in seeds = [0]"));
        }
        for (i, seed) in self.seeds.iter().enumerate() {
            if self.seeds[..i].contains(seed) {
                return fail(t!("seed %{seed} is given twice", seed = seed));
            }
            if *seed > LARGEST_SEED {
                return fail(t!(
                    "seed %{seed} is above %{largest_seed}",
                    seed = seed,
                    largest_seed = LARGEST_SEED
                ));
            }
        }
        let optimizer = &self.optimizer;
        for (key, value, holds, must) in [
            ("schedule.rate", self.schedule.rate, self.schedule.rate > 0.0, "above 0"),
            (
                "optimizer.momentum",
                optimizer.momentum,
                (0.0..1.0).contains(&optimizer.momentum),
                "in 0..1",
            ),
            (
                "optimizer.weight_decay",
                optimizer.weight_decay,
                optimizer.weight_decay >= 0.0,
                "0 or above",
            ),
            (
                "optimizer.clip",
                optimizer.clip,
                optimizer.clip >= 0.0,
                "0 (off) or above",
            ),
        ] {
            if !(value.is_finite() && holds) {
                return fail(t!(
                    "%{key} must be a number %{must}, not %{value}",
                    key = key,
                    must = t!(must),
                    value = value
                ));
            }
        }
        if optimizer.nesterov && optimizer.momentum == 0.0 {
            return fail(t!("optimizer.nesterov needs a momentum above 0"));
        }
        if self.runs.is_empty() {
            return fail(t!("there is no [[runs]] entry; give at least one net"));
        }
        for (i, plan) in self.runs.iter().enumerate() {
            self.check_plan(plan, &self.runs[..i])?;
        }
        Ok(())
    }

    /// Whether a plan can stand beside `others`.
    pub(super) fn check_plan(&self, plan: &RunPlan, others: &[RunPlan]) -> Result<()> {
        check_name("run", &plan.name)?;
        let fail = |text: Sentence| Err(Error::Experiment(text));
        if RESERVED.contains(&plan.name.to_ascii_lowercase().as_str()) {
            return fail(t!(
                "a run cannot be called '%{name}'; choose another name",
                name = plan.name
            ));
        }
        if others.iter().any(|other| other.name.eq_ignore_ascii_case(&plan.name)) {
            return fail(t!(
                "two runs are called '%{name}'; give one another name",
                name = plan.name
            ));
        }
        let spec: Spec = plan.net.parse()?;
        if self.batch < 2 && spec.norm == Norm::Batch {
            return fail(t!(
                "batch must be at least 2 for %{name}, which normalises over the batch",
                name = plan.name
            ));
        }
        Ok(())
    }

    /// The recipe in one line, for figures and the window:
    /// `digits 8x8, width 8, SGD .9, lr .02 constant, batch 32, 400 steps, seed 0`.
    pub fn recipe_line(&self) -> String {
        super::recipe::line(self)
    }
}

impl RunPlan {
    /// A net that starts from drawn values.
    pub fn new(name: impl Into<String>, net: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            net: net.into(),
            weights: None,
        }
    }

    /// Fills in the name.
    ///
    /// # Errors
    /// When the net's spec cannot be read.
    pub(super) fn resolve(&mut self) -> Result<()> {
        if self.name.is_empty() {
            self.name = self.net.parse::<Spec>()?.short_name();
        }
        Ok(())
    }
}

/// Sees that a name can be a folder's or a file's.
///
/// # Errors
/// One sentence.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && name.len() <= LONGEST_NAME && name.chars().all(allowed) && !name.ends_with('.') {
        return Ok(());
    }
    let shown: String = name.escape_debug().take(LONGEST_NAME).collect();
    if name.contains(' ') {
        return Err(Error::Experiment(t!(
            "the %{what} name '%{shown}' cannot be a folder's name because of its space; '-' may stand there",
            what = t!(what),
            shown = shown
        )));
    }
    Err(Error::Experiment(t!(
        "the %{what} name '%{shown}' cannot be a folder's name; use up to %{longest_name} letters, digits, '-', '_' and '.'",
        what = t!(what),
        shown = shown,
        longest_name = LONGEST_NAME
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
name = "small"
steps = 3
batch = 4
[data]
source = "digits"
[[runs]]
net = "plain-8:width=4"
[[runs]]
name = "twin"
net = "resnet-8:width=4"
"#;

    #[test]
    fn names_are_filled_in_and_defaults_are_the_usual_recipe() {
        let experiment = Experiment::parse(SMALL, "small.toml").unwrap();
        let names: Vec<&str> = experiment.runs.iter().map(|plan| plan.name.as_str()).collect();
        assert_eq!(names, ["plain-8", "twin"]);
        assert_eq!((experiment.seeds.as_slice(), experiment.probe_every), (&[0][..], 10));
        assert_eq!(
            (experiment.optimizer.momentum, experiment.optimizer.weight_decay),
            (0.9, 1e-4)
        );
    }

    #[test]
    fn mistakes_name_the_file_and_what_is_wrong() {
        for (find, replace, says) in [
            ("steps = 3", "steps = 0", "steps must be at least 1"),
            ("steps = 3", "steps = -1", "line 3: "),
            ("steps = 3", "stepz = 3", "line 3: unknown field `stepz`"),
            ("steps = 3\n", "", "missing field `steps`"),
            ("batch = 4", "batch = 0", "batch must be at least 1"),
            ("batch = 4", "batch = 1", "batch must be at least 2"),
            ("batch = 4", "batch = 4\nprobe_every = 0", "probe_every must be"),
            ("batch = 4", "batch = 4\nseeds = []", "seeds is empty"),
            ("batch = 4", "batch = 4\nseeds = [1, 2, 1]", "seed 1 is given twice"),
            (
                "batch = 4",
                "batch = 4\nschedule.rate = nan",
                "schedule.rate must be a number above 0",
            ),
            (
                "batch = 4",
                "batch = 4\nschedule.rate = 0",
                "schedule.rate must be a number above 0",
            ),
            (
                "batch = 4",
                "batch = 4\noptimizer.momentum = 1.0",
                "optimizer.momentum must be",
            ),
            ("batch = 4", "batch = 4\noptimizer.clip = -1", "optimizer.clip must be"),
            (
                "batch = 4",
                "batch = 4\noptimizer = { nesterov = true, momentum = 0 }",
                "needs a momentum",
            ),
            ("batch = 4", "batch = 4\noptimizer.rate = 1", "unknown field `rate`"),
            (
                "\"small\"",
                "\"a/b\"",
                "the experiment name 'a/b' cannot be a folder's name",
            ),
            ("\"twin\"", "\"../../twin\"", "cannot be a folder's name"),
            ("\"twin\"", "\"Figures\"", "cannot be called 'Figures'"),
            ("\"twin\"", "\"PLAIN-8\"", "two runs are called 'PLAIN-8'"),
            ("resnet-8", "resnet-9", "the nearest are 8 and 14"),
            ("[[runs]]", "[[run]]", "unknown field `run`"),
        ] {
            assert!(SMALL.contains(find), "{find}");
            let error = Experiment::parse(&SMALL.replace(find, replace), "small.toml")
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("small.toml: ") && error.contains(says), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }

    #[test]
    fn batches_of_one_need_no_normalisation() {
        let text = SMALL
            .replace("batch = 4", "batch = 1")
            .replace("width=4", "width=4,norm=none");
        assert!(Experiment::parse(&text, "small.toml").is_ok());
    }
}
