//! From spec to graph: the CIFAR scheme of He et al. 2015 (section 4.2) and 2016, and of Xie et al. 2017.

use super::graph::{Block, Graph, Node, NodeId, Op, Param, ParamKind};
use super::spec::{BlockKind, Norm, Order, Shortcut, Spec};

pub(super) fn build(spec: &Spec) -> Graph {
    let mut builder = Builder::new(spec);
    let input = builder.push("input", Op::Input, vec![], spec.input);
    let mut x = builder.conv(
        "conv1",
        "conv1",
        input,
        spec.width,
        Kernel {
            size: 3,
            stride: 1,
            groups: 1,
        },
    );
    if spec.order == Order::Post {
        x = builder.norm("bn1", "bn1", x);
        x = builder.relu("relu", x);
    }
    for stage in 1..=3 {
        for index in 0..spec.blocks_per_stage() {
            x = builder.block(stage, index, x);
        }
    }
    if spec.order == Order::Pre {
        x = builder.norm("norm", "norm", x);
        x = builder.relu("relu", x);
    }
    builder.finish(x)
}

#[derive(Clone, Copy)]
pub(super) struct Kernel {
    pub size: usize,
    pub stride: usize,
    pub groups: usize,
}

/// A graph that grows node by node.
pub(super) struct Builder {
    pub graph: Graph,
    normalised: bool,
}

impl Builder {
    pub fn new(spec: &Spec) -> Self {
        Self {
            graph: Graph {
                spec: spec.clone(),
                nodes: Vec::new(),
                params: Vec::new(),
                blocks: Vec::new(),
            },
            normalised: spec.norm == Norm::Batch,
        }
    }

    /// Puts the pooling and the linear layer behind a node.
    pub fn finish(mut self, x: NodeId) -> Graph {
        let (channels, classes) = (self.graph.nodes[x].output[0], self.graph.spec.classes);
        let pooled = self.push("avgpool", Op::AvgPool, vec![x], [channels, 1, 1]);
        let linear = Op::Linear {
            parameters: "fc".into(),
        };
        self.param("fc.weight", vec![classes, channels], ParamKind::LinearWeight);
        self.param("fc.bias", vec![classes], ParamKind::Bias);
        self.push("logits", linear, vec![pooled], [classes, 1, 1]);
        self.graph
    }

    /// `branch + scale * shortcut`.
    pub fn add(&mut self, name: &str, branch: NodeId, shortcut: NodeId, scale: f32) -> NodeId {
        let output = self.graph.nodes[branch].output;
        self.push(name, Op::Add { scale }, vec![branch, shortcut], output)
    }

    pub fn push(&mut self, name: &str, op: Op, inputs: Vec<NodeId>, output: [usize; 3]) -> NodeId {
        self.graph.nodes.push(Node {
            name: name.into(),
            op,
            inputs,
            output,
        });
        self.graph.nodes.len() - 1
    }

    fn param(&mut self, name: &str, shape: Vec<usize>, kind: ParamKind) {
        self.graph.params.push(Param {
            name: name.into(),
            shape,
            kind,
            zeroed: false,
        });
    }

    pub fn conv(&mut self, name: &str, parameters: &str, x: NodeId, channels: usize, kernel: Kernel) -> NodeId {
        let [c, h, w] = self.graph.nodes[x].output;
        let Kernel { size, stride, groups } = kernel;
        let bias = !self.normalised;
        self.param(
            &format!("{parameters}.weight"),
            vec![channels, c / groups, size, size],
            ParamKind::ConvWeight,
        );
        if bias {
            self.param(&format!("{parameters}.bias"), vec![channels], ParamKind::Bias);
        }
        let op = Op::Conv {
            parameters: parameters.into(),
            kernel: size,
            stride,
            groups,
            bias,
        };
        self.push(name, op, vec![x], [channels, h.div_ceil(stride), w.div_ceil(stride)])
    }

    /// Batch normalisation, or nothing in a net without.
    pub fn norm(&mut self, name: &str, parameters: &str, x: NodeId) -> NodeId {
        if !self.normalised {
            return x;
        }
        let output = self.graph.nodes[x].output;
        for (suffix, kind) in [
            ("weight", ParamKind::NormWeight),
            ("bias", ParamKind::NormBias),
            ("running_mean", ParamKind::RunningMean),
            ("running_var", ParamKind::RunningVar),
        ] {
            self.param(&format!("{parameters}.{suffix}"), vec![output[0]], kind);
        }
        self.push(
            name,
            Op::BatchNorm {
                parameters: parameters.into(),
            },
            vec![x],
            output,
        )
    }

