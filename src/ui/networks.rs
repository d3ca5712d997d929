//! The nets of the experiment as cards, the recipe they share, and what to do with changes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use eframe::egui::{
    self, Align, CornerRadius, Event, Frame, Key, Layout, Margin, Modifiers, RichText, ScrollArea, Stroke, Ui,
};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::Action;
use super::draft::{Card, Change, Differences, Draft, Edited};
use super::form::Refusal;
use super::net_card::{Deck, Edit, beginning};
use super::pane::{Pane, View};
use super::recipe_form::RecipeForm;
use super::task::PaneKey;
use super::theme::{self, GRID, SMALL};
use super::undo::Undo;
use super::widgets::{primary_button_ui, quiet_button_ui, reveal_focus};
use crate::export::Kind;
use crate::net::Spec;
use crate::run::{Branch, RunPlan};

/// Least width of a column of cards, in points, where there are several.
const COLUMN: f32 = 320.0;
/// Height of the panel from which on what changes stays above what scrolls.
const HIGH: f32 = 330.0;
/// How long a card says that its text was copied.
const COPIED_SECS: f64 = 3.0;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Networks {
    recipe: RecipeForm,
    #[serde(skip)]
    draft: Option<Draft>,
    #[serde(skip)]
    undo: Undo<Edited>,
    /// Cards that show every field.
    #[serde(skip)]
    open: BTreeSet<usize>,
    #[serde(skip)]
    refused: Option<Refusal>,
    /// The card whose text was copied last, and when.
    #[serde(skip)]
    copied: Option<(usize, f64)>,
}

impl Pane for Networks {
    const TITLE: &'static str = "Networks";
    const HINT: &'static str = "The nets that are compared, and the recipe they share";
    const KEYS: &'static [PaneKey] = &[
        PaneKey::new(Modifiers::COMMAND, Key::Z, "undo the last change"),
        PaneKey::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z, "redo it"),
        PaneKey::new(Modifiers::COMMAND, Key::C, "copy the net's text"),
        PaneKey::new(Modifiers::NONE, Key::X, "add its residual or plain twin, or look at it"),
    ];

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        let mut draft = self
            .draft
            .take()
            .unwrap_or_else(|| Draft::new(scene.experiment, scene.engine));
        draft.follow(scene.experiment, scene.history);
        let before = draft.now.clone();
        let mut asked = None;
        let fixed = ui.available_height() > HIGH;
        if fixed {
            asked = self.changes_ui(ui, view, &draft);
        }
        let area = ScrollArea::vertical().auto_shrink(false).content_margin(Margin {
            right: 6,
            ..Margin::ZERO
        });
        area.show(ui, |ui| {
            if !fixed {
                asked = self.changes_ui(ui, view, &draft);
            }
            self.contents_ui(ui, view, &mut draft);
            reveal_focus(ui);
        });
        if before != draft.now {
            draft.check();
        }
        let typing = || {
            ui.memory(|memory| memory.focused())
                .filter(|_| ui.ctx().text_edit_focused())
        };
        let grip = ui.ctx().dragged_id().or_else(typing);
        self.undo.note(before, &draft.now, grip);
        self.go(asked, &mut draft);
        self.draft = Some(draft);
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Networks)
    }

    /// What nets are and cost is not measured.
    fn measured(&self, _view: &View<'_>) -> bool {
        false
    }

    fn keys(&mut self, ui: &Ui, view: &mut View<'_>) {
        let Some(mut draft) = self.draft.take() else { return };
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let asked = if pressed(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
            Some(Go::Redo)
        } else {
            pressed(Modifiers::COMMAND, Key::Z).then_some(Go::Undo)
        };
        self.go(asked, &mut draft);
        let cards = &draft.now.cards;
        let chosen = cards
            .iter()
            .position(|card| card.plan.name == view.cursor.run)
            .unwrap_or(0);
        // Most systems turn the keys into an event of their own.
        let copies = pressed(Modifiers::COMMAND, Key::C) || ui.input(|input| input.events.contains(&Event::Copy));
        if let (true, Some(card)) = (copies, cards.get(chosen)) {
            ui.ctx().copy_text(card.plan.net.clone());
            self.copied = Some((card.id, ui.input(|input| input.time)));
        }
        if pressed(Modifiers::NONE, Key::X) {
            let before = draft.now.clone();
            self.refused = None;
            match cards.get(chosen).and_then(|card| draft.twin_of(card)) {
                Some(twin) => twin.clone_into(&mut view.cursor.run),
                None => draft.derive(chosen, true),
            }
            self.undo.note(before, &draft.now, None);
        }
        self.draft = Some(draft);
    }

    fn restart(&mut self) {
        *self = Self {
            recipe: std::mem::take(&mut self.recipe),
            ..Self::default()
        };
    }
}

