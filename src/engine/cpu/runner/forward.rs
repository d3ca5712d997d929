//! The forward pass of a plan.

use std::mem::take;
use std::time::Instant;

use rayon::prelude::*;

use super::super::add::Add;
use super::super::buffer::Buffer;
use super::super::conv::ConvForward;
use super::super::layout;
use super::super::linear::Linear;
use super::super::loss;
use super::super::pool::Pool;
use super::super::statistics::batch_statistics;
use super::{Loss, Runner, with_scratch};
use crate::engine::BnMode;
use crate::engine::plan::{self, Kernel, NormId, ParamId, TensorId, View};

/// Multiply-adds of a forward pass from which threads pay.
const WORTH_THREADS: u64 = 200_000_000;

impl Runner {
    /// Loads a batch and runs the forward kernels.
    pub fn forward(&mut self, labels: &[u32], images: &[f32], mode: BnMode) -> Loss {
        self.load(labels.len(), images);
        self.mode = mode;
        if mode == BnMode::Running {
            self.use_running_statistics();
        }
        let mut loss = Loss::default();
        for at in 0..self.plan.forward.len() {
            let start = Instant::now();
            if let Some(found) = self.forward_kernel(at, labels) {
                loss = found;
            }
            self.seconds[at] = start.elapsed().as_secs_f64();
        }
        loss
    }

    /// Runs one kernel over the batch at hand; only the loss has a result.
    pub fn forward_kernel(&mut self, at: usize, labels: &[u32]) -> Option<Loss> {
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
            Kernel::Loss { logits, gradient } => return Some(self.loss(labels, logits, gradient)),
            _ => unreachable!("a backward kernel in the forward list"),
        }
        None
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
    pub(super) fn add(&mut self, kernel: &Kernel, buffer: &mut Buffer, statistics: Option<NormId>, relu: Option<bool>) {
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
            let (mean, variance) = batch_statistics(lanes, channels, self.width, self.images, plane, channel);
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
            blocks.map(|((gradient, logits), labels)| loss::loss(logits, labels, self.width, self.images, gradient)),
        );
        let loss = losses.iter().fold(Loss::default(), |sum, block| Loss {
            loss_sum: sum.loss_sum + block.loss_sum,
            correct: sum.correct + block.correct,
        });
        self.losses = losses;
        self.put(gradient, buffer);
        loss
    }
}
