//! The gradient slope: the norm of dL/d(activation) at each block, input at the left.

use std::borrow::Cow;
use std::ops::Range;

use eframe::egui::{Label, Ui, vec2};
use egui_plot::PlotPoint;
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::axis::Height;
use super::chart::{Across, Chart, Curve};
use super::chart_names::{Naming, crowded, has_room_for_details};
use super::cursor::{Cursor, find};
use super::depths::Depths;
use super::pane::{Pane, View};
use super::traces::{Group, groups, has_seeds, repeats};
use super::widgets::{folded_ui, grouped, list_ui, short};
use super::{Scene, line_style, theme};
use crate::export::Kind;
use crate::net::Spec;
use crate::run::{Findings, Gradient, History, Measured, Series, over_seeds, scale, slope_factor};

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Slope {
    pub moment: Moment,
    pub quantity: Gradient,
    /// The scale covers the whole training, so that moments compare.
    pub fixed: bool,
    /// The scale leaves out the outermost fiftieths.
    pub robust: bool,
    /// Name of the net that all others are divided by; empty shows each as it is.
    pub over: String,
    /// Of nets at another depth, before their first step.
    #[serde(skip)]
    depths: Depths,
}

impl Pane for Slope {
    const TITLE: &'static str = "Gradient slope";
    const HINT: &'static str = "How strong the gradient is at each block, from the input to the output";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        if !theme::bare(ui) {
            self.controls_ui(ui, view);
        }
        if self.moment == Moment::Initialisation {
            self.depths.ask(view);
        }
        let elsewhere = self.elsewhere(view.scene.findings, view.scene.history);
        let own = view.scene.history;
        let history = elsewhere.as_ref().unwrap_or(own);
        let over = match &elsewhere {
            Some(_) if self.depths.is_one(own) => String::new(),
            Some(elsewhere) => Depths::renamed(own, elsewhere, &self.over).unwrap_or_default(),
            None => self.over.clone(),
        };
        let shown = Self { over, ..self.clone() };
        let mut view = View {
            scene: Scene { history, ..view.scene },
            cursor: view.cursor,
            actions: view.actions,
            ..*view
        };
        shown.chart_ui(ui, &mut view, elsewhere.is_some());
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Gradients)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        view.scene.history.runs.iter().any(|series| !series.measured.is_empty())
    }

    fn restart(&mut self) {
        self.depths = Depths::default();
    }
}

/// Height and width of a panel in which the quantities are among the options, and width of one in which the scales are.
const LITTLE: f32 = 230.0;
const QUANTITIES_ROOM: f32 = 440.0;
const SCALES_ROOM: f32 = 590.0;
/// Share of a panel's width in which names with their factors have room.
const LINES: f32 = 0.8;
/// Width of the slider of depths with its words.
const SLIDER_ROOM: f32 = 170.0;

/// Which moment is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// Where the cursor is; live, the newest measurement of each run.
    #[default]
    Cursor,
    /// Before the first step.
    Initialisation,
}

impl Moment {
    fn of<'a>(self, series: &'a Series, quantity: Gradient, cursor: &Cursor) -> Option<&'a Measured> {
        match self {
            Moment::Cursor => quantity.at(series, cursor.step),
            Moment::Initialisation => quantity.at(series, Some(0)),
        }
    }
}

impl Slope {
    /// The nets at another depth than their own, where such are shown.
    pub fn elsewhere(&self, findings: &Findings, history: &History) -> Option<History> {
        let initial = self.moment == Moment::Initialisation;
        initial.then(|| self.depths.history(findings, history)).flatten()
    }

