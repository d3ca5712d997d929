//! A graph computed by candle operations, node by node.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor, Var};

use super::batch_norm::{self, Statistics};
use super::convolution::{Shape, convolution};
use super::pointwise::{relu, subsample};
use crate::engine::BnMode;
use crate::net::{Graph, NodeId, Op};

/// Parameters and buffers by name, as the operations read them.
pub type Tensors = BTreeMap<String, Tensor>;

/// What one pass leaves behind.
pub struct Pass {
    /// By node; with `logits` as `[N, classes]`. Those nobody reads any more are kept only on request.
    pub outputs: Vec<Option<Tensor>>,
    /// By batch normalisation's parameter prefix: the running statistics after this batch.
    pub statistics: Vec<(String, Statistics)>,
    /// Zeros added to a node's output, whose gradient is that of the output.
    pub taps: BTreeMap<NodeId, Var>,
}

impl Pass {
    /// The last node's output, `[N, classes]`.
    pub fn logits(&self) -> Result<&Tensor> {
        self.outputs
            .last()
            .and_then(Option::as_ref)
            .ok_or_else(|| candle_core::Error::Msg("no logits".into()))
    }
}

/// What a pass must keep.
pub struct Keep<'a> {
    /// Nodes whose activations are wanted afterwards.
    pub outputs: &'a [NodeId],
    /// Nodes whose activation gradients are wanted.
    pub taps: &'a [NodeId],
}

impl Keep<'_> {
    /// Nothing but the logits.
    pub const NOTHING: Keep<'static> = Keep {
        outputs: &[],
        taps: &[],
    };
}

/// Computes every node of `graph` for `images` `[N, C, H, W]`.
pub fn forward(graph: &Graph, tensors: &Tensors, images: &Tensor, mode: BnMode, keep: &Keep) -> Result<Pass> {
    let last = graph.nodes.len() - 1;
    let mut readers = vec![0; graph.nodes.len()];
    for node in &graph.nodes {
        node.inputs.iter().for_each(|&id| readers[id] += 1);
    }
    let mut pass = Pass {
        outputs: vec![None; graph.nodes.len()],
        statistics: Vec::new(),
        taps: BTreeMap::new(),
    };
    for (id, node) in graph.nodes.iter().enumerate() {
        let inputs: Vec<Tensor> = node.inputs.iter().filter_map(|&id| pass.outputs[id].clone()).collect();
        let parameter = |suffix: &str| {
            let name = format!("{}.{suffix}", node.op.parameters().unwrap_or_default());
            tensors
                .get(&name)
                .ok_or_else(|| candle_core::Error::Msg(format!("no parameter {name}")))
        };
        let mut y = match (&node.op, inputs.as_slice()) {
            (Op::Input, []) => images.clone(),
            (
                &Op::Conv {
                    kernel,
                    stride,
                    groups,
                    bias,
                    ..
                },
                [x],
            ) => {
                let input_gradient = node.inputs[0] != 0 || keep.taps.contains(&0);
                let shape = Shape { kernel, stride, groups };
                let y = convolution(x, parameter("weight")?, shape, input_gradient)?;
                if bias {
                    y.broadcast_add(&parameter("bias")?.reshape((1, (), 1, 1))?)?
                } else {
                    y
                }
            }
            (Op::BatchNorm { parameters }, [x]) => {
                let (weight, bias) = (parameter("weight")?, parameter("bias")?);
                let running = Statistics {
                    mean: parameter("running_mean")?.clone(),
                    variance: parameter("running_var")?.clone(),
                };
                match mode {
                    BnMode::Running => batch_norm::with_running(x, weight, bias, &running)?,
                    BnMode::Batch => {
                        let (y, statistics) = batch_norm::with_batch(x, weight, bias, &running)?;
                        pass.statistics.push((parameters.clone(), statistics));
                        y
                    }
                }
            }
            (Op::Relu, [x]) => relu(x)?,
            (&Op::Subsample { stride }, [x]) => subsample(x, stride, node.output[0])?,
            (Op::Add { scale: 1.0 }, [branch, shortcut]) => (branch + shortcut)?,
            (&Op::Add { scale }, [branch, shortcut]) => (branch + (shortcut * f64::from(scale))?)?,
            (Op::Identity, [x]) => x.clone(),
            // candle's own pooling has a wrong gradient where the size is not divisible.
            (Op::AvgPool, [x]) => x.mean_keepdim((2, 3))?,
            (Op::Linear { .. }, [x]) => {
                let weight = parameter("weight")?;
                x.flatten_from(1)?
                    .matmul(&weight.t()?)?
                    .broadcast_add(parameter("bias")?)?
            }
            (op, inputs) => candle_core::bail!("{} cannot read {} inputs", op.name(), inputs.len()),
        };
        if keep.taps.contains(&id) {
            let tap = Var::zeros(y.shape(), y.dtype(), y.device())?;
            y = (y + tap.as_tensor())?;
            pass.taps.insert(id, tap);
        }
        pass.outputs[id] = Some(y);
        for &input in &node.inputs {
            readers[input] -= 1;
            if readers[input] == 0 && input != last && !keep.outputs.contains(&input) {
                pass.outputs[input] = None;
            }
        }
    }
    Ok(pass)
}

/// Mean cross-entropy of `[N, classes]` for labels `[N]`.
pub fn cross_entropy(logits: &Tensor, labels: &Tensor) -> Result<Tensor> {
    let largest = logits.max_keepdim(1)?.detach();
    let shifted = logits.broadcast_sub(&largest)?;
    let normaliser = shifted.exp()?.sum_keepdim(1)?.log()?;
    let chosen = shifted.gather(&labels.unsqueeze(1)?, 1)?;
    (normaliser - chosen)?.mean_all()
}
