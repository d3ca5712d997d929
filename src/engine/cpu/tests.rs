//! Every convolution kernel on every instruction set of this machine against a naive one in `f64`.

use super::buffer::Buffer;
use super::conv::ConvForward;
use super::conv_grad::{AddendOf, ConvGrad, Into, Pieces};
use super::lanes::Isa;
use super::layout::{pack, unpack};
use super::source::{Depth, GradientOf, ViewOf};
use crate::engine::plan::Conv;

const TOLERANCE: f64 = 5e-5;

fn conv(kernel: usize, stride: usize, groups: usize, input: [usize; 3], channels: usize) -> Conv {
    let [_, height, width] = input;
    Conv {
        node: 0,
        kernel,
        stride,
        groups,
        input,
        output: [channels, height.div_ceil(stride), width.div_ceil(stride)],
        weight: 0,
        bias: Some(1),
    }
}

/// Odd maps and channels, strides, groups, and one map that takes several bands.
fn shapes() -> Vec<Conv> {
    let mut shapes = Vec::new();
    for (kernel, stride) in [(3, 1), (3, 2), (1, 1), (1, 2)] {
        for (input, channels, groups) in [
            ([1, 1, 1], 3, 1),
            ([3, 7, 7], 12, 1),
            ([12, 9, 7], 20, 1),
            ([12, 2, 2], 12, 4),
            ([20, 4, 9], 20, 20),
            ([6, 5, 9], 9, 3),
        ] {
            shapes.push(conv(kernel, stride, groups, input, channels));
        }
    }
    shapes.push(conv(3, 1, 1, [40, 33, 32], 7));
    shapes.push(conv(3, 2, 2, [40, 33, 32], 6));
    shapes
}

fn wave(len: usize, phase: f32) -> Vec<f32> {
    (0..len)
        .map(|i| (i as f32 * 0.731 + phase).sin() + 0.3 * (i as f32 * 0.0137 + phase).cos())
        .collect()
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
                    let at = ((group * each + r) * height + row - pad) * width + column - pad;
                    f(
                        at,
                        ((c * each + r) * k + ky) * k + kx,
                        (c * out_height + y) * out_width + x,
                    );
                }
            }
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

fn assert_close(found: &[f32], right: &[f64], what: &str) {
    let square = |value: f64| value * value;
    let off: f64 = found.iter().zip(right).map(|(&a, &b)| square(f64::from(a) - b)).sum();
    let size: f64 = right.iter().map(|&b| square(b)).sum();
    let error = off.sqrt() / size.sqrt().max(1e-6);
    // Not `error > ...`: a NaN must fail too.
    assert!(error <= TOLERANCE, "{what}: {error:.1e}");
}

fn view(values: &[f32], [channels, height, width]: [usize; 3]) -> ViewOf<'_> {
    ViewOf {
        values,
        channels,
        plane: height * width,
        norm: None,
        relu: false,
    }
}

fn check(conv: &Conv, isa: Isa, images: usize) {
    let what = format!("{conv:?}, {} with {images} images", isa.name());
    let (width, blocks) = (isa.width(), images.div_ceil(isa.width()));
    let [in_len, out_len] = [conv.input, conv.output].map(|shape| shape.iter().product::<usize>());
    let weights = conv.output[0] * conv.input[0] / conv.groups * conv.kernel * conv.kernel;
    let (input, weight, bias) = (
        wave(images * in_len, 0.1),
        wave(weights, 0.7),
        wave(conv.output[0], 1.3),
    );
    let (gradient, addend) = (wave(images * out_len, 2.1), wave(images * in_len, 2.9));
    let x = packed(&input, in_len, width);
    let mut scratch = Buffer::default();

    let mut output = packed(&vec![f32::NAN; images * out_len], out_len, width);
    for (block, output) in output.values_mut()[..blocks * out_len * width]
        .chunks_mut(out_len * width)
        .enumerate()
    {
        isa.run(ConvForward {
            conv,
            input: view(x.values(), conv.input).block(block, width),
            weight: &weight,
            bias: Some(&bias),
            output,
            statistics: None,
            scratch: &mut scratch,
        });
    }
    let plane = conv.output[1] * conv.output[2];
    let mut right: Vec<f64> = (0..images * out_len)
        .map(|i| f64::from(bias[i % out_len / plane]))
        .collect();
    let mut right_input: Vec<f64> = addend.iter().map(|&value| 0.5 * f64::from(value)).collect();
    let mut right_weight = vec![0.0; weights + conv.output[0]];
    for image in 0..images {
        let (at_x, at_y) = (image * in_len, image * out_len);
        products(conv, |from, tap, to| {
            let (x, w) = (f64::from(input[at_x + from]), f64::from(weight[tap]));
            let g = f64::from(gradient[at_y + to]);
            right[at_y + to] += x * w;
            right_input[at_x + from] += g * w;
            right_weight[tap] += g * x;
        });
        for (i, &g) in gradient[at_y..][..out_len].iter().enumerate() {
            right_weight[weights + i / plane] += f64::from(g);
        }
    }
    assert_close(&unpacked(&output, out_len, width, images), &right, &what);

    let (g, share) = (packed(&gradient, out_len, width), packed(&addend, in_len, width));
    let mut into = packed(&vec![f32::NAN; images * in_len], in_len, width);
    let pieces = Pieces::new(conv, width);
    let mut found_weight = vec![0.0; right_weight.len()];
    let values = into.values_mut()[..blocks * in_len * width].chunks_mut(pieces.blocks * in_len * width);
    for (piece, values) in values.enumerate() {
        let mut shares = vec![f32::NAN; right_weight.len()];
        let from = piece * pieces.blocks;
        let blocks = from..(from + pieces.blocks).min(blocks);
        isa.run(ConvGrad {
            conv,
            pieces,
            gradient: GradientOf {
                values: g.values(),
                scale: 1.0,
                gate: None,
                depth: Depth::Nothing,
                images,
                view: view(&[], conv.output),
            },
            input: view(x.values(), conv.input),
            weight: &weight,
            into: Some(Into {
                values,
                accumulate: false,
                addend: Some(AddendOf {
                    values: share.values(),
                    shape: conv.input,
                    scale: 0.5,
                    gate: None,
                    stride: 1,
                }),
                reductions: [None; 2],
                sums: &mut vec![0.0; blocks.len()],
            }),
            blocks,
            share: &mut shares,
            scratch: &mut scratch,
        });
        found_weight
            .iter_mut()
            .zip(shares)
            .for_each(|(sum, share)| *sum += share);
    }
    assert_close(&unpacked(&into, in_len, width, images), &right_input, &what);
    assert_close(&found_weight, &right_weight, &what);
}

