//! Transfer: what a net that has learned from other images is worth when there are few labels, and which of its layers
//! move.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::lesion::accuracy;
use super::{Open, Watch};
use crate::data::{Augment, Dataset};
use crate::engine::{BnMode, Engine, Optimizer};
use crate::error::Result;
use crate::net::{Graph, Weights, initial_weights};

/// Steps on few labels, and on what is learned first.
const STEPS: usize = 200;
const FIRST_STEPS: usize = 600;
/// Rates that fall along half a cosine.
const RATE: f32 = 0.02;
const FIRST_RATE: f32 = 0.05;
const BATCH: usize = 32;
/// Images an evaluation takes at once.
const TEST_BATCH: usize = 512;
/// Steps between two looks at the watcher.
const LOOK_EVERY: usize = 10;
/// Parameters of the last layer.
const HEAD: &str = "fc.";

/// How a net is trained on few labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Way {
    /// From initial weights.
    Scratch,
    /// From learned weights; only the last layer is trained, anew.
    Frozen,
    /// From learned weights with a new last layer; everything is trained.
    FineTuned,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::Scratch, Way::Frozen, Way::FineTuned];

    /// `scratch`, `frozen`, `fine-tuned`.
    pub fn name(self) -> &'static str {
        match self {
            Way::Scratch => "scratch",
            Way::Frozen => "frozen",
            Way::FineTuned => "fine-tuned",
        }
    }
}

/// What came of one way with so many labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Of each class.
    pub labels: usize,
    pub way: Way,
    /// On the test images, batch statistics, 0..=1.
    pub accuracy: f32,
    /// By weighted layer ([`Graph::weighted`]): norm of its weights' change over their norm before.
    pub moved: Vec<f32>,
}

impl Trial {
    /// The means over several seeds, of what the first of them has come to.
    pub fn means(seeds: &[&[Trial]]) -> Vec<Trial> {
        let first = seeds.first().copied().unwrap_or_default();
        let mean = |trial: &Trial| {
            let same = |other: &&Trial| (other.labels, other.way) == (trial.labels, trial.way);
            let all: Vec<&Trial> = seeds.iter().filter_map(|seed| seed.iter().find(same)).collect();
            let over =
                |value: &dyn Fn(&Trial) -> f32| all.iter().map(|trial| value(trial)).sum::<f32>() / all.len() as f32;
            let moved = |layer: usize| over(&|trial| trial.moved.get(layer).copied().unwrap_or(f32::NAN));
            Trial {
                accuracy: over(&|trial| trial.accuracy),
                moved: (0..trial.moved.len()).map(moved).collect(),
                ..trial.clone()
            }
        };
        first.iter().map(mean).collect()
    }
}

/// A net, and the data it is tried on.
pub struct Target<'a> {
    pub open: &'a Open<'a>,
    pub graph: &'a Arc<Graph>,
    pub data: &'a Dataset,
    /// Sets the initial weights, which images keep their labels, and their order.
    pub seed: u64,
}

