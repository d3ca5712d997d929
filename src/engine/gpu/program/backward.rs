//! The backward kernels and the update.

use super::super::dispatch::{Bind, Cost, Dispatch, Draft, Grid, Store};
use super::super::layout::{Layout, Parts, WeightTile, quads};
use super::forward::Correlation;
use super::{Lowering, THREADS};
use crate::engine::plan::{Conv, Gradient, Kernel, Reduction, View};
use crate::engine::{Decay, Optimizer, OptimizerKind};
use crate::net::Graph;

impl Lowering<'_> {
    /// One kernel of the plan's backward list; without the images' gradient.
    pub fn backward(&self, kernel: &Kernel) -> Vec<Dispatch> {
        match *kernel {
            Kernel::LinearGrad {
                input,
                gradient,
                into,
                weight,
                ..
            } => {
                let read = self
                    .head(Draft::new("linear_input_grad"), input, gradient)
                    .bind("g", Store::Tensor(gradient))
                    .bind("weight", self.param(weight))
                    .bind("into", Store::Tensor(into));
                let weights = self.shape(input)[0] * self.shape(gradient)[0];
                let cost = Cost {
                    flops: 2 * weights as u64,
                    bytes: self.bytes([gradient, into]),
                };
                let mut dispatches = vec![read.done(Grid::threads(4 * self.c4(into)), cost)];
                if let Some(shares) = self.layout.linear_shares {
                    let share = self
                        .head(Draft::new("linear_weight_grad"), input, gradient)
                        .bind("input", Store::Tensor(input))
                        .bind("g", Store::Tensor(gradient))
                        .bind("share", Bind::quads(Store::Shares, shares.first, shares.len()));
                    let threads = weights + self.shape(gradient)[0];
                    let groups = threads.div_ceil(64);
                    dispatches.push(share.done(Grid::Fixed { groups, z: 1 }, cost));
                }
                dispatches
            }
            Kernel::PoolGrad { gradient, into } => {
                let draft = Draft::new("pool_grad")
                    .bind("g", Store::Tensor(gradient))
                    .bind("into", Store::Tensor(into))
                    .set("c4", self.c4(into))
                    .set("plane", self.plane(into));
                let bytes = self.bytes([gradient, into]);
                let grid = Grid::threads(self.plane(into) * self.c4(into));
                vec![draft.done(grid, Cost { flops: 0, bytes })]
            }
            Kernel::NormGrad(reduction) => self.reduction(&reduction).into(),
            Kernel::Settle { gradient, addend, into } => {
                let (draft, grid) = self.strips(Draft::new("settle"), into);
                let draft = self.gradient(draft, &gradient, false);
                let draft = self.addend(draft, addend).bind("into", Store::Tensor(into));
                let shares = addend.iter().flat_map(|addend| addend.tensors());
                let viewed = gradient.tensors().into_iter().flatten();
                let bytes = self.bytes(viewed.chain(shares).chain([into]));
                vec![draft.done(grid, Cost { flops: 0, bytes })]
            }
            Kernel::ConvGrad {
                conv,
                input,
                gradient,
                into,
                reductions,
                ..
            } => {
                let mut dispatches = vec![self.weight_grad(conv, input, &gradient)];
                if into != self.plan.images_gradient {
                    dispatches.extend(self.input_grad(kernel));
                }
                dispatches.extend(
                    reductions
                        .iter()
                        .flatten()
                        .flat_map(|reduction| self.reduction(reduction)),
                );
                dispatches
            }
            _ => unreachable!("a forward kernel in the backward list"),
        }
    }

    fn reduction(&self, reduction: &Reduction) -> [Dispatch; 2] {
        let Reduction { norm, gradient } = reduction;
        let tensor = gradient.tensor;
        let (draft, grid) = self.strips(Draft::new("norm_grad"), tensor);
        let draft = self
            .gradient(draft.set("cc", 2), gradient, true)
            .bind("sums", Store::Pieces);
        let bytes = self.bytes(gradient.tensors().into_iter().flatten());
        let sums = draft.done(grid, Cost { flops: 0, bytes });
        let (draft, _) = self.strips(Draft::new("norm_sums"), tensor);
        let shares = self.layout.norm_shares[*norm];
        let draft = draft
            .set("cc", 2)
            .set("cg", 1)
            .set("pg", THREADS)
            .bind("sums", Store::Pieces)
            .bind("norm", self.norm(*norm))
            .bind("share", Bind::quads(Store::Shares, shares.first, shares.len()));
        let groups = self.c4(tensor);
        [sums, draft.done(Grid::Fixed { groups, z: 1 }, Cost::default())]
    }

    fn weight_grad(&self, conv: usize, input: View, gradient: &Gradient) -> Dispatch {
        let (shape, place) = (super::conv_of(self.plan, conv), &self.layout.convs[conv]);
        let WeightTile {
            tile,
            cib,
            cob,
            lanes,
            splits,
        } = place.weight_tile;
        let Parts { parts, ci4, co4 } = place.parts;
        let blocks = [ci4.div_ceil(cib), co4.div_ceil(cob)];
        let draft = self.view(Draft::new("conv_weight_grad"), "x", input);
        let draft = self
            .gradient(draft, gradient, true)
            .bind(
                "share",
                Bind::quads(Store::Shares, place.shares.first, place.shares.len()),
            )
            .set("threads", shape.kernel * cib * cob * lanes)
            .set("pl", lanes)
            .flag("lanes", lanes > 1)
            .flag("slides", shape.kernel == 3 && shape.stride == 1)
            .flag("biased", shape.bias.is_some())
            .set("cib", cib)
            .set("cob", cob)
            .set("ci4", ci4)
            .set("co4", co4)
            .set("parts", parts)
            .set("ci_blocks", blocks[0])
            .set("co_blocks", blocks[1])
            .set("splits", splits)
            .set("next", place.shares.next)
            .set("k", shape.kernel)
            .set("step", shape.stride)
            .set("pad", shape.kernel / 2)
            .set("xh", shape.input[1])
            .set("xw", shape.input[2])
            .set("gh", shape.output[1])
            .set("gw", shape.output[2])
            .set("ti", tile.ti)
            .set("th", tile.th)
            .set("tw", tile.tw)
            .set("tile", tile.pixels())
            .set("tiles", tile.tiles())
            .set("tiles_x", tile.columns())
            .set("ph", tile.patch[0])
            .set("pw", tile.patch[1])
            .set("patch", tile.patch_pixels());
        let grid = Grid::Splits {
            most: splits,
            ti: tile.ti,
            tiles: tile.tiles(),
            z: parts * blocks[0] * blocks[1],
        };
        let cost = Cost {
            flops: 2 * shape.multiply_adds(),
            bytes: self.bytes(gradient.tensors().into_iter().flatten().chain([input.tensor])),
        };
        draft.done(grid, cost)
    }

    /// The input's gradient of a `ConvGrad`, a dispatch for each place in the stride.
    pub fn input_grad(&self, kernel: &Kernel) -> Vec<Dispatch> {
        let Kernel::ConvGrad {
            conv,
            gradient,
            into,
            addend,
            accumulate,
            ..
        } = *kernel
        else {
            unreachable!("called with a convolution's gradients")
        };
        let (shape, place) = (super::conv_of(self.plan, conv), &self.layout.convs[conv]);
        let [_, height, width] = shape.input;
        let places = (0..shape.stride).flat_map(|y| (0..shape.stride).map(move |x| [y, x]));
        let places = places.filter(|&[y, x]| y < height && x < width);
        let weights = Bind::quads(Store::Packed, place.packed[1], place.parts.weights(shape.kernel));
        let places = places.map(|at| {
            let correlation = transposed(shape, &place.parts, at);
            let taps = (correlation.taps[0] * correlation.taps[1]) as u64;
            let (draft, grid) = correlation.constants(Draft::new("conv_input_grad"));
            let draft = self.gradient(draft, &gradient, true).bind("weights", weights);
            let draft = self
                .addend(draft, addend)
                .bind("into", Store::Tensor(into))
                .flag("accumulate", accumulate)
                .set("out_step", shape.stride)
                .set("out_y0", at[0])
                .set("out_x0", at[1])
                .set("wh", height)
                .set("ww", width);
            let all = (shape.kernel * shape.kernel) as u64;
            let shares = addend.iter().flat_map(|addend| addend.tensors());
            let read = gradient.tensors().into_iter().flatten().chain(shares).chain([into]);
            let strides = (shape.stride * shape.stride) as u64;
            let cost = Cost {
                flops: 2 * shape.multiply_adds() * taps / all,
                bytes: self.bytes(read) / strides,
            };
            draft.done(grid, cost)
        });
        places.collect()
    }

    pub fn weight_sum(&self) -> Dispatch {
        let draft = Draft::new("weight_sum")
            .bind("shares", Store::Shares)
            .bind("owners", Store::Owners)
            .bind("segments", Store::Segments)
            .bind("places", Store::SumPlaces)
            .bind("gradients", Store::Gradients);
        let groups = self.layout.owners.len();
        draft.done(Grid::Fixed { groups, z: 1 }, Cost::default())
    }

    pub fn square_params(&self, count: usize) -> Dispatch {
        let draft = Draft::new("square_params")
            .bind("gradients", Store::Gradients)
            .bind("ranges", Store::Ranges)
            .bind("squares", Store::Squares);
        let grid = Grid::Fixed { groups: count, z: 1 };
        draft.done(grid, Cost::default())
    }

    pub fn square_root(&self, norms: usize) -> Dispatch {
        let draft = Draft::new("square_root")
            .bind("squares", Store::Squares)
            .bind("requests", Store::Requests)
            .bind("results", Store::Results)
            .set("results", self.results);
        let grid = Grid::Fixed { groups: norms, z: 1 };
        draft.done(grid, Cost::default())
    }

    pub fn trunk_squares(&self, trunk: &[usize]) -> Vec<(usize, Dispatch)> {
        let taps = self.plan.taps.iter();
        taps.filter_map(|tap| {
            let at = trunk.iter().position(|&node| node == tap.node)?;
            let (draft, grid) = self.strips(Draft::new("square_gradient"), tap.gradient.tensor);
            let draft = self
                .gradient(draft, &tap.gradient, true)
                .bind("squares", Store::TrunkSquares(at));
            let bytes = self.bytes(tap.gradient.tensors().into_iter().flatten());
            Some((tap.at, draft.done(grid, Cost { flops: 0, bytes })))
        })
        .collect()
    }

    pub fn update(&self, optimizer: &Optimizer) -> Dispatch {
        let draft = Draft::new("update")
            .bind("gradients", Store::Gradients)
            .bind("decays", Store::Decays)
            .bind("params", Store::Params)
            .bind("first", Store::First)
            .bind("second", Store::Second)
            .bind("results", Store::Results)
            .set("results", self.results)
            .factor("clip", optimizer.clip)
            .flag("clipped", optimizer.clip > 0.0)
            .flag("adam", optimizer.kind == OptimizerKind::Adam)
            .flag("nesterov", optimizer.nesterov)
            .factor("momentum", optimizer.momentum)
            .factor("slow", 1.0 - 0.9)
            .factor("beta", 0.999)
            .factor("slower", 1.0 - 0.999);
        let groups = self.layout.trained_len / 64;
        draft.done(Grid::Fixed { groups, z: 1 }, Cost::default())
    }
}