/// A way through the changes.
enum Go {
    Undo,
    Redo,
}

impl Networks {
    fn go(&mut self, asked: Option<Go>, draft: &mut Draft) {
        match asked {
            Some(Go::Undo) => self.undo.undo(&mut draft.now),
            Some(Go::Redo) => self.undo.redo(&mut draft.now),
            None => return,
        }
        self.refused = None;
        draft.check();
    }

    /// The card that says so for a moment.
    fn just_copied(&self, ui: &Ui) -> Option<usize> {
        let (card, at) = self.copied?;
        let left = at + COPIED_SECS - ui.input(|input| input.time);
        if left > 0.0 {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
        }
        (left > 0.0).then_some(card)
    }

    fn contents_ui(&mut self, ui: &mut Ui, view: &mut View<'_>, draft: &mut Draft) {
        let most = draft.now.cards.len() + 1;
        let columns = ((ui.available_width() / COLUMN) as usize).clamp(1, most);
        if columns == 1 {
            self.cards_ui(ui, view, draft, 0..1);
            ui.add_space(GRID);
            self.recipe.form_ui(ui, view, draft, &mut self.refused);
            return;
        }
        // The recipe has the last column.
        let width = (ui.available_width() + GRID) / columns as f32 - GRID;
        ui.horizontal_top(|ui| {
            for column in 0..columns {
                let place = egui::vec2(width, 0.0);
                ui.allocate_ui_with_layout(place, Layout::top_down(Align::Min), |ui| {
                    ui.set_width(width);
                    if column + 1 < columns {
                        self.cards_ui(ui, view, draft, column..columns - 1);
                    } else {
                        self.recipe.form_ui(ui, view, draft, &mut self.refused);
                    }
                });
            }
        });
    }

    /// The cards of a column, which is the first of `columns` that end before the recipe's.
    fn cards_ui(&mut self, ui: &mut Ui, view: &mut View<'_>, draft: &mut Draft, columns: Range<usize>) {
        // A net whose text cannot be read stands for the one that runs, so that the others keep their colours.
        let spec = |card: &Card| match &card.check {
            Ok(facts) => Some(facts.spec.clone()),
            Err(_) => draft.ran(card)?.net.parse().ok(),
        };
        let specs: Vec<Spec> = draft.now.cards.iter().filter_map(spec).collect();
        let among: Vec<&Spec> = specs.iter().collect();
        let mut edit = None;
        let deck = Deck {
            draft,
            among: &among,
            running: &view.scene.history.specs(),
            open: &self.open,
            refused: self.refused.as_ref(),
            copied: self.just_copied(ui),
        };
        let here = |index: usize| index % columns.end == columns.start;
        for (index, card) in draft.now.cards.iter().enumerate().filter(|(index, _)| here(*index)) {
            edit = deck.card_ui(ui, view, card).map(|edit| (index, edit)).or(edit);
        }
        let adds = here(draft.now.cards.len());
        if let Some((index, edit)) = edit {
            self.edit(ui, draft, index, edit);
        }
        let hint = t!("A plain net of depth 20 to change as you like");
        if adds && ui.button(t!("Add a net")).on_hover_text(hint).clicked() {
            let plan = beginning(&among);
            draft.add(&plan.name, plan.net);
        }
    }