impl Target<'_> {
    /// Tries each way with each number of labels a class; broken off, it answers with what it has.
    ///
    /// # Errors
    /// When the weights are another net's, there are fewer images, or an engine fails.
    pub fn transfer(&self, learned: &Weights, labels: &[usize], watch: &mut Watch<Vec<Trial>>) -> Result<Vec<Trial>> {
        let fresh = initial_weights(self.graph, self.seed);
        let mut moved = learned.clone();
        let head = fresh.iter().filter(|(name, _)| name.starts_with(HEAD));
        moved.extend(head.map(|(name, array)| (name.clone(), array.clone())));
        let all = (labels.len() * Way::ALL.len()) as f32;
        let mut trials = Vec::new();
        for &labels in labels {
            let data = self.data.few(labels, self.seed)?;
            for way in Way::ALL {
                let start = if way == Way::Scratch { &fresh } else { &moved };
                let before = trials.len() as f32;
                let mut goes_on = |share| watch(&trials, (before + share) / all);
                let Some(mut engine) = self.train(start, &data, way, (STEPS, RATE), &mut goes_on)? else {
                    return Ok(trials);
                };
                trials.push(Trial {
                    labels,
                    way,
                    accuracy: accuracy(engine.as_mut(), &self.data.test_batches(TEST_BATCH), BnMode::Batch)?,
                    moved: self.moved(start, &engine.weights()?),
                });
                if !watch(&trials, trials.len() as f32 / all) {
                    return Ok(trials);
                }
            }
        }
        Ok(trials)
    }

    /// The weights that this net learns from all images of `data`; `None` when broken off.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn learn(&self, data: &Dataset, goes_on: &mut dyn FnMut(f32) -> bool) -> Result<Option<Weights>> {
        let fresh = initial_weights(self.graph, self.seed);
        let engine = self.train(&fresh, data, Way::Scratch, (FIRST_STEPS, FIRST_RATE), goes_on)?;
        engine.map(|engine| engine.weights()).transpose()
    }

    fn train(
        &self,
        start: &Weights,
        data: &Dataset,
        way: Way,
        (steps, rate): (usize, f32),
        goes_on: &mut dyn FnMut(f32) -> bool,
    ) -> Result<Option<Box<dyn Engine>>> {
        let mut engine = (self.open)(self.graph, start, Optimizer::default())?;
        for step in 0..steps {
            let share = step as f32 / steps as f32;
            if step % LOOK_EVERY == 0 && !goes_on(share) {
                return Ok(None);
            }
            let rate = 0.5 * rate * (1.0 + (std::f32::consts::PI * share).cos());
            engine.step(
                &data.train_batch(self.seed, step, BATCH, Augment::default()),
                rate,
                false,
            )?;
            if way == Way::Frozen {
                freeze_body(engine.as_mut(), start)?;
            }
        }
        Ok(Some(engine))
    }

    fn moved(&self, before: &Weights, after: &Weights) -> Vec<f32> {
        let nodes = self.graph.weighted();
        let layers = nodes.iter().filter_map(|&node| self.graph.nodes[node].op.parameters());
        layers
            .filter_map(|layer| {
                let name = format!("{layer}.weight");
                let (before, after) = (before.get(&name)?, after.get(&name)?);
                let mut change = after.clone();
                change
                    .data
                    .iter_mut()
                    .zip(&before.data)
                    .for_each(|(after, before)| *after -= before);
                Some(change.norm() / before.norm())
            })
            .collect()
    }
}

/// Puts everything back but the last layer.
fn freeze_body(engine: &mut dyn Engine, start: &Weights) -> Result<()> {
    let mut weights = start.clone();
    let trained = engine.weights()?;
    weights.extend(trained.into_iter().filter(|(name, _)| name.starts_with(HEAD)));
    engine.set_weights(&weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Choice, open};
    use crate::net::Spec;

    fn target<T>(see: impl FnOnce(Target<'_>) -> T) -> T {
        let data = Dataset::open(&toml::from_str("source = 'digits'").unwrap()).unwrap();
        let graph = Arc::new(Graph::new(&Spec::for_data("resnet-8:width=4", data.shape, 10).unwrap()));
        see(Target {
            open: &|graph, weights, optimizer| open(Choice::Cpu, graph, weights, optimizer),
            graph: &graph,
            data: &data,
            seed: 1,
        })
    }

    #[test]
    fn frozen_layers_stay_and_the_head_moves() {
        let trials = target(|target| {
            let learned = initial_weights(target.graph, 9);
            let mut shares = Vec::new();
            let trials = target.transfer(&learned, &[2], &mut |_, share| {
                shares.push(share);
                true
            });
            assert!(shares.is_sorted() && shares.last() == Some(&1.0), "{shares:?}");
            trials.unwrap()
        });
        let ways: Vec<Way> = trials.iter().map(|trial| trial.way).collect();
        assert_eq!(ways, Way::ALL);
        for trial in &trials {
            let (head, body) = trial.moved.split_last().unwrap();
            assert_eq!(body.len(), 7);
            assert!(*head > 0.0, "{trial:?}");
            let still = body.iter().all(|&moved| moved == 0.0);
            assert_eq!(still, trial.way == Way::Frozen, "{trial:?}");
        }
    }

    #[test]
    fn what_was_learned_from_the_same_images_is_worth_something() {
        let learned = target(|target| target.learn(target.data, &mut |_| true).unwrap().unwrap());
        let [scratch, frozen, _]: [Trial; 3] = target(|target| target.transfer(&learned, &[1], &mut |_, _| true))
            .unwrap()
            .try_into()
            .unwrap();
        assert!(frozen.accuracy > scratch.accuracy + 0.2, "{frozen:?} {scratch:?}");
    }

    #[test]
    fn it_can_be_stopped() {
        target(|target| {
            let learned = initial_weights(target.graph, 9);
            let trials = target
                .transfer(&learned, &[1, 2], &mut |trials, _| trials.len() < 2)
                .unwrap();
            assert_eq!(trials.len(), 2);
            assert!(target.learn(target.data, &mut |_| false).unwrap().is_none());
        });
    }
}
