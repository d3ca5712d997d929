//! What the trainer tells: what steps brought, equal steps together, what ended, and which runs went on elsewhere.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::flight::{Move, taken_over};
use super::lane::Lane;
use super::lockstep::Lockstep;
use super::message::{Event, Phase};
use super::summary::{Status, Summary};
use crate::error::Result;

/// How often the summary is written while training, for whoever watches the folder.
const SUM_UP_EVERY: Duration = Duration::from_secs(5);

impl Lockstep<'_> {
    /// Tells what was brought, and stores or concludes where that is due; says whether there was anything.
    pub(super) fn tell_all(&mut self) -> Result<bool> {
        let (steps, every) = (self.course.experiment.steps, self.course.experiment.checkpoint_every);
        for lane in &mut self.lanes {
            lane.stepped = !lane.outcomes.is_empty();
        }
        let told = self.lanes.iter().any(|lane| lane.stepped);
        while let Some(run) = self.next_to_tell() {
            self.tell(run)?;
        }
        if told && self.summed_up.elapsed() > SUM_UP_EVERY {
            self.sum_up();
        }
        let mut over = Vec::new();
        for run in self.active().collect::<Vec<_>>() {
            let lane = &mut self.lanes[run];
            if lane.step >= steps {
                lane.status = Status::Finished;
                over.push(run);
            } else if lane.stepped && every > 0 && lane.step.is_multiple_of(every) {
                self.save(run);
            }
            self.keep_if_due(run)?;
        }
        if !over.is_empty() || self.active().next().is_none() {
            self.conclude(&over)?;
        }
        Ok(told)
    }

    /// The first run of those with the earliest step to tell, or one that has failed.
    fn next_to_tell(&self) -> Option<usize> {
        let step = |run: &usize| {
            let outcome = self.lanes[*run].outcomes.front();
            outcome.map(|outcome| outcome.as_ref().map_or(0, |advance| advance.step))
        };
        (0..self.lanes.len()).filter(|run| step(run).is_some()).min_by_key(step)
    }

    /// Tells what a run's earliest untold step brought.
    fn tell(&mut self, run: usize) -> Result<()> {
        let lane = &mut self.lanes[run];
        let Some(advance) = lane.outcomes.pop_front().transpose()? else {
            return Ok(());
        };
        let step = advance.step;
        if let Some(norms) = &advance.norms {
            self.recorder.measured(run, step - 1, norms);
            self.outbox.push(Event::Measured {
                run,
                step: step - 1,
                norms: norms.clone(),
            });
        }
        self.recorder.stepped(run, step, &advance);
        self.outbox.push(Event::Stepped {
            run,
            step,
            loss: advance.loss,
            error: advance.error,
            rate: advance.rate,
        });
        if let Some(tests) = advance.tests {
            self.recorder.evaluated(run, step, tests);
            self.outbox.push(tests.event(run, step));
        }
        if !lane.active() && step == lane.step {
            self.outbox.push(Event::Diverged { run, step });
        }
        Ok(())
    }

    /// Evaluates and stores runs that are over; when none is left, the whole experiment.
    pub(super) fn conclude(&mut self, runs: &[usize]) -> Result<()> {
        let last = self.active().next().is_none();
        if last {
            self.set_phase(Phase::Finishing);
        }
        let course = &self.course;
        let over = |lane: &&mut Lane| runs.contains(&lane.track.id);
        self.crew.each(self.lanes.iter_mut().filter(over).collect(), |lane| {
            lane.examine(course)
        })?;
        for &run in runs {
            let lane = &mut self.lanes[run];
            let step = lane.step;
            if let Some(tests) = lane.examined.take().transpose()? {
                self.recorder.evaluated(run, step, tests);
                self.outbox.push(tests.event(run, step));
            }
            self.save(run);
            self.keep(run)?;
            self.outbox.push(Event::Finished { run, step });
        }
        if last {
            self.recorder.flush();
            let (summary, saved) = self.sum_up();
            self.outbox.push_all(saved.map(Event::Saved));
            self.summary.put(summary);
            self.allowance = None;
            self.watch.refresh();
            self.set_phase(Phase::Done);
        }
        Ok(())
    }

    /// Writes what the runs have come to so far; says where.
    pub(super) fn sum_up(&mut self) -> (Summary, Option<PathBuf>) {
        self.summed_up = Instant::now();
        let summary = Summary::of(&self.lanes);
        let saved = self.recorder.summary(&summary);
        (summary, saved)
    }

    /// Tells which runs went on on another engine, and what could not be written.
    pub(super) fn tell_notices(&mut self) {
        let mut moves = BTreeMap::new();
        for lane in &mut self.lanes {
            if let Some(Move { why, repeated }) = lane.moved.take() {
                let (run, engine) = (lane.track.id, lane.engine.device());
                self.recorder.moved(run, lane.step, &engine);
                let (names, most) = moves
                    .entry((why.to_string(), engine.clone()))
                    .or_insert_with(|| (Vec::new(), 0));
                names.push(lane.track.name.clone());
                *most = repeated.max(*most);
                self.outbox.push(Event::Moved { run, engine });
            }
        }
        let sentences = moves
            .into_iter()
            .map(|((why, engine), (names, most))| taken_over(&why, &engine, &names, most));
        self.outbox.push_all(sentences.map(Event::Notice));
        self.outbox.push_all(self.recorder.notice().map(Event::Notice));
    }
}
