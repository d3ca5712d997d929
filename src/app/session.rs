//! The run being watched: its trainer, what it said, and where it is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use eframe::egui;
use rust_i18n::t;

use super::figures::{Delivering, Outcome};
use super::pace::Pace;
use crate::error::Result;
use crate::net::Spec;
use crate::run::{
    Answers, Branch, Command, Event, Experiment, Finding, Findings, History, Layout, Phase, RunFolder, RunPlan, Series,
    Trainer, TrainerOptions,
};
use crate::ui::{News, Shown, Speed};

/// On the trainer's account the window is drawn at most this often.
pub const REPAINT_EVERY: Duration = Duration::from_millis(33);
/// The same where the CPU draws, which has better things to do while it trains.
pub const REPAINT_EVERY_ON_CPU: Duration = Duration::from_millis(150);

/// How long a notice stays.
const READ: Duration = Duration::from_secs(20);
/// How often the progress of a figure, and a trainer that has something to do, is looked at unasked: eframe drops a wake
/// that comes while a frame takes several passes.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A trainer and everything it has said.
pub struct Session {
    /// What was started, with the runs added since.
    pub experiment: Experiment,
    pub history: History,
    /// Answers to what panels asked.
    pub findings: Findings,
    /// Name of the engine asked for.
    pub engine: String,
    /// The newest feature maps.
    pub shown: Option<Shown>,
    /// One sentence, when the trainer could not start or has ended.
    pub failure: Option<String>,
    /// The latest sentence that is no failure.
    pub notice: Option<String>,
    /// The notice as it was first shown, and when.
    said: Option<(String, Instant)>,
    /// The run folder.
    pub folder: Option<PathBuf>,
    pub pace: Pace,
    /// A figure being written.
    pub(super) figure: Option<Delivering>,
    /// Images a second when it last trained, all runs together.
    usual: Option<f64>,
    /// The folder holds a figure.
    pub(super) exported: bool,
    /// Answers are not beside the runs yet.
    unfiled: bool,
    filing: Option<JoinHandle<Result<()>>>,
    trainer: Option<Trainer>,
}

impl Session {
    /// Whether a step was made.
    pub fn has_trained(&self) -> bool {
        self.history.trained().iter().any(|series| series.step() > 0)
    }

    /// Prepares the experiment; it waits, paused, at step 0.
    pub fn start(experiment: Experiment, engine: &str, ctx: &egui::Context, repaint_every: Duration) -> Self {
        let folder = run_folder(&experiment.name);
        Self::open(experiment, folder, History::default(), engine, ctx, repaint_every)
    }

    /// Goes on with what a run folder holds, paused where it was left; `None` where nothing in it was trained.
    pub fn resume(folder: &Path, engine: &str, ctx: &egui::Context, repaint_every: Duration) -> Option<Self> {
        let mut found = RunFolder::open(folder)
            .inspect_err(|error| log::warn!("the last run is not resumed: {error}"))
            .ok()?;
        if found.history.runs.iter().all(|series| series.step() == 0) {
            return None;
        }
        for plan in &mut found.experiment.runs {
            // As the user wrote it; the trainer has added what the data says.
            if let Ok(spec) = plan.net.parse::<Spec>() {
                plan.net = spec.text_without_data();
            }
        }
        let folder = Some(folder.to_path_buf());
        Some(Self::open(
            found.experiment,
            folder,
            found.history,
            engine,
            ctx,
            repaint_every,
        ))
    }

    /// Takes up again what a run folder holds of an experiment; `None` where nothing of it was trained.
    pub fn revisit(
        experiment: Experiment,
        folder: &Path,
        engine: &str,
        ctx: &egui::Context,
        repaint_every: Duration,
    ) -> Option<Self> {
        let mut history = RunFolder::open(folder).ok()?.history;
        history
            .runs
            .retain(|series| experiment.runs.iter().any(|plan| plan.name == series.track.name));
        let folder = Some(folder.to_path_buf());
        let trained = history.runs.iter().any(|series| series.step() > 0);
        trained.then(|| Self::open(experiment, folder, history, engine, ctx, repaint_every))
    }

