//! Identity insertion: a trained net made deeper by blocks that pass everything on, compared with what it was, and trained on.

use std::ops::Range;

use eframe::egui::{
    self, Align2, Color32, ComboBox, DragValue, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::PlotPoint;
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::axis::{Height, Time};
use super::chart::{Across, Chart, Curve};
use super::chart_names::Naming;
use super::net_name::net_line_ui;
use super::outlook::takes;
use super::pane::{Pane, View};
use super::theme::{self, GRID, SMALL};
use super::traces::groups;
use super::widgets::short;
use super::work::{button_ui, named, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::{Deepened, Graph, Spec};
use crate::probe::Insertion;
use crate::run::{Command, LAST, Question, Series, Trailing};

const HEIGHT: Height = Height { log: true, factor: 1.0 };
/// Most layers that can be chosen.
const DEEPEST: usize = 200;
/// Distance of a line's points across the screen.
const APART: f64 = 2.0;
/// Sides of the drawing of the two ways in which functions can lie: as much as there is room for.
const DRAWING: [f32; 2] = [64.0, 180.0];

/// Height of a panel that has no room for words.
const LITTLE: f32 = 220.0;

/// The panel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct IdentityInsertion {
    /// Layers of the deeper net, where there is one of so many.
    depth: usize,
    /// The net that was looked at, and why it cannot be made that deep.
    #[serde(skip)]
    refusal: Option<(Spec, usize, Option<String>)>,
}

impl Default for IdentityInsertion {
    fn default() -> Self {
        Self {
            depth: 56,
            refusal: None,
        }
    }
}

impl Pane for IdentityInsertion {
    const TITLE: &'static str = "Identity insertion";
    const HINT: &'static str =
        "A trained net made deeper by blocks that pass everything on: the same outputs, then trained on";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let history = view.scene.history;
        let runs: Vec<&Series> = groups(history).iter().map(|group| group.runs[0]).collect();
        let looked_at = runs.iter().find(|series| series.track.name == view.cursor.run);
        let Some(series) = looked_at.or_else(|| runs.first()).copied() else {
            ui.label(theme::caption(t!(
                "Identities can be inserted once the nets are built."
            )));
            return;
        };
        // In a small tile of a lecture the chart needs the room.
        let cramped = theme::bare(ui) && ui.available_height() < LITTLE;
        let full = cramped && !view.scene.findings.insertions.is_empty();
        if !theme::withheld(ui) && !full {
            self.controls_ui(ui, &runs, series, view);
        }
        let among = history.specs();
        let found: Vec<(&Series, usize, &Insertion)> = runs
            .iter()
            .flat_map(|series| {
                let mine = view.scene.findings.insertions_of(series.track.id);
                mine.map(|(step, insertion)| (*series, step, insertion))
            })
            .collect();
        if found.is_empty() {
            if !theme::withheld(ui) && self.refusal(&series.track.spec).is_none() {
                self.promise_ui(ui, series, view);
            }
            let depths = [series.track.spec.depth, self.deeper(&series.track.spec)];
            egui::ScrollArea::vertical()
                .auto_shrink(false)
                .show(ui, |ui| nested_ui(ui, depths));
            return;
        }
        for (series, step, insertion) in found.iter().filter(|_| !cramped) {
            let (colour, _) = line_style(ui, &series.track.spec, &among);
            net_line_ui(ui, &series.track.name, colour, &sentence(*step, insertion));
        }
        ui.spacing_mut().item_spacing.y = 2.0;
        let title = t!("Training loss, means of %{window} minibatches", window = LAST);
        ui.add(egui::Label::new(theme::caption(title)).truncate());
        let focus = view.cursor.preview.run.clone();
        let pointed = chart_ui(ui, &found, &among, focus.as_deref());
        view.cursor.point_at(ui, pointed);
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Insertion)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        !view.scene.findings.insertions.is_empty()
    }

    fn restart(&mut self) {
        self.refusal = None;
    }
}

