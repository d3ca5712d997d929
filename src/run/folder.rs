//! A run folder read back: what was asked, what was measured, what it came to.

use std::path::Path;

use rust_i18n::t;

use super::checkpoint::{self, Checkpoint};
use super::experiment::{Experiment, RunId, Track};
use super::history::{History, Series};
use super::layout::Layout;
use super::log_reader;
use super::message::Phase;
use super::summary::Summary;
use crate::error::{Error, Result};
use crate::net::{Spec, Weights};

/// A run folder in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFolder {
    pub layout: Layout,
    pub experiment: Experiment,
    /// Runs in the trainer's order: the experiment's, and of each its seeds.
    pub history: History,
    /// Absent until some seconds were trained.
    pub summary: Option<Summary>,
    /// A sentence for each thing that could not be read.
    pub notices: Vec<String>,
}

impl RunFolder {
    /// Reads a run folder; of a damaged one, what can be read.
    ///
    /// # Errors
    /// When there is no experiment file in it.
    pub fn open(path: &Path) -> Result<Self> {
        let layout = Layout::new(path);
        let experiment = layout.read_experiment()?;
        let mut notices = Vec::new();
        let summary = if layout.summary().is_file() {
            Summary::read(&layout.summary())
                .map_err(|error| notices.push(error.to_string()))
                .ok()
        } else {
            None
        };
        let mut history = History::default();
        history.phase = Phase::Done;
        for track in experiment.tracks()? {
            let mut series = read_series(&layout, track, &mut notices)?;
            // After the log: a resumed run's takes back what lies beyond its beginning.
            let kept = checkpoint::list(&layout.keeps(&series.track.name, series.track.seed))?;
            series.kept = kept.into_iter().map(|(step, _)| step).collect();
            let ended = summary
                .as_ref()
                .is_some_and(|summary| summary.ended(&series.track).is_some());
            series.finished = series.step() >= experiment.steps || ended;
            history.runs.push(series);
        }
        Ok(Self {
            layout,
            experiment,
            history,
            summary,
            notices,
        })
    }

    /// What was measured of one run of a folder.
    ///
    /// # Errors
    /// When there is no such run, or it cannot be read.
    pub fn series(path: &Path, name: &str, seed: u64) -> Result<Series> {
        let layout = Layout::new(path);
        let tracks = layout.read_experiment()?.tracks()?;
        let track = tracks
            .into_iter()
            .find(|track| track.name == name && track.seed == seed)
            .ok_or_else(|| {
                Error::Run(t!(
                    "there is no run %{name} with seed %{seed} in %{path}",
                    name = name,
                    seed = seed,
                    path = path.display()
                ))
            })?;
        read_series(&layout, track, &mut Vec::new())
    }

    /// The steps a run has checkpoints of, ascending.
    ///
    /// # Errors
    /// When its folder cannot be read.
    pub fn checkpoints(&self, run: RunId) -> Result<Vec<usize>> {
        let Some(series) = self.history.runs.get(run) else {
            return Ok(Vec::new());
        };
        let folder = self.layout.checkpoints(&series.track.name, series.track.seed);
        Ok(checkpoint::list(&folder)?.into_iter().map(|(step, _)| step).collect())
    }

    /// The weights of a run at that checkpoint, or of its newest readable one, with the step.
    ///
    /// # Errors
    /// When there is no such checkpoint or it cannot be read.
    pub fn weights(&self, run: RunId, step: Option<usize>) -> Result<(usize, Weights)> {
        let Some(series) = self.history.runs.get(run) else {
            return Err(Error::Run(t!(
                "there is no run %{run} in %{path}",
                run = run,
                path = self.layout.root().display()
            )));
        };
        let track = &series.track;
        let found = checkpoint::list(&self.layout.checkpoints(&track.name, track.seed))?;
        let chosen = match step {
            Some(step) => found.iter().filter(|(at, _)| *at == step).collect(),
            None => found.iter().rev().collect::<Vec<_>>(),
        };
        let at = step.map_or_else(String::new, |step| t!(" at step %{step}", step = step).into());
        let mut reason: String = t!(
            "%{run} (seed %{seed}) has no checkpoint%{at}",
            run = track.name,
            seed = track.seed,
            at = at
        )
        .into();
        for (step, folder) in chosen {
            match Checkpoint::read(folder) {
                Ok(checkpoint) => return Ok((*step, checkpoint.weights)),
                Err(error) => reason = error.to_string(),
            }
        }
        let steps: Vec<String> = found.iter().map(|(step, _)| step.to_string()).collect();
        Err(Error::Run(match steps.len() {
            0 => t!(
                "%{reason}; checkpoints are written while training and at its end",
                reason = reason
            ),
            _ => t!(
                "%{reason}; there are checkpoints at %{steps}",
                reason = reason,
                steps = steps.join(", ")
            ),
        }))
    }
}

/// Reads a run's log.
fn read_series(layout: &Layout, track: Track, notices: &mut Vec<String>) -> Result<Series> {
    let log = layout.log(&track.name, track.seed);
    let mut series = Series::new(track, String::new());
    if log.is_dir() {
        notices.extend(log_reader::read(&log, &mut series)?);
    }
    Ok(series)
}

impl Experiment {
    /// Every run of a resolved experiment, in the trainer's order.
    ///
    /// # Errors
    /// When a net cannot be read.
    pub fn tracks(&self) -> Result<Vec<Track>> {
        let mut tracks = Vec::new();
        for plan in &self.runs {
            let spec: Spec = plan.net.parse()?;
            for &seed in &self.seeds {
                tracks.push(Track {
                    id: tracks.len(),
                    name: plan.name.clone(),
                    spec: spec.clone(),
                    seed,
                });
            }
        }
        Ok(tracks)
    }
}
