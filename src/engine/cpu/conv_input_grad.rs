//! The gradient of a convolution's input: the same correlation with flipped, transposed weights, a strided one as a
//! sub-kernel for each place in the stride.

use std::ops::Range;

use super::conv_grad::AddendOf;
use super::correlate::{Correlate, Row, Start};
use super::lanes::{Kernel, Lanes};
use super::padded::Padded;
use super::source::ahead;
use crate::engine::plan::Conv;

/// Rows `rows` of one block's input gradient.
pub struct InputGrad<'a, S, const K: usize, const STEP: usize> {
    pub conv: &'a Conv,
    /// A band of the output's gradient, whose row `top` would come first.
    pub g: &'a [S],
    pub map: Padded,
    pub top: isize,
    pub weight: &'a [f32],
    /// The block's.
    pub into: &'a mut [S],
    pub accumulate: bool,
    pub addend: Option<AddendOf<'a>>,
    pub block: usize,
    pub rows: Range<usize>,
}

impl<S: Lanes, const K: usize, const STEP: usize> Kernel for InputGrad<'_, S, K, STEP> {
    type Output = ();

    #[inline(always)]
    fn run<T: Lanes>(mut self) {
        for y in self.rows.clone() {
            let (rows, valid) = self.row_taps(y);
            // A strided 1x1 convolution has left out rows and columns.
            let begin = if self.accumulate || self.addend.is_some() || valid == 0 || K < STEP {
                self.begin(y);
                Start::Kept
            } else {
                Start::Zero
            };
            for column in 0..STEP {
                match (K, STEP, column) {
                    (1, 1, _) => self.columns::<1>(y, column, &rows[..valid], begin),
                    (1, _, 0) => self.columns::<1>(y, column, &rows[..valid], begin),
                    (1, _, _) => {}
                    (_, 1, _) => self.columns::<3>(y, column, &rows[..valid], begin),
                    (_, _, 0) => self.columns::<1>(y, column, &rows[..valid], begin),
                    _ => self.columns::<2>(y, column, &rows[..valid], begin),
                }
            }
        }
    }
}

impl<S: Lanes, const K: usize, const STEP: usize> InputGrad<'_, S, K, STEP> {
    /// What the row's sums start from.
    #[inline(always)]
    fn begin(&mut self, y: usize) {
        let [channels, height, width] = self.conv.input;
        for c in 0..channels {
            let row = &mut self.into[(c * height + y) * width..][..width];
            if !self.accumulate {
                row.fill(S::zero());
            }
            let Some(addend) = self.addend else { continue };
            add_share(addend, self.block, c, y, row);
        }
    }

    /// Rows of the gradient that input row `y` was read for, with the taps that read it.
    #[inline(always)]
    fn row_taps(&self, y: usize) -> ([Row; K], usize) {
        let (mut rows, mut valid) = ([Row::default(); K], 0);
        for ky in 0..K {
            let above = (y + self.map.pad) as isize - ky as isize;
            let from = above.div_euclid(STEP as isize);
            if above.rem_euclid(STEP as isize) == 0 && (0..self.conv.output[1] as isize).contains(&from) {
                let (x, weight) = ((from - self.top) as usize * self.map.row(), ky * K);
                rows[valid] = Row { x, weight };
                valid += 1;
            }
        }
        (rows, valid)
    }

    /// Every `STEP`-th pixel of the row from `column`, which `KX` taps have read.
    #[inline(always)]
    fn columns<const KX: usize>(&mut self, y: usize, column: usize, rows: &[Row], begin: Start<'_>) {
        let [channels, height, width] = self.conv.input;
        if column >= width {
            return;
        }
        let pad = self.map.pad;
        // The last tap that meets this column meets the leftmost gradient.
        let last = (0..K)
            .rev()
            .find(|kx| (column + pad + STEP - kx % STEP).is_multiple_of(STEP));
        let Some(last) = last else { return };
        let leftmost = (column + pad) as isize - last as isize;
        let x = (leftmost / STEP as isize + pad as isize) as usize;
        let mut taps = [Row::default(); K];
        for (tap, row) in taps.iter_mut().zip(rows) {
            tap.x = row.x + x;
            tap.weight = row.weight + last;
        }
        let groups = self.conv.groups;
        let (read, channels) = (self.map.channels / groups, channels / groups);
        for group in 0..groups {
            S::enter(Correlate::<S, KX, 1> {
                x: &self.g[group * read * self.map.plane()..],
                plane: self.map.plane(),
                read,
                rows: &taps[..rows.len()],
                weight: &self.weight[group * channels * read * K * K..],
                next_read: channels * K * K,
                next_output: K * K,
                next_tap: -(STEP as isize),
                out: &mut self.into[group * channels * height * width..],
                out_plane: height * width,
                channels,
                begin,
                start: y * width + column,
                step: STEP,
                pixels: (width - column).div_ceil(STEP),
            });
        }
    }
}

/// Adds an addition's share to row `y` of channel `c`.
#[inline(always)]
pub fn add_share<S: Lanes>(addend: AddendOf<'_>, block: usize, c: usize, y: usize, row: &mut [S]) {
    let [channels, height, width] = addend.shape;
    if c >= channels || !y.is_multiple_of(addend.stride) {
        return;
    }
    let start = ((block * channels + c) * height + y / addend.stride) * width;
    let share = &S::of(addend.values)[start..][..width];
    let (scale, plane) = (S::splat(addend.scale), height * width);
    let values = row.iter_mut().step_by(addend.stride).zip(share);
    let Some(gate) = addend.gate else {
        for (value, share) in values {
            *value = ahead(share, plane).mul_add(scale, *value);
        }
        return;
    };
    for ((value, share), gate) in values.zip(&S::of(gate)[start..][..width]) {
        let share = ahead(share, plane).where_positive(ahead(gate, plane));
        *value = share.mul_add(scale, *value);
    }
}
