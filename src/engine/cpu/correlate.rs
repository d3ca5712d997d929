//! The inner loop of every convolution, forward and backward: rows of padded maps against a few weights.

use super::lanes::{Kernel, Lanes};

/// What the sums of a row start from.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    Zero,
    /// One value a channel.
    Bias(&'a [f32]),
    /// What `out` holds.
    Kept,
}

/// One row of output pixels:
///
/// `out[c][i] = begin + sum over r, rows, t of x[r][row.x + i * STEP + t] * weight[row.weight + r * next_read + c * next_output + t * next_tap]`
///
/// with `KX` taps `t` a row.
pub struct Correlate<'a, S, const KX: usize, const STEP: usize> {
    /// `[read channels][plane]`
    pub x: &'a [S],
    pub plane: usize,
    pub read: usize,
    pub rows: &'a [Row],
    pub weight: &'a [f32],
    pub next_read: usize,
    pub next_output: usize,
    pub next_tap: isize,
    /// `[channels][out_plane]`
    pub out: &'a mut [S],
    pub out_plane: usize,
    pub channels: usize,
    pub begin: Start<'a>,
    /// Where the row starts, and from one of its pixels to the next.
    pub start: usize,
    pub step: usize,
    pub pixels: usize,
}

/// A row of taps.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row {
    /// Of the first pixel's first tap, in a channel of `x`.
    pub x: usize,
    /// Of the first tap of channel 0 reading channel 0.
    pub weight: usize,
}

impl<S: Lanes, const KX: usize, const STEP: usize> Kernel for Correlate<'_, S, KX, STEP> {
    type Output = ();

    #[inline(always)]
    fn run<T: Lanes>(mut self) {
        if self.pixels == 0 || self.rows.is_empty() {
            return;
        }
        self.check();
        let mut i = 0;
        while i < self.pixels {
            let wide = if S::REGISTERS >= 32 { 4 } else { 2 };
            i += match self.pixels - i {
                left if left >= wide && wide == 4 => self.columns::<4>(i),
                left if left >= 2 => self.columns::<2>(i),
                _ => self.columns::<1>(i),
            };
        }
    }
}

impl<S: Lanes, const KX: usize, const STEP: usize> Correlate<'_, S, KX, STEP> {
    /// Panics unless every index of the tiles lies inside its slice.
    #[inline(always)]
    fn check(&self) {
        let (read, channels) = (self.read - 1, self.channels - 1);
        for row in self.rows {
            let x = read * self.plane + row.x + (self.pixels - 1) * STEP + KX - 1;
            let first = row.weight + read * self.next_read + channels * self.next_output;
            let [low, high] = [row.weight, first].map(|tap| {
                let last = tap as isize + (KX as isize - 1) * self.next_tap;
                (last.min(tap as isize), last.max(tap as isize))
            });
            assert!(x < self.x.len() && low.0 >= 0 && high.1 < self.weight.len() as isize);
        }
        assert!(channels * self.out_plane + self.start + (self.pixels - 1) * self.step < self.out.len());
    }

    /// `P` pixels of all channels.
    #[inline(always)]
    fn columns<const P: usize>(&mut self, i: usize) -> usize {
        let mut c = 0;
        while c < self.channels {
            c += match self.channels - c {
                6 | 10.. => self.tile::<6, P>(c, i),
                4.. => self.tile::<4, P>(c, i),
                2.. => self.tile::<2, P>(c, i),
                _ => self.tile::<1, P>(c, i),
            };
        }
        P
    }

    /// `P` pixels of `C` channels, accumulated in registers.
    #[expect(
        clippy::needless_range_loop,
        reason = "constant ranges unroll into registers, iterators not always"
    )]
    #[inline(always)]
    fn tile<const C: usize, const P: usize>(&mut self, first: usize, i: usize) -> usize {
        let at = first * self.out_plane + self.start + i * self.step;
        let mut sums = [[S::zero(); P]; C];
        // SAFETY: `check` has bounded every index below.
        unsafe {
            let out = self.out.as_mut_ptr().add(at);
            for c in 0..C {
                match self.begin {
                    Start::Zero => {}
                    Start::Bias(bias) => sums[c] = [S::splat(bias[first + c]); P],
                    Start::Kept => {
                        for p in 0..P {
                            sums[c][p] = *out.add(c * self.out_plane + p * self.step);
                        }
                    }
                }
            }
            let mut x = self.x.as_ptr().add(i * STEP);
            let mut weight = self.weight.as_ptr().add(first * self.next_output);
            for _ in 0..self.read {
                for row in self.rows {
                    let (x, weight) = (x.add(row.x), weight.add(row.weight));
                    for t in 0..KX {
                        let weight = weight.offset(t as isize * self.next_tap);
                        for c in 0..C {
                            let factor = S::splat(*weight.add(c * self.next_output));
                            for p in 0..P {
                                sums[c][p] = (*x.add(p * STEP + t)).mul_add(factor, sums[c][p]);
                            }
                        }
                    }
                }
                x = x.wrapping_add(self.plane);
                weight = weight.wrapping_add(self.next_read);
            }
            for c in 0..C {
                for p in 0..P {
                    *out.add(c * self.out_plane + p * self.step) = sums[c][p];
                }
            }
        }
        C
    }
}
