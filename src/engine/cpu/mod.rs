//! The plan on CPU: one SIMD kernel a file, images in the lanes of the vectors.
//!
//! With an image in each lane a kernel never shuffles: weights are broadcast, so any channel count, group width, stride
//! and map size fills the vectors, and a border tap is left out instead of multiplied by zero.

mod add;
mod buffer;
mod conv;
mod conv_grad;
mod conv_input_grad;
mod conv_weight_grad;
mod correlate;
mod lanes;
mod layout;
mod linear;
mod linear_grad;
mod loss;
mod norm_grad;
mod observe;
mod padded;
mod peak;
mod pool;
mod pool_grad;
mod read_gradient;
mod read_view;
mod runner;
mod settle;
mod source;
mod statistics;
#[cfg(test)]
mod tests;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use lanes::Isa;
pub use peak::{bandwidth_gbs, peak_gflops};
use runner::Runner;
use update::Update;

use super::plan::Plan;
use super::{
    BnMode, Decay, Engine, Evaluation, Norms, Optimizer, OptimizerKind, Probe, ProbeRequest, Step, check, nodes,
};
use crate::data::Batch;
use crate::error::Result;
use crate::net::{Array, Graph, Param, Weights};

/// Images evaluated at once with running statistics, which need no whole batch.
const EVALUATED_AT_ONCE: usize = 128;

/// One net on the CPU.
pub struct CpuEngine {
    runner: Runner,
    optimizer: Optimizer,
    /// By parameter: momentum, or the two moments; empty for buffers.
    state: Vec<Vec<Vec<f32>>>,
    steps: u64,
    /// Done and not told yet.
    done: Vec<Step>,
}

impl CpuEngine {
    /// Starts from `weights`, on the fastest instructions of this machine.
    ///
    /// # Errors
    /// When the weights are not the graph's.
    pub fn new(graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer) -> Result<Self> {
        Self::with_isa(graph, weights, optimizer, Isa::best())
    }

    /// Starts on given instructions, which must be [`Isa::available`].
    ///
    /// # Errors
    /// When the weights are not the graph's.
    pub fn with_isa(graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer, isa: Isa) -> Result<Self> {
        let moments = match optimizer.kind {
            OptimizerKind::Sgd => 1,
            OptimizerKind::Adam => 2,
        };
        let runner = Runner::new(graph, isa);
        let state = runner
            .gradients
            .iter()
            .map(|gradient| vec![vec![0.0; gradient.len()]; moments]);
        let mut engine = Self {
            state: state.collect(),
            runner,
            optimizer,
            steps: 0,
            done: Vec::new(),
        };
        engine.set_weights(weights)?;
        Ok(engine)
    }

    /// The kernels it runs.
    pub fn plan(&self) -> &Plan {
        self.runner.plan()
    }

    /// Runs one kernel of the plan alone, counted forward then backward, over whatever a step with these labels has left in
    /// its buffers; for timing, since training from there would start from wrong sums.
    pub fn run_kernel(&mut self, at: usize, labels: &[u32]) {
        match at.checked_sub(self.plan().forward.len()) {
            Some(at) => self.runner.backward_kernel(at, false),
            None => {
                self.runner.forward_kernel(at, labels);
            }
        }
    }

    /// Bytes of its buffers, parameters and optimiser state.
    pub fn memory_bytes(&self) -> usize {
        let state: usize = self.state.iter().flatten().map(|values| values.len() * 4).sum();
        self.runner.bytes() + state
    }

