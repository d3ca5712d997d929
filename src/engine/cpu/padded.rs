//! A band of rows of a map, with the zero columns that a convolution reads beyond its sides.

use std::ops::Range;

use super::lanes::Lanes;
use super::source::Rows;

/// `[channel][row][pad + width + pad]` vectors; rows beyond the map are left out by those who read.
#[derive(Debug, Clone, Copy)]
pub struct Padded {
    pub channels: usize,
    /// 0 or 1.
    pub pad: usize,
    pub width: usize,
    /// At most.
    pub rows: usize,
}

impl Padded {
    /// Vectors a row.
    pub fn row(&self) -> usize {
        self.width + 2 * self.pad
    }

    /// Vectors a channel, so many that channels side by side do not compete for the same lines of a cache.
    pub fn plane(&self) -> usize {
        let vectors = self.rows * self.row();
        if vectors.is_multiple_of(16) {
            vectors + 4
        } else {
            vectors
        }
    }

    /// Vectors in all.
    pub fn len(&self) -> usize {
        self.channels * self.plane()
    }

    /// Writes the map's rows `rows` to where row `top` would come first.
    #[inline(always)]
    pub fn fill<S: Lanes>(&self, out: &mut [S], rows: Range<usize>, top: isize, source: &impl Rows) {
        let first = (rows.start as isize - top) as usize;
        for channel in 0..self.channels {
            let band = &mut out[channel * self.plane() + first * self.row()..][..rows.len() * self.row()];
            if self.pad == 0 {
                source.row(channel, rows.start * self.width, band);
                continue;
            }
            for (y, row) in rows.clone().zip(band.chunks_exact_mut(self.row())) {
                // One column: not worth a call that fills.
                (row[0], row[self.width + 1]) = (S::zero(), S::zero());
                source.row(channel, y * self.width, &mut row[1..][..self.width]);
            }
        }
    }
}
