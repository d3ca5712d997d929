//! What was measured, by run: filled from the trainer's events or from a run folder, read by every picture.

use super::experiment::{RunId, Track};
use super::message::{Event, Phase};
use super::sketch::Sketch;
use super::trailing::mean_of_last;
use crate::engine::Norms;
use crate::net::Spec;

/// Times the first loss that no net ends at which has learned.
const EXPLODED: f32 = 3.0;

/// A point of the test curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evaluated {
    pub step: usize,
    pub loss: f32,
    pub error: f32,
}

/// Norms at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub step: usize,
    pub norms: Norms,
}

/// Everything measured of one run. `steps`, `loss`, `error` and `rate` have equal lengths.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub track: Track,
    /// What trains it, or did last: `candle on CPU (2 threads)`.
    pub engine: String,
    /// Steps done, from 1, ascending.
    pub steps: Vec<u32>,
    /// Mean minibatch cross-entropy.
    pub loss: Vec<f32>,
    /// Minibatch error, 0..=1.
    pub error: Vec<f32>,
    pub rate: Vec<f32>,
    /// The losses in few numbers, as the summary of the training keeps them.
    pub(super) sketch: Sketch,
    /// Test split, batch statistics.
    pub evaluated: Vec<Evaluated>,
    pub measured: Vec<Measured>,
    /// Steps whose weights are kept, ascending.
    pub kept: Vec<usize>,
    /// Steps done when the loss stopped being finite.
    pub diverged: Option<usize>,
    pub finished: bool,
}

impl Series {
    pub(super) fn new(track: Track, engine: String) -> Self {
        Self {
            track,
            engine,
            steps: Vec::new(),
            loss: Vec::new(),
            error: Vec::new(),
            rate: Vec::new(),
            sketch: Sketch::default(),
            evaluated: Vec::new(),
            measured: Vec::new(),
            kept: Vec::new(),
            diverged: None,
            finished: false,
        }
    }

    /// Whether it continues another run from one of that run's moments: its own steps do not begin with the first.
    pub fn is_branch(&self) -> bool {
        self.steps.first().is_some_and(|&first| first > 1)
    }

    /// Steps done.
    pub fn step(&self) -> usize {
        self.steps.last().map_or(0, |&step| step as usize)
    }

    /// Mean minibatch loss of the last 50 steps, of less than 100 of the later half: the "final loss" of every table, and
    /// where a drawn line ends.
    pub fn final_loss(&self) -> Option<f32> {
        mean_of_last(&self.loss)
    }

    /// Mean minibatch loss of the 50 steps up to `step`.
    pub fn loss_at(&self, step: usize) -> Option<f32> {
        let end = self.steps.partition_point(|&done| done as usize <= step);
        mean_of_last(&self.loss[..end])
    }

    /// Whether the loss has ended far above where it began, though it is finite: nothing was learned.
    pub fn has_exploded(&self) -> bool {
        let first = self.loss.first().copied().unwrap_or(f32::NAN);
        self.final_loss().is_some_and(|loss| loss > EXPLODED * first)
    }

    /// Mean minibatch error of the last 50 steps.
    pub fn final_error(&self) -> Option<f32> {
        mean_of_last(&self.error)
    }

    /// The newest step not behind that one whose weights are kept.
    pub fn kept_at(&self, step: usize) -> Option<usize> {
        let behind = self.kept.partition_point(|&kept| kept <= step);
        behind.checked_sub(1).map(|place| self.kept[place])
    }

    /// Forgets everything after `step`, as a resumed run does.
    pub fn truncate(&mut self, step: usize) {
        let keep = self.steps.partition_point(|&done| done as usize <= step);
        self.steps.truncate(keep);
        self.loss.truncate(keep);
        self.error.truncate(keep);
        self.rate.truncate(keep);
        self.sketch = Sketch::of(&self.loss);
        self.evaluated.retain(|point| point.step <= step);
        self.measured.retain(|point| point.step <= step);
        self.kept.retain(|&kept| kept <= step);
        self.diverged = None;
        self.finished = false;
    }
}

