//! The optimisers of PyTorch over one parameter's values.

use crate::engine::{Optimizer, OptimizerKind};

/// Betas and eps of Kingma & Ba 2015.
const BETAS: [f64; 2] = [0.9, 0.999];
const EPS: f32 = 1e-8;

/// What an update is told beside the optimiser's own settings.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    pub rate: f32,
    /// Factor that clips the gradient.
    pub clip: f32,
    /// Of this parameter.
    pub weight_decay: f32,
    /// Counts from 1.
    pub step: u64,
}

impl Update {
    /// Changes `weight` by its gradient; `state` is the momentum, or the two moments.
    pub fn apply(&self, optimizer: &Optimizer, weight: &mut [f32], gradient: &[f32], state: &mut [Vec<f32>]) {
        match (optimizer.kind, state) {
            (OptimizerKind::Sgd, [momentum]) => self.sgd(optimizer, weight, gradient, momentum),
            (OptimizerKind::Adam, [first, second]) => self.adam(weight, gradient, first, second),
            _ => unreachable!("the state is made for the optimiser"),
        }
    }

    fn gradient(&self, gradient: f32, weight: f32) -> f32 {
        gradient * self.clip + self.weight_decay * weight
    }

    fn sgd(&self, optimizer: &Optimizer, weight: &mut [f32], gradient: &[f32], momentum: &mut [f32]) {
        for ((weight, &gradient), momentum) in weight.iter_mut().zip(gradient).zip(momentum) {
            let gradient = self.gradient(gradient, *weight);
            *momentum = optimizer.momentum * *momentum + gradient;
            let pull = if optimizer.nesterov {
                gradient + optimizer.momentum * *momentum
            } else {
                *momentum
            };
            *weight -= self.rate * pull;
        }
    }

    fn adam(&self, weight: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        let [of_first, of_second] = BETAS.map(|beta| 1.0 - beta.powf(self.step as f64));
        let (rate, root) = ((f64::from(self.rate) / of_first) as f32, of_second.sqrt() as f32);
        let [beta, slow] = BETAS.map(|beta| beta as f32);
        let moments = first.iter_mut().zip(second);
        for ((weight, &gradient), (first, second)) in weight.iter_mut().zip(gradient).zip(moments) {
            let gradient = self.gradient(gradient, *weight);
            *first += (1.0 - beta) * (gradient - *first);
            *second = slow * *second + (1.0 - slow) * gradient * gradient;
            *weight -= rate * *first / (second.sqrt() / root + EPS);
        }
    }
}
