//! The residual addition of one block of images, with the shortcut's stride, channel padding and scale.

use super::conv::evenly;
use super::lanes::{Kernel, Lanes};
use super::source::{Rows, ViewOf};
use super::statistics::add_statistics;

/// Pixels that are read and put out in the first-level cache.
const CACHED_PIXELS: usize = 256;

/// `output = branch + scale * shortcut`, through ReLU with `relu`.
pub struct Add<'a> {
    pub branch: ViewOf<'a>,
    pub shortcut: ViewOf<'a>,
    pub scale: f32,
    pub stride: usize,
    pub relu: bool,
    /// Height and width put out, and the width read by the shortcut.
    pub size: [usize; 2],
    pub shortcut_width: usize,
    pub output: &'a mut [f32],
    pub statistics: Option<&'a mut [f32]>,
    /// Room for a row of the shortcut.
    pub scratch: &'a mut super::buffer::Buffer,
}

impl Kernel for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(mut self) {
        let [height, width] = self.size;
        let scale = S::splat(self.scale);
        // A strided shortcut is read row by row, any other as many rows at a time as stay in the first-level cache.
        let rows = match self.stride {
            1 => evenly(height, CACHED_PIXELS / width),
            _ => 1,
        };
        let read_pixels = if rows == 1 { self.shortcut_width } else { rows * width };
        self.scratch.reserve(read_pixels * S::WIDTH);
        let plane = height * width;
        for (c, out) in S::of_mut(self.output).chunks_exact_mut(plane).enumerate() {
            for (part, out) in out.chunks_mut(rows * width).enumerate() {
                self.branch.row(c, part * rows * width, out);
                if c < self.shortcut.channels {
                    let read = &mut S::of_mut(self.scratch.values_mut())[..out.len() * self.shortcut_width / width];
                    self.shortcut
                        .row(c, part * rows * self.stride * self.shortcut_width, read);
                    for (out, &x) in out.iter_mut().zip(read.iter().step_by(self.stride)) {
                        *out = x.mul_add(scale, *out);
                    }
                }
                if self.relu {
                    for out in out {
                        *out = out.relu();
                    }
                }
            }
            if let Some(statistics) = &mut self.statistics {
                add_statistics(out, plane, 0..plane, &mut S::of_mut(statistics)[c * 2..][..2]);
            }
        }
    }
}
