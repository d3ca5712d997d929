//! One bottleneck block written in several ways that compute the same (Xie et al. 2017, figure 3), each as a net of its own:
//! a stem that makes what the block reads, the block, and a linear reader behind it.
//!
//! The block's last normalisation is left out: in every form it would stand behind the sum of the paths.

use rust_i18n::t;

use super::builder::{Builder, Kernel};
use super::graph::{Block, Graph, NodeId, Op};
use super::spec::{BlockKind, Norm, Order, Spec};
use super::weights::{Array, Weights};

/// A way to write the block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Figure 3 (a): each path has its own three convolutions, and their results are added.
    Paths,
    /// Figure 3 (b): each path has two convolutions, their maps are put side by side, and one convolution reads them all.
    Concatenated,
    /// Figure 3 (c): three convolutions, the middle one in groups.
    Grouped,
    /// The grouped form with zeros where the groups do not look: a dense 3x3 convolution.
    Dense,
}

impl Form {
    pub const ALL: [Form; 4] = [Form::Paths, Form::Concatenated, Form::Grouped, Form::Dense];
}

/// A block that splits into paths.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Of the net that it was taken from.
    pub spec: Spec,
    /// Its name there.
    pub block: String,
    /// Read and put out.
    pub channels: usize,
    /// Channels of all paths together.
    pub width: usize,
    pub paths: usize,
}

/// How a parameter of the grouped form is shared out.
#[derive(Clone, Copy, PartialEq)]
enum Share {
    /// It is the same in both.
    Whole,
    /// Each path has some of its output channels.
    Rows,
    /// Each path reads some of its input channels.
    Columns,
    /// Each group's input channels stand among zeros.
    Padded,
}

impl Split {
    /// The first block of a net that can be written in all forms.
    ///
    /// # Errors
    /// One sentence that says why there is none.
    pub fn of(graph: &Graph) -> Result<Self, String> {
        let spec = &graph.spec;
        let name = spec.short_name();
        if spec.block != BlockKind::Bottleneck {
            return Err(t!(
                "%{name} has blocks of two convolutions, where the split is trivial: it equals a wider dense block",
                name = name
            )
            .into());
        }
        if spec.norm != Norm::Batch || spec.order != Order::Post {
            return Err(t!(
                "the forms are written out for blocks with normalisation behind each convolution, which \
                 %{name} has not",
                name = name
            )
            .into());
        }
        let fits = |block: &&Block| graph.nodes[block.input].output == graph.nodes[block.output].output;
        let Some(block) = graph.blocks.iter().find(fits) else {
            return Err(t!(
                "every block of %{name} changes the shape; take a deeper net, whose stages have several blocks",
                name = name
            )
            .into());
        };
        Ok(Self {
            spec: spec.clone(),
            block: block.name.clone(),
            channels: graph.nodes[block.output].output[0],
            width: spec.inner_width(block.stage),
            paths: spec.cardinality,
        })
    }

    /// Channels of one path.
    pub fn path_width(&self) -> usize {
        self.width / self.paths
    }

    /// Parameters of the 3x3 convolutions.
    pub fn window_parameters(&self, form: Form) -> usize {
        let read = if form == Form::Dense {
            self.width
        } else {
            self.path_width()
        };
        9 * self.width * read
    }

    /// The net of a form. Node `x` is what the block reads, node `block` what it puts out.
    pub fn graph(&self, form: Form) -> Graph {
        let mut builder = Builder::new(&self.spec);
        let images = builder.push("input", Op::Input, vec![], self.spec.input);
        let stem = builder.conv("stem", "stem", images, self.channels, WINDOW);
        let x = builder.norm("stem_norm", "stem_norm", stem);
        let x = builder.relu("x", x);
        let branch = match form {
            Form::Grouped | Form::Dense => {
                let groups = if form == Form::Dense { 1 } else { self.paths };
                let maps = transformed(&mut builder, "", x, self.width, groups);
                builder.conv("conv3", "conv3", maps, self.channels, POINT)
            }
            Form::Paths => self.sum_of_paths(&mut builder, x, "conv3", self.channels),
            Form::Concatenated => {
                let maps = self.sum_of_paths(&mut builder, x, "place", self.width);
                builder.conv("conv3", "conv3", maps, self.channels, POINT)
            }
        };
        let add = builder.add("add", branch, x, 1.0);
        let output = builder.relu("block", add);
        builder.graph.blocks.push(Block {
            name: "block".into(),
            stage: 1,
            input: x,
            output,
            add: Some(add),
            downsample: None,
        });
        builder.finish(output)
    }

