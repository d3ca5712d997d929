//! A convolution between what it reads through and what its gradient comes back through: `Conv`, `ConvGrad`, `NormGrad`,
//! and gradients read through views.

use super::super::conv::ConvForward;
use super::super::conv_grad::{ConvGrad, Into, Pieces};
use super::super::source::{Depth, GradientOf};
use super::*;
use crate::engine::plan::Conv;

#[derive(Debug, Clone, serde::Deserialize)]
struct Case {
    images: usize,
    input: [usize; 3],
    channels: usize,
    kernel: usize,
    stride: usize,
    groups: usize,
    view: Reading,
    behind: Reading,
    running: bool,
    addend: Option<Share>,
    accumulate: bool,
    seed: u64,
    digests: Digests,
}

/// The loss is half the sum of what comes out behind times stream 12, and of the shares that are added.
impl Case {
    fn conv(&self) -> Conv {
        let [_, height, width] = self.input;
        Conv {
            node: 0,
            kernel: self.kernel,
            stride: self.stride,
            groups: self.groups,
            input: self.input,
            output: [self.channels, height.div_ceil(self.stride), width.div_ceil(self.stride)],
            weight: 0,
            bias: Some(1),
        }
    }

    fn inputs(&self) -> Inputs {
        Inputs {
            seed: self.seed,
            images: self.images,
        }
    }

    fn weights(&self) -> usize {
        self.channels * self.input[0] / self.groups * self.kernel * self.kernel
    }

    /// Whether the bias has a gradient: what is normalised by its batch has none.
    fn bias_counts(&self) -> bool {
        !self.behind.norm || self.running
    }

    /// Results, the gate of the addition behind, and whether rounding could decide a ReLU.
    fn naive(&self) -> (Right, Vec<f32>, bool) {
        let (conv, inputs, mut right) = (self.conv(), self.inputs(), Right::new());
        let (image_in, image_out) = (naive::len(conv.input), naive::len(conv.output));
        let tensor = |stream, image: usize| wide(&inputs.get(stream, self.images * image));
        let (weight, bias) = (
            wide(&inputs.get(5, self.weights())),
            wide(&inputs.get(6, self.channels)),
        );
        let x = tensor(0, image_in);
        let before = naive::View::new(&x, self.input, self.view, inputs, 1, self.running);
        let read = before.read(&x);
        let y = naive::conv(&conv, &read, &weight, &bias);
        let behind = naive::View::new(&y, conv.output, self.behind, inputs, 7, self.running);
        let z = behind.read(&y).into_iter().zip(tensor(11, image_out));
        let gate: Vec<f64> = z.map(|(z, skip)| (z + skip).max(0.0)).collect();
        let open = |at: usize| !self.behind.gate || gate[at] > 0.0;
        let g = tensor(12, image_out).into_iter().enumerate();
        let g: Vec<f64> = g.map(|(at, g)| if open(at) { 0.5 * g } else { 0.0 }).collect();
        let back = behind.back(&y, &g);
        let [mut into, weight_grad, bias_grad] = naive::conv_back(&conv, &read, &weight, &back.input);
        if let Some(share) = self.addend {
            let count = self.images * naive::len(share.shape(self.input));
            let (values, gate) = (inputs.get(13, count), inputs.get(14, count));
            naive::add_share(&mut into, share, self.input, &values, &gate);
        }
        if self.accumulate {
            into.iter_mut()
                .zip(tensor(15, image_in))
                .for_each(|(into, p)| *into += p);
        }
        let statistics = naive::statistics(&y, conv.output);
        right.insert("mean", statistics.iter().map(|both| both[0]).collect());
        right.insert("variance", statistics.iter().map(|both| both[1]).collect());
        if self.bias_counts() {
            right.insert("bias", bias_grad);
        }
        if self.behind.norm {
            right.insert("behind.weight", back.weight);
            right.insert("behind.bias", back.bias);
        }
        let near = before.is_near(&x) || behind.is_near(&y);
        let first = before.back(&x, &into);
        if self.view.norm {
            right.insert("norm.weight", first.weight);
            right.insert("norm.bias", first.bias);
        }
        right.extend([
            ("output", y),
            ("weight", weight_grad),
            ("into", into),
            ("input", first.input),
        ]);
        (right, narrow(&gate), near)
    }

