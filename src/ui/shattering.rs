//! The shattering meter: how much the gradients of neighbouring inputs have to do with each other, against white and brown
//! noise.

use std::ops::Range;

use eframe::egui::{self, Ui};
use egui_plot::PlotPoint;
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::axis::Height;
use super::chart::{Across, Chart, Curve};
use super::chart_names::Naming;
use super::choice::choice_ui;
use super::empty::Empty;
use super::net_name::net_line_ui;
use super::outlook::takes;
use super::pane::{Pane, View};
use super::theme;
use super::traces::groups;
use super::widgets::grouped;
use super::work::{button_ui, named, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::Spec;
use crate::probe::Shattering as Found;
use crate::run::amounts::decimals;
use crate::run::{Command, Question, Series};

const HEIGHT: Height = Height {
    log: false,
    factor: 1.0,
};

/// Least height of the chart above its legend, and beneath the sentences about each net.
const LEAST: f32 = 170.0;
const LOW: f32 = 130.0;

/// Images that a net is asked about: eight lines of 128.
const IMAGES: f64 = 8.0 * 128.0;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Shattering {
    /// At the initial weights, wherever the cursor is.
    at_start: bool,
}

impl Pane for Shattering {
    const TITLE: &'static str = "Shattering";
    const HINT: &'static str = "How alike the gradients of neighbouring inputs are, between white and brown noise";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let history = view.scene.history;
        let runs: Vec<&Series> = groups(history).iter().map(|group| group.runs[0]).collect();
        if runs.is_empty() {
            ui.label(theme::caption(t!("The meter works once the nets are built.")));
            return;
        }
        let at = if self.at_start { Some(0) } else { view.cursor.step };
        let mut working = false;
        let [text, hint] = about_measuring();
        ui.horizontal_wrapped(|ui| {
            let newest = runs
                .iter()
                .filter_map(|series| series.kept_at(view.cursor.step.unwrap_or(usize::MAX)))
                .max();
            let newest = newest.map_or(t!("newest"), |step| t!("step %{step}", step = grouped(step as u64)));
            let moments = [
                (false, newest, t!("The weights at the cursor, or the newest")),
                (true, t!("start"), t!("At the initial weights")),
            ];
            choice_ui(ui, &t!("Moment"), &mut self.at_start, &moments);
            working = work_ui(ui, view, |question| matches!(question, Question::Shattering { .. }));
            let shown = |series: &Series| {
                let findings = view.scene.findings;
                let (step, _) = findings.shattering_at(series.track.id, at.unwrap_or(usize::MAX))?;
                Some(step)
            };
            let known = runs.iter().any(|series| shown(series).is_some());
            let until = view.cursor.step.unwrap_or(usize::MAX);
            let measured_there = |series: &&Series| shown(series) >= series.kept_at(until);
            if known && !working && !self.at_start && !runs.iter().any(measured_there) {
                ui.label(theme::caption(t!("not measured at this moment yet")));
            }
            if known && !working && button_ui(ui, &text, &hint) {
                ask(&runs, at, view);
            }
        });
        let among = history.specs();
        let found: Vec<(&Series, usize, &Found)> = runs
            .iter()
            .filter_map(|series| {
                let known = view
                    .scene
                    .findings
                    .shattering_at(series.track.id, at.unwrap_or(usize::MAX));
                known.map(|(step, found)| (*series, step, found.as_ref()))
            })
            .collect();
        let lines: Vec<String> = found.iter().map(|(_, step, found)| sentence(*step, found)).collect();
        let written = found.iter().zip(&lines).map(|((series, ..), line)| {
            let words = format!("{}  {line}", series.track.name);
            theme::paragraph(ui, words, ui.available_width()).size().y + ui.spacing().item_spacing.y
        });
        // The chart says the same, and a low panel has room for one of them.
        if ui.available_height() - written.sum::<f32>() >= LOW {
            for ((series, ..), line) in found.iter().zip(&lines) {
                let (colour, _) = line_style(ui, &series.track.spec, &among);
                net_line_ui(ui, &series.track.name, colour, line);
            }
        }
        if found.is_empty() {
            let work: Vec<(&Spec, f64)> = among.iter().map(|&spec| (spec, IMAGES)).collect();
            let empty = Empty {
                shows: t!(
                    "How alike the gradients of neighbouring inputs are, net by net, between white noise (nothing in common) and brown noise (a smooth walk)."
                ),
                takes: takes(view, &work),
                button: text,
                hint,
            };
            if !working && empty.show_ui(ui) {
                ask(&runs, at, view);
            }
            return;
        }
        let legend = t!(
            "Gradients of the loss with respect to the pixels along lines of 128 inputs between two test images, batch statistics. After Balduzzi et al. (2017). That a net shatters does not say that this is why it fails."
        );
        let foot = theme::foot(ui, &legend, LEAST);
        let height = (ui.available_height() - foot).max(80.0);
        ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let title = theme::caption(t!("Autocorrelation of the input gradients"));
            ui.add(egui::Label::new(title).truncate());
            let focus = view.cursor.preview.run.clone();
            let pointed = chart_ui(ui, &found, &among, focus.as_deref());
            let pointed = pointed.filter(|name| runs.iter().any(|series| series.track.name == *name));
            view.cursor.point_at(ui, pointed);
        });
        if foot > 0.0 {
            ui.add(egui::Label::new(theme::caption(legend)).wrap());
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Shattering)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        let until = if self.at_start { Some(0) } else { view.cursor.step };
        let found = |series: &Series| {
            let findings = view.scene.findings;
            findings
                .shattering_at(series.track.id, until.unwrap_or(usize::MAX))
                .is_some()
        };
        view.scene.history.runs.iter().any(found)
    }
}

