//! The reference engine: candle operations forward, candle's autograd backward, on CPU, CUDA or Metal.

mod batch_norm;
mod columns;
mod convolution;
mod device;
mod forward;
mod function;
mod pointwise;
pub mod pth;
mod stack;
mod update;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{Device, Tensor, Var};

pub use device::Kind;
use forward::{Keep, Pass, Tensors, cross_entropy, forward};
use rust_i18n::t;
use stack::with_room;
use update::{Slot, memory_names, update};
use values::{array, norm, tensor};

use super::{BnMode, Engine, Evaluation, Norms, Optimizer, Probe, ProbeRequest, Select, Step, check, nodes};
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::net::{Array, Graph, NodeId, Weights};

/// candle's error as the end of a sentence, without its backtrace.
fn reason(error: &candle_core::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Error::Engine(t!("candle failed: %{reason}", reason = reason(&error)))
    }
}

/// One net on one candle device.
pub struct Candle {
    graph: Arc<Graph>,
    kind: Kind,
    device: Device,
    optimizer: Optimizer,
    /// Trained parameters in the graph's order, which is the order of every sum over them.
    slots: Vec<Slot>,
    /// Running statistics by name.
    buffers: Tensors,
    /// Updates done, as Adam's bias correction counts them.
    steps: usize,
    /// Done and not told yet.
    done: Vec<Step>,
}

impl Candle {
    /// Opens the device and puts the net on it.
    ///
    /// # Errors
    /// When the device is not there, or the weights are not the graph's.
    pub fn open(kind: Kind, graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer) -> Result<Self> {
        check::weights(graph, weights)?;
        let device = kind.open()?;
        let mut slots = Vec::new();
        let mut buffers = Tensors::new();
        for param in &graph.params {
            let value = tensor(&weights[&param.name], &device)?;
            if param.kind.trained() {
                let memory = memory_names(&optimizer)
                    .iter()
                    .map(|_| value.zeros_like())
                    .collect::<Result<_, _>>()?;
                slots.push(Slot {
                    param: param.clone(),
                    value: Var::from_tensor(&value)?,
                    memory,
                });
            } else {
                buffers.insert(param.name.clone(), value);
            }
        }
        Ok(Self {
            graph: Arc::clone(graph),
            kind,
            device,
            optimizer,
            slots,
            buffers,
            steps: 0,
            done: Vec::new(),
        })
    }

    /// What the operations read: parameters as variables, or as constants where no gradient is wanted.
    fn tensors(&self, gradients: bool) -> Tensors {
        let value = |slot: &Slot| {
            if gradients {
                slot.value.as_tensor().clone()
            } else {
                slot.value.as_detached_tensor()
            }
        };
        let parameters = self.slots.iter().map(|slot| (slot.param.name.clone(), value(slot)));
        parameters.chain(self.buffers.clone()).collect()
    }

    fn images(&self, batch: &Batch) -> Result<Tensor> {
        let [c, h, w] = batch.shape;
        Ok(Tensor::from_slice(&batch.images, (batch.len(), c, h, w), &self.device)?)
    }

    /// Forward and backward: the pass, the loss, and the gradient of every trained parameter in order.
    fn gradients(&self, batch: &Batch, mode: BnMode, keep: &Keep) -> Result<Gradients> {
        let pass = forward(&self.graph, &self.tensors(true), &self.images(batch)?, mode, keep)?;
        let labels = Tensor::from_slice(&batch.labels, batch.len(), &self.device)?;
        let loss = cross_entropy(pass.logits()?, &labels)?;
        let mut store = loss.backward()?;
        let mut take = |variable: &Var| match store.remove(variable) {
            Some(gradient) => Ok(gradient),
            None => variable.zeros_like(),
        };
        let taps = pass
            .taps
            .iter()
            .map(|(&id, tap)| Ok((id, take(tap)?)))
            .collect::<candle_core::Result<_>>()?;
        let parameters = self
            .slots
            .iter()
            .map(|slot| take(&slot.value))
            .collect::<candle_core::Result<_>>()?;
        Ok(Gradients {
            loss: loss.to_scalar()?,
            parameters,
            taps,
            pass,
        })
    }

