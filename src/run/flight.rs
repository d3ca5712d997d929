//! The steps of a run that are under way, and how the run goes on when the device that computes them fails.

use std::time::Instant;

use rust_i18n::t;

use super::beginning::beginning;
use super::course::Course;
use super::lane::{Advance, Lane};
use super::summary::Status;
use super::trainer::Opener;
use crate::data::Batch;
use crate::engine::{BnMode, Engine, Norms, ProbeRequest, Select, Step};
use crate::error::{Error, Result};
use crate::net::{Graph, Weights};

/// Steps a run may have under way.
const MOST: usize = 2;
/// Steps between copies of the weights of an engine that can be lost.
const KEEP_EVERY: usize = 20;

/// A step that was started and not yet taken.
#[derive(Debug)]
pub struct Flight {
    began: Instant,
    images: usize,
    rate: f32,
    /// Norms of the weights it started from, where they are wanted.
    parameter: Vec<f32>,
}

/// What a run can be taken up from when its engine is lost.
#[derive(Debug)]
pub struct Kept {
    pub step: usize,
    pub weights: Weights,
    pub optimizer: Weights,
}

/// A run went on on another engine.
#[derive(Debug)]
pub struct Move {
    /// What happened to the engine before.
    pub why: Error,
    /// Steps computed a second time, without being told again.
    pub repeated: usize,
}

/// `GeForce was lost; the CPU (AVX2, 4 threads) takes over plain-20 and plain-56, repeating 7 steps`.
pub fn taken_over(why: &str, engine: &str, names: &[String], repeated: usize) -> String {
    let who = match names {
        [one] => one.clone(),
        [one, other] => t!("%{one} and %{other}", one = one, other = other).into(),
        _ => t!("%{count} runs", count = names.len()).into(),
    };
    let again = match repeated {
        0 => String::new(),
        1 => t!(", repeating a step").into(),
        more => t!(", repeating %{more} steps", more = more).into(),
    };
    t!(
        "%{why}; the %{engine} takes over %{who}%{again}",
        why = why,
        engine = engine,
        who = who,
        again = again
    )
    .into()
}

/// An engine at the weights that a run starts from, and the move if the first one could not be had.
pub fn open(
    first: &Opener,
    graph: &std::sync::Arc<Graph>,
    weights: &Weights,
    course: &Course,
) -> Result<(Box<dyn Engine>, Option<Move>)> {
    let optimizer = course.experiment.optimizer;
    match first(graph, weights, optimizer) {
        Ok(engine) => Ok((engine, None)),
        Err(why) if why.is_of_device() => {
            let engine = (course.spare)(graph, weights, optimizer)?;
            Ok((engine, Some(Move { why, repeated: 0 })))
        }
        Err(error) => Err(error),
    }
}

/// Norms of the gradients of a batch's mean loss, with batch statistics; nothing is changed.
pub fn gradient_norms(engine: &mut dyn Engine, graph: &Graph, batch: &Batch) -> Result<Norms> {
    let name = |id: &usize| graph.nodes[*id].name.clone();
    let trunk: Vec<String> = graph.trunk().iter().map(name).collect();
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::None,
        activation_gradients: Select::Nodes(trunk.clone()),
        weight_gradients: true,
    };
    let probe = engine.probe(batch, &request)?;
    let activation = trunk.iter().map(|node| {
        probe
            .activation_gradients
            .get(node)
            .map_or(f32::NAN, |array| array.norm())
    });
    let weight = graph.weighted().into_iter().map(|id| {
        let prefix = graph.nodes[id].op.parameters().unwrap_or_default();
        let name = format!("{prefix}.weight");
        probe.weight_gradients.get(&name).map_or(f32::NAN, |array| array.norm())
    });
    Ok(Norms {
        activation: activation.collect(),
        weight: weight.collect(),
        parameter: parameter_norms(engine, graph)?,
    })
}

