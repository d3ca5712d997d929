//! The backward pass of a plan.

use std::mem::take;
use std::time::Instant;

use rayon::prelude::*;

use super::super::conv_grad::{ConvGrad, Into, Pieces};
use super::super::linear_grad::LinearGrad;
use super::super::norm_grad::NormSums;
use super::super::pool_grad::PoolGrad;
use super::super::settle::Settle;
use super::super::source::Depth;
use super::{Runner, with_scratch};
use crate::engine::BnMode;
use crate::engine::plan::{self, Addend, Gradient, Kernel, ParamId, Reduction, Tap, TensorId, View};

impl Runner {
    /// Runs the backward kernels; `observe` is called at each tap that it is to see.
    pub fn backward(&mut self, images_gradient: bool, observe: &mut dyn FnMut(&mut Self, &Tap)) {
        let mut taps = take(&mut self.plan.taps);
        let mut next = taps.iter().peekable();
        for at in 0..=self.plan.backward.len() {
            while let Some(tap) = next.next_if(|tap| tap.at == at) {
                observe(self, tap);
            }
            if at == self.plan.backward.len() {
                break;
            }
            let start = Instant::now();
            self.backward_kernel(at, images_gradient);
            self.seconds[self.plan.forward.len() + at] = start.elapsed().as_secs_f64();
        }
        std::mem::swap(&mut self.plan.taps, &mut taps);
    }

    /// Runs one kernel over the batch at hand.
    pub fn backward_kernel(&mut self, at: usize, images_gradient: bool) {
        match self.plan.backward[at] {
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
}