    fn norms(&self, gradients: &Gradients) -> Result<Norms> {
        let mut norms = Norms::default();
        for id in self.graph.trunk() {
            norms.activation.push(norm(&gradients.taps[&id])? as f32);
        }
        for id in self.graph.weighted() {
            let name = format!("{}.weight", self.graph.nodes[id].op.parameters().unwrap_or_default());
            let position = self.slots.iter().position(|slot| slot.param.name == name);
            if let Some(position) = position {
                norms.weight.push(norm(&gradients.parameters[position])? as f32);
            }
        }
        Ok(norms)
    }

    /// One training step.
    fn descend(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<Step> {
        let trunk = if measure { self.graph.trunk() } else { Vec::new() };
        let gradients = self.gradients(
            batch,
            BnMode::Batch,
            &Keep {
                outputs: &[],
                taps: &trunk,
            },
        )?;
        let norms = if measure { Some(self.norms(&gradients)?) } else { None };
        let logits = gradients.pass.logits()?.to_vec2()?;
        self.steps += 1;
        update(
            &self.optimizer,
            &mut self.slots,
            &gradients.parameters,
            f64::from(rate),
            self.steps,
        )?;
        self.buffers.extend(buffers(&gradients.pass));
        Ok(Step {
            loss: gradients.loss,
            correct: correct(&logits, &batch.labels),
            norms,
        })
    }

    /// One probe.
    fn measure(&self, batch: &Batch, request: &ProbeRequest) -> Result<Probe> {
        let (outputs, taps) = (
            selected(&self.graph, &request.activations)?,
            selected(&self.graph, &request.activation_gradients)?,
        );
        let keep = Keep {
            outputs: &outputs,
            taps: &taps,
        };
        let gradients = self.gradients(batch, request.mode, &keep)?;
        let mut probe = Probe {
            logits: Some(array(gradients.pass.logits()?)?),
            loss: gradients.loss,
            ..Probe::default()
        };
        let name = |id: NodeId| self.graph.nodes[id].name.clone();
        for id in outputs {
            if let Some(output) = &gradients.pass.outputs[id] {
                probe.activations.insert(name(id), array(output)?);
            }
        }
        for (&id, gradient) in &gradients.taps {
            probe.activation_gradients.insert(name(id), array(gradient)?);
        }
        if request.weight_gradients {
            for (slot, gradient) in self.slots.iter().zip(&gradients.parameters) {
                probe.weight_gradients.insert(slot.param.name.clone(), array(gradient)?);
            }
        }
        for (name, buffer) in buffers(&gradients.pass) {
            probe.buffers.insert(name, array(&buffer)?);
        }
        Ok(probe)
    }
}

fn selected(graph: &Graph, select: &Select) -> Result<Vec<NodeId>> {
    let selected = nodes::selected(graph, select)?;
    Ok((0..selected.len()).filter(|&node| selected[node]).collect())
}

/// What one backward pass gives.
struct Gradients {
    loss: f32,
    parameters: Vec<Tensor>,
    taps: BTreeMap<NodeId, Tensor>,
    pass: Pass,
}

/// Running statistics by parameter name.
fn buffers(pass: &Pass) -> impl Iterator<Item = (String, Tensor)> {
    pass.statistics.iter().flat_map(|(prefix, statistics)| {
        [
            (format!("{prefix}.running_mean"), statistics.mean.clone()),
            (format!("{prefix}.running_var"), statistics.variance.clone()),
        ]
    })
}

/// Images whose largest logit is their label's; none where the logits are not numbers.
fn correct(logits: &[Vec<f32>], labels: &[u32]) -> usize {
    let right = |(logits, label): &(&Vec<f32>, &u32)| {
        let label = **label;
        let own = logits[label as usize];
        let (before, after) = logits.split_at(label as usize);
        before.iter().all(|&other| own > other) && after.iter().all(|&other| own >= other)
    };
    logits.iter().zip(labels).filter(right).count()
}

/// Sum of cross-entropies, in `f64`.
fn loss_sum(logits: &[Vec<f32>], labels: &[u32]) -> f64 {
    let loss = |(logits, &label): (&Vec<f32>, &u32)| {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f64 = logits.iter().map(|&logit| f64::from(logit - largest).exp()).sum();
        sum.ln() - f64::from(logits[label as usize] - largest)
    };
    logits.iter().zip(labels).map(loss).sum()
}

impl Engine for Candle {
    fn device(&self) -> String {
        self.kind.describe()
    }

