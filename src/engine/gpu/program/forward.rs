//! The forward kernels.

use super::super::dispatch::{Bind, Cost, Dispatch, Draft, Grid, Store};
use super::super::layout::{ConvPlace, Parts, quads};
use super::super::tile::Tile;
use super::{Lowering, THREADS};
use crate::engine::plan::{Conv, Kernel, NormId, TensorId, View};

/// Quadruples of workgroup memory that a patch may take.
const PATCH: usize = 832;

/// How a correlation is dealt out to workgroups and threads.
pub struct Blocking {
    pub tile: Tile,
    /// Quadruples of channels a thread, groups of them, and groups of pixels, `pp` pixels a thread.
    cc: usize,
    cg: usize,
    pg: usize,
    pp: usize,
    /// Quadruples read at once.
    chunk: usize,
    blocks: usize,
}

impl Blocking {
    fn new(grid: [usize; 3], step: usize, taps: [usize; 2], [ci4, co4]: [usize; 2]) -> Self {
        let cc = co4.min(2);
        let cg = [4, 2, 1].into_iter().find(|&cg| cg <= co4.div_ceil(cc)).unwrap_or(1);
        let pg = THREADS / cg;
        let pp = (128 / pg).min(4);
        let tile = Tile::new(grid, pg * pp, step, taps, PATCH);
        let fits = |&chunk: &usize| ci4.is_multiple_of(chunk) && chunk * tile.patch_pixels() <= PATCH;
        Self {
            cc,
            cg,
            pg,
            pp,
            chunk: [4, 2].into_iter().find(fits).unwrap_or(1),
            blocks: co4.div_ceil(cg * cc),
            tile,
        }
    }

    /// Of a forward convolution.
    pub fn forward(conv: &Conv, place: &ConvPlace) -> Self {
        let Parts { ci4, co4, .. } = place.parts;
        Self::new(conv.output, conv.stride, [conv.kernel; 2], [ci4, co4])
    }
}

/// A correlation of the part `correlate`.
pub struct Correlation {
    /// Rows and columns of the grid of pixels written.
    pub grid: [usize; 2],
    /// Between the pixels read for neighbours on the grid.
    pub step: usize,
    /// Rows and columns of taps, the first of each, and the step between them.
    pub taps: [usize; 2],
    pub first: [usize; 2],
    pub tap_step: usize,
    /// Row and column read first for the grid's first.
    pub origin: [isize; 2],
    pub kernel: usize,
    /// Height and width read.
    pub read: [usize; 2],
    pub parts: usize,
    /// Quadruples read and put out by a part.
    pub ci4: usize,
    pub co4: usize,
}

impl Correlation {
    fn blocking(&self) -> Blocking {
        let grid = [1, self.grid[0], self.grid[1]];
        Blocking::new(grid, self.step, self.taps, [self.ci4, self.co4])
    }

    /// A workgroup for each tile.
    pub fn grid(&self) -> Grid {
        let Blocking { tile, blocks, .. } = self.blocking();
        let (ti, tiles, z) = (tile.ti, tile.tiles(), self.parts * blocks);
        Grid::Tiles { ti, tiles, z }
    }

    pub fn constants(&self, draft: Draft) -> (Draft, Grid) {
        let blocking = self.blocking();
        let tile = blocking.tile;
        let draft = draft
            .set("threads", THREADS)
            .set("cc", blocking.cc)
            .set("cg", blocking.cg)
            .set("pg", blocking.pg)
            .set("pp", blocking.pp)
            .set("chunk", blocking.chunk)
            .set("blocks", blocking.blocks)
            .set("ti", tile.ti)
            .set("th", tile.th)
            .set("tw", tile.tw)
            .set("tile", tile.pixels())
            .set("tiles", tile.tiles())
            .set("tiles_x", tile.columns())
            .set("ph", tile.patch[0])
            .set("pw", tile.patch[1])
            .set("patch", tile.patch_pixels())
            .set("gh", self.grid[0])
            .set("gw", self.grid[1])
            .set("step", self.step)
            .set("taps", self.taps[0] * self.taps[1])
            .set("taps_y", self.taps[0])
            .set("taps_x", self.taps[1])
            .set("tap0_y", self.first[0])
            .set("tap0_x", self.first[1])
            .set("tap_step", self.tap_step)
            .set("origin_y", format!("({})", self.origin[0]))
            .set("origin_x", format!("({})", self.origin[1]))
            .set("k", self.kernel)
            .set("rh", self.read[0])
            .set("rw", self.read[1])
            .set("parts", self.parts)
            .set("ci4", self.ci4)
            .set("co4", self.co4);
        (draft, self.grid())
    }
}

