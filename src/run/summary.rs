//! `summary.json`: what each run came to.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::experiment::Track;
use super::files;
use super::lane::{Lane, Tests};
use crate::error::{Error, Result};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Training,
    /// The last step is done.
    Finished,
    /// Ended before the last step because someone said so.
    Stopped,
    /// The loss stopped being finite.
    Diverged,
}

/// One run's end. A number that is not finite, or was not measured, is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    pub name: String,
    /// The net's full spec.
    pub net: String,
    pub seed: u64,
    pub steps: usize,
    pub status: Status,
    /// Mean cross-entropy of the last 50 minibatches.
    pub final_train_loss: Option<f32>,
    /// Mean error of the last 50 minibatches, 0..=1.
    pub final_train_error: Option<f32>,
    /// Mean cross-entropy of the test split with the statistics named by `bn_mode`.
    pub test_loss: Option<f32>,
    /// Error on the test split, 0..=1, likewise.
    pub test_error: Option<f32>,
    /// The same with running statistics, which flatter or blame a net for its statistics.
    pub test_error_running: Option<f32>,
    /// Of the loss likewise.
    #[serde(default)]
    pub test_loss_running: Option<f32>,
    /// Always `batch`.
    pub bn_mode: String,
    /// Spent in the run's own steps.
    pub seconds: f64,
    pub engine: String,
    pub parameters: usize,
    /// The training loss, oldest first, in at most 64 means of equally many minibatches.
    #[serde(default)]
    pub curve: Vec<f32>,
}

/// All runs of an experiment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Summary {
    pub runs: Vec<RunSummary>,
}

impl Summary {
    pub(super) fn of<'a>(lanes: impl IntoIterator<Item = &'a Lane>) -> Self {
        Self {
            runs: lanes.into_iter().map(RunSummary::of).collect(),
        }
    }

    /// Reads a summary.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = files::read_small(path)?;
        serde_json::from_slice(&text).map_err(|error| Error::Run(format!("{}: {error}", path.display()).into()))
    }

    /// That run, if it was finished or stopped.
    pub fn ended(&self, track: &Track) -> Option<&RunSummary> {
        self.runs.iter().find(|run| {
            let over = matches!(run.status, Status::Finished | Status::Stopped);
            over && run.name == track.name && run.seed == track.seed
        })
    }

    /// Writes it in place of the one before; one that says the same stays, with the time it was written at.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, path: &Path) -> Result<()> {
        let bytes = files::json(self);
        match fs::read(path) {
            Ok(known) if known == bytes => Ok(()),
            _ => files::replace(path, &bytes),
        }
    }
}

impl RunSummary {
    /// Its evaluations with batch statistics and with running ones.
    pub(super) fn tests(&self) -> Option<(Tests, Tests)> {
        // What was not finite is null.
        let tests = |loss: Option<f32>, error: Option<f32>| {
            let (loss, error) = (loss.unwrap_or(f32::NAN), error?);
            Some(Tests { loss, error })
        };
        Some((
            tests(self.test_loss, self.test_error)?,
            tests(self.test_loss_running, self.test_error_running)?,
        ))
    }

    fn of(lane: &Lane) -> Self {
        let finite = |value: f32| Some(value).filter(|value| value.is_finite());
        let means = lane.recent.means(lane.own_steps());
        Self {
            name: lane.track.name.clone(),
            net: lane.track.spec.to_string(),
            seed: lane.track.seed,
            steps: lane.step,
            status: lane.status,
            final_train_loss: means.and_then(|(loss, _)| finite(loss)),
            final_train_error: means.and_then(|(_, error)| finite(error)),
            test_loss: lane.tests.and_then(|(batch, _)| finite(batch.loss)),
            test_error: lane.tests.and_then(|(batch, _)| finite(batch.error)),
            test_error_running: lane.tests.and_then(|(_, running)| finite(running.error)),
            test_loss_running: lane.tests.and_then(|(_, running)| finite(running.loss)),
            bn_mode: "batch".into(),
            seconds: lane.seconds,
            engine: lane.engine.device(),
            parameters: lane.graph.parameter_count(),
            curve: lane.sketch.means().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_summary_that_says_the_same_stays_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        let summary = Summary { runs: Vec::new() };
        summary.write(&path).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        summary.write(&path).unwrap();
        let written = || fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(written(), SystemTime::UNIX_EPOCH);
        fs::write(&path, "{").unwrap();
        summary.write(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), files::json(&summary));
    }
}
