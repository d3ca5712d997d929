//! Autocorrelation of input gradients along lines of inputs, against white and brown noise.

use std::collections::BTreeSet;

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Panel, Plot, Point, Scale};
use super::information::listed;
use super::nets::{nets, seeds_shown, tell_seeds};
use super::{Material, missing};
use crate::error::Result;
use crate::run::amounts::decimals;

/// The figure of what was measured of each run, at the step or before it.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("shattering", &t!("no input gradients were compared"));
    let findings = material.findings.ok_or_else(nothing)?;
    let mut curves = Vec::new();
    let mut noises = None;
    let (mut steps, mut shown) = (BTreeSet::new(), Vec::new());
    for net in nets(material.history) {
        for run in &net.runs {
            let until = material.step.unwrap_or(usize::MAX);
            let Some((step, found)) = findings.shattering_at(run.track.id, until) else {
                continue;
            };
            let mut curve = net.curve_at(run, step);
            curve.detail = decimals(found.net.cosine.into(), 2);
            steps.insert(step);
            shown.push(*run);
            curve.points = points(&found.net.by_lag);
            curves.push(curve);
            noises = Some(found);
        }
    }
    let Some(found) = noises else {
        return Err(nothing());
    };
    tell_seeds(&mut curves);
    for (name, noise) in [(t!("white noise"), &found.white), (t!("brown noise"), &found.brown)] {
        let mut line = Curve::new(name, [0x76; 3], 1.0);
        line.points = points(&noise.by_lag);
        curves.push(line);
    }
    let plot = Plot {
        title: String::new(),
        x: Axis::new(t!("steps between two inputs"), Scale::Whole),
        y: Axis::new(t!("autocorrelation"), Scale::Linear),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    let reading = t!(
        "Gradients of the loss with respect to the pixels along %{lines} lines of %{points} inputs between two test images; \
         batch statistics. After Balduzzi et al. 2017.",
        lines = found.lines,
        points = found.points
    );
    let numbers = t!(
        "Number: mean cosine of any two of them; at step %{steps}.",
        steps = listed(steps.into_iter())
    );
    let mut notes = vec![reading.into(), numbers.into()];
    notes.extend(seeds_shown(material.history, shown));
    Ok(material.figure(t!("Shattered gradients"), vec![Panel::Plot(plot)], notes))
}

fn points(by_lag: &[f32]) -> Vec<Point> {
    by_lag
        .iter()
        .enumerate()
        .map(|(lag, &value)| [lag as f64, f64::from(value)])
        .collect()
}