    /// The running statistics after one update with the last batch's.
    fn running_statistics(&self) -> impl Iterator<Item = (usize, Vec<f32>)> + '_ {
        let norms = self.runner.plan().norms.iter().enumerate();
        norms.flat_map(|(at, norm)| {
            let count = self.runner.batch_count(at) as f64;
            // PyTorch keeps the unbiased variance.
            let unbiased = [1.0, count / (count - 1.0)];
            let params = [norm.running_mean, norm.running_var];
            [0, 1].map(|which| {
                let old = &self.runner.values[params[which]];
                let new = self
                    .runner
                    .batch_statistics(at)
                    .iter()
                    .map(|both| both[which] * unbiased[which]);
                let moved = old.iter().zip(new).map(|(&old, new)| {
                    let old = f64::from(old);
                    (old + statistics::MOMENTUM * (new - old)) as f32
                });
                (params[which], moved.collect())
            })
        })
    }

    fn update(&mut self, rate: f32) {
        self.steps += 1;
        let mut clip = 1.0;
        if self.optimizer.clip > 0.0 {
            let norms = self
                .runner
                .gradients
                .iter()
                .map(|gradient| f64::from(observe::norm(gradient)));
            let whole = norms.map(|norm| norm * norm).sum::<f64>().sqrt();
            clip = (f64::from(self.optimizer.clip) / (whole + 1e-6)).min(1.0) as f32;
        }
        let graph = Arc::clone(self.runner.shared_graph());
        for (at, param) in graph.params.iter().enumerate() {
            if !param.kind.trained() {
                continue;
            }
            let spared = self.optimizer.decay == Decay::Weights && !param.kind.is_weight();
            let update = Update {
                rate,
                clip,
                weight_decay: if spared { 0.0 } else { self.optimizer.weight_decay },
                step: self.steps,
            };
            let gradient = &self.runner.gradients[at];
            update.apply(
                &self.optimizer,
                &mut self.runner.values[at],
                gradient,
                &mut self.state[at],
            );
        }
    }

    /// Names of the optimiser's arrays for a parameter.
    fn state_names(&self) -> &'static [&'static str] {
        match self.optimizer.kind {
            OptimizerKind::Sgd => &["momentum"],
            OptimizerKind::Adam => &["exp_avg", "exp_avg_sq"],
        }
    }

    fn trained(&self) -> impl Iterator<Item = (usize, &Param)> {
        let params = self.runner.graph().params.iter().enumerate();
        params.filter(|(_, param)| param.kind.trained())
    }

    fn array(&self, param: usize, data: &[f32]) -> Array {
        Array {
            shape: self.runner.graph().params[param].shape.clone(),
            data: data.to_vec(),
        }
    }
}

/// For people: `CPU (AVX-512, 2 threads)`.
pub fn describe() -> String {
    described(Isa::best())
}

fn described(isa: Isa) -> String {
    let threads = rayon::current_num_threads();
    let plural = if threads == 1 { "" } else { "s" };
    format!("CPU ({}, {threads} thread{plural})", isa.name())
}

impl Engine for CpuEngine {
    fn device(&self) -> String {
        described(self.runner.isa())
    }

