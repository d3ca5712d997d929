//! The worker's answers about blocks and gradients: the forms of a block, identities inserted, shattered gradients.

use std::sync::Arc;
use std::time::Instant;

use super::question::Finding;
use super::study::Snapshot;
use super::worker::{Bench, Known, Shift, TELL_EVERY};
use crate::engine::Optimizer;
use crate::error::Result;
use crate::probe::{Growth, forms, insertion, shattering};
use crate::run::experiment::{Experiment, RunId};

impl Bench {
    pub(super) fn forms(&self, run: RunId, known: &Known, moment: &Snapshot, shift: &mut Shift) -> Result<()> {
        let tell = |forms| {
            let (step, forms) = (moment.step, Arc::new(forms));
            self.setup.tell(Finding::Forms { run, step, forms });
        };
        let (open, data) = (&*self.setup.opener, &self.setup.dataset);
        let found = forms(open, &known.graph, &moment.weights, data, &mut |_, share| {
            shift.goes_on(share)
        })?;
        if !found.formed.is_empty() {
            tell(found);
        }
        Ok(())
    }

    /// Trains the deeper net by the experiment's recipe.
    pub(super) fn insertion(
        &self,
        run: RunId,
        known: &Known,
        moment: &Snapshot,
        depth: usize,
        shift: &mut Shift,
    ) -> Result<()> {
        let tell = |insertion| {
            let (step, insertion) = (moment.step, Arc::new(insertion));
            self.setup.tell(Finding::Insertion { run, step, insertion });
        };
        let growth = growth(&self.setup.experiment, depth, known.seed);
        let mut told = Instant::now();
        let mut watch = |found: &crate::probe::Insertion, share: f32| {
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                tell(found.clone());
            }
            shift.goes_on(share)
        };
        let (open, data) = (&*self.setup.opener, &self.setup.dataset);
        tell(insertion(
            open,
            &known.graph,
            &moment.weights,
            data,
            &growth,
            &mut watch,
        )?);
        Ok(())
    }

    pub(super) fn shattering(&self, run: RunId, known: &Known, moment: &Snapshot, shift: &mut Shift) -> Result<()> {
        let mut engine = (self.setup.opener)(&known.graph, &moment.weights, Optimizer::default())?;
        let found = shattering(engine.as_mut(), &self.setup.dataset, &mut |_, share| {
            shift.goes_on(share)
        })?;
        let (step, shattering) = (moment.step, Arc::new(found));
        self.setup.tell(Finding::Shattering { run, step, shattering });
        Ok(())
    }
}

/// As many steps as the experiment has, at its rates.
fn growth(experiment: &Experiment, depth: usize, seed: u64) -> Growth {
    let steps = experiment.steps;
    Growth {
        depth,
        rates: (0..steps).map(|step| experiment.schedule.at(step, steps)).collect(),
        batch: experiment.batch,
        augment: experiment.augment,
        optimizer: experiment.optimizer,
        seed,
    }
}
