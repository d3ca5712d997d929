//! A graph lowered once: which tensors are stored, which fused kernels make them, forward and backward, and which
//! buffers they share. Nothing here computes; an engine runs the kernels under the names and contracts given here.
//!
//! Normalisation and ReLU store nothing of their own. A kernel reads a stored tensor through a [`View`], which applies
//! them on the way in, and a stored gradient through a [`Gradient`], which applies their backward twins.

mod lower;
mod slots;
mod table;

pub use lower::lower;
pub use table::Row;

use crate::net::NodeId;

/// Position in [`Plan::tensors`].
pub type TensorId = usize;
/// Position in [`Plan::norms`].
pub type NormId = usize;
/// Position in [`crate::net::Graph::params`].
pub type ParamId = usize;
/// Position in [`Plan::convs`].
pub type ConvId = usize;

/// A stored value of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The node it holds; of a gradient, `d` and that name.
    pub name: String,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// The buffer that holds it while it lives.
    pub slot: usize,
}

impl Tensor {
    /// Values of one image.
    pub fn image(&self) -> usize {
        self.shape.iter().product()
    }
}

/// How a kernel reads a tensor: normalised, through ReLU, both or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    pub tensor: TensorId,
    pub norm: Option<NormId>,
    pub relu: bool,
}

impl View {
    /// The tensor as it is stored.
    pub fn raw(tensor: TensorId) -> Self {
        Self {
            tensor,
            norm: None,
            relu: false,
        }
    }
}

/// How far back through a view a gradient is carried when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// It is the gradient of what the view reads.
    Nothing,
    /// Past the ReLU.
    Relu(View),
    /// Past the ReLU and the normalisation: the gradient of the tensor itself.
    Norm(View),
}

/// `scale` times a stored gradient, carried back through a view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gradient {
    pub tensor: TensorId,
    pub scale: f32,
    /// It counts where this addition's stored output is positive.
    pub gate: Option<TensorId>,
    pub through: Through,
}

impl Gradient {
    /// What reading it touches.
    pub fn tensors(&self) -> [Option<TensorId>; 3] {
        let viewed = match self.through {
            Through::Nothing => None,
            Through::Relu(view) | Through::Norm(view) => Some(view.tensor),
        };
        [Some(self.tensor), self.gate, viewed]
    }
}

/// `scale` times a stored gradient of every `stride`-th pixel, added to another; channels that it has more are dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Addend {
    pub tensor: TensorId,
    pub scale: f32,
    /// As in [`Gradient`].
    pub gate: Option<TensorId>,
    pub stride: usize,
}

impl Addend {
    /// What reading it touches.
    pub fn tensors(&self) -> impl Iterator<Item = TensorId> + use<> {
        std::iter::once(self.tensor).chain(self.gate)
    }
}

/// A normalisation's two backward sums, which are also its parameters' gradients: of `g` and of `g (x - mean)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reduction {
    pub norm: NormId,
    pub gradient: Gradient,
}

/// A batch normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Norm {
    pub node: NodeId,
    /// What it normalises.
    pub tensor: TensorId,
    pub weight: ParamId,
    pub bias: ParamId,
    pub running_mean: ParamId,
    pub running_var: ParamId,
}

/// A convolution's shape and parameters; padding is `kernel / 2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    pub node: NodeId,
    pub kernel: usize,
    pub stride: usize,
    pub groups: usize,
    /// Channels, height, width read.
    pub input: [usize; 3],
    /// Channels, height, width put out.
    pub output: [usize; 3],
    pub weight: ParamId,
    pub bias: Option<ParamId>,
}

impl Conv {
    /// Multiply-adds of one image, borders counted as if padded.
    pub fn multiply_adds(&self) -> u64 {
        let [channels, height, width] = self.output;
        (channels * height * width * self.kernel * self.kernel * (self.input[0] / self.groups)) as u64
    }

    /// `3x3, 32 to 64 in 8 groups, stride 2`
    pub fn window(&self) -> String {
        let mut text = format!("{0}x{0}, {1} to {2}", self.kernel, self.input[0], self.output[0]);
        if self.groups > 1 {
            text += &format!(" in {} groups", self.groups);
        }
        if self.stride > 1 {
            text += &format!(", stride {}", self.stride);
        }
        text
    }
}

