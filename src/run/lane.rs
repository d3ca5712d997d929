//! One run in the trainer: a net with its engine, and how far it has come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::beginning::beginning;
use super::checkpoint::{Checkpoint, State};
use super::course::Course;
use super::experiment::{RunId, Track};
use super::flight::{self, Flight, Kept, Move};
use super::message::Event;
use super::sketch::Sketch;
use super::summary::Status;
use super::trailing::{LAST, reach};
use super::trainer::Opener;
use crate::engine::{BnMode, Engine, Evaluation, Norms, Step};
use crate::error::Result;
use crate::net::{Graph, Weights};

/// What one step brought.
#[derive(Debug, Clone)]
pub struct Advance {
    /// Steps done with it.
    pub step: usize,
    pub loss: f32,
    /// 0..=1
    pub error: f32,
    pub rate: f32,
    /// Of the weights before the step.
    pub norms: Option<Norms>,
    pub tests: Option<Tests>,
}

/// The test split, as means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tests {
    pub loss: f32,
    /// 0..=1
    pub error: f32,
}

impl Tests {
    /// As it is told.
    pub fn event(self, run: RunId, step: usize) -> Event {
        let Self { loss, error } = self;
        Event::Evaluated { run, step, loss, error }
    }
}

impl From<Evaluation> for Tests {
    fn from(sums: Evaluation) -> Self {
        let images = sums.images.max(1) as f64;
        Self {
            loss: (sums.loss_sum / images) as f32,
            error: (1.0 - sums.correct as f64 / images) as f32,
        }
    }
}

/// The last minibatches' losses and errors.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recent(VecDeque<(f32, f32)>);

impl Recent {
    pub fn push(&mut self, loss: f32, error: f32) {
        if self.0.len() == LAST {
            self.0.pop_front();
        }
        self.0.push_back((loss, error));
    }

    pub fn iter(&self) -> impl Iterator<Item = (f32, f32)> + '_ {
        self.0.iter().copied()
    }

    /// Mean loss and error of the last [`LAST`] of so many steps, of less than twice as many of the later half; `None`
    /// before the first step.
    pub fn means(&self, steps: usize) -> Option<(f32, f32)> {
        let count = reach(LAST, steps).clamp(1, LAST);
        let last = || self.0.iter().rev().take(count);
        let known = last().count();
        let mean = |part: fn(&(f32, f32)) -> f32| {
            (last().map(|pair| f64::from(part(pair))).sum::<f64>() / known as f64) as f32
        };
        (known > 0).then(|| (mean(|pair| pair.0), mean(|pair| pair.1)))
    }
}

impl FromIterator<(f32, f32)> for Recent {
    fn from_iter<I: IntoIterator<Item = (f32, f32)>>(pairs: I) -> Self {
        let mut recent = Self::default();
        pairs.into_iter().for_each(|(loss, error)| recent.push(loss, error));
        recent
    }
}

/// One run.
pub struct Lane {
    pub track: Track,
    pub graph: Arc<Graph>,
    /// Weights that it starts from in place of drawn ones.
    pub trained: Option<Arc<Weights>>,
    pub engine: Box<dyn Engine>,
    /// Steps done and told.
    pub step: usize,
    pub status: Status,
    /// Spent in this run's own steps.
    pub seconds: f64,
    pub recent: Recent,
    /// The whole course of the loss, roughly.
    pub sketch: Sketch,
    /// The last evaluation with batch statistics, and with running ones.
    pub tests: Option<(Tests, Tests)>,
    /// Started and not taken, oldest first.
    pub(super) flights: VecDeque<Flight>,
    /// Those of them that are done, oldest first.
    pub(super) landed: VecDeque<Step>,
    /// When a step was last taken.
    pub(super) landed_at: Option<Instant>,
    /// The last copy of an engine that can be lost.
    pub(super) kept: Option<Kept>,
    /// Steps that an engine which took over has to do again.
    pub(super) repeat: usize,
    /// Set when another engine took over, taken by the trainer.
    pub moved: Option<Move>,
    /// Steps at which its weights are kept, and whether with the optimiser's state.
    pub keeps: (Vec<usize>, bool),
    /// What it continues: the weights it parted with.
    pub origin: Option<Arc<Checkpoint>>,
    /// Multiplies the learning rates.
    pub rate: f32,
    /// What was brought and not told, oldest first: put in by [`Lane::advance`], taken by the trainer.
    pub outcomes: VecDeque<Result<Advance>>,
    /// Whether the trainer's last tick stepped it.
    pub stepped: bool,
    /// Set by [`Lane::examine`], taken by the trainer.
    pub examined: Option<Result<Tests>>,
    /// Set by [`Lane::measure`], taken by the trainer.
    pub measured: Option<Result<Norms>>,
}