    fn start(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<()> {
        check::batch(self.runner.graph(), batch, BnMode::Batch)?;
        let loss = self.runner.forward(&batch.labels, &batch.images, BnMode::Batch);
        let trunk = if measure {
            self.runner.graph().trunk()
        } else {
            Vec::new()
        };
        let mut norms = Norms {
            activation: vec![0.0; trunk.len()],
            ..Norms::default()
        };
        self.runner.backward(false, &mut |runner, tap| {
            if let Some(at) = trunk.iter().position(|&node| node == tap.node) {
                norms.activation[at] = runner.gradient_norm(&tap.gradient);
            }
        });
        if measure {
            let plan = self.runner.plan();
            let mut weights: Vec<(usize, usize)> = plan.convs.iter().map(|conv| (conv.node, conv.weight)).collect();
            let linear = self.trained().find(|(_, param)| param.name == "fc.weight");
            weights.extend(linear.map(|(at, _)| (usize::MAX, at)));
            weights.sort_unstable();
            norms.weight = weights
                .iter()
                .map(|&(_, at)| observe::norm(&self.runner.gradients[at]))
                .collect();
        }
        let running: Vec<(usize, Vec<f32>)> = self.running_statistics().collect();
        for (param, values) in running {
            self.runner.values[param] = values;
        }
        self.update(rate);
        self.done.push(Step {
            loss: (loss.loss_sum / batch.len() as f64) as f32,
            correct: loss.correct,
            norms: measure.then_some(norms),
        });
        Ok(())
    }

    fn finished(&mut self, _wait: bool) -> Result<Vec<Step>> {
        Ok(std::mem::take(&mut self.done))
    }

    fn kernel_seconds(&self) -> Option<Vec<f64>> {
        Some(self.runner.seconds().to_vec())
    }

    fn evaluate(&mut self, batch: &Batch, mode: BnMode) -> Result<Evaluation> {
        check::batch(self.runner.graph(), batch, mode)?;
        let image: usize = batch.shape.iter().product();
        let at_once = if mode == BnMode::Batch {
            batch.len()
        } else {
            EVALUATED_AT_ONCE
        };
        let parts = batch.labels.chunks(at_once).zip(batch.images.chunks(at_once * image));
        let mut sum = Evaluation {
            images: batch.len(),
            ..Evaluation::default()
        };
        for (labels, images) in parts {
            let loss = self.runner.forward(labels, images, mode);
            sum.loss_sum += loss.loss_sum;
            sum.correct += loss.correct;
        }
        Ok(sum)
    }

    fn probe(&mut self, batch: &Batch, request: &ProbeRequest) -> Result<Probe> {
        check::batch(self.runner.graph(), batch, request.mode)?;
        let activations = nodes::selected(self.runner.graph(), &request.activations)?;
        let gradients = nodes::selected(self.runner.graph(), &request.activation_gradients)?;
        let images = batch.len();
        let loss = self.runner.forward(&batch.labels, &batch.images, request.mode);
        let mut probe = Probe {
            loss: (loss.loss_sum / images as f64) as f32,
            ..Probe::default()
        };
        let nodes = self.runner.graph().nodes.len();
        let name = |engine: &Self, node: usize| engine.runner.graph().nodes[node].name.clone();
        for node in (0..nodes).filter(|&node| activations[node]) {
            let data = self.runner.activation(node);
            probe
                .activations
                .insert(name(self, node), nodes::array(self.runner.graph(), node, images, data));
        }
        let logits = self.runner.activation(nodes - 1);
        probe.logits = Some(nodes::array(self.runner.graph(), nodes - 1, images, logits));
        if request.mode == BnMode::Batch {
            let moved = self.running_statistics();
            let named = |param: usize| self.runner.graph().params[param].name.clone();
            probe.buffers = moved
                .map(|(param, data)| (named(param), self.array(param, &data)))
                .collect();
        }
        if !request.weight_gradients && !gradients.contains(&true) {
            return Ok(probe);
        }
        let mut found: BTreeMap<usize, Vec<f32>> = BTreeMap::new();
        self.runner.backward(gradients[0], &mut |runner, tap| {
            if gradients[tap.node] {
                found.insert(tap.node, runner.gradient_values(&tap.gradient));
            }
        });
        for (node, data) in found {
            probe
                .activation_gradients
                .insert(name(self, node), nodes::array(self.runner.graph(), node, images, data));
        }
        if request.weight_gradients {
            let arrays = self.trained().map(|(at, param)| {
                let data = &self.runner.gradients[at];
                (param.name.clone(), self.array(at, data))
            });
            probe.weight_gradients = arrays.collect();
        }
        Ok(probe)
    }

    fn weights(&self) -> Result<Weights> {
        let params = self.runner.graph().params.iter().enumerate();
        Ok(params
            .map(|(at, param)| (param.name.clone(), self.array(at, &self.runner.values[at])))
            .collect())
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        let graph = Arc::clone(self.runner.shared_graph());
        check::weights(&graph, weights)?;
        for (at, param) in graph.params.iter().enumerate() {
            self.runner.values[at].copy_from_slice(&weights[&param.name].data);
        }
        Ok(())
    }

    fn optimizer_state(&self) -> Result<Weights> {
        let mut state = Weights::new();
        for (at, param) in self.trained() {
            for (name, values) in self.state_names().iter().zip(&self.state[at]) {
                state.insert(format!("{name}/{}", param.name), self.array(at, values));
            }
        }
        state.insert("step".into(), Array::filled(vec![], self.steps as f32));
        Ok(state)
    }

    fn set_optimizer_state(&mut self, state: &Weights) -> Result<()> {
        let graph = Arc::clone(self.runner.shared_graph());
        let names = self.state_names();
        let steps = check::optimizer_state(&graph, names, state)?;
        for (param, memories) in graph.params.iter().zip(&mut self.state) {
            for (name, memory) in names.iter().zip(memories).filter(|_| param.kind.trained()) {
                memory.copy_from_slice(&state[&format!("{name}/{}", param.name)].data);
            }
        }
        self.steps = steps as u64;
        Ok(())
    }
}
