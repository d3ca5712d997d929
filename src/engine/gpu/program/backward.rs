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
                let cost = Cost::of(2 * weights as u64, self.bytes([gradient, into])).fixed(4 * weights);
                let mut dispatches = vec![read.done(Grid::threads(4 * self.c4(into)), cost.clone())];
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
                vec![draft.done(grid, Cost::of(0, bytes))]
            }
            Kernel::NormGrad(reduction) => self.reduction(&reduction).into(),
            Kernel::Settle { gradient, addend, into } => {
                let (draft, grid) = self.strips(Draft::new("settle"), into);
                let draft = self.gradient(draft, "g", &gradient, false);
                let draft = self.addend(draft, addend).bind("into", Store::Tensor(into));
                let shares = addend.iter().flat_map(|addend| addend.tensors());
                let viewed = gradient.tensors().into_iter().flatten();
                let bytes = self.bytes(viewed.chain(shares).chain([into]));
                vec![draft.done(grid, Cost::of(0, bytes))]
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
                let mut reductions = reductions.iter().flatten().peekable();
                if into != self.plan.images_gradient {
                    let fits = |dispatch: &Dispatch| dispatch.storage_buffers() <= self.room;
                    let fused = reductions
                        .peek()
                        .copied()
                        .map(|reduction| self.input_grad(kernel, Some(reduction)));
                    match fused.filter(|fused| fused.iter().all(fits)) {
                        Some(fused) => {
                            let grids: Vec<Grid> = fused.iter().map(|dispatch| dispatch.grid).collect();
                            dispatches.extend(fused);
                            dispatches.extend(reductions.next().map(|reduction| self.norm_sums(reduction, &grids)));
                        }
                        None => dispatches.extend(self.input_grad(kernel, None)),
                    }
                }
                dispatches.extend(reductions.flat_map(|reduction| self.reduction(reduction)));
                dispatches
            }
            _ => unreachable!("a forward kernel in the backward list"),
        }
    }

    /// A reduction over a gradient that stands in its tensor.
    fn reduction(&self, reduction: &Reduction) -> [Dispatch; 2] {
        let gradient = &reduction.gradient;
        let tensor = gradient.tensor;
        let (draft, grid) = self.strips(Draft::new("norm_grad"), tensor);
        let draft = self
            .gradient(draft.set("cc", 2), "g", gradient, true)
            .bind("sums", Store::Pieces);
        let bytes = self.bytes(gradient.tensors().into_iter().flatten());
        let sums = draft.done(grid, Cost::of(0, bytes).pieces(grid, self.piece(tensor)));
        [sums, self.norm_sums(reduction, &[grid])]
    }

    /// Adds up the pieces that these grids have left, one after the other.
    fn norm_sums(&self, reduction: &Reduction, grids: &[Grid]) -> Dispatch {
        let Reduction { norm, gradient } = reduction;
        let (tensor, shares) = (gradient.tensor, self.layout.norm_shares[*norm]);
        let (draft, _) = self.strips(Draft::new("norm_sums"), tensor);
        let draft = draft
            .set("pieces", pieces_of(grids))
            .set("cc", 2)
            .set("cg", 1)
            .set("pg", THREADS)
            .bind("sums", Store::Pieces)
            .bind("norm", self.norm(*norm))
            .bind("share", Bind::quads(Store::Shares, shares.first, shares.len()));
        let groups = self.c4(tensor);
        let cost = Cost::default().fixed(16 * shares.len());
        let cost = grids
            .iter()
            .fold(cost, |cost, &grid| cost.pieces(grid, self.piece(tensor)));
        draft.done(Grid::Fixed { groups, z: 1 }, cost)
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
        let pad = (shape.kernel / 2) as isize;
        let draft = self.view(Draft::new("conv_weight_grad"), "x", input);
        let draft = self
            .gradient(draft, "g", gradient, true)
            .bind(
                "share",
                Bind::quads(Store::Shares, place.shares.first, place.shares.len()),
            )
            .set("threads", shape.kernel * cib * cob * lanes)
            .set("pl", lanes)
            .flag("lanes", lanes > 1)
            .flag("slides", shape.kernel == 3 && shape.stride == 1)
            .flag("biased", shape.bias.is_some())
            .set("chunk", cib)
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
            .set("origin_y", format!("({})", -pad))
            .set("origin_x", format!("({})", -pad))
            .set("rh", shape.input[1])
            .set("rw", shape.input[2])
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
        let read = self.bytes(gradient.tensors().into_iter().flatten().chain([input.tensor]));
        let cost = Cost::of(2 * shape.multiply_adds(), read).pieces(grid, 16 * place.shares.next);
        draft.done(grid, cost)
    }

    /// The input's gradient of a `ConvGrad`, a dispatch for each place in the stride; pieces of a reduction's sums with it.
    pub fn input_grad(&self, kernel: &Kernel, reduction: Option<&Reduction>) -> Vec<Dispatch> {
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
        let weights = Bind::quads(Store::Packed, place.packed[1], place.parts.weights(shape.kernel));
        let mut grids = Vec::new();
        let places = places(shape, &place.parts).map(|(at, correlation)| {
            let taps = (correlation.taps[0] * correlation.taps[1]) as u64;
            let (draft, grid) = correlation.constants(Draft::new("conv_input_grad"));
            let draft = self.gradient(draft, "g", &gradient, true).bind("weights", weights);
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
            let reduced = reduction
                .into_iter()
                .flat_map(|reduction| reduction.gradient.tensors())
                .flatten();
            let read = gradient
                .tensors()
                .into_iter()
                .flatten()
                .chain(shares)
                .chain([into])
                .chain(reduced);
            let strides = (shape.stride * shape.stride) as u64;
            let flops = 2 * shape.multiply_adds() * taps / all;
            let weights = place.parts.weights(shape.kernel) * 16 * taps as usize / all as usize;
            let mut cost = Cost::of(flops, self.bytes(read) / strides).fixed(weights);
            let mut draft = draft.flag("reduced", reduction.is_some());
            if let Some(Reduction { gradient, .. }) = reduction {
                cost = cost.pieces(grid, self.piece(into));
                draft = self
                    .gradient(draft, "r", gradient, false)
                    .bind("sums", Store::Pieces)
                    .set("before", pieces_of(&grids));
                grids.push(grid);
            }
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
        draft.done(Grid::Fixed { groups, z: 1 }, self.layout.sum_cost())
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
                .gradient(draft, "g", &tap.gradient, true)
                .bind("squares", Store::TrunkSquares(at));
            let bytes = self.bytes(tap.gradient.tensors().into_iter().flatten());
            Some((tap.at, draft.done(grid, Cost::of(0, bytes))))
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
        // The gradient is read; the parameter and each of the optimiser's memories are read and written.
        let passes = if optimizer.kind == OptimizerKind::Adam { 7 } else { 5 };
        let cost = Cost::default().fixed(4 * passes * self.layout.trained_len);
        let groups = self.layout.trained_len / 64;
        draft.done(Grid::Fixed { groups, z: 1 }, cost)
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

/// How many pieces these grids leave, in WGSL.
fn pieces_of(grids: &[Grid]) -> String {
    let counts: Vec<String> = grids.iter().map(|grid| grid.expression()).collect();
    if counts.is_empty() {
        "0u".into()
    } else {
        format!("({})", counts.join(" + "))
    }
}

/// The places in a convolution's stride, each with the correlation that gives the gradient of its input there.
pub fn places<'a>(conv: &'a Conv, parts: &'a Parts) -> impl Iterator<Item = ([usize; 2], Correlation)> + use<'a> {
    let [_, height, width] = conv.input;
    let rows = 0..conv.stride.min(height);
    let places = rows.flat_map(move |y| (0..conv.stride.min(width)).map(move |x| [y, x]));
    places.map(|at| (at, transposed(conv, parts, at)))
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