    /// Every path's first two convolutions, brought to `channels` by a third and added up.
    fn sum_of_paths(&self, builder: &mut Builder, x: NodeId, third: &str, channels: usize) -> NodeId {
        let mut sum = None;
        for path in 0..self.paths {
            let prefix = format!("path{path}.");
            let maps = transformed(builder, &prefix, x, self.path_width(), 1);
            let name = format!("{prefix}{third}");
            let one = builder.conv(&name, &name, maps, channels, POINT);
            sum = Some(match sum {
                None => one,
                Some(sum) => builder.add(&format!("{prefix}add"), sum, one, 1.0),
            });
        }
        sum.unwrap_or(x)
    }

    /// The grouped form's weights: the block's own, and `stem` and reader from those of the form's initial weights.
    pub fn grouped(&self, initial: Weights, trained: &Weights) -> Weights {
        let own = |name: &str| trained.get(&format!("{}.{name}", self.block)).cloned();
        let pair = |(name, value): (String, Array)| {
            let value = own(&name).unwrap_or(value);
            (name, value)
        };
        initial.into_iter().map(pair).collect()
    }

    /// The weights with which a form computes what the grouped form computes with `grouped`.
    pub fn weights(&self, form: Form, grouped: &Weights) -> Weights {
        let mut weights = Weights::new();
        for (name, array) in grouped {
            match share(form, name) {
                Share::Whole => drop(weights.insert(name.clone(), array.clone())),
                Share::Padded => drop(weights.insert(name.clone(), self.padded(array))),
                Share::Rows | Share::Columns => {
                    let columns = share(form, name) == Share::Columns;
                    weights.extend((0..self.paths).map(|path| {
                        let part = if columns {
                            self.columns(array, path)
                        } else {
                            self.rows(array, path)
                        };
                        (format!("path{path}.{name}"), part)
                    }));
                }
            }
        }
        if form == Form::Concatenated {
            weights.extend((0..self.paths).map(|path| (format!("path{path}.place.weight"), self.placing(path))));
        }
        weights
    }

    /// A form's gradients as those of the grouped form's block; `None` where one is missing.
    pub fn gathered(&self, form: Form, gradients: &Weights) -> Option<Weights> {
        let graph = self.graph(Form::Grouped);
        let wanted = graph.params.iter().filter(|param| param.kind.trained());
        let gather = |param: &super::graph::Param| {
            let name = &param.name;
            let parts = || -> Option<Vec<&Array>> {
                (0..self.paths)
                    .map(|path| gradients.get(&format!("path{path}.{name}")))
                    .collect()
            };
            let data = match share(form, name) {
                Share::Whole => gradients.get(name)?.data.clone(),
                Share::Padded => self.unpadded(gradients.get(name)?),
                Share::Rows => parts()?.iter().flat_map(|part| part.data.iter().copied()).collect(),
                Share::Columns => {
                    let (parts, width) = (parts()?, self.path_width());
                    let row = |row: usize| {
                        parts
                            .iter()
                            .flat_map(move |part| &part.data[row * width..(row + 1) * width])
                    };
                    (0..self.channels).flat_map(row).copied().collect()
                }
            };
            let shape = param.shape.clone();
            Some((name.clone(), Array { shape, data }))
        };
        wanted.map(gather).collect()
    }

    fn rows(&self, array: &Array, path: usize) -> Array {
        let len = array.data.len() / self.paths;
        let mut shape = array.shape.clone();
        shape[0] /= self.paths;
        Array {
            shape,
            data: array.data[path * len..(path + 1) * len].to_vec(),
        }
    }

    fn columns(&self, array: &Array, path: usize) -> Array {
        let (width, from) = (self.path_width(), path * self.path_width());
        let rows = array.data.chunks_exact(self.width);
        Array {
            shape: vec![self.channels, width, 1, 1],
            data: rows.flat_map(|row| &row[from..from + width]).copied().collect(),
        }
    }

