//! Everything the trainer writes. Training never depends on it: what the disk refuses is told once and left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rust_i18n::t;

use super::beginning::is_shipped;
use super::checkpoint;
use super::course::Course;
use super::event_log::EventLog;
use super::experiment::{Experiment, RunId, RunPlan};
use super::files;
use super::lane::{Advance, Lane, Tests};
use super::layout::Layout;
use super::summary::Summary;
use crate::engine::{Norms, weights_file};
use crate::error::{Error, Result};
use crate::net::Weights;

/// Writes into one run folder, or nowhere.
pub struct Recorder {
    layout: Option<Layout>,
    logs: BTreeMap<RunId, EventLog>,
    /// The checkpoints that only secure what was reached.
    secured: BTreeMap<RunId, PathBuf>,
    /// The first refusal, until it is taken.
    notice: Option<String>,
    refused: bool,
}

impl Recorder {
    pub fn new(layout: Option<Layout>) -> Self {
        Self {
            layout,
            logs: BTreeMap::new(),
            secured: BTreeMap::new(),
            notice: None,
            refused: false,
        }
    }

    /// The sentence about the first refusal, once.
    pub fn notice(&mut self) -> Option<String> {
        self.notice.take()
    }

    /// Writes the resolved experiment. Runs that the folder holds besides stay listed.
    pub fn experiment(&mut self, experiment: &Experiment) {
        if let Some(layout) = &self.layout {
            let mut experiment = experiment.clone();
            if let Ok(earlier) = Experiment::read(&layout.experiment()) {
                experiment.runs = joined(earlier.runs, experiment.runs, |plan| plan.name.clone());
                experiment.branches = joined(earlier.branches, experiment.branches, |branch| branch.name.clone());
            }
            // From the folder's own copies.
            for RunPlan { name, weights, .. } in &mut experiment.runs {
                if let Some(file) = weights.as_mut().filter(|source| !is_shipped(source)) {
                    *file = Path::new(name).join(file.file_name().unwrap_or_default());
                }
            }
            let written = files::replace(&layout.experiment(), experiment.to_toml().as_bytes());
            self.attempt(written);
        }
    }

    /// Copies the weights that a run starts from, so that the folder has all it takes to begin again.
    pub fn trained(&mut self, plan: &RunPlan, weights: &Weights) {
        let source = plan.weights.as_ref().filter(|source| !is_shipped(source));
        if let (Some(layout), Some(source)) = (&self.layout, source) {
            let copy = layout.trained(&plan.name, source);
            let written = copy.parent().map_or(Ok(()), |folder| {
                fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
                let draft = files::beside(&copy, "new");
                weights_file::write(&draft, weights)?;
                fs::rename(&draft, &copy).map_err(Error::io("write", &copy))
            });
            self.attempt(written);
        }
    }

    /// Begins a run's log at the step it stands at.
    pub fn begin(&mut self, lane: &Lane) {
        if let Some(layout) = &self.layout {
            let folder = layout.log(&lane.track.name, lane.track.seed);
            // The record of the step it stands at is kept; at 0 everything begins anew.
            let from = if lane.step == 0 { 0 } else { lane.step + 1 };
            let log = EventLog::create(&folder, from, &lane.graph, &lane.engine.device());
            self.logs.remove(&lane.track.id);
            if let Some(log) = self.attempt(log) {
                self.logs.insert(lane.track.id, log);
            }
        }
    }

    pub fn stepped(&mut self, run: RunId, step: usize, advance: &Advance) {
        self.log(run, |log| log.stepped(step, advance));
    }

    pub fn measured(&mut self, run: RunId, step: usize, norms: &Norms) {
        self.log(run, |log| log.measured(step, norms));
    }

    pub fn evaluated(&mut self, run: RunId, step: usize, tests: Tests) {
        self.log(run, |log| log.evaluated(step, tests));
    }

    /// Another engine took over after that many steps.
    pub fn moved(&mut self, run: RunId, step: usize, engine: &str) {
        self.log(run, |log| log.moved(step, engine));
    }

    /// Hands all logs to the system.
    pub fn flush(&mut self) {
        let runs: Vec<RunId> = self.logs.keys().copied().collect();
        for run in runs {
            self.log(run, EventLog::flush);
        }
    }

    /// Writes a checkpoint of a run as it stands; says where. The log is on the disk before it, so that a run resumed
    /// there has no gap behind it.
    pub fn checkpoint(&mut self, lane: &mut Lane, course: &Course) -> Option<PathBuf> {
        self.log(lane.track.id, EventLog::sync);
        let folder = self.layout.as_ref()?.checkpoints(&lane.track.name, lane.track.seed);
        let written = lane.checkpoint(course).and_then(|checkpoint| checkpoint.write(&folder));
        let path = self.attempt(written)?;
        let before = self.secured.remove(&lane.track.id).filter(|before| *before != path);
        if let Some(before) = before {
            let removed = fs::remove_dir_all(&before).map_err(Error::io("remove", &before));
            self.attempt(removed);
        }
        Some(path)
    }

    /// As [`Recorder::checkpoint`], until there is another.
    pub fn secure(&mut self, lane: &mut Lane, course: &Course) {
        let Some(layout) = &self.layout else { return };
        let (run, folder) = (lane.track.id, layout.checkpoints(&lane.track.name, lane.track.seed));
        if !checkpoint::folder(&folder, lane.step).exists()
            && let Some(path) = self.checkpoint(lane, course)
        {
            self.secured.insert(run, path);
        }
    }

    /// Removes the checkpoints of a run that starts over: none of them is on its way any more.
    pub fn forget(&mut self, lane: &Lane) {
        self.secured.remove(&lane.track.id);
        if let Some(layout) = &self.layout {
            let folder = layout.checkpoints(&lane.track.name, lane.track.seed);
            if folder.exists() {
                let removed = fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder));
                self.attempt(removed);
            }
        }
    }

    /// Writes what the runs came to; says where. Runs that the folder holds besides stay listed.
    pub fn summary(&mut self, summary: &Summary) -> Option<PathBuf> {
        let path = self.layout.as_ref()?.summary();
        let mut summary = summary.clone();
        if let Ok(earlier) = Summary::read(&path) {
            summary.runs = joined(earlier.runs, summary.runs, |run| (run.name.clone(), run.seed));
        }
        let written = summary.write(&path);
        self.attempt(written).map(|()| path)
    }

    fn log(&mut self, run: RunId, write: impl FnOnce(&mut EventLog) -> Result<()>) {
        if let Some(log) = self.logs.get_mut(&run) {
            let written = write(log);
            if self.attempt(written).is_none() {
                self.logs.remove(&run);
            }
        }
    }

    fn attempt<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                if !self.refused {
                    self.refused = true;
                    self.notice = Some(
                        t!(
                            "%{error}; training goes on, but what could not be written is lost",
                            error = error
                        )
                        .into(),
                    );
                }
                None
            }
        }
    }
}

/// `earlier` with the entries of `newer` in the places of those with the same key, the others behind.
fn joined<T, K: PartialEq>(earlier: Vec<T>, newer: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut joined = earlier;
    for entry in newer {
        match joined.iter_mut().find(|old| key(old) == key(&entry)) {
            Some(old) => *old = entry,
            None => joined.push(entry),
        }
    }
    joined
}
