//! Loss and error against steps.

use eframe::egui::{Align, Label, Layout, Slider, Ui, UiBuilder, vec2};
use serde::{Deserialize, Serialize};

use super::chart::{Chart, Curve};
use super::pane::{Pane, View};
use super::series::{Smoother, sample};
use super::story::{self, Cast};
use super::widgets::short;
use super::{Scene, line_style, theme};
use crate::export::Kind;
use crate::net::Spec;
use crate::run::Series;

/// How curves are shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Curves {
    /// Steps that are averaged over.
    pub window: f32,
    /// Logarithmic loss axis.
    pub log: bool,
    #[serde(skip)]
    loss: Vec<Smoother>,
    #[serde(skip)]
    error: Vec<Smoother>,
}

impl Default for Curves {
    fn default() -> Self {
        Self {
            window: 20.0,
            log: true,
            loss: Vec::new(),
            error: Vec::new(),
        }
    }
}

impl Pane for Curves {
    const TITLE: &'static str = "Curves";
    const HINT: &'static str = "Loss and error against training steps";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let all = ui.available_rect_before_wrap();
        let (mut first, mut second) = if all.width() > 1.4 * all.height() {
            all.split_left_right_at_fraction(0.5)
        } else {
            all.split_top_bottom_at_fraction(0.5)
        };
        (first.max, second.min) = (first.max - vec2(4.0, 4.0), second.min + vec2(4.0, 4.0));
        ui.scope_builder(UiBuilder::new().id_salt("loss").max_rect(first), |ui| {
            self.loss_ui(ui, view.scene);
        });
        ui.scope_builder(UiBuilder::new().id_salt("error").max_rect(second), |ui| {
            self.error_ui(ui, view.scene);
        });
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Loss)
    }
}

impl Curves {
    fn controls_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.spacing_mut().slider_width = (ui.available_width() - 190.0).clamp(48.0, 140.0);
            let slider = Slider::new(&mut self.window, 1.0..=200.0)
                .logarithmic(true)
                .integer()
                .show_value(false);
            let hint = "Smoothing: steps that are averaged over; the raw line stays, faint";
            let slider = ui.add(slider).on_hover_text(hint);
            let label = ui.label(theme::caption(format!("mean of {:.0} steps", self.window)));
            slider.labelled_by(label.id);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let log = theme::caption("log axis");
                ui.toggle_value(&mut self.log, log)
                    .on_hover_text("Logarithmic loss axis");
            });
        });
    }

    /// Draws minibatch training loss.
    fn loss_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        self.controls_ui(ui);
        let columns = columns(ui);
        self.loss.resize_with(scene.history.runs.len(), Smoother::default);
        let (window, smoothers) = (self.window, &mut self.loss);
        let curves = curves(ui, scene, |index, series| {
            loss_curve(series, &mut smoothers[index], window, columns)
        });
        let verdict = Cast::of(scene.history).and_then(|cast| story::degradation(&cast, None));
        if let Some(words) = &verdict
            && ui.available_height() > 220.0
        {
            ui.add(Label::new(theme::caption(words)).wrap());
        }
        let chart = Chart {
            id: "loss",
            x_label: "step",
            log: self.log,
            x: 0.0..scene.experiment.steps as f64,
            y: if self.log { 0.1..2.5 } else { 0.0..2.5 },
            spans: &[],
            interactive: true,
            summary: summary(scene, "training loss", Series::final_loss),
        };
        chart.show_ui(ui, &curves);
    }

    /// Draws minibatch training error as lines and test error as circles.
    fn error_ui(&mut self, ui: &mut Ui, scene: Scene<'_>) {
        let legend = theme::caption("lines: training minibatch; circles: test split; both with batch statistics");
        ui.add(Label::new(legend).truncate());
        let columns = columns(ui);
        self.error.resize_with(scene.history.runs.len(), Smoother::default);
        let (window, smoothers) = (self.window, &mut self.error);
        let percent = |points: Vec<[f64; 2]>| points.into_iter().map(|[x, y]| [x, 100.0 * y]).collect();
        let curves = curves(ui, scene, |index, series| {
            let smoothed = smoothers[index].update(&series.error, window);
            let dots = series
                .evaluated
                .iter()
                .map(|point| [point.step as f64, 100.0 * f64::from(point.error)]);
            Curve {
                raw: percent(sample(&series.steps, &series.error, columns)),
                line: percent(sample(&series.steps, smoothed, columns)),
                dots: dots.collect(),
                ..named(series)
            }
        });
        let chart = Chart {
            id: "error",
            x_label: "step",
            log: false,
            x: 0.0..scene.experiment.steps as f64,
            y: 0.0..100.0,
            spans: &[],
            interactive: true,
            summary: summary(scene, "training error", Series::final_error),
        };
        chart.show_ui(ui, &curves);
    }
}

fn columns(ui: &Ui) -> usize {
    (ui.available_width() * ui.pixels_per_point()) as usize
}

fn named(series: &Series) -> Curve {
    Curve {
        name: series.track.name.clone(),
        label: series.track.name.clone(),
        ..Curve::default()
    }
}

/// Loss against steps: raw, smoothed over `window` steps, and the cross of a divergence.
pub fn loss_curve(series: &Series, smoother: &mut Smoother, window: f32, columns: usize) -> Curve {
    let line = sample(&series.steps, smoother.update(&series.loss, window), columns);
    let last_finite = || line.iter().rfind(|point| point[1].is_finite()).copied();
    Curve {
        raw: sample(&series.steps, &series.loss, columns),
        cross: series.diverged.and_then(|_| last_finite()),
        line,
        ..named(series)
    }
}

/// One curve a run; seeds of one net look the same, and only the first carries the name.
fn curves(ui: &Ui, scene: Scene<'_>, mut curve: impl FnMut(usize, &Series) -> Curve) -> Vec<Curve> {
    let runs = &scene.history.runs;
    let among: Vec<&Spec> = runs.iter().map(|series| &series.track.spec).collect();
    let mut drawn = Vec::new();
    for (index, series) in runs.iter().enumerate() {
        let (colour, width) = line_style(ui, &series.track.spec, &among);
        let mut curve = curve(index, series).drawn(colour, width);
        if runs[..index].iter().any(|other| other.track.name == series.track.name) {
            curve.label.clear();
        }
        if series.diverged.is_some() {
            curve.label.push_str(" diverged");
        }
        drawn.push(curve);
    }
    drawn
}

fn summary(scene: Scene<'_>, what: &str, value: impl Fn(&Series) -> Option<f32>) -> String {
    let ends: Vec<String> = scene
        .history
        .runs
        .iter()
        .filter_map(|series| Some(format!("{} {}", series.track.name, short(f64::from(value(series)?)))))
        .collect();
    if ends.is_empty() {
        return format!("Chart of {what} against steps, still empty");
    }
    format!("Chart of {what} against steps; now {}", ends.join(", "))
}
