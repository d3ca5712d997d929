//! Every kernel on every instruction set of this machine against a naive one in `f64`, which itself is compared with
//! PyTorch's constants (`tests/pytorch/kernels.py` makes them), and against its portable twin.

mod add;
mod conv;
mod head;
mod lanes;
mod naive;
#[path = "../../../../tests/pytorch/digest.rs"]
mod pytorch;
mod update;

use std::collections::BTreeMap;
use std::path::Path;

use super::buffer::Buffer;
use super::conv_grad::AddendOf;
use super::lanes::{Isa, Kernel, Lanes};
use super::layout::{pack, unpack};
use super::norm_grad::NormSums;
use super::source::{GradientOf, NormValues, ViewOf};
use super::statistics::{self, add_statistics};

/// Largest relative error of a tensor against `f64`.
const TOLERANCE: f64 = 5e-5;
/// Nothing that a ReLU looks at may be so near to zero that rounding decides.
const MARGIN: f64 = 3e-6;

/// Named results of a kernel.
type Found = BTreeMap<&'static str, Vec<f32>>;
/// What they should be.
type Right = BTreeMap<&'static str, Vec<f64>>;
/// What PyTorch found.
type Digests = BTreeMap<String, [f64; 4]>;

/// One kind's cases of `kernels.json`.
fn cases<T: serde::de::DeserializeOwned>(kind: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch/kernels.json");
    let mut all: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    serde_json::from_value(all.remove(kind).unwrap()).unwrap()
}

/// Runs a kernel on every instruction set and compares.
fn agree(what: &str, right: &Right, digests: &Digests, run: impl Fn(Isa) -> Found) {
    for (name, &constants) in digests {
        let distance = pytorch::distance(pytorch::digest(&right[name.as_str()]), constants);
        assert!(
            distance <= 1e-7,
            "{what}: the naive {name} is {distance:.1e} from PyTorch's"
        );
    }
    let twin = run(Isa::Portable);
    for isa in Isa::available() {
        let found = run(isa);
        assert!(found.keys().eq(right.keys()), "{:?} {:?}", found.keys(), right.keys());
        for (name, right) in right {
            let what = format!("{what}, {}: {name}", isa.name());
            assert_close(&found[name], right, &what);
            assert_close(
                &found[name],
                &wide(&twin[name]),
                &format!("{what} against its portable twin"),
            );
        }
    }
}

fn assert_close(found: &[f32], right: &[f64], what: &str) {
    assert_eq!(found.len(), right.len(), "{what}");
    let square = |value: f64| value * value;
    let off: f64 = found.iter().zip(right).map(|(&a, &b)| square(f64::from(a) - b)).sum();
    let size: f64 = right.iter().map(|&b| square(b)).sum();
    let error = off.sqrt() / size.sqrt().max(1e-6);
    // Not `error > ...`: a NaN must fail too.
    assert!(error <= TOLERANCE, "{what}: {error:.1e}");
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// A case's tensors, by stream.
#[derive(Clone, Copy)]
struct Inputs {
    seed: u64,
    images: usize,
}

impl Inputs {
    fn get(self, stream: u64, count: usize) -> Vec<f32> {
        pytorch::values(count, self.seed * 32 + stream)
    }

    /// A tensor of all images, for people and packed for vectors.
    fn tensor(self, stream: u64, shape: [usize; 3], width: usize) -> Buffer {
        let image = shape.iter().product();
        packed(&self.get(stream, self.images * image), image, width)
    }
}

/// A view or what a gradient is carried back through.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
struct Reading {
    norm: bool,
    relu: bool,
    #[serde(default)]
    gate: bool,
}

/// An addition's share.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
struct Share {
    stride: usize,
    scale: f32,
    gate: bool,
}

impl Share {
    /// Of a shortcut that is padded by two channels.
    fn shape(self, [channels, height, width]: [usize; 3]) -> [usize; 3] {
        [channels + 2, height.div_ceil(self.stride), width.div_ceil(self.stride)]
    }

    fn of<'a>(self, input: [usize; 3], values: &'a Buffer, gate: &'a Buffer) -> AddendOf<'a> {
        AddendOf {
            values: values.values(),
            shape: self.shape(input),
            scale: self.scale,
            gate: self.gate.then_some(gate.values()),
            stride: self.stride,
        }
    }
}

fn packed(values: &[f32], image: usize, width: usize) -> Buffer {
    let mut buffer = Buffer::default();
    let blocks = (values.len() / image).div_ceil(width);
    buffer.reserve(blocks * image * width);
    let out = buffer.values_mut()[..blocks * image * width].chunks_mut(image * width);
    values
        .chunks(image * width)
        .zip(out)
        .for_each(|(images, out)| pack(images, width, out));
    buffer
}

fn unpacked(buffer: &Buffer, image: usize, width: usize, images: usize) -> Vec<f32> {
    let mut out = vec![0.0; images * image];
    unpack(buffer.values(), width, image, &mut out);
    out
}

fn view<'a>(
    buffer: &'a Buffer,
    [channels, height, width]: [usize; 3],
    norm: Option<&'a NormValues>,
    relu: bool,
) -> ViewOf<'a> {
    ViewOf {
        values: buffer.values(),
        channels,
        plane: height * width,
        norm,
        relu,
    }
}

