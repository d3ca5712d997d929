//! What the kernels compute, in `f64` and one value at a time, over `[N, C, H, W]`.

use super::{Inputs, MARGIN, Reading, Share, wide};
use crate::engine::plan::Conv;

pub fn len(shape: [usize; 3]) -> usize {
    shape.iter().product()
}

/// Mean and variance of each channel.
pub fn statistics(x: &[f64], [channels, height, width]: [usize; 3]) -> Vec<[f64; 2]> {
    let plane = height * width;
    let of = |channel: usize| {
        let maps = x.chunks_exact(plane).skip(channel).step_by(channels);
        let values: Vec<f64> = maps.flatten().copied().collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let off = values.iter().map(|x| (x - mean) * (x - mean));
        [mean, off.sum::<f64>() / values.len() as f64]
    };
    (0..channels).map(of).collect()
}

/// Normalisation and ReLU, both or neither.
pub struct View {
    shape: [usize; 3],
    /// By channel: mean, inverse deviation, weight, bias.
    norm: Option<Vec<[f64; 4]>>,
    relu: bool,
    batch: bool,
}

/// Gradients of what a view reads and of its parameters.
pub struct Back {
    pub input: Vec<f64>,
    pub weight: Vec<f64>,
    pub bias: Vec<f64>,
}

impl View {
    pub fn new(x: &[f64], shape: [usize; 3], reading: Reading, inputs: Inputs, stream: u64, running: bool) -> Self {
        let channels = shape[0];
        let [weight, bias, means, variances] = [0, 1, 2, 3].map(|at| wide(&inputs.get(stream + at, channels)));
        let of = |(channel, [mean, variance]): (usize, [f64; 2])| {
            let [mean, variance] = if running {
                [means[channel], variances[channel].abs() + 0.5]
            } else {
                [mean, variance]
            };
            [mean, 1.0 / (variance + 1e-5).sqrt(), weight[channel], bias[channel]]
        };
        Self {
            shape,
            norm: reading
                .norm
                .then(|| statistics(x, shape).into_iter().enumerate().map(of).collect()),
            relu: reading.relu,
            batch: !running,
        }
    }

    fn channel(&self, at: usize) -> usize {
        at / (self.shape[1] * self.shape[2]) % self.shape[0]
    }

    fn normalised(&self, at: usize, x: f64) -> f64 {
        self.norm.as_ref().map_or(x, |norm| {
            let [mean, inverse, weight, bias] = norm[self.channel(at)];
            (x - mean) * inverse * weight + bias
        })
    }

    pub fn read(&self, x: &[f64]) -> Vec<f64> {
        let read = |(at, &x): (usize, &f64)| {
            let value = self.normalised(at, x);
            if self.relu { value.max(0.0) } else { value }
        };
        x.iter().enumerate().map(read).collect()
    }

    /// Whether rounding could decide what the ReLU does.
    pub fn is_near(&self, x: &[f64]) -> bool {
        let near = |(at, &x): (usize, &f64)| {
            let value = self.normalised(at, x).abs();
            value > 0.0 && value < MARGIN
        };
        self.relu && x.iter().enumerate().any(near)
    }

    pub fn back(&self, x: &[f64], gradient: &[f64]) -> Back {
        let [channels, height, width] = self.shape;
        let positive = |at: usize| !self.relu || self.normalised(at, x[at]) > 0.0;
        let past_relu = gradient
            .iter()
            .enumerate()
            .map(|(at, &g)| if positive(at) { g } else { 0.0 });
        let mut back = Back {
            input: past_relu.collect(),
            weight: vec![0.0; channels],
            bias: vec![0.0; channels],
        };
        let Some(norm) = &self.norm else { return back };
        let count = (x.len() / len(self.shape) * height * width) as f64;
        let hat = |at: usize| {
            let [mean, inverse, ..] = norm[self.channel(at)];
            (x[at] - mean) * inverse
        };
        for (at, &g) in back.input.iter().enumerate() {
            back.weight[self.channel(at)] += g * hat(at);
            back.bias[self.channel(at)] += g;
        }
        for at in 0..x.len() {
            let channel = self.channel(at);
            let [_, inverse, weight, _] = norm[channel];
            let mean = (back.bias[channel] + hat(at) * back.weight[channel]) / count;
            let pulled = if self.batch { mean } else { 0.0 };
            back.input[at] = weight * inverse * (back.input[at] - pulled);
        }
        back
    }
}

