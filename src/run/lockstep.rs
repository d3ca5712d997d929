//! The trainer's thread: steps all runs of an experiment together, obeys commands between steps, tells what happens.

use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use rust_i18n::t;

use super::course::Course;
use super::crew::Crew;
use super::experiment::RunPlan;
use super::lane::Lane;
use super::layout::Layout;
use super::message::{Command, Event, Maps, Phase};
use super::outbox::Outbox;
use super::recorder::Recorder;
use super::rewind::{Keeps, Study, Task};
use super::slot::Slot;
use super::summary::{Status, Summary};
use super::trainer::Opener;
use super::watch::Watch;
use crate::error::Result;

/// How often a reader that is behind is offered the rest while nothing else is to do.
const OFFER_EVERY: Duration = Duration::from_millis(20);

/// How long the trainer naps when every run waits for its engine.
const NAP: Duration = Duration::from_micros(200);

/// How long runs step before what that brought is told: long enough that cores seldom wait for each other, too short
/// to be noticed by who pauses.
const SHIFT: Duration = Duration::from_millis(15);

/// Steps of a run told together at most.
const MOST_ROUNDS: usize = 16;

/// Training time for each second of writing checkpoints that secure it.
const SECURE_COST: u32 = 30;

/// All runs with what they share.
pub struct Lockstep<'a> {
    pub(super) course: Course,
    pub(super) lanes: Vec<Lane>,
    pub(super) opener: Opener,
    pub(super) crew: Crew,
    pub(super) watch: Watch,
    pub(super) maps: Slot<Maps>,
    pub(super) summary: Slot<Summary>,
    pub(super) keeps: Keeps,
    pub(super) study: Study,
    pub(super) layout: Option<Layout>,
    pub(super) recorder: Recorder,
    pub(super) orders: &'a Receiver<Command>,
    pub(super) outbox: &'a mut Outbox,
    pub(super) phase: Phase,
    /// Steps of a run that are told together.
    pub(super) rounds: usize,
    /// Steps until the next pause, when they are counted.
    pub(super) allowance: Option<usize>,
    /// When the summary was last written.
    pub(super) summed_up: Instant,
    pub(super) secure_every: Duration,
    /// When checkpoints are due that let the runs go on should the process end without notice.
    pub(super) secure_at: Instant,
}

