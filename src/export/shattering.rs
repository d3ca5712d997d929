//! Autocorrelation of input gradients along lines of inputs, against white and brown noise.

use super::figure::{Axis, Curve, Figure, Panel, Plot, Point, Scale};
use super::nets::nets;
use super::{Material, missing};
use crate::error::Result;

/// The figure of what was measured of each run, at the step or before it.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || {
        missing(
            "shattering",
            "no input gradients were compared",
            "measure the nets in the lab's shattering",
        )
    };
    let findings = material.findings.ok_or_else(nothing)?;
    let mut curves = Vec::new();
    let mut noises = None;
    for net in nets(material.history) {
        for run in &net.runs {
            let until = material.step.unwrap_or(usize::MAX);
            let Some((step, found)) = findings.shattering_at(run.track.id, until) else {
                continue;
            };
            let mut curve = net.curve();
            curve.detail = format!("step {step}, mean cosine {:.2}", found.net.cosine);
            curve.points = points(&found.net.by_lag);
            curves.push(curve);
            noises = Some(found);
        }
    }
    let Some(found) = noises else {
        return Err(nothing());
    };
    for (name, noise) in [("white noise", &found.white), ("brown noise", &found.brown)] {
        let mut line = Curve::new(name, [0x76; 3], 1.0);
        line.points = points(&noise.by_lag);
        curves.push(line);
    }
    let plot = Plot {
        title: String::new(),
        x: Axis::new("steps between two inputs", Scale::Whole),
        y: Axis::new("autocorrelation", Scale::Linear),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    let notes = vec![format!(
        "Gradients of the loss with respect to the pixels along {} lines of {} inputs between two test images; batch \
         statistics. After Balduzzi et al. 2017.",
        found.lines, found.points
    )];
    Ok(material.figure("Shattered gradients", vec![Panel::Plot(plot)], notes))
}

fn points(by_lag: &[f32]) -> Vec<Point> {
    by_lag
        .iter()
        .enumerate()
        .map(|(lag, &value)| [lag as f64, f64::from(value)])
        .collect()
}
