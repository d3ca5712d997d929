//! How runs come to the start: data read, engines built, checkpoints taken up, gradients measured before training.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use rust_i18n::t;

use super::checkpoint;
use super::course::Course;
use super::crew::Crew;
use super::experiment::{Experiment, RunPlan, Track};
use super::lane::Lane;
use super::layout::Layout;
use super::lockstep::Lockstep;
use super::message::{Command, Event, Maps, Phase};
use super::outbox::{Outbox, Wake};
use super::recorder::Recorder;
use super::rewind::{Finding, Keeps, Study, StudySetup};
use super::slot::Slot;
use super::summary::{RunSummary, Status, Summary};
use super::trainer::{Openers, Outfit};
use super::watch::Watch;
use crate::data::Dataset;
use crate::error::Result;
use crate::net::{Graph, Spec};

/// What a trainer's thread is given.
pub struct Setup {
    pub experiment: Experiment,
    pub outfit: Outfit,
    pub layout: Option<Layout>,
    pub resume: bool,
    pub start: bool,
    /// How much training the end of the process may undo.
    pub secure_every: Duration,
    pub maps: Slot<Maps>,
    pub summary: Slot<Summary>,
    pub findings: Sender<Finding>,
    pub wake: Option<Wake>,
}

impl<'a> Lockstep<'a> {
    /// Reads the data, builds every run and measures it as it stands.
    ///
    /// # Errors
    /// When there is no data or no engine.
    pub fn new(setup: Setup, orders: &'a Receiver<Command>, outbox: &'a mut Outbox) -> Result<Self> {
        outbox.push(Event::Phase(Phase::Preparing));
        outbox.flush();
        let dataset = Arc::new(Dataset::open(&setup.experiment.data)?);
        if let Some(first) = dataset.skipped.first() {
            let (count, path, reason) = (dataset.skipped.len(), first.path.display(), &first.reason);
            outbox.push(Event::Notice(
                t!(
                    "Unreadable files left out: %{count}; the first is %{path}: %{reason}",
                    count = count,
                    path = path,
                    reason = reason
                )
                .into(),
            ));
        }
        let mut experiment = setup.experiment;
        if !setup.resume {
            outbox.push_all(experiment.leave_branches().map(Event::Notice));
        }
        let openers = (setup.outfit)(&experiment, &dataset)?;
        let Openers { first, spare, beside } = openers;
        let plans = std::mem::take(&mut experiment.runs);
        let course = Course::new(experiment, Arc::clone(&dataset), spare);
        let keeps = Keeps::default();
        let study = Study::spawn(StudySetup {
            dataset,
            experiment: Arc::new(course.experiment.clone()),
            tests: course.shared_tests(),
            opener: beside,
            keeps: keeps.clone(),
            maps: setup.maps.clone(),
            findings: setup.findings,
            wake: setup.wake,
        })?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut lockstep = Self {
            course,
            lanes: Vec::new(),
            opener: first,
            crew: Crew::new(cores),
            watch: Watch::default(),
            maps: setup.maps,
            summary: setup.summary,
            keeps,
            study,
            layout: setup.layout.clone(),
            recorder: Recorder::new(setup.layout.clone()),
            orders,
            outbox,
            phase: Phase::Preparing,
            rounds: 1,
            allowance: None,
            summed_up: Instant::now(),
            secure_every: setup.secure_every,
            secure_at: Instant::now() + setup.secure_every,
        };
        let train_images = lockstep.course.dataset.train.labels.len();
        lockstep.outbox.push(Event::Data { train_images });
        for plan in plans {
            lockstep.build(plan)?;
        }
        if let (Some(layout), true) = (&setup.layout, setup.resume) {
            lockstep.restore(layout)?;
            lockstep.find_origins()?;
        }
        lockstep.begin(0)?;
        let over = setup.layout.filter(|_| setup.resume && !setup.start);
        let phase = match over {
            Some(layout) if lockstep.was_over(&layout) => Phase::Done,
            _ if setup.start => Phase::Running,
            _ => Phase::Paused,
        };
        lockstep.set_phase(phase);
        Ok(lockstep)
    }

    /// Whether every run was trained to its end and summed up before; then there is nothing to go on with.
    fn was_over(&mut self, layout: &Layout) -> bool {
        let steps = self.course.experiment.steps;
        let Ok(summary) = Summary::read(&layout.summary()) else {
            return false;
        };
        let over = |lane: &Lane| lane.step >= steps && summary.ended(&lane.track).is_some();
        if !self.lanes.iter().all(over) {
            return false;
        }
        for lane in &mut self.lanes {
            lane.status = Status::Finished;
            lane.tests = summary.ended(&lane.track).and_then(RunSummary::tests);
            let (run, step) = (lane.track.id, lane.step);
            self.outbox.push(Event::Finished { run, step });
        }
        self.summary.put(summary);
        true
    }

    /// Makes a plan's runs, one for each seed, and takes the plan into the experiment.
    pub(super) fn build(&mut self, mut plan: RunPlan) -> Result<()> {
        let data = &self.course.dataset;
        let spec = Spec::for_data(&plan.net, data.shape, data.classes.len())?;
        plan.net = spec.to_string();
        let graph = Arc::new(Graph::new(&spec));
        let trained = plan.trained_weights(&graph)?.map(Arc::new);
        if let Some(weights) = &trained {
            self.recorder.trained(&plan, weights);
        }
        for &seed in &self.course.experiment.seeds {
            let track = Track {
                id: self.lanes.len(),
                name: plan.name.clone(),
                spec: spec.clone(),
                seed,
            };
            let mut lane = Lane::open(track, Arc::clone(&graph), trained.clone(), &self.opener, &self.course)?;
            lane.keeps = self.grid_of(&graph);
            lane.rate = self
                .course
                .experiment
                .branch(&plan.name)
                .map_or(1.0, |branch| branch.rate);
            self.lanes.push(lane);
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
            if checkpoint.state.step >= front {
                front = checkpoint.state.step;
                self.course.factors.clone_from(&checkpoint.state.rate_factors);
            }
            lane.restore(checkpoint, &self.course)?;
        }
        Ok(())
    }

    /// Announces the runs from `first` on, begins their logs and measures those that are still untrained.
    pub(super) fn begin(&mut self, first: usize) -> Result<()> {
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
        self.open_keeps(first)?;
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
}
