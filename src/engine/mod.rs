//! Everything that computes. An [`Engine`] holds one network with its optimiser's state and knows nothing of
//! experiments; outside it there are only `f32` arrays in PyTorch's layout.

pub mod candle;
mod check;
mod choice;
pub mod cpu;
pub mod gpu;
mod nodes;
mod optimizer;
pub mod plan;
pub mod weights_file;

use std::collections::BTreeMap;

pub use candle::Kind;
pub use check::weights as check_weights;
pub use choice::{Choice, Wanted, automatic, open, unavailable};
pub use optimizer::{Decay, Optimizer, OptimizerKind};
use rust_i18n::t;

use crate::data::Batch;
use crate::error::{Error, Result};
use crate::net::{Array, Weights};

/// Which statistics batch normalisation uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BnMode {
    /// The batch's own, as in training; nothing is updated.
    Batch,
    /// The running mean and variance.
    Running,
}

/// What one training step reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Mean cross-entropy of the batch, before the update.
    pub loss: f32,
    /// Images classified right, before the update.
    pub correct: usize,
    /// Present when asked for.
    pub norms: Option<Norms>,
}

/// Euclidean norms of the gradients of one step's mean loss.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Norms {
    /// dL/d(activation) at each node of [`crate::net::Graph::trunk`].
    pub activation: Vec<f32>,
    /// dL/d(weight) at each node of [`crate::net::Graph::weighted`].
    pub weight: Vec<f32>,
    /// The weights themselves at those nodes, before the update; where the trainer has asked for them.
    pub parameter: Vec<f32>,
}

/// Sums over a batch, so that batches can be added up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Evaluation {
    /// Sum of cross-entropies.
    pub loss_sum: f64,
    /// Images classified right.
    pub correct: usize,
    /// Images seen.
    pub images: usize,
}

/// Which nodes a probe reports.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Select {
    #[default]
    None,
    All,
    /// By node name; an unknown name is an error.
    Nodes(Vec<String>),
}

/// What to measure on one batch, without changing the network.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeRequest {
    pub mode: BnMode,
    pub activations: Select,
    pub activation_gradients: Select,
    pub weight_gradients: bool,
}

/// What a probe measured.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Probe {
    /// `[N, classes]`
    pub logits: Option<Array>,
    /// Mean cross-entropy.
    pub loss: f32,
    /// `[N, C, H, W]` by node (`logits`: `[N, classes]`).
    pub activations: BTreeMap<String, Array>,
    /// dL/d(activation), shaped like the activation.
    pub activation_gradients: BTreeMap<String, Array>,
    /// dL/d(parameter) for every trained parameter.
    pub weight_gradients: Weights,
    /// Running statistics after one update, with [`BnMode::Batch`].
    pub buffers: Weights,
}

/// One network that can be trained, evaluated and looked into.
pub trait Engine: Send {
    /// For people: `candle on CPU (2 threads)`.
    fn device(&self) -> String;

    /// Begins to train on one batch at that learning rate; `measure` asks for the norms of this step's gradients.
    ///
    /// An engine that cannot work beside its caller is done when this returns. Every other question waits for the steps
    /// under way. A loss that is not finite is reported as it is; the caller decides that the run has diverged.
    fn start(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<()>;

    /// The steps that are done and were not told yet, oldest first; with `wait`, all that were started.
    fn finished(&mut self, wait: bool) -> Result<Vec<Step>>;

    /// Trains on one batch and waits for it, when no other step is under way.
    fn step(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<Step> {
        self.start(batch, rate, measure)?;
        let last = self.finished(true)?.pop();
        last.ok_or_else(|| {
            Error::Engine(t!(
                "%{device} did not report a step it had started",
                device = self.device()
            ))
        })
    }

    /// Whether it computes on a device that can be lost, so that its weights are kept elsewhere as well.
    fn can_be_lost(&self) -> bool {
        false
    }

    /// Seconds that each kernel of [`plan::lower`]'s plan took in the last step, forward then backward; nothing where the
    /// engine runs no plan.
    fn kernel_seconds(&self) -> Option<Vec<f64>> {
        None
    }

    /// Loss and hits of one batch; nothing is changed.
    fn evaluate(&mut self, batch: &Batch, mode: BnMode) -> Result<Evaluation>;

    /// Measures inside the net on one batch; nothing is changed.
    fn probe(&mut self, batch: &Batch, request: &ProbeRequest) -> Result<Probe>;

    /// Parameters and buffers.
    fn weights(&self) -> Result<Weights>;

    /// Replaces parameters and buffers; a missing, surplus or misshapen one is an error and nothing is changed.
    fn set_weights(&mut self, weights: &Weights) -> Result<()>;

    /// The optimiser's state: `momentum/<parameter>`, or `exp_avg/<parameter>`, `exp_avg_sq/<parameter>`, and `step`.
    fn optimizer_state(&self) -> Result<Weights>;

    /// Replaces the optimiser's state, with the checks of [`Engine::set_weights`].
    fn set_optimizer_state(&mut self, state: &Weights) -> Result<()>;
}
