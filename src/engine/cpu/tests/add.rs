//! The residual addition, and gradients that an addition's share joins.

use super::super::add::Add;
use super::super::settle::Settle;
use super::super::source::Depth;
use super::*;

#[derive(Debug, serde::Deserialize)]
struct AddCase {
    images: usize,
    output: [usize; 3],
    /// Channels.
    shortcut: usize,
    /// Height and width of the shortcut.
    size: [usize; 2],
    stride: usize,
    scale: f32,
    relu: bool,
    branch_view: Reading,
    shortcut_view: Reading,
    running: bool,
    seed: u64,
    digests: Digests,
}

impl AddCase {
    fn inputs(&self) -> Inputs {
        Inputs {
            seed: self.seed,
            images: self.images,
        }
    }

    fn shortcut_shape(&self) -> [usize; 3] {
        [self.shortcut, self.size[0], self.size[1]]
    }

    fn naive(&self) -> Right {
        let (inputs, mut right) = (self.inputs(), Right::new());
        let tensor = |stream, shape| wide(&inputs.get(stream, self.images * naive::len(shape)));
        let (x, skip) = (tensor(0, self.output), tensor(5, self.shortcut_shape()));
        let branch = naive::View::new(&x, self.output, self.branch_view, inputs, 1, self.running);
        let view = naive::View::new(
            &skip,
            self.shortcut_shape(),
            self.shortcut_view,
            inputs,
            6,
            self.running,
        );
        let (mut out, skip) = (branch.read(&x), view.read(&skip));
        naive::subsampled(
            self.images,
            self.output,
            self.shortcut_shape(),
            self.stride,
            |from, to| {
                out[to] += f64::from(self.scale) * skip[from];
            },
        );
        let mut g = tensor(10, self.output);
        if self.relu {
            out.iter_mut().for_each(|out| *out = out.max(0.0));
            g.iter_mut()
                .zip(&out)
                .filter(|(_, out)| **out <= 0.0)
                .for_each(|(g, _)| *g = 0.0);
        }
        let back = branch.back(&x, &g);
        let statistics = naive::statistics(&out, self.output);
        right.insert("mean", statistics.iter().map(|both| both[0]).collect());
        right.insert("variance", statistics.iter().map(|both| both[1]).collect());
        right.extend([("output", out), ("branch", back.input)]);
        if self.branch_view.norm {
            right.extend([("norm.weight", back.weight), ("norm.bias", back.bias)]);
        }
        right
    }

    fn run(&self, isa: Isa) -> Found {
        let (inputs, mut found, width) = (self.inputs(), Found::new(), isa.width());
        let (image, plane) = (naive::len(self.output), self.output[1] * self.output[2]);
        let [x, skip] =
            [(0, self.output), (5, self.shortcut_shape())].map(|(stream, shape)| inputs.tensor(stream, shape, width));
        let norm = |buffer: &Buffer, shape, stream| {
            let lanes = lane_statistics(isa, buffer, shape, self.images);
            norm_values(
                inputs,
                stream,
                self.running,
                &batch_statistics(isa, &lanes, shape, self.images),
            )
        };
        let (mut branch, shortcut) = (norm(&x, self.output, 1), norm(&skip, self.shortcut_shape(), 6));
        let mut out = packed(&vec![f32::NAN; self.images * image], image, width);
        let (mut lanes, mut scratch) = (Buffer::default(), Buffer::default());
        let (blocks, lane_len) = (self.images.div_ceil(width), self.output[0] * 2 * width);
        lanes.reserve(blocks * lane_len);
        let outputs = out.values_mut()[..blocks * image * width].chunks_mut(image * width);
        for (block, (output, lanes)) in outputs.zip(lanes.values_mut().chunks_mut(lane_len)).enumerate() {
            let branch = view(
                &x,
                self.output,
                self.branch_view.norm.then_some(&branch),
                self.branch_view.relu,
            );
            let norm = self.shortcut_view.norm.then_some(&shortcut);
            let shortcut = view(&skip, self.shortcut_shape(), norm, self.shortcut_view.relu);
            isa.run(Add {
                branch: branch.block(block, width),
                shortcut: shortcut.block(block, width),
                scale: self.scale,
                stride: self.stride,
                relu: self.relu,
                size: [self.output[1], self.output[2]],
                shortcut_width: self.size[1],
                output,
                statistics: Some(lanes),
                scratch: &mut scratch,
            });
        }
        let statistics = batch_statistics(isa, &lanes, self.output, self.images);
        found.insert("mean", statistics.iter().map(|both| both[0] as f32).collect());
        found.insert("variance", statistics.iter().map(|both| both[1] as f32).collect());
        let g = inputs.tensor(10, self.output, width);
        let mut gradient = GradientOf {
            values: g.values(),
            scale: 1.0,
            gate: self.relu.then_some(out.values()),
            depth: Depth::Relu,
            images: self.images,
            view: view(&x, self.output, None, self.branch_view.relu),
        };
        if self.branch_view.norm {
            let read = ViewOf {
                norm: Some(&branch),
                ..gradient.view
            };
            let sums = norm_sums(isa, GradientOf { view: read, ..gradient });
            let [weight, bias] = finish(&mut branch, &sums, self.images * plane, !self.running);
            found.extend([("norm.weight", weight), ("norm.bias", bias)]);
            gradient.depth = Depth::Norm;
            gradient.view.norm = Some(&branch);
        }
        found.insert("branch", read_gradient(isa, gradient));
        found.insert("output", unpacked(&out, image, width, self.images));
        found
    }
}

