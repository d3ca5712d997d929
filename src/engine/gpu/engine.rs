//! One net on a GPU, as an engine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::buffers::RING;
use super::device::Device;
use super::dispatch::Store;
use super::layout::{NORM_ROWS, quads};
use super::runner::{Pass, Runner, Work};
use crate::data::Batch;
use crate::engine::plan::Value;
use crate::engine::{
    BnMode, Engine, Evaluation, Norms, Optimizer, OptimizerKind, Probe, ProbeRequest, Step, check, nodes,
};
use crate::error::Result;
use crate::net::{Array, Graph, Weights};

/// Images evaluated at once with running statistics, which need no whole batch.
const EVALUATED_AT_ONCE: usize = 128;
/// Steps on the device at a time.
const IN_FLIGHT: usize = 2;

/// A step that was put in line and not told yet.
struct Started {
    slot: usize,
    images: usize,
    measured: bool,
}

/// One net on a GPU.
pub struct GpuEngine {
    pub(super) runner: Runner,
    optimizer: Optimizer,
    steps: u64,
    started: VecDeque<Started>,
    /// Steps that came back while another was waited for.
    done: Vec<Step>,
    next_slot: usize,
}

impl GpuEngine {
    /// Starts from `weights` on that device.
    ///
    /// # Errors
    /// When the weights are not the graph's, or the device has no room.
    pub fn new(device: Arc<Device>, graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer) -> Result<Self> {
        let mut engine = Self {
            runner: Runner::new(device, graph, &optimizer)?,
            optimizer,
            steps: 0,
            started: VecDeque::new(),
            done: Vec::new(),
            next_slot: 0,
        };
        engine.set_weights(weights)?;
        Ok(engine)
    }

    /// Bytes of its buffers on the device.
    pub fn memory_bytes(&self) -> u64 {
        self.runner.bytes()
    }

    /// The dispatches of a training step of so many images, once one was made.
    ///
    /// # Errors
    /// When no step was made yet.
    pub fn works(&self, images: usize) -> Result<Vec<Work>> {
        self.runner.works(images)
    }

    /// Trains on one batch, timing every dispatch by the device's own clock: the seconds of each of
    /// [`GpuEngine::works`], or nothing where the device has no clock.
    ///
    /// # Errors
    /// When the device fails.
    pub fn profile(&mut self, batch: &Batch, rate: f32) -> Result<Option<Vec<f64>>> {
        check::batch(&self.runner.graph, batch, BnMode::Batch)?;
        while !self.started.is_empty() {
            self.collect_first()?;
        }
        let pass = self.next_pass(rate);
        self.runner.profile(batch, &pass)
    }

    fn slot(&mut self) -> usize {
        self.next_slot = (self.next_slot + 1) % RING;
        self.next_slot
    }

