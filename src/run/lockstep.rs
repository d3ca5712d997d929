//! The trainer's thread: steps all runs of an experiment together, obeys commands between steps, tells what happens.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::checkpoint;
use super::course::Course;
use super::crew::Crew;
use super::experiment::{Experiment, RunPlan, Track};
use super::lane::Lane;
use super::layout::Layout;
use super::message::{Command, Event, Maps, Phase};
use super::outbox::Outbox;
use super::recorder::Recorder;
use super::slot::Slot;
use super::summary::{Status, Summary};
use super::trainer::Opener;
use super::watch::Watch;
use crate::data::Dataset;
use crate::engine::Engine;
use crate::error::Result;
use crate::net::{Graph, Spec, initial_weights};

/// How often a reader that is behind is offered the rest while nothing else is to do.
const OFFER_EVERY: Duration = Duration::from_millis(20);

/// What a trainer's thread is given.
pub struct Setup {
    pub experiment: Experiment,
    pub opener: Opener,
    pub layout: Option<Layout>,
    pub resume: bool,
    pub start: bool,
    pub maps: Slot<Maps>,
    pub summary: Slot<Summary>,
}

/// All runs with what they share.
pub struct Lockstep<'a> {
    course: Course,
    lanes: Vec<Lane>,
    opener: Opener,
    crew: Crew,
    watch: Watch,
    maps: Slot<Maps>,
    summary: Slot<Summary>,
    recorder: Recorder,
    orders: &'a Receiver<Command>,
    outbox: &'a mut Outbox,
    phase: Phase,
    /// Steps until the next pause, when they are counted.
    allowance: Option<usize>,
}

impl<'a> Lockstep<'a> {
    /// Reads the data, builds every run and measures it as it stands.
    ///
    /// # Errors
    /// When there is no data or no engine.
    pub fn new(setup: Setup, orders: &'a Receiver<Command>, outbox: &'a mut Outbox) -> Result<Self> {
        outbox.push(Event::Phase(Phase::Preparing));
        outbox.flush();
        let dataset = Dataset::open(&setup.experiment.data)?;
        if let Some(first) = dataset.skipped.first() {
            let (count, path, reason) = (dataset.skipped.len(), first.path.display(), &first.reason);
            outbox.push(Event::Notice(format!(
                "{count} unreadable files were left out, the first is {path}: {reason}"
            )));
        }
        let plans = setup.experiment.runs.clone();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut lockstep = Self {
            course: Course::new(setup.experiment, dataset),
            lanes: Vec::new(),
            opener: setup.opener,
            crew: Crew::new(cores),
            watch: Watch::default(),
            maps: setup.maps,
            summary: setup.summary,
            recorder: Recorder::new(setup.layout.clone()),
            orders,
            outbox,
            phase: Phase::Preparing,
            allowance: None,
        };
        lockstep.course.experiment.runs.clear();
        for plan in plans {
            lockstep.build(plan)?;
        }
        if let (Some(layout), true) = (&setup.layout, setup.resume) {
            lockstep.restore(layout)?;
        }
        lockstep.begin(0)?;
        lockstep.set_phase(if setup.start { Phase::Running } else { Phase::Paused });
        Ok(lockstep)
    }

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
            if self.watch.is_due(training) {
                self.publish_maps()?;
            }
            self.outbox.push_all(self.recorder.notice().map(Event::Notice));
            self.outbox.flush();
            if self.phase != Phase::Running {
                match self.next_order() {
                    Ok(command) => self.obey(command)?,
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        }
        self.leave();
        Ok(())
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
            Command::Pause if self.phase == Phase::Running => self.pause(),
            Command::Pause => {}
            Command::Stop => self.stop()?,
            Command::Reset => self.reset()?,
            Command::SetRate(rate) => self.set_rate(rate),
            Command::Add(plan) => self.add(plan)?,
            Command::Watch(request) => {
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
            return self.say("every run is over; reset to train again");
        }
        self.allowance = allowance;
        self.set_phase(Phase::Running);
    }

    fn pause(&mut self) {
        self.allowance = None;
        self.recorder.flush();
        self.watch.refresh();
        self.set_phase(Phase::Paused);
    }

    fn stop(&mut self) -> Result<()> {
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
        self.course.factors.clear();
        for lane in &mut self.lanes {
            let engine = open(&self.opener, &lane.graph, lane.track.seed, &self.course.experiment)?;
            lane.reset(engine);
            self.recorder.forget(lane);
        }
        self.outbox.push(Event::Reset);
        self.begin(0)?;
        self.pause();
        Ok(())
    }