    fn run(&self, isa: Isa, gate: &[f32]) -> Found {
        let (conv, inputs, mut found) = (self.conv(), self.inputs(), Found::new());
        let (width, blocks) = (isa.width(), self.images.div_ceil(isa.width()));
        let (image_in, image_out) = (naive::len(conv.input), naive::len(conv.output));
        let (weight, bias) = (inputs.get(5, self.weights()), inputs.get(6, self.channels));
        let x = inputs.tensor(0, conv.input, width);
        let lanes = lane_statistics(isa, &x, conv.input, self.images);
        let statistics = batch_statistics(isa, &lanes, conv.input, self.images);
        let mut before = norm_values(inputs, 1, self.running, &statistics);
        let read = view(&x, conv.input, self.view.norm.then_some(&before), self.view.relu);

        let mut scratch = Buffer::default();
        let mut y = packed(&vec![f32::NAN; self.images * image_out], image_out, width);
        let mut lanes = Buffer::default();
        let lane_len = self.channels * 2 * width;
        lanes.reserve(blocks * lane_len);
        let outputs = y.values_mut()[..blocks * image_out * width].chunks_mut(image_out * width);
        let lanes_of = lanes.values_mut().chunks_mut(lane_len);
        for (block, (output, lanes)) in outputs.zip(lanes_of).enumerate() {
            isa.run(ConvForward {
                conv: &conv,
                input: read.block(block, width),
                weight: &weight,
                bias: Some(&bias),
                output,
                statistics: Some(lanes),
                scratch: &mut scratch,
            });
        }
        found.insert("output", unpacked(&y, image_out, width, self.images));
        let statistics = batch_statistics(isa, &lanes, conv.output, self.images);
        found.insert("mean", statistics.iter().map(|both| both[0] as f32).collect());
        found.insert("variance", statistics.iter().map(|both| both[1] as f32).collect());

        let mut behind = norm_values(inputs, 7, self.running, &statistics);
        let (g, gate) = (inputs.tensor(12, conv.output, width), packed(gate, image_out, width));
        let gradient = GradientOf {
            values: g.values(),
            scale: 0.5,
            gate: self.behind.gate.then_some(gate.values()),
            depth: Depth::Nothing,
            images: self.images,
            view: view(&y, conv.output, None, false),
        };
        let [_, out_height, out_width] = conv.output;
        if self.behind.norm {
            let before_relu = GradientOf {
                depth: Depth::Relu,
                view: view(&y, conv.output, Some(&behind), self.behind.relu),
                ..gradient
            };
            let sums = norm_sums(isa, before_relu);
            let [weight, bias] = finish(&mut behind, &sums, self.images * out_height * out_width, !self.running);
            found.insert("behind.weight", weight);
            found.insert("behind.bias", bias);
        }
        let depth = match self.behind {
            Reading { norm: true, .. } => Depth::Norm,
            Reading { relu: true, .. } => Depth::Relu,
            _ => Depth::Nothing,
        };
        let gradient = GradientOf {
            depth,
            view: view(&y, conv.output, self.behind.norm.then_some(&behind), self.behind.relu),
            ..gradient
        };

        let start = if self.accumulate {
            inputs.get(15, self.images * image_in)
        } else {
            vec![f32::NAN; self.images * image_in]
        };
        let mut into = packed(&start, image_in, width);
        let share_shape = self.addend.map_or([1; 3], |share| share.shape(conv.input));
        let [share, share_gate] = [13, 14].map(|stream| inputs.tensor(stream, share_shape, width));
        let addend = self.addend.map(|of| of.of(conv.input, &share, &share_gate));
        let reduction = self.view.norm.then_some(GradientOf {
            values: &[],
            scale: 1.0,
            gate: None,
            depth: Depth::Relu,
            images: self.images,
            view: read,
        });
        let pieces = Pieces::new(&conv, width);
        let sums_len = if self.view.norm { conv.input[0] * 2 } else { 1 };
        let mut sums = vec![f64::NAN; blocks * sums_len];
        let mut parameters = vec![0.0; self.weights() + self.channels];
        let values = into.values_mut()[..blocks * image_in * width].chunks_mut(pieces.blocks * image_in * width);
        let sums_of = sums.chunks_mut(pieces.blocks * sums_len);
        for (piece, (values, sums)) in values.zip(sums_of).enumerate() {
            let mut shares = vec![f32::NAN; parameters.len()];
            let from = piece * pieces.blocks;
            isa.run(ConvGrad {
                conv: &conv,
                pieces,
                blocks: from..(from + pieces.blocks).min(blocks),
                gradient,
                input: read,
                weight: &weight,
                into: Some(Into {
                    values,
                    accumulate: self.accumulate,
                    addend,
                    reductions: [reduction, None],
                    sums,
                }),
                share: &mut shares,
                scratch: &mut scratch,
            });
            parameters.iter_mut().zip(shares).for_each(|(sum, share)| *sum += share);
        }
        let bias_grad = parameters.split_off(self.weights());
        found.insert("weight", parameters);
        if self.bias_counts() {
            found.insert("bias", bias_grad);
        }
        found.insert("into", unpacked(&into, image_in, width, self.images));
        if self.view.norm {
            let [_, height, width] = self.input;
            let [weight, bias] = finish(&mut before, &sums, self.images * height * width, !self.running);
            found.insert("norm.weight", weight);
            found.insert("norm.bias", bias);
        }
        let back = GradientOf {
            values: into.values(),
            scale: 1.0,
            gate: None,
            depth: Depth::Norm,
            images: self.images,
            view: view(&x, conv.input, self.view.norm.then_some(&before), self.view.relu),
        };
        found.insert("input", read_gradient(isa, back));
        found
    }