impl IdentityInsertion {
    fn controls_ui(&mut self, ui: &mut Ui, runs: &[&Series], series: &Series, view: &mut View<'_>) {
        ui.horizontal_wrapped(|ui| {
            if work_ui(ui, view, |question| matches!(question, Question::Insertion { .. })) {
                return;
            }
            let combo = ComboBox::from_id_salt("net").selected_text(theme::caption(&series.track.name));
            let combo = combo.show_ui(ui, |ui| {
                for other in runs {
                    let name = &other.track.name;
                    ui.selectable_value(&mut view.cursor.run, name.clone(), theme::caption(name));
                }
            });
            combo
                .response
                .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, t!("Net to make deeper")));
            ui.label(theme::caption(t!("to")));
            let mut deeper = self.deeper(&series.track.spec);
            let range = series.track.spec.depth..=DEEPEST;
            let depth = ui.add(DragValue::new(&mut deeper).range(range));
            if depth.changed() {
                self.depth = deeper;
            }
            depth.widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, t!("Layers of the deeper net")));
            ui.label(theme::caption(t!("layers")));
            if let Some(why) = self.refusal(&series.track.spec) {
                ui.add(egui::Label::new(theme::caption(why)).wrap());
                return;
            }
            let hint = t!("Inserts blocks that pass everything on, compares the outputs, and trains the deeper net by the same recipe");
            if button_ui(ui, &t!("Insert identities and train on"), &hint) {
                let step = view.cursor.step.and_then(|step| series.kept_at(step));
                let question = Question::Insertion {
                    run: series.track.id,
                    step,
                    depth: self.deeper(&series.track.spec),
                };
                view.actions.push(Action::Send(Command::Ask(question)));
            }
        });
    }

    /// Before anything is measured: what the chart will show, and how long it takes here.
    fn promise_ui(&self, ui: &mut Ui, series: &Series, view: &View<'_>) {
        let recipe = view.scene.experiment;
        let deeper = Spec {
            depth: self.deeper(&series.track.spec),
            ..series.track.spec.clone()
        };
        let shows = t!(
            "The outputs before and after, which must be equal, and then the training loss of the deeper net behind that of the shallow one."
        );
        let takes = takes(view, &[(&deeper, (recipe.steps * recipe.batch) as f64)]);
        for words in [shows.into_owned(), takes] {
            ui.add(egui::Label::new(theme::caption(words)).wrap());
        }
    }

    /// The depth nearest to the one wished for that such a net can have, deeper by a block a stage at least.
    fn deeper(&self, spec: &Spec) -> usize {
        let stride = 3 * spec.convolutions_per_block();
        let wished = self.depth.saturating_sub(spec.depth) as f64 / stride as f64;
        spec.depth + stride * (wished.round() as usize).max(1)
    }

    /// Why a net cannot be made deeper by identities.
    fn refusal(&mut self, spec: &Spec) -> Option<String> {
        let deeper = self.deeper(spec);
        let known = self
            .refusal
            .as_ref()
            .filter(|(of, depth, _)| of == spec && *depth == deeper);
        if let Some((.., why)) = known {
            return why.clone();
        }
        let why = Deepened::new(&Graph::new(spec), deeper).err();
        self.refusal = Some((spec.clone(), deeper, why.clone()));
        why
    }
}

fn sentence(step: usize, insertion: &Insertion) -> String {
    let [before, after] = insertion.depths;
    let mut sentence = t!(
        "%{before} to %{after} layers at step %{step}: %{blocks} identities, outputs at most %{off} apart (of up to %{largest}; running statistics)",
        before = before,
        after = after,
        step = step,
        blocks = insertion.inserted,
        off = short(insertion.difference.into()),
        largest = short(insertion.largest.into())
    )
    .into_owned();
    if let Some(loss) = insertion.final_loss() {
        sentence += &t!(
            "; %{steps} steps on, training loss %{loss}",
            steps = insertion.losses.len(),
            loss = short(loss.into())
        );
    }
    sentence
}

