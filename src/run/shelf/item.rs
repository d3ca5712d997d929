//! One line of the list.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fields::{self, Fields};
use super::marks::Mark;
use crate::run::{Experiment, Series, Status, recipe};

/// Where a run is: its folder, its name and its seed. A broken folder is a run without a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunKey {
    pub folder: PathBuf,
    pub name: String,
    pub seed: u64,
}

impl RunKey {
    /// The folder's own name.
    pub fn folder_name(&self) -> String {
        folder_name(&self.folder)
    }
}

/// The last part of a path.
pub fn folder_name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or(folder.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// A run, or a folder that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub key: RunKey,
    /// When its results were last written, in seconds since 1970.
    pub changed: u64,
    pub mark: Mark,
    /// The sentence says what is wrong with the folder.
    pub row: Result<Row, String>,
}

/// What is known of a run without its log.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The net's spec.
    pub net: String,
    pub experiment: String,
    /// Absent before the first summary was written.
    pub status: Option<Status>,
    /// The step it continues from, 0 where it began with its initial weights; steps done, and of how many.
    pub from: usize,
    pub steps: usize,
    pub of: usize,
    /// Mean minibatch loss of the last 50 steps.
    pub train_loss: Option<f32>,
    /// 0..=1, likewise.
    pub train_error: Option<f32>,
    pub test_loss: Option<f32>,
    /// 0..=1, batch statistics.
    pub test_error: Option<f32>,
    /// Spent in the run's own steps.
    pub seconds: f64,
    pub engine: String,
    pub parameters: usize,
    /// The training loss in at most 64 means.
    pub curve: Vec<f32>,
    pub recipe: Arc<Fields>,
    pub fields: Fields,
}

impl Row {
    /// A field of the recipe or the net.
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut all = self.fields.iter().chain(self.recipe.iter());
        all.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Its recipe in words: `digits 8x8`, `batch 32`; none where it is no whole one.
    pub fn recipe_words(&self) -> Vec<String> {
        let seed = self.field("seed").and_then(|seed| seed.parse().ok()).unwrap_or(0);
        let experiment = fields::experiment(&self.recipe, &self.net, seed);
        experiment.as_ref().map_or_else(Vec::new, recipe::parts)
    }
}

impl Item {
    /// A run of the training at hand, of which nothing is on the disk yet.
    pub fn fresh(series: &Series, experiment: &Experiment, folder: &Path) -> Self {
        let track = &series.track;
        Self {
            key: RunKey {
                folder: folder.to_path_buf(),
                name: track.name.clone(),
                seed: track.seed,
            },
            // Newer than anything on the disk.
            changed: u64::MAX,
            mark: Mark::default(),
            row: Ok(Row {
                net: track.spec.to_string(),
                experiment: experiment.name.clone(),
                status: None,
                from: experiment.branch(&track.name).map_or(0, |branch| branch.step),
                steps: series.step(),
                of: experiment.steps,
                train_loss: series.final_loss(),
                train_error: series.final_error(),
                test_loss: None,
                test_error: None,
                seconds: 0.0,
                engine: series.engine.clone(),
                parameters: 0,
                curve: Vec::new(),
                recipe: Arc::new(fields::recipe(experiment)),
                fields: fields::net(&track.spec, track.seed, experiment, &track.name),
            }),
        }
    }

    /// The name its owner gave it, or its own.
    pub fn title(&self) -> String {
        match (&self.mark.label, self.key.name.as_str()) {
            (Some(label), _) => label.clone(),
            (None, "") => self.key.folder_name(),
            (None, name) => name.to_owned(),
        }
    }
}
