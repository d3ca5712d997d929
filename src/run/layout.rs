//! Where things stand in a run folder.

use std::path::{Path, PathBuf};

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

    /// What each run came to.
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.json")
    }

    /// Exported figures.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// The event log of one run.
    pub fn log(&self, name: &str, seed: u64) -> PathBuf {
        self.root.join(name).join(format!("seed-{seed}"))
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
