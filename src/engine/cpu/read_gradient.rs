//! Stored gradients as the nodes they belong to, for who looks on.

use super::lanes::{Kernel, Lanes};
use super::source::{GradientOf, Rows};

/// Writes a gradient carried back in one block.
pub struct ReadGradient<'a> {
    pub gradient: GradientOf<'a>,
    pub out: &'a mut [f32],
}

impl Kernel for ReadGradient<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let maps = S::of_mut(self.out).chunks_exact_mut(self.gradient.view.plane);
        for (channel, map) in maps.enumerate() {
            self.gradient.row(channel, 0, map);
        }
    }
}
