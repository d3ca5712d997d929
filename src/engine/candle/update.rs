//! SGD and Adam as PyTorch defines them, and clipping by the gradient's global norm.

use candle_core::{Result, Tensor, Var};

use super::values::norm;
use crate::engine::{Decay, Optimizer, OptimizerKind};
use crate::net::Param;

const BETAS: (f64, f64) = (0.9, 0.999);
const EPS: f64 = 1e-8;
/// PyTorch's `clip_grad_norm_` divides by the norm plus this.
const CLIP_EPS: f64 = 1e-6;

/// A trained parameter with its optimiser's memory.
pub struct Slot {
    pub param: Param,
    pub value: Var,
    /// `momentum`, or `exp_avg` and `exp_avg_sq`: the tensors of [`memory_names`].
    pub memory: Vec<Tensor>,
}

/// What an optimiser remembers of each parameter.
pub fn memory_names(optimizer: &Optimizer) -> &'static [&'static str] {
    match optimizer.kind {
        OptimizerKind::Sgd if optimizer.momentum == 0.0 => &[],
        OptimizerKind::Sgd => &["momentum"],
        OptimizerKind::Adam => &["exp_avg", "exp_avg_sq"],
    }
}

/// Moves every parameter along its gradient; `step` counts from 1.
pub fn update(optimizer: &Optimizer, slots: &mut [Slot], gradients: &[Tensor], rate: f64, step: usize) -> Result<()> {
    let clip = clipping(optimizer, gradients)?;
    for (slot, gradient) in slots.iter_mut().zip(gradients) {
        let mut gradient = gradient.clone();
        if let Some(factor) = clip {
            gradient = (gradient * factor)?;
        }
        let decays = optimizer.decay == Decay::All || slot.param.kind.is_weight();
        if decays && optimizer.weight_decay != 0.0 {
            gradient = (gradient + (slot.value.as_tensor() * f64::from(optimizer.weight_decay))?)?;
        }
        let change = match optimizer.kind {
            OptimizerKind::Sgd => sgd(optimizer, slot, gradient)?,
            OptimizerKind::Adam => adam(slot, &gradient, step)?,
        };
        slot.value.set(&(slot.value.as_tensor() - (change * rate)?)?)?;
    }
    Ok(())
}

fn clipping(optimizer: &Optimizer, gradients: &[Tensor]) -> Result<Option<f64>> {
    if optimizer.clip <= 0.0 {
        return Ok(None);
    }
    let mut sum = 0.0;
    for gradient in gradients {
        sum += norm(gradient)?.powi(2);
    }
    let factor = f64::from(optimizer.clip) / (sum.sqrt() + CLIP_EPS);
    Ok((factor < 1.0 || factor.is_nan()).then_some(factor))
}

fn sgd(optimizer: &Optimizer, slot: &mut Slot, gradient: Tensor) -> Result<Tensor> {
    let momentum = f64::from(optimizer.momentum);
    let Some(velocity) = slot.memory.first_mut() else {
        return Ok(gradient);
    };
    *velocity = ((&*velocity * momentum)? + &gradient)?;
    if optimizer.nesterov {
        gradient + (&*velocity * momentum)?
    } else {
        Ok(velocity.clone())
    }
}

fn adam(slot: &mut Slot, gradient: &Tensor, step: usize) -> Result<Tensor> {
    let [average, square] = slot.memory.as_mut_slice() else {
        candle_core::bail!("Adam without its memory")
    };
    *average = ((&*average * BETAS.0)? + (gradient * (1.0 - BETAS.0))?)?;
    *square = ((&*square * BETAS.1)? + (gradient.sqr()? * (1.0 - BETAS.1))?)?;
    let correction = |beta: f64| 1.0 - beta.powf(step as f64);
    let deviation = ((square.sqrt()? * (1.0 / correction(BETAS.1).sqrt()))? + EPS)?;
    (&*average * (1.0 / correction(BETAS.0)))?.div(&deviation)
}
