//! Pooling backwards, of one block of images.

use super::lanes::{Kernel, Lanes};

/// Spreads each pooled gradient evenly over its map.
pub struct PoolGrad<'a> {
    pub gradient: &'a [f32],
    pub plane: usize,
    pub into: &'a mut [f32],
}

impl Kernel for PoolGrad<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let share = S::splat(1.0 / self.plane as f32);
        let maps = S::of_mut(self.into).chunks_exact_mut(self.plane);
        for (map, &gradient) in maps.zip(S::of(self.gradient)) {
            map.fill(gradient.mul(share));
        }
    }
}
