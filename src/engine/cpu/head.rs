//! The head of a net on one block of images: pooling, the linear layer and the loss, forward and backward.

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

/// What a block's logits give.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BlockLoss {
    /// Sum of cross-entropies.
    pub loss_sum: f64,
    /// Images classified right.
    pub correct: usize,
}

/// Softmax cross-entropy of a block whose real images are `labels`; writes the gradient of the mean over `images`.
pub fn loss(logits: &[f32], labels: &[u32], width: usize, images: usize, gradient: &mut [f32]) -> BlockLoss {
    gradient.fill(0.0);
    let classes = logits.len() / width;
    let mut total = BlockLoss::default();
    for (lane, &label) in labels.iter().enumerate() {
        let at = |class: usize| logits[class * width + lane];
        let label = label as usize;
        let largest = (0..classes).map(at).fold(f32::NEG_INFINITY, f32::max);
        let beaten = |class| at(label) > at(class) || (class > label && at(label) == at(class));
        let right = (0..classes).all(|class| class == label || beaten(class));
        let sum: f64 = (0..classes).map(|class| f64::from(at(class) - largest).exp()).sum();
        total.loss_sum += sum.ln() - f64::from(at(label) - largest);
        total.correct += usize::from(right);
        for class in 0..classes {
            let probability = f64::from(at(class) - largest).exp() / sum;
            let target = f64::from(u8::from(class == label));
            gradient[class * width + lane] = ((probability - target) / images as f64) as f32;
        }
    }
    total
}