    fn controls_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let newest = self
            .newest(view)
            .map_or(t!("newest"), |step| t!("step %{step}", step = step));
        let slider = match self.moment {
            Moment::Cursor => 0.0,
            Moment::Initialisation => SLIDER_ROOM,
        };
        let room = ui.available_width() - slider;
        let cramped = ui.available_height() < LITTLE || room < QUANTITIES_ROOM;
        let narrow = room < SCALES_ROOM;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            for (value, words, hint) in [
                (
                    Moment::Cursor,
                    newest,
                    t!("The measurement at the cursor, or the newest"),
                ),
                (Moment::Initialisation, t!("start"), t!("At the initial weights")),
            ] {
                let button = ui.selectable_value(&mut self.moment, value, theme::caption(words));
                if button.on_hover_text(hint).clicked() {
                    self.depths.leave();
                }
            }
            if self.moment == Moment::Initialisation {
                self.depths.slider_ui(ui, view.scene.history);
            }
            if !cramped {
                self.quantity_ui(ui);
            }
            folded_ui(ui, cramped || narrow, |ui| {
                if cramped {
                    self.quantity_ui(ui);
                }
                self.scales_ui(ui, view.scene);
            });
        });
    }

    /// The step of the newest measurement that the cursor reaches; runs opened to compare have theirs.
    fn newest(&self, view: &View<'_>) -> Option<usize> {
        let trained = view.scene.history.trained().iter();
        let steps = trained.filter_map(|series| Some(self.quantity.at(series, view.cursor.step)?.step));
        steps.max()
    }

    fn quantity_ui(&mut self, ui: &mut Ui) {
        for quantity in Gradient::ALL {
            ui.selectable_value(&mut self.quantity, quantity, theme::caption(quantity.word()))
                .on_hover_text(quantity.title());
        }
    }

    fn scales_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        ui.toggle_value(&mut self.fixed, theme::caption(t!("one scale")))
            .on_hover_text(t!(
                "The axis covers the whole training of every net, so that moments compare"
            ));
        ui.toggle_value(&mut self.robust, theme::caption(t!("robust")))
            .on_hover_text(t!("The scale leaves out the lowest and the highest fiftieth"));
        self.over_ui(ui, scene);
    }

    /// What the axis shows, and how many norms lie beyond it.
    fn title_ui(&self, ui: &mut Ui, view: &View<'_>, beyond: [usize; 2], elsewhere: bool) {
        let history = view.scene.history;
        let reference = self.reference(history);
        let mut title = match reference {
            Some(over) => t!(
                "%{quantity}, as a multiple of %{net}'s",
                quantity = self.quantity.title(),
                net = over.track.name
            ),
            None => self.quantity.title(),
        };
        let other = |over: &Series| {
            groups(history)
                .iter()
                .any(|group| group.runs[0].track.spec.depth != over.track.spec.depth)
        };
        if reference.is_some_and(other) {
            title = t!("%{title}; nets of other depths are left out", title = title);
        }
        if elsewhere {
            title = t!("%{title}; at another depth, before the first step", title = title);
        }
        if has_seeds(history) {
            title = t!("%{title}; mean over seeds, band: lowest to highest", title = title);
        }
        let [count, all] = beyond;
        if count > 0 {
            title = t!(
                "%{title}; %{count} of %{all} norms lie beyond this scale",
                title = title,
                count = count,
                all = all
            );
        }
        let hint = [title.as_ref(), &about_factors()].join("\n");
        let label = Label::new(theme::caption(title)).truncate();
        ui.add(label.show_tooltip_when_elided(false)).on_hover_text(hint);
    }

    /// The choice of the net that the others are divided by.
    fn over_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        ui.spacing_mut().combo_width = 56.0;
        let none = t!("as it is");
        let one = self.moment == Moment::Initialisation && self.depths.is_one(scene.history);
        let chosen = self.reference(scene.history).filter(|_| !one);
        let chosen = chosen.map(|run| run.track.name.clone());
        let words = match &chosen {
            Some(name) => t!("over %{net}", net = name),
            None => none.clone(),
        };
        let hint = t!(
            "Every net's norms as they are, or divided by one net's, block by block: the difference of two runs on this scale"
        );
        ui.add_enabled_ui(!one, |ui| {
            list_ui(ui, &t!("Ratio"), &words, &hint, |ui| {
                ui.selectable_value(&mut self.over, String::new(), none);
                for group in groups(scene.history) {
                    let words = t!("over %{net}", net = group.name);
                    ui.selectable_value(&mut self.over, group.name.to_owned(), words);
                }
            });
        });
    }

    /// The net that the others are divided by.
    fn reference<'a>(&self, history: &'a History) -> Option<&'a Series> {
        find(history, &self.over)
    }

    /// Mean, lowest and highest over a net's seeds of the norms at the moment shown, each divided by the reference's of
    /// the same seed where there is one; nothing where the two do not have as many.
    fn norms(&self, group: &Group<'_>, view: &View<'_>) -> Option<Vec<[f64; 3]>> {
        let seeds: Vec<Vec<f64>> = group.runs.iter().filter_map(|run| self.of_run(run, view)).collect();
        let count = seeds.first()?.len();
        let over = |block: usize| over_seeds(seeds.iter().filter_map(move |norms| norms.get(block).copied()));
        Some((0..count).map(over).collect())
    }

    fn of_run(&self, series: &Series, view: &View<'_>) -> Option<Vec<f64>> {
        let of = |series: &Series| -> Option<Vec<f64>> {
            let measured = self.moment.of(series, self.quantity, view.cursor)?;
            Some(self.quantity.of(measured).iter().map(|&norm| f64::from(norm)).collect())
        };
        let mut norms: Vec<f64> = of(series)?;
        let history = view.scene.history;
        if let Some(first) = self.reference(history) {
            let (name, seed) = (&first.track.name, series.track.seed);
            let mut others = history.runs.iter().filter(|run| run.track.name == *name);
            let below: Vec<f64> = of(others.find(|run| run.track.seed == seed).unwrap_or(first))?;
            if below.len() != norms.len() {
                return None;
            }
            norms.iter_mut().zip(below).for_each(|(norm, below)| *norm /= below);
        }
        Some(norms)
    }

    fn chart_ui(&self, ui: &mut Ui, view: &mut View<'_>, elsewhere: bool) {
        let (quantity, scene) = (self.quantity, view.scene);
        let nets = groups(scene.history);
        let among = scene.history.specs();
        let last = |spec: &Spec| match quantity {
            Gradient::Activation => 3 * spec.blocks_per_stage(),
            Gradient::Weight | Gradient::Ratio => quantity.names(spec).len().saturating_sub(1),
        };
        let deepest = among.iter().map(|spec| last(spec)).max().unwrap_or(1).max(1);
        let one_depth = among.iter().all(|spec| last(spec) == deepest);
        let (across, end) = match one_depth {
            true => (Across::Count, deepest as f64),
            false => (Across::Share, 1.0),
        };
        let newest = self.newest(view);
        // Where a net was measured at another step than the one above the chart.
        let elsewhen = |net: &Group<'_>| {
            let measured = self.moment.of(net.runs[0], quantity, view.cursor)?.step;
            let other = self.moment == Moment::Cursor && Some(measured) != newest;
            other.then(|| t!("at step %{step}", step = grouped(measured as u64)))
        };
        let mut curves = Vec::new();
        for (index, net) in nets.iter().enumerate() {
            let Some(norms) = self.norms(net, view) else {
                continue;
            };
            let spec = &net.runs[0].track.spec;
            let (colour, width) = line_style(ui, spec, &among);
            let stretch = end / norms.len().saturating_sub(1).max(1) as f64;
            let blocks = || (0u32..).map(f64::from).zip(&norms);
            let means: Vec<[f64; 2]> = blocks().map(|(block, norm)| [block, norm[0]]).collect();
            let factored = quantity == Gradient::Activation && !spec.residual() && self.over.is_empty();
            let place = |part: usize| -> Vec<PlotPoint> {
                blocks()
                    .map(|(block, norm)| PlotPoint::new(block * stretch, HEIGHT.place(norm[part])))
                    .collect()
            };
            let factor = slope_factor(&means).filter(|_| factored);
            let factor = factor.map(|factor| t!("×%{factor} a block", factor = short(factor)));
            let parts: Vec<_> = [factor, elsewhen(net)].into_iter().flatten().collect();
            curves.push(Curve {
                name: net.name.to_owned(),
                label: net.name.to_owned(),
                detail: parts.join(&t!(", ")),
                colour,
                width,
                dashed: repeats(&nets, index),
                dots: norms.len() < 40,
                line: place(0).into(),
                band: match net.runs.len() {
                    1 => Default::default(),
                    _ => [place(1).into(), place(2).into()],
                },
                ..Curve::default()
            });
        }
        reach_down(&mut curves);
        let spans: Vec<(Range<f64>, String)> = (0..3)
            .map(|stage| {
                let edge = |stage: usize| stage as f64 * end / 3.0;
                (
                    edge(stage)..edge(stage + 1),
                    t!("stage %{number}", number = stage + 1).into(),
                )
            })
            .collect();
        let x_label = match (quantity, one_depth) {
            (Gradient::Activation, true) => t!("block, input at the left"),
            (Gradient::Weight | Gradient::Ratio, true) => t!("layer, input at the left"),
            (_, false) => t!("place in the net, input at the left"),
        };
        let [low, high] = self.range(view, &curves);
        let focus = view.cursor.preview.run.clone();
        let point = |name: &str, place: usize| {
            let net = nets.iter().find(|net| net.name == name);
            net.map_or_else(String::new, |net| {
                let name = point_name(quantity, &net.runs[0].track.spec, place);
                [Some(name.into()), elsewhen(net)]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(&t!(", "))
            })
        };
        // The lines keep half of a narrow panel.
        let named = |curve: &Curve<'_>| (curve.label.clone(), curve.detail.clone());
        let naming = match has_room_for_details(ui, LINES * ui.available_width(), curves.iter().map(named)) {
            true => Naming::Whole,
            false => Naming::Bare,
        };
        let chart = Chart {
            id: "slope",
            x_label: &x_label,
            across,
            height: HEIGHT,
            x: 0.0..end,
            y: low..high,
            exact: self.robust,
            spans: &spans,
            bracket: None,
            naming,
            room: 0.0,
            point_name: Some(&point),
            focus: focus.as_deref(),
            interactive: true,
            summary: self.summary(view),
        };
        let title = theme::paragraph(ui, " ".into(), f32::INFINITY).size().y + ui.spacing().item_spacing.y;
        // Above the lines, names stand with their factors.
        let labels = curves.iter().map(|curve| curve.label.as_str());
        let above = crowded(ui, ui.available_size() - vec2(0.0, title), labels);
        let legend = legend(&curves, naming == Naming::Bare && !above);
        let foot = match legend.is_empty() {
            true => 0.0,
            false => theme::foot(ui, &legend, ROOMY + title),
        };
        let room = ui.available_height() - foot - title;
        let [low, high] = chart.heights(&curves, &(0.0..end), room);
        let places = || curves.iter().flat_map(|curve| curve.line.iter().map(|point| point.y));
        let beyond = places().filter(|y| self.robust && !(low..=high).contains(y)).count();
        self.title_ui(ui, view, [beyond, places().count()], elsewhere);
        let size = ui.available_size() - vec2(0.0, foot);
        let pointed = ui.allocate_ui(size, |ui| chart.show_ui(ui, &curves, None)).inner;
        view.cursor.point_at(ui, pointed);
        if foot > 0.0 {
            ui.add(Label::new(theme::caption(legend)).wrap());
        }
    }

    /// Heights that the axis shows, decimal logarithms: of what is shown, or of the whole training of every net.
    fn range(&self, view: &View<'_>, curves: &[Curve<'_>]) -> [f64; 2] {
        let history = view.scene.history;
        let shown = || {
            let logs = curves.iter().flat_map(|curve| curve.line.iter());
            scale(logs.map(|point| HEIGHT.value(point.y) as f32), true)
        };
        let range = match (self.fixed && self.over.is_empty(), self.robust) {
            (true, robust) => self.quantity.scale(history, robust),
            (false, true) => shown(),
            (false, false) => None,
        };
        range.unwrap_or([-1.0, 0.0])
    }
}

