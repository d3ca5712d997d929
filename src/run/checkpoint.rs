//! Checkpoints: weights, the optimiser's state and the run's own, renamed into place as one folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::files;
use super::lane::{Lane, Recent};
use super::sketch::Sketch;
use crate::engine::weights_file;
use crate::error::{Error, Result};
use crate::net::Weights;

const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";
const STATE: &str = "state.json";
const PREFIX: &str = "step-";

/// `state.json`: what a run needs besides weights and optimiser state to go on bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub step: usize,
    pub seed: u64,
    /// The net's full spec.
    pub net: String,
    pub engine: String,
    /// Spent in the run's own steps.
    pub seconds: f64,
    /// From which step on the schedule is multiplied by which factor.
    pub rate_factors: Vec<(usize, f32)>,
    /// Loss and error of the last minibatches.
    pub recent: Vec<(f32, f32)>,
    /// The course of the loss.
    #[serde(default)]
    pub sketch: Sketch,
}

impl State {
    pub(super) fn of(lane: &Lane, rate_factors: &[(usize, f32)]) -> Self {
        Self {
            step: lane.step,
            seed: lane.track.seed,
            net: lane.track.spec.to_string(),
            engine: lane.engine.device(),
            seconds: lane.seconds,
            rate_factors: rate_factors.to_vec(),
            recent: lane.recent.iter().collect(),
            sketch: lane.sketch.clone(),
        }
    }
}

/// A checkpoint in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub weights: Weights,
    pub optimizer: Weights,
    pub state: State,
}

impl Checkpoint {
    /// Reads the folder of one checkpoint.
    ///
    /// # Errors
    /// When a part is missing or damaged.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(STATE);
        let state = serde_json::from_slice(&files::read_small(&path)?)
            .map_err(|error| Error::Run(format!("{}: {error}", path.display()).into()))?;
        Ok(Self {
            weights: weights_file::read(&folder.join(MODEL))?,
            optimizer: weights_file::read(&folder.join(OPTIMIZER))?,
            state,
        })
    }

    /// Writes it among a run's checkpoints, in place of one of the same step, and says where it is.
    ///
    /// # Errors
    /// When the system refuses; nothing half-written is left under the checkpoint's name.
    pub fn write(&self, checkpoints: &Path) -> Result<PathBuf> {
        let folder = folder(checkpoints, self.state.step);
        let draft = files::beside(&folder, "new");
        discard(&draft)?;
        if let Err(error) = self.fill(&draft) {
            // What failed is the writing; that half a draft may stay as well adds nothing for the user.
            let _ = discard(&draft);
            return Err(error);
        }
        let old = files::beside(&folder, "old");
        discard(&old)?;
        if folder.exists() {
            fs::rename(&folder, &old).map_err(Error::io("replace", &folder))?;
        }
        fs::rename(&draft, &folder).map_err(Error::io("write", &folder))?;
        files::sync_folder(checkpoints)?;
        discard(&old)?;
        Ok(folder)
    }

    fn fill(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        for (name, weights) in [(MODEL, &self.weights), (OPTIMIZER, &self.optimizer)] {
            let path = folder.join(name);
            weights_file::write(&path, weights)?;
            File::open(&path)
                .and_then(|file| file.sync_all())
                .map_err(Error::io("write", &path))?;
        }
        files::write_synced(&folder.join(STATE), &files::json(&self.state))?;
        files::sync_folder(folder)
    }
}

/// Where the checkpoint of that step stands.
pub fn folder(checkpoints: &Path, step: usize) -> PathBuf {
    checkpoints.join(format!("{PREFIX}{step:06}"))
}

/// The checkpoints of a run by step, ascending.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn list(checkpoints: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let mut found = Vec::new();
    if checkpoints.is_dir() {
        for entry in fs::read_dir(checkpoints).map_err(Error::io("read", checkpoints))? {
            let path = entry.map_err(Error::io("read", checkpoints))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let step = name.and_then(|name| name.strip_prefix(PREFIX)?.parse().ok());
            found.extend(step.map(|step| (step, path)));
        }
    }
    found.sort();
    Ok(found)
}

/// The newest checkpoint that can be read, and a sentence for each that cannot.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn newest(checkpoints: &Path) -> Result<(Option<Checkpoint>, Vec<String>)> {
    let mut notices = Vec::new();
    for (_, folder) in list(checkpoints)?.into_iter().rev() {
        match Checkpoint::read(&folder) {
            Ok(checkpoint) => return Ok((Some(checkpoint), notices)),
            Err(error) => notices.push(t!("%{error}; an earlier checkpoint is taken", error = error).into()),
        }
    }
    Ok((None, notices))
}

fn discard(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", folder)(error)),
        _ => Ok(()),
    }
}

impl From<&State> for Recent {
    fn from(state: &State) -> Self {
        state.recent.iter().copied().collect()
    }
}
