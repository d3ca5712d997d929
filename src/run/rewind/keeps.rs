//! The kept weights of all runs: in memory until they are on the disk, and as long as there is room.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_i18n::t;

use crate::error::{Error, Result};
use crate::net::{Array, Weights};
use crate::run::checkpoint::{self, Checkpoint};
use crate::run::experiment::RunId;

/// What may stay in memory of all that is on the disk too.
const MEMORY_BYTES: usize = 64 << 20;

/// Shared by the trainer, which keeps, and the study, which reads and writes to disk.
#[derive(Debug, Clone, Default)]
pub struct Keeps(Arc<Mutex<BTreeMap<RunId, Shelf>>>);

/// What is kept of one run.
#[derive(Debug, Default)]
struct Shelf {
    folder: Option<PathBuf>,
    /// By step.
    kept: BTreeMap<usize, Kept>,
}

#[derive(Debug, Clone, Default)]
struct Kept {
    memory: Option<Arc<Checkpoint>>,
    disk: bool,
}

impl Keeps {
    fn shelves(&self) -> MutexGuard<'_, BTreeMap<RunId, Shelf>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up a run that stands at `step`, with what its folder holds up to there; answers the kept steps. What the
    /// folder holds of a way beyond is removed.
    ///
    /// # Errors
    /// When the folder cannot be read or cleared.
    pub fn open(&self, run: RunId, folder: Option<PathBuf>, step: usize) -> Result<Vec<usize>> {
        let mut kept = BTreeMap::new();
        if let Some(folder) = &folder {
            for (at, path) in checkpoint::list(folder)? {
                if at <= step && step > 0 {
                    kept.insert(
                        at,
                        Kept {
                            memory: None,
                            disk: true,
                        },
                    );
                } else {
                    fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
                }
            }
        }
        let steps = kept.keys().copied().collect();
        self.shelves().insert(run, Shelf { folder, kept });
        Ok(steps)
    }

    /// Keeps a moment of a run.
    pub fn put(&self, run: RunId, checkpoint: Checkpoint) {
        let memory = Some(Arc::new(checkpoint));
        if let (Some(shelf), Some(checkpoint)) = (self.shelves().get_mut(&run), &memory) {
            let kept = Kept {
                disk: false,
                memory: memory.clone(),
            };
            shelf.kept.insert(checkpoint.state.step, kept);
        }
    }

    /// Whether this moment of a run is kept.
    pub fn holds(&self, run: RunId, step: usize) -> bool {
        self.shelves()
            .get(&run)
            .is_some_and(|shelf| shelf.kept.contains_key(&step))
    }

    /// The kept steps of a run, ascending.
    pub fn steps(&self, run: RunId) -> Vec<usize> {
        let shelves = self.shelves();
        shelves
            .get(&run)
            .map_or_else(Vec::new, |shelf| shelf.kept.keys().copied().collect())
    }