/// Bands whose lowest seed is 0, which a logarithm cannot show, go down to the lowest that is shown.
fn reach_down(curves: &mut [Curve<'_>]) {
    let points = curves.iter().flat_map(|curve| curve.line.iter().chain(&*curve.band[0]));
    let heights = points.map(|point| point.y).filter(|y| y.is_finite());
    let lowest = heights.fold(f64::INFINITY, f64::min);
    for curve in curves {
        let [lower, upper] = &mut curve.band;
        let open = lower.to_mut().iter_mut().zip(upper.iter());
        let open = open.filter(|(low, high)| !low.y.is_finite() && high.y.is_finite());
        open.for_each(|(low, _)| low.y = lowest);
    }
}

/// What a point of a net's line is called; that of the stem's activation by what it is.
fn point_name(quantity: Gradient, spec: &Spec, place: usize) -> String {
    match (quantity, place) {
        (Gradient::Activation, 0) => t!("stem").into(),
        _ => quantity.names(spec).into_iter().nth(place).unwrap_or_default(),
    }
}

/// What stands after the names of plain nets.
fn about_factors() -> Cow<'static, str> {
    t!(
        "× a block: what the norm is multiplied by from one block of a plain net to the one before it, where a steady factor explains four fifths of its course"
    )
}

/// What the factors are, with those that have no room beside their nets' names; nothing where there are none.
fn legend(curves: &[Curve<'_>], homeless: bool) -> String {
    let factored = curves.iter().filter(|curve| !curve.detail.is_empty());
    let factors: Vec<String> = factored
        .map(|curve| [&*curve.label, &*curve.detail].join(" "))
        .collect();
    match (factors.is_empty(), homeless) {
        (true, _) => String::new(),
        (false, true) => [factors.join("; ").as_str(), &about_factors()].join("\n"),
        (false, false) => about_factors().into_owned(),
    }
}

/// Height of a chart that leaves room for a sentence beneath it.
const ROOMY: f32 = 300.0;

const HEIGHT: Height = Height { log: true, factor: 1.0 };

impl Slope {
    fn summary(&self, view: &View<'_>) -> String {
        let slope = |net: &Group<'_>| {
            let norms = self.norms(net, view)?;
            let [first, last] = [norms.get(1)?, norms.last()?].map(|norm| short(norm[0]));
            Some(
                t!(
                    "%{net}: first block %{first}, last block %{last}",
                    net = net.name,
                    first = first,
                    last = last
                )
                .into_owned(),
            )
        };
        let slopes: Vec<String> = groups(view.scene.history).iter().filter_map(slope).collect();
        t!("Gradient norms by block. %{slopes}", slopes = slopes.join("; ")).into_owned()
    }
}