    fn begin(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<()> {
        check::batch(&self.runner.graph, batch, BnMode::Batch)?;
        while self.started.len() >= IN_FLIGHT {
            self.collect_first()?;
        }
        let pass = self.next_pass(rate);
        self.runner.step(batch, &pass, measure)?;
        self.started.push_back(Started {
            slot: pass.slot,
            images: batch.len(),
            measured: measure,
        });
        Ok(())
    }

    /// What the next step is told.
    fn next_pass(&mut self, rate: f32) -> Pass {
        self.steps += 1;
        let (rate, root) = match self.optimizer.kind {
            OptimizerKind::Sgd => (rate, 1.0),
            OptimizerKind::Adam => {
                let [first, second] = [0.9, 0.999].map(|beta: f64| 1.0 - beta.powf(self.steps as f64));
                ((f64::from(rate) / first) as f32, second.sqrt() as f32)
            }
        };
        let slot = self.slot();
        Pass {
            mode: BnMode::Batch,
            training: true,
            rate,
            root,
            slot,
        }
    }

    fn collect_first(&mut self) -> Result<()> {
        let Some(started) = self.started.pop_front() else {
            return Ok(());
        };
        let Started { slot, images, measured } = started;
        let results = self.runner.collect(slot)?;
        let weights = self.runner.program.weighted.len();
        let norms = &results[3..];
        self.done.push(Step {
            loss: (f64::from(results[0]) / images as f64) as f32,
            correct: results[1] as usize,
            norms: measured.then(|| Norms {
                weight: norms[..weights].to_vec(),
                activation: norms[weights..][..self.runner.program.trunk.len()].to_vec(),
                ..Norms::default()
            }),
        });
        Ok(())
    }

    fn tell(&mut self, wait: bool) -> Result<Vec<Step>> {
        self.runner.device.poll()?;
        while let Some(first) = self.started.front() {
            if !wait && !self.runner.arrived(first.slot) {
                break;
            }
            self.collect_first()?;
        }
        Ok(std::mem::take(&mut self.done))
    }

    /// What a forward pass is told that changes nothing; no step is under way.
    fn quiet_pass(&mut self, mode: BnMode) -> Result<Pass> {
        while !self.started.is_empty() {
            self.collect_first()?;
        }
        Ok(Pass {
            mode,
            training: false,
            rate: 0.0,
            root: 1.0,
            slot: self.slot(),
        })
    }

    /// Names and buffers of the optimiser's memories.
    fn memories(&self) -> &'static [(&'static str, Store)] {
        match self.optimizer.kind {
            OptimizerKind::Sgd => &[("momentum", Store::First)],
            OptimizerKind::Adam => &[("exp_avg", Store::First), ("exp_avg_sq", Store::Second)],
        }
    }

    /// The trained parameters out of a flat buffer.
    fn trained(&self, values: &[f32], prefix: &str) -> Weights {
        let graph = &self.runner.graph;
        let params = self.runner.program.trained.iter().map(|&at| {
            let param = &graph.params[at];
            let data = values[self.runner.program.layout.params[at].clone()].to_vec();
            let shape = param.shape.clone();
            (format!("{prefix}{}", param.name), Array { shape, data })
        });
        params.collect()
    }

    /// Running statistics after one update with the last batch's.
    fn moved_statistics(&self) -> Result<Weights> {
        let (graph, program) = (&self.runner.graph, &self.runner.program);
        let values = self.runner.read(Store::Norms)?;
        let mut moved = Weights::new();
        for (norm, &first) in program.plan.norms.iter().zip(&program.layout.norms) {
            for (row, param) in [(NORM_ROWS - 2, norm.running_mean), (NORM_ROWS - 1, norm.running_var)] {
                let param = &graph.params[param];
                let from = 4 * (first + row * quads(param.len()));
                let (shape, data) = (param.shape.clone(), values[from..][..param.len()].to_vec());
                moved.insert(param.name.clone(), Array { shape, data });
            }
        }
        Ok(moved)
    }

    /// Values of nodes of the last forward pass.
    fn activations(&self, nodes: &[usize], images: usize) -> Result<Vec<Array>> {
        let (graph, plan) = (&self.runner.graph, &self.runner.program.plan);
        let seen = self.runner.values(nodes, images)?;
        let array = |(&node, (download, shape)): (&usize, _)| {
            let stride = match plan.values[node] {
                Value::Subsample { stride, .. } => stride,
                _ => 1,
            };
            let values = unpadded(&self.runner.wait(&download)?, shape, graph.nodes[node].output, stride);
            Ok(nodes::array(graph, node, images, values))
        };
        nodes.iter().zip(seen).map(array).collect()
    }
}

/// `[N, H, W, C]` with padded channels to `[N, C, H, W]` of every `stride`-th pixel, zeros for channels that lack.
fn unpadded(values: &[f32], [channels, height, width]: [usize; 3], output: [usize; 3], stride: usize) -> Vec<f32> {
    let padded = 4 * quads(channels);
    let image = height * width * padded;
    let mut out = Vec::with_capacity(values.len());
    for image in values.chunks_exact(image) {
        for c in 0..output[0] {
            for y in 0..output[1] {
                for x in 0..output[2] {
                    let at = (y * stride * width + x * stride) * padded + c;
                    out.push(if c < channels { image[at] } else { 0.0 });
                }
            }
        }
    }
    out
}

impl Engine for GpuEngine {
    fn device(&self) -> String {
        self.runner.device.describe()
    }

