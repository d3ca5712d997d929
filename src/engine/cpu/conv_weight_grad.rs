//! The gradient of a convolution's weights and biases: every tap's products summed over pixels, blocks and lanes.

use std::ops::Range;

use super::lanes::{Kernel, Lanes};
use super::padded::Padded;
use crate::engine::plan::Conv;

/// Pixels of a few channels that stay in the first-level cache.
const CACHED_PIXELS: usize = 80;
/// The same where a channel is read for one tap only.
const CACHED_POINTS: usize = 64;

/// Adds what a band of some blocks gives to `share`.
pub struct WeightGrad<'a, S, const K: usize, const STEP: usize> {
    pub conv: &'a Conv,
    /// Bands of the output's gradient, one a block; row `g_top` would come first.
    pub g: &'a [S],
    pub g_map: Padded,
    pub g_top: isize,
    /// Bands of the input.
    pub x: &'a [S],
    pub x_map: Padded,
    pub x_top: isize,
    /// Output rows.
    pub rows: Range<usize>,
    /// Weights, then biases.
    pub share: &'a mut [f32],
}

impl<S: Lanes, const K: usize, const STEP: usize> Kernel for WeightGrad<'_, S, K, STEP> {
    type Output = ();

    #[inline(always)]
    fn run<T: Lanes>(mut self) {
        if self.conv.bias.is_some() {
            self.biases();
        }
        let rows = self.rows.clone();
        let few = match K {
            1 => (CACHED_POINTS / self.conv.output[2]).max(1),
            _ => rows.len(),
        };
        for from in rows.clone().step_by(few) {
            self.rows = from..(from + few).min(rows.end);
            for group in 0..self.conv.groups {
                self.weights(group);
            }
        }
    }
}

impl<S: Lanes, const K: usize, const STEP: usize> WeightGrad<'_, S, K, STEP> {
    /// A group's weights. The inputs of a tile stay in the first-level cache while the gradients pass by.
    #[inline(always)]
    fn weights(&mut self, group: usize) {
        let conv = self.conv;
        let (channels, read) = (conv.output[0] / conv.groups, conv.input[0] / conv.groups);
        let mut r = 0;
        while r < read {
            // Sums fill the registers: of 32, by 4 channels 2 inputs of 3 taps, or 6 inputs of one.
            let left = if S::REGISTERS < 32 { 1 } else { read - r };
            r += match left {
                6 | 10.. if K == 1 => self.inputs::<6>(group, r, channels),
                4.. if K == 1 => self.inputs::<4>(group, r, channels),
                2.. => self.inputs::<2>(group, r, channels),
                _ => self.inputs::<1>(group, r, channels),
            };
        }
    }

    /// `R` input channels from `r` of a group.
    #[inline(always)]
    fn inputs<const R: usize>(&mut self, group: usize, r: usize, channels: usize) -> usize {
        let mut c = 0;
        while c < channels {
            c += match channels - c {
                4.. => self.tile::<4, R>(group, c, r),
                _ => self.tile::<1, R>(group, c, r),
            };
        }
        R
    }

    /// `C` output channels from `c` and `R` input channels from `r` of a group, all taps.
    #[inline(always)]
    fn tile<const C: usize, const R: usize>(&mut self, group: usize, c: usize, r: usize) -> usize {
        let conv = self.conv;
        let (channels, read) = (conv.output[0] / conv.groups, conv.input[0] / conv.groups);
        let first = group * channels + c;
        let mut sums = [[[[S::zero(); K]; R]; C]; K];
        // A few rows at a time, so that all taps find them in the first-level cache.
        let few = (CACHED_PIXELS / conv.output[2]).max(1);
        for block in 0..self.g.len() / self.g_map.len() {
            for from in self.rows.clone().step_by(few) {
                let rows = from..(from + few).min(self.rows.end);
                for (ky, sums) in sums.iter_mut().enumerate() {
                    self.add_taps(block, rows.clone(), (first, group * read + r, ky), sums);
                }
            }
        }
        for (ky, sums) in sums.iter().enumerate() {
            for i in 0..R {
                for t in 0..K {
                    let at = ((first * read + r + i) * K + ky) * K + t;
                    if let &[[a, b, c, d], ..] = sums.each_ref().map(|sums| sums[i][t]).as_chunks().0 {
                        for (c, sum) in S::sums([a, b, c, d]).into_iter().enumerate() {
                            self.share[at + c * read * K * K] += sum;
                        }
                    } else {
                        for (c, sums) in sums.iter().enumerate() {
                            self.share[at + c * read * K * K] += sums[i][t].sum();
                        }
                    }
                }
            }
        }
        C
    }

    /// Adds the products of one row of taps over some rows of a block.
    #[expect(
        clippy::needless_range_loop,
        reason = "constant ranges unroll into registers, iterators not always"
    )]
    #[inline(always)]
    fn add_taps<const C: usize, const R: usize>(
        &self,
        block: usize,
        rows: Range<usize>,
        (c, r, ky): (usize, usize, usize),
        total: &mut [[[S; K]; R]; C],
    ) {
        let mut sums = *total;
        let (g_plane, x_plane) = (self.g_map.plane(), self.x_map.plane());
        let pixels = self.conv.output[2];
        for y in rows {
            let row = (y * STEP + ky) as isize - self.x_map.pad as isize;
            if row < 0 || row >= self.conv.input[1] as isize {
                continue;
            }
            let g_row = (y as isize - self.g_top) as usize * self.g_map.row() + self.g_map.pad;
            let x_row = (row - self.x_top) as usize * self.x_map.row();
            let g = &self.g[block * self.g_map.len() + c * g_plane + g_row..][..(C - 1) * g_plane + pixels];
            let x = &self.x[block * self.x_map.len() + r * x_plane + x_row..]
                [..(R - 1) * x_plane + (pixels - 1) * STEP + K];
            let (mut g, mut x) = (g.as_ptr(), x.as_ptr());
            for _ in 0..pixels {
                // SAFETY: the slices above reach to the last pixel's last tap of the last channel.
                unsafe {
                    let mut gradients = [S::zero(); C];
                    for c in 0..C {
                        gradients[c] = *g.add(c * g_plane);
                    }
                    for i in 0..R {
                        for t in 0..K {
                            let x = *x.add(i * x_plane + t);
                            for c in 0..C {
                                sums[c][i][t] = x.mul_add(gradients[c], sums[c][i][t]);
                            }
                        }
                    }
                }
                g = g.wrapping_add(1);
                x = x.wrapping_add(STEP);
            }
        }
        *total = sums;
    }

    #[inline(always)]
    fn biases(&mut self) {
        let channels = self.conv.output[0];
        let biases = self.share.len() - channels;
        let (row, plane) = (self.g_map.row(), self.g_map.plane());
        for image in self.g.chunks_exact(self.g_map.len()) {
            for c in 0..channels {
                let mut sum = S::zero();
                for y in self.rows.clone() {
                    let start = c * plane + (y as isize - self.g_top) as usize * row + self.g_map.pad;
                    for &g in &image[start..][..self.conv.output[2]] {
                        sum = sum.add(g);
                    }
                }
                self.share[biases + c] += sum.sum();
            }
        }
    }
}
