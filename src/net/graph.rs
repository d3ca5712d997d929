//! A network as a list of named operations, in the order they run.

use super::builder;
use super::spec::Spec;

/// Position of a node in [`Graph::nodes`].
pub type NodeId = usize;

/// What a node computes from its inputs. Padding is always `kernel / 2`.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The batch of images.
    Input,
    /// Convolution `[O, I / groups, kernel, kernel]`, with `<parameters>.weight` and, with `bias`, `<parameters>.bias`.
    Conv {
        parameters: String,
        kernel: usize,
        stride: usize,
        groups: usize,
        bias: bool,
    },
    /// Batch normalisation, eps 1e-5, momentum 0.1 (Ioffe & Szegedy 2015).
    BatchNorm { parameters: String },
    /// max(x, 0), with gradient 0 at 0.
    Relu,
    /// The option-A shortcut: every `stride`-th pixel, zero channels padded after the existing ones.
    Subsample { stride: usize },
    /// `branch + scale * shortcut`; the inputs stand in this order.
    Add { scale: f32 },
    /// Its input under another name: the output of a pre-activation block.
    Identity,
    /// Mean over each whole map.
    AvgPool,
    /// `x W^T + b` with `<parameters>.weight` `[classes, C]` and `<parameters>.bias`.
    Linear { parameters: String },
}

impl Op {
    /// The field's word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Input => "input",
            Op::Conv { .. } => "conv",
            Op::BatchNorm { .. } => "batchnorm",
            Op::Relu => "relu",
            Op::Subsample { .. } => "subsample",
            Op::Add { .. } => "add",
            Op::Identity => "identity",
            Op::AvgPool => "avgpool",
            Op::Linear { .. } => "linear",
        }
    }

    /// The prefix of its parameters' names, if it has any.
    pub fn parameters(&self) -> Option<&str> {
        match self {
            Op::Conv { parameters, .. } | Op::BatchNorm { parameters } | Op::Linear { parameters } => Some(parameters),
            _ => None,
        }
    }
}

/// One operation with its place in the net.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// `layer1.0.conv1`, `layer1.0.add`, `logits`.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<NodeId>,
    /// Channels, height, width of what it puts out for one image.
    pub output: [usize; 3],
}

impl Node {
    /// Values put out for one image.
    pub fn len(&self) -> usize {
        self.output.iter().product()
    }

    /// Whether it puts out nothing (it never does).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A block of the trunk.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// `layer1.0`
    pub name: String,
    /// 1..=3
    pub stage: usize,
    /// What the block reads.
    pub input: NodeId,
    /// The node named like the block.
    pub output: NodeId,
    /// The addition, absent from plain blocks.
    pub add: Option<NodeId>,
    /// The option-A or projection node; `None` for an identity shortcut and for plain blocks.
    pub downsample: Option<NodeId>,
}

/// What a parameter is, which decides its initial value and whether weight decay spares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    ConvWeight,
    LinearWeight,
    /// Of a convolution or the linear layer.
    Bias,
    NormWeight,
    NormBias,
    /// A buffer: not trained.
    RunningMean,
    /// A buffer: not trained.
    RunningVar,
}

impl ParamKind {
    /// Whether the optimiser changes it; buffers are changed by batch normalisation itself.
    pub fn trained(self) -> bool {
        !matches!(self, ParamKind::RunningMean | ParamKind::RunningVar)
    }

    /// Whether it is a weight proper; the others (biases, normalisation) can be spared weight decay.
    pub fn is_weight(self) -> bool {
        matches!(self, ParamKind::ConvWeight | ParamKind::LinearWeight)
    }
}

/// A parameter or buffer under its torchvision name.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: String,
    pub shape: Vec<usize>,
    pub kind: ParamKind,
    /// It starts at zero because the spec says `zero_last=true`.
    pub zeroed: bool,
}

impl Param {
    /// Number of values.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has no values (it always has).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A network: nodes in the order they run, parameters in the order of their nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    pub spec: Spec,
    /// `nodes[0]` is the input, the last node is `logits`; inputs stand before their readers.
    pub nodes: Vec<Node>,
    pub params: Vec<Param>,
    pub blocks: Vec<Block>,
}

impl Graph {
    /// Builds the net of a valid spec.
    pub fn new(spec: &Spec) -> Self {
        builder::build(spec)
    }

    /// The node of that name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// The trunk: the stem's output, then each block's output. Here the gradient slope is measured.
    pub fn trunk(&self) -> Vec<NodeId> {
        let stem = self.blocks[0].input;
        std::iter::once(stem)
            .chain(self.blocks.iter().map(|block| block.output))
            .collect()
    }

    /// The convolutions and the linear layer, in the order they run. Here weight gradients are measured.
    pub fn weighted(&self) -> Vec<NodeId> {
        let weighted = |id: &NodeId| matches!(self.nodes[*id].op, Op::Conv { .. } | Op::Linear { .. });
        (0..self.nodes.len()).filter(weighted).collect()
    }

    /// Trained parameters, buffers left out.
    pub fn parameter_count(&self) -> usize {
        self.params
            .iter()
            .filter(|param| param.kind.trained())
            .map(Param::len)
            .sum()
    }
}