    fn check(&self) {
        let (right, gate, _) = self.naive();
        agree(&format!("{self:?}"), &right, &self.digests, |isa| self.run(isa, &gate));
    }
}

#[test]
fn convolutions_agree_with_pytorch() {
    for case in cases::<Case>("conv") {
        case.check();
    }
}

/// More shapes than PyTorch was asked: every kernel with every stride, groups, and maps that take several bands.
#[test]
fn convolutions_agree_with_the_naive_one() {
    let shapes = [
        ([1, 1, 1], 3, 1),
        ([3, 7, 7], 12, 1),
        ([12, 9, 7], 20, 1),
        ([12, 2, 2], 12, 4),
        ([20, 4, 9], 20, 20),
        ([6, 5, 9], 9, 3),
        ([40, 33, 32], 6, 2),
    ];
    for (at, &(input, channels, groups)) in shapes.iter().enumerate() {
        for (kernel, stride) in [(3, 1), (3, 2), (1, 1), (1, 2)] {
            for images in [1, 3, 17] {
                // The bands' shape is the dearest in the naive way.
                if input[1] > 30 && (kernel == 1 || images == 17) {
                    continue;
                }
                let one = images * input[1] == 1;
                let mut case = Case {
                    images,
                    input,
                    channels,
                    kernel,
                    stride,
                    groups,
                    view: Reading {
                        norm: at % 2 == 1,
                        relu: images == 3 || stride == 1,
                        gate: false,
                    },
                    behind: Reading {
                        // Nothing whose gradient normalisation cancels: here the gain of a single product, a bias elsewhere.
                        norm: images == 3 && kernel == 3 && input[1] > 1,
                        relu: kernel == 1,
                        gate: false,
                    },
                    running: one,
                    addend: None,
                    accumulate: images == 17,
                    seed: 1,
                    digests: Digests::new(),
                };
                while case.naive().2 {
                    case.seed += 1;
                }
                case.check();
            }
        }
    }
}