    /// With a history that is not empty, what the folder holds is resumed.
    pub(super) fn open(
        mut experiment: Experiment,
        folder: Option<PathBuf>,
        mut history: History,
        engine: &str,
        ctx: &egui::Context,
        repaint_every: Duration,
    ) -> Self {
        let ctx = ctx.clone();
        let resume = !history.runs.is_empty();
        history.phase = Phase::Preparing;
        let known = folder.as_ref().filter(|_| resume);
        let answers = known.map(|folder| Answers::read(&Layout::new(folder).findings(), &history.runs));
        let left = if resume { None } else { experiment.leave_branches() };
        let (findings, notice) = match answers {
            Some(Err(error)) => (Findings::default(), Some(error.to_string())),
            answers => (answers.transpose().ok().flatten().unwrap_or_default(), left),
        };
        let options = |engine| TrainerOptions {
            engine,
            out: folder.clone(),
            resume,
            start: false,
            wake: Some(Arc::new(move || ctx.request_repaint_after(repaint_every))),
        };
        let trainer = engine
            .parse()
            .and_then(|choice| Trainer::spawn(experiment.clone(), options(choice)));
        let (trainer, failure) = match trainer {
            Ok(trainer) => (Some(trainer), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            experiment,
            history,
            findings,
            engine: engine.to_owned(),
            shown: None,
            failure,
            notice,
            said: None,
            folder,
            pace: Pace::default(),
            figure: None,
            usual: None,
            exported: false,
            unfiled: false,
            filing: None,
            trainer,
        }
    }

    /// Takes in what the trainer has said since the last call.
    pub fn drain(&mut self, ctx: &egui::Context) {
        let over = matches!(self.history.phase, Phase::Paused | Phase::Done) || self.failure.is_some();
        if self.figure.is_some() || !over || !self.findings.working.is_empty() {
            ctx.request_repaint_after(LOOK_EVERY);
        }
        if let Some(outcome) = self.figure.as_ref().and_then(Delivering::outcome) {
            self.figure = None;
            self.notice = Some(match outcome {
                Outcome::Said(sentence) => sentence,
                Outcome::Image(image) => {
                    ctx.copy_image(image);
                    t!("Copied: the figure as an image.").into()
                }
            });
        }
        let Some(trainer) = &self.trainer else {
            return;
        };
        let mut steps = 0;
        for event in trainer.events() {
            self.history.apply(&event);
            match event {
                Event::Stepped { .. } => steps += 1,
                Event::Notice(sentence) => self.notice = Some(sentence),
                Event::Failed(sentence) => self.failure = Some(sentence),
                Event::Phase(Phase::Paused | Phase::Done) => {
                    steps = 0;
                    self.pace.clear();
                }
                Event::Reset => {
                    steps = 0;
                    self.pace.clear();
                    self.findings = Findings {
                        resets: self.findings.resets + 1,
                        ..Findings::default()
                    };
                    self.unfiled = true;
                }
                Event::Branched(branch) => take_up(&mut self.experiment, branch),
                // A resumed run was read from its folder, which does not say what computes it now.
                Event::Started { track, engine, .. } => {
                    if let Some(series) = self.history.runs.get_mut(track.id) {
                        series.engine = engine;
                    }
                }
                _ => {}
            }
        }
        let reached = |run: usize| self.history.runs.get(run).map_or(0, Series::step);
        // An answer that comes after a reset is about nets that are gone.
        let known = |finding: &Finding| finding.moment().is_none_or(|(run, step)| step <= reached(run));
        for finding in trainer.findings().filter(known).collect::<Vec<_>>() {
            if let Finding::Refused(_, sentence) | Finding::NoMaps(sentence) | Finding::Unsaved(Some(sentence)) =
                &finding
            {
                self.notice = Some(sentence.clone());
            }
            self.unfiled |= matches!(finding, Finding::Lesion { .. } | Finding::Over(_));
            self.findings.apply(finding);
        }
        if let Some(summary) = trainer.summary() {
            self.findings.summary = Some(summary);
        }
        self.pace.note(Instant::now(), steps);
        let pace = self.pace.steps_per_second();
        self.usual = pace.map(|pace| pace * self.experiment.batch as f64).or(self.usual);
        if let Some(maps) = trainer.maps() {
            self.shown = Some(Shown::new(ctx, maps));
        }
        if let Some(Err(error)) = self
            .filing
            .take_if(|filing| filing.is_finished())
            .and_then(|filing| filing.join().ok())
        {
            self.notice = Some(error.to_string());
        }
        if self.unfiled {
            self.filing = self.file_answers();
        }
        self.retire_notice(ctx);
    }

    /// What was said long enough makes room.
    fn retire_notice(&mut self, ctx: &egui::Context) {
        match (&self.notice, &self.said) {
            (None, _) => self.said = None,
            (Some(notice), Some((said, since))) if notice == said => match READ.checked_sub(since.elapsed()) {
                Some(left) => ctx.request_repaint_after(left),
                None => self.notice = None,
            },
            (Some(notice), _) => {
                self.said = Some((notice.clone(), Instant::now()));
                ctx.request_repaint_after(READ);
            }
        }
    }

    /// Puts what was found out beside the runs, on a thread of its own: the window does not wait.
    fn file_answers(&mut self) -> Option<JoinHandle<Result<()>>> {
        self.unfiled = false;
        let path = Layout::new(self.folder.as_ref()?).findings();
        let answers = Answers::of(&self.findings, self.history.trained());
        let before = self.filing.take();
        let file = move || {
            // What an earlier attempt met does not matter: this one writes all of it.
            let _ = before.map(JoinHandle::join);
            answers.write(&path)
        };
        thread::Builder::new().name("filing".into()).spawn(file).ok()
    }

    /// How fast it goes and when it will be over.
    pub fn speed(&self) -> Speed {
        let steps = self.experiment.steps;
        let left: usize = self
            .history
            .trained()
            .iter()
            .filter(|series| !series.finished && series.diverged.is_none())
            .map(|series| steps.saturating_sub(series.step()))
            .sum();
        let pace = self.pace.steps_per_second();
        Speed {
            images_per_second: pace.map(|pace| pace * self.experiment.batch as f64),
            seconds_left: pace.filter(|&pace| pace > 0.0).map(|pace| left as f64 / pace),
            usual_images_per_second: self.usual,
        }
    }

    /// What there is to say beside the measurements.
    pub fn news(&self) -> News<'_> {
        News {
            notice: self.notice.as_deref(),
            figure: self.figure.as_ref().and_then(Delivering::doing),
        }
    }

