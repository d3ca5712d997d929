//! A lesson's trainings: which is in front, which are still to come, and what those came to that are over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rust_i18n::t;

use super::files::note;
use super::progress::Kept;
use crate::lesson::{Evidence, Exhibit, Lesson, Record, is_begun, questions, recall, same_recipe};
use crate::run::amounts::duration;
use crate::run::{Command, Experiment, Findings, Phase, Question, RunSummary, Series};
use crate::ui::{Action, Scene, Speed};

/// The trainings.
#[derive(Debug, Clone, Default)]
pub struct Trainings {
    pub evidence: Evidence,
    /// What may stand in for them.
    pub record: Option<Record>,
    /// What it says.
    pub recording: Evidence,
    /// Places of the experiments that the recording was asked for.
    recalled: BTreeSet<usize>,
    /// Places of the experiments that were trained here, with their run folders.
    measured: BTreeMap<usize, Option<PathBuf>>,
    /// The run folders of the experiments whose training was begun, by name.
    pub begun: BTreeMap<String, PathBuf>,
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
    /// They are to be put again, though answers of before still stand.
    again: bool,
    /// How many answers there must be before those hold.
    until: usize,
}

/// How a training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    Preparing,
    /// Share done, 0..=1.
    Training(f32),
    /// Someone stopped it on the way.
    Stopped(f32),
    /// Over; questions about its weights are being answered: share of all of them, and the time that the one under way needs.
    Examining(f32, Option<Duration>),
}

impl Standing {
    /// Share done, 0..=1.
    pub fn share(self) -> f32 {
        match self {
            Self::Preparing => 0.0,
            Self::Training(share) | Self::Stopped(share) | Self::Examining(share, _) => share,
        }
    }

    /// What is being done, or how long it will take.
    pub fn words(self, speed: Speed) -> String {
        match self {
            Self::Preparing => t!("preparing"),
            Self::Training(_) => match speed.seconds_left {
                Some(seconds) => t!("%{time} left", time = duration(seconds)),
                None => t!("training"),
            },
            Self::Stopped(_) => t!("paused"),
            Self::Examining(_, Some(left)) => t!(
                "looking into the nets: this one about %{time} more",
                time = duration(left.as_secs_f64())
            ),
            Self::Examining(_, None) => t!("looking into the nets"),
        }
        .into()
    }
}

impl Trainings {
    /// What was trained at an earlier start stands in the folders that were kept; a recording may stand in for the rest.
    pub fn new(lesson: &Lesson, record: Option<Record>, kept: &Kept) -> Self {
        let mut trainings = Self {
            recording: record.as_ref().map(Record::evidence).unwrap_or_default(),
            record,
            ..Self::default()
        };
        for experiment in &lesson.experiments {
            if let Some(folder) = kept.begun.get(&experiment.name)
                && is_begun(experiment, folder)
            {
                trainings.begun.insert(experiment.name.clone(), folder.clone());
            }
        }
        for (place, experiment) in lesson.experiments.iter().enumerate() {
            let Some(folder) = kept.folders.get(&experiment.name) else {
                continue;
            };
            match recall(experiment, folder, &mut trainings.evidence) {
                Ok(()) => drop(trainings.measured.insert(place, Some(folder.clone()))),
                Err(why) => log::info!("{} is to be trained again: {why}", experiment.name),
            }
        }
        trainings
    }

    /// The run folders of what was trained to the end.
    pub fn folders(&self, lesson: &Lesson) -> BTreeMap<String, PathBuf> {
        let kept = |(&place, folder): (&usize, &Option<PathBuf>)| {
            Some((lesson.experiments.get(place)?.name.clone(), folder.clone()?))
        };
        self.measured.iter().filter_map(kept).collect()
    }

    /// The run folder of what is trained beside the lesson's experiments: other nets, or another recipe.
    pub fn own(&self, lesson: &Lesson, scene: Scene<'_>) -> Option<PathBuf> {
        let taught = |known: &Experiment| known.runs == scene.experiment.runs && same_recipe(known, scene.experiment);
        let trained = scene.history.trained().iter().any(|series| series.step() > 0);
        let own = self.arrived && trained && !lesson.experiments.iter().any(taught);
        scene.shelf.live.clone().filter(|_| own)
    }

    /// The experiments whose results are not there yet.
    pub fn missing(&self, needed: &[usize]) -> Vec<usize> {
        let there = |place: &usize| self.measured.contains_key(place) || self.recalled.contains(place);
        needed.iter().copied().filter(|place| !there(place)).collect()
    }

    /// Trains these, one after the other.
    pub fn train(&mut self, places: Vec<usize>) {
        self.launched = false;
        self.queue = places;
        self.queue.retain(|place| !self.measured.contains_key(place));
    }

    /// Whether the weights of that experiment are there to be asked about.
    pub fn can_ask(&self, lesson: &Lesson, place: usize, scene: Scene<'_>) -> bool {
        let experiment = &lesson.experiments[place];
        scene.history.phase == Phase::Done
            && is_the(experiment, scene.experiment)
            && self.is_whole(place, experiment, scene)
    }

    /// Asks about the weights of an experiment again, after it was broken off.
    pub fn ask_again(&mut self, place: usize) {
        self.measured.remove(&place);
        self.inquired.clear();
        (self.queue, self.launched, self.again) = (vec![place], true, true);
    }

