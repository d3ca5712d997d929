//! Where things stand in a run folder.

use std::path::{Path, PathBuf};

use rust_i18n::t;

use super::experiment::Experiment;
use crate::error::{Error, Result};

/// The paths of a run folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    pub fn new(root: &Path) -> Self {
        let root = root.to_path_buf();
        Self { root }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The resolved experiment.
    pub fn experiment(&self) -> PathBuf {
        self.root.join("experiment.toml")
    }

    /// Reads the resolved experiment.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub fn read_experiment(&self) -> Result<Experiment> {
        if self.experiment().is_file() {
            return Experiment::read(&self.experiment());
        }
        let folder = self.root.display();
        Err(Error::Run(t!(
            "%{folder} is not a run folder: it has no experiment.toml",
            folder = folder
        )))
    }

    /// What each run came to.
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.json")
    }

    /// What was found out about the nets.
    pub fn findings(&self) -> PathBuf {
        self.root.join("findings.toml")
    }

    /// Exported figures.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// The event log of one run.
    pub fn log(&self, name: &str, seed: u64) -> PathBuf {
        self.root.join(name).join(format!("seed-{seed}"))
    }

    /// Where the weights that a run started from are kept: a file of the same name.
    pub fn trained(&self, name: &str, source: &Path) -> PathBuf {
        self.root.join(name).join(source.file_name().unwrap_or_default())
    }

    /// The weights kept on the way of one run, as checkpoints.
    pub fn keeps(&self, name: &str, seed: u64) -> PathBuf {
        self.log(name, seed).join("keeps")
    }

    /// The checkpoints of one run.
    pub fn checkpoints(&self, name: &str, seed: u64) -> PathBuf {
        self.log(name, seed).join("checkpoints")
    }
}
