//! The linear layer backwards, of one block of images.

use super::lanes::{Kernel, Lanes};

/// Gradients of the linear layer: its input's, and this block's share of its weights' then biases'.
pub struct LinearGrad<'a> {
    pub input: &'a [f32],
    pub gradient: &'a [f32],
    pub weight: &'a [f32],
    pub into: &'a mut [f32],
    pub share: &'a mut [f32],
}

impl Kernel for LinearGrad<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let (input, gradient, into) = (S::of(self.input), S::of(self.gradient), S::of_mut(self.into));
        into.fill(S::zero());
        let (weights, biases) = self.share.split_at_mut(self.weight.len());
        let rows = self.weight.chunks_exact(input.len());
        let shares = weights.chunks_exact_mut(input.len());
        for (((&g, row), share), bias) in gradient.iter().zip(rows).zip(shares).zip(biases) {
            *bias = g.sum();
            for (((into, &weight), share), &x) in into.iter_mut().zip(row).zip(share).zip(input) {
                *into = g.mul_add(S::splat(weight), *into);
                *share = g.mul(x).sum();
            }
        }
    }
}