/// Each 64 values' weight decay.
pub fn decays(graph: &Graph, layout: &Layout, optimizer: &Optimizer) -> Vec<f32> {
    let mut decays = vec![0.0; layout.trained_len / 64];
    for (param, range) in graph.params.iter().zip(&layout.params) {
        let spared = optimizer.decay == Decay::Weights && !param.kind.is_weight();
        if param.kind.trained() && !spared {
            decays[range.start / 64..range.end.div_ceil(64)].fill(optimizer.weight_decay);
        }
    }
    decays
}

/// The gradient of the input's pixels at one place in the stride, as a correlation of the output's gradient with the
/// flipped weights.
fn transposed(conv: &Conv, parts: &Parts, at: [usize; 2]) -> Correlation {
    let (pad, stride, kernel) = (conv.kernel / 2, conv.stride, conv.kernel);
    // The flipped taps that meet this place: every `stride`-th from the first.
    let first = at.map(|at| (kernel - 1 + stride * kernel - (at + pad)) % stride);
    let taps = first.map(|first| {
        if first < kernel {
            (kernel - first).div_ceil(stride)
        } else {
            0
        }
    });
    // Flipped tap `f` is tap `kernel - 1 - f`, which reads the gradient at (at + pad - tap) / stride.
    let origin = [0, 1].map(|axis| {
        let reach = at[axis] as isize + pad as isize - (kernel as isize - 1 - first[axis] as isize);
        reach.div_euclid(stride as isize)
    });
    let size = |axis: usize| (conv.input[axis + 1] - at[axis]).div_ceil(stride);
    Correlation {
        grid: [size(0), size(1)],
        step: 1,
        taps: if taps.contains(&0) { [0; 2] } else { taps },
        first,
        tap_step: stride,
        origin,
        kernel,
        read: [conv.output[1], conv.output[2]],
        parts: parts.parts,
        ci4: parts.co4,
        co4: parts.ci4,
    }
}

/// Bytes of a tensor of so many images on the device.
pub fn tensor_bytes(shape: [usize; 3], images: usize) -> u64 {
    (images * shape[1] * shape[2] * quads(shape[0])) as u64 * 16
}