    pub fn relu(&mut self, name: &str, x: NodeId) -> NodeId {
        self.push(name, Op::Relu, vec![x], self.graph.nodes[x].output)
    }

    /// Kernels and widths of a block's branch.
    fn branch(&self, stage: usize, stride: usize) -> Vec<(usize, Kernel)> {
        let spec = &self.graph.spec;
        let (inner, output) = (spec.inner_width(stage), spec.output_width(stage));
        let kernel = |size, stride, groups| Kernel { size, stride, groups };
        match spec.block {
            BlockKind::Basic => vec![(output, kernel(3, stride, 1)), (output, kernel(3, 1, 1))],
            BlockKind::Bottleneck => vec![
                (inner, kernel(1, 1, 1)),
                (inner, kernel(3, stride, spec.cardinality)),
                (output, kernel(1, 1, 1)),
            ],
        }
    }

    fn block(&mut self, stage: usize, index: usize, input: NodeId) -> NodeId {
        let name = format!("layer{stage}.{index}");
        let pre = self.graph.spec.order == Order::Pre;
        let stride = if stage > 1 && index == 0 { 2 } else { 1 };
        let branch = self.branch(stage, stride);
        let layers = branch.len();
        let mut x = input;
        // What a pre-activation projection reads: relu(bn1(x)).
        let mut activated = input;
        for (i, (channels, kernel)) in (1..).zip(branch) {
            let (conv, bn) = (format!("{name}.conv{i}"), format!("{name}.bn{i}"));
            if pre {
                x = self.norm(&bn, &bn, x);
                x = self.relu(&format!("{name}.relu{i}"), x);
                if i == 1 {
                    activated = x;
                }
            }
            x = self.conv(&conv, &conv, x, channels, kernel);
            if !pre {
                x = self.norm(&bn, &bn, x);
                if i < layers {
                    x = self.relu(&format!("{name}.relu{i}"), x);
                }
            }
        }
        if self.graph.spec.zero_last {
            self.zero_last(&name, layers);
        }
        let (mut add, mut downsample) = (None, None);
        if self.graph.spec.residual() {
            downsample = self.downsample(&name, input, activated, x, stride);
            let scale = self.graph.spec.scale;
            let shortcut = downsample.unwrap_or(input);
            x = self.add(&format!("{name}.add"), x, shortcut, scale);
            add = Some(x);
        }
        let last = if pre { Op::Identity } else { Op::Relu };
        let output = self.push(&name, last, vec![x], self.graph.nodes[x].output);
        self.graph.blocks.push(Block {
            name,
            stage,
            input,
            output,
            add,
            downsample,
        });
        output
    }

    /// The shortcut's own node, `None` where the input itself is added.
    fn downsample(
        &mut self,
        block: &str,
        input: NodeId,
        activated: NodeId,
        branch: NodeId,
        stride: usize,
    ) -> Option<NodeId> {
        let (spec, output) = (&self.graph.spec, self.graph.nodes[branch].output);
        let (option, pre) = (spec.shortcut, spec.order == Order::Pre);
        let changes = self.graph.nodes[input].output != output;
        let name = format!("{block}.downsample");
        match option {
            Shortcut::A | Shortcut::B if !changes && stride == 1 => None,
            Shortcut::A => Some(self.push(&name, Op::Subsample { stride }, vec![input], output)),
            Shortcut::B | Shortcut::C => {
                let parameters = format!("{name}.0");
                let kernel = Kernel {
                    size: 1,
                    stride,
                    groups: 1,
                };
                if pre || !self.normalised {
                    let reads = if pre { activated } else { input };
                    return Some(self.conv(&name, &parameters, reads, output[0], kernel));
                }
                let x = self.conv(&parameters, &parameters, input, output[0], kernel);
                Some(self.norm(&name, &format!("{name}.1"), x))
            }
        }
    }

