//! The optimisers' updates, and norms.

use super::super::observe;
use super::super::update::Update;
use super::*;
use crate::engine::{Optimizer, OptimizerKind};

#[derive(Debug, serde::Deserialize)]
struct Case {
    values: usize,
    optimizer: Optimizer,
    rate: f64,
    clip: f64,
    steps: u64,
    seed: u64,
    digests: Digests,
}

const STATES: [&str; 2] = ["state 0", "state 1"];

impl Case {
    fn inputs(&self) -> Inputs {
        Inputs {
            seed: self.seed,
            images: 1,
        }
    }

    fn naive(&self) -> Right {
        let (recipe, decay) = (&self.optimizer, f64::from(self.optimizer.weight_decay));
        let mut weight = wide(&self.inputs().get(0, self.values));
        let mut states = self.states().map(|state| wide(&state));
        let momentum = f64::from(recipe.momentum);
        for step in 1..=self.steps {
            let gradients = self.inputs().get(step, self.values);
            for (at, gradient) in gradients.into_iter().enumerate() {
                let g = self.clip * f64::from(gradient) + decay * weight[at];
                let mut state = states.each_mut().map(|state| state.get_mut(at));
                weight[at] -= match &mut state {
                    [Some(first), Some(second)] => {
                        **first = 0.9 * **first + 0.1 * g;
                        **second = 0.999 * **second + 0.001 * g * g;
                        let [fresh, old] = [0.9f64, 0.999].map(|beta| 1.0 - beta.powi(step as i32));
                        self.rate * (**first / fresh) / ((**second / old).sqrt() + 1e-8)
                    }
                    [Some(velocity), _] => {
                        **velocity = momentum * **velocity + g;
                        self.rate
                            * if recipe.nesterov {
                                g + momentum * **velocity
                            } else {
                                **velocity
                            }
                    }
                    _ => unreachable!("every optimiser remembers something"),
                };
            }
        }
        let of = STATES.into_iter().zip(states).filter(|(_, state)| !state.is_empty());
        Right::from_iter([("weight", weight)].into_iter().chain(of))
    }

    /// Zeros; SGD has no second one.
    fn states(&self) -> [Vec<f32>; 2] {
        let second = if self.optimizer.kind == OptimizerKind::Adam {
            self.values
        } else {
            0
        };
        [vec![0.0; self.values], vec![0.0; second]]
    }

    fn run(&self) -> Found {
        let mut weight = self.inputs().get(0, self.values);
        let mut states: Vec<Vec<f32>> = self.states().into_iter().filter(|state| !state.is_empty()).collect();
        for step in 1..=self.steps {
            let update = Update {
                rate: self.rate as f32,
                clip: self.clip as f32,
                weight_decay: self.optimizer.weight_decay,
                step,
            };
            update.apply(
                &self.optimizer,
                &mut weight,
                &self.inputs().get(step, self.values),
                &mut states,
            );
        }
        Found::from_iter([("weight", weight)].into_iter().chain(STATES.into_iter().zip(states)))
    }
}

#[test]
fn updates_agree_with_pytorch() {
    for case in cases::<Case>("update") {
        agree(&format!("{case:?}"), &case.naive(), &case.digests, |_| case.run());
    }
}

#[test]
fn norms_are_euclidean() {
    for count in [0, 1, 7, 8, 127] {
        let values = pytorch::values(count, 3);
        let right = wide(&values).iter().map(|value| value * value).sum::<f64>().sqrt();
        assert!(
            (f64::from(observe::norm(&values)) - right).abs() <= 1e-6 * right,
            "{count}"
        );
    }
    assert!(observe::norm(&[1.0, f32::NAN]).is_nan());
}