/// Calls `f` with the places in input, weight and output of every product of one image.
fn products(conv: &Conv, mut f: impl FnMut(usize, usize, usize)) {
    let ([read, height, width], [channels, out_height, out_width]) = (conv.input, conv.output);
    let (each, k, pad) = (read / conv.groups, conv.kernel, conv.kernel / 2);
    for c in 0..channels {
        let group = c / (channels / conv.groups);
        for (y, x) in (0..out_height).flat_map(|y| (0..out_width).map(move |x| (y, x))) {
            for (r, ky, kx) in (0..each).flat_map(|r| (0..k * k).map(move |tap| (r, tap / k, tap % k))) {
                let (row, column) = (y * conv.stride + ky, x * conv.stride + kx);
                if row >= pad && column >= pad && row - pad < height && column - pad < width {
                    let from = ((group * each + r) * height + row - pad) * width + column - pad;
                    let tap = ((c * each + r) * k + ky) * k + kx;
                    f(from, tap, (c * out_height + y) * out_width + x);
                }
            }
        }
    }
}

pub fn conv(conv: &Conv, x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let [_, height, width] = conv.output;
    let images = x.len() / len(conv.input);
    let start = |at: usize| bias[at / (height * width) % bias.len()];
    let mut out: Vec<f64> = (0..images * len(conv.output)).map(start).collect();
    for (x, out) in x.chunks(len(conv.input)).zip(out.chunks_mut(len(conv.output))) {
        products(conv, |from, tap, to| out[to] += x[from] * weight[tap]);
    }
    out
}

/// Gradients of input, weight and bias.
pub fn conv_back(conv: &Conv, x: &[f64], weight: &[f64], gradient: &[f64]) -> [Vec<f64>; 3] {
    let [channels, height, width] = conv.output;
    let mut back = [vec![0.0; x.len()], vec![0.0; weight.len()], vec![0.0; channels]];
    for (image, g) in gradient.chunks(len(conv.output)).enumerate() {
        let at = image * len(conv.input);
        products(conv, |from, tap, to| {
            back[0][at + from] += g[to] * weight[tap];
            back[1][tap] += g[to] * x[at + from];
        });
        for (i, g) in g.iter().enumerate() {
            back[2][i / (height * width)] += g;
        }
    }
    back
}

/// Calls `f` with the places of a pixel and of the same one in every `stride`-th, over all images.
pub fn subsampled(images: usize, small: [usize; 3], large: [usize; 3], stride: usize, mut f: impl FnMut(usize, usize)) {
    for image in 0..images {
        for c in 0..small[0].min(large[0]) {
            for (y, x) in (0..small[1]).flat_map(|y| (0..small[2]).map(move |x| (y, x))) {
                let from = ((image * large[0] + c) * large[1] + y * stride) * large[2] + x * stride;
                let to = ((image * small[0] + c) * small[1] + y) * small[2] + x;
                f(from, to);
            }
        }
    }
}

/// Adds an addition's share, made of `values` and `gate`.
pub fn add_share(into: &mut [f64], share: Share, shape: [usize; 3], values: &[f32], gate: &[f32]) {
    subsampled(
        into.len() / len(shape),
        share.shape(shape),
        shape,
        share.stride,
        |from, to| {
            if !share.gate || gate[to] > 0.0 {
                into[from] += f64::from(share.scale) * f64::from(values[to]);
            }
        },
    );
}