    /// Breaks off the figure being delivered.
    pub fn stop_figure(&self) {
        if let Some(delivering) = &self.figure {
            delivering.stop();
        }
    }

    /// Tells the trainer something; never waits.
    pub fn send(&self, command: Command) {
        if let Some(trainer) = &self.trainer {
            trainer.send(command);
        }
    }

    /// Adds a run to the training and to the experiment as shown.
    pub fn add(&mut self, plan: RunPlan) {
        self.experiment.runs.push(plan.clone());
        self.send(Command::Add(plan));
    }
}

impl Session {
    /// Ends the training as Stop does, saving what was reached, on a thread of its own: the window does not wait. A
    /// folder in which nothing was trained and no figure written is not kept.
    pub fn close(&mut self) -> Option<JoinHandle<()>> {
        let trainer = self.trainer.take()?;
        let trained = self.history.trained().iter().any(|series| series.step() > 0);
        let kept = trained || self.exported;
        let over = self.history.phase == Phase::Done || self.failure.is_some();
        if self.unfiled {
            self.filing = self.file_answers();
        }
        let filing = self.filing.take();
        let folder = self.folder.take().filter(|_| !kept);
        let close = move || {
            if trained && !over {
                trainer.send(Command::Stop);
                while let Some(event) = trainer.wait() {
                    if matches!(event, Event::Phase(Phase::Done) | Event::Failed(_)) {
                        break;
                    }
                }
            }
            drop(trainer);
            if let Some(Err(error)) = filing.and_then(|filing| filing.join().ok()) {
                log::warn!("{error}");
            }
            if let Some(folder) = folder
                && let Err(error) = fs::remove_dir_all(&folder)
            {
                log::debug!("{} stays: {error}", folder.display());
            }
        };
        thread::Builder::new().name("closing".into()).spawn(close).ok()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.close();
    }
}

/// The trainer has added a run that continues another.
fn take_up(experiment: &mut Experiment, branch: Branch) {
    if let Some(parent) = experiment.runs.iter().find(|plan| plan.name == branch.of) {
        let plan = RunPlan::new(branch.name.clone(), parent.net.clone());
        experiment.runs.push(plan);
        experiment.branches.push(branch);
    }
}

/// Where the user's runs are: those of the window, and those trained in the terminal from this folder.
pub fn run_roots() -> Vec<PathBuf> {
    let window = eframe::storage_dir("depthscope").map(|folder| folder.join("runs"));
    let terminal = std::path::absolute("runs")
        .ok()
        .filter(|folder| Some(folder) != window.as_ref());
    window.into_iter().chain(terminal).collect()
}

/// A new folder among the user's runs.
fn run_folder(name: &str) -> Option<PathBuf> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    let runs = eframe::storage_dir("depthscope")?.join("runs");
    // Two may begin within a second.
    (now.as_secs()..)
        .map(|second| runs.join(format!("{name}-{second}")))
        .find(|folder| !folder.exists())
}

#[cfg(test)]
pub(super) mod tests;