/// Norms of the weights at the nodes of [`Graph::weighted`].
pub fn parameter_norms(engine: &dyn Engine, graph: &Graph) -> Result<Vec<f32>> {
    let weights = engine.weights()?;
    let norm = |id: usize| {
        let name = format!("{}.weight", graph.nodes[id].op.parameters().unwrap_or_default());
        weights.get(&name).map_or(f32::NAN, |array| array.norm())
    };
    Ok(graph.weighted().into_iter().map(norm).collect())
}

impl Lane {
    /// Takes the step that is done, if one is, and starts the next, if it may; at step `limit` the run has to rest.
    /// Says whether a step was brought.
    pub fn advance(&mut self, course: &Course, limit: usize) -> bool {
        let outcome = self.try_advance(course, limit).transpose();
        let brought = matches!(outcome, Some(Ok(_)));
        self.outcomes.extend(outcome);
        brought
    }

    fn try_advance(&mut self, course: &Course, limit: usize) -> Result<Option<Advance>> {
        let landed = self.land(course)?;
        if self.may_start(course, limit, landed.is_some() || !self.outcomes.is_empty()) {
            self.start(course)?;
        }
        match landed {
            Some(advance) => Ok(Some(advance)),
            None => self.land(course),
        }
    }

    /// Whether another step may be started: never beyond a step after which the weights themselves are wanted, until
    /// that step has been taken and told.
    fn may_start(&self, course: &Course, limit: usize, untold: bool) -> bool {
        let next = self.position() + self.flights.len();
        let rested = self.flights.is_empty() && !untold;
        self.active()
            && self.flights.len() < MOST
            && next < course.experiment.steps
            && self.step + self.flights.len() < limit
            && (rested || !self.rests_at(course, next))
    }

    fn rests_at(&self, course: &Course, step: usize) -> bool {
        let experiment = &course.experiment;
        let at = |every: usize| every > 0 && step.is_multiple_of(every);
        self.keeps_at(step)
            || at(experiment.eval_every)
            || at(experiment.checkpoint_every)
            || self.engine.can_be_lost() && at(KEEP_EVERY)
    }

    /// Whether its weights are kept there.
    pub fn keeps_at(&self, step: usize) -> bool {
        self.keeps.0.binary_search(&step).is_ok()
    }

    /// Steps in the engine's weights when nothing is under way.
    fn position(&self) -> usize {
        self.step - self.repeat
    }

    fn start(&mut self, course: &Course) -> Result<()> {
        let step = self.position() + self.flights.len();
        let began = Instant::now();
        let batch = course.train_batch(self.track.seed, step);
        let rate = course.rate(step) * self.rate;
        // At step 0 the gradients were measured before training began.
        let measure = step > 0 && (self.keeps_at(step) || step.is_multiple_of(course.experiment.probe_every));
        // Reading weights back makes an engine that works beside its caller wait; where they are kept it rests anyway.
        let weigh = measure && (self.keeps_at(step) || !self.engine.can_be_lost());
        let parameter = if weigh {
            parameter_norms(self.engine.as_ref(), &self.graph)
        } else {
            Ok(Vec::new())
        };
        let started = parameter.and_then(|parameter| {
            self.engine.start(&batch, rate, measure)?;
            Ok(parameter)
        });
        match started {
            Ok(parameter) => {
                let images = batch.len();
                self.flights.push_back(Flight {
                    began,
                    images,
                    rate,
                    parameter,
                });
                Ok(())
            }
            Err(error) => self.replace(course, error),
        }
    }

