//! The gradient slope: the norm of dL/d(activation) at each block, input at the left.

use std::ops::Range;

use eframe::egui::{Label, Ui};
use egui_plot::PlotPoint;
use serde::{Deserialize, Serialize};

use super::axis::Height;
use super::chart::{Across, Chart, Curve};
use super::pane::{Pane, View};
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
}

impl Pane for Slope {
    const TITLE: &'static str = "Gradient slope";
    const HINT: &'static str = "How strong the gradient is at each block, from the input to the output";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        slope_ui(ui, view.scene, &mut self.moment);
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Gradients)
    }
}

/// How the slope is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// The newest measurement of each run.
    #[default]
    Newest,
    /// Before the first step.
    Initialisation,
}

impl Moment {
    fn of(self, series: &Series) -> Option<&Measured> {
        match self {
            Moment::Newest => series.measured.last(),
            Moment::Initialisation => series.measured.first().filter(|measured| measured.step == 0),
        }
    }
}

/// Which moment is shown.
fn moment_ui(ui: &mut Ui, scene: Scene<'_>, moment: &mut Moment) {
    let newest = scene
        .history
        .runs
        .iter()
        .filter_map(|series| Some(series.measured.last()?.step))
        .max();
    let newest = newest.map_or("newest".into(), |step| format!("step {step}"));
    ui.horizontal(|ui| {
        for (value, words, hint) in [
            (Moment::Newest, newest.as_str(), "The newest measurement"),
            (Moment::Initialisation, "start", "At the initial weights"),
        ] {
            ui.selectable_value(moment, value, theme::caption(words))
                .on_hover_text(hint);
        }
        let words = "norm of dL/d(block output)";
        ui.add(Label::new(theme::caption(words)).truncate());
    });
}

/// Draws the slope of every run.
fn slope_ui(ui: &mut Ui, scene: Scene<'_>, moment: &mut Moment) {
    moment_ui(ui, scene, moment);
    let moment = *moment;
    let runs = &scene.history.runs;
    let among: Vec<&Spec> = runs.iter().map(|series| &series.track.spec).collect();
    let deepest = among.iter().map(|spec| 3 * spec.blocks_per_stage()).max().unwrap_or(1);
    let one_depth = among.iter().all(|spec| 3 * spec.blocks_per_stage() == deepest);
    let height = Height { log: true, factor: 1.0 };
    let mut curves = Vec::new();
    for (index, series) in runs.iter().enumerate() {
        let Some(measured) = moment.of(series) else { continue };
        let (colour, width) = line_style(ui, &series.track.spec, &among);
        let norms = &measured.norms.activation;
        let stretch = deepest as f64 / norms.len().saturating_sub(1).max(1) as f64;
        let points: Vec<[f64; 2]> = norms
            .iter()
            .enumerate()
            .map(|(block, &norm)| [block as f64, f64::from(norm)])
            .collect();
        let line: Vec<[f64; 2]> = points.iter().map(|&[block, norm]| [block * stretch, norm]).collect();
        let name = series.track.name.clone();
        let label = match slope_factor(&points) {
            _ if runs[..index].iter().any(|other| other.track.name == name) => String::new(),
            Some(factor) if !series.track.spec.residual() => format!("{name} ×{} a block", short(factor)),
            _ => name.clone(),
        };
        let placed = line.iter().map(|&[x, norm]| PlotPoint::new(x, height.place(norm)));
        curves.push(Curve {
            name,
            label,
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
            (edge(stage)..edge(stage + 1), format!("stage {}", stage + 1))
        })
        .collect();
    let x_label = if one_depth {
        "block, input at the left"
    } else {
        "input to output, in blocks of the deepest net"
    };
    let chart = Chart {
        id: "slope",
        x_label,
        across: Across::Count,
        height,
        x: 0.0..deepest as f64,
        y: -1.0..0.0,
        spans: &spans,
        bracket: None,
        interactive: true,
        summary: summary(scene, moment),
    };
    chart.show_ui(ui, &curves, None);
}

fn summary(scene: Scene<'_>, moment: Moment) -> String {
    let slopes: Vec<String> = scene
        .history
        .runs
        .iter()
        .filter_map(|series| {
            let norms = &moment.of(series)?.norms.activation;
            let (first, last) = (f64::from(*norms.get(1)?), f64::from(*norms.last()?));
            Some(format!(
                "{}: first block {}, last block {}",
                series.track.name,
                short(first),
                short(last)
            ))
        })
        .collect();
    format!("Gradient norms by block. {}", slopes.join("; "))
}
