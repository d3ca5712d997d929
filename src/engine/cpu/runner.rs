//! Runs a plan's kernels over blocks of images, in parallel where that pays.
//!
//! Results do not depend on the number of threads: work is cut into the same pieces and their shares are added in the
//! same order.

mod backward;
mod forward;

use std::cell::RefCell;
use std::mem::take;
use std::sync::Arc;

use rayon::prelude::*;

use super::buffer::Buffer;
use super::conv_grad::AddendOf;
use super::lanes::Isa;
use super::layout;
use super::loss::BlockLoss;
use super::source::{Depth, GradientOf, NormValues, ViewOf};
use crate::engine::BnMode;
use crate::engine::plan::{self, Addend, Gradient, NormId, Plan, TensorId, Through, View};
use crate::net::{Graph, Node};

thread_local! {
    /// Room for bands of maps, shared by all nets that this thread steps.
    static SCRATCH: RefCell<Buffer> = RefCell::new(Buffer::default());
}

fn with_scratch<R>(f: impl FnOnce(&mut Buffer) -> R) -> R {
    SCRATCH.with_borrow_mut(f)
}

/// A net's values and everything that a pass over a batch needs.
pub struct Runner {
    graph: Arc<Graph>,
    plan: Plan,
    isa: Isa,
    /// Images a block.
    width: usize,
    /// Parameters and buffers, in the graph's order and PyTorch's layout.
    pub values: Vec<Vec<f32>>,
    /// Gradients of the trained ones, those of buffers empty.
    pub gradients: Vec<Vec<f32>>,
    slots: Vec<Buffer>,
    norms: Vec<NormValues>,
    /// Of the last batch, by normalisation and channel: mean and variance.
    statistics: Vec<Vec<[f64; 2]>>,
    lane_statistics: Buffer,
    norm_sums: Vec<f64>,
    shares: Buffer,
    tap: Buffer,
    losses: Vec<BlockLoss>,
    images: usize,
    blocks: usize,
    mode: BnMode,
    threads: bool,
    /// Of each kernel when it last ran, forward then backward.
    seconds: Vec<f64>,
}

/// What a forward pass found.
pub type Loss = BlockLoss;

impl Runner {
    /// For a net whose values are still to be set.
    pub fn new(graph: &Arc<Graph>, isa: Isa) -> Self {
        let plan = plan::lower(graph);
        let channels = |norm: &plan::Norm| plan.tensors[norm.tensor].shape[0];
        let norms: Vec<_> = plan.norms.iter().map(|norm| NormValues::new(channels(norm))).collect();
        let statistics = plan.norms.iter().map(|norm| vec![[0.0; 2]; channels(norm)]).collect();
        let trained = |param: &crate::net::Param| if param.kind.trained() { param.len() } else { 0 };
        let slots = plan.slots.iter().map(|_| Buffer::default()).collect();
        Self {
            graph: Arc::clone(graph),
            isa,
            width: isa.width(),
            values: graph.params.iter().map(|param| vec![0.0; param.len()]).collect(),
            gradients: graph.params.iter().map(|param| vec![0.0; trained(param)]).collect(),
            slots,
            norms,
            statistics,
            lane_statistics: Buffer::default(),
            norm_sums: Vec::new(),
            shares: Buffer::default(),
            tap: Buffer::default(),
            losses: Vec::new(),
            images: 0,
            blocks: 0,
            mode: BnMode::Batch,
            threads: false,
            seconds: vec![0.0; plan.forward.len() + plan.backward.len()],
            plan,
        }
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn shared_graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What each kernel took when it last ran, forward then backward.
    pub fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Bytes of all buffers.
    pub fn bytes(&self) -> usize {
        let values: usize = self
            .values
            .iter()
            .chain(&self.gradients)
            .map(|values| values.len() * 4)
            .sum();
        let buffers = self
            .slots
            .iter()
            .chain([&self.lane_statistics, &self.shares, &self.tap]);
        values + buffers.map(Buffer::bytes).sum::<usize>()
    }

    /// Mean and variance of the last batch, by channel of a normalisation.
    pub fn batch_statistics(&self, norm: NormId) -> &[[f64; 2]] {
        &self.statistics[norm]
    }

    /// Values that a normalisation's statistics were taken over, a channel.
    pub fn batch_count(&self, norm: NormId) -> usize {
        self.images * self.plane(self.plan.norms[norm].tensor)
    }

    /// The least piece of a parallel loop: everything where threads do not pay.
    fn least(&self) -> usize {
        if self.threads { 1 } else { usize::MAX }
    }

    fn plane(&self, tensor: TensorId) -> usize {
        let [_, height, width] = self.plan.tensors[tensor].shape;
        height * width
    }

    /// Values of a block of a tensor.
    fn block(&self, tensor: TensorId) -> usize {
        self.plan.tensors[tensor].image() * self.width
    }

    fn tensor(&self, tensor: TensorId) -> &[f32] {
        &self.slots[self.plan.tensors[tensor].slot].values()[..self.blocks * self.block(tensor)]
    }

    /// Takes a tensor's buffer out, to write it while others are read; [`Runner::put`] puts it back.
    fn take(&mut self, tensor: TensorId) -> Buffer {
        take(&mut self.slots[self.plan.tensors[tensor].slot])
    }

    fn put(&mut self, tensor: TensorId, buffer: Buffer) {
        self.slots[self.plan.tensors[tensor].slot] = buffer;
    }

    fn view(&self, view: View) -> ViewOf<'_> {
        ViewOf {
            values: self.tensor(view.tensor),
            channels: self.plan.tensors[view.tensor].shape[0],
            plane: self.plane(view.tensor),
            norm: view.norm.map(|norm| &self.norms[norm]),
            relu: view.relu,
        }
    }

