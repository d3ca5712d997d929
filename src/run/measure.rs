//! What of a training is drawn against time.

use std::borrow::Cow;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::history::Series;

/// One of its curves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    TrainingLoss,
    TrainingError,
    TestLoss,
    TestError,
    Rate,
}

impl Measure {
    pub const ALL: [Measure; 5] = [
        Measure::TrainingLoss,
        Measure::TrainingError,
        Measure::TestLoss,
        Measure::TestError,
        Measure::Rate,
    ];

    /// What it is called.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Measure::TrainingLoss => t!("Training loss"),
            Measure::TrainingError => t!("Training error"),
            Measure::TestLoss => t!("Test loss"),
            Measure::TestError => t!("Test error"),
            Measure::Rate => t!("Learning rate"),
        }
    }

    /// Whether it is a share of images, 0..=1.
    pub fn is_error(self) -> bool {
        matches!(self, Measure::TrainingError | Measure::TestError)
    }

    /// What of a run it is, where it is known at every step.
    pub fn series(self) -> Option<fn(&Series) -> &[f32]> {
        match self {
            Measure::TrainingLoss => Some(|run| &run.loss),
            Measure::TrainingError => Some(|run| &run.error),
            Measure::Rate => Some(|run| &run.rate),
            Measure::TestLoss | Measure::TestError => None,
        }
    }

    /// Where a run stands.
    pub fn last(self, run: &Series) -> Option<f32> {
        match self {
            Measure::TrainingLoss => run.final_loss(),
            Measure::TrainingError => run.final_error(),
            Measure::TestLoss => run.evaluated.last().map(|point| point.loss),
            Measure::TestError => run.evaluated.last().map(|point| point.error),
            Measure::Rate => run.rate.last().copied(),
        }
    }
}
