//! Transfer: a net with few labels, from scratch and from what it learned before, and which of its layers move.

use eframe::egui::{self, Align2, Color32, FontId, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::amount_axis::AmountAxis;
use super::choice::choice_ui;
use super::empty::Empty;
use super::outlook::takes;
use super::pane::{Pane, View};
use super::theme::{self, GRID, SMALL};
use super::work::{button_ui, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::Graph;
use crate::probe::{Trial, Way, backbone_fits};
use crate::run::{Command, Origin, Question, Series};

/// Labels of each class that are tried.
const LABELS: [usize; 5] = [1, 2, 5, 10, 20];
/// Images of one training on few labels, and how many such trainings learning the other classes takes.
const STEP_IMAGES: f64 = 200.0 * 32.0;
const LEARNING: f64 = 3.0;
/// Room at the left for the numbers of an axis, beneath for its marks, and at the right for names.
const AXIS: f32 = 50.0;
const MARKS: f32 = 34.0;
const NAMES: f32 = 112.0;
/// Width from which on the charts stand side by side, and a chart's least height.
const NARROW: f32 = 460.0;
const LEAST: f32 = 130.0;
/// Height of a lecture's tile that has room for the finding in words, too.
const LITTLE: f32 = 260.0;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Transfer {
    /// Learn the other classes first, instead of the weights that come with the program.
    pub other_classes: bool,
}

impl Pane for Transfer {
    const TITLE: &'static str = "Transfer";
    const HINT: &'static str = "Few labels: from scratch, with learned layers frozen, and fine-tuned";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let Some(series) = view.cursor.series(view.scene.history) else {
            ui.label(theme::caption(t!("The chart appears once the nets are built.")));
            return;
        };
        let origin = if self.other_classes {
            Origin::OtherClasses
        } else {
            Origin::Backbone
        };
        ui.horizontal_wrapped(|ui| self.controls_ui(ui, series, origin, view));
        if origin == Origin::Backbone && !backbone_fits(&series.track.spec) {
            self.explain_ui(ui, series, view);
            return;
        }
        let same = |run: &&Series| run.track.name == series.track.name;
        let seeds = view.scene.history.trained().iter().filter(same).map(|run| run.track.id);
        let (trials, seeds) = view.scene.findings.transfer_of(seeds, origin);
        let trials = trials.as_slice();
        let working = view.scene.findings.working.iter().any(|work| is_mine(&work.question));
        if trials.is_empty() && !working {
            return empty_ui(ui, series, origin, view);
        }
        // In a small tile of a lecture the charts need the room.
        if !theme::bare(ui) || ui.available_height() > LITTLE {
            let mut words = sentence(trials);
            if seeds > 1 {
                words += &t!(" Mean of %{seeds} seeds.", seeds = seeds);
            }
            ui.add(egui::Label::new(theme::caption(words)).wrap());
        }
        let (colour, _) = line_style(ui, &series.track.spec, &[&series.track.spec]);
        let graph = Graph::new(&series.track.spec);
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let [left, right] = places(ui);
            accuracy_ui(ui, left, trials, colour);
            layers_ui(ui, right, trials, &graph, colour, view);
        });
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Transfer)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        !view.scene.findings.transfers.is_empty()
    }
}

impl Transfer {
    fn controls_ui(&mut self, ui: &mut Ui, series: &Series, origin: Origin, view: &mut View<'_>) {
        ui.label(theme::strong(&series.track.name, SMALL));
        ui.label(theme::caption(t!("with weights from:")));
        let origins = [
            (
                false,
                t!("MNIST"),
                t!("The weights that come with depthscope: a ResNet-14 that has learned 4,000 digits of MNIST"),
            ),
            (
                true,
                t!("the other classes"),
                t!("The first half of the classes; the few labels are of the second half"),
            ),
        ];
        choice_ui(ui, &t!("What was learned first"), &mut self.other_classes, &origins);
        if work_ui(ui, view, is_mine) {
            return;
        }
        let known = view.scene.findings.transfers.contains_key(&(series.track.id, origin));
        let [text, hint] = about_trying();
        if known && button_ui(ui, &text, &hint) {
            ask(series, origin, view);
        }
    }