/// The shallow nets' losses, and behind each those of the deeper net.
fn chart_ui(
    ui: &mut Ui,
    found: &[(&Series, usize, &Insertion)],
    among: &[&Spec],
    focus: Option<&str>,
) -> Option<String> {
    let mut curves = Vec::new();
    let last = |(_, step, insertion): &(&Series, usize, &Insertion)| (step + insertion.losses.len()) as f64;
    let end = found.iter().map(last).fold(1.0f64, f64::max);
    // More points than can be told apart would only make the lines uneven.
    let stride = ((APART * end / f64::from(ui.available_width())) as usize).max(1);
    let points = |means: &[f64], steps: Range<usize>| -> Vec<PlotPoint> {
        let last = steps.end.saturating_sub(1);
        steps
            .filter(|&at| at.is_multiple_of(stride) || at == last)
            .map(|at| PlotPoint::new((at + 1) as f64, HEIGHT.place(means[at])))
            .collect()
    };
    for (series, step, insertion) in found {
        let (colour, width) = line_style(ui, &series.track.spec, among);
        let until = series.steps.partition_point(|&done| done as usize <= *step);
        // The mean is carried on over the insertion.
        let losses = series.loss[..until].iter().chain(&insertion.losses);
        let means = Trailing::of(losses.map(|&loss| loss.into()), LAST);
        curves.push(Curve {
            name: series.track.name.clone(),
            colour,
            width,
            line: points(&means, 0..until).into(),
            ..Curve::default()
        });
        let deeper = points(&means, until.saturating_sub(1)..means.len());
        let begins = Curve {
            name: series.track.name.clone(),
            colour,
            width: width + 2.0,
            line: deeper.iter().take(1).copied().collect::<Vec<_>>().into(),
            ..Curve::default()
        };
        let goes_on = Curve {
            label: t!(
                "%{net} as %{depth} layers",
                net = series.track.name,
                depth = insertion.depths[1]
            )
            .into_owned(),
            width: width + 1.0,
            line: deeper.into(),
            ..begins.clone()
        };
        curves.extend([begins, goes_on]);
    }
    let spoken: Vec<String> = found
        .iter()
        .map(|(series, step, insertion)| named(&series.track.name, &sentence(*step, insertion)))
        .collect();
    Chart {
        id: "insertion",
        x_label: &t!("training step; from the dot on: the deeper net"),
        across: Across::Time(Time::default()),
        height: HEIGHT,
        x: 0.0..end,
        y: -1.0..0.0,
        exact: false,
        spans: &[],
        bracket: None,
        naming: Naming::Whole,
        room: 0.0,
        point_name: None,
        focus,
        interactive: true,
        summary: spoken.join("; "),
    }
    .show_ui(ui, &curves, None)
}

/// How the functions of a deeper net lie about those of a shallower one, after Dive into Deep Learning.
fn nested_ui(ui: &mut Ui, depths: [usize; 2]) {
    let ink = theme::ink(ui);
    let room = ui.clip_rect().size();
    let side = (room.x / 4.4).min(room.y / 3.0).clamp(DRAWING[0], DRAWING[1]);
    ui.add_space(GRID);
    for (nested, words) in [
        (
            true,
            t!(
                "Nested: what %{deep} layers can compute holds what %{shallow} can. More layers cannot be further from the best function (+). Blocks that can be the identity make it so.",
                shallow = depths[0],
                deep = depths[1]
            ),
        ),
        (
            false,
            t!(
                "Not nested: the two only overlap. What %{deep} layers can compute may be further from the best function than what %{shallow} could.",
                shallow = depths[0],
                deep = depths[1]
            ),
        ),
    ] {
        ui.horizontal(|ui| {
            let size = vec2(2.2 * side, 1.1 * side);
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
            regions(&ui.painter_at(rect), rect, side, (nested, depths), ink);
            ui.add(egui::Label::new(words).wrap());
        });
    }
}

/// The smaller region and the larger one, each with its number of layers.
fn regions(painter: &egui::Painter, rect: Rect, side: f32, (nested, depths): (bool, [usize; 2]), ink: theme::Ink) {
    let at = |[across, down]: [f32; 2]| pos2(rect.left() + across * side, rect.center().y + down * side);
    let centres = if nested { [0.78, 0.62] } else { [1.08, 0.54] };
    let names = if nested { [0.78, 0.32] } else { [1.18, 0.4] };
    for (place, radius) in [(1, 0.5), (0, 0.24)] {
        let fill = Color32::from_rgba_unmultiplied(ink.weak.r(), ink.weak.g(), ink.weak.b(), 28);
        let edge = Stroke::new(1.0, ink.weak);
        painter.circle(at([centres[place], 0.0]), radius * side, fill, edge);
        let font = FontId::proportional(SMALL);
        painter.text(
            at([names[place], 0.0]),
            Align2::CENTER_CENTER,
            depths[place],
            font,
            ink.text,
        );
    }
    let best = at([1.8, 0.0]);
    for arm in [vec2(5.0, 0.0), vec2(0.0, 5.0)] {
        painter.line_segment([best - arm, best + arm], Stroke::new(2.0, ink.text));
    }
}
