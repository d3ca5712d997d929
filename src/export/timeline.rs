//! The timeline: the moments whose weights are kept, and how good each net was then.

use rust_i18n::t;

use super::figure::{Axis, Figure, Panel, Plot, Samples, Scale};
use super::nets::nets;
use super::{Material, missing};
use crate::error::Result;
use crate::run::Series;

/// The figure of the kept moments, each at the training loss of the 50 steps up to it.
///
/// # Errors
/// When nothing is kept.
pub fn figure(material: &Material) -> Result<Figure> {
    let samples = |run: &&Series| Samples {
        seed: run.track.seed,
        points: run
            .kept
            .iter()
            .filter_map(|&step| Some([step as f64, f64::from(run.loss_at(step)?)]))
            .collect(),
    };
    let curves: Vec<_> = nets(material.history)
        .iter()
        .filter_map(|net| {
            let seeds: Vec<Samples> = net.runs.iter().map(samples).collect();
            if seeds.iter().any(|seed| seed.points.is_empty()) {
                return None;
            }
            let mut curve = net.over_seeds(seeds.clone(), "kept");
            (curve.samples, curve.dots) = (seeds, true);
            Some(curve)
        })
        .collect();
    if curves.is_empty() {
        return Err(missing("timeline", &t!("no moments are kept")));
    }
    let plot = Plot {
        title: String::new(),
        x: Axis::new(t!("training step"), Scale::Log),
        y: Axis::new(t!("training loss of the 50 steps before"), Scale::Log),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    let reading = t!("Each dot is a moment whose weights are kept: it can be looked at again and continued.");
    let notes = vec![reading.into()];
    Ok(material.figure(t!("Timeline"), vec![Panel::Plot(plot)], notes))
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;

    #[test]
    fn kept_moments_are_dots() {
        let mut run = constant("plain-20", 0, 0.5);
        run.kept = vec![0, 1, 4, 60];
        let figure = samples::figure(figure, &samples::history([run])).unwrap();
        let Panel::Plot(plot) = &figure.panels[0] else { panic!() };
        assert_eq!(plot.curves[0].points, [[1.0, 0.5], [4.0, 0.5], [60.0, 0.5]]);
        let none = samples::figure(super::figure, &samples::history([constant("plain-20", 0, 0.5)])).unwrap_err();
        assert!(none.to_string().contains("no moments are kept"));
    }
}
