//! How the charts of a training are called, and what stands in them.

use std::borrow::Cow;

use rust_i18n::t;

use super::traces::{Group, groups};
use super::widgets::{percent, short};
use crate::run::{History, Measure};

impl Measure {
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
        match self.is_error() {
            true => t!("%{error}, %", error = self.name()),
            false => self.name(),
        }
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

    /// Where those of the net's seeds stand that have not diverged.
    fn ends(self, group: &Group<'_>) -> Vec<f64> {
        let sound = group.runs.iter().filter(|run| run.diverged.is_none());
        let last = sound.filter_map(|run| self.last(run).map(f64::from));
        last.filter(|value| value.is_finite()).collect()
    }

    /// Where the net stands: the mean over its seeds, without those that diverged.
    pub fn mean(self, group: &Group<'_>) -> Option<f64> {
        let ends = self.ends(group);
        (!ends.is_empty()).then(|| ends.iter().sum::<f64>() / ends.len() as f64)
    }

    /// Where the net stands, and over how many seeds that is the mean.
    pub fn detail(self, group: &Group<'_>) -> String {
        let Some(mean) = self.mean(group) else {
            return String::new();
        };
        let number = if self.is_error() { percent(mean) } else { short(mean) };
        if group.runs.len() == 1 {
            return number;
        }
        t!(
            "%{number}, n = %{seeds}",
            number = number,
            seeds = self.ends(group).len()
        )
        .into_owned()
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
