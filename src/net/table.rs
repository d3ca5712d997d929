//! The layer table: what each layer puts out, costs and sees.

use serde::Serialize;

use super::graph::{Graph, Node, Op};

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    pub name: String,
    pub op: &'static str,
    /// Channels, height, width.
    pub output: [usize; 3],
    /// Trained parameters.
    pub parameters: usize,
    /// For one image; convolutions and the linear layer only.
    pub multiply_adds: u64,
    /// Side of the input region that the longest path reaches, in pixels, not clipped to the image.
    pub receptive_field: usize,
}

/// A network's layers in the order they run, with totals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Trained parameters.
    pub parameters: usize,
    /// For one image; convolutions and the linear layer only.
    pub multiply_adds: u64,
    pub layers: Vec<Layer>,
}

impl Table {
    /// Computes the table of a net.
    pub fn new(graph: &Graph) -> Self {
        let mut reach: Vec<Reach> = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let of_inputs = node
                .inputs
                .iter()
                .map(|&id| reach[id])
                .reduce(Reach::longest)
                .unwrap_or(Reach::PIXEL);
            let map = node.inputs.first().map_or([1; 3], |&id| graph.nodes[id].output);
            reach.push(of_inputs.through(&node.op, map[1].max(map[2])));
        }
        let layers: Vec<Layer> = graph
            .nodes
            .iter()
            .zip(&reach)
            .skip(1)
            .map(|(node, reach)| layer(graph, node, reach))
            .collect();
        Self {
            parameters: graph.parameter_count(),
            multiply_adds: layers.iter().map(|layer| layer.multiply_adds).sum(),
            layers,
        }
    }
}

fn layer(graph: &Graph, node: &Node, reach: &Reach) -> Layer {
    let [channels, height, width] = node.output;
    let read = graph.nodes[node.inputs[0]].output[0];
    let (parameters, multiply_adds) = match node.op {
        Op::Conv {
            kernel, groups, bias, ..
        } => {
            let weights = channels * (read / groups) * kernel * kernel;
            (
                weights + if bias { channels } else { 0 },
                (weights * height * width) as u64,
            )
        }
        Op::Linear { .. } => (channels * read + channels, (channels * read) as u64),
        Op::BatchNorm { .. } => (2 * channels, 0),
        _ => (0, 0),
    };
    Layer {
        name: node.name.clone(),
        op: node.op.name(),
        output: node.output,
        parameters,
        multiply_adds,
        receptive_field: reach.field,
    }
}

/// Side of the region seen and the distance between neighbours, in input pixels.
#[derive(Clone, Copy)]
struct Reach {
    field: usize,
    jump: usize,
}

impl Reach {
    const PIXEL: Reach = Reach { field: 1, jump: 1 };

    fn longest(self, other: Reach) -> Reach {
        Reach {
            field: self.field.max(other.field),
            jump: self.jump.max(other.jump),
        }
    }

    /// After an operation that reads maps of side `side`.
    fn through(self, op: &Op, side: usize) -> Reach {
        let (kernel, stride) = match *op {
            Op::Conv { kernel, stride, .. } => (kernel, stride),
            Op::Subsample { stride } => (1, stride),
            Op::AvgPool => (side, 1),
            _ => (1, 1),
        };
        Reach {
            field: self.field + (kernel - 1) * self.jump,
            jump: self.jump * stride,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::new(&Graph::new(&text.parse().unwrap()))
    }

    /// He et al. 2015, table 6, and Xie et al. 2017, table 7, computed exactly.
    #[test]
    fn counts_of_the_papers() {
        for (text, parameters, multiply_adds) in [
            ("plain-20", 269_722, 40_551_040),
            ("resnet-20", 269_722, 40_551_040),
            ("plain-56", 853_018, 125_485_696),
            ("resnet-56", 853_018, 125_485_696),
            ("resnet-20:shortcut=B", 272_474, 40_813_184),
            ("resnet-56:shortcut=B", 855_770, 125_747_840),
        ] {
            let table = table(text);
            assert_eq!(
                (table.parameters, table.multiply_adds),
                (parameters, multiply_adds),
                "{text}"
            );
            assert_eq!(
                table.layers.iter().map(|layer| layer.parameters).sum::<usize>(),
                parameters
            );
        }
        for (text, millions) in [
            ("resnet-32", 0.46),
            ("resnet-44", 0.66),
            ("resnet-110", 1.7),
            ("resnet-1202", 19.4),
            ("resnext-29", 34.4),
            ("resnext-29:cardinality=16", 68.1),
        ] {
            let parameters = table(text).parameters as f64 / 1e6;
            assert!(
                (parameters - millions).abs() <= 0.05 * millions.max(1.0),
                "{text}: {parameters}"
            );
        }
    }

    #[test]
    fn receptive_field_of_the_longest_path() {
        let table = table("resnet-20");
        let field = |name: &str| {
            table
                .layers
                .iter()
                .find(|layer| layer.name == name)
                .unwrap()
                .receptive_field
        };
        assert_eq!(field("conv1"), 3);
        // Six more 3x3 at jump 1, then six at jump 2 behind a strided one, then at jump 4.
        assert_eq!(field("layer1.2"), 15);
        assert_eq!(field("layer2.0.conv1"), 17);
        assert_eq!(field("layer2.0.downsample"), 15);
        assert_eq!(field("layer2.2"), 37);
        assert_eq!(field("layer3.2"), 81);
        assert_eq!(field("logits"), field("avgpool"));
    }
}
