//! The chart of the first minute.

use eframe::egui::{Rect, Ui, UiBuilder};
use egui_plot::PlotPoint;
use rust_i18n::t;

use crate::run::{LAST, Series};
use crate::ui::axis::{Height, Time};
use crate::ui::chart::{Across, Chart, Curve};
use crate::ui::chart_names::Naming;
use crate::ui::series::{Grid, pieces};
use crate::ui::story::{Cast, Stage};
use crate::ui::traces::Trace;
use crate::ui::widgets::{card_ui, header_ui, short};
use crate::ui::{Scene, line_style, theme};

/// Points of a curve that are worth drawing.
const COLUMNS: usize = 1024;

/// Draws the card with the chart; `words` are said beneath it.
pub fn chart_card_ui(ui: &mut Ui, rect: Rect, scene: Scene<'_>, stage: Stage, words: &str) {
    let steps = scene.experiment.steps as f64;
    let grid = Grid {
        time: Time::default(),
        height: Height { log: true, factor: 1.0 },
        range: [0.0, steps],
        columns: COLUMNS,
    };
    let drawn = curves(ui, scene, grid);
    let curves: Vec<Curve<'_>> = drawn
        .iter()
        .map(|(raw, curve)| Curve {
            raw: vec![raw],
            ..curve.clone()
        })
        .collect();
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let tag = |ui: &mut Ui| {
            if stage > Stage::Ask {
                ui.label(theme::caption(t!("measured")));
            }
        };
        card_ui(ui, false, |ui| {
            header_ui(ui, &t!("Training loss"), tag);
            let chart = Chart {
                id: "first minute",
                x_label: &t!("step"),
                across: Across::Time(grid.time),
                height: grid.height,
                x: 0.0..steps,
                y: grid.height.place(0.01)..grid.height.place(3.0),
                exact: false,
                spans: &[],
                bracket: None,
                naming: Naming::Whole,
                room: 0.0,
                point_name: None,
                focus: None,
                interactive: false,
                summary: summary(scene, words),
            };
            chart.show_ui(ui, &curves, None);
        });
    });
}

/// Each net's raw line and its curve.
fn curves(ui: &Ui, scene: Scene<'_>, grid: Grid) -> Vec<(Vec<PlotPoint>, Curve<'static>)> {
    let Some(cast) = Cast::of(scene.history) else {
        return Vec::new();
    };
    let plain = [&cast.shallow.track.spec, &cast.deep.track.spec];
    let mut curves = Vec::new();
    for series in [cast.shallow, cast.deep] {
        let (mut colour, width) = line_style(ui, &series.track.spec, &plain);
        if cast.twin.is_some() && std::ptr::eq(series, cast.deep) {
            colour = theme::ink(ui).faded;
        }
        curves.push((series, colour, width));
    }
    if let Some(twin) = cast.twin {
        let (colour, _) = line_style(ui, &twin.track.spec, &[&twin.track.spec]);
        curves.push((twin, colour, curves[1].2));
    }
    let curve = |(series, colour, width): (&Series, _, _)| {
        let mut trace = Trace::default();
        let lines = trace.update(&[series], |run| &run.loss, LAST, grid);
        let line = lines.line.to_vec();
        let cross = series.diverged.and_then(|_| pieces(&line).last()?.last().copied());
        let curve = Curve {
            name: series.track.name.clone(),
            label: series.track.name.clone(),
            colour,
            width,
            crosses: cross.into_iter().collect(),
            line: line.into(),
            ..Curve::default()
        };
        (lines.raw[0].to_vec(), curve)
    };
    curves.into_iter().map(curve).collect()
}

/// The curves in `words`, for who does not see them.
fn summary(scene: Scene<'_>, words: &str) -> String {
    let ends: Vec<String> = scene
        .history
        .runs
        .iter()
        .filter_map(|series| {
            Some(format!(
                "{} {}",
                series.track.name,
                short(f64::from(series.final_loss()?))
            ))
        })
        .collect();
    if ends.is_empty() {
        t!("Empty chart of training loss against steps").into()
    } else {
        let ends = t!("Training loss now: %{ends}", ends = ends.join(", "));
        format!("{ends}. {words}")
    }
}
