//! Pooling of one block of images.

use super::lanes::{Kernel, Lanes};
use super::source::{Rows, ViewOf};

/// Mean over each map.
pub struct Pool<'a> {
    pub input: ViewOf<'a>,
    pub output: &'a mut [f32],
    /// Room for a map.
    pub scratch: &'a mut super::buffer::Buffer,
}

impl Kernel for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let plane = self.input.plane;
        self.scratch.reserve(plane * S::WIDTH);
        let map = &mut S::of_mut(self.scratch.values_mut())[..plane];
        let share = S::splat(1.0 / plane as f32);
        for (c, out) in S::of_mut(self.output).iter_mut().enumerate() {
            self.input.row(c, 0, map);
            let mut sum = S::zero();
            for &x in map.iter() {
                sum = sum.add(x);
            }
            *out = sum.mul(share);
        }
    }
}
