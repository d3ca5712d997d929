//! What the user says about runs, in a file beside the run folders: the runs themselves stay as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::item::RunKey;
use crate::error::{Error, Result};
use crate::run::files;

const FILE: &str = "labels.json";

/// What the user says about one run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Mark {
    /// A name to show instead of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Stands above all others.
    pub pinned: bool,
    /// Is left out until asked for.
    pub hidden: bool,
}

/// All marks of the runs in one folder of run folders, by `folder/run/seed`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Marks(BTreeMap<String, Mark>);

impl Marks {
    /// Where they stand.
    pub fn path(root: &Path) -> PathBuf {
        root.join(FILE)
    }

    /// Reads the marks; without the file there are none.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn read(root: &Path) -> Result<Self> {
        let path = Self::path(root);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let read = serde_json::from_slice(&files::read_small(&path)?);
        read.map(Self)
            .map_err(|error| Error::Run(format!("{}: {error}", path.display()).into()))
    }

    /// What is said about a run.
    pub fn of(&self, key: &RunKey) -> Mark {
        self.0.get(&entry(key)).cloned().unwrap_or_default()
    }

    /// Says it, and writes the file.
    ///
    /// # Errors
    /// When the system refuses, or the file there is cannot be understood.
    pub fn set(root: &Path, key: &RunKey, mark: Mark) -> Result<()> {
        let mut marks = Self::read(root)?;
        if mark == Mark::default() {
            marks.0.remove(&entry(key));
        } else {
            marks.0.insert(entry(key), mark);
        }
        files::replace(&Self::path(root), &files::json(&marks.0))
    }
}

fn entry(key: &RunKey) -> String {
    match key.name.as_str() {
        "" => key.folder_name(),
        name => format!("{}/{name}/{}", key.folder_name(), key.seed),
    }
}
