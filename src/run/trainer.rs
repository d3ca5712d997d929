//! The trainer as its owner sees it: a thread to send commands to and to hear from.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rust_i18n::t;

use super::audition::{self, Workload};
use super::experiment::Experiment;
use super::layout::Layout;
use super::lockstep::Lockstep;
use super::message::{Command, Event, Maps};
use super::outbox::{CAPACITY, Outbox, Wake};
use super::rewind::Finding;
use super::slot::Slot;
use super::start::Setup;
use super::summary::Summary;
use crate::data::Dataset;
use crate::engine::{self, Choice, Engine, Optimizer, Wanted};
use crate::error::{Error, Result, Sentence};
use crate::net::{Graph, Weights};

/// How a failed trainer waits for its last words to be read.
const LAST_WORDS: Duration = Duration::from_millis(20);

/// How much training may be undone when the process ends without notice.
const SECURE_EVERY: Duration = Duration::from_secs(30);

/// Builds a run's engine.
pub(super) type Opener = Arc<dyn Fn(&Arc<Graph>, &Weights, Optimizer) -> Result<Box<dyn Engine>> + Send + Sync>;

/// What a run is trained on.
pub(super) struct Openers {
    pub first: Opener,
    /// When the device of the first is not there, or fails.
    pub spare: Opener,
    /// For questions beside the training.
    pub beside: Opener,
}

/// Finds what an experiment is trained on, once its data is there.
pub(super) type Outfit = Box<dyn FnOnce(&Experiment, &Dataset) -> Result<Openers> + Send>;

impl Openers {
    #[cfg(test)]
    pub fn of(first: Opener, spare: Opener) -> Self {
        Self {
            beside: Arc::clone(&first),
            first,
            spare,
        }
    }

    /// As the user wants it, for this experiment.
    fn find(wanted: Wanted, experiment: &Experiment, dataset: &Dataset) -> Result<Self> {
        let (wanted, held) = if wanted.choice == Choice::Auto {
            let verdict = audition::choose(&Workload::of(experiment, dataset)?, audition::LIMIT);
            log::info!("auto takes {verdict}");
            (verdict.taken(), Some(verdict))
        } else {
            (wanted, None)
        };
        // The processor is free for questions while a GPU trains.
        let on_gpu = wanted.choice == Choice::Gpu;
        let opener = |wanted: Wanted| -> Opener {
            Arc::new(move |graph, weights, optimizer| engine::open(wanted.clone(), graph, weights, optimizer))
        };
        let spare = opener(Choice::Cpu.into());
        let first = opener(wanted);
        Ok(Self {
            beside: Arc::clone(if on_gpu { &spare } else { &first }),
            first: Arc::new(move |graph, weights, optimizer| {
                let _device = &held;
                first(graph, weights, optimizer)
            }),
            spare,
        })
    }
}

/// How a trainer is started.
#[derive(Default)]
pub struct TrainerOptions {
    pub engine: Wanted,
    /// The run folder; without one nothing is written.
    pub out: Option<PathBuf>,
    /// Go on from the folder's last checkpoints.
    pub resume: bool,
    /// Train at once, or wait paused.
    pub start: bool,
    /// Called on the trainer's thread after events or maps were published.
    pub wake: Option<Wake>,
}

/// A thread that trains an experiment's runs in lockstep. Dropping it ends the thread within one step.
pub struct Trainer {
    commands: Option<Sender<Command>>,
    events: Receiver<Event>,
    findings: Receiver<Finding>,
    maps: Slot<Maps>,
    summary: Slot<Summary>,
    thread: Option<JoinHandle<()>>,
}

impl Trainer {
    /// Starts a trainer. Reading data and building nets happens on its thread and is reported in events.
    ///
    /// # Errors
    /// When the experiment is not valid or its folder cannot be used.
    pub fn spawn(experiment: Experiment, options: TrainerOptions) -> Result<Self> {
        let wanted = options.engine.clone();
        let outfit = move |experiment: &Experiment, dataset: &Dataset| Openers::find(wanted, experiment, dataset);
        Self::spawn_outfitted(experiment, options, Box::new(outfit), SECURE_EVERY)
    }

    #[cfg(test)]
    pub(super) fn spawn_with(experiment: Experiment, options: TrainerOptions, openers: Openers) -> Result<Self> {
        Self::spawn_outfitted(experiment, options, Box::new(|_, _| Ok(openers)), SECURE_EVERY)
    }

