//! Lesions: what a trained net is worth when a block is removed and nothing is trained after it (Veit et al. 2016).

use std::sync::Arc;

use super::{Open, Watch};
use crate::data::Batch;
use crate::engine::{BnMode, Engine, Optimizer};
use crate::error::{Error, Result};
use crate::net::{Cut, Graph, Operated, Surgery, Weights};

/// A net after surgery, on an engine of its own.
pub struct Patient {
    pub operated: Operated,
    pub engine: Box<dyn Engine>,
}

/// What is left of a net without one of its blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Removal {
    /// Position in [`Graph::blocks`].
    pub block: usize,
    /// Share of the images named right, 0..=1.
    pub accuracy: f32,
}

impl Patient {
    /// Makes the cuts and gives the net what is left of the whole one's trained weights.
    ///
    /// # Errors
    /// When a cut cannot be made, or no engine can be had.
    pub fn new(open: &Open, graph: &Graph, surgery: &Surgery, trained: &Weights) -> Result<Self> {
        let operated = surgery.operate(graph).map_err(|why| Error::Run(why.into()))?;
        let weights = Surgery::weights(&operated, trained);
        let engine = open(&Arc::new(operated.graph.clone()), &weights, Optimizer::default())?;
        Ok(Self { operated, engine })
    }

    /// Gives it other trained weights of the whole net.
    ///
    /// # Errors
    /// When they are another net's.
    pub fn set_weights(&mut self, trained: &Weights) -> Result<()> {
        self.engine.set_weights(&Surgery::weights(&self.operated, trained))
    }
}

/// Share of the images that a net names right.
///
/// # Errors
/// When the engine fails.
pub fn accuracy(engine: &mut dyn Engine, batches: &[Batch], mode: BnMode) -> Result<f32> {
    let (mut correct, mut images) = (0, 0);
    for batch in batches {
        let part = engine.evaluate(batch, mode)?;
        correct += part.correct;
        images += part.images;
    }
    Ok(correct as f32 / images.max(1) as f32)
}

/// The blocks that can be removed: all but those of a plain net that change the shape.
pub fn removable(graph: &Graph) -> Vec<usize> {
    let blocks = 0..graph.blocks.len();
    blocks
        .filter(|&block| Cut::Removed.check(graph, block).is_ok())
        .collect()
}

/// Accuracy on `batches` with each removable block removed alone, from the input on. Broken off, it answers with what it
/// has.
///
/// # Errors
/// When the weights are another net's, or an engine fails.
pub fn lesions(
    open: &Open,
    graph: &Graph,
    trained: &Weights,
    batches: &[Batch],
    mode: BnMode,
    watch: &mut Watch<Vec<Removal>>,
) -> Result<Vec<Removal>> {
    let blocks = removable(graph);
    let mut found = Vec::with_capacity(blocks.len());
    for &block in &blocks {
        let mut patient = Patient::new(open, graph, &Surgery::one(block, Cut::Removed), trained)?;
        let accuracy = accuracy(patient.engine.as_mut(), batches, mode)?;
        found.push(Removal { block, accuracy });
        if !watch(&found, found.len() as f32 / blocks.len() as f32) {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;
    use crate::engine::{Choice, open};
    use crate::net::{Spec, initial_weights};

    fn removals(net: &str, enough: usize) -> (f32, Vec<Removal>) {
        let data = Dataset::open(&toml::from_str("source = 'digits'\nimages = 200").unwrap()).unwrap();
        let graph = Arc::new(Graph::new(&Spec::for_data(net, data.shape, 10).unwrap()));
        let weights = initial_weights(&graph, 3);
        let engine = |graph: &Arc<Graph>, weights: &Weights, optimizer| open(Choice::Cpu, graph, weights, optimizer);
        let tests = data.test_batches(512);
        let mut whole = Patient::new(&engine, &graph, &Surgery::default(), &weights).unwrap();
        let before = accuracy(whole.engine.as_mut(), &tests, BnMode::Batch).unwrap();
        let mut watch = |found: &Vec<Removal>, _| found.len() < enough;
        let found = lesions(&engine, &graph, &weights, &tests, BnMode::Batch, &mut watch).unwrap();
        (before, found)
    }

    #[test]
    fn a_branch_that_adds_nothing_is_not_missed() {
        let (whole, found) = removals("resnet-20:width=4,zero_last=true", usize::MAX);
        assert_eq!(found.len(), 9);
        assert!(
            found.iter().all(|removal| removal.accuracy == whole),
            "{whole}: {found:?}"
        );
        let (whole, found) = removals("resnet-20:width=4", usize::MAX);
        assert!(
            found.iter().any(|removal| removal.accuracy != whole),
            "{whole}: {found:?}"
        );
    }

    #[test]
    fn a_plain_block_that_changes_the_shape_is_left_out_and_the_watcher_can_stop() {
        let blocks = |found: Vec<Removal>| found.iter().map(|removal| removal.block).collect::<Vec<_>>();
        let (_, found) = removals("plain-20:width=4", usize::MAX);
        assert_eq!(blocks(found), [0, 1, 2, 4, 5, 7, 8]);
        let (_, found) = removals("plain-20:width=4", 2);
        assert_eq!(blocks(found), [0, 1]);
    }
}