    fn set_rate(&mut self, rate: f32) {
        let Some(front) = self.active().map(|run| self.lanes[run].step).max() else {
            return self.say("every run is over; there is no learning rate to set");
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

    /// Makes a plan's runs, one for each seed, and takes the plan into the experiment.
    fn build(&mut self, mut plan: RunPlan) -> Result<()> {
        let data = &self.course.dataset;
        let spec = Spec::for_data(&plan.net, data.shape, data.classes.len())?;
        plan.net = spec.to_string();
        let graph = Arc::new(Graph::new(&spec));
        for &seed in &self.course.experiment.seeds {
            let engine = open(&self.opener, &graph, seed, &self.course.experiment)?;
            let track = Track {
                id: self.lanes.len(),
                name: plan.name.clone(),
                spec: spec.clone(),
                seed,
            };
            self.lanes.push(Lane::new(track, Arc::clone(&graph), engine));
        }
        self.course.experiment.runs.push(plan);
        Ok(())
    }

    /// Brings every run to its last readable checkpoint.
    fn restore(&mut self, layout: &Layout) -> Result<()> {
        let mut front = 0;
        for lane in &mut self.lanes {
            let folder = layout.checkpoints(&lane.track.name, lane.track.seed);
            let (checkpoint, notices) = checkpoint::newest(&folder)?;
            self.outbox.push_all(notices.into_iter().map(Event::Notice));
            let Some(checkpoint) = checkpoint else { continue };
            let state = &checkpoint.state;
            lane.engine.set_weights(&checkpoint.weights)?;
            lane.engine.set_optimizer_state(&checkpoint.optimizer)?;
            lane.step = state.step;
            lane.seconds = state.seconds;
            lane.recent = state.into();
            if lane.step >= front {
                front = lane.step;
                self.course.factors.clone_from(&state.rate_factors);
            }
        }
        Ok(())
    }

    /// Announces the runs from `first` on, begins their logs and measures those that are still untrained.
    fn begin(&mut self, first: usize) -> Result<()> {
        self.recorder.experiment(&self.course.experiment);
        for lane in &self.lanes[first..] {
            self.recorder.begin(lane);
            self.outbox.push(Event::Started {
                track: lane.track.clone(),
                step: lane.step,
                engine: lane.engine.device(),
            });
        }
        self.outbox.flush();
        let course = &self.course;
        let fresh = self.lanes[first..].iter_mut().filter(|lane| lane.step == 0).collect();
        self.crew.each(fresh, |lane| lane.measure(course))?;
        for lane in &mut self.lanes[first..] {
            if let Some(norms) = lane.measured.take().transpose()? {
                let (run, step) = (lane.track.id, lane.step);
                self.recorder.measured(run, step, &norms);
                self.outbox.push(Event::Measured { run, step, norms });
            }
        }
        self.outbox.flush();
        Ok(())
    }

    /// One step of every run that is furthest behind.
    fn tick(&mut self) -> Result<()> {
        let course = &self.course;
        let steps = course.experiment.steps;
        let behind = |lane: &&mut Lane| lane.active() && lane.step < steps;
        if let Some(step) = self.lanes.iter_mut().filter(behind).map(|lane| lane.step).min() {
            let mut turn: Vec<&mut Lane> = self.lanes.iter_mut().filter(behind).collect();
            turn.retain(|lane| lane.step == step);
            // The longest first, so that no core is left with it at the end.
            turn.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
            self.crew.each(turn, |lane| lane.advance(course))?;
        }
        for run in 0..self.lanes.len() {
            self.tell(run)?;
        }
        let every = self.course.experiment.checkpoint_every;
        let mut over = Vec::new();
        for run in self.active().collect::<Vec<_>>() {
            let lane = &mut self.lanes[run];
            if lane.step >= steps {
                lane.status = Status::Finished;
                over.push(run);
            } else if lane.stepped && every > 0 && lane.step.is_multiple_of(every) {
                self.save(run);
            }
        }
        if !over.is_empty() || self.active().next().is_none() {
            self.conclude(&over)?;
        }
        self.allowance = self.allowance.map(|steps| steps - 1);
        if self.allowance == Some(0) && self.phase == Phase::Running {
            self.pause();
        }
        Ok(())
    }

    /// Tells what a run's step brought, if it made one.
    fn tell(&mut self, run: usize) -> Result<()> {
        let lane = &mut self.lanes[run];
        lane.stepped = false;
        let Some(advance) = lane.outcome.take().transpose()? else {
            return Ok(());
        };
        lane.stepped = true;
        let step = lane.step;
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
        if !lane.active() {
            self.outbox.push(Event::Diverged { run, step });
        }
        Ok(())
    }

    /// Evaluates and stores runs that are over; when none is left, the whole experiment.
    fn conclude(&mut self, runs: &[usize]) -> Result<()> {
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
            self.outbox.push(Event::Finished { run, step });
        }
        if last {
            self.recorder.flush();
            let summary = Summary::of(&self.lanes);
            self.outbox.push_all(self.recorder.summary(&summary).map(Event::Saved));
            self.summary.put(summary);
            self.allowance = None;
            self.watch.refresh();
            self.set_phase(Phase::Done);
        }
        Ok(())
    }

    fn save(&mut self, run: usize) {
        let saved = self.recorder.checkpoint(&self.lanes[run], &self.course.factors);
        self.outbox.push_all(saved.map(Event::Saved));
    }

    /// Keeps what was reached when the owner is gone.
    fn leave(&mut self) {
        for run in self.active().collect::<Vec<_>>() {
            if self.lanes[run].step > 0 {
                self.save(run);
            }
        }
        self.recorder.flush();
    }

    fn publish_maps(&mut self) -> Result<()> {
        if let Some(maps) = self.watch.maps(&self.course, &mut self.lanes)? {
            self.maps.put(maps);
            self.outbox.wake();
        }
        Ok(())
    }

    fn active(&self) -> impl Iterator<Item = usize> + '_ {
        self.lanes.iter().filter(|lane| lane.active()).map(|lane| lane.track.id)
    }

    fn set_phase(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.outbox.push_all(self.recorder.notice().map(Event::Notice));
            self.outbox.push(Event::Phase(phase));
            self.outbox.flush();
        }
    }

    fn say(&mut self, sentence: &str) {
        self.outbox.push(Event::Notice(sentence.into()));
    }
}

fn open(opener: &Opener, graph: &Arc<Graph>, seed: u64, experiment: &Experiment) -> Result<Box<dyn Engine>> {
    opener(graph, &initial_weights(graph, seed), experiment.optimizer)
}