    #[cfg(test)]
    pub(super) fn spawn_securing(
        experiment: Experiment,
        options: TrainerOptions,
        openers: Openers,
        every: Duration,
    ) -> Result<Self> {
        Self::spawn_outfitted(experiment, options, Box::new(|_, _| Ok(openers)), every)
    }

    fn spawn_outfitted(
        experiment: Experiment,
        options: TrainerOptions,
        outfit: Outfit,
        secure_every: Duration,
    ) -> Result<Self> {
        experiment.validate()?;
        if let Some(out) = &options.out {
            claim(out, options.resume)?;
        }
        let (commands, orders) = mpsc::channel();
        let (sender, events) = sync_channel(CAPACITY);
        let (maps, summary) = (Slot::default(), Slot::default());
        let (found, findings) = mpsc::channel();
        let setup = Setup {
            experiment,
            outfit,
            layout: options.out.as_deref().map(Layout::new),
            resume: options.resume,
            start: options.start,
            secure_every,
            maps: maps.clone(),
            summary: summary.clone(),
            findings: found,
            wake: options.wake.clone(),
        };
        let wake = options.wake;
        let thread = thread::Builder::new()
            .name("trainer".into())
            .spawn(move || work(setup, orders, Outbox::new(sender, wake)))
            .map_err(|error| Error::Engine(t!("cannot start the trainer's thread: %{error}", error = error)))?;
        Ok(Self {
            commands: Some(commands),
            events,
            findings,
            maps,
            summary,
            thread: Some(thread),
        })
    }

    /// Tells the trainer something; it is obeyed after the step under way. A trainer that has ended hears nothing.
    pub fn send(&self, command: Command) {
        if let Some(commands) = &self.commands {
            // It fails only when the thread has ended, which an event has told.
            let _ = commands.send(command);
        }
    }

    /// The events that are there.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.events.try_iter()
    }

    /// Waits for the next event; `None` when the trainer has ended.
    pub fn wait(&self) -> Option<Event> {
        self.events.recv().ok()
    }

    /// As [`Trainer::wait`], for at most that long.
    ///
    /// # Errors
    /// When the time is over, or the trainer has ended.
    pub fn wait_for(&self, limit: Duration) -> Result<Event, RecvTimeoutError> {
        self.events.recv_timeout(limit)
    }

    /// The answers that are there.
    pub fn findings(&self) -> impl Iterator<Item = Finding> + '_ {
        self.findings.try_iter()
    }

    /// The newest maps, if they are new.
    pub fn maps(&self) -> Option<Maps> {
        self.maps.take()
    }

    /// What the runs came to, once after each time that the experiment has ended.
    pub fn summary(&self) -> Option<Summary> {
        self.summary.take()
    }
}

impl Drop for Trainer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic on the thread has been caught there and told as an event.
            let _ = thread.join();
        }
    }
}

/// Makes the run folder, or sees that it can be resumed.
fn claim(out: &Path, resume: bool) -> Result<()> {
    let fail = |why: Sentence| Err(Error::Run(why));
    if resume {
        if !Layout::new(out).experiment().is_file() {
            return fail(t!("%{out} holds no experiment.toml to resume", out = out.display()));
        }
        return Ok(());
    }
    fs::create_dir_all(out).map_err(Error::io("create", out))?;
    let mut entries = fs::read_dir(out).map_err(Error::io("read", out))?;
    if entries.next().is_some() {
        return fail(t!(
            "%{out} is not empty; go on with what it holds (--resume) or choose another folder",
            out = out.display()
        ));
    }
    Ok(())
}

/// The thread: whatever ends it, an event says why.
fn work(setup: Setup, orders: Receiver<Command>, mut outbox: Outbox) {
    let outcome = catch_unwind(AssertUnwindSafe(|| Lockstep::new(setup, &orders, &mut outbox)?.serve()));
    let reason = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => {
            let words = panic.downcast_ref::<&str>().copied();
            let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            match words {
                Some(words) => words.replace('\n', " "),
                None => t!("the trainer broke off without saying why").into(),
            }
        }
    };
    outbox.push(Event::Failed(t!("failed: %{reason}", reason = reason).into()));
    outbox.flush();
    while outbox.is_behind() && !matches!(orders.recv_timeout(LAST_WORDS), Err(RecvTimeoutError::Disconnected)) {
        outbox.flush();
    }
}
