//! Identity insertion: a trained net made deeper by blocks that pass everything on, then trained on.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::{Open, Watch};
use crate::data::{Augment, Batch, Dataset};
use crate::engine::{BnMode, Engine, Optimizer, ProbeRequest, Select};
use crate::error::{Error, Result};
use crate::net::{Deepened, Graph, Weights};

/// Training images that tell what passes through a block.
const SAMPLE: usize = 512;
/// Images probed at once.
const TOGETHER: usize = 256;
/// Steps between two looks at what was reached.
const LOOK_EVERY: usize = 5;

/// How deep the net becomes, and how it is trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    pub depth: usize,
    /// Learning rate of each step.
    pub rates: Vec<f32>,
    /// Images a step.
    pub batch: usize,
    pub augment: Augment,
    pub optimizer: Optimizer,
    /// Of the batches, and of what the inserted blocks' branches start from.
    pub seed: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Insertion {
    /// Depth before and after.
    pub depths: [usize; 2],
    /// Blocks inserted.
    pub inserted: usize,
    /// Largest |difference| of the test images' logits before any further training, running statistics.
    pub difference: f32,
    /// Largest |logit| of the shallow net there.
    pub largest: f32,
    /// Mean cross-entropy of training images with batch statistics, before and after the insertion.
    pub start: [f32; 2],
    /// Minibatch loss of each step that it was trained on.
    pub losses: Vec<f32>,
}

impl Insertion {
    /// Mean of the last 50 minibatches.
    pub fn final_loss(&self) -> Option<f32> {
        let last = &self.losses[self.losses.len().saturating_sub(50)..];
        let sum: f64 = last.iter().map(|&loss| f64::from(loss)).sum();
        (!last.is_empty()).then(|| (sum / last.len() as f64) as f32)
    }
}

/// Inserts identity blocks into a trained net, compares the two, and trains the deeper one on. Broken off, or where the loss
/// is not finite any more, it answers with what it has.
///
/// # Errors
/// When the net's further blocks cannot be identities, or an engine fails.
pub fn insertion(
    open: &Open,
    shallow: &Graph,
    trained: &Weights,
    dataset: &Dataset,
    growth: &Growth,
    watch: &mut Watch<Insertion>,
) -> Result<Insertion> {
    let deepened = Deepened::new(shallow, growth.depth).map_err(|why| Error::Run(why.into()))?;
    let mut before = open(&Arc::new(shallow.clone()), trained, Optimizer::default())?;
    let sample = dataset.train_sample(SAMPLE, TOGETHER);
    let passing = if deepened.needs_statistics() {
        passing(before.as_mut(), &deepened, &sample)?
    } else {
        BTreeMap::new()
    };
    let weights = deepened.weights(trained, growth.seed, &passing);
    let mut after = open(&Arc::new(deepened.graph.clone()), &weights, growth.optimizer)?;
    let (mut difference, mut largest) = (0.0f32, 0.0f32);
    for batch in dataset.test_batches(TOGETHER) {
        let [a, b] = [logits(before.as_mut(), &batch)?, logits(after.as_mut(), &batch)?];
        for (a, b) in a.iter().zip(&b) {
            let off = (a - b).abs();
            difference = if off.is_nan() { off } else { difference.max(off) };
            largest = largest.max(a.abs());
        }
    }
    let mut found = Insertion {
        depths: [shallow.spec.depth, growth.depth],
        inserted: deepened.inserted.len(),
        difference,
        largest,
        start: [
            mean_loss(before.as_mut(), &sample)?,
            mean_loss(after.as_mut(), &sample)?,
        ],
        losses: Vec::with_capacity(growth.rates.len()),
    };
    drop(before);
    let steps = growth.rates.len();
    if !watch(&found, 0.0) {
        return Ok(found);
    }
    for (step, &rate) in growth.rates.iter().enumerate() {
        let batch = dataset.train_batch(growth.seed, step, growth.batch, growth.augment);
        let loss = after.step(&batch, rate, false)?.loss;
        found.losses.push(loss);
        let done = step + 1;
        let look = done.is_multiple_of(LOOK_EVERY) || done == steps;
        if !loss.is_finite() || look && !watch(&found, done as f32 / steps as f32) {
            break;
        }
    }
    Ok(found)
}

