//! Every engine's gradients against central differences of an independent `f64` forward pass.
//!
//! A difference across a kink of ReLU is no derivative, so the test demands that both sides of each difference have the
//! same signs at every ReLU; with steps of 1e-6 the inputs below do.

use std::sync::Arc;

use depthscope::data::Batch;
use depthscope::engine::{BnMode, Choice, Optimizer, ProbeRequest, Select, open};
use depthscope::net::{Graph, NodeId, Op, Weights, initial_weights};

const STEP: f64 = 1e-6;
const TOLERANCE: f64 = 1e-4;
/// Differences taken of each tensor.
const SAMPLES: usize = 6;

struct Net<'a> {
    graph: &'a Graph,
    weights: std::collections::BTreeMap<String, Vec<f64>>,
    batch: &'a Batch,
    mode: BnMode,
}

/// One value to move: of a parameter, or of a node's output.
enum Moved<'a> {
    Parameter(&'a str, usize),
    Activation(NodeId, usize),
}

impl Net<'_> {
    /// The mean cross-entropy with one value moved, and which ReLUs are open.
    fn loss(&mut self, moved: &Moved, by: f64) -> (f64, Vec<bool>) {
        if let Moved::Parameter(name, index) = moved {
            self.weights.get_mut(*name).unwrap()[*index] += by;
        }
        let mut open = Vec::new();
        let mut outputs: Vec<Vec<f64>> = Vec::new();
        for (id, node) in self.graph.nodes.iter().enumerate() {
            let inputs: Vec<&[f64]> = node.inputs.iter().map(|&id| outputs[id].as_slice()).collect();
            let mut y = self.output(id, &inputs);
            if node.op == Op::Relu {
                open.extend(inputs[0].iter().map(|&x| x > 0.0));
            }
            if let Moved::Activation(at, index) = *moved
                && at == id
            {
                y[index] += by;
            }
            outputs.push(y);
        }
        if let Moved::Parameter(name, index) = moved {
            self.weights.get_mut(*name).unwrap()[*index] -= by;
        }
        let classes = self.graph.spec.classes;
        let of_image = |(logits, &label): (&[f64], &u32)| {
            logits.iter().map(|logit| logit.exp()).sum::<f64>().ln() - logits[label as usize]
        };
        let sum: f64 = outputs
            .last()
            .unwrap()
            .chunks(classes)
            .zip(&self.batch.labels)
            .map(of_image)
            .sum();
        (sum / self.batch.len() as f64, open)
    }

    fn difference(&mut self, moved: &Moved) -> f64 {
        let ((above, open), (below, open_below)) = (self.loss(moved, STEP), self.loss(moved, -STEP));
        assert!(open == open_below, "a difference crosses a kink; take another seed");
        (above - below) / (2.0 * STEP)
    }

    fn output(&self, id: NodeId, inputs: &[&[f64]]) -> Vec<f64> {
        let node = &self.graph.nodes[id];
        let n = self.batch.len();
        let read = node.inputs.first().map_or([0; 3], |&id| self.graph.nodes[id].output);
        let parameter = |suffix: &str| self.weights[&format!("{}.{suffix}", node.op.parameters().unwrap())].as_slice();
        let [c, h, w] = node.output;
        let each = |f: &dyn Fn(usize, usize, usize, usize) -> f64| {
            let mut y = Vec::with_capacity(n * c * h * w);
            for image in 0..n {
                for channel in 0..c {
                    for row in 0..h {
                        y.extend((0..w).map(|column| f(image, channel, row, column)));
                    }
                }
            }
            y
        };
        let at = |x: &[f64], image: usize, channel: usize, row: usize, column: usize| {
            x[((image * read[0] + channel) * read[1] + row) * read[2] + column]
        };
        match &node.op {
            Op::Input => self.batch.images.iter().map(|&pixel| f64::from(pixel)).collect(),
            &Op::Conv {
                kernel,
                stride,
                groups,
                bias,
                ..
            } => {
                let (weight, per_group) = (parameter("weight"), read[0] / groups);
                each(&|image, channel, row, column| {
                    let first = channel / (c / groups) * per_group;
                    let mut sum = if bias { parameter("bias")[channel] } else { 0.0 };
                    for i in 0..per_group {
                        for ky in 0..kernel {
                            for kx in 0..kernel {
                                let (y, x) = (row * stride + ky, column * stride + kx);
                                let (Some(y), Some(x)) = (y.checked_sub(kernel / 2), x.checked_sub(kernel / 2)) else {
                                    continue;
                                };
                                if y < read[1] && x < read[2] {
                                    sum += weight[((channel * per_group + i) * kernel + ky) * kernel + kx]
                                        * at(inputs[0], image, first + i, y, x);
                                }
                            }
                        }
                    }
                    sum
                })
            }
            Op::BatchNorm { .. } => {
                let count = (n * h * w) as f64;
                let values = |channel: usize| {
                    (0..n).flat_map(move |image| {
                        let from = (image * c + channel) * h * w;
                        inputs[0][from..from + h * w].iter()
                    })
                };
                let statistics: Vec<(f64, f64)> = (0..c)
                    .map(|channel| {
                        if self.mode == BnMode::Running {
                            return (parameter("running_mean")[channel], parameter("running_var")[channel]);
                        }
                        let mean = values(channel).sum::<f64>() / count;
                        (
                            mean,
                            values(channel).map(|x| (x - mean) * (x - mean)).sum::<f64>() / count,
                        )
                    })
                    .collect();
                each(&|image, channel, row, column| {
                    let (mean, variance) = statistics[channel];
                    (at(inputs[0], image, channel, row, column) - mean) / (variance + 1e-5).sqrt()
                        * parameter("weight")[channel]
                        + parameter("bias")[channel]
                })
            }
            Op::Relu => inputs[0].iter().map(|x| x.max(0.0)).collect(),
            &Op::Subsample { stride } => each(&|image, channel, row, column| {
                if channel < read[0] {
                    at(inputs[0], image, channel, row * stride, column * stride)
                } else {
                    0.0
                }
            }),
            &Op::Add { scale } => inputs[0]
                .iter()
                .zip(inputs[1])
                .map(|(b, s)| b + f64::from(scale) * s)
                .collect(),
            Op::Identity => inputs[0].to_vec(),
            Op::AvgPool => inputs[0]
                .chunks(read[1] * read[2])
                .map(|map| map.iter().sum::<f64>() / map.len() as f64)
                .collect(),
            Op::Linear { .. } => each(&|image, class, _, _| {
                let weights = &parameter("weight")[class * read[0]..][..read[0]];
                let x = &inputs[0][image * read[0]..][..read[0]];
                weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + parameter("bias")[class]
            }),
        }
    }
}

