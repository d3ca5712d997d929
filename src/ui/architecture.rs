//! The tower with scissors: a net's blocks from left to right, to cut shortcuts and remove blocks and see what it costs.

use std::collections::BTreeMap;

use eframe::egui::{self, Key, Ui};
use serde::{Deserialize, Serialize};

use super::block_tower::{Act, BlockTower};
use super::cursor::find;
use super::pane::{Pane, View};
use super::theme::{self, GRID};
use super::widgets::{grouped, quiet_button_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::{Cut, Graph, Spec, Surgery};
use crate::run::{Command, Lesion, Question, RunId, Series};

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Architecture {
    /// What a click on a shortcut makes of it.
    halve: bool,
    /// The cuts made in each run.
    #[serde(skip)]
    surgeries: BTreeMap<RunId, Surgery>,
    /// The surgery that a cut at a block led to; its outcome stands above the block.
    #[serde(skip)]
    made: BTreeMap<(RunId, usize), Surgery>,
}

pub mod words {
    pub const EMPTY: &str = "The blocks appear once the nets are built.";
    pub const RESTORE: &str = "Restore all";
    pub const RESTORE_HINT: &str = "Undo every cut in this net (Z)";
    pub const SWEEP: &str = "Remove each in turn";
    pub const SWEEP_HINT: &str = "Try every block alone: the lesion chart";
    pub const SHORTCUT: &str = "A click on an arc";
    pub const CUT: &str = "cuts it";
    pub const HALVE: &str = "halves it";
    pub const WHOLE: &str = "The whole net; no cut has been tried at this moment.";
    pub const HELP: &str = "Click a block to remove or restore it, an arc to cut its shortcut. Fill: gradient norm at the block. \
        Bars: test accuracy after the cut.";

    pub fn state(step: &str, before: f32, after: Option<f32>) -> String {
        let before = 100.0 * before;
        match after.map(|after| 100.0 * after) {
            None => format!("Test accuracy at step {step}, batch statistics: {before:.1} %"),
            Some(after) => format!(
                "Test accuracy at step {step}, batch statistics: {before:.1} % whole, {after:.1} % after these cuts"
            ),
        }
    }
}

impl Pane for Architecture {
    const TITLE: &'static str = "Architecture";
    const HINT: &'static str = "A net's blocks and shortcuts: cut one, remove one, and see what it costs";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        let Some(series) = view.cursor.series(scene.history) else {
            ui.label(theme::caption(words::EMPTY));
            return;
        };
        let graph = Graph::new(&series.track.spec);
        ui.horizontal_wrapped(|ui| self.header_ui(ui, series, &graph, view));
        let sentence = self.sentence(series, view);
        let foot = if ui.available_height() > 170.0 { 40.0 } else { 0.0 };
        ui.label(theme::caption(sentence));
        let space = ui.available_rect_before_wrap();
        let space = egui::Rect::from_min_max(space.min, space.max - egui::vec2(0.0, foot));
        ui.allocate_rect(space, egui::Sense::hover());
        let among: Vec<&Spec> = scene.history.runs.iter().map(|series| &series.track.spec).collect();
        let (colour, _) = line_style(ui, &series.track.spec, &among);
        let run = series.track.id;
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let measured = series.measured.iter().rev().find(|measured| measured.step <= until);
        let nothing = Surgery::default();
        let outcomes = self.outcomes(run, view);
        let tower = BlockTower {
            graph: &graph,
            colour,
            surgery: self.surgeries.get(&run).unwrap_or(&nothing),
            norms: measured.map_or(&[], |measured| measured.norms.activation.as_slice()),
            outcomes: &outcomes,
            chosen: view.cursor.layer_in(&graph),
        };
        let act = tower.show_ui(ui, space, view.cursor);
        if foot > 0.0 {
            ui.add(egui::Label::new(theme::caption(words::HELP)).wrap());
        }
        match act {
            Some(Act::Block(block)) => self.toggle(series, &graph, block, Cut::Removed, view),
            Some(Act::Shortcut(block)) => {
                let scale = if self.halve { 0.5 } else { 0.0 };
                self.toggle(series, &graph, block, Cut::Shortcut(scale), view);
            }
            None => {}
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Lesions)
    }

    fn keys(&mut self, ui: &Ui, view: &mut View<'_>) {
        let Some(series) = view.cursor.series(view.scene.history) else {
            return;
        };
        let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
        let graph = Graph::new(&series.track.spec);
        let layer = view.cursor.layer_in(&graph);
        let inside = |name: &str| layer == name || layer.starts_with(&format!("{name}."));
        let block = graph.blocks.iter().position(|block| inside(&block.name));
        if let Some(block) = block {
            if pressed(Key::X) {
                self.toggle(series, &graph, block, Cut::Removed, view);
            }
            if pressed(Key::C) {
                let scale = if self.halve { 0.5 } else { 0.0 };
                self.toggle(series, &graph, block, Cut::Shortcut(scale), view);
            }
        }
        if pressed(Key::Z) {
            self.restore(series.track.id);
        }
    }

    fn restart(&mut self) {
        self.surgeries.clear();
        self.made.clear();
    }
}

