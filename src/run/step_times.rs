//! Measured step times, kept on disk from one start to the next.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::gpu;

/// Experiments remembered; beyond them the file begins anew.
const MOST: usize = 200;

/// How long one step of every net of an experiment takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    pub seconds: f64,
    /// Images of a step, and of those that were measured; fewer where a whole step takes too long.
    pub batch: usize,
    pub measured: usize,
}

/// On both engines.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Times {
    pub cpu: StepTime,
    pub gpu: StepTime,
}

impl fmt::Display for StepTime {
    /// `9.10 ms`, or `about 912 ms` where it was estimated.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seconds,
            batch,
            measured,
        } = self;
        let ms = seconds * 1e3;
        if measured < batch {
            write!(f, "about {ms:.0} ms")
        } else {
            write!(f, "{ms:.2} ms")
        }
    }
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
        [times.cpu, times.gpu]
            .iter()
            .all(|time| time.seconds > 0.0)
            .then_some(times)
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
        let time = |seconds| StepTime {
            seconds,
            batch: 128,
            measured: 32,
        };
        let (cpu, gpu) = (time(0.003), time(0.001));
        let times = Times { cpu, gpu };
        assert_eq!(StepTimes::at(&path).get("quick"), None);
        StepTimes::at(&path).put("quick", times);
        assert_eq!(StepTimes::at(&path).get("quick"), Some(times));
        assert_eq!(StepTimes::at(&path).get("slow"), None);
        fs::write(&path, "{").unwrap();
        assert_eq!(StepTimes::at(&path).get("quick"), None);
        StepTimes::at(&path).put("quick", Times { cpu, gpu: time(0.0) });
        assert_eq!(StepTimes::at(&path).get("quick"), None, "no step takes no time");
    }
}