    fn explain_ui(&self, ui: &mut Ui, series: &Series, view: &mut View<'_>) {
        let words = t!(
            "The weights that come with depthscope are of a ResNet-14 of width 8 for 10 classes of 8×8 pixels. %{net} on this data is another net.",
            net = series.track.name
        );
        let empty = Empty {
            shows: words,
            takes: String::new(),
            button: t!("Load the experiment that fits"),
            hint: t!("A new experiment: that ResNet-14 on digits"),
        };
        if empty.show_ui(ui) {
            view.actions.push(Action::StartNamed("transfer"));
        }
    }
}

/// Where the two charts stand: side by side, or beneath each other where they would be too narrow.
fn places(ui: &mut Ui) -> [Rect; 2] {
    let room = ui.available_size();
    if room.x > NARROW {
        let size = vec2(room.x, room.y.floor().max(LEAST));
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let middle = rect.left() + rect.width() * 0.56;
        return [rect.with_max_x(middle - GRID), rect.with_min_x(middle + GRID)];
    }
    let each = ((room.y - 2.0 * GRID) / 2.0).floor().max(LEAST.min(room.y));
    let (rect, _) = ui.allocate_exact_size(vec2(room.x, 2.0 * (each + GRID)), Sense::hover());
    [
        rect.with_max_y(rect.top() + each),
        rect.with_min_y(rect.bottom() - each),
    ]
}

fn is_mine(question: &Question) -> bool {
    matches!(question, Question::Transfer { .. })
}

fn about_trying() -> [std::borrow::Cow<'static, str>; 2] {
    [
        t!("Try the three ways"),
        t!("Trains 200 steps from scratch, frozen and fine-tuned, with 1 to 20 labels of each class"),
    ]
}

fn ask(series: &Series, origin: Origin, view: &mut View<'_>) {
    let question = Question::Transfer {
        run: series.track.id,
        origin,
        labels: LABELS.into(),
    };
    view.actions.push(Action::Send(Command::Ask(question)));
}

fn empty_ui(ui: &mut Ui, series: &Series, origin: Origin, view: &mut View<'_>) {
    let trainings = Way::ALL.len() * LABELS.len();
    let first = if origin == Origin::OtherClasses { LEARNING } else { 0.0 };
    let images = STEP_IMAGES * (trainings as f64 + first);
    let [button, hint] = about_trying();
    let empty = Empty {
        shows: t!(
            "Test accuracy of this net with 1 to 20 labels of each class: trained from scratch, with learned layers frozen, and fine-tuned. Beside it, how far each layer moves."
        ),
        takes: takes(view, &[(&series.track.spec, images)]),
        button,
        hint,
    };
    if empty.show_ui(ui) {
        ask(series, origin, view);
    }
}

/// Stands at the end of a line.
fn word(way: Way) -> std::borrow::Cow<'static, str> {
    match way {
        Way::Scratch => t!("from scratch"),
        Way::Frozen => t!("frozen"),
        Way::FineTuned => t!("fine-tuned"),
    }
}

fn sentence(trials: &[Trial]) -> String {
    let at = |labels: usize| {
        let mut these: Vec<&Trial> = trials.iter().filter(|trial| trial.labels == labels).collect();
        these.sort_by(|a, b| b.accuracy.total_cmp(&a.accuracy));
        let ranked = these
            .iter()
            .map(|trial| format!("{} {:.0}\u{a0}%", word(trial.way), 100.0 * trial.accuracy));
        (these.len() == Way::ALL.len()).then(|| ranked.collect::<Vec<_>>().join(&t!(", ")))
    };
    let labels = || trials.iter().map(|trial| trial.labels);
    let (few, many) = (labels().min().unwrap_or(0), labels().max().unwrap_or(0));
    match (at(few), at(many).filter(|_| many > few)) {
        (Some(first), Some(last)) => t!(
            "Test accuracy with %{few} label a class: %{first}. With %{many}: %{last}.",
            few = few,
            first = first,
            many = many,
            last = last
        ),
        (Some(first), None) if few > 1 => t!(
            "Test accuracy with %{few} labels a class: %{first}.",
            few = few,
            first = first
        ),
        (Some(first), None) => t!(
            "Test accuracy with %{few} label a class: %{first}.",
            few = few,
            first = first
        ),
        _ => t!("Nothing has been tried yet. The same net is trained three ways with few labels of this data."),
    }
    .into_owned()
}

