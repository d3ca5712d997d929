//! The plan as a table: each kernel with what it works on and what it costs.

use super::{Kernel, Plan, TensorId, Through, View};
use crate::net::Graph;

/// One kernel of a training step.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// `conv`, `conv-grad`
    pub kernel: &'static str,
    /// Of a convolution: `3x3, 16 to 16`, `3x3, 32 to 64 in 8 groups, stride 2`.
    pub window: String,
    /// What it makes from what.
    pub does: String,
    /// Channels, height, width of what it makes.
    pub shape: [usize; 3],
    /// Stored values read and written for one image, in bytes, each tensor once.
    pub bytes: u64,
    /// Additions and multiplications for one image, of convolutions and the linear layer.
    pub flops: u64,
}

impl Plan {
    /// The kernels in the order they run, forward then backward.
    pub fn table(&self, graph: &Graph) -> Vec<Row> {
        let kernels = self.forward.iter().chain(&self.backward);
        kernels.map(|kernel| self.row(graph, kernel)).collect()
    }

    fn row(&self, graph: &Graph, kernel: &Kernel) -> Row {
        let name = |tensor: TensorId| self.tensors[tensor].name.as_str();
        let view = |view: View| self.view_name(graph, view);
        let adds = |conv: usize| 2 * self.convs[conv].multiply_adds();
        let statistics = |norm: Option<usize>| if norm.is_some() { " + statistics" } else { "" };
        let (kernel_name, does, makes, flops) = match *kernel {
            Kernel::Conv {
                conv,
                input,
                output,
                statistics: norm,
            } => {
                let does = format!("{} = conv {}{}", name(output), view(input), statistics(norm));
                ("conv", does, output, adds(conv))
            }
            Kernel::Add {
                branch,
                shortcut,
                relu,
                output,
                statistics: norm,
                ..
            } => {
                let sum = format!("{} + {}", view(branch), view(shortcut));
                let sum = if relu { format!("relu({sum})") } else { sum };
                (
                    "add",
                    format!("{} = {sum}{}", name(output), statistics(norm)),
                    output,
                    0,
                )
            }
            Kernel::Pool { input, output } => ("pool", format!("{} = mean {}", name(output), view(input)), output, 0),
            Kernel::Linear { input, output, .. } => {
                let flops = 2 * self.tensors[input].image() * self.tensors[output].image();
                let does = format!("{} = linear {}", name(output), name(input));
                ("linear", does, output, flops as u64)
            }
            Kernel::Loss { logits, gradient } => {
                let does = format!("{} = softmax cross-entropy {}", name(gradient), name(logits));
                ("loss", does, gradient, 0)
            }
            Kernel::LinearGrad {
                input, gradient, into, ..
            } => {
                let flops = 4 * self.tensors[input].image() * self.tensors[gradient].image();
                let does = format!("{}, d fc from {}", name(into), name(gradient));
                ("linear-grad", does, into, flops as u64)
            }
            Kernel::PoolGrad { gradient, into } => {
                let does = format!("{} from {}", name(into), name(gradient));
                ("pool-grad", does, into, 0)
            }
            Kernel::NormGrad(reduction) => {
                let norm = &graph.nodes[self.norms[reduction.norm].node].name;
                let tensor = reduction.gradient.tensor;
                let does = format!("sums of {norm} over {}", name(tensor));
                ("norm-grad", does, tensor, 0)
            }
            Kernel::Settle { gradient, into, .. } => {
                let does = format!("{} carried back {}", name(into), self.through(graph, gradient.through));
                ("settle", does, into, 0)
            }
            Kernel::ConvGrad {
                conv,
                gradient,
                into,
                addend,
                reductions,
                ..
            } => {
                let node = &graph.nodes[self.convs[conv].node].name;
                let mut does = format!(
                    "{}, d {node}.weight from {}{}",
                    name(into),
                    name(gradient.tensor),
                    self.through(graph, gradient.through)
                );
                if let Some(addend) = addend {
                    does += &format!(" + {}", name(addend.tensor));
                }
                for reduction in reductions.iter().flatten() {
                    does += &format!(" + sums of {}", graph.nodes[self.norms[reduction.norm].node].name);
                }
                let both = if into == self.images_gradient { 1 } else { 2 };
                ("conv-grad", does, into, both * adds(conv))
            }
        };
        let mut touched = kernel.tensors();
        touched.sort_unstable();
        touched.dedup();
        let window = match *kernel {
            Kernel::Conv { conv, .. } | Kernel::ConvGrad { conv, .. } => self.convs[conv].window(),
            _ => String::new(),
        };
        let values: usize = touched.iter().map(|&tensor| self.tensors[tensor].image()).sum();
        Row {
            kernel: kernel_name,
            window,
            does,
            shape: self.tensors[makes].shape,
            bytes: (values * size_of::<f32>()) as u64,
            flops,
        }
    }

    /// `relu(layer1.0.bn1(layer1.0.conv1))`
    fn view_name(&self, graph: &Graph, view: View) -> String {
        let mut text = self.tensors[view.tensor].name.clone();
        if let Some(norm) = view.norm {
            text = format!("{}({text})", graph.nodes[self.norms[norm].node].name);
        }
        if view.relu { format!("relu({text})") } else { text }
    }

    fn through(&self, graph: &Graph, through: Through) -> String {
        match through {
            Through::Nothing => String::new(),
            Through::Relu(view) | Through::Norm(view) if view == View::raw(view.tensor) => String::new(),
            Through::Relu(view) | Through::Norm(view) => format!(" through {}", self.view_name(graph, view)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::plan::lower;
    use crate::net::Table;

    #[test]
    fn forward_flops_are_the_layer_table_s() {
        for text in [
            "resnet-20",
            "resnext-29:cardinality=8,group_width=4,width=16",
            "plain-8:norm=none",
        ] {
            let graph = Graph::new(&text.parse().unwrap());
            let plan = lower(&graph);
            let rows = plan.table(&graph);
            let forward: u64 = rows[..plan.forward.len()].iter().map(|row| row.flops).sum();
            assert_eq!(forward, 2 * Table::new(&graph).multiply_adds, "{text}");
        }
    }

    #[test]
    fn plain_nets_store_convolutions_only() {
        let graph = Graph::new(&"plain-20".parse().unwrap());
        let rows = lower(&graph).table(&graph);
        assert!(
            rows.iter().all(|row| !["add", "settle"].contains(&row.kernel)),
            "{rows:?}"
        );
        assert_eq!(rows[1].does, "layer1.0.conv1 = conv relu(bn1(conv1)) + statistics");
        // Each normalisation's sums but the last's are taken where its gradient is written.
        assert_eq!(rows.iter().filter(|row| row.kernel == "norm-grad").count(), 1);
    }
}
