//! The tower with scissors: a net's blocks from left to right, to cut shortcuts and remove blocks and see what it costs.

use std::collections::BTreeMap;

use eframe::egui::{self, Align, ComboBox, Key, Layout, Modifiers, Role, Ui, WidgetInfo};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::block_bench::Bench;
use super::block_stages::scale_ui;
use super::block_tower::{Act, BlockTower};
use super::choice::row_width;
use super::cursor::find;
use super::keys;
use super::pane::{Pane, View};
use super::task::PaneKey;
use super::theme::{self, GRID};
use super::widgets::{grouped, percent, quiet_button_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::{Cut, Graph, Surgery, Table};
use crate::run::{Command, Lesion, Question, RunId, Series};

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Architecture {
    /// The run shown last.
    #[serde(skip)]
    shown: Option<RunId>,
    /// The cuts made in each run.
    #[serde(skip)]
    surgeries: BTreeMap<RunId, Surgery>,
    /// The surgery that a cut at a block led to; its outcome stands above the block.
    #[serde(skip)]
    made: BTreeMap<(RunId, usize), Surgery>,
    /// What was asked last because the cursor moved to another moment.
    #[serde(skip)]
    followed: Option<(RunId, usize, Surgery)>,
}

/// Distance of the lines beneath the tower.
const BETWEEN: f32 = 2.0;
/// Between the numbers of the axis and the tools.
const AIR: f32 = 6.0;
/// Share of the width above which the names of the nets become a list.
const LONG: f32 = 0.7;
/// Height of a panel that has no room for its sentence.
const LITTLE: f32 = 200.0;
/// Height of the colours' line, the least of a tower that leaves room for it, and the width of one that has the colours
/// beside the tools.
const SCALE: f32 = 18.0;
const LEAST: f32 = 84.0;
const BOTH: f32 = 760.0;
/// Height that a tower has at least beside words about its block, and beside those about the panel.
const TOWER: f32 = 96.0;
const HELPED: f32 = 240.0;

impl Pane for Architecture {
    const TITLE: &'static str = "Architecture";
    const HINT: &'static str = "A net's blocks and shortcuts: cut one, remove one, and see what it costs";
    const KEYS: &'static [PaneKey] = &[
        PaneKey::new(Modifiers::NONE, Key::X, "remove the chosen block, or restore it"),
        PaneKey::new(Modifiers::NONE, Key::C, "cut the chosen block's shortcut"),
        PaneKey::new(Modifiers::NONE, Key::Z, "undo all cuts"),
    ];

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        let Some(series) = view.cursor.series(scene.history) else {
            ui.label(theme::caption(t!("The blocks appear once the nets are built.")));
            return;
        };
        self.shown = Some(series.track.id);
        let graph = Graph::new(&series.track.spec);
        ui.horizontal_wrapped(|ui| self.header_ui(ui, series, &graph, view));
        self.follow(series, view);
        // In a small tile of a lecture the blocks themselves need the room.
        if !theme::bare(ui) || ui.available_height() > LITTLE {
            ui.label(theme::caption(self.sentence(series, view)));
        }
        let table = Table::new(&graph);
        let chosen = view.cursor.layer_in(&graph);
        let bench = block_of(&graph, &chosen).map(|index| Bench {
            graph: &graph,
            table: &table,
            index,
        });
        let run = series.track.id;
        let cut = |block| self.surgeries.get(&run)?.cuts.get(&block).copied();
        let space = ui.available_rect_before_wrap();
        let text = |text: String| theme::paragraph(ui, text, space.width());
        let texts = bench
            .as_ref()
            .map(|bench| [bench.about(), bench.why(cut(bench.index))].map(text));
        let tools = if bench.is_some() && space.height() > 110.0 {
            32.0
        } else {
            0.0
        };
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let measured = series.measured.iter().rev().find(|measured| measured.step <= until);
        // Beside the tools where there is room for both.
        let crowded = tools == 0.0 || space.width() < BOTH;
        let scale = if measured.is_some() && crowded && space.height() > LEAST {
            SCALE + BETWEEN
        } else {
            0.0
        };
        let written = texts
            .as_ref()
            .map_or(0.0, |[about, why]| about.size().y + why.size().y + 6.0);
        // Words give way to the tower.
        let rest = space.height() - tools - scale;
        let written = if rest - written > TOWER { written } else { 0.0 };
        let help = if rest - written > HELPED { 40.0 } else { 0.0 };
        ui.spacing_mut().item_spacing.y = BETWEEN;
        let foot = tools + scale + written + help + 4.0 * BETWEEN + AIR;
        let space = egui::Rect::from_min_max(space.min, space.max - egui::vec2(0.0, foot));
        let picture = ui.allocate_rect(space, egui::Sense::hover());
        ui.add_space(AIR);
        let among = scene.history.specs();
        let (colour, _) = line_style(ui, &series.track.spec, &among);
        let nothing = Surgery::default();
        let outcomes = self.outcomes(run, view);
        let tower = BlockTower {
            graph: &graph,
            table: &table,
            colour,
            surgery: self.surgeries.get(&run).unwrap_or(&nothing),
            norms: measured.map_or(&[], |measured| measured.norms.activation.as_slice()),
            outcomes: &outcomes,
            chosen,
        };
        picture.widget_info(|| WidgetInfo::labeled(Role::Image, true, tower.summary(&series.track.name)));
        let mut act = tower.show_ui(ui, space, view.cursor);
        let right = Layout::right_to_left(Align::Center);
        if let (Some(ends), true) = (tower.scale(), scale > 0.0) {
            let size = egui::vec2(ui.available_width(), SCALE);
            ui.allocate_ui_with_layout(size, right, |ui| scale_ui(ui, ends));
        }
        if let (Some(bench), true) = (&bench, tools > 0.0) {
            let surgery = tower.surgery;
            let used = ui.horizontal(|ui| {
                let used = bench.tools_ui(ui, surgery);
                if let (Some(ends), true) = (tower.scale(), scale == 0.0) {
                    ui.with_layout(right, |ui| scale_ui(ui, ends));
                }
                used
            });
            act = used.inner.or(act);
        }
        if let (Some(texts), true) = (texts, written > 0.0) {
            for text in texts {
                ui.label(text);
            }
        }
        if help > 0.0 {
            ui.add(egui::Label::new(theme::caption(t!("Click a block to remove or restore it, an arc to cut its shortcut. Fill: gradient norm at the block. Bars: test accuracy after the cut, hollow after several at once; dashed: the whole net."))).wrap());
        }
        match act {
            Some(Act::Block(block)) => self.toggle(series, &graph, block, Cut::Removed, view),
            Some(Act::Shortcut(block)) => self.toggle(series, &graph, block, Cut::Shortcut(0.0), view),
            Some(Act::Scale { block, scale, settled }) => {
                let own = bench.and_then(|bench| bench.own_scale());
                let cut = Some(Cut::Shortcut(scale)).filter(|_| own != Some(scale));
                self.set(series, block, cut, settled, view);
            }
            None => {}
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Architecture)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        view.scene.history.runs.iter().any(|series| !series.measured.is_empty())
    }

    fn keys(&mut self, ui: &Ui, view: &mut View<'_>) {
        let Some(series) = view.cursor.series(view.scene.history) else {
            return;
        };
        let pressed = |key| keys::pressed(ui, Modifiers::NONE, key);
        let graph = Graph::new(&series.track.spec);
        let layer = view.cursor.layer_in(&graph);
        if let Some(block) = block_of(&graph, &layer) {
            if pressed(Key::X) {
                self.toggle(series, &graph, block, Cut::Removed, view);
            }
            if pressed(Key::C) {
                self.toggle(series, &graph, block, Cut::Shortcut(0.0), view);
            }
        }
        if pressed(Key::Z) {
            self.restore(series.track.id);
        }
    }

    fn reset(&mut self) {
        self.restart();
    }

    fn restart(&mut self) {
        self.shown = None;
        self.surgeries.clear();
        self.made.clear();
        self.followed = None;
    }
}