/// Mean and variance of every channel that leaves each stage of the shallow net, batch statistics.
fn passing(engine: &mut dyn Engine, deepened: &Deepened, sample: &[Batch]) -> Result<BTreeMap<String, Vec<[f32; 2]>>> {
    let mut nodes: Vec<String> = deepened.inserted.iter().map(|(_, behind)| behind.clone()).collect();
    nodes.dedup();
    let mut sums: BTreeMap<String, (f64, Vec<[f64; 2]>)> = BTreeMap::new();
    for batch in sample {
        let request = ProbeRequest {
            mode: BnMode::Batch,
            activations: Select::Nodes(nodes.clone()),
            activation_gradients: Select::None,
            weight_gradients: false,
        };
        for (node, maps) in engine.probe(batch, &request)?.activations {
            let (channels, plane) = (maps.shape[1], maps.shape[2] * maps.shape[3]);
            let (count, sums) = sums.entry(node).or_insert_with(|| (0.0, vec![[0.0; 2]; channels]));
            *count += (batch.len() * plane) as f64;
            for (at, map) in maps.data.chunks_exact(plane).enumerate() {
                for value in map.iter().map(|&value| f64::from(value)) {
                    sums[at % channels][0] += value;
                    sums[at % channels][1] += value * value;
                }
            }
        }
    }
    let moments = |(count, sums): (f64, Vec<[f64; 2]>)| {
        let moment = |[sum, squares]: [f64; 2]| {
            let mean = sum / count;
            [mean as f32, (squares / count - mean * mean).max(0.0) as f32]
        };
        sums.into_iter().map(moment).collect()
    };
    Ok(sums.into_iter().map(|(node, sums)| (node, moments(sums))).collect())
}

fn logits(engine: &mut dyn Engine, batch: &Batch) -> Result<Vec<f32>> {
    let request = ProbeRequest {
        mode: BnMode::Running,
        activations: Select::None,
        activation_gradients: Select::None,
        weight_gradients: false,
    };
    let logits = engine.probe(batch, &request)?.logits;
    let missing = || Error::Engine(t!("the engine did not report the logits"));
    Ok(logits.ok_or_else(missing)?.data)
}

fn mean_loss(engine: &mut dyn Engine, batches: &[Batch]) -> Result<f32> {
    let (mut sum, mut images) = (0.0, 0);
    for batch in batches {
        let part = engine.evaluate(batch, BnMode::Batch)?;
        sum += part.loss_sum;
        images += part.images;
    }
    Ok((sum / images.max(1) as f64) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Choice, open};
    use crate::net::{Spec, initial_weights};

    fn digits() -> Dataset {
        Dataset::open(&toml::from_str("source = 'digits'\nimages = 300").unwrap()).unwrap()
    }

    /// A net trained for some steps, so that its statistics are no longer those it started with.
    fn trained(choice: Choice, net: &str, data: &Dataset) -> (Graph, Weights) {
        let graph = Arc::new(Graph::new(&Spec::for_data(net, data.shape, 10).unwrap()));
        let mut engine = open(choice, &graph, &initial_weights(&graph, 1), Optimizer::default()).unwrap();
        for step in 0..30 {
            let batch = data.train_batch(1, step, 32, Augment::default());
            engine.step(&batch, 0.02, false).unwrap();
        }
        (graph.as_ref().clone(), engine.weights().unwrap())
    }

    fn grown(choice: Choice, net: &str, depth: usize, steps: usize, enough: usize) -> Result<Insertion> {
        let data = digits();
        let (graph, weights) = trained(choice, net, &data);
        let growth = Growth {
            depth,
            rates: vec![0.02; steps],
            batch: 32,
            augment: Augment::default(),
            optimizer: Optimizer::default(),
            seed: 1,
        };
        let engine = |graph: &Arc<Graph>, weights: &Weights, optimizer| open(choice, graph, weights, optimizer);
        insertion(&engine, &graph, &weights, &data, &growth, &mut |found, _| {
            found.losses.len() < enough
        })
    }

    #[test]
    fn a_deeper_net_computes_the_same() {
        for net in [
            "plain-8:width=4",
            "resnet-8:width=4",
            "plain-8:width=4,norm=none",
            "resnet-8:width=4,order=pre",
        ] {
            for choice in [Choice::Cpu, Choice::Candle] {
                let found = grown(choice, net, 20, 0, 0).unwrap();
                assert_eq!((found.inserted, found.losses.len()), (6, 0));
                assert!(found.difference <= 1e-4 * found.largest, "{net} on {choice}: {found:?}");
                let [before, after] = found.start;
                assert!(
                    (before - after).abs() < 0.05 * before + 0.01,
                    "{net} on {choice}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn it_trains_on_and_can_be_stopped() {
        let found = grown(Choice::Cpu, "resnet-8:width=4", 14, 40, usize::MAX).unwrap();
        assert_eq!(found.losses.len(), 40);
        let last = found.final_loss().unwrap();
        assert!(last < found.losses[0] * 2.0 && last > 0.0, "{found:?}");
        assert_eq!(
            grown(Choice::Cpu, "resnet-8:width=4", 14, 40, 10).unwrap().losses.len(),
            10
        );
        let why = grown(Choice::Cpu, "plain-8:width=4,order=pre", 14, 1, 1)
            .unwrap_err()
            .to_string();
        assert!(why.contains("ReLU"), "{why}");
    }
}
