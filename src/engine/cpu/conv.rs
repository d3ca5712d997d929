//! Forward convolution of one block of images, with the batch statistics of what it puts out.

use super::buffer::Buffer;
use super::correlate::{Correlate, Row, Start};
use super::lanes::{Kernel, Lanes};
use super::padded::Padded;
use super::source::ViewOf;
use super::statistics::add_statistics;
use crate::engine::plan::Conv;

/// What a band of rows, read and put out, may take, so that it stays in the second-level cache.
const BAND_BYTES: usize = 768 << 10;

/// `output = conv(input) + bias` for one block.
pub struct ConvForward<'a> {
    pub conv: &'a Conv,
    pub input: ViewOf<'a>,
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub output: &'a mut [f32],
    /// Where each channel's and lane's mean and sum of squared deviations go.
    pub statistics: Option<&'a mut [f32]>,
    pub scratch: &'a mut Buffer,
}

impl Kernel for ConvForward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(mut self) {
        match (self.conv.kernel, self.conv.stride) {
            (1, 1) => self.bands::<S, 1, 1>(),
            (1, _) => self.bands::<S, 1, 2>(),
            (_, 1) => self.bands::<S, 3, 1>(),
            _ => self.bands::<S, 3, 2>(),
        }
    }
}

impl ConvForward<'_> {
    #[inline(always)]
    fn bands<S: Lanes, const K: usize, const STEP: usize>(&mut self) {
        let ([read, height, width], [channels, out_height, out_width]) = (self.conv.input, self.conv.output);
        let pad = K / 2;
        let read_row = read * (width + 2 * pad) * size_of::<S>();
        let out_row = channels * out_width * size_of::<S>();
        let room = BAND_BYTES.saturating_sub(read_row * 2 * pad);
        let rows = evenly(out_height, room / (read_row * STEP + out_row));
        let map = Padded {
            channels: read,
            pad,
            width,
            rows: (rows - 1) * STEP + K,
        };
        self.scratch.reserve(map.len() * S::WIDTH);
        for from in (0..out_height).step_by(rows) {
            let to = (from + rows).min(out_height);
            let top = (from * STEP) as isize - pad as isize;
            let first = top.max(0) as usize;
            let last = ((to - 1) * STEP + K - pad).min(height);
            let x = S::of_mut(self.scratch.values_mut());
            map.fill(x, first..last, top, &self.input);
            for y in from..to {
                self.row::<S, K, STEP>(&map, y, top);
            }
            if let Some(statistics) = &mut self.statistics {
                let plane = out_height * out_width;
                let pixels = from * out_width..to * out_width;
                add_statistics(S::of(self.output), plane, pixels, S::of_mut(statistics));
            }
        }
    }

    #[inline(always)]
    fn row<S: Lanes, const K: usize, const STEP: usize>(&mut self, map: &Padded, y: usize, top: isize) {
        let conv = self.conv;
        let [channels, out_height, out_width] = conv.output;
        let (plane, start) = (out_height * out_width, y * out_width);
        let out = S::of_mut(self.output);
        let mut taps = [Row::default(); K];
        let mut valid = 0;
        for ky in 0..K {
            let row = (y * STEP + ky) as isize - map.pad as isize;
            if (0..conv.input[1] as isize).contains(&row) {
                let (x, weight) = ((row - top) as usize * map.row(), ky * K);
                taps[valid] = Row { x, weight };
                valid += 1;
            }
        }
        let (read, channels) = (map.channels / conv.groups, channels / conv.groups);
        for group in 0..conv.groups {
            S::enter(Correlate::<S, K, STEP> {
                x: &S::of(self.scratch.values())[group * read * map.plane()..map.len()],
                plane: map.plane(),
                read,
                rows: &taps[..valid],
                weight: &self.weight[group * channels * read * K * K..],
                next_read: K * K,
                next_output: read * K * K,
                next_tap: 1,
                out: &mut out[group * channels * plane..],
                out_plane: plane,
                channels,
                begin: match self.bias {
                    Some(bias) => Start::Bias(&bias[group * channels..]),
                    None => Start::Zero,
                },
                start,
                step: 1,
                pixels: out_width,
            });
        }
    }
}

/// Rows a band when `height` of them are cut into as few bands as hold at most `most`, and at least one.
pub fn evenly(height: usize, most: usize) -> usize {
    height.div_ceil(height.div_ceil(most.max(1)))
}
