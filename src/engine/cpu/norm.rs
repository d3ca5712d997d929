//! Batch normalisation's reductions: statistics of a block, of the batch, and the backward pass's two sums.

use super::lanes::{Kernel, Lanes};
use super::source::{GradientOf, NormValues};

/// PyTorch's default.
pub const EPS: f64 = 1e-5;
/// Of the running statistics.
pub const MOMENTUM: f64 = 0.1;

/// Mean and sum of squared deviations of each channel and lane, in two passes: `[channel][2][lane]`.
#[inline(always)]
pub fn lane_statistics<S: Lanes>(values: &[f32], plane: usize, out: &mut [f32]) {
    let count = S::splat(1.0 / plane as f32);
    for (x, out) in S::of(values)
        .chunks_exact(plane)
        .zip(S::of_mut(out).chunks_exact_mut(2))
    {
        let mut sum = S::zero();
        for &x in x {
            sum = sum.add(x);
        }
        let mean = sum.mul(count);
        let mut squares = S::zero();
        for &x in x {
            let off = x.sub(mean);
            squares = off.mul_add(off, squares);
        }
        out.copy_from_slice(&[mean, squares]);
    }
}

/// Mean and variance over all images of a channel, from [`lane_statistics`] of every block (Chan et al. 1979).
///
/// `statistics` is `[block][channel][2][lane]`; each lane stands for `plane` values.
pub fn batch_statistics(
    statistics: &[f32],
    channels: usize,
    width: usize,
    images: usize,
    plane: usize,
    channel: usize,
) -> (f64, f64) {
    let lane = |image: usize| ((image / width * channels + channel) * 2) * width + image % width;
    let sum: f64 = (0..images).map(|image| f64::from(statistics[lane(image)])).sum();
    let mean = sum / images as f64;
    let squares: f64 = (0..images)
        .map(|image| {
            let off = f64::from(statistics[lane(image)]) - mean;
            f64::from(statistics[lane(image) + width]) + plane as f64 * off * off
        })
        .sum();
    (mean, squares / (images * plane) as f64)
}

/// The backward pass's sums over one block, `[channel][2]`: of `g` and of `g (x - mean)`.
pub struct NormSums<'a> {
    pub gradient: GradientOf<'a>,
    pub sums: &'a mut [f64],
}

impl Kernel for NormSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        for (channel, sums) in self.sums.chunks_exact_mut(2).enumerate() {
            sums.copy_from_slice(&self.gradient.sums::<S>(channel));
        }
    }
}

impl NormValues {
    /// For so many channels.
    pub fn new(channels: usize) -> Self {
        let values = || vec![0.0; channels];
        Self {
            mean: values(),
            inverse: values(),
            scale: values(),
            bias: values(),
            pull: values(),
            tilt: values(),
        }
    }

    /// Takes a channel's statistics and parameters.
    pub fn set(&mut self, channel: usize, mean: f64, variance: f64, weight: f32, bias: f32) {
        let inverse = 1.0 / (variance + EPS).sqrt();
        self.mean[channel] = mean as f32;
        self.inverse[channel] = inverse as f32;
        self.scale[channel] = (f64::from(weight) * inverse) as f32;
        self.bias[channel] = bias;
    }

    /// Takes a channel's backward sums over `count` values; with running statistics they do not flow back.
    pub fn set_sums(&mut self, channel: usize, [sum, tilted]: [f64; 2], count: usize, batch: bool) {
        let share = if batch { 1.0 / count as f64 } else { 0.0 };
        let (scale, inverse) = (f64::from(self.scale[channel]), f64::from(self.inverse[channel]));
        self.pull[channel] = (scale * sum * share) as f32;
        self.tilt[channel] = (scale * inverse * inverse * tilted * share) as f32;
    }
}
