//! The keys of an open lesson: steps, answers, and what Space does.

use eframe::egui::{FocusDirection, Id, Key, Modifiers, Ui};

use super::answer::Draft;
use super::reader::{Left, Reader, answer_field, note_field};
use crate::run::{Command, Phase};
use crate::ui::keys::{DIGITS, pressed};
use crate::ui::{Action, Scene};

const ARROW_KEYS: [Key; 4] = [Key::ArrowUp, Key::ArrowDown, Key::ArrowLeft, Key::ArrowRight];

impl Reader {
    /// The keys of a lesson: they go before those of the lab.
    pub fn keys(&mut self, ui: &Ui, scene: Scene<'_>, lecture: bool, actions: &mut Vec<Action>) {
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        self.page_keys(ui);
        self.answer_keys(ui);
        let focused = ui.memory(|memory| memory.focused());
        let free = focused.is_none_or(|id| self.is_held(id));
        let asks = !self.open_predictions().is_empty() || self.asks_first().is_some();
        let idle = self.trainings.under_way().is_none() && !asks && self.missing().is_empty();
        let space = free && (lecture || !idle) && pressed(Modifiers::NONE, Key::Space);
        if space || pressed(Modifiers::COMMAND, Key::Enter) {
            self.go_on(scene, lecture, actions);
        }
    }

    /// Digits choose an option, are typed, or take hold of a row; the arrow keys draw. They are for the first answer that
    /// lacks something, or else the last.
    fn answer_keys(&mut self, ui: &Ui) {
        let here = self.kept.step;
        let free = ui.memory(|memory| memory.focused().is_none());
        let open = self.open_predictions();
        let lacking = open
            .iter()
            .find(|&&index| self.drafts[&(here, index)].guess().is_none());
        let Some(&index) = lacking.or(open.last()) else { return };
        let options = self.lesson.steps[here].predictions[index].options();
        let field = answer_field(here, index);
        let hold = |id| {
            ui.memory_mut(|memory| {
                memory.request_focus(id);
                // The key was meant for it, not for the way to the next.
                memory.move_focus(FocusDirection::None);
            });
        };
        match self.drafts.get_mut(&(here, index)) {
            Some(Draft::Choice(chosen)) => *chosen = digit(ui, options).or(*chosen),
            Some(Draft::Order(keys)) => {
                if let Some(place) = digit(ui, options) {
                    hold(field.with(&keys[place]));
                }
            }
            // What is pressed is typed or drawn there.
            Some(Draft::Number(_)) if DIGITS.iter().chain(&[Key::Num0]).any(|key| taken(ui, *key)) => hold(field),
            Some(Draft::Curve(_)) if free && ARROW_KEYS.iter().any(|key| pressed(ui, Modifiers::NONE, *key)) => {
                hold(field);
            }
            _ => {}
        }
    }

    /// Whether that is an answer that takes the arrow keys, and no other.
    fn is_held(&self, id: Id) -> bool {
        let here = self.kept.step;
        self.open_predictions().into_iter().any(|index| {
            let field = answer_field(here, index);
            match &self.drafts[&(here, index)] {
                Draft::Curve(_) => field == id,
                Draft::Order(keys) => keys.iter().any(|key| field.with(key) == id),
                Draft::Choice(_) | Draft::Number(_) => false,
            }
        })
    }

    /// The keys of a lesson while a field of it has the others.
    pub fn field_keys(&mut self, ui: &Ui, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let here = self.kept.step;
        let step = &self.lesson.steps[here];
        let numbers = (0..step.predictions.len()).map(|index| answer_field(here, index));
        let mut fields = numbers.chain((0..step.notes.len()).map(|index| note_field(here, index)));
        let focused = ui.memory(|memory| memory.focused());
        if !fields.any(|field| focused == Some(field)) {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        self.page_keys(ui);
        if pressed(Modifiers::COMMAND, Key::Enter) {
            self.go_on(scene, false, actions);
        }
    }

    /// What Space does: predict and run, pause, go on, go to the step that asks for a prediction first; in a lecture, where nothing else is to do, the next step.
    fn go_on(&mut self, scene: Scene<'_>, lecture: bool, actions: &mut Vec<Action>) {
        if self.trainings.under_way().is_some() {
            match scene.history.phase {
                Phase::Running => actions.push(Action::Send(Command::Pause)),
                Phase::Paused => actions.push(Action::Send(Command::Run)),
                Phase::Preparing | Phase::Finishing | Phase::Done => {}
            }
        } else if let (true, Some(step)) = (self.open_predictions().is_empty(), self.asks_first()) {
            self.go_to(step);
        } else if !self.open_predictions().is_empty() || !self.missing().is_empty() {
            self.predict_and_run();
        } else if lecture && !self.page.turn(true) {
            self.turn(true);
        }
    }

    /// At the last step, the lesson that comes next.
    pub fn next_by_key(&self, ui: &Ui) -> Option<Left> {
        let last = self.kept.step + 1 == self.lesson.steps.len();
        let (origin, _) = self.after.as_ref().filter(|_| last)?;
        let key = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::PageDown));
        key.then(|| Left::For(origin.clone()))
    }

    /// A page on or back: within a text that is longer than its column, and from step to step.
    fn page_keys(&mut self, ui: &Ui) {
        for (key, forward) in [(Key::PageDown, true), (Key::PageUp, false)] {
            if taken(ui, key) && !self.page.turn(forward) {
                self.turn(forward);
                // What was in front of the eyes has gone.
                ui.memory_mut(|memory| memory.focused().map(|id| memory.surrender_focus(id)));
            }
        }
    }
}

/// The place, from 0, that a digit was pressed for, where there are so many.
fn digit(ui: &Ui, places: usize) -> Option<usize> {
    let place = DIGITS.iter().position(|key| taken(ui, *key));
    place.filter(|&place| place < places)
}

fn taken(ui: &Ui, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, key))
}
