//! The linear layer on one block of images.

use super::lanes::{Kernel, Lanes};

/// `output = weight input + bias`
pub struct Linear<'a> {
    pub input: &'a [f32],
    pub weight: &'a [f32],
    pub bias: &'a [f32],
    pub output: &'a mut [f32],
}

impl Kernel for Linear<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        let input = S::of(self.input);
        let rows = self.weight.chunks_exact(input.len());
        for ((out, row), &bias) in S::of_mut(self.output).iter_mut().zip(rows).zip(self.bias) {
            *out = S::splat(bias);
            for (&x, &weight) in input.iter().zip(row) {
                *out = x.mul_add(S::splat(weight), *out);
            }
        }
    }
}
