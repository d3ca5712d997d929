//! The residual addition of one block of images, with the shortcut's stride, channel padding and scale.

use super::lanes::{Kernel, Lanes};
use super::norm;
use super::source::{Rows, ViewOf};

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
    fn run<S: Lanes>(self) {
        let [height, width] = self.size;
        let scale = S::splat(self.scale);
        let whole = self.stride == 1;
        let read_row = if whole { height * width } else { self.shortcut_width };
        self.scratch.reserve(read_row * S::WIDTH);
        let read = &mut S::of_mut(self.scratch.values_mut())[..read_row];
        let output = S::of_mut(self.output);
        for (c, out) in output.chunks_exact_mut(height * width).enumerate() {
            self.branch.row(c, 0, out);
            if c < self.shortcut.channels {
                let rows = if whole { 1 } else { height };
                for (y, out) in out.chunks_exact_mut(height * width / rows).enumerate() {
                    self.shortcut.row(c, y * self.stride * self.shortcut_width, read);
                    for (out, &x) in out.iter_mut().zip(read.iter().step_by(self.stride)) {
                        *out = x.mul_add(scale, *out);
                    }
                }
            }
            if self.relu {
                for out in out {
                    *out = out.relu();
                }
            }
        }
        if let Some(statistics) = self.statistics {
            norm::lane_statistics::<S>(self.output, height * width, statistics);
        }
    }
}
