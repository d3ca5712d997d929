//! The lesson that is open: its steps beside the lab's panels.

use std::collections::BTreeMap;

use eframe::egui::Id;

use super::answer::Draft;
use super::page::Page;
use super::progress::{Kept, Origin};
use super::report_form::ReportForm;
use super::trainings::Trainings;
use crate::error::Result;
use crate::lesson::markdown::{Block, blocks};
use crate::lesson::{Guess, Lesson, Prediction, Show};
use crate::ui::cursor::Cursor;
use crate::ui::language::Language;
use crate::ui::panels::Panel;
use crate::ui::tiling::Tiling;
use crate::ui::{Action, Scene};

/// A lesson being done.
#[derive(Debug, Clone)]
pub struct Reader {
    pub origin: Origin,
    pub lesson: Lesson,
    pub kept: Kept,
    pub trainings: Trainings,
    /// The text of each step, and that behind its claims.
    pub(super) pages: Vec<[Vec<Block>; 2]>,
    /// Answers by step and place.
    pub(super) drafts: BTreeMap<(usize, usize), Draft>,
    pub(super) report: ReportForm,
    /// The lesson that comes after it, and its title.
    pub(super) after: Option<(Origin, String)>,
    pub(super) page: Page,
    /// A training was under way when it was last drawn.
    pub(super) busy: bool,
    /// In a narrow window the panels are in front of the text.
    pub aside: bool,
    language: Language,
    /// The step whose panels are shown.
    pub(super) arranged: Option<Option<usize>>,
}

/// Why an open lesson is left.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    ForTheList,
    /// For another lesson.
    For(Origin),
}