/// All runs of an experiment, by [`RunId`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    pub runs: Vec<Series>,
    pub phase: Phase,
    /// Images of the training split, once the data was read.
    pub train_images: Option<usize>,
    /// How many of the runs, at the end, were opened to compare and are none of the training's.
    compared: usize,
}

impl History {
    /// The nets of all runs, among which each has its colour.
    pub fn specs(&self) -> Vec<&Spec> {
        self.runs.iter().map(|series| &series.track.spec).collect()
    }

    /// The training's own runs.
    pub fn trained(&self) -> &[Series] {
        &self.runs[..self.runs.len() - self.compared]
    }

    /// The runs that were opened to stand beside them.
    pub fn compared(&self) -> &[Series] {
        &self.runs[self.runs.len() - self.compared..]
    }

    /// Has a run stand beside the training's, in place of the one with its name and seed.
    pub fn compare(&mut self, mut series: Series) {
        let first = self.trained().len();
        let same = |other: &Series| other.track.name == series.track.name && other.track.seed == series.track.seed;
        let place = self.compared().iter().position(same);
        let place = place.map_or(self.runs.len(), |place| first + place);
        series.track.id = place;
        if place < self.runs.len() {
            self.runs[place] = series;
        } else {
            self.runs.push(series);
            self.compared += 1;
        }
    }

    /// Keeps of the compared runs those that `stay`.
    pub fn part(&mut self, stay: impl Fn(&Series) -> bool) {
        let compared = self.runs.split_off(self.trained().len());
        self.compared = 0;
        compared
            .into_iter()
            .filter(stay)
            .for_each(|series| self.compare(series));
    }

    /// Takes in one event; those that are not measurements change nothing but the phase.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started { track, step, engine } => {
                let trained = self.trained().len();
                if track.id < trained {
                    self.runs[track.id].truncate(*step);
                } else {
                    self.runs.insert(trained, Series::new(track.clone(), engine.clone()));
                    self.runs[trained..]
                        .iter_mut()
                        .zip(trained..)
                        .for_each(|(series, id)| series.track.id = id);
                }
            }
            Event::Stepped {
                run,
                step,
                loss,
                error,
                rate,
            } => {
                if let Some(series) = self.runs.get_mut(*run) {
                    series.steps.push(*step as u32);
                    series.loss.push(*loss);
                    series.sketch.push(*loss);
                    series.error.push(*error);
                    series.rate.push(*rate);
                }
            }
            Event::Measured { run, step, norms } => self.with(*run, |series| {
                series.measured.push(Measured {
                    step: *step,
                    norms: norms.clone(),
                });
            }),
            Event::Evaluated { run, step, loss, error } => self.with(*run, |series| {
                series.evaluated.push(Evaluated {
                    step: *step,
                    loss: *loss,
                    error: *error,
                });
            }),
            Event::Diverged { run, step } => self.with(*run, |series| series.diverged = Some(*step)),
            Event::Finished { run, .. } => self.with(*run, |series| series.finished = true),
            Event::Moved { run, engine } => self.with(*run, |series| series.engine.clone_from(engine)),
            Event::Reset => {
                let trained = self.trained().len();
                for series in &mut self.runs[..trained] {
                    series.truncate(0);
                    series.measured.clear();
                    series.kept.clear();
                }
            }
            Event::Phase(phase) => self.phase = *phase,
            Event::Data { train_images } => self.train_images = Some(*train_images),
            Event::Kept { run, step } => self.with(*run, |series| {
                if let Err(place) = series.kept.binary_search(step) {
                    series.kept.insert(place, *step);
                }
            }),
            Event::Branched(_) | Event::Saved(_) | Event::Notice(_) | Event::Failed(_) => {}
        }
    }

    fn with(&mut self, run: RunId, change: impl FnOnce(&mut Series)) {
        if let Some(series) = self.runs.get_mut(run) {
            change(series);
        }
    }
}
