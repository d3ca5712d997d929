//! One block in its equivalent forms: the time that each takes.

use super::figure::{Axis, Curve, Figure, Panel, Plot, Point, Scale};
use super::nets::nets;
use super::{Material, missing};
use crate::error::Result;
use crate::net::Form;
use crate::probe::Formed;

/// The figure of every net whose block was computed in all forms.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || {
        missing(
            "forms",
            "no block was computed in all forms",
            "compare them in the lab's block forms",
        )
    };
    let findings = material.findings.ok_or_else(nothing)?;
    let (mut curves, mut notes) = (Vec::new(), Vec::new());
    for net in nets(material.history) {
        for run in &net.runs {
            let until = material.step.unwrap_or(usize::MAX);
            let Some((_, forms)) = findings.forms_at(run.track.id, until) else {
                continue;
            };
            let curve = |name: String, seconds: fn(&Formed) -> Option<f64>| -> Curve {
                let mut curve = net.curve();
                let place = |(at, form): (usize, &Form)| -> Option<Point> {
                    Some([(at + 1) as f64, 1000.0 * seconds(forms.of(*form)?)?])
                };
                curve.name = name;
                curve.points = Form::ALL.iter().enumerate().filter_map(place).collect();
                curve.dots = true;
                curve
            };
            curves.push(curve(format!("{}, block", run.track.name), |formed| formed.seconds));
            curves.push(curve(format!("{}, 3x3", run.track.name), |formed| {
                formed.window_seconds
            }));
            let [output, gradient] = forms.differences();
            notes.push(format!(
                "{}: {} paths of {}; outputs at most {output:.1e} apart, gradients {gradient:.1e}, relative to the largest \
                 value; a step of {} images.",
                run.track.name,
                forms.split.paths,
                forms.split.path_width(),
                forms.images
            ));
        }
    }
    curves.retain(|curve| !curve.points.is_empty());
    if curves.is_empty() {
        return Err(nothing());
    }
    let plot = Plot {
        title: String::new(),
        x: Axis {
            ticks: vec![1.0, 2.0, 3.0, 4.0],
            ..Axis::new("1 paths added, 2 paths side by side, 3 grouped, 4 dense", Scale::Whole)
        },
        y: Axis::new("milliseconds a step, median", Scale::Log),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    Ok(material.figure("Forms of a block", vec![Panel::Plot(plot)], notes))
}