impl Lowering<'_> {
    /// Takes a batch out of stored images.
    pub fn images(&self, stored: Store) -> Dispatch {
        let images = self.plan.images;
        let [channels, height, width] = self.shape(images);
        let draft = Draft::new("images")
            .bind("stored", stored)
            .bind("picks", Store::Picks)
            .bind("output", Store::Tensor(images))
            .set("channels", channels)
            .set("height", height)
            .set("width", width)
            .set("c4", quads(channels));
        let bytes = 2 * self.bytes([images]);
        let grid = Grid::threads(height * width * quads(channels));
        draft.done(grid, Cost::of(0, bytes))
    }

    pub fn pack(&self) -> Dispatch {
        let draft = Draft::new("pack")
            .bind("params", Store::Params)
            .bind("places", Store::PackedPlaces)
            .bind("packed", Store::Packed);
        let groups = (self.layout.packed_places.len() / 4).div_ceil(64).max(1);
        // Read, with the place it stands at, and written.
        let cost = Cost::default().fixed(3 * 4 * self.layout.packed_places.len());
        draft.done(Grid::Fixed { groups, z: 1 }, cost)
    }

    /// One kernel of the plan's forward list.
    pub fn forward(&self, kernel: &Kernel) -> Vec<Dispatch> {
        match *kernel {
            Kernel::Conv {
                conv,
                input,
                output,
                statistics,
            } => {
                let (dispatch, merge) = self.conv(conv, input, output, statistics);
                std::iter::once(dispatch).chain(merge).collect()
            }
            Kernel::Add {
                relu,
                output,
                statistics,
                ..
            } => {
                let add = self.add(kernel, relu, Store::Tensor(output));
                std::iter::once(add)
                    .chain(statistics.map(|norm| self.statistics(norm)))
                    .collect()
            }
            Kernel::Pool { input, output } => {
                let draft = self
                    .view(Draft::new("pool"), "x", input)
                    .bind("output", Store::Tensor(output))
                    .set("plane", self.plane(input.tensor));
                let bytes = self.bytes([input.tensor, output]);
                vec![draft.done(Grid::threads(self.c4(output)), Cost::of(0, bytes))]
            }
            Kernel::Linear {
                input,
                output,
                weight,
                bias,
            } => {
                let draft = self.head(Draft::new("linear"), input, output);
                let draft = draft
                    .bind("input", Store::Tensor(input))
                    .bind("weight", self.param(weight))
                    .bind("bias", self.param(bias))
                    .bind("output", Store::Tensor(output));
                let weights = self.shape(input)[0] * self.shape(output)[0];
                let cost = Cost::of(2 * weights as u64, self.bytes([input, output])).fixed(4 * weights);
                vec![draft.done(Grid::threads(4 * self.c4(output)), cost)]
            }
            Kernel::Loss { logits, gradient } => {
                let draft = Draft::new("loss")
                    .bind("logits", Store::Tensor(logits))
                    .bind("labels", Store::Labels)
                    .bind("gradient", Store::Tensor(gradient))
                    .bind("results", Store::Results)
                    .set("results", self.results)
                    .set("classes", self.shape(logits)[0])
                    .set("classes_padded", 4 * self.c4(logits));
                let bytes = self.bytes([logits, gradient]);
                vec![draft.done(Grid::Fixed { groups: 1, z: 1 }, Cost::of(0, bytes))]
            }
            _ => unreachable!("a backward kernel in the forward list"),
        }
    }

    /// Sizes of the linear layer.
    pub fn head(&self, draft: Draft, input: TensorId, output: TensorId) -> Draft {
        draft
            .set("channels", self.shape(input)[0])
            .set("channels_padded", 4 * self.c4(input))
            .set("classes", self.shape(output)[0])
            .set("classes_padded", 4 * self.c4(output))
    }

    fn conv(&self, conv: usize, input: View, output: TensorId, norm: Option<NormId>) -> (Dispatch, Option<Dispatch>) {
        let (shape, place) = (super::conv_of(self.plan, conv), &self.layout.convs[conv]);
        let (draft, grid) = self.correlation(conv).constants(Draft::new("conv"));
        let weights = place.parts.weights(shape.kernel);
        let draft = self
            .view(draft, "x", input)
            .bind("weights", Bind::quads(Store::Packed, place.packed[0], weights))
            .bind("output", Store::Tensor(output))
            .bind("statistics", Store::Pieces)
            .flag("statistics", norm.is_some())
            .flag("biased", shape.bias.is_some());
        let draft = match shape.bias {
            Some(bias) => draft.bind("bias", self.param(bias)),
            None => draft,
        };
        let mut cost = Cost::of(2 * shape.multiply_adds(), self.bytes([input.tensor, output])).fixed(16 * weights);
        if norm.is_some() {
            cost = cost.pieces(grid, self.piece(output));
        }
        (draft.done(grid, cost), norm.map(|norm| self.statistics(norm)))
    }

    fn correlation(&self, conv: usize) -> Correlation {
        let shape = super::conv_of(self.plan, conv);
        let Parts { parts, ci4, co4 } = self.layout.convs[conv].parts;
        let pad = (shape.kernel / 2) as isize;
        Correlation {
            grid: [shape.output[1], shape.output[2]],
            step: shape.stride,
            taps: [shape.kernel; 2],
            first: [0; 2],
            tap_step: 1,
            origin: [-pad; 2],
            kernel: shape.kernel,
            read: [shape.input[1], shape.input[2]],
            parts,
            ci4,
            co4,
        }
    }

    /// Merges the pieces of a normalisation's statistics.
    fn statistics(&self, norm: NormId) -> Dispatch {
        let of = self.plan.norms[norm];
        let draft = Draft::new("statistics");
        let (draft, pieces) = match super::producer(self.plan, norm) {
            Some(&Kernel::Conv { conv, .. }) => {
                let (draft, grid) = self.correlation(conv).constants(draft);
                (draft.set("strip", 0), grid)
            }
            _ => self.strips(draft, of.tensor),
        };
        let c4 = self.c4(of.tensor);
        let cost = Cost::default().pieces(pieces, self.piece(of.tensor));
        let draft = draft
            .set("c4", c4)
            .set("pieces", pieces.expression())
            .bind("statistics", Store::Pieces)
            .bind("weight", self.param(of.weight))
            .bind("bias", self.param(of.bias))
            .bind("running_mean", self.param(of.running_mean))
            .bind("running_var", self.param(of.running_var))
            .bind("norm", self.norm(norm));
        draft.done(Grid::Fixed { groups: c4, z: 1 }, cost)
    }

    /// An addition into `output`, through ReLU or not.
    pub fn add(&self, kernel: &Kernel, relu: bool, output: Store) -> Dispatch {
        let Kernel::Add {
            branch,
            shortcut,
            scale,
            stride,
            output: stored,
            statistics,
            ..
        } = *kernel
        else {
            unreachable!("called with an addition")
        };
        let [_, height, width] = self.shape(shortcut.tensor);
        let (draft, grid) = self.strips(Draft::new("add"), stored);
        let draft = self.view(draft, "branch", branch);
        let draft = self
            .view(draft, "shortcut", shortcut)
            .set("shortcut_height", height)
            .set("shortcut_width", width)
            .set("stride", stride)
            .factor("scale", scale)
            .flag("relu", relu)
            .flag("statistics", statistics.is_some() && output != Store::Seen)
            .bind("statistics", Store::Pieces)
            .bind("output", output);
        let mut cost = Cost::of(0, self.bytes([branch.tensor, shortcut.tensor, stored]));
        if statistics.is_some() {
            cost = cost.pieces(grid, self.piece(stored));
        }
        draft.done(grid, cost)
    }
}