/// Each way's colour and width: only what learned everything has the net's full colour.
fn style(ui: &Ui, way: Way, colour: Color32) -> (Color32, f32) {
    let ink = theme::ink(ui);
    match way {
        Way::Scratch => (ink.weak, 1.5),
        Way::Frozen => (ink.paper.lerp_to_gamma(colour, 0.75), 2.0),
        Way::FineTuned => (colour, 3.0),
    }
}

/// Where a chart stands under its title, with room for `names` at its right and its `foot` beneath.
fn axis(ui: &Ui, painter: &Painter, space: Rect, names: f32, title: &str, foot: &str) -> Rect {
    let ink = theme::ink(ui);
    let chart = Rect::from_min_max(space.min + vec2(AXIS, 24.0), space.max - vec2(names, MARKS));
    let strong = FontId::new(SMALL, theme::semibold());
    // Where there is little room, their first or last clause.
    let laid = |words: [&str; 2], font: FontId, colour| {
        let [whole, brief] = words.map(|words| theme::elided(ui, words, font.clone(), colour, space.width()));
        if whole.elided { brief } else { whole }
    };
    let clauses = [',', ';', '，', '；'];
    let first = title.split(clauses).next().unwrap_or(title);
    let last = foot.rsplit(clauses).next().unwrap_or(foot).trim();
    let title = laid([title, first], strong, ink.text);
    painter.galley(space.min, title, ink.text);
    let foot = laid([foot, last], FontId::proportional(SMALL), ink.weak);
    let left = chart.center().x - foot.size().x / 2.0;
    let left = left.min(space.right() - foot.size().x).max(space.left());
    painter.galley(pos2(left, space.bottom() - foot.size().y), foot, ink.weak);
    chart
}

fn accuracy_ui(ui: &Ui, space: Rect, trials: &[Trial], colour: Color32) {
    let ink = theme::ink(ui);
    let painter = ui.painter_at(space);
    let small = FontId::proportional(SMALL);
    let chart = axis(
        ui,
        &painter,
        space,
        NAMES,
        &t!("Test accuracy, batch statistics"),
        &t!("labels of each class"),
    );
    let high = |share: f32| chart.bottom() - chart.height() * share.clamp(0.0, 1.0);
    let place = |index: usize| chart.left() + chart.width() * (index as f32 + 0.25) / (LABELS.len() as f32 - 0.5);
    for (share, text) in [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")] {
        painter.hline(chart.x_range(), high(share), Stroke::new(1.0, ink.line));
        painter.text(
            pos2(chart.left() - 6.0, high(share)),
            Align2::RIGHT_CENTER,
            text,
            small.clone(),
            ink.weak,
        );
    }
    for (index, labels) in LABELS.iter().enumerate() {
        let at = pos2(place(index), chart.bottom() + 4.0);
        painter.text(at, Align2::CENTER_TOP, labels.to_string(), small.clone(), ink.weak);
    }
    let mut ends: Vec<(f32, f32, Way)> = Vec::new();
    for way in Way::ALL {
        let (colour, width) = style(ui, way, colour);
        let point = |trial: &Trial| {
            let index = LABELS.iter().position(|&labels| labels == trial.labels)?;
            Some(pos2(place(index), high(trial.accuracy)))
        };
        let points: Vec<_> = trials
            .iter()
            .filter(|trial| trial.way == way)
            .filter_map(point)
            .collect();
        if let Some(last) = points.last() {
            ends.push((last.y, last.x, way));
        }
        for &point in &points {
            painter.circle_filled(point, width + 1.0, colour);
        }
        painter.line(points, Stroke::new(width, colour));
    }
    // Names at the ends, pushed apart where they would meet.
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = chart.top() - 8.0;
    for (y, x, way) in ends {
        let y = y.max(free);
        free = y + 16.0;
        let (colour, _) = style(ui, way, colour);
        painter.text(pos2(x + 10.0, y), Align2::LEFT_CENTER, word(way), small.clone(), colour);
    }
    let response = ui.interact(chart, ui.scope_id().with("accuracy"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, sentence(trials)));
}

