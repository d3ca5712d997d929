//! The lines of a chart, one a net: measured values averaged, evaluations as dots, and where runs diverged.

use std::borrow::Cow;

use eframe::egui::Ui;
use egui_plot::PlotPoint;
use rust_i18n::t;

use super::Curves;
use super::words::tell_means;
use crate::run::{LAST, Measure, Phase};
use crate::ui::chart::Curve;
use crate::ui::series::{Grid, pieces};
use crate::ui::traces::{Group, evaluated, groups, placed, repeats};
use crate::ui::{Scene, line_style};

impl Curves {
    /// One curve a net; `top` is where a run that was never finite is marked.
    pub fn curves<'a>(
        &'a mut self,
        ui: &Ui,
        scene: Scene<'a>,
        measure: Measure,
        grid: Grid,
        top: f64,
    ) -> Vec<Curve<'a>> {
        let among = scene.history.specs();
        let groups = groups(scene.history);
        for group in &groups {
            self.traces.entry((measure, group.name.to_owned())).or_default();
        }
        let window = if measure == Measure::Rate {
            1
        } else {
            self.window.round() as usize
        };
        let mine = self.traces.iter_mut().filter(|((of, _), _)| *of == measure);
        let mut curves: Vec<Curve<'a>> = Vec::new();
        for ((_, name), trace) in mine {
            let Some(place) = groups.iter().position(|group| group.name == name) else {
                continue;
            };
            let group = &groups[place];
            let mut curve = Curve {
                name: name.clone(),
                label: label(group),
                detail: measure.detail(group),
                dashed: repeats(&groups, place),
                ..Curve::default()
            };
            (curve.colour, curve.width) = line_style(ui, &group.runs[0].track.spec, &among);
            match measure.series() {
                Some(values) => {
                    let lines = trace.update(&group.runs, values, window, grid);
                    curve.raw = if measure == Measure::Rate {
                        Vec::new()
                    } else {
                        lines.raw
                    };
                    curve.line = Cow::Borrowed(lines.line);
                    let longest = group.runs.iter().max_by_key(|run| run.steps.len());
                    curve.values = (longest.map_or(&[], |run| &run.steps), lines.values);
                    curve.band = lines.band.map(Cow::Borrowed);
                }
                None => tested(&mut curve, group, measure, grid),
            }
            curve.crosses = crosses(group, &curve, grid, top);
            curves.push(curve);
        }
        let place = |curve: &Curve<'_>| groups.iter().position(|group| group.name == curve.name);
        curves.sort_by_key(place);
        // While it trains, the words would come and go where they depend on the lines.
        let told = window != LAST || scene.history.phase != Phase::Running;
        if told && measure.series().is_some() && measure != Measure::Rate {
            tell_means(&mut curves, &groups, measure, (grid.height, window));
        }
        curves
    }
}

/// The evaluations as dots, with the band over seeds.
fn tested(curve: &mut Curve<'_>, group: &Group<'_>, measure: Measure, grid: Grid) {
    let points = evaluated(&group.runs, |point| match measure {
        Measure::TestLoss => point.loss,
        _ => point.error,
    });
    let part = |index: usize| placed(points.iter().map(|point| [point[0], point[index]]), grid);
    curve.line = Cow::Owned(part(1));
    if group.runs.len() > 1 {
        curve.band = [2, 3].map(|index| Cow::Owned(part(index)));
    }
    curve.dots = curve.line.len() <= 40;
}

/// A net's name, with what befell it.
pub fn label(group: &Group<'_>) -> String {
    if group.runs.iter().any(|run| run.diverged.is_some()) {
        t!("%{net} diverged", net = group.name).into_owned()
    } else {
        group.name.to_owned()
    }
}

/// Where runs diverged: on the line, or where the seed itself was last finite; at the `top` where it never was.
fn crosses(group: &Group<'_>, curve: &Curve<'_>, grid: Grid, top: f64) -> Vec<PlotPoint> {
    let lost = group.runs.iter().filter_map(|run| run.diverged);
    let last = pieces(&curve.line).last().and_then(|piece| piece.last()).copied();
    lost.map(|step| {
        let x = grid.time.place(step as f64);
        match last {
            Some(last) if group.runs.len() == 1 => last,
            Some(last) => PlotPoint::new(x, last.y),
            None => PlotPoint::new(x, if top.is_finite() { top } else { 0.0 }),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::axis::{Height, Time};
    use crate::ui::story::tests::history;

    #[test]
    fn a_run_that_was_never_finite_is_marked_at_the_top() {
        let mut history = history(&[("plain-20", f32::NAN)], 3);
        history.runs[0].diverged = Some(1);
        let grid = Grid {
            time: Time::default(),
            height: Height {
                log: false,
                factor: 1.0,
            },
            range: [0.0, 10.0],
            columns: 64,
        };
        let group = &groups(&history)[0];
        let crosses = crosses(group, &Curve::default(), grid, 2.5);
        assert_eq!((crosses[0].x, crosses[0].y), (1.0, 2.5));
    }
}
