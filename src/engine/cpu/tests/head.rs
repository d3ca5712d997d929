//! Pooling, the linear layer and the loss, forward and backward.

use super::super::linear::Linear;
use super::super::linear_grad::LinearGrad;
use super::super::loss::loss;
use super::super::pool::Pool;
use super::super::pool_grad::PoolGrad;
use super::*;

#[derive(Debug, serde::Deserialize)]
struct Case {
    images: usize,
    input: [usize; 3],
    classes: usize,
    view: Reading,
    running: bool,
    seed: u64,
    digests: Digests,
}

impl Case {
    fn inputs(&self) -> Inputs {
        Inputs {
            seed: self.seed,
            images: self.images,
        }
    }

    fn labels(&self) -> Vec<u32> {
        (0..self.images).map(|i| (i * i % self.classes) as u32).collect()
    }

    fn naive(&self) -> Right {
        let ([channels, height, width], inputs) = (self.input, self.inputs());
        let (plane, images) = (height * width, self.images as f64);
        let x = wide(&inputs.get(0, self.images * naive::len(self.input)));
        let (weight, bias) = (
            wide(&inputs.get(5, self.classes * channels)),
            wide(&inputs.get(6, self.classes)),
        );
        let read = naive::View::new(&x, self.input, self.view, inputs, 1, self.running).read(&x);
        let mean = |map: &[f64]| map.iter().sum::<f64>() / plane as f64;
        let pooled: Vec<f64> = read.chunks(plane).map(mean).collect();
        let mut right = Right::from([
            ("weight", vec![0.0; weight.len()]),
            ("bias", vec![0.0; bias.len()]),
            ("d pooled", vec![0.0; pooled.len()]),
        ]);
        let (mut logits, mut gradients, mut total, mut hits) = (Vec::new(), Vec::new(), 0.0, 0.0);
        for (image, &label) in self.labels().iter().enumerate() {
            let label = label as usize;
            let x = &pooled[image * channels..][..channels];
            let row = |class: usize| {
                let products = weight[class * channels..].iter().zip(x).map(|(w, x)| w * x);
                bias[class] + products.sum::<f64>()
            };
            let own: Vec<f64> = (0..self.classes).map(row).collect();
            let sum: f64 = own.iter().map(|logit| logit.exp()).sum();
            total += sum.ln() - own[label];
            hits += f64::from(u8::from(own.iter().all(|&logit| logit <= own[label])));
            for (class, logit) in own.iter().enumerate() {
                let g = (logit.exp() / sum - f64::from(u8::from(class == label))) / images;
                gradients.push(g);
                right.get_mut("bias").unwrap()[class] += g;
                for c in 0..channels {
                    right.get_mut("weight").unwrap()[class * channels + c] += g * x[c];
                    right.get_mut("d pooled").unwrap()[image * channels + c] += g * weight[class * channels + c];
                }
            }
            logits.extend(own);
        }
        let spread = |g: &f64| std::iter::repeat_n(g / plane as f64, plane);
        right.insert("into", right["d pooled"].iter().flat_map(spread).collect());
        right.extend([("pooled", pooled), ("logits", logits), ("d logits", gradients)]);
        right.extend([("loss", vec![total / images]), ("hits", vec![hits])]);
        right
    }

    fn run(&self, isa: Isa) -> Found {
        let ([channels, height, width], inputs, lanes) = (self.input, self.inputs(), isa.width());
        let (plane, blocks) = (height * width, self.images.div_ceil(lanes));
        let x = inputs.tensor(0, self.input, lanes);
        let statistics = lane_statistics(isa, &x, self.input, self.images);
        let statistics = batch_statistics(isa, &statistics, self.input, self.images);
        let norm = norm_values(inputs, 1, self.running, &statistics);
        let (weight, bias) = (inputs.get(5, self.classes * channels), inputs.get(6, self.classes));
        let empty = |image: usize| packed(&vec![f32::NAN; self.images * image], image, lanes);
        let (mut pooled, mut logits, mut gradients) = (empty(channels), empty(self.classes), empty(self.classes));
        let (mut d_pooled, mut into) = (empty(channels), empty(channels * plane));
        let (mut scratch, mut total, mut hits) = (Buffer::default(), 0.0, 0);
        let mut parameters = vec![0.0; weight.len() + bias.len()];
        let labels = self.labels();
        for block in 0..blocks {
            let of = |image: usize| block * image * lanes..(block + 1) * image * lanes;
            let read = view(&x, self.input, self.view.norm.then_some(&norm), self.view.relu);
            isa.run(Pool {
                input: read.block(block, lanes),
                output: &mut pooled.values_mut()[of(channels)],
                scratch: &mut scratch,
            });
            isa.run(Linear {
                input: &pooled.values()[of(channels)],
                weight: &weight,
                bias: &bias,
                output: &mut logits.values_mut()[of(self.classes)],
            });
            let labels = &labels[block * lanes..self.images.min((block + 1) * lanes)];
            let gradient = &mut gradients.values_mut()[of(self.classes)];
            let found = loss(&logits.values()[of(self.classes)], labels, lanes, self.images, gradient);
            total += found.loss_sum;
            hits += found.correct;
            let mut share = vec![f32::NAN; parameters.len()];
            isa.run(LinearGrad {
                input: &pooled.values()[of(channels)],
                gradient,
                weight: &weight,
                into: &mut d_pooled.values_mut()[of(channels)],
                share: &mut share,
            });
            parameters.iter_mut().zip(share).for_each(|(sum, share)| *sum += share);
            isa.run(PoolGrad {
                gradient: &d_pooled.values()[of(channels)],
                plane,
                into: &mut into.values_mut()[of(channels * plane)],
            });
        }
        let bias = parameters.split_off(weight.len());
        let whole = |buffer: &Buffer, image| unpacked(buffer, image, lanes, self.images);
        Found::from([
            ("weight", parameters),
            ("bias", bias),
            ("pooled", whole(&pooled, channels)),
            ("logits", whole(&logits, self.classes)),
            ("d logits", whole(&gradients, self.classes)),
            ("d pooled", whole(&d_pooled, channels)),
            ("into", whole(&into, channels * plane)),
            ("loss", vec![(total / self.images as f64) as f32]),
            ("hits", vec![hits as f32]),
        ])
    }
}

#[test]
fn heads_agree_with_pytorch() {
    for case in cases::<Case>("head") {
        agree(&format!("{case:?}"), &case.naive(), &case.digests, |isa| case.run(isa));
    }
}