#[test]
fn additions_agree_with_pytorch() {
    for case in cases::<AddCase>("add") {
        agree(&format!("{case:?}"), &case.naive(), &case.digests, |isa| case.run(isa));
    }
}

#[derive(Debug, serde::Deserialize)]
struct SettleCase {
    images: usize,
    input: [usize; 3],
    view: Reading,
    addend: Option<Share>,
    running: bool,
    seed: u64,
    digests: Digests,
}

impl SettleCase {
    fn inputs(&self) -> Inputs {
        Inputs {
            seed: self.seed,
            images: self.images,
        }
    }

    fn naive(&self) -> Right {
        let inputs = self.inputs();
        let [x, g] = [0, 5].map(|stream| wide(&inputs.get(stream, self.images * naive::len(self.input))));
        let view = naive::View::new(&x, self.input, self.view, inputs, 1, self.running);
        let halved: Vec<f64> = g.iter().map(|g| 0.5 * g).collect();
        let mut into = view.back(&x, &halved).input;
        if let Some(share) = self.addend {
            let count = self.images * naive::len(share.shape(self.input));
            naive::add_share(
                &mut into,
                share,
                self.input,
                &inputs.get(6, count),
                &inputs.get(7, count),
            );
        }
        Right::from([("input", into)])
    }

    fn run(&self, isa: Isa) -> Found {
        let (inputs, width, image) = (self.inputs(), isa.width(), naive::len(self.input));
        let x = inputs.tensor(0, self.input, width);
        let mut values = inputs.tensor(5, self.input, width);
        let lanes = lane_statistics(isa, &x, self.input, self.images);
        let statistics = batch_statistics(isa, &lanes, self.input, self.images);
        let mut norm = norm_values(inputs, 1, self.running, &statistics);
        if self.view.norm {
            let sums = norm_sums(
                isa,
                GradientOf {
                    values: values.values(),
                    scale: 0.5,
                    gate: None,
                    depth: Depth::Relu,
                    images: self.images,
                    view: view(&x, self.input, Some(&norm), self.view.relu),
                },
            );
            finish(
                &mut norm,
                &sums,
                self.images * self.input[1] * self.input[2],
                !self.running,
            );
        }
        let read = view(&x, self.input, self.view.norm.then_some(&norm), self.view.relu);
        let share_shape = self.addend.map_or([1; 3], |share| share.shape(self.input));
        let [share, gate] = [6, 7].map(|stream| inputs.tensor(stream, share_shape, width));
        let mut scratch = Buffer::default();
        let blocks = values.values_mut().chunks_exact_mut(image * width);
        for (block, values) in blocks.take(self.images.div_ceil(width)).enumerate() {
            isa.run(Settle {
                values,
                shape: self.input,
                scale: 0.5,
                depth: Depth::Norm,
                view: read.block(block, width),
                addend: self.addend.map(|of| of.of(self.input, &share, &gate)),
                block,
                images: self.images - block * width,
                scratch: &mut scratch,
            });
        }
        Found::from([("input", unpacked(&values, image, width, self.images))])
    }
}

#[test]
fn settled_gradients_agree_with_pytorch() {
    for case in cases::<SettleCase>("settle") {
        agree(&format!("{case:?}"), &case.naive(), &case.digests, |isa| case.run(isa));
    }
}