    fn through(&self, gradient: &Gradient) -> (Depth, ViewOf<'_>) {
        match gradient.through {
            Through::Nothing => {
                let view = ViewOf {
                    values: &[],
                    channels: self.plan.tensors[gradient.tensor].shape[0],
                    plane: self.plane(gradient.tensor),
                    norm: None,
                    relu: false,
                };
                (Depth::Nothing, view)
            }
            Through::Relu(view) => (Depth::Relu, self.view(view)),
            Through::Norm(view) => (Depth::Norm, self.view(view)),
        }
    }

    fn gradient(&self, gradient: &Gradient) -> GradientOf<'_> {
        GradientOf {
            values: self.tensor(gradient.tensor),
            ..self.reduced(gradient)
        }
    }

    /// A gradient to reduce whose stored values are still being written.
    fn reduced(&self, gradient: &Gradient) -> GradientOf<'_> {
        let (depth, view) = self.through(gradient);
        GradientOf {
            values: &[],
            scale: gradient.scale,
            gate: gradient.gate.map(|gate| self.tensor(gate)),
            depth,
            images: self.images,
            view,
        }
    }

    fn addend(&self, addend: Addend) -> AddendOf<'_> {
        AddendOf {
            values: self.tensor(addend.tensor),
            shape: self.plan.tensors[addend.tensor].shape,
            scale: addend.scale,
            gate: addend.gate.map(|gate| self.tensor(gate)),
            stride: addend.stride,
        }
    }

    /// Carries a gradient back into the tap buffer, and gives its blocks with the values of one image.
    fn read_gradient(&mut self, gradient: &Gradient) -> (&[f32], usize) {
        let mut tap = take(&mut self.tap);
        let of = self.gradient(gradient);
        let image = of.view.channels * of.view.plane;
        let len = image * self.width;
        tap.reserve(self.blocks * len);
        tap.values_mut()[..self.blocks * len]
            .par_chunks_mut(len)
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(block, out)| {
                self.isa.run(super::read_gradient::ReadGradient {
                    gradient: of.block(block, self.width),
                    out,
                });
            });
        self.tap = tap;
        (&self.tap.values()[..self.blocks * len], image)
    }

    /// The Euclidean norm of a tapped gradient, accumulated in `f64`.
    pub fn gradient_norm(&mut self, gradient: &Gradient) -> f32 {
        let (values, _) = self.read_gradient(gradient);
        super::observe::norm(values)
    }

    /// A tapped gradient as `[N, ...]`.
    pub fn gradient_values(&mut self, gradient: &Gradient) -> Vec<f32> {
        let (images, width) = (self.images, self.width);
        let (values, image) = self.read_gradient(gradient);
        let mut out = vec![0.0; images * image];
        layout::unpack(values, width, image, &mut out);
        out
    }

    /// A node's value of the last forward pass as `[N, ...]`.
    pub fn activation(&mut self, node: usize) -> Vec<f32> {
        let Node { output, .. } = self.graph.nodes[node];
        match self.plan.values[node] {
            plan::Value::View(view) => self.viewed(view),
            plan::Value::Subsample { view, stride } => {
                let shape = self.plan.tensors[view.tensor].shape;
                super::observe::subsample(&self.viewed(view), shape, output, stride)
            }
            plan::Value::Sum { kernel } => {
                let kernel = self.plan.forward[kernel];
                let image: usize = output.iter().product();
                let mut tap = take(&mut self.tap);
                tap.reserve(self.blocks * image * self.width);
                self.add(&kernel, &mut tap, None, Some(false));
                let mut out = vec![0.0; self.images * image];
                layout::unpack(tap.values(), self.width, image, &mut out);
                self.tap = tap;
                out
            }
        }
    }

    fn viewed(&mut self, view: View) -> Vec<f32> {
        let mut tap = take(&mut self.tap);
        let of = self.view(view);
        let image = of.channels * of.plane;
        let len = image * self.width;
        tap.reserve(self.blocks * len);
        for (block, out) in tap.values_mut()[..self.blocks * len].chunks_mut(len).enumerate() {
            let view = of.block(block, self.width);
            self.isa.run(super::read_view::ReadView { view, out });
        }
        let mut out = vec![0.0; self.images * image];
        layout::unpack(tap.values(), self.width, image, &mut out);
        self.tap = tap;
        out
    }
}
