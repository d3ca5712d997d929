//! The gradient slope: the norm of dL/d(activation) at each block, input at the left.

use std::ops::Range;

use eframe::egui::{Label, Ui, vec2};
use egui_plot::PlotPoint;
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::axis::Height;
use super::chart::{Across, Chart, Curve};
use super::cursor::Cursor;
use super::gradients::{Quantity, measured_at, scale};
use super::pane::{Pane, View};
use super::theme::GRID;
use super::widgets::short;
use super::{Scene, line_style, theme};
use crate::export::Kind;
use crate::net::Spec;
use crate::run::{Measured, Series, slope_factor};

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Slope {
    pub moment: Moment,
    pub quantity: Quantity,
    /// The scale covers the whole training, so that moments compare.
    pub fixed: bool,
}

impl Pane for Slope {
    const TITLE: &'static str = "Gradient slope";
    const HINT: &'static str = "How strong the gradient is at each block, from the input to the output";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        if !theme::lecture(ui) {
            self.controls_ui(ui, view);
        }
        ui.add(Label::new(theme::caption(self.quantity.title())).truncate());
        self.chart_ui(ui, view);
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Gradients)
    }
}

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
    fn of<'a>(self, series: &'a Series, cursor: &Cursor) -> Option<&'a Measured> {
        match self {
            Moment::Cursor => measured_at(series, cursor.step),
            Moment::Initialisation => series.measured.first().filter(|measured| measured.step == 0),
        }
    }
}

impl Slope {
    fn controls_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let runs = &view.scene.history.runs;
        let newest = runs
            .iter()
            .filter_map(|series| Some(measured_at(series, view.cursor.step)?.step))
            .max();
        let newest = newest.map_or(t!("newest"), |step| t!("step %{step}", step = step));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            for (value, words, hint) in [
                (
                    Moment::Cursor,
                    newest,
                    t!("The measurement at the cursor, or the newest"),
                ),
                (Moment::Initialisation, t!("start"), t!("At the initial weights")),
            ] {
                ui.selectable_value(&mut self.moment, value, theme::caption(words))
                    .on_hover_text(hint);
            }
            ui.add_space(GRID);
            for quantity in Quantity::ALL {
                ui.selectable_value(&mut self.quantity, quantity, theme::caption(quantity.word()))
                    .on_hover_text(quantity.title());
            }
            ui.add_space(GRID);
            ui.toggle_value(&mut self.fixed, theme::caption(t!("one scale")))
                .on_hover_text(t!(
                    "The axis covers the whole training of every net, so that moments compare"
                ));
        });
    }

    fn chart_ui(&self, ui: &mut Ui, view: &mut View<'_>) {
        let (quantity, scene) = (self.quantity, view.scene);
        let runs = &scene.history.runs;
        let among: Vec<&Spec> = runs.iter().map(|series| &series.track.spec).collect();
        let last = |spec: &Spec| match quantity {
            Quantity::Activation => 3 * spec.blocks_per_stage(),
            Quantity::Weight => quantity.names(spec).len().saturating_sub(1),
        };
        let deepest = among.iter().map(|spec| last(spec)).max().unwrap_or(1).max(1);
        let one_depth = among.iter().all(|spec| last(spec) == deepest);
        let mut curves = Vec::new();
        for (index, series) in runs.iter().enumerate() {
            let Some(measured) = self.moment.of(series, view.cursor) else {
                continue;
            };
            let (colour, width) = line_style(ui, &series.track.spec, &among);
            let norms = quantity.of(measured);
            let stretch = deepest as f64 / norms.len().saturating_sub(1).max(1) as f64;
            let points: Vec<[f64; 2]> = norms
                .iter()
                .enumerate()
                .map(|(block, &norm)| [block as f64, f64::from(norm)])
                .collect();
            let named = runs[..index].iter().any(|other| other.track.name == series.track.name);
            let plain = quantity == Quantity::Activation && !series.track.spec.residual();
            let placed = points
                .iter()
                .map(|&[block, norm]| PlotPoint::new(block * stretch, HEIGHT.place(norm)));
            curves.push(Curve {
                name: series.track.name.clone(),
                label: if named {
                    String::new()
                } else {
                    series.track.name.clone()
                },
                detail: match slope_factor(&points) {
                    Some(factor) if plain && !named => t!("×%{factor} a block", factor = short(factor)).into(),
                    _ => String::new(),
                },
                colour,
                width,
                dots: norms.len() < 40,
                line: placed.collect::<Vec<_>>().into(),
                ..Curve::default()
            });
        }
        let spans: Vec<(Range<f64>, String)> = (0..3)
            .map(|stage| {
                let edge = |stage: usize| (stage * deepest) as f64 / 3.0;
                (
                    edge(stage)..edge(stage + 1),
                    t!("stage %{number}", number = stage + 1).into(),
                )
            })
            .collect();
        let x_label = match (quantity, one_depth) {
            (Quantity::Activation, true) => t!("block, input at the left"),
            (Quantity::Weight, true) => t!("layer, input at the left"),
            (_, false) => t!("input to output, every net over the full width"),
        };
        let every = || {
            let measured = runs.iter().flat_map(|series| &series.measured);
            scale(measured.flat_map(|measured| quantity.of(measured)), false)
        };
        let [low, high] = self.fixed.then(every).flatten().unwrap_or([-1.0, 0.0]);
        let chart = Chart {
            id: "slope",
            x_label: &x_label,
            across: Across::Count,
            height: HEIGHT,
            x: 0.0..deepest as f64,
            y: low..high,
            spans: &spans,
            bracket: None,
            interactive: true,
            summary: summary(scene, self, view.cursor),
        };
        chart.show_ui(ui, &curves, None);
    }
}

const HEIGHT: Height = Height { log: true, factor: 1.0 };

fn summary(scene: Scene<'_>, slope: &Slope, cursor: &Cursor) -> String {
    let slopes: Vec<String> = scene
        .history
        .runs
        .iter()
        .filter_map(|series| {
            let norms = slope.quantity.of(slope.moment.of(series, cursor)?);
            let (first, last) = (f64::from(*norms.get(1)?), f64::from(*norms.last()?));
            let name = &series.track.name;
            let words = t!(
                "%{net}: first block %{first}, last block %{last}",
                net = name,
                first = short(first),
                last = short(last)
            );
            Some(words.into())
        })
        .collect();
    t!("Gradient norms by block. %{slopes}", slopes = slopes.join("; ")).into()
}
