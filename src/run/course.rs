//! What all runs of an experiment share: the data, the recipe, and the learning rate as it was changed by hand.

use std::sync::{Arc, OnceLock};

use rust_i18n::t;

use super::experiment::Experiment;
use super::trainer::Opener;
use crate::data::{Batch, Dataset};
use crate::error::{Error, Result, Sentence};

/// Images an evaluation takes at once; with batch statistics it is part of the measure.
const TEST_BATCH: usize = 512;

/// The course every run takes.
pub struct Course {
    pub experiment: Experiment,
    pub dataset: Arc<Dataset>,
    /// From which step on the schedule is multiplied by which factor, in the order of the steps. Kept by step, so that
    /// a run that catches up meets the same rates where the others met them.
    pub factors: Vec<(usize, f32)>,
    /// Builds the engine that takes over from one whose device failed.
    pub spare: Opener,
    tests: Tests,
}

/// The test split as evaluations take it, made when it is first needed.
pub type Tests = Arc<OnceLock<Vec<Batch>>>;

impl Course {
    pub fn new(experiment: Experiment, dataset: Arc<Dataset>, spare: Opener) -> Self {
        Self {
            experiment,
            dataset,
            factors: Vec::new(),
            spare,
            tests: Tests::default(),
        }
    }

    /// The learning rate of step `step` (from 0).
    pub fn rate(&self, step: usize) -> f32 {
        let factor = self.factors.iter().rev().find(|&&(from, _)| from <= step);
        let scheduled = self.experiment.schedule.at(step, self.experiment.steps);
        factor.map_or(scheduled, |&(_, factor)| scheduled * factor)
    }

    /// Multiplies the schedule so that the rate at `step` is `rate`, from there on.
    ///
    /// # Errors
    /// When no factor does that.
    pub fn set_rate(&mut self, step: usize, rate: f32) -> Result<()> {
        let fail = |why: Sentence| Err(Error::Experiment(why));
        if !(rate.is_finite() && rate > 0.0) {
            return fail(t!(
                "a learning rate of %{rate} cannot be set; give a number above 0",
                rate = rate
            ));
        }
        let factor = rate / self.experiment.schedule.at(step, self.experiment.steps);
        if !factor.is_finite() {
            return fail(t!(
                "the schedule's own rate is 0 at step %{step} and cannot be multiplied",
                step = step
            ));
        }
        self.factors.retain(|&(from, _)| from < step);
        self.factors.push((step, factor));
        Ok(())
    }

    /// The batch of training step `step` (from 0) of the runs with that seed.
    pub fn train_batch(&self, seed: u64, step: usize) -> Batch {
        self.dataset
            .train_batch(seed, step, self.experiment.batch, self.experiment.augment)
    }

    /// The test split.
    pub fn tests(&self) -> &[Batch] {
        tests_of(&self.tests, &self.dataset)
    }

    /// To have it elsewhere, too.
    pub fn shared_tests(&self) -> Tests {
        Arc::clone(&self.tests)
    }
}

/// The test split.
pub fn tests_of<'a>(tests: &'a Tests, dataset: &Dataset) -> &'a [Batch] {
    tests.get_or_init(|| dataset.test_batches(TEST_BATCH))
}
