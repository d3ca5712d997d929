//! What can be asked about a run's weights, of now or of a kept step, and what is answered.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::Norms;
use crate::net::{Array, Surgery};
use crate::probe::{Forms, Insertion, Landscape, Reading, Shattering, Subject, Trial};
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
    /// The same with each block removed in turn.
    Lesions { run: RunId, step: Option<usize> },
    /// What the run's net is worth with so few labels of the experiment's data, learned weights or none to start from.
    Transfer {
        run: RunId,
        origin: Origin,
        /// Of each class, ascending.
        labels: Vec<usize>,
    },
    /// The loss around the weights.
    Landscape {
        run: RunId,
        step: Option<usize>,
        plane: PlaneKind,
        /// Points a side: a power of two and one.
        side: usize,
    },
    /// The run's first block that splits, in every form that it can be written in.
    Forms { run: RunId, step: Option<usize> },
    /// The net made so deep by blocks that pass everything on, and trained on by the experiment's recipe.
    Insertion {
        run: RunId,
        step: Option<usize>,
        depth: usize,
    },
    /// How alike the gradients of neighbouring inputs are.
    Shattering { run: RunId, step: Option<usize> },
    /// The gradient norms of the run's net with so many blocks a stage, at its initial weights.
    Slope { run: RunId, blocks: usize },
}

/// What was learned before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Origin {
    /// The weights that come with the program, which have learned other images.
    Backbone,
    /// The first half of the data's classes; few labels are of the other half.
    OtherClasses,
}

/// Which plane through the weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PlaneKind {
    /// Two random directions, filter-normalised.
    #[default]
    Random,
    /// The two directions that show most of the training's way.
    Way,
    /// As [`PlaneKind::Random`], around weights ten times as large that compute the same.
    Larger,
    /// Around the same larger weights, the directions of [`PlaneKind::Random`] as they are.
    LargerRaw,
}

impl Question {
    /// Which run and step it is about.
    pub fn about(&self) -> (RunId, Option<usize>) {
        match self {
            Question::Information { run, step, .. }
            | Question::Lesion { run, step, .. }
            | Question::Lesions { run, step }
            | Question::Landscape { run, step, .. }
            | Question::Forms { run, step }
            | Question::Insertion { run, step, .. }
            | Question::Shattering { run, step } => (*run, *step),
            Question::Transfer { run, .. } | Question::Slope { run, .. } => (*run, Some(0)),
        }
    }

    /// Whether it takes so long that others must not wait behind it, that it tells how far it is and can be dismissed.
    pub fn is_long(&self) -> bool {
        !matches!(
            self,
            Question::Information { .. } | Question::Lesion { .. } | Question::Slope { .. }
        )
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
    /// What was found so far.
    Transfer {
        run: RunId,
        origin: Origin,
        trials: Arc<[Trial]>,
    },
    /// What is known so far.
    Landscape {
        run: RunId,
        step: usize,
        plane: PlaneKind,
        view: Arc<LandscapeView>,
    },
    Forms {
        run: RunId,
        step: usize,
        forms: Arc<Forms>,
    },
    /// What it came to so far.
    Insertion {
        run: RunId,
        step: usize,
        insertion: Arc<Insertion>,
    },
    Shattering {
        run: RunId,
        step: usize,
        shattering: Arc<Shattering>,
    },
    Slope {
        run: RunId,
        blocks: usize,
        norms: Norms,
    },
    /// How far a long question is, before its answer and beside it.
    Working(Work),
    /// A question that may take long is answered, refused or dismissed.
    Over(Question),
    /// One sentence that says why a question has no answer.
    Refused(Question, String),
    /// Why the maps of a kept step could not be made.
    NoMaps(String),
    /// Why kept weights stay in memory only; `None` when they could be written again.
    Unsaved(Option<String>),
}

impl Finding {
    /// The moment of a training that it tells of.
    pub fn moment(&self) -> Option<(RunId, usize)> {
        match *self {
            Finding::Information { run, step, .. }
            | Finding::Lesion { run, step, .. }
            | Finding::Landscape { run, step, .. }
            | Finding::Forms { run, step, .. }
            | Finding::Insertion { run, step, .. }
            | Finding::Shattering { run, step, .. } => Some((run, step)),
            Finding::Transfer { .. }
            | Finding::Slope { .. }
            | Finding::Working(_)
            | Finding::Over(_)
            | Finding::Refused(..)
            | Finding::NoMaps(_)
            | Finding::Unsaved(_) => None,
        }
    }
}

/// The loss on a plane, and the training's way where the plane shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LandscapeView {
    pub landscape: Landscape,
    /// Kept steps with their places, ascending; empty on a random plane.
    pub way: Vec<(usize, [f32; 2])>,
    /// Share of the squared distances from the way's end that each direction explains.
    pub explained: Option<[f32; 2]>,
}

/// A long question under way, or waiting for its turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    pub question: Question,
    /// 0..=1
    pub share: f32,
    /// Estimated, once there is something to estimate from.
    pub left: Option<Duration>,
}