    /// The newest kept moment of a run that is not behind `step`.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn at(&self, run: RunId, step: usize) -> Result<Arc<Checkpoint>> {
        let (folder, step, memory) = {
            let shelves = self.shelves();
            let found = shelves
                .get(&run)
                .and_then(|shelf| Some((shelf, shelf.kept.range(..=step).next_back()?)));
            let Some((shelf, (&at, kept))) = found else {
                return Err(Error::Run(t!(
                    "no weights of this run are kept up to step %{step}",
                    step = step
                )));
            };
            (shelf.folder.clone(), at, kept.memory.clone())
        };
        match (memory, folder) {
            (Some(memory), _) => Ok(memory),
            (None, Some(folder)) => Ok(Arc::new(Checkpoint::read(&checkpoint::folder(&folder, step))?)),
            (None, None) => Err(Error::Run(t!("the weights of step %{step} are lost", step = step))),
        }
    }

    /// Writes what is only in memory, then drops from memory, oldest first, what there is no room for.
    ///
    /// # Errors
    /// The first refusal; what could not be written stays in memory.
    pub fn save(&self) -> Result<()> {
        let unsaved: Vec<(RunId, PathBuf, Arc<Checkpoint>)> = {
            let shelves = self.shelves();
            let entries = shelves.iter().flat_map(|(&run, shelf)| {
                let unsaved = shelf.kept.values().filter(|kept| !kept.disk);
                unsaved.filter_map(move |kept| Some((run, shelf.folder.clone()?, kept.memory.clone()?)))
            });
            entries.collect()
        };
        let mut outcome = Ok(());
        for (run, folder, checkpoint) in unsaved {
            let written = write(&folder, &checkpoint);
            let mut shelves = self.shelves();
            let kept = shelves
                .get_mut(&run)
                .and_then(|shelf| shelf.kept.get_mut(&checkpoint.state.step));
            let same = kept.filter(|kept| {
                kept.memory
                    .as_ref()
                    .is_some_and(|memory| Arc::ptr_eq(memory, &checkpoint))
            });
            match same {
                Some(kept) => kept.disk = written.is_ok(),
                // Forgotten while it was being written.
                None => {
                    let path = checkpoint::folder(&folder, checkpoint.state.step);
                    fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
                }
            }
            outcome = outcome.and(written);
        }
        self.make_room();
        outcome
    }

    fn make_room(&self) {
        let mut shelves = self.shelves();
        let all = shelves.values().flat_map(|shelf| shelf.kept.values());
        let mut bytes: usize = all.filter_map(|kept| kept.memory.as_deref()).map(bytes_of).sum();
        let mut droppable: Vec<(usize, RunId)> = Vec::new();
        for (&run, shelf) in shelves.iter() {
            let on_disk = shelf.kept.iter().filter(|(_, kept)| kept.disk && kept.memory.is_some());
            droppable.extend(on_disk.map(|(&step, _)| (step, run)));
        }
        droppable.sort_unstable();
        for (step, run) in droppable {
            if bytes <= MEMORY_BYTES {
                break;
            }
            let kept = shelves.get_mut(&run).and_then(|shelf| shelf.kept.get_mut(&step));
            bytes -= kept
                .and_then(|kept| kept.memory.take())
                .map_or(0, |memory| bytes_of(&memory));
        }
    }
}

fn write(folder: &Path, checkpoint: &Checkpoint) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    checkpoint.write(folder).map(drop)
}

/// Bytes of the values.
pub fn bytes_in(weights: &Weights) -> usize {
    weights.values().map(|Array { data, .. }| 4 * data.len()).sum()
}

fn bytes_of(checkpoint: &Checkpoint) -> usize {
    bytes_in(&checkpoint.weights) + bytes_in(&checkpoint.optimizer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::checkpoint::State;

    fn checkpoint(step: usize, values: usize) -> Checkpoint {
        Checkpoint {
            weights: Weights::from([("fc.bias".into(), Array::filled(vec![values], step as f32))]),
            optimizer: Weights::new(),
            state: State {
                step,
                seed: 0,
                net: "plain-8".into(),
                engine: String::new(),
                seconds: 0.0,
                rate_factors: Vec::new(),
                recent: Vec::new(),
                sketch: Default::default(),
            },
        }
    }

    #[test]
    fn a_moment_is_found_in_memory_on_disk_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let place = Some(folder.path().join("keeps"));
        let keeps = Keeps::default();
        assert!(keeps.open(0, place.clone(), 0).unwrap().is_empty());
        for step in [0, 1, 4, 9] {
            keeps.put(0, checkpoint(step, 3));
        }
        keeps.save().unwrap();
        assert_eq!(keeps.at(0, 8).unwrap().state.step, 4);
        let again = Keeps::default();
        assert_eq!(again.open(0, place.clone(), 5).unwrap(), [0, 1, 4]);
        assert_eq!(*again.at(0, 100).unwrap(), checkpoint(4, 3));
        assert!(again.open(0, place, 0).unwrap().is_empty(), "it starts over");
        assert!(again.at(0, 4).is_err());
    }

    #[test]
    fn memory_is_bounded_where_there_is_a_disk() {
        let folder = tempfile::tempdir().unwrap();
        let keeps = Keeps::default();
        keeps.open(0, Some(folder.path().join("keeps")), 0).unwrap();
        for step in 0..4 {
            keeps.put(0, checkpoint(step, 6 << 20));
        }
        keeps.save().unwrap();
        let in_memory = keeps.shelves()[&0]
            .kept
            .values()
            .filter(|kept| kept.memory.is_some())
            .count();
        assert_eq!(in_memory, 2);
        assert_eq!(keeps.at(0, 0).unwrap().weights["fc.bias"].data.len(), 6 << 20);
    }
}
