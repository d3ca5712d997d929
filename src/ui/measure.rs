//! What of a training is drawn against time, and how it is called.

use std::borrow::Cow;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::traces::{Group, groups};
use super::widgets::short;
use crate::run::{History, Series};

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    TrainingLoss,
    TrainingError,
    TestLoss,
    TestError,
    Rate,
}

impl Measure {
    pub const ALL: [Measure; 5] = [
        Measure::TrainingLoss,
        Measure::TrainingError,
        Measure::TestLoss,
        Measure::TestError,
        Measure::Rate,
    ];

    /// Stands on its button.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Measure::TrainingLoss => t!("loss"),
            Measure::TrainingError => t!("error"),
            Measure::TestLoss => t!("test loss"),
            Measure::TestError => t!("test error"),
            Measure::Rate => t!("rate"),
        }
    }

    /// Stands above its chart.
    pub fn title(self) -> Cow<'static, str> {
        match self {
            Measure::TrainingLoss => t!("Training loss, minibatch, batch statistics"),
            Measure::TrainingError => t!("Training error, %, minibatch, batch statistics"),
            Measure::TestLoss => t!("Test loss, batch statistics"),
            Measure::TestError => t!("Test error, %, batch statistics"),
            Measure::Rate => t!("Learning rate"),
        }
    }

    /// The same where there is little room.
    pub fn brief(self) -> Cow<'static, str> {
        match self {
            Measure::TrainingLoss => t!("Training loss"),
            Measure::TrainingError => t!("Training error, %"),
            Measure::TestLoss => t!("Test loss"),
            Measure::TestError => t!("Test error, %"),
            Measure::Rate => t!("Learning rate"),
        }
    }

    pub fn is_error(self) -> bool {
        matches!(self, Measure::TrainingError | Measure::TestError)
    }

    /// Tells its chart from the others.
    pub fn id(self) -> &'static str {
        match self {
            Measure::TrainingLoss => "training loss",
            Measure::TrainingError => "training error",
            Measure::TestLoss => "test loss",
            Measure::TestError => "test error",
            Measure::Rate => "rate",
        }
    }

    /// What of a run it is, where it is known at every step.
    pub fn series(self) -> Option<fn(&Series) -> &[f32]> {
        match self {
            Measure::TrainingLoss => Some(|run| &run.loss),
            Measure::TrainingError => Some(|run| &run.error),
            Measure::Rate => Some(|run| &run.rate),
            Measure::TestLoss | Measure::TestError => None,
        }
    }

    /// Where a run stands.
    fn last(self, run: &Series) -> Option<f32> {
        match self {
            Measure::TrainingLoss => run.final_loss(),
            Measure::TrainingError => run.final_error(),
            Measure::TestLoss => run.evaluated.last().map(|point| point.loss),
            Measure::TestError => run.evaluated.last().map(|point| point.error),
            Measure::Rate => run.rate.last().copied(),
        }
    }

    /// Where the net stands, and over how many seeds that is the mean.
    pub fn detail(self, group: &Group<'_>) -> String {
        let last: Vec<f64> = group
            .runs
            .iter()
            .filter_map(|run| self.last(run).map(f64::from))
            .filter(|value| value.is_finite())
            .collect();
        if last.is_empty() {
            return String::new();
        }
        let mean = last.iter().sum::<f64>() / last.len() as f64;
        let number = if self.is_error() {
            format!("{:.1} %", 100.0 * mean)
        } else {
            short(mean)
        };
        match group.runs.len() {
            1 => number,
            seeds => t!("%{number}, n = %{seeds}", number = number, seeds = seeds).into_owned(),
        }
    }

    /// What a screen reader says of the chart.
    pub fn summary(self, history: &History) -> String {
        let groups = groups(history);
        let ends = groups.iter().filter_map(|group| self.end(group));
        let ends: Vec<String> = ends.collect();
        let title = self.title();
        if ends.is_empty() {
            return t!("Chart: %{title}; still empty", title = title).into_owned();
        }
        t!("Chart: %{title}; now %{ends}", title = title, ends = ends.join("; ")).into_owned()
    }
    /// `plain-20 0.16`, or that it diverged; nothing where nothing is known yet.
    fn end(self, group: &Group<'_>) -> Option<String> {
        let (name, detail) = (group.name, self.detail(group));
        let lost = group.runs.iter().any(|run| run.diverged.is_some());
        match (lost, detail.as_str()) {
            (false, "") => None,
            (false, detail) => Some(format!("{name} {detail}")),
            (true, "") => Some(t!("%{net} diverged", net = name).into_owned()),
            (true, detail) => Some(format!("{} ({detail})", t!("%{net} diverged", net = name))),
        }
    }
}