impl Architecture {
    /// The run shown last, and what is cut in it.
    pub fn looked(&self) -> Option<(RunId, Option<&Surgery>)> {
        self.shown.map(|run| (run, self.surgeries.get(&run)))
    }

    fn header_ui(&mut self, ui: &mut Ui, series: &Series, graph: &Graph, view: &mut View<'_>) {
        ui.spacing_mut().item_spacing.x = GRID / 2.0;
        let first = |series: &&Series| {
            find(view.scene.history, &series.track.name).is_some_and(|first| std::ptr::eq(first, *series))
        };
        let trained = view.scene.history.trained().iter();
        let names: Vec<&String> = trained.filter(first).map(|series| &series.track.name).collect();
        let name = &series.track.name;
        let words = names.iter().map(|name| name.as_str());
        let long = row_width(ui, words) > LONG * ui.max_rect().width();
        let nets_ui = |ui: &mut Ui| {
            for other in names {
                let mut words = theme::caption(other);
                if view.cursor.points_at(other) {
                    words = words.underline();
                }
                let button = ui.selectable_label(other == name, words);
                if button.hovered() {
                    view.cursor.hover_run(other.clone());
                }
                if button.clicked() {
                    view.cursor.run.clone_from(other);
                }
            }
        };
        if long {
            let combo = ComboBox::from_id_salt("nets").selected_text(theme::caption(name));
            let combo = combo.show_ui(ui, nets_ui).response;
            combo.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, t!("Net")));
        } else {
            nets_ui(ui);
        }
        if !theme::bare(ui)
            && quiet_button_ui(
                ui,
                &t!("Remove each in turn"),
                &t!("Try every block alone: the lesion chart"),
            )
            .clicked()
        {
            for block in 0..graph.blocks.len() {
                if Cut::Removed.check(graph, block).is_ok() {
                    // What is cut keeps its own bar.
                    let cuts = self.surgeries.get(&series.track.id).map(|surgery| &surgery.cuts);
                    let whole = cuts.is_none_or(|cuts| !cuts.contains_key(&block));
                    let surgery = Surgery::one(block, Cut::Removed);
                    self.ask(series, whole.then_some(block), surgery, view);
                }
            }
        }
        let cut = self
            .surgeries
            .get(&series.track.id)
            .is_some_and(|surgery| !surgery.cuts.is_empty());
        if cut && quiet_button_ui(ui, &t!("Restore all"), &t!("Undo every cut in this net (Z)")).clicked() {
            self.restore(series.track.id);
        }
    }

    fn restore(&mut self, run: RunId) {
        self.surgeries.remove(&run);
    }

    /// Makes a cut or takes it back, and asks what the net is worth then.
    fn toggle(&mut self, series: &Series, graph: &Graph, block: usize, cut: Cut, view: &mut View<'_>) {
        if cut.check(graph, block).is_err() {
            return;
        }
        let known = self
            .surgeries
            .get(&series.track.id)
            .and_then(|surgery| surgery.cuts.get(&block));
        let cut = match (known, cut) {
            (Some(Cut::Removed), Cut::Removed) | (Some(Cut::Shortcut(_)), Cut::Shortcut(_)) => None,
            _ => Some(cut),
        };
        self.set(series, block, cut, true, view);
    }

    /// Makes a cut, or takes back what was cut there; where it has settled, asks what the net is worth then.
    fn set(&mut self, series: &Series, block: usize, cut: Option<Cut>, settled: bool, view: &mut View<'_>) {
        let surgery = self.surgeries.entry(series.track.id).or_default();
        match cut {
            Some(cut) => drop(surgery.cuts.insert(block, cut)),
            None => drop(surgery.cuts.remove(&block)),
        }
        if settled {
            let surgery = surgery.clone();
            self.ask(series, cut.map(|_| block), surgery, view);
        }
    }

    /// At another moment the cuts cost something else: asks for it, one question at a time.
    fn follow(&mut self, series: &Series, view: &mut View<'_>) {
        let run = series.track.id;
        let surgery = self.surgeries.get(&run).filter(|surgery| !surgery.cuts.is_empty());
        let step = view.cursor.step.and_then(|step| series.kept_at(step));
        let (Some(surgery), Some(step)) = (surgery, step) else {
            return;
        };
        let findings = view.scene.findings;
        let known = |(run, step, surgery): &(RunId, usize, Surgery)| {
            let same = |lesion: &Lesion| (lesion.run, lesion.step, &lesion.surgery) == (*run, *step, surgery);
            findings.lesions.iter().any(same)
        };
        let wanted = (run, step, surgery.clone());
        let asked = self.followed.as_ref();
        let waiting = asked.is_some_and(|asked| !known(asked)) && findings.refusal.is_none();
        if !known(&wanted) && asked != Some(&wanted) && !waiting {
            self.followed = Some(wanted.clone());
            self.ask(series, None, wanted.2, view);
        }
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

    /// By block: the newest answer to the cut made there, at the moment looked at or before it. Where the block is as it
    /// was again, what it cost to remove it, if that is known.
    fn outcomes<'a>(&self, run: RunId, view: &View<'a>) -> BTreeMap<usize, &'a Lesion> {
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let lesions = &view.scene.findings.lesions;
        let cuts = self.made.range((run, 0)..=(run, usize::MAX));
        let answer = |surgery: &Surgery| {
            let of = |lesion: &&Lesion| lesion.run == run && lesion.step <= until && lesion.surgery == *surgery;
            // What is asked about an earlier moment is answered later.
            lesions.iter().filter(of).max_by_key(|lesion| lesion.step)
        };
        let found = cuts.filter_map(|(&(_, block), surgery)| {
            let cut = self
                .surgeries
                .get(&run)
                .is_some_and(|now| now.cuts.contains_key(&block));
            let removed = || answer(&Surgery::one(block, Cut::Removed));
            let alone = || answer(surgery).filter(|lesion| lesion.surgery.cuts.len() == 1);
            let lesion = if cut { answer(surgery) } else { removed().or_else(alone) };
            Some((block, lesion?))
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
        let surgery = self.surgeries.get(&run).filter(|surgery| !surgery.cuts.is_empty());
        let Some(step) = newest else {
            let words = match surgery {
                None => t!("The whole net; no cut has been tried at this moment."),
                Some(_) if view.scene.findings.refusal.is_some() => t!("What is cut has not been measured."),
                Some(_) => t!("What is cut is being measured."),
            };
            return words.into();
        };
        let at = |lesion: &&Lesion| lesion.run == run && lesion.step == step;
        let mut lesions = view.scene.findings.lesions.iter().filter(at);
        let before = lesions.clone().map(|lesion| lesion.before).next_back().unwrap_or(0.0);
        let after = surgery.and_then(|surgery| lesions.rfind(|lesion| lesion.surgery == *surgery));
        let step = grouped(step as u64);
        match after {
            None => t!(
                "Test accuracy at step %{step}, batch statistics: %{before}",
                step = step,
                before = percent(f64::from(before))
            ),
            Some(lesion) if lesion.surgery.cuts.len() == 1 => t!(
                "Test accuracy at step %{step}, batch statistics: %{before} whole, %{after} after this cut",
                step = step,
                before = percent(f64::from(before)),
                after = percent(f64::from(lesion.after))
            ),
            Some(lesion) => t!(
                "Test accuracy at step %{step}, batch statistics: %{before} whole, %{after} after these cuts",
                step = step,
                before = percent(f64::from(before)),
                after = percent(f64::from(lesion.after))
            ),
        }
        .into_owned()
    }
}

/// The block that holds the node of that name.
fn block_of(graph: &Graph, layer: &str) -> Option<usize> {
    let inside = |name: &str| {
        layer
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    graph.blocks.iter().position(|block| inside(&block.name))
}