impl Reader {
    /// Opens a lesson where it was left.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(origin: Origin, kept: Kept) -> Result<Self> {
        let lesson = origin.read()?;
        let trainings = Trainings::new(&lesson, origin.record(), &kept);
        let mut reader = Self {
            pages: Vec::new(),
            drafts: BTreeMap::new(),
            report: ReportForm::of(&lesson.name),
            after: None,
            page: Page::default(),
            busy: false,
            aside: false,
            language: Language::spoken(),
            arranged: None,
            origin,
            lesson,
            kept,
            trainings,
        };
        reader.take_text();
        Ok(reader)
    }

    /// Takes in what depends on the lesson's text.
    fn take_text(&mut self) {
        self.after = self.origin.after();
        let steps = &self.lesson.steps;
        self.pages = steps
            .iter()
            .map(|step| [blocks(&step.text), blocks(&step.after)])
            .collect();
        self.kept.steps = steps.len();
        self.kept.asked = steps.iter().map(|step| step.predictions.len()).sum();
        self.kept.step = self.kept.step.min(steps.len() - 1);
        self.kept.reached = self.kept.reached.max(self.kept.step).min(steps.len() - 1);
        let predictions = steps.iter().enumerate().flat_map(|(place, step)| {
            step.predictions
                .iter()
                .enumerate()
                .map(move |(index, prediction)| ((place, index), prediction))
        });
        let mut begun = std::mem::take(&mut self.drafts);
        let mut draft = |key: (usize, usize), prediction: &Prediction| {
            let known = begun.remove(&key);
            known.unwrap_or_else(|| Draft::of(prediction, self.kept.guesses.get(&key), &self.lesson))
        };
        self.drafts = predictions
            .map(|(key, prediction)| (key, draft(key, prediction)))
            .collect();
    }

    /// Goes on in the language spoken, where the lesson is there in it.
    fn translate(&mut self) {
        if self.language == Language::spoken() {
            return;
        }
        self.language = Language::spoken();
        if let Ok(lesson) = self.origin.read()
            && lesson.steps.len() == self.lesson.steps.len()
        {
            self.lesson = lesson;
            self.take_text();
        }
    }

    /// What the lesson calls an experiment of that name, in the language that it is read in.
    pub fn title_of(&self, name: &str) -> Option<&str> {
        let mut experiments = self.lesson.experiments.iter();
        experiments
            .find(|experiment| experiment.name == name)
            .map(|experiment| experiment.title.as_str())
    }

    /// Called each frame before anything is drawn: the right experiment and the right panels are there.
    pub fn follow(&mut self, scene: Scene<'_>, tiling: &mut Tiling, cursor: &mut Cursor, actions: &mut Vec<Action>) {
        self.translate();
        self.recall();
        let place = self.show_place();
        let shown = place.map_or(0, |step| self.lesson.shown(step).0);
        self.trainings.follow(&self.lesson, shown, scene, actions);
        self.kept.folders = self.trainings.folders(&self.lesson);
        if self.kept.begun != self.trainings.begun {
            self.kept.begun.clone_from(&self.trainings.begun);
        }
        self.kept.own = self.trainings.own(&self.lesson, scene).or(self.kept.own.take());
        if self.arranged != Some(place) {
            self.arranged = Some(place);
            if let Some(show) = self.show() {
                let panels: Vec<Panel> = show.panels.iter().filter_map(|name| Panel::named(name)).collect();
                tiling.show(&panels);
                cursor.step = show.step;
            }
        }
    }

    /// The step whose `show` holds now, unless its panels would give away what is still to be predicted.
    fn show_place(&self) -> Option<usize> {
        self.show_meant().filter(|&place| self.given_away(place).is_empty())
    }

    /// The last `show` until here; where it names no panel and everything here is predicted, the next that does.
    fn show_meant(&self) -> Option<usize> {
        let show = |place: &usize| self.lesson.steps[*place].show.as_ref();
        let shows = |place: &usize| show(place).is_some_and(|show| !show.panels.is_empty());
        let here = self.kept.step;
        let next = || (here..self.lesson.steps.len()).find(shows);
        let predicts = !self.lesson.steps[here].predictions.is_empty();
        let locked = predicts && self.unpredicted(&self.missing()).is_empty() && self.open_predictions().is_empty();
        let last = (0..=here).rev().find(|place| show(place).is_some());
        last.filter(shows).or_else(|| locked.then(next)?)
    }

    /// The open predictions about the experiment shown there: a panel that can be asked would answer them.
    fn given_away(&self, place: usize) -> Vec<(usize, usize)> {
        match self.lesson.shown(place) {
            (experiment, Some(show)) if show.controls => self.unpredicted(&[experiment]),
            _ => Vec::new(),
        }
    }

    /// What the lab shows beside the step; nothing where the text has the window for itself.
    pub fn show(&self) -> Option<&Show> {
        self.lesson.steps[self.show_place()?].show.as_ref()
    }

    /// Places of the predictions of this step that are not locked.
    pub fn open_predictions(&self) -> Vec<usize> {
        let here = self.kept.step;
        let open = |index: &usize| !self.kept.guesses.contains_key(&(here, *index));
        (0..self.lesson.steps[here].predictions.len()).filter(open).collect()
    }

    /// Whether a prediction of the lesson is still open, so that nothing may be trained but by the lesson itself.
    pub fn holds(&self) -> bool {
        self.kept.guesses.len() < self.kept.asked || self.trainings.under_way().is_some()
    }

    /// The experiments that this step's claims and predictions wait for.
    pub fn missing(&self) -> Vec<usize> {
        let expressions = self.lesson.steps[self.kept.step].expressions();
        self.trainings.missing(&self.lesson.measured_in(&expressions))
    }

    /// Whether the training that comes next was begun and not finished.
    pub fn has_begun(&self) -> bool {
        let next = self
            .missing()
            .first()
            .map(|&place| &self.lesson.experiments[place].name);
        next.is_some_and(|name| self.trainings.begun.contains_key(name))
    }

    /// An experiment that this step is measured on, where something about its nets was broken off and can be asked again.
    pub fn broken_off(&self, scene: Scene<'_>) -> Option<usize> {
        let mut expressions = self.lesson.steps[self.kept.step].expressions();
        expressions.retain(|value| self.trainings.evidence.spread(value).is_none());
        let places = self.lesson.measured_in(&expressions);
        places
            .into_iter()
            .find(|&place| self.trainings.can_ask(&self.lesson, place, scene))
    }

    /// Those that a recording stands in for.
    pub fn recalled(&self) -> Vec<usize> {
        let expressions = self.lesson.steps[self.kept.step].expressions();
        let needed = self.lesson.measured_in(&expressions);
        needed
            .into_iter()
            .filter(|place| self.trainings.is_recalled(*place))
            .collect()
    }

    /// Shows what the lesson has recorded, where nothing is asked before.
    fn recall(&mut self) {
        let missing = self.missing();
        let long = |place: &usize| self.lesson.recorded.contains(&self.lesson.experiments[*place].name);
        let asked = !self.open_predictions().is_empty() || self.asks_first().is_some();
        if !asked && missing.iter().all(long) && self.trainings.is_recorded(&self.lesson, &missing) {
            self.trainings.recall(&self.lesson, &missing);
        }
    }

    /// What an answer of this step still lacks.
    pub fn lacks(&self) -> Option<String> {
        let here = self.kept.step;
        let drafts = self
            .open_predictions()
            .into_iter()
            .map(|index| &self.drafts[&(here, index)]);
        drafts
            .into_iter()
            .find(|draft| draft.guess().is_none())
            .map(Draft::hint)
    }

    /// Locks the answers of this step; nothing happens while one is not complete.
    pub fn lock(&mut self) {
        if self.lacks().is_some() {
            return;
        }
        let here = self.kept.step;
        for index in self.open_predictions() {
            if let Some(guess) = self.drafts[&(here, index)].guess() {
                self.kept.guesses.insert((here, index), guess);
            }
        }
    }

    /// The first other step that asks for a prediction of what this step has trained or shows, and has none yet.
    pub fn asks_first(&self) -> Option<usize> {
        let hidden = self.show_meant().map(|place| self.given_away(place));
        let unpredicted = self.unpredicted(&self.missing());
        let others = unpredicted.into_iter().chain(hidden.into_iter().flatten());
        others
            .map(|(step, _)| step)
            .filter(|&step| step != self.kept.step)
            .min()
    }

    /// The open predictions, of any step, of what is measured in these experiments.
    fn unpredicted(&self, experiments: &[usize]) -> Vec<(usize, usize)> {
        let waits = |key: &(usize, usize), prediction: &Prediction| {
            let needed = self.lesson.measured_in(&prediction.expressions());
            !self.kept.guesses.contains_key(key) && needed.iter().any(|place| experiments.contains(place))
        };
        let steps = self.lesson.steps.iter().enumerate();
        let all = steps.flat_map(|(step, of)| {
            of.predictions
                .iter()
                .enumerate()
                .map(move |(at, one)| ((step, at), one))
        });
        all.filter(|(key, prediction)| waits(key, prediction))
            .map(|(key, _)| key)
            .collect()
    }

    /// Locks the answers, and trains what they are measured on unless another step asks for a prediction of it first.
    pub fn predict_and_run(&mut self) {
        if self.lacks().is_none() {
            self.lock();
            if self.asks_first().is_none() {
                self.run();
            }
        }
    }

    /// Trains what this step is measured on without the predictions that are missing; the report will say so.
    pub fn run_unpredicted(&mut self) {
        for key in self.unpredicted(&self.missing()) {
            self.kept.guesses.insert(key, Guess::Skipped);
        }
        self.run();
    }

    fn run(&mut self) {
        let missing = self.missing();
        self.trainings.train(missing);
    }

    /// Goes to that step.
    pub fn go_to(&mut self, step: usize) {
        if step != self.kept.step {
            self.page = Page::default();
            self.aside = false;
        }
        self.kept.step = step;
        self.kept.reached = self.kept.reached.max(step);
    }

    /// Goes to another step.
    pub fn turn(&mut self, forward: bool) {
        let last = self.lesson.steps.len() - 1;
        let step = if forward {
            (self.kept.step + 1).min(last)
        } else {
            self.kept.step.saturating_sub(1)
        };
        self.go_to(step);
    }
}

/// Where the answer to a prediction is given by key.
pub fn answer_field(step: usize, index: usize) -> Id {
    Id::unique(("lesson answer", step, index))
}

/// The field of a note.
pub fn note_field(step: usize, index: usize) -> Id {
    Id::unique(("lesson note", step, index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::lessons;

    #[test]
    fn every_lesson_opens_and_shows_panels_that_are_there() {
        for lesson in lessons("en").unwrap() {
            let reader = Reader::open(Origin::Shipped(lesson.name), Kept::default()).unwrap();
            let shown = reader.show().is_some_and(|show| show.controls);
            assert!(reader.holds() && !shown, "{}", reader.lesson.name);
        }
    }

    #[test]
    fn what_was_kept_of_a_longer_lesson_does_no_harm() {
        let kept = Kept {
            step: 99,
            reached: 99,
            steps: 100,
            ..Kept::default()
        };
        let reader = Reader::open(Origin::Shipped("deeper".into()), kept).unwrap();
        assert_eq!((reader.kept.step, reader.kept.steps), (4, 5));
    }
}