/// One kernel of a training step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a plan holds a few hundred kernels, read in order and never moved"
)]
pub enum Kernel {
    /// `output = conv(input) + bias`, and the batch statistics of `output` for `statistics`.
    Conv {
        conv: ConvId,
        input: View,
        output: TensorId,
        statistics: Option<NormId>,
    },
    /// `output = branch + scale * shortcut`, through ReLU with `relu`; the shortcut gives every `stride`-th pixel and
    /// zeros for channels it lacks.
    Add {
        branch: View,
        shortcut: View,
        scale: f32,
        stride: usize,
        relu: bool,
        output: TensorId,
        statistics: Option<NormId>,
    },
    /// Mean over each map.
    Pool { input: View, output: TensorId },
    /// `output = weight input + bias`.
    Linear {
        input: TensorId,
        output: TensorId,
        weight: ParamId,
        bias: ParamId,
    },
    /// Softmax cross-entropy, hits, and the mean loss's gradient.
    Loss { logits: TensorId, gradient: TensorId },
    /// Gradients of the linear layer's parameters and input.
    LinearGrad {
        input: TensorId,
        gradient: TensorId,
        into: TensorId,
        weight: ParamId,
        bias: ParamId,
    },
    /// Spreads a pooled map's gradient evenly.
    PoolGrad { gradient: TensorId, into: TensorId },
    /// A reduction on its own.
    NormGrad(Reduction),
    /// `into = gradient + addend`, where `into` is the gradient's own tensor.
    Settle {
        gradient: Gradient,
        addend: Option<Addend>,
        into: TensorId,
    },
    /// Gradients of a convolution's parameters and, into `into`, of its input: written with `addend`, or added to what
    /// is there with `accumulate`. Reductions over `into` are taken while it is at hand.
    ConvGrad {
        conv: ConvId,
        input: View,
        gradient: Gradient,
        into: TensorId,
        addend: Option<Addend>,
        accumulate: bool,
        reductions: [Option<Reduction>; 2],
    },
}

impl Kernel {
    /// Every tensor that it reads or writes.
    pub fn tensors(&self) -> Vec<TensorId> {
        let mut tensors = Vec::new();
        let of = |gradient: &Gradient| gradient.tensors().into_iter().flatten();
        match self {
            Kernel::Conv { input, output, .. } | Kernel::Pool { input, output } => {
                tensors.extend([input.tensor, *output]);
            }
            Kernel::Add {
                branch,
                shortcut,
                output,
                ..
            } => tensors.extend([branch.tensor, shortcut.tensor, *output]),
            Kernel::Linear { input, output, .. } => tensors.extend([*input, *output]),
            Kernel::Loss { logits, gradient } => tensors.extend([*logits, *gradient]),
            Kernel::LinearGrad {
                input, gradient, into, ..
            } => tensors.extend([*input, *gradient, *into]),
            Kernel::PoolGrad { gradient, into } => tensors.extend([*gradient, *into]),
            Kernel::NormGrad(reduction) => tensors.extend(of(&reduction.gradient)),
            Kernel::Settle { gradient, addend, into } => {
                tensors.push(*into);
                tensors.extend(of(gradient));
                tensors.extend(addend.iter().flat_map(Addend::tensors));
            }
            Kernel::ConvGrad {
                input,
                gradient,
                into,
                addend,
                reductions,
                ..
            } => {
                tensors.extend([input.tensor, *into]);
                tensors.extend(of(gradient));
                tensors.extend(addend.iter().flat_map(Addend::tensors));
                tensors.extend(
                    reductions
                        .iter()
                        .flatten()
                        .flat_map(|reduction| of(&reduction.gradient)),
                );
            }
        }
        tensors
    }
}

/// How a node's value is had from what is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    View(View),
    /// The option-A shortcut.
    Subsample {
        view: View,
        stride: usize,
    },
    /// An addition whose ReLU is fused into the kernel at this place in [`Plan::forward`].
    Sum {
        kernel: usize,
    },
}

/// When and how a node's gradient can be read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    pub node: NodeId,
    /// Before this kernel of [`Plan::backward`] runs.
    pub at: usize,
    pub gradient: Gradient,
}

/// A net as kernels over stored tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub tensors: Vec<Tensor>,
    pub norms: Vec<Norm>,
    pub convs: Vec<Conv>,
    /// From the images to the loss and the logits' gradient.
    pub forward: Vec<Kernel>,
    /// From the logits' gradient to every parameter's.
    pub backward: Vec<Kernel>,
    /// By node.
    pub values: Vec<Value>,
    /// In the order of `at`.
    pub taps: Vec<Tap>,
    /// The images.
    pub images: TensorId,
    /// The images' gradient, computed only when asked for.
    pub images_gradient: TensorId,
    pub logits: TensorId,
    /// Values of one image that each buffer holds.
    pub slots: Vec<usize>,
}
