//! The two sums of batch normalisation's backward pass.

use std::ops::Range;

use super::lanes::{Kernel, Lanes};
use super::source::GradientOf;

/// The backward pass's sums over one block, `[channel][2]`: of `g` and of `g (x - mean)`.
pub struct NormSums<'a> {
    pub gradient: GradientOf<'a>,
    pub sums: &'a mut [f64],
}

impl Kernel for NormSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        self.sums.fill(0.0);
        add_sums::<S>(&self.gradient, 0..self.gradient.view.plane, self.sums);
    }
}

/// Adds the sums over some pixels of every channel.
#[inline(always)]
pub fn add_sums<S: Lanes>(gradient: &GradientOf<'_>, pixels: Range<usize>, sums: &mut [f64]) {
    for (channel, sums) in sums.chunks_exact_mut(2).enumerate() {
        let [sum, tilted] = gradient.sums::<S>(channel, pixels.start, pixels.len());
        sums[0] += sum;
        sums[1] += tilted;
    }
}