impl<'a> Lockstep<'a> {
    /// Trains and obeys until nobody is left to give commands.
    ///
    /// # Errors
    /// When an engine fails.
    pub fn serve(mut self) -> Result<()> {
        loop {
            match self.orders.try_recv() {
                Ok(command) => {
                    self.obey(command)?;
                    continue;
                }
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {}
            }
            let training = self.phase == Phase::Running;
            if training {
                self.tick()?;
            }
            if self.phase == Phase::Running && Instant::now() >= self.secure_at {
                self.settle()?;
                self.secure();
            }
            if self.watch.is_due(training) {
                self.publish_maps()?;
            }
            self.tell_notices();
            self.outbox.flush();
            if self.phase != Phase::Running {
                match self.next_order() {
                    Ok(command) => self.obey(command)?,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        }
        self.leave()
    }

    /// Sleeps until there is a command, or until a reader that is behind may have made room.
    fn next_order(&self) -> Result<Command, RecvTimeoutError> {
        if self.outbox.is_behind() {
            self.orders.recv_timeout(OFFER_EVERY)
        } else {
            self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
        }
    }

    fn obey(&mut self, command: Command) -> Result<()> {
        match command {
            Command::Run => self.run(None),
            Command::Step(steps) => self.run(Some(steps)),
            Command::Pause if self.phase == Phase::Running => self.pause()?,
            Command::Pause => {}
            Command::Stop => self.stop()?,
            Command::Reset => self.reset()?,
            Command::SetRate(rate) => self.set_rate(rate),
            Command::Add(plan) => self.add(plan)?,
            Command::Ask(question) => self.ask(question),
            Command::Dismiss => self.study.dismiss(),
            Command::Branch { name, step, rate } => self.branch(&name, step, rate)?,
            Command::Watch(request) => {
                let (request, past) = match request {
                    Some(request) if request.step.is_some() => (None, Some(request)),
                    present => (present, None),
                };
                if let Some(past) = past {
                    self.study.give(Task::Maps(past));
                }
                let notice = self.watch.set(request, &self.course, &self.lanes);
                self.outbox.push_all(notice.map(Event::Notice));
            }
        }
        Ok(())
    }

    fn run(&mut self, allowance: Option<usize>) {
        if allowance == Some(0) {
            return;
        }
        if !self.lanes.iter().any(Lane::active) {
            return self.say(&t!("every run is over; reset to train again"));
        }
        self.allowance = allowance;
        self.set_phase(Phase::Running);
    }

    /// Tells what is under way, then rests, unless that was the end.
    fn pause(&mut self) -> Result<()> {
        self.settle()?;
        if self.phase == Phase::Running {
            self.rest();
        }
        Ok(())
    }

    fn rest(&mut self) {
        self.allowance = None;
        self.recorder.flush();
        self.secure();
        self.watch.refresh();
        self.set_phase(Phase::Paused);
    }

    fn stop(&mut self) -> Result<()> {
        self.settle()?;
        let stopped: Vec<usize> = self.active().collect();
        if stopped.is_empty() {
            return Ok(());
        }
        for &run in &stopped {
            self.lanes[run].status = Status::Stopped;
        }
        self.conclude(&stopped)
    }

    fn reset(&mut self) -> Result<()> {
        // What is asked about the nets as they were needs no answer.
        self.study.dismiss();
        self.course.factors.clear();
        for lane in &mut self.lanes {
            lane.reset(&self.opener, &self.course)?;
            self.recorder.forget(lane);
            if let Some(origin) = lane.origin.clone() {
                lane.branch_off(&origin, &self.course)?;
            }
        }
        self.outbox.push(Event::Reset);
        self.begin(0)?;
        self.rest();
        Ok(())
    }

    fn set_rate(&mut self, rate: f32) {
        let Some(front) = self.active().map(|run| self.lanes[run].front()).max() else {
            return self.say(&t!("every run is over; there is no learning rate to set"));
        };
        if let Err(error) = self.course.set_rate(front, rate) {
            self.say(&error.to_string());
        }
    }

    fn add(&mut self, mut plan: RunPlan) -> Result<()> {
        let first = self.lanes.len();
        let experiment = &self.course.experiment;
        let checked = plan
            .resolve()
            .and_then(|()| experiment.check_plan(&plan, &experiment.runs));
        if let Err(error) = checked.and_then(|()| self.build(plan)) {
            self.lanes.truncate(first);
            self.say(&error.to_string());
            return Ok(());
        }
        self.begin(first)?;
        if self.phase == Phase::Done {
            self.set_phase(Phase::Running);
        }
        Ok(())
    }

    /// Some steps of every run that is furthest behind, or a nap if they all wait for their engines.
    fn tick(&mut self) -> Result<()> {
        let began = Instant::now();
        let Some(least) = self.least() else {
            return self.tell_all().map(drop);
        };
        let course = &self.course;
        let limit = self
            .allowance
            .map_or(course.experiment.steps, |steps| least.saturating_add(steps));
        let (mut turn, ahead): (Vec<&mut Lane>, Vec<_>) = self
            .lanes
            .iter_mut()
            .filter(|lane| lane.active())
            .partition(|lane| lane.step == least);
        // Nobody overtakes those that are ahead.
        let next = ahead.iter().map(|lane| lane.step).min();
        let until = next.unwrap_or(limit).min(limit).min(least + self.rounds);
        // The longest first, so that no core is left with it at the end.
        turn.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        self.crew.rounds(turn, |lane| {
            let again = lane.advance(course, limit) && lane.step < until;
            // One that computes beside its caller is only asked here.
            again && !lane.engine.can_be_lost()
        })?;
        let told = self.tell_all()?;
        let done = self.least().map_or(1, |step| step - least);
        if done == 0 {
            if !told {
                thread::sleep(NAP);
            }
            return Ok(());
        }
        let round = began.elapsed().as_secs_f64() / done as f64;
        self.rounds = ((SHIFT.as_secs_f64() / round) as usize).clamp(1, MOST_ROUNDS);
        self.allowance = self.allowance.map(|steps| steps.saturating_sub(done));
        if self.allowance == Some(0) && self.phase == Phase::Running {
            self.pause()?;
        }
        Ok(())
    }

    /// The step of the runs that are furthest behind.
    fn least(&self) -> Option<usize> {
        self.active().map(|run| self.lanes[run].step).min()
    }

    /// Waits for every step under way and tells it, equal steps together.
    fn settle(&mut self) -> Result<()> {
        let course = &self.course;
        let active: Vec<&mut Lane> = self.lanes.iter_mut().filter(|lane| lane.active()).collect();
        self.crew.each(active, |lane| {
            let failure = lane.settle(course).err();
            lane.outcomes.extend(failure.map(Err));
        })?;
        self.tell_all()?;
        let waits = |lane: &&mut Lane| lane.reached() > lane.step;
        while let Some(step) = self.lanes.iter_mut().filter(waits).map(|lane| lane.step).min() {
            for lane in self.lanes.iter_mut().filter(waits) {
                if lane.step == step {
                    let outcome = lane.land(&self.course).transpose();
                    lane.outcomes.extend(outcome);
                }
            }
            self.tell_all()?;
        }
        Ok(())
    }

    pub(super) fn save(&mut self, run: usize) {
        let saved = self.recorder.checkpoint(&mut self.lanes[run], &self.course);
        self.outbox.push_all(saved.map(Event::Saved));
    }

    /// Writes checkpoints in place of the last such ones.
    fn secure(&mut self) {
        let began = Instant::now();
        for run in self.active().collect::<Vec<_>>() {
            if self.lanes[run].step > 0 {
                self.recorder.secure(&mut self.lanes[run], &self.course);
            }
        }
        // A slow disk must not hold up the training.
        self.secure_at = Instant::now() + self.secure_every.max(SECURE_COST * began.elapsed());
    }

    /// Keeps what was reached when the owner is gone.
    fn leave(&mut self) -> Result<()> {
        self.settle()?;
        for run in self.active().collect::<Vec<_>>() {
            if self.lanes[run].step > 0 {
                self.save(run);
            }
        }
        if self.lanes.iter().any(|lane| lane.step > 0) && self.phase != Phase::Done {
            self.sum_up();
        }
        self.recorder.flush();
        Ok(())
    }

    fn publish_maps(&mut self) -> Result<()> {
        if let Some(maps) = self.watch.maps(&self.course, &mut self.lanes)? {
            self.maps.put(maps);
            self.outbox.wake();
        }
        Ok(())
    }

    pub(super) fn active(&self) -> impl Iterator<Item = usize> + '_ {
        self.lanes.iter().filter(|lane| lane.active()).map(|lane| lane.track.id)
    }

    pub(super) fn set_phase(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.tell_notices();
            self.outbox.push(Event::Phase(phase));
            self.outbox.flush();
        }
    }

    pub(super) fn say(&mut self, sentence: &str) {
        self.outbox.push(Event::Notice(sentence.into()));
    }
}