    /// Takes the oldest step that is done; one that was repeated tells nothing.
    pub fn land(&mut self, course: &Course) -> Result<Option<Advance>> {
        if self.flights.is_empty() {
            return Ok(None);
        }
        match self.engine.finished(false) {
            Ok(steps) => self.landed.extend(steps),
            Err(error) => return self.replace(course, error).map(|()| None),
        }
        let Some((flight, step)) = self.flights.front().zip(self.landed.front()) else {
            return Ok(None);
        };
        let since = self.landed_at.map_or(flight.began, |at| at.max(flight.began));
        self.seconds += since.elapsed().as_secs_f64();
        self.landed_at = Some(Instant::now());
        let (rate, images) = (flight.rate, flight.images);
        let Step { loss, correct, norms } = step.clone();
        let parameter = flight.parameter.clone();
        let norms = norms.map(|norms| Norms { parameter, ..norms });
        self.flights.pop_front();
        self.landed.pop_front();
        if self.repeat > 0 {
            self.repeat -= 1;
            return Ok(None);
        }
        self.step += 1;
        let error = 1.0 - correct as f32 / images.max(1) as f32;
        self.recent.push(loss, error);
        self.sketch.push(loss);
        if !loss.is_finite() {
            self.status = Status::Diverged;
            // A step more than the run has may be under way; it is neither counted nor told.
            self.settle(course)?;
            self.flights.clear();
            self.landed.clear();
        }
        let experiment = &course.experiment;
        let every = experiment.eval_every;
        let due = every > 0 && self.step.is_multiple_of(every) && self.step < experiment.steps && self.active();
        let tests = if due {
            Some(self.evaluate(course, BnMode::Batch)?)
        } else {
            None
        };
        if self.engine.can_be_lost() && self.step.is_multiple_of(KEEP_EVERY) && self.active() {
            self.keep(course)?;
        }
        Ok(Some(Advance {
            step: self.step,
            loss,
            error,
            rate,
            norms,
            tests,
        }))
    }

    /// Waits until nothing is under way, and until an engine that took over is where the run is.
    pub fn settle(&mut self, course: &Course) -> Result<()> {
        loop {
            if self.flights.is_empty() && self.repeat > 0 {
                self.start(course)?;
            }
            match self.engine.finished(true) {
                Ok(steps) => self.landed.extend(steps),
                Err(error) => {
                    self.replace(course, error)?;
                    continue;
                }
            }
            if self.landed.len() < self.flights.len() {
                let device = self.engine.device();
                return Err(Error::Engine(t!(
                    "%{device} did not report a step it had started",
                    device = device
                )));
            }
            while self.repeat > 0 && self.landed.pop_front().is_some() {
                self.flights.pop_front();
                self.repeat -= 1;
            }
            if self.repeat == 0 {
                return Ok(());
            }
        }
    }

    /// Steps in the engine's weights after [`Lane::settle`]: those told, and those done since.
    pub fn reached(&self) -> usize {
        self.step + self.landed.len()
    }

    /// The step that the next one started will be.
    pub fn front(&self) -> usize {
        (self.position() + self.flights.len()).max(self.step)
    }

    /// Asks the engine at rest; if its device fails, the one that takes over.
    pub fn ask<T>(&mut self, course: &Course, question: impl Fn(&mut dyn Engine) -> Result<T>) -> Result<T> {
        self.settle(course)?;
        match question(self.engine.as_mut()) {
            Err(error) => {
                self.replace(course, error)?;
                self.settle(course)?;
                question(self.engine.as_mut())
            }
            answer => answer,
        }
    }

    fn keep(&mut self, course: &Course) -> Result<()> {
        let (weights, optimizer) = self.ask(course, |engine| Ok((engine.weights()?, engine.optimizer_state()?)))?;
        self.kept = Some(Kept {
            step: self.step,
            weights,
            optimizer,
        });
        Ok(())
    }

    /// Goes on from the last weights that were kept, on the spare engine, if it was the device that failed.
    fn replace(&mut self, course: &Course, error: Error) -> Result<()> {
        if !error.is_of_device() {
            return Err(error);
        }
        let optimizer = course.experiment.optimizer;
        self.engine = match self.kept.take() {
            Some(kept) => {
                let mut engine = (course.spare)(&self.graph, &kept.weights, optimizer)?;
                engine.set_optimizer_state(&kept.optimizer)?;
                self.repeat = self.step - kept.step;
                engine
            }
            None => {
                self.repeat = self.step;
                let weights = beginning(self.trained.as_deref(), &self.graph, self.track.seed);
                (course.spare)(&self.graph, &weights, optimizer)?
            }
        };
        self.flights.clear();
        self.landed.clear();
        self.moved = Some(Move {
            why: error,
            repeated: self.repeat,
        });
        Ok(())
    }
}
