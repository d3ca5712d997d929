//! The training losses of the listed runs in one chart, where the table leaves room for it.

use eframe::egui::{Color32, Ui};
use egui_plot::PlotPoint;
use rust_i18n::t;

use crate::run::shelf::{Item, Line};
use crate::ui::axis::{Height, Time};
use crate::ui::chart::{Across, Chart, Curve};
use crate::ui::chart_names::Naming;
use crate::ui::theme;
use crate::ui::work::named;

const HEIGHT: Height = Height { log: true, factor: 1.0 };
/// Lines that can be told apart.
const MOST: usize = 10;

/// Draws the first runs of the list into all the space there is; answers with the one that the pointer is at.
pub fn curves_ui<'a>(
    ui: &mut Ui,
    lines: impl Iterator<Item = (Line<'a>, (Color32, f32))>,
    focus: Option<&str>,
) -> Option<String> {
    let (mut end, mut more) = (1, false);
    let mut curves: Vec<Curve<'_>> = Vec::new();
    let mut drawn: Vec<&Item> = Vec::new();
    for (line, (colour, width)) in lines {
        let losses = line.sketch();
        if losses.len() < 2 {
            continue;
        }
        if curves.len() == MOST {
            more = true;
            break;
        }
        drawn.push(line.item);
        end = end.max(line.steps());
        let from = line.from() as f64;
        // A mean stands at the last of its steps.
        let each = (line.steps() as f64 - from) / losses.len() as f64;
        let points = (1u32..).map(f64::from).zip(&losses);
        let points = points.map(|(at, &loss)| PlotPoint::new(from + at * each, HEIGHT.place(loss.into())));
        curves.push(Curve {
            name: line.name(),
            label: line.item.title(),
            colour,
            width,
            line: points.collect::<Vec<_>>().into(),
            dashed: from > 0.0,
            ..Curve::default()
        });
    }
    if curves.is_empty() {
        return None;
    }
    for (curve, item) in curves.iter_mut().zip(&drawn) {
        curve.detail = apart(item, &drawn);
    }
    // What is hidden lies beneath all others.
    let (hidden, shown): (Vec<_>, Vec<_>) = curves.into_iter().zip(&drawn).partition(|(_, item)| item.mark.hidden);
    let curves: Vec<Curve<'_>> = hidden.into_iter().chain(shown).map(|(curve, _)| curve).collect();
    let title = if more {
        t!(
            "Training loss of the first %{runs} runs, each point the mean of about the last 50 steps",
            runs = MOST
        )
    } else {
        t!("Training loss of these runs, each point the mean of about the last 50 steps")
    };
    ui.label(theme::caption(&*title));
    let names: Vec<&str> = curves.iter().map(|curve| curve.label.as_str()).collect();
    Chart {
        id: "runs",
        x_label: &Time::default().label(),
        across: Across::Time(Time::default()),
        height: HEIGHT,
        x: 0.0..end as f64,
        y: -1.0..0.0,
        exact: false,
        spans: &[],
        bracket: None,
        naming: Naming::Whole,
        room: 0.0,
        point_name: None,
        focus,
        interactive: true,
        summary: named(&title, &names.join(&t!(", "))),
    }
    .show_ui(ui, &curves, None)
}

/// What tells a run from others of its name: its folder, its seed, or both.
fn apart(item: &Item, all: &[&Item]) -> String {
    let alike = || all.iter().filter(|other| other.title() == item.title());
    let mut parts = Vec::new();
    if alike().any(|other| other.key.folder != item.key.folder) {
        parts.push(item.key.folder_name());
    }
    if alike().any(|other| other.key.seed != item.key.seed) {
        parts.push(t!("seed %{seed}", seed = item.key.seed).into_owned());
    }
    parts.join(&t!(", "))
}
