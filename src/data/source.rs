//! Where images come from, as an experiment file states it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The `[data]` table of an experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `digits`, `mnist-5k`, `textures`, `cifar10`, `cifar100`, `idx` or `folder`.
    pub source: String,
    /// The folder of `cifar10`, `cifar100`, `idx` and `folder`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Side of the images: textures are drawn at it, other images resized to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// Mean-pool by this factor after reading (28x28 with 2 gives 14x14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<usize>,
    /// Difficulty 0..=1 of textures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<f32>,
    /// Number of training images: how many textures to make, or how many of the training split to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<usize>,
    /// Seed of the split and of procedural images; the same for all runs of an experiment.
    #[serde(default)]
    pub seed: u64,
}
