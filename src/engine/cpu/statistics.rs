//! Batch normalisation's statistics: of a block, of the batch, and what they make of a channel.

use std::ops::Range;

use super::lanes::Lanes;
use super::source::NormValues;

/// PyTorch's default.
pub const EPS: f64 = 1e-5;
/// Of the running statistics.
pub const MOMENTUM: f64 = 0.1;

/// Mean and sum of squared deviations of each channel and lane, `[channel][2][lane]`, of `pixels` in two passes, merged
/// with those of the pixels before them (Chan et al. 1979).
#[inline(always)]
pub fn add_statistics<S: Lanes>(values: &[S], plane: usize, pixels: Range<usize>, out: &mut [S]) {
    let (before, count) = (pixels.start as f32, pixels.len() as f32);
    let inverse = S::splat(1.0 / count);
    let share = S::splat(count / (before + count));
    let between = S::splat(before * count / (before + count));
    for (x, out) in values.chunks_exact(plane).zip(out.chunks_exact_mut(2)) {
        let x = &x[pixels.clone()];
        let mut sum = S::zero();
        for &x in x {
            sum = sum.add(x);
        }
        let mean = sum.mul(inverse);
        let mut squares = S::zero();
        for &x in x {
            let off = x.sub(mean);
            squares = off.mul_add(off, squares);
        }
        if pixels.start > 0 {
            let apart = mean.sub(out[0]);
            out[0] = apart.mul_add(share, out[0]);
            out[1] = apart.mul(apart).mul_add(between, out[1].add(squares));
        } else {
            out.copy_from_slice(&[mean, squares]);
        }
    }
}

/// Mean and variance over all images of a channel, from [`add_statistics`] of every block.
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
    // Means and squared deviations of a block's real images.
    let blocks = (0..images.div_ceil(width)).map(|block| {
        let lanes = &statistics[(block * channels + channel) * 2 * width..][..2 * width];
        let live = width.min(images - block * width);
        (&lanes[..live], &lanes[width..][..live])
    });
    let mut sum = 0.0;
    for (means, _) in blocks.clone() {
        sum += means.iter().map(|&mean| f64::from(mean)).sum::<f64>();
    }
    let mean = sum / images as f64;
    let (mut within, mut between) = (0.0, 0.0);
    for (means, squares) in blocks {
        within += squares.iter().map(|&square| f64::from(square)).sum::<f64>();
        between += means.iter().map(|&lane| (f64::from(lane) - mean).powi(2)).sum::<f64>();
    }
    (mean, (within + plane as f64 * between) / (images * plane) as f64)
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