    fn start(&mut self, batch: &Batch, rate: f32, measure: bool) -> Result<()> {
        check::batch(&self.graph, batch, BnMode::Batch)?;
        let step = with_room(self.graph.nodes.len(), || self.descend(batch, rate, measure))?;
        self.done.push(step);
        Ok(())
    }

    fn finished(&mut self, _wait: bool) -> Result<Vec<Step>> {
        Ok(std::mem::take(&mut self.done))
    }

    fn evaluate(&mut self, batch: &Batch, mode: BnMode) -> Result<Evaluation> {
        check::batch(&self.graph, batch, mode)?;
        let pass = forward(
            &self.graph,
            &self.tensors(false),
            &self.images(batch)?,
            mode,
            &Keep::NOTHING,
        )?;
        let logits = pass.logits()?.to_vec2()?;
        Ok(Evaluation {
            loss_sum: loss_sum(&logits, &batch.labels),
            correct: correct(&logits, &batch.labels),
            images: batch.len(),
        })
    }

    fn probe(&mut self, batch: &Batch, request: &ProbeRequest) -> Result<Probe> {
        check::batch(&self.graph, batch, request.mode)?;
        with_room(self.graph.nodes.len(), || self.measure(batch, request))
    }

    fn weights(&self) -> Result<Weights> {
        let parameters = self.slots.iter().map(|slot| (&slot.param.name, slot.value.as_tensor()));
        parameters
            .chain(&self.buffers)
            .map(|(name, value)| Ok((name.clone(), array(value)?)))
            .collect()
    }

    fn set_weights(&mut self, weights: &Weights) -> Result<()> {
        check::weights(&self.graph, weights)?;
        let values = weights
            .iter()
            .map(|(name, value)| Ok((name, tensor(value, &self.device)?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        for slot in &self.slots {
            slot.value.set(&values[&slot.param.name])?;
        }
        for (name, buffer) in &mut self.buffers {
            *buffer = values[name].clone();
        }
        Ok(())
    }

    fn optimizer_state(&self) -> Result<Weights> {
        let mut state = Weights::from([("step".to_owned(), Array::filled(Vec::new(), self.steps as f32))]);
        for slot in &self.slots {
            for (name, memory) in memory_names(&self.optimizer).iter().zip(&slot.memory) {
                state.insert(format!("{name}/{}", slot.param.name), array(memory)?);
            }
        }
        Ok(state)
    }

    fn set_optimizer_state(&mut self, state: &Weights) -> Result<()> {
        let names = memory_names(&self.optimizer);
        let steps = check::optimizer_state(&self.graph, names, state)?;
        let memories = self
            .slots
            .iter()
            .map(|slot| {
                names
                    .iter()
                    .map(|name| Ok(tensor(&state[&format!("{name}/{}", slot.param.name)], &self.device)?))
                    .collect()
            })
            .collect::<Result<Vec<_>>>()?;
        for (slot, memory) in self.slots.iter_mut().zip(memories) {
            slot.memory = memory;
        }
        self.steps = steps;
        Ok(())
    }
}