/// How far each layer went from where it started, in the training with the most labels.
fn layers_ui(ui: &Ui, space: Rect, trials: &[Trial], graph: &Graph, colour: Color32, view: &mut View<'_>) {
    let ink = theme::ink(ui);
    let painter = ui.painter_at(space);
    let small = FontId::proportional(SMALL);
    let of = |way: Way| trials.iter().rev().find(|trial| trial.way == way);
    let tuned = of(Way::FineTuned);
    let title = match tuned {
        Some(trial) if trial.labels == 1 => t!("Change of weights over their norm, 1 label"),
        Some(trial) => t!(
            "Change of weights over their norm, %{labels} labels",
            labels = trial.labels
        ),
        None => t!("Change of weights over their norm"),
    };
    let chart = axis(
        ui,
        &painter,
        space,
        0.0,
        &title,
        &t!("input to output; bars: fine-tuned, lines: from scratch"),
    );
    let Some(tuned) = tuned else { return };
    let scratch = of(Way::Scratch).filter(|trial| trial.labels == tuned.labels);
    let all = tuned.moved.iter().chain(scratch.iter().flat_map(|trial| &trial.moved));
    let scale = AmountAxis::of(all.copied());
    let high = |moved: f32| chart.bottom() - chart.height() * scale.share(moved);
    for mark in scale.marks() {
        painter.hline(chart.x_range(), high(mark), Stroke::new(1.0, ink.line));
        painter.text(
            pos2(chart.left() - 6.0, high(mark)),
            Align2::RIGHT_CENTER,
            scale.text(mark),
            small.clone(),
            ink.weak,
        );
    }
    let nodes = graph.weighted();
    if let [first, .., last] = tuned.moved[..] {
        let words = t!(
            "%{title}: %{first} at the first layer, %{last} at the last",
            title = title,
            first = format!("{first:.3}"),
            last = format!("{last:.3}")
        );
        let picture = ui.interact(chart, ui.scope_id().with("layers"), Sense::hover());
        picture.widget_info(|| WidgetInfo::labeled(Role::Image, true, &*words));
    }
    let column = chart.width() / nodes.len().max(1) as f32;
    for (at, (&node, &moved)) in nodes.iter().zip(&tuned.moved).enumerate() {
        let centre = chart.left() + column * (at as f32 + 0.5);
        let half = (column * 0.36).clamp(1.0, 14.0);
        let bar = Rect::from_min_max(pos2(centre - half, high(moved)), pos2(centre + half, chart.bottom()));
        painter.rect_filled(bar, 1.0, ink.paper.lerp_to_gamma(colour, 0.7));
        let before = scratch.and_then(|trial| trial.moved.get(at));
        if let Some(&before) = before {
            painter.hline(
                centre - half - 1.0..=centre + half + 1.0,
                high(before),
                Stroke::new(2.0, ink.weak),
            );
        }
        let name = &graph.nodes[node].name;
        let whole = Rect::from_x_y_ranges(centre - column / 2.0..=centre + column / 2.0, chart.y_range());
        let response = ui.interact(whole, ui.scope_id().with(("layer", at)), Sense::click());
        let about = match before {
            Some(&before) => t!(
                "%{layer}: %{tuned} fine-tuned, %{scratch} from scratch (the line)",
                layer = name,
                tuned = format!("{moved:.3}"),
                scratch = format!("{before:.3}")
            ),
            None => t!(
                "%{layer}: %{tuned} fine-tuned",
                layer = name,
                tuned = format!("{moved:.3}")
            ),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &*about));
        let response = response.on_hover_text(&*about);
        if response.hovered() {
            view.cursor.hover_layer(name.clone());
        }
        if response.clicked() {
            view.cursor.layer.clone_from(name);
        }
    }
}