struct LaneStatistics<'a> {
    values: &'a [f32],
    plane: usize,
    out: &'a mut [f32],
}

impl Kernel for LaneStatistics<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Lanes>(self) {
        // In two parts where there are enough pixels.
        let parts = [0..self.plane / 3, self.plane / 3..self.plane];
        for pixels in parts.into_iter().filter(|pixels| !pixels.is_empty()) {
            add_statistics(S::of(self.values), self.plane, pixels, S::of_mut(self.out));
        }
    }
}

/// Statistics of the lanes of all blocks of a tensor.
fn lane_statistics(isa: Isa, buffer: &Buffer, [channels, height, width]: [usize; 3], images: usize) -> Buffer {
    let (plane, lanes) = (height * width, isa.width());
    let (len, blocks) = (channels * 2 * lanes, images.div_ceil(lanes));
    let mut statistics = Buffer::default();
    statistics.reserve(blocks * len);
    for (block, out) in statistics.values_mut()[..blocks * len]
        .chunks_exact_mut(len)
        .enumerate()
    {
        let values = &buffer.values()[block * channels * plane * lanes..][..channels * plane * lanes];
        isa.run(LaneStatistics { values, plane, out });
    }
    statistics
}

/// Mean and variance of each channel.
fn batch_statistics(isa: Isa, lanes: &Buffer, [channels, height, width]: [usize; 3], images: usize) -> Vec<[f64; 2]> {
    let of =
        |channel| statistics::batch_statistics(lanes.values(), channels, isa.width(), images, height * width, channel);
    (0..channels).map(of).map(|(mean, variance)| [mean, variance]).collect()
}

/// A normalisation's values; its four streams start at `stream`.
fn norm_values(inputs: Inputs, stream: u64, running: bool, statistics: &[[f64; 2]]) -> NormValues {
    let channels = statistics.len();
    let [weight, bias, means, variances] = [0, 1, 2, 3].map(|at| inputs.get(stream + at, channels));
    let mut values = NormValues::new(channels);
    for channel in 0..channels {
        let [mean, variance] = if running {
            [f64::from(means[channel]), f64::from(variances[channel]).abs() + 0.5]
        } else {
            statistics[channel]
        };
        values.set(channel, mean, variance, weight[channel], bias[channel]);
    }
    values
}

/// Takes a reduction's sums `[block][channel][2]`: gradients of weight and bias.
fn finish(norm: &mut NormValues, sums: &[f64], count: usize, batch: bool) -> [Vec<f32>; 2] {
    let channels = norm.mean.len();
    let mut gradients = [vec![0.0; channels], vec![0.0; channels]];
    for channel in 0..channels {
        let blocks = sums.chunks_exact(channels * 2).map(|block| &block[channel * 2..]);
        let both = blocks.fold([0.0; 2], |sum, block| [sum[0] + block[0], sum[1] + block[1]]);
        gradients[0][channel] = (both[1] * f64::from(norm.inverse[channel])) as f32;
        gradients[1][channel] = both[0] as f32;
        norm.set_sums(channel, both, count, batch);
    }
    gradients
}

/// Runs [`NormSums`] over all blocks.
fn norm_sums(isa: Isa, gradient: GradientOf<'_>) -> Vec<f64> {
    let (len, blocks) = (gradient.view.channels * 2, gradient.images.div_ceil(isa.width()));
    let mut sums = vec![f64::NAN; blocks * len];
    for (block, sums) in sums.chunks_exact_mut(len).enumerate() {
        let gradient = gradient.block(block, isa.width());
        isa.run(NormSums { gradient, sums });
    }
    sums
}

/// A gradient carried back, as `[N, C, H, W]`.
fn read_gradient(isa: Isa, gradient: GradientOf<'_>) -> Vec<f32> {
    let (width, image) = (isa.width(), gradient.view.channels * gradient.view.plane);
    let blocks = gradient.images.div_ceil(width);
    let mut out = packed(&vec![f32::NAN; gradient.images * image], image, width);
    let of_blocks = out.values_mut()[..blocks * image * width].chunks_exact_mut(image * width);
    for (block, out) in of_blocks.enumerate() {
        let gradient = gradient.block(block, width);
        isa.run(super::read_gradient::ReadGradient { gradient, out });
    }
    unpacked(&out, image, width, gradient.images)
}