impl Architecture {
    fn header_ui(&mut self, ui: &mut Ui, series: &Series, graph: &Graph, view: &mut View<'_>) {
        ui.spacing_mut().item_spacing.x = GRID / 2.0;
        let first = |series: &&Series| {
            find(view.scene.history, &series.track.name).is_some_and(|first| std::ptr::eq(first, *series))
        };
        for other in view.scene.history.runs.iter().filter(first) {
            let name = &other.track.name;
            let chosen = *name == series.track.name;
            if ui.selectable_label(chosen, theme::caption(name)).clicked() {
                view.cursor.run.clone_from(name);
            }
        }
        if quiet_button_ui(ui, words::SWEEP, words::SWEEP_HINT).clicked() {
            for block in 0..graph.blocks.len() {
                if Cut::Removed.check(graph, block).is_ok() {
                    let surgery = Surgery::one(block, Cut::Removed);
                    self.ask(series, Some(block), surgery, view);
                }
            }
        }
        let cut = self
            .surgeries
            .get(&series.track.id)
            .is_some_and(|surgery| !surgery.cuts.is_empty());
        if cut && quiet_button_ui(ui, words::RESTORE, words::RESTORE_HINT).clicked() {
            self.restore(series.track.id);
        }
        if series.track.spec.residual() {
            ui.label(theme::caption(words::SHORTCUT));
            for (halve, text) in [(false, words::CUT), (true, words::HALVE)] {
                ui.selectable_value(&mut self.halve, halve, theme::caption(text));
            }
        }
    }

    fn restore(&mut self, run: RunId) {
        self.surgeries.remove(&run);
        self.made
            .retain(|(of, _), surgery| *of != run || surgery.cuts.len() == 1);
    }

    /// Makes a cut or takes it back, and asks what the net is worth then.
    fn toggle(&mut self, series: &Series, graph: &Graph, block: usize, cut: Cut, view: &mut View<'_>) {
        if cut.check(graph, block).is_err() {
            return;
        }
        let surgery = self.surgeries.entry(series.track.id).or_default();
        let known = surgery.cuts.get(&block).copied();
        match (known, cut) {
            (Some(Cut::Removed), Cut::Removed) | (Some(Cut::Shortcut(_)), Cut::Shortcut(_)) => {
                surgery.cuts.remove(&block);
            }
            _ => drop(surgery.cuts.insert(block, cut)),
        }
        let surgery = surgery.clone();
        let block = surgery.cuts.contains_key(&block).then_some(block);
        self.ask(series, block, surgery, view);
    }

    fn ask(&mut self, series: &Series, block: Option<usize>, surgery: Surgery, view: &mut View<'_>) {
        let run = series.track.id;
        if let Some(block) = block {
            self.made.insert((run, block), surgery.clone());
        }
        let step = view.cursor.step.and_then(|step| series.kept_at(step));
        let question = Question::Lesion { run, step, surgery };
        view.actions.push(Action::Send(Command::Ask(question)));
    }

    /// By block: the newest answer to the cut made there, at the moment looked at or before it.
    fn outcomes<'a>(&self, run: RunId, view: &View<'a>) -> BTreeMap<usize, &'a Lesion> {
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let lesions = &view.scene.findings.lesions;
        let cuts = self.made.range((run, 0)..=(run, usize::MAX));
        let found = cuts.filter_map(|(&(_, block), surgery)| {
            let mut answers = lesions
                .iter()
                .filter(|lesion| lesion.run == run && lesion.surgery == *surgery);
            Some((block, answers.rfind(|lesion| lesion.step <= until)?))
        });
        found.collect()
    }

    fn sentence(&self, series: &Series, view: &View<'_>) -> String {
        let run = series.track.id;
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let mine = |lesion: &&Lesion| lesion.run == run && lesion.step <= until;
        let newest = view
            .scene
            .findings
            .lesions
            .iter()
            .filter(mine)
            .map(|lesion| lesion.step)
            .max();
        let Some(step) = newest else { return words::WHOLE.into() };
        let surgery = self.surgeries.get(&run).filter(|surgery| !surgery.cuts.is_empty());
        let at = |lesion: &&Lesion| lesion.run == run && lesion.step == step;
        let mut lesions = view.scene.findings.lesions.iter().filter(at);
        let before = lesions.clone().map(|lesion| lesion.before).next_back().unwrap_or(0.0);
        let after = surgery.and_then(|surgery| lesions.rfind(|lesion| lesion.surgery == *surgery));
        words::state(&grouped(step as u64), before, after.map(|lesion| lesion.after))
    }
}