    fn edit(&mut self, ui: &Ui, draft: &mut Draft, index: usize, edit: Edit) {
        let card = &mut draft.now.cards[index];
        let id = card.id;
        self.refused = None;
        match edit {
            Edit::Copy => draft.derive(index, false),
            Edit::Twin => draft.derive(index, true),
            Edit::Remove => drop(draft.now.cards.remove(index)),
            Edit::Rename(name) => card.plan.name = name,
            Edit::Text(net) => card.plan = RunPlan::new(card.plan.name.clone(), net),
            Edit::Spec(spec) => draft.change(index, &spec),
            Edit::Refuse(field, sentence) => {
                self.refused = Some(Refusal {
                    card: Some(id),
                    field: field.key(),
                    sentence,
                });
            }
            Edit::ShowAll => {
                if !self.open.remove(&id) {
                    self.open.insert(id);
                }
            }
            Edit::CopyText => {
                ui.ctx().copy_text(card.plan.net.clone());
                self.copied = Some((id, ui.input(|input| input.time)));
            }
        }
    }

    /// What differs from what runs, and the ways to run it.
    fn changes_ui(&self, ui: &mut Ui, view: &mut View<'_>, draft: &Draft) -> Option<Go> {
        let engine = view.scene.engine;
        let change = draft.compare(engine);
        if change == Change::None && !self.undo.can_redo() {
            return None;
        }
        let mut asked = None;
        let ink = theme::ink(ui);
        let frame = Frame::new()
            .stroke(Stroke::new(1.0, ink.weak))
            .corner_radius(CornerRadius::same(8))
            .inner_margin(Margin::symmetric(10, 8));
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            let obstacle = draft.obstacle();
            ui.label(match &obstacle {
                None => RichText::new(words(&draft.differences(engine))).size(SMALL),
                Some(sentence) => RichText::new(sentence).size(SMALL).color(ink.error),
            });
            let run_ui = |ui: &mut Ui| {
                let size = egui::vec2(0.0, 30.0);
                if let Change::Added(plans) = &change {
                    if primary_button_ui(ui, &t!("Add to this training"), size).clicked() {
                        view.actions.extend(plans.iter().cloned().map(Action::Add));
                    }
                    if ui.button(t!("Restart with these")).clicked() {
                        view.actions.push(restart(draft));
                    }
                } else if primary_button_ui(ui, &t!("Restart with these"), size).clicked() {
                    view.actions.push(restart(draft));
                }
            };
            if change != Change::None {
                ui.add_enabled_ui(obstacle.is_none(), |ui| ui.horizontal_wrapped(run_ui));
                if view.scene.history.trained().iter().any(|series| series.step() > 0) {
                    ui.label(theme::caption(restarting(&view.scene.experiment.branches)));
                }
            }
            ui.horizontal(|ui| {
                for (word, hint, possible, go) in [
                    (
                        t!("Undo"),
                        t!("Take the last change back (Ctrl+Z)"),
                        self.undo.can_undo(),
                        Go::Undo,
                    ),
                    (
                        t!("Redo"),
                        t!("Make it again (Ctrl+Shift+Z)"),
                        self.undo.can_redo(),
                        Go::Redo,
                    ),
                ] {
                    let clicked = |ui: &mut Ui| quiet_button_ui(ui, &word, &hint).clicked();
                    if ui.add_enabled_ui(possible, clicked).inner {
                        asked = Some(go);
                    }
                }
            });
        });
        asked
    }
}

fn restart(draft: &Draft) -> Action {
    Action::Start(Box::new(draft.experiment()), draft.now.engine.clone())
}

/// What a restart does with what was trained.
fn restarting(branches: &[Branch]) -> String {
    if branches.is_empty() {
        t!("A restart takes every net back to step 0; what was trained stays under Runs.").into()
    } else {
        t!("A restart takes every net back to step 0, without those that continue another; what was trained stays under Runs.").into()
    }
}

fn words(found: &Differences) -> String {
    let list = |nets: &[String]| nets.join(", ");
    let mut parts = Vec::new();
    if !found.new.is_empty() {
        parts.push(t!("new %{nets}", nets = list(&found.new)));
    }
    if !found.changed.is_empty() {
        parts.push(t!("changed %{nets}", nets = list(&found.changed)));
    }
    if !found.removed.is_empty() {
        parts.push(t!("removed %{nets}", nets = list(&found.removed)));
    }
    if found.recipe {
        parts.push(t!("recipe changed"));
    }
    if parts.is_empty() {
        return t!("Everything is as it runs.").into_owned();
    }
    let parts = parts.join(" · ");
    t!("Not running yet: %{changes}", changes = parts).into_owned()
}
