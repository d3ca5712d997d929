//! A lesson's trainings: which is in front, which are still to come, and what those came to that are over.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::lesson::{Evidence, Exhibit, Lesson, Record, questions};
use crate::run::{Command, Experiment, Findings, Phase, Question, RunSummary, Series};
use crate::ui::{Action, Scene};

/// The trainings.
#[derive(Debug, Clone, Default)]
pub struct Trainings {
    pub evidence: Evidence,
    /// What may stand in for them.
    pub record: Option<Record>,
    /// The recording was asked for.
    pub recalled: bool,
    /// Places of the experiments that were trained here.
    measured: BTreeSet<usize>,
    /// Those to train, the next first.
    queue: Vec<usize>,
    /// The first of the queue was told to run.
    launched: bool,
    /// The experiment that was last asked to the front.
    asked: Option<usize>,
    /// It has come to the front since.
    arrived: bool,
    /// Questions about the weights that were put.
    inquired: Vec<Question>,
}

/// How a training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    Preparing,
    /// Share done, 0..=1.
    Training(f32),
    /// Someone stopped it on the way.
    Stopped(f32),
    /// Over; questions about its weights are being answered: share of the one under way.
    Examining(f32),
}

impl Trainings {
    /// Nothing is trained yet; a recording may stand in for it.
    pub fn new(record: Option<Record>) -> Self {
        Self {
            record,
            ..Self::default()
        }
    }

    /// The experiments whose results are not there yet.
    pub fn missing(&self, needed: &[usize]) -> Vec<usize> {
        let there = |place: &usize| self.measured.contains(place) || self.recalled;
        needed.iter().copied().filter(|place| !there(place)).collect()
    }

    /// Trains these, one after the other.
    pub fn train(&mut self, places: Vec<usize>) {
        self.launched = false;
        self.queue = places;
        self.queue.retain(|place| !self.measured.contains(place));
    }

    /// Takes the recording in place of trainings.
    pub fn recall(&mut self) {
        for run in self.record.iter().flat_map(|record| &record.runs) {
            self.evidence.insert_recorded(run.clone());
        }
        self.recalled = self.record.is_some();
    }

    /// The experiment being trained, and how many follow.
    pub fn under_way(&self) -> Option<(usize, usize)> {
        let &first = self.queue.first()?;
        Some((first, self.queue.len() - 1))
    }

    /// How the one under way stands.
    pub fn standing(&self, experiment: &Experiment, scene: Scene<'_>) -> Standing {
        if !is_the(experiment, scene.experiment) {
            return Standing::Preparing;
        }
        let done: usize = own(experiment, scene).map(Series::step).sum();
        let all = experiment.steps * experiment.runs.len() * experiment.seeds.len();
        let share = done as f32 / all.max(1) as f32;
        match scene.history.phase {
            Phase::Preparing => Standing::Preparing,
            Phase::Running | Phase::Finishing => Standing::Training(share),
            Phase::Paused if self.launched && done > 0 => Standing::Stopped(share),
            Phase::Paused => Standing::Preparing,
            Phase::Done => Standing::Examining(scene.findings.working.first().map_or(0.0, |work| work.share)),
        }
    }

    /// Called each frame: has the right experiment in front, trains what is to be trained, and takes in what is over.
    pub fn follow(&mut self, lesson: &Lesson, shown: usize, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let wanted = self.queue.first().copied().unwrap_or(shown);
        let Some(experiment) = lesson.experiments.get(wanted) else {
            return;
        };
        if self.asked != Some(wanted) {
            self.asked = Some(wanted);
            (self.launched, self.arrived) = (false, false);
            self.inquired.clear();
            actions.push(Action::Teach(Box::new(experiment.clone())));
            return;
        }
        let here = is_the(experiment, scene.experiment);
        if here && scene.failure.is_none() {
            self.arrived = true;
        } else {
            if self.arrived || here {
                // The user trains something else, or nothing can be trained.
                self.queue.clear();
            }
            return;
        }
        let queued = !self.queue.is_empty();
        match scene.history.phase {
            Phase::Paused if queued && !self.launched => {
                self.launched = true;
                actions.push(Action::Send(Command::Run));
            }
            Phase::Done if !self.measured.contains(&wanted) => self.collect(lesson, wanted, scene, actions),
            _ => {}
        }
        if queued && self.measured.contains(&wanted) {
            self.queue.remove(0);
            self.launched = false;
            self.follow(lesson, shown, scene, actions);
        }
    }

    /// Takes in what an experiment came to, once every question about it is answered.
    fn collect(&mut self, lesson: &Lesson, place: usize, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let experiment = &lesson.experiments[place];
        let Some(summary) = &scene.findings.summary else { return };
        let asked = own(experiment, scene).flat_map(|series| {
            let track = &series.track;
            questions(lesson, &track.name, track.id)
        });
        let mut waits = false;
        for question in asked {
            if answered(&question, scene.findings) {
                continue;
            }
            waits = true;
            if !self.inquired.contains(&question) {
                self.inquired.push(question.clone());
                actions.push(Action::Send(Command::Ask(question)));
            }
        }
        if waits {
            return;
        }
        let findings = Arc::new(scene.findings.clone());
        for series in own(experiment, scene) {
            let track = &series.track;
            let of_this = |run: &&RunSummary| run.name == track.name && run.seed == track.seed;
            self.evidence.insert(Exhibit {
                series: series.clone(),
                summary: summary.runs.iter().find(of_this).cloned(),
                findings: Arc::clone(&findings),
            });
        }
        self.measured.insert(place);
    }
}

/// The experiment's runs as they are trained.
fn own<'a>(experiment: &'a Experiment, scene: Scene<'a>) -> impl Iterator<Item = &'a Series> {
    let planned = move |series: &&Series| {
        let track = &series.track;
        experiment.runs.iter().any(|plan| plan.name == track.name) && experiment.seeds.contains(&track.seed)
    };
    scene.history.runs.iter().filter(planned)
}

/// Whether what is trained is the lesson's experiment, runs added since left aside.
fn is_the(experiment: &Experiment, trained: &Experiment) -> bool {
    let recipe = |of: &Experiment| Experiment {
        title: String::new(),
        runs: Vec::new(),
        branches: Vec::new(),
        ..of.clone()
    };
    trained.runs.starts_with(&experiment.runs) && recipe(trained) == recipe(experiment)
}

/// Whether there will be no other answer.
fn answered(question: &Question, findings: &Findings) -> bool {
    let refused = || findings.refusal.is_some();
    match question {
        Question::Information { run, step, .. } => {
            let step = step.unwrap_or(usize::MAX);
            findings.information.contains_key(&(*run, step)) || refused()
        }
        Question::Lesion { run, surgery, .. } => {
            let same = |lesion: &crate::run::Lesion| lesion.run == *run && lesion.surgery == *surgery;
            findings.lesions.iter().any(same) || refused()
        }
        long => findings.over.contains(long),
    }
}
