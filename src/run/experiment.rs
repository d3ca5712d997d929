//! The experiment file: data, recipe and the runs to compare.

use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::data::{Augment, Source};
use crate::engine::Optimizer;
use crate::net::Spec;

/// One experiment: all its runs see the same data, recipe and batches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Short name: `quick`.
    pub name: String,
    /// One line for people.
    #[serde(default)]
    pub title: String,
    /// Training steps of each run.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// One run of every net for each seed. The seed sets initial weights, order and augmentation.
    #[serde(default = "one_seed")]
    pub seeds: Vec<u64>,
    /// Steps between records of the per-layer norms.
    #[serde(default = "ten")]
    pub probe_every: usize,
    /// Steps between evaluations on the test split; 0 only at the end.
    #[serde(default)]
    pub eval_every: usize,
    /// Steps between checkpoints; 0 only at the end.
    #[serde(default)]
    pub checkpoint_every: usize,
    pub data: Source,
    #[serde(default)]
    pub augment: Augment,
    #[serde(default)]
    pub optimizer: Optimizer,
    #[serde(default)]
    pub schedule: Schedule,
    pub runs: Vec<RunPlan>,
}

fn one_seed() -> Vec<u64> {
    vec![0]
}

fn ten() -> usize {
    10
}

/// One `[[runs]]` entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunPlan {
    /// Name on curves and in folders; the net's short name unless given. Unique in the experiment.
    #[serde(default)]
    pub name: String,
    /// The net's spec; input and classes come from the data.
    pub net: String,
}

/// Position of a track in the trainer's list; never reused within one trainer.
pub type RunId = usize;

/// One net with one seed: what is stepped, drawn and stored as a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    pub id: RunId,
    /// The plan's name.
    pub name: String,
    pub spec: Spec,
    pub seed: u64,
}