    /// Where each value of a grouped 3x3 convolution stands in the dense one.
    fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let (width, path) = (self.width, self.path_width());
        (0..width).flat_map(move |row| {
            let first = (row * width + row / path * path) * 9;
            first..first + path * 9
        })
    }

    fn padded(&self, grouped: &Array) -> Array {
        let mut dense = Array::filled(vec![self.width, self.width, 3, 3], 0.0);
        for (place, &value) in self.places().zip(&grouped.data) {
            dense.data[place] = value;
        }
        dense
    }

    fn unpadded(&self, dense: &Array) -> Vec<f32> {
        self.places().map(|place| dense.data[place]).collect()
    }

    /// Ones that put a path's channels in their place among all.
    fn placing(&self, path: usize) -> Array {
        let width = self.path_width();
        let mut place = Array::filled(vec![self.width, width, 1, 1], 0.0);
        (0..width).for_each(|channel| place.data[(path * width + channel) * width + channel] = 1.0);
        place
    }
}

const WINDOW: Kernel = Kernel {
    size: 3,
    stride: 1,
    groups: 1,
};
const POINT: Kernel = Kernel { size: 1, ..WINDOW };

/// 1x1, 3x3, each normalised and through ReLU.
fn transformed(builder: &mut Builder, prefix: &str, x: NodeId, width: usize, groups: usize) -> NodeId {
    let mut maps = x;
    for (layer, kernel) in [(1, POINT), (2, Kernel { groups, ..WINDOW })] {
        let (conv, norm) = (format!("{prefix}conv{layer}"), format!("{prefix}bn{layer}"));
        maps = builder.conv(&conv, &conv, maps, width, kernel);
        maps = builder.norm(&norm, &norm, maps);
        maps = builder.relu(&format!("{prefix}relu{layer}"), maps);
    }
    maps
}

fn share(form: Form, name: &str) -> Share {
    let split = matches!(form, Form::Paths | Form::Concatenated);
    match name.split('.').next().unwrap_or_default() {
        "conv2" if form == Form::Dense => Share::Padded,
        "conv1" | "bn1" | "conv2" | "bn2" if split => Share::Rows,
        "conv3" if form == Form::Paths => Share::Columns,
        _ => Share::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::initial_weights;

    fn split(text: &str) -> Result<Split, String> {
        Split::of(&Graph::new(&text.parse().unwrap()))
    }

    #[test]
    fn every_form_has_the_weights_of_its_net_and_gives_them_back() {
        let split = split("resnext-20:width=4,cardinality=4,group_width=2,input=1x8x8").unwrap();
        assert_eq!((split.channels, split.width, split.paths), (16, 8, 4));
        let grouped = initial_weights(&split.graph(Form::Grouped), 1);
        for form in Form::ALL {
            let (graph, weights) = (split.graph(form), split.weights(form, &grouped));
            assert_eq!(weights.len(), graph.params.len(), "{form:?}");
            for param in &graph.params {
                assert_eq!(weights[&param.name].shape, param.shape, "{form:?} {}", param.name);
                assert_eq!(weights[&param.name].data.len(), param.len(), "{form:?} {}", param.name);
            }
            for (name, array) in split.gathered(form, &weights).unwrap() {
                assert_eq!(array, grouped[&name], "{form:?} {name}");
            }
        }
        let windows = |form| {
            let graph = split.graph(form);
            let window = graph.params.iter().filter(|param| param.name.ends_with("conv2.weight"));
            window.map(|param| param.len()).sum::<usize>()
        };
        for form in Form::ALL {
            assert_eq!(windows(form), split.window_parameters(form), "{form:?}");
        }
        assert_eq!(windows(Form::Dense), 4 * windows(Form::Grouped));
    }

    /// Xie et al. 2017, figure 1: 32 paths of width 4 between 256 channels, about 70 k parameters.
    #[test]
    fn the_papers_block_has_its_parameters() {
        let split = split("resnext-20:width=64,cardinality=32,group_width=4").unwrap();
        let graph = split.graph(Form::Paths);
        let convolutions = graph.params.iter().filter(|param| param.name.contains(".conv"));
        let count: usize = convolutions.map(|param| param.len()).sum();
        assert_eq!(count, 32 * (256 * 4 + 9 * 4 * 4 + 4 * 256));
        assert_eq!(count, 70_144);
    }

    #[test]
    fn nets_without_such_a_block_are_told_why() {
        for (text, says) in [
            ("resnet-20", "the split is trivial"),
            ("resnext-11", "changes the shape"),
            ("resnext-20:order=pre", "has not"),
        ] {
            let why = split(text).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
    }
}
