//! Runs a plan's kernels over blocks of images, in parallel where that pays.
//!
//! Results do not depend on the number of threads: work is cut into the same pieces and their shares are added in the
//! same order.

use std::cell::RefCell;
use std::mem::take;
use std::sync::Arc;

use rayon::prelude::*;

use super::add::Add;
use super::buffer::Buffer;
use super::conv::ConvForward;
use super::conv_grad::{AddendOf, ConvGrad, Into, Pieces};
use super::head::{self, BlockLoss, Linear, LinearGrad, Pool, PoolGrad};
use super::lanes::Isa;
use super::layout;
use super::norm::{self, NormSums};
use super::settle::Settle;
use super::source::{Depth, GradientOf, NormValues, ViewOf};
use crate::engine::BnMode;
use crate::engine::plan::{
    self, Addend, Gradient, Kernel, NormId, ParamId, Plan, Reduction, Tap, TensorId, Through, View,
};
use crate::net::{Graph, Node};

/// Multiply-adds of a forward pass from which threads pay.
const WORTH_THREADS: u64 = 200_000_000;

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

    /// Loads a batch and runs the forward kernels.
    pub fn forward(&mut self, labels: &[u32], images: &[f32], mode: BnMode) -> Loss {
        self.load(labels.len(), images);
        self.mode = mode;
        if mode == BnMode::Running {
            self.use_running_statistics();
        }
        let mut loss = Loss::default();
        for at in 0..self.plan.forward.len() {
            let kernel = self.plan.forward[at];
            match kernel {
                Kernel::Conv {
                    conv,
                    input,
                    output,
                    statistics,
                } => self.conv(conv, input, output, statistics),
                Kernel::Add { output, statistics, .. } => {
                    let mut buffer = self.take(output);
                    self.add(&kernel, &mut buffer, statistics, None);
                    self.put(output, buffer);
                    self.finish_statistics(statistics);
                }
                Kernel::Pool { input, output } => self.pool(input, output),
                Kernel::Linear {
                    input,
                    output,
                    weight,
                    bias,
                } => self.linear(input, output, weight, bias),
                Kernel::Loss { logits, gradient } => loss = self.loss(labels, logits, gradient),
                _ => unreachable!("a backward kernel in the forward list"),
            }
        }
        loss
    }

    fn load(&mut self, count: usize, values: &[f32]) {
        self.images = count;
        self.blocks = count.div_ceil(self.width);
        let adds: u64 = self.plan.convs.iter().map(plan::Conv::multiply_adds).sum();
        self.threads = self.blocks > 1 && adds * self.images as u64 >= WORTH_THREADS;
        for (slot, &image) in self.slots.iter_mut().zip(&self.plan.slots) {
            slot.reserve(self.blocks * image * self.width);
        }
        let images = self.plan.images;
        let (len, width, least) = (self.block(images), self.width, self.least());
        let mut buffer = self.take(images);
        let blocks = buffer.values_mut()[..self.blocks * len]
            .par_chunks_mut(len)
            .with_min_len(least);
        blocks
            .zip(values.par_chunks(len))
            .for_each(|(out, images)| layout::pack(images, width, out));
        self.put(images, buffer);
    }

    fn use_running_statistics(&mut self) {
        for (norm, values) in self.plan.norms.iter().zip(&mut self.norms) {
            let params = [norm.running_mean, norm.running_var, norm.weight, norm.bias].map(|param| &self.values[param]);
            for channel in 0..params[0].len() {
                let [mean, variance, weight, bias] = params.map(|param| param[channel]);
                values.set(channel, f64::from(mean), f64::from(variance), weight, bias);
            }
        }
    }

    /// Room for a producer's statistics: buffer and values a block.
    fn statistics_room(&mut self, tensor: TensorId) -> (Buffer, usize) {
        let len = self.plan.tensors[tensor].shape[0] * 2 * self.width;
        self.lane_statistics.reserve(self.blocks * len);
        (take(&mut self.lane_statistics), len)
    }

    fn conv(&mut self, conv: usize, input: View, output: TensorId, statistics: Option<NormId>) {
        let mut buffer = self.take(output);
        let (mut lanes, lane_len) = self.statistics_room(output);
        let (len, shape) = (self.block(output), &self.plan.convs[conv]);
        let view = self.view(input);
        let wanted = statistics.is_some() && self.mode == BnMode::Batch;
        let blocks = buffer.values_mut()[..self.blocks * len].par_chunks_mut(len);
        blocks
            .zip(lanes.values_mut().par_chunks_mut(lane_len))
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(block, (output, lanes))| {
                with_scratch(|scratch| {
                    self.isa.run(ConvForward {
                        conv: shape,
                        input: view.block(block, self.width),
                        weight: &self.values[shape.weight],
                        bias: shape.bias.map(|bias| self.values[bias].as_slice()),
                        output,
                        statistics: wanted.then_some(lanes),
                        scratch,
                    });
                });
            });
        self.lane_statistics = lanes;
        self.put(output, buffer);
        self.finish_statistics(statistics);
    }

    /// Runs an addition into `buffer`; `relu` overrides its own.
    fn add(&mut self, kernel: &Kernel, buffer: &mut Buffer, statistics: Option<NormId>, relu: Option<bool>) {
        let Kernel::Add {
            branch,
            shortcut,
            scale,
            stride,
            relu: own,
            output,
            ..
        } = *kernel
        else {
            unreachable!("called with an addition")
        };
        let (mut lanes, lane_len) = self.statistics_room(output);
        let len = self.block(output);
        let [_, height, width] = self.plan.tensors[output].shape;
        let shortcut_width = self.plan.tensors[shortcut.tensor].shape[2];
        let shortcut_height = self.plan.tensors[shortcut.tensor].shape[1];
        debug_assert_eq!(shortcut_height.div_ceil(stride), height);
        let (branch, shortcut) = (self.view(branch), self.view(shortcut));
        let wanted = statistics.is_some() && self.mode == BnMode::Batch;
        let blocks = buffer.values_mut()[..self.blocks * len].par_chunks_mut(len);
        blocks
            .zip(lanes.values_mut().par_chunks_mut(lane_len))
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(block, (output, lanes))| {
                with_scratch(|scratch| {
                    self.isa.run(Add {
                        branch: branch.block(block, self.width),
                        shortcut: shortcut.block(block, self.width),
                        scale,
                        stride,
                        relu: relu.unwrap_or(own),
                        size: [height, width],
                        shortcut_width,
                        output,
                        statistics: wanted.then_some(lanes),
                        scratch,
                    });
                });
            });
        self.lane_statistics = lanes;
    }

    /// Turns the lanes' statistics into a normalisation's values.
    fn finish_statistics(&mut self, norm: Option<NormId>) {
        let Some(norm) = norm.filter(|_| self.mode == BnMode::Batch) else {
            return;
        };
        let plan::Norm {
            tensor, weight, bias, ..
        } = self.plan.norms[norm];
        let (channels, plane) = (self.plan.tensors[tensor].shape[0], self.plane(tensor));
        let lanes = self.lane_statistics.values();
        for channel in 0..channels {
            let (mean, variance) = norm::batch_statistics(lanes, channels, self.width, self.images, plane, channel);
            self.statistics[norm][channel] = [mean, variance];
            let (weight, bias) = (self.values[weight][channel], self.values[bias][channel]);
            self.norms[norm].set(channel, mean, variance, weight, bias);
        }
    }

    fn pool(&mut self, input: View, output: TensorId) {
        let mut buffer = self.take(output);
        let (len, view) = (self.block(output), self.view(input));
        buffer.values_mut()[..self.blocks * len]
            .par_chunks_mut(len)
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(block, output)| {
                let input = view.block(block, self.width);
                with_scratch(|scratch| self.isa.run(Pool { input, output, scratch }));
            });
        self.put(output, buffer);
    }

    fn linear(&mut self, input: TensorId, output: TensorId, weight: ParamId, bias: ParamId) {
        let mut buffer = self.take(output);
        let (read, len) = (self.block(input), self.block(output));
        let blocks = buffer.values_mut()[..self.blocks * len].chunks_mut(len);
        for (output, input) in blocks.zip(self.tensor(input).chunks(read)) {
            let (weight, bias) = (&self.values[weight], &self.values[bias]);
            self.isa.run(Linear {
                input,
                weight,
                bias,
                output,
            });
        }
        self.put(output, buffer);
    }

    fn loss(&mut self, labels: &[u32], logits: TensorId, gradient: TensorId) -> Loss {
        let mut buffer = self.take(gradient);
        let mut losses = take(&mut self.losses);
        losses.clear();
        let len = self.block(logits);
        let blocks = buffer.values_mut()[..self.blocks * len].chunks_mut(len);
        let blocks = blocks
            .zip(self.tensor(logits).chunks(len))
            .zip(labels.chunks(self.width));
        losses.extend(
            blocks.map(|((gradient, logits), labels)| head::loss(logits, labels, self.width, self.images, gradient)),
        );
        let loss = losses.iter().fold(Loss::default(), |sum, block| Loss {
            loss_sum: sum.loss_sum + block.loss_sum,
            correct: sum.correct + block.correct,
        });
        self.losses = losses;
        self.put(gradient, buffer);
        loss
    }

    /// Runs the backward kernels; `observe` is called at each tap that it is to see.
    pub fn backward(&mut self, images_gradient: bool, observe: &mut dyn FnMut(&mut Self, &Tap)) {
        let mut taps = take(&mut self.plan.taps);
        let mut next = taps.iter().peekable();
        for at in 0..=self.plan.backward.len() {
            while let Some(tap) = next.next_if(|tap| tap.at == at) {
                observe(self, tap);
            }
            let Some(&kernel) = self.plan.backward.get(at) else {
                break;
            };
            match kernel {
                Kernel::LinearGrad {
                    input,
                    gradient,
                    into,
                    weight,
                    bias,
                } => self.linear_grad(input, gradient, into, [weight, bias]),
                Kernel::PoolGrad { gradient, into } => self.pool_grad(gradient, into),
                Kernel::NormGrad(reduction) => self.norm_grad(reduction),
                Kernel::Settle { gradient, addend, into } => self.settle(&gradient, addend, into),
                Kernel::ConvGrad {
                    conv,
                    input,
                    gradient,
                    into,
                    addend,
                    accumulate,
                    reductions,
                } => {
                    let into = (into != self.plan.images_gradient || images_gradient).then_some(into);
                    self.conv_grad(conv, input, &gradient, into, (addend, accumulate, reductions));
                }
                _ => unreachable!("a forward kernel in the backward list"),
            }
        }
        std::mem::swap(&mut self.plan.taps, &mut taps);
    }

    /// Adds up `pieces` shares of a parameter's gradient, each of `len` values with this one's at `from`.
    fn add_shares(&mut self, param: ParamId, pieces: usize, len: usize, from: usize) {
        let mut gradient = take(&mut self.gradients[param]);
        let shares = self.shares.values();
        gradient
            .par_chunks_mut(4096)
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(chunk, gradient)| {
                gradient.fill(0.0);
                for piece in 0..pieces {
                    let shares = &shares[piece * len + from + chunk * 4096..][..gradient.len()];
                    gradient.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
                }
            });
        self.gradients[param] = gradient;
    }

    fn linear_grad(&mut self, input: TensorId, gradient: TensorId, into: TensorId, [weight, bias]: [ParamId; 2]) {
        let mut buffer = self.take(into);
        let len = self.values[weight].len() + self.values[bias].len();
        self.shares.reserve(self.blocks * len);
        let mut shares = take(&mut self.shares);
        let (read, put) = (self.block(input), self.block(gradient));
        let inputs = self
            .tensor(input)
            .chunks(read)
            .zip(buffer.values_mut().chunks_mut(read));
        let outputs = self
            .tensor(gradient)
            .chunks(put)
            .zip(shares.values_mut().chunks_mut(len));
        for ((input, into), (gradient, share)) in inputs.zip(outputs) {
            self.isa.run(LinearGrad {
                input,
                gradient,
                weight: &self.values[weight],
                into,
                share,
            });
        }
        self.shares = shares;
        self.put(into, buffer);
        let weights = self.values[weight].len();
        self.add_shares(weight, self.blocks, len, 0);
        self.add_shares(bias, self.blocks, len, weights);
    }

    fn pool_grad(&mut self, gradient: TensorId, into: TensorId) {
        let mut buffer = self.take(into);
        let (read, len, plane) = (self.block(gradient), self.block(into), self.plane(into));
        buffer.values_mut()[..self.blocks * len]
            .par_chunks_mut(len)
            .zip(self.tensor(gradient).par_chunks(read))
            .with_min_len(self.least())
            .for_each(|(into, gradient)| {
                self.isa.run(PoolGrad { gradient, plane, into });
            });
        self.put(into, buffer);
    }

    /// Values of a reduction's sums, a block.
    fn sums_len(&self, reduction: &Reduction) -> usize {
        self.plan.tensors[self.plan.norms[reduction.norm].tensor].shape[0] * 2
    }

    fn norm_grad(&mut self, reduction: Reduction) {
        let len = self.sums_len(&reduction);
        let mut sums = take(&mut self.norm_sums);
        sums.resize(self.blocks * len, 0.0);
        let of = self.gradient(&reduction.gradient);
        sums.par_chunks_mut(len)
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(block, sums)| {
                let gradient = of.block(block, self.width);
                self.isa.run(NormSums { gradient, sums });
            });
        self.norm_sums = sums;
        self.finish_reductions(&[Some(reduction)]);
    }

    /// Turns the sums of `[block][reduction][channel][2]` into parameters' gradients and what flows back.
    fn finish_reductions(&mut self, reductions: &[Option<Reduction>]) {
        let reductions = reductions.iter().flatten();
        let all: usize = reductions.clone().map(|reduction| self.sums_len(reduction)).sum();
        let sums = take(&mut self.norm_sums);
        let mut from = 0;
        for reduction in reductions {
            let plan::Norm { weight, bias, .. } = self.plan.norms[reduction.norm];
            let (len, count) = (self.sums_len(reduction), self.batch_count(reduction.norm));
            for channel in 0..len / 2 {
                let at = from + channel * 2;
                let both = sums[..self.blocks * all]
                    .chunks_exact(all)
                    .fold([0.0; 2], |sum, block| [sum[0] + block[at], sum[1] + block[at + 1]]);
                let norm = &mut self.norms[reduction.norm];
                self.gradients[weight][channel] = (both[1] * f64::from(norm.inverse[channel])) as f32;
                self.gradients[bias][channel] = both[0] as f32;
                norm.set_sums(channel, both, count, self.mode == BnMode::Batch);
            }
            from += len;
        }
        self.norm_sums = sums;
    }

    fn settle(&mut self, gradient: &Gradient, addend: Option<Addend>, into: TensorId) {
        let mut buffer = self.take(into);
        let len = self.block(into);
        let shape = self.plan.tensors[into].shape;
        let (depth, view) = self.through(gradient);
        let addend = addend.map(|addend| self.addend(addend));
        buffer.values_mut()[..self.blocks * len]
            .par_chunks_mut(len)
            .with_min_len(self.least())
            .enumerate()
            .for_each(|(block, values)| {
                let view = match depth {
                    Depth::Nothing => view,
                    _ => view.block(block, self.width),
                };
                with_scratch(|scratch| {
                    self.isa.run(Settle {
                        values,
                        shape,
                        scale: gradient.scale,
                        depth,
                        view,
                        addend,
                        block,
                        images: self.images - block * self.width,
                        scratch,
                    });
                });
            });
        self.put(into, buffer);
    }

    fn conv_grad(
        &mut self,
        conv: usize,
        input: View,
        gradient: &Gradient,
        into: Option<TensorId>,
        (addend, accumulate, reductions): (Option<Addend>, bool, [Option<Reduction>; 2]),
    ) {
        let mut buffer = into.map(|into| self.take(into));
        let shape = self.plan.convs[conv];
        let pieces = Pieces::new(&shape, self.width);
        let count = self.blocks.div_ceil(pieces.blocks);
        let weights = self.values[shape.weight].len();
        let len = weights + shape.bias.map_or(0, |_| shape.output[0]);
        self.shares.reserve(count * len);
        let (mut shares, mut sums) = (take(&mut self.shares), take(&mut self.norm_sums));
        let block = self.block(input.tensor);
        // Without an input gradient every piece gets an empty slice.
        let values = buffer
            .as_mut()
            .map_or(&mut [][..], |buffer| &mut buffer.values_mut()[..self.blocks * block]);
        let (gradient, view) = (self.gradient(gradient), self.view(input));
        let addend = addend.map(|addend| self.addend(addend));
        let all: usize = reductions
            .iter()
            .flatten()
            .map(|reduction| self.sums_len(reduction))
            .sum();
        let of = reductions.map(|reduction| reduction.map(|Reduction { gradient, .. }| self.reduced(&gradient)));
        // Without a reduction a block's sums are one unused value.
        let sums_len = all.max(1);
        sums.resize(self.blocks * sums_len, 0.0);
        let run = |piece: usize, share: &mut [f32], values: Option<(&mut [f32], &mut [f64])>| {
            let from = piece * pieces.blocks;
            with_scratch(|scratch| {
                self.isa.run(ConvGrad {
                    conv: &shape,
                    pieces,
                    blocks: from..(from + pieces.blocks).min(self.blocks),
                    gradient,
                    input: view,
                    weight: &self.values[shape.weight],
                    into: values.map(|(values, sums)| Into {
                        values,
                        accumulate,
                        addend,
                        reductions: of,
                        sums,
                    }),
                    share,
                    scratch,
                });
            });
        };
        let least = self.least();
        let shares_of_pieces = shares.values_mut()[..count * len]
            .par_chunks_mut(len)
            .with_min_len(least);
        if into.is_some() {
            shares_of_pieces
                .zip(values.par_chunks_mut(pieces.blocks * block))
                .zip(sums.par_chunks_mut(pieces.blocks * sums_len))
                .enumerate()
                .for_each(|(piece, ((share, values), sums))| run(piece, share, Some((values, sums))));
        } else {
            shares_of_pieces
                .enumerate()
                .for_each(|(piece, share)| run(piece, share, None));
        }
        (self.shares, self.norm_sums) = (shares, sums);
        if let (Some(into), Some(buffer)) = (into, buffer) {
            self.put(into, buffer);
        }
        self.finish_reductions(&reductions);
        self.add_shares(shape.weight, count, len, 0);
        if let Some(bias) = shape.bias {
            self.add_shares(bias, count, len, weights);
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
                self.isa.run(super::observe::ReadGradient {
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
            self.isa.run(super::observe::ReadView { view, out });
        }
        let mut out = vec![0.0; self.images * image];
        layout::unpack(tap.values(), self.width, image, &mut out);
        self.tap = tap;
        out
    }
}
