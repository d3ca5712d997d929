//! What an optimiser is told once; the learning rate comes with each step.

use serde::{Deserialize, Serialize};

/// The update rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// PyTorch's `SGD`: `v = momentum v + g`, `w -= lr v` (or `lr (g + momentum v)` with Nesterov).
    #[default]
    Sgd,
    /// Kingma & Ba 2015 with betas .9 and .999, eps 1e-8, as PyTorch's `Adam`.
    Adam,
}

/// What weight decay pulls towards zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    /// Every trained parameter, as PyTorch does unless told otherwise.
    #[default]
    All,
    /// Convolution and linear weights; biases and normalisation are spared.
    Weights,
}

/// Optimiser settings, the same for a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Optimizer {
    pub kind: OptimizerKind,
    pub momentum: f32,
    pub nesterov: bool,
    /// Added to the gradient as `weight_decay * w` (L2, as PyTorch's `SGD` and `Adam`).
    pub weight_decay: f32,
    pub decay: Decay,
    /// Largest Euclidean norm of the whole gradient, before weight decay; 0 is off.
    pub clip: f32,
}

impl Default for Optimizer {
    fn default() -> Self {
        let (momentum, weight_decay) = (0.9, 1e-4);
        Self {
            kind: OptimizerKind::Sgd,
            momentum,
            nesterov: false,
            weight_decay,
            decay: Decay::All,
            clip: 0.0,
        }
    }
}
