//! The whole vocabulary between the trainer thread and whoever watches it.

use std::path::PathBuf;

use super::experiment::{Branch, RunId, RunPlan, Track};
use super::rewind::Question;
use crate::engine::Norms;
use crate::net::Array;
use crate::probe::Subject;

/// What the trainer is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Train until the last step.
    Run,
    Pause,
    /// Train that many steps, then pause.
    Step(usize),
    /// Finish now: final evaluation, checkpoint and summary of what was reached.
    Stop,
    /// Back to the initial weights of every run, paused.
    Reset,
    /// Multiply the schedule so that the rate is this from now on.
    SetRate(f32),
    /// Add a run, with every seed of the experiment; it trains alone until it has caught up with the others.
    Add(RunPlan),
    /// Publish these maps now and as training goes on; `None` stops it.
    Watch(Option<MapRequest>),
    /// Find this out beside the training; a [`Finding`](super::Finding) answers.
    Ask(Question),
    /// Break off the long questions that were asked so far, with what is found of them.
    Dismiss,
    /// Add runs that continue those of that name from their kept weights of that step, at `rate` times the rates.
    Branch {
        name: String,
        step: usize,
        rate: f32,
    },
}

/// Feature maps someone is looking at.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRequest {
    /// Each run with the node whose activations are wanted.
    pub nodes: Vec<(RunId, String)>,
    pub image: Subject,
    /// Of the newest kept weights not behind this step; without, of the present ones as they change.
    pub step: Option<usize>,
}

/// Feature maps of one image, all of the same moment; travels through a [`super::Slot`].
#[derive(Debug, Clone, PartialEq)]
pub struct Maps {
    pub request: MapRequest,
    /// The image, 0..=1, `[C, H, W]`.
    pub image: Array,
    /// Class of the image; absent from the user's own.
    pub label: Option<u32>,
    /// Images in the test split.
    pub images: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// By entry of the request: how probable its net finds each class for the image, with batch statistics.
    pub predictions: Vec<Vec<f32>>,
    /// By entry of the request: step, and the activations `[C, H, W]` (a linear output is `[classes, 1, 1]`),
    /// with batch normalisation in batch mode.
    pub maps: Vec<(usize, Array)>,
}

/// What the trainer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Reading data and building engines.
    #[default]
    Preparing,
    Paused,
    Running,
    /// Final evaluation and writing.
    Finishing,
    /// Every run has reached its last step, diverged, or was stopped. Probes are still answered.
    Done,
}

/// What the trainer says. Each event belongs to one run, or to all where it names none.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The data was read: images of the training split.
    Data {
        train_images: usize,
    },
    /// A run exists, at this step (0, or where it is resumed).
    Started {
        track: Track,
        step: usize,
        engine: String,
    },
    /// One training step was done; `step` counts from 1 and is how many are done.
    Stepped {
        run: RunId,
        step: usize,
        loss: f32,
        error: f32,
        rate: f32,
    },
    /// Gradient norms of the step that follows `step` finished ones (0: at initialisation).
    Measured {
        run: RunId,
        step: usize,
        norms: Norms,
    },
    /// The test split was evaluated, with batch statistics.
    Evaluated {
        run: RunId,
        step: usize,
        loss: f32,
        error: f32,
    },
    /// The loss is not finite: the run has left the lockstep.
    Diverged {
        run: RunId,
        step: usize,
    },
    /// The run is over (last step reached, or stopped).
    Finished {
        run: RunId,
        step: usize,
    },
    /// The engine's device failed and another engine took over; nothing that was told is lost or told again.
    Moved {
        run: RunId,
        engine: String,
    },
    /// The weights of this step are kept: they can be looked at and continued.
    Kept {
        run: RunId,
        step: usize,
    },
    /// A run that continues another was added.
    Branched(Branch),
    /// Everything is back at step 0.
    Reset,
    Phase(Phase),
    /// Something was written.
    Saved(PathBuf),
    /// One sentence about something that went wrong without ending the training.
    Notice(String),
    /// The trainer has ended: "failed: reason".
    Failed(String),
}