/// Weights with nothing at a special value: normalisation scales differ, biases and running statistics are not zero.
fn weights(graph: &Graph, seed: u64) -> Weights {
    let mut weights = initial_weights(graph, seed);
    for (name, array) in &mut weights {
        for (i, value) in array.data.iter_mut().enumerate() {
            let wave = ((i * 7 + name.len() * 3) as f32).sin();
            if name.ends_with("bias") || name.ends_with("running_mean") {
                *value += 0.3 * wave;
            } else if array.shape.len() == 1 {
                *value += 0.4 * wave;
            }
        }
    }
    weights
}

const ENGINES: [Choice; 2] = [Choice::Candle, Choice::Cpu];

fn agrees(text: &str, mode: BnMode) {
    let graph = Arc::new(Graph::new(&text.parse().unwrap()));
    let (shape, n) = (graph.spec.input, 4);
    let pixel = |i: usize| ((i * i % 97) as f32 * 0.37 + i as f32 * 0.11).sin();
    let batch = Batch {
        shape,
        images: (0..n * shape.iter().product::<usize>()).map(pixel).collect(),
        labels: (0..n).map(|i| (i % graph.spec.classes) as u32).collect(),
        origin: None,
    };
    let weights = weights(&graph, 5);
    let request = ProbeRequest {
        mode,
        activations: Select::None,
        activation_gradients: Select::All,
        weight_gradients: true,
    };
    let found = ENGINES.map(|choice| {
        let mut engine = open(choice, &graph, &weights, Optimizer::default()).unwrap();
        let probe = engine.probe(&batch, &request).unwrap();
        let gradients = probe.weight_gradients.into_iter().chain(probe.activation_gradients);
        gradients.collect::<Weights>()
    });
    let wide = |data: &[f32]| data.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
    let mut net = Net {
        graph: &graph,
        weights: weights
            .iter()
            .map(|(name, array)| (name.clone(), wide(&array.data)))
            .collect(),
        batch: &batch,
        mode,
    };
    let mut report = Vec::new();
    for (name, gradient) in &found[0] {
        let (mut errors, mut size) = ([0.0; ENGINES.len()], 0.0);
        let stride = gradient.data.len().div_ceil(SAMPLES);
        for index in (0..gradient.data.len()).step_by(stride) {
            let moved = match graph.find(name) {
                Some(id) => Moved::Activation(id, index),
                None => Moved::Parameter(name, index),
            };
            let right = net.difference(&moved);
            for (error, found) in errors.iter_mut().zip(&found) {
                *error += (f64::from(found[name].data[index]) - right).powi(2);
            }
            size += right * right;
        }
        for (choice, error) in ENGINES.iter().zip(errors) {
            let error = error.sqrt() / size.sqrt().max(1e-6);
            if error.is_nan() || error > TOLERANCE {
                report.push(format!("{choice:?}: {name}: {error:.1e}"));
            }
        }
    }
    assert!(report.is_empty(), "{text}, {mode:?}:\n{}", report.join("\n"));
}

const NETS: [&str; 7] = [
    "plain-8:width=2,input=1x5x6,classes=3",
    "resnet-8:width=2,input=2x7x6,classes=3",
    "resnet-8:shortcut=B,scale=0.5,width=2,input=1x6x5,classes=3",
    "resnet-8:shortcut=C,order=pre,width=2,input=1x6x6,classes=3",
    "resnet-11:block=bottleneck,order=pre,width=2,input=1x5x5,classes=3",
    "resnet-8:norm=none,shortcut=B,init=xavier,width=2,input=1x5x7,classes=3",
    "resnext-11:cardinality=2,group_width=2,width=2,input=1x6x6,classes=3",
];

#[test]
fn with_batch_statistics() {
    NETS.iter().for_each(|net| agrees(net, BnMode::Batch));
}

#[test]
fn with_running_statistics() {
    NETS.iter().for_each(|net| agrees(net, BnMode::Running));
}