    /// Whether all of these experiments are recorded.
    pub fn is_recorded(&self, lesson: &Lesson, places: &[usize]) -> bool {
        let Some(record) = &self.record else { return false };
        let mut plans = places.iter().flat_map(|&place| &lesson.experiments[place].runs);
        !places.is_empty() && plans.all(|plan| record.runs.iter().any(|run| run.run == plan.name))
    }

    /// Takes the recording in place of these trainings.
    pub fn recall(&mut self, lesson: &Lesson, places: &[usize]) {
        let plans: Vec<&str> = places
            .iter()
            .flat_map(|&place| &lesson.experiments[place].runs)
            .map(|plan| plan.name.as_str())
            .collect();
        let recorded = self.record.iter().flat_map(|record| &record.runs);
        for run in recorded.filter(|run| plans.contains(&run.run.as_str())) {
            self.evidence.insert_recorded(run.clone());
        }
        self.recalled.extend(places);
    }

    /// Whether the recording stands in for that experiment, which was not trained here.
    pub fn is_recalled(&self, place: usize) -> bool {
        self.recalled.contains(&place) && !self.measured.contains_key(&place)
    }

    /// The recording, where it was asked for.
    pub fn recalled(&self) -> Option<Record> {
        self.record.clone().filter(|_| !self.recalled.is_empty())
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
            Phase::Done => self.examining(scene),
        }
    }

    fn examining(&self, scene: Scene<'_>) -> Standing {
        let known = self
            .inquired
            .iter()
            .filter(|question| answered(question, scene.findings));
        let under_way = scene.findings.working.iter().find(|work| work.left.is_some());
        let done = known.count() as f32 + under_way.map_or(0.0, |work| work.share);
        Standing::Examining(
            done / self.inquired.len().max(1) as f32,
            under_way.and_then(|work| work.left),
        )
    }

    /// Called each frame: has the right experiment in front, trains what is to be trained, and takes in what is over.
    pub fn follow(&mut self, lesson: &Lesson, shown: usize, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let wanted = self.queue.first().copied().unwrap_or(shown);
        let Some(experiment) = lesson.experiments.get(wanted) else {
            return;
        };
        if self.asked != Some(wanted) {
            self.asked = Some(wanted);
            (self.launched, self.arrived, self.until) = (false, false, 0);
            self.inquired.clear();
            let measured = self.measured.get(&wanted).cloned().flatten();
            let folder = measured.or_else(|| self.begun.get(&experiment.name).cloned());
            actions.push(Action::Teach(Box::new(experiment.clone()), folder));
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
        if scene.history.phase != Phase::Done {
            self.until = 0;
        }
        match scene.history.phase {
            Phase::Paused if queued && !self.launched => {
                self.launched = true;
                let folder = scene.shelf.live.iter().cloned();
                self.begun
                    .extend(folder.map(|folder| (experiment.name.clone(), folder)));
                actions.push(Action::Send(Command::Run));
            }
            Phase::Done if !self.measured.contains_key(&wanted) => self.collect(lesson, wanted, scene, actions),
            // Where an earlier start has measured it, what was answered is known, but not the pictures.
            Phase::Paused | Phase::Done if self.is_whole(wanted, experiment, scene) => {
                self.inquire(lesson, experiment, scene, actions);
            }
            _ => {}
        }
        if queued && self.measured.contains_key(&wanted) {
            self.queue.remove(0);
            self.launched = false;
            self.follow(lesson, shown, scene, actions);
        }
    }

    /// Whether the experiment in front was measured, and stands at its end.
    fn is_whole(&self, place: usize, experiment: &Experiment, scene: Scene<'_>) -> bool {
        let mut runs = own(experiment, scene);
        self.measured.contains_key(&place) && runs.all(|run| run.step() >= experiment.steps)
    }

    /// Puts the questions about the experiment's weights that have no answer yet; says whether there are any.
    fn inquire(
        &mut self,
        lesson: &Lesson,
        experiment: &Experiment,
        scene: Scene<'_>,
        actions: &mut Vec<Action>,
    ) -> bool {
        let asked = own(experiment, scene).flat_map(|series| {
            let track = &series.track;
            questions(lesson, &track.name, track.id)
        });
        let again = std::mem::take(&mut self.again);
        let mut waits = false;
        for question in asked {
            let anew = again && question.is_long();
            if !anew && answered(&question, scene.findings) {
                continue;
            }
            waits = true;
            if !self.inquired.contains(&question) {
                self.inquired.push(question.clone());
                actions.push(Action::Send(Command::Ask(question)));
            }
        }
        if again {
            self.until = scene.findings.answers + self.inquired.iter().filter(|asked| asked.is_long()).count();
        }
        waits || scene.findings.answers < self.until
    }

    /// Takes in what an experiment came to, once every question about it is answered.
    fn collect(&mut self, lesson: &Lesson, place: usize, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let experiment = &lesson.experiments[place];
        let Some(summary) = &scene.findings.summary else { return };
        if self.inquire(lesson, experiment, scene, actions) {
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
        let folder = scene.shelf.live.clone();
        if let Some(folder) = &folder {
            note(lesson, experiment, &self.evidence, folder);
        }
        self.measured.insert(place, folder);
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
    trained.runs.starts_with(&experiment.runs) && same_recipe(trained, experiment)
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