fn about_measuring() -> [std::borrow::Cow<'static, str>; 2] {
    [
        t!("Measure every net"),
        t!("Asks each net for its gradients along lines from one test image to another"),
    ]
}

fn ask(runs: &[&Series], at: Option<usize>, view: &mut View<'_>) {
    for series in runs {
        let step = at.and_then(|step| series.kept_at(step));
        let run = series.track.id;
        view.actions
            .push(Action::Send(Command::Ask(Question::Shattering { run, step })));
    }
}

fn sentence(step: usize, found: &Found) -> String {
    let number = |value: Option<f32>| value.map_or("–".into(), hundredths);
    t!(
        "at step %{step}: neighbours %{neighbours}, mean cosine %{cosine}; over all distances %{meter} on the way from white to brown noise",
        step = step,
        neighbours = number(found.neighbours()),
        cosine = number(Some(found.net.cosine)),
        meter = number(found.meter())
    )
    .into_owned()
}

fn hundredths(value: f32) -> String {
    decimals(value.into(), 2)
}

fn chart_ui(ui: &mut Ui, found: &[(&Series, usize, &Found)], among: &[&Spec], focus: Option<&str>) -> Option<String> {
    let ink = theme::ink(ui);
    let line = |by_lag: &[f32]| -> Vec<PlotPoint> {
        let values = by_lag.iter().enumerate();
        values
            .map(|(lag, &value)| PlotPoint::new(lag as f64, f64::from(value)))
            .collect()
    };
    let mut curves = Vec::new();
    if let Some((.., first)) = found.first() {
        for (noise, label) in [(&first.white, t!("white noise")), (&first.brown, t!("brown noise"))] {
            curves.push(Curve {
                name: label.clone().into_owned(),
                label: label.into_owned(),
                colour: ink.weak,
                width: 1.5,
                dashed: true,
                line: line(&noise.by_lag).into(),
                ..Curve::default()
            });
        }
    }
    for (series, _, found) in found {
        let (colour, width) = line_style(ui, &series.track.spec, among);
        curves.push(Curve {
            name: series.track.name.clone(),
            label: series.track.name.clone(),
            colour,
            width,
            line: line(&found.net.by_lag).into(),
            ..Curve::default()
        });
    }
    let lags = found
        .iter()
        .map(|(.., found)| found.net.by_lag.len())
        .max()
        .unwrap_or(0);
    let spans: [(Range<f64>, String); 0] = [];
    let spoken: Vec<String> = found
        .iter()
        .map(|(series, step, found)| named(&series.track.name, &sentence(*step, found)))
        .collect();
    Chart {
        id: "shattering",
        x_label: &t!("steps between two inputs"),
        across: Across::Count,
        height: HEIGHT,
        x: 0.0..lags.saturating_sub(1).max(1) as f64,
        y: 0.0..1.0,
        exact: false,
        spans: &spans,
        bracket: None,
        naming: Naming::Whole,
        room: 0.0,
        point_name: None,
        focus,
        interactive: true,
        summary: t!("Autocorrelation of input gradients. %{nets}", nets = spoken.join("; ")).into_owned(),
    }
    .show_ui(ui, &curves, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_negative_zero() {
        assert_eq!([0.116, -0.002, -0.5].map(hundredths), ["0.12", "0.00", "\u{2212}0.50"]);
    }
}