    fn start(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<()> {
        self.begin(batch, rate, measure)
    }

    fn finished(&mut self, wait: bool) -> Result<Vec<Step>> {
        self.tell(wait)
    }

    fn can_be_lost(&self) -> bool {
        true
    }

    fn evaluate(&mut self, batch: &Batch, mode: BnMode) -> Result<Evaluation> {
        check::batch(&self.runner.graph, batch, mode)?;
        let image: usize = batch.shape.iter().product();
        let at_once = match mode {
            BnMode::Batch => batch.len(),
            BnMode::Running => EVALUATED_AT_ONCE,
        };
        let mut sum = Evaluation::default();
        for (labels, images) in batch.labels.chunks(at_once).zip(batch.images.chunks(at_once * image)) {
            let pass = self.quiet_pass(mode)?;
            self.runner.glance(labels, images, &pass)?;
            let results = self.runner.collect(pass.slot)?;
            sum.loss_sum += f64::from(results[0]);
            sum.correct += results[1] as usize;
            sum.images += labels.len();
        }
        Ok(sum)
    }

    fn probe(&mut self, batch: &Batch, request: &ProbeRequest) -> Result<Probe> {
        check::batch(&self.runner.graph, batch, request.mode)?;
        let activations = nodes::selected(&self.runner.graph, &request.activations)?;
        let gradients = nodes::selected(&self.runner.graph, &request.activation_gradients)?;
        let images = batch.len();
        let pass = self.quiet_pass(request.mode)?;
        self.runner.forward(batch, &pass)?;
        let last = self.runner.graph.nodes.len() - 1;
        let mut wanted: Vec<usize> = (0..last).filter(|&node| activations[node]).collect();
        wanted.push(last);
        let mut values = self.activations(&wanted, images)?;
        let name = |engine: &Self, node: usize| engine.runner.graph.nodes[node].name.clone();
        let mut probe = Probe {
            loss: (f64::from(self.runner.collect(pass.slot)?[0]) / images as f64) as f32,
            logits: values.last().cloned(),
            ..Probe::default()
        };
        if !activations[last] {
            values.pop();
        }
        for (&node, array) in wanted.iter().zip(values) {
            probe.activations.insert(name(self, node), array);
        }
        if request.mode == BnMode::Batch {
            probe.buffers = self.moved_statistics()?;
        }
        if !request.weight_gradients && !gradients.contains(&true) {
            return Ok(probe);
        }
        let taps = &self.runner.program.plan.taps;
        let tapped: Vec<_> = taps.iter().filter(|tap| gradients[tap.node]).copied().collect();
        let see = |at: usize| {
            let here = tapped.iter().filter(|tap| tap.at == at);
            here.map(|tap| tap.gradient).collect()
        };
        let seen = self.runner.backward(images, gradients[0], &see)?;
        let mut found: BTreeMap<usize, Array> = BTreeMap::new();
        for (tap, download) in tapped.iter().zip(seen) {
            let shape = self.runner.program.plan.tensors[tap.gradient.tensor].shape;
            let values = unpadded(&self.runner.wait(&download)?, shape, shape, 1);
            found.insert(tap.node, nodes::array(&self.runner.graph, tap.node, images, values));
        }
        for (node, array) in found {
            probe.activation_gradients.insert(name(self, node), array);
        }
        if request.weight_gradients {
            probe.weight_gradients = self.trained(&self.runner.read(Store::Gradients)?, "");
        }
        Ok(probe)
    }

    fn weights(&self) -> Result<Weights> {
        let mut weights = self.trained(&self.runner.read(Store::Params)?, "");
        let running = self.runner.read(Store::Running)?;
        for (param, range) in self.runner.graph.params.iter().zip(&self.runner.program.layout.params) {
            if !param.kind.trained() {
                let (shape, data) = (param.shape.clone(), running[range.clone()].to_vec());
                weights.insert(param.name.clone(), Array { shape, data });
            }
        }
        Ok(weights)
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        let graph = Arc::clone(&self.runner.graph);
        check::weights(&graph, weights)?;
        let layout = &self.runner.program.layout;
        let mut flat = [vec![0.0; layout.trained_len], vec![0.0; layout.running_len]];
        for (param, range) in graph.params.iter().zip(&layout.params) {
            let flat = &mut flat[usize::from(!param.kind.trained())];
            flat[range.clone()].copy_from_slice(&weights[&param.name].data);
        }
        self.runner.write(Store::Params, &flat[0])?;
        self.runner.write(Store::Running, &flat[1])?;
        self.runner.changed = true;
        Ok(())
    }

    fn optimizer_state(&self) -> Result<Weights> {
        let mut state = Weights::new();
        for (name, store) in self.memories() {
            state.extend(self.trained(&self.runner.read(*store)?, &format!("{name}/")));
        }
        state.insert("step".into(), Array::filled(vec![], self.steps as f32));
        Ok(state)
    }

    fn set_optimizer_state(&mut self, state: &Weights) -> Result<()> {
        let graph = Arc::clone(&self.runner.graph);
        let names: Vec<&str> = self.memories().iter().map(|(name, _)| *name).collect();
        self.steps = check::optimizer_state(&graph, &names, state)? as u64;
        let layout = &self.runner.program.layout;
        for (name, store) in self.memories() {
            let mut flat = vec![0.0; layout.trained_len];
            for &at in &self.runner.program.trained {
                let array = &state[&format!("{name}/{}", graph.params[at].name)];
                flat[layout.params[at].clone()].copy_from_slice(&array.data);
            }
            self.runner.write(*store, &flat)?;
        }
        Ok(())
    }
}
