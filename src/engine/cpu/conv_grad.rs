//! Backward convolution of a few blocks of images: the parameters' gradients and, where asked for, the input's.

use std::ops::Range;

use super::buffer::Buffer;
use super::conv::evenly;
use super::conv_input_grad::InputGrad;
use super::conv_weight_grad::WeightGrad;
use super::lanes::{Kernel, Lanes};
use super::norm_grad::add_sums;
use super::padded::Padded;
use super::source::{GradientOf, ViewOf};
use crate::engine::plan::Conv;

/// What the bands of gradient and input rows may take together.
const BAND_BYTES: usize = 832 << 10;
/// Pixels that a weight's gradient is summed over before its lanes are.
const ENOUGH_PIXELS: usize = 64;

/// How the backward pass of a convolution is cut into pieces of work, whatever the number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pieces {
    /// Output rows at a time.
    pub rows: usize,
    /// Blocks at a time; more than one only where all rows are taken at once.
    pub blocks: usize,
}

impl Pieces {
    /// For vectors of `width` lanes.
    pub fn new(conv: &Conv, width: usize) -> Self {
        let ([read, _, read_width], [channels, height, out_width]) = (conv.input, conv.output);
        let pad = conv.kernel / 2;
        let x = read * (read_width + 2 * pad) * conv.stride;
        let g = channels * (out_width + 2 * pad);
        let row_bytes = (x + g) * width * size_of::<f32>();
        let rows = evenly(height, (BAND_BYTES / row_bytes).saturating_sub(2 * pad));
        let image_bytes = row_bytes * (height + 2);
        let blocks = if rows == height {
            ENOUGH_PIXELS
                .div_ceil(height * out_width)
                .min(BAND_BYTES / image_bytes)
                .max(1)
        } else {
            1
        };
        Self { rows, blocks }
    }
}

/// Where the input's gradient goes.
pub struct Into<'a> {
    /// These blocks of it.
    pub values: &'a mut [f32],
    /// Keep what is there and add to it.
    pub accumulate: bool,
    /// An addition's share, to begin with.
    pub addend: Option<AddendOf<'a>>,
    /// Taken over these blocks while they are at hand; their values are `values`.
    pub reductions: [Option<GradientOf<'a>>; 2],
    /// `[block][reduction][channel][2]`
    pub sums: &'a mut [f64],
}

/// A stored gradient that is added at every `stride`-th pixel, all blocks of it.
#[derive(Clone, Copy)]
pub struct AddendOf<'a> {
    pub values: &'a [f32],
    pub shape: [usize; 3],
    pub scale: f32,
    pub gate: Option<&'a [f32]>,
    pub stride: usize,
}

/// Both gradients of a piece.
pub struct ConvGrad<'a> {
    pub conv: &'a Conv,
    pub pieces: Pieces,
    pub blocks: Range<usize>,
    /// All blocks of each.
    pub gradient: GradientOf<'a>,
    pub input: ViewOf<'a>,
    pub weight: &'a [f32],
    pub into: Option<Into<'a>>,
    /// This piece's share of the weights' gradient, then of the biases'.
    pub share: &'a mut [f32],
    pub scratch: &'a mut Buffer,
}

impl Kernel for ConvGrad<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(mut self) {
        self.share.fill(0.0);
        if let Some(into) = &mut self.into {
            into.sums.fill(0.0);
        }
        match (self.conv.kernel, self.conv.stride) {
            (1, 1) => self.bands::<S, 1, 1>(),
            (1, _) => self.bands::<S, 1, 2>(),
            (_, 1) => self.bands::<S, 3, 1>(),
            _ => self.bands::<S, 3, 2>(),
        }
    }
}

impl ConvGrad<'_> {
    #[inline(always)]
    fn bands<S: Lanes, const K: usize, const STEP: usize>(&mut self) {
        let conv = self.conv;
        let ([read, height, width], [channels, out_height, out_width]) = (conv.input, conv.output);
        let (rows, pad) = (self.pieces.rows, K / 2);
        // One row of gradients before and after, for the input's gradient.
        let g_map = Padded {
            channels,
            pad,
            width: out_width,
            rows: rows + 2 * pad,
        };
        let x_map = Padded {
            channels: read,
            pad,
            width,
            rows: (rows - 1) * STEP + K,
        };
        let blocks = self.blocks.len();
        self.scratch.reserve(blocks * (g_map.len() + x_map.len()) * S::WIDTH);
        for from in (0..out_height).step_by(rows) {
            let to = (from + rows).min(out_height);
            let (g_top, x_top) = (from as isize - pad as isize, (from * STEP) as isize - pad as isize);
            let g_rows = g_top.max(0) as usize..(to + pad).min(out_height);
            let x_rows = x_top.max(0) as usize..((to - 1) * STEP + K - pad).min(height);
            let scratch = &mut S::of_mut(self.scratch.values_mut())[..blocks * (g_map.len() + x_map.len())];
            let (g, x) = scratch.split_at_mut(blocks * g_map.len());
            for (at, block) in self.blocks.clone().enumerate() {
                let g = &mut g[at * g_map.len()..][..g_map.len()];
                let gradient = self.gradient.block(block, S::WIDTH);
                g_map.fill(g, g_rows.clone(), g_top, &gradient);
                let x = &mut x[at * x_map.len()..][..x_map.len()];
                x_map.fill(x, x_rows.clone(), x_top, &self.input.block(block, S::WIDTH));
                if let Some(into) = &mut self.into {
                    let len = read * height * width;
                    let last = if to == out_height { height } else { to * STEP };
                    let values = &mut into.values[at * len * S::WIDTH..][..len * S::WIDTH];
                    S::enter(InputGrad::<S, K, STEP> {
                        conv,
                        g,
                        map: g_map,
                        top: g_top,
                        weight: self.weight,
                        into: S::of_mut(values),
                        accumulate: into.accumulate,
                        addend: into.addend,
                        block,
                        rows: from * STEP..last,
                    });
                    let reductions = into.reductions.iter().flatten();
                    let all = into.sums.len() / blocks;
                    let sums = into.sums[at * all..][..all].chunks_exact_mut(read * 2);
                    for (reduction, sums) in reductions.zip(sums) {
                        let gradient = reduction.of_block(values, block, S::WIDTH);
                        add_sums::<S>(&gradient, from * STEP * width..last * width, sums);
                    }
                }
            }
            S::enter(WeightGrad::<S, K, STEP> {
                conv,
                g,
                g_map,
                g_top,
                x,
                x_map,
                x_top,
                rows: from..to,
                share: self.share,
            });
        }
    }
}
