//! One block in its equivalent forms: the time that each takes.

use std::borrow::Cow;

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Panel, Plot, Point, Scale};
use super::nets::nets;
use super::{Material, missing};
use crate::error::Result;
use crate::net::Form;
use crate::probe::Formed;
use crate::run::amounts::power_of_ten;

/// The figure of every net whose block was computed in all forms.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("forms", &t!("no block was computed in all forms"));
    let findings = material.findings.ok_or_else(nothing)?;
    let (mut curves, mut notes) = (Vec::new(), Vec::new());
    for net in nets(material.history) {
        for run in &net.runs {
            let until = material.step.unwrap_or(usize::MAX);
            let Some((_, forms)) = findings.forms_at(run.track.id, until) else {
                continue;
            };
            let curve = |name: Cow<str>, seconds: fn(&Formed) -> Option<f64>| -> Curve {
                let mut curve = net.curve();
                let place = |(at, form): (usize, &Form)| -> Option<Point> {
                    Some([(at + 1) as f64, 1000.0 * seconds(forms.of(*form)?)?])
                };
                curve.name = name.into();
                curve.points = Form::ALL.iter().enumerate().filter_map(place).collect();
                curve.dots = true;
                curve
            };
            curves.push(curve(t!("%{net}, block", net = run.track.name), |formed| {
                formed.seconds
            }));
            curves.push(curve(t!("%{net}, 3x3", net = run.track.name), |formed| {
                formed.window_seconds
            }));
            let [output, gradient] = forms.differences();
            let agreement = t!(
                "%{net}: %{paths} paths of %{width}; outputs at most %{output} apart, gradients %{gradient}, relative to \
                 the largest value; a step of %{images} images.",
                net = run.track.name,
                paths = forms.split.paths,
                width = forms.split.path_width(),
                output = power_of_ten(output.into(), 1),
                gradient = power_of_ten(gradient.into(), 1),
                images = forms.images
            );
            notes.push(agreement.into());
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
            ..Axis::new(
                t!("1 paths added, 2 paths side by side, 3 grouped, 4 dense"),
                Scale::Whole,
            )
        },
        y: Axis::new(t!("milliseconds a step, the fastest, log scale"), Scale::Log),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    Ok(material.figure(t!("Forms of a block"), vec![Panel::Plot(plot)], notes))
}
