//! Measured step times, kept on disk from one start to the next.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::gpu;

/// Experiments remembered; beyond them the file begins anew.
const MOST: usize = 200;

/// Seconds that one step of every net of an experiment takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub cpu: f64,
    pub gpu: f64,
}

/// A file of times by device and experiment.
#[derive(Debug, Clone)]
pub struct StepTimes(Option<PathBuf>);

impl StepTimes {
    /// The user's own.
    pub fn of_user() -> Self {
        Self(gpu::cache_folder().map(|folder| folder.join("step-times.json")))
    }

    /// In that file.
    #[cfg(test)]
    pub fn at(path: &Path) -> Self {
        Self(Some(path.to_path_buf()))
    }

    /// What was measured for this key.
    pub fn get(&self, key: &str) -> Option<Times> {
        let times = read(self.0.as_deref()?).remove(key)?;
        [times.cpu, times.gpu].iter().all(|time| *time > 0.0).then_some(times)
    }

    /// Remembers a measurement; one that cannot be written is made again another time.
    pub fn put(&self, key: &str, times: Times) {
        let Some(path) = &self.0 else { return };
        let mut all = read(path);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key.to_owned(), times);
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let text = serde_json::to_vec_pretty(&all).expect("names and numbers are always JSON");
        let written = path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = written
            .and_then(|()| fs::write(&draft, text))
            .and_then(|()| fs::rename(&draft, path));
        if let Err(error) = written {
            log::debug!("step times are not kept: {}: {error}", path.display());
        }
    }
}

/// What is there; a file that cannot be read holds nothing.
fn read(path: &Path) -> BTreeMap<String, Times> {
    let text = fs::read(path).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_outlive_the_process_and_a_damaged_file_costs_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache/step-times.json");
        let times = Times { cpu: 0.003, gpu: 0.001 };
        assert_eq!(StepTimes::at(&path).get("quick"), None);
        StepTimes::at(&path).put("quick", times);
        assert_eq!(StepTimes::at(&path).get("quick"), Some(times));
        assert_eq!(StepTimes::at(&path).get("slow"), None);
        fs::write(&path, "{").unwrap();
        assert_eq!(StepTimes::at(&path).get("quick"), None);
        StepTimes::at(&path).put("quick", Times { gpu: 0.0, ..times });
        assert_eq!(StepTimes::at(&path).get("quick"), None, "no step takes no time");
    }
}