    fn zero_last(&mut self, block: &str, layers: usize) {
        let layer = if self.normalised { "bn" } else { "conv" };
        let name = format!("{block}.{layer}{layers}.weight");
        if let Some(param) = self.graph.params.iter_mut().find(|param| param.name == name) {
            param.zeroed = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::spec::Family;
    use super::*;

    fn graph(text: &str) -> Graph {
        Graph::new(&text.parse().unwrap())
    }

    fn names(graph: &Graph) -> Vec<&str> {
        graph.nodes.iter().map(|node| node.name.as_str()).collect()
    }

    #[test]
    fn post_activation_names() {
        let graph = graph("resnet-8:shortcut=B");
        let names = names(&graph);
        assert_eq!(
            names[..11],
            [
                "input",
                "conv1",
                "bn1",
                "relu",
                "layer1.0.conv1",
                "layer1.0.bn1",
                "layer1.0.relu1",
                "layer1.0.conv2",
                "layer1.0.bn2",
                "layer1.0.add",
                "layer1.0"
            ]
        );
        assert!(names.contains(&"layer2.0.downsample"));
        assert_eq!(names[names.len() - 3..], ["layer3.0", "avgpool", "logits"]);
        let params: Vec<&str> = graph.params.iter().map(|param| param.name.as_str()).collect();
        for name in [
            "conv1.weight",
            "bn1.running_mean",
            "layer2.0.downsample.0.weight",
            "layer2.0.downsample.1.weight",
            "fc.bias",
        ] {
            assert!(params.contains(&name), "{name}");
        }
        assert!(!params.contains(&"conv1.bias"));
    }

    #[test]
    fn pre_activation_reads() {
        let graph = graph("resnet-11:block=bottleneck,order=pre");
        let at = |name: &str| graph.find(name).unwrap();
        assert_eq!(graph.nodes[1].name, "conv1");
        assert_eq!(graph.nodes[2].name, "layer1.0.bn1");
        // A projection reads relu(bn1(x)), every other shortcut reads x.
        assert_eq!(graph.nodes[at("layer1.0.downsample")].inputs, [at("layer1.0.relu1")]);
        assert!(!graph.params.iter().any(|param| param.name.contains("downsample.1")));
        assert!(graph.find("norm").is_some());
        let twice = self::graph("resnet-20:block=bottleneck,order=pre");
        let add = twice.find("layer1.1.add").unwrap();
        assert_eq!(twice.nodes[add].inputs[1], twice.find("layer1.0").unwrap());
    }

    #[test]
    fn inputs_stand_before_readers_and_names_are_unique() {
        for text in [
            "plain-20",
            "resnet-20:shortcut=C",
            "resnext-29",
            "resnet-29:block=bottleneck,order=pre",
            "resnet-8:norm=none,shortcut=B",
        ] {
            let graph = graph(text);
            let mut seen = std::collections::HashSet::new();
            for (id, node) in graph.nodes.iter().enumerate() {
                assert!(node.inputs.iter().all(|&input| input < id));
                assert!(seen.insert(&node.name), "{text}: {}", node.name);
            }
            let params: std::collections::HashSet<_> = graph.params.iter().map(|param| &param.name).collect();
            assert_eq!(params.len(), graph.params.len());
        }
    }

    #[test]
    fn plain_and_option_a_twins_share_parameters() {
        let (plain, residual) = (graph("plain-56"), graph("resnet-56"));
        assert_eq!(plain.params, residual.params);
    }

    #[test]
    fn odd_maps_halve_upwards() {
        let graph = graph("resnet-8:input=1x7x9");
        assert_eq!(graph.nodes[graph.find("layer2.0").unwrap()].output, [32, 4, 5]);
        assert_eq!(graph.nodes[graph.find("layer3.0").unwrap()].output, [64, 2, 3]);
    }

    #[test]
    fn zero_last_marks_one_weight_a_branch() {
        for (text, name) in [
            ("resnet-8:zero_last=true", "layer1.0.bn2.weight"),
            ("resnet-8:zero_last=true,norm=none", "layer1.0.conv2.weight"),
        ] {
            let graph = graph(text);
            assert_eq!(graph.params.iter().filter(|param| param.zeroed).count(), 3);
            assert!(graph.params.iter().find(|param| param.name == name).unwrap().zeroed);
        }
    }

    #[test]
    fn families_match_their_papers() {
        assert_eq!(graph("resnext-29").spec.family, Family::Resnext);
        let conv2 = graph("resnext-29:cardinality=8,group_width=4,width=16");
        let node = &conv2.nodes[conv2.find("layer2.0.conv2").unwrap()];
        assert_eq!(node.output, [64, 16, 16]);
        assert!(matches!(
            node.op,
            Op::Conv {
                groups: 8,
                stride: 2,
                kernel: 3,
                ..
            }
        ));
        assert_eq!(conv2.nodes[conv2.find("layer2.0").unwrap()].output, [128, 16, 16]);
    }
}