impl Lane {
    /// At the weights it starts from: trained ones, or those of its seed.
    ///
    /// # Errors
    /// When no engine can be had.
    pub fn open(
        track: Track,
        graph: Arc<Graph>,
        trained: Option<Arc<Weights>>,
        opener: &Opener,
        course: &Course,
    ) -> Result<Self> {
        let weights = beginning(trained.as_deref(), &graph, track.seed);
        let (engine, moved) = flight::open(opener, &graph, &weights, course)?;
        Ok(Self {
            track,
            graph,
            trained,
            engine,
            step: 0,
            status: Status::Training,
            seconds: 0.0,
            recent: Recent::default(),
            sketch: Sketch::default(),
            tests: None,
            flights: VecDeque::new(),
            landed: VecDeque::new(),
            landed_at: None,
            kept: None,
            repeat: 0,
            moved,
            keeps: (Vec::new(), false),
            origin: None,
            rate: 1.0,
            outcomes: VecDeque::new(),
            stepped: false,
            examined: None,
            measured: None,
        })
    }

    /// Takes up a checkpoint; where it has no state of the optimiser, that begins anew.
    ///
    /// # Errors
    /// When it is another net's.
    pub fn restore(&mut self, checkpoint: Checkpoint, course: &Course) -> Result<()> {
        let Checkpoint {
            weights,
            optimizer,
            state,
        } = checkpoint;
        let optimizer = if optimizer.is_empty() {
            self.ask(course, |engine| engine.optimizer_state())?
        } else {
            optimizer
        };
        self.engine.set_weights(&weights)?;
        self.engine.set_optimizer_state(&optimizer)?;
        self.step = state.step;
        self.seconds = state.seconds;
        self.recent = (&state).into();
        self.sketch = state.sketch;
        self.kept = self.engine.can_be_lost().then_some(Kept {
            step: state.step,
            weights,
            optimizer,
        });
        self.settle(course)
    }

    /// Steps done since it parted with the run that it continues, or since the first.
    pub fn own_steps(&self) -> usize {
        let parted = self.origin.as_ref().map_or(0, |origin| origin.state.step);
        self.step.saturating_sub(parted)
    }

    /// Begins as the continuation of another run; of that one's losses it tells nothing.
    ///
    /// # Errors
    /// When the checkpoint is another net's.
    pub fn branch_off(&mut self, origin: &Checkpoint, course: &Course) -> Result<()> {
        self.restore(origin.clone(), course)?;
        (self.recent, self.sketch) = Default::default();
        Ok(())
    }

    /// The run as it stands, with nothing under way.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn checkpoint(&mut self, course: &Course) -> Result<Checkpoint> {
        let (weights, optimizer) = self.ask(course, |engine| Ok((engine.weights()?, engine.optimizer_state()?)))?;
        Ok(Checkpoint {
            weights,
            optimizer,
            state: State::of(self, &course.factors),
        })
    }

    /// Whether it takes part in the lockstep.
    pub fn active(&self) -> bool {
        self.status == Status::Training
    }

    /// Back to the weights it started from, with a fresh engine.
    ///
    /// # Errors
    /// When no engine can be had.
    pub fn reset(&mut self, opener: &Opener, course: &Course) -> Result<()> {
        let (graph, trained) = (Arc::clone(&self.graph), self.trained.clone());
        let fresh = Self::open(self.track.clone(), graph, trained, opener, course)?;
        let old = std::mem::replace(self, fresh);
        (self.keeps, self.origin, self.rate) = (old.keeps, old.origin, old.rate);
        Ok(())
    }

    /// Evaluates the test split for the summary.
    pub fn examine(&mut self, course: &Course) {
        let both = self
            .evaluate(course, BnMode::Batch)
            .and_then(|batch| Ok((batch, self.evaluate(course, BnMode::Running)?)));
        self.tests = both.as_ref().ok().copied();
        self.examined = Some(both.map(|(batch, _)| batch));
    }

    pub(super) fn evaluate(&mut self, course: &Course, mode: BnMode) -> Result<Tests> {
        self.ask(course, |engine| {
            let mut sums = Evaluation::default();
            for batch in course.tests() {
                let part = engine.evaluate(batch, mode)?;
                sums.loss_sum += part.loss_sum;
                sums.correct += part.correct;
                sums.images += part.images;
            }
            Ok(sums.into())
        })
    }

    /// Measures gradient norms at the present weights, on the batch of the next step; nothing is changed.
    pub fn measure(&mut self, course: &Course) {
        self.measured = Some(self.norms(course));
    }

    fn norms(&mut self, course: &Course) -> Result<Norms> {
        let batch = course.train_batch(self.track.seed, self.step);
        let graph = Arc::clone(&self.graph);
        self.ask(course, |engine| flight::gradient_norms(engine, &graph, &batch))
    }
}