#[test]
fn convolutions_agree_with_the_naive_one() {
    for isa in Isa::available() {
        for conv in shapes() {
            for images in [1, 3, 17] {
                check(&conv, isa, images);
            }
        }
        check(&conv(3, 2, 1, [3, 7, 9], 12), isa, 127);
    }
}

#[test]
fn means_far_from_zero_keep_their_variance() {
    // 10,000 + {0, 1}: the naive E[x^2] - E[x]^2 gives 0 or 8 in f32.
    for isa in Isa::available() {
        let (images, plane, width) = (19, 9, isa.width());
        let values: Vec<f32> = (0..images * plane).map(|i| 1e4 + (i % 2) as f32).collect();
        let buffer = packed(&values, plane, width);
        let mut statistics = Buffer::default();
        statistics.reserve(2 * 3 * width);
        for (block, out) in (0..images.div_ceil(width)).zip(statistics.values_mut().chunks_exact_mut(2 * width)) {
            let values = &buffer.values()[block * plane * width..][..plane * width];
            isa.run(LaneStatistics { values, plane, out });
        }
        let (mean, variance) = super::norm::batch_statistics(statistics.values(), 1, width, images, plane, 0);
        let ones = (images * plane / 2) as f64 / (images * plane) as f64;
        assert!((mean - 1e4 - ones).abs() < 1e-3, "{}: {mean}", isa.name());
        assert!(
            (variance - ones * (1.0 - ones)).abs() < 1e-3,
            "{}: {variance}",
            isa.name()
        );
    }
}

struct LaneStatistics<'a> {
    values: &'a [f32],
    plane: usize,
    out: &'a mut [f32],
}

impl super::lanes::Kernel for LaneStatistics<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: super::lanes::Lanes>(self) {
        super::norm::lane_statistics::<S>(self.values, self.plane, self.out);
    }
}

#[test]
fn vectors_agree_on_the_least_of_things() {
    struct Least;
    impl super::lanes::Kernel for Least {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<S: super::lanes::Lanes>(self) -> Vec<f32> {
            let minus = S::splat(-1.0);
            let nan = S::splat(f32::NAN);
            let two = S::splat(2.0);
            let of = |v: S| v.sum() / S::WIDTH as f32;
            vec![
                of(minus.relu()),
                of(nan.relu()),
                of(two.where_positive(S::zero())),
                of(two.where_positive(nan)),
                of(two.where_positive(two)),
                of(two.mul_add(two, minus)),
                S::sums([two, minus, S::zero(), two])[1] / S::WIDTH as f32,
            ]
        }
    }
    for isa in Isa::available() {
        let found = isa.run(Least);
        assert!(found[1].is_nan(), "{}: ReLU must keep NaN", isa.name());
        assert_eq!(found[0], 0.0);
        assert_eq!(found[2..], [0.0, 0.0, 2.0, 3.0, -1.0], "{}", isa.name());
    }
}
