//! What can be asked about a run's weights, of now or of a kept step, and what is answered.

use std::sync::Arc;

use crate::net::{Array, Surgery};
use crate::probe::{Reading, Subject};
use crate::run::experiment::RunId;

/// Something to compute beside the training. Without a step the weights of the moment are meant, else those of the newest
/// kept step that is not behind it.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// What is left of the input in each block's maps, and this image read back from them.
    Information {
        run: RunId,
        step: Option<usize>,
        image: Subject,
    },
    /// Accuracy on the test split with these cuts and without, batch statistics in both.
    Lesion {
        run: RunId,
        step: Option<usize>,
        surgery: Surgery,
    },
}

impl Question {
    /// Which run and step it is about.
    pub fn about(&self) -> (RunId, Option<usize>) {
        match self {
            Question::Information { run, step, .. } | Question::Lesion { run, step, .. } => (*run, *step),
        }
    }
}

/// An answer, with the step of the weights it is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    Information {
        run: RunId,
        step: usize,
        /// By block read.
        readings: Arc<[Reading]>,
        /// Accuracy of always naming the most frequent class.
        chance: f32,
        image: Subject,
        /// The image itself, 0..=1, `[C, H, W]`.
        original: Array,
        /// The image as each block read gives it back.
        film: Arc<[Array]>,
    },
    Lesion {
        run: RunId,
        step: usize,
        surgery: Surgery,
        /// Accuracy on the test split, 0..=1, batch statistics.
        before: f32,
        after: f32,
    },
    /// One sentence that says why a question has no answer.
    Refused(Question, String),
    /// Why the maps of a kept step could not be made.
    NoMaps(String),
    /// Why kept weights stay in memory only; `None` when they could be written again.
    Unsaved(Option<String>),
}
