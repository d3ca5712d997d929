//! Step against training and test error, side by side on one scale.

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Panel, Plot, Samples, Scale, share_y};
use super::loss::{reading, trained};
use super::nets::{Net, nets};
use super::{Material, missing};
use crate::error::Result;
use crate::run::amounts::percent;
use crate::run::{Evaluated, LAST, Series};

/// The figure of the minibatch training error and of the test error.
pub fn figure(material: &Material) -> Result<Figure> {
    let history = material.history;
    if history.runs.iter().all(|series| series.steps.is_empty()) {
        return Err(missing("error", &t!("no training step was recorded")));
    }
    let nets = trained(nets(history));
    let x = || Axis::new(t!("training step"), Scale::Whole);
    let training = nets.iter().map(|net| {
        let mut curve = net.curve_of(|series| &series.error, LAST);
        curve.detail = net.detail(Series::final_error, percent);
        curve
    });
    let mut plots = vec![Plot {
        title: t!("training images").into(),
        x: x(),
        y: Axis::new(t!("minibatch training error"), Scale::Percent),
        curves: training.collect(),
        bands: Vec::new(),
        bracket: None,
    }];
    let mut notes = vec![reading(&nets)];
    if nets
        .iter()
        .any(|net| net.runs.iter().any(|run| !run.evaluated.is_empty()))
    {
        let mut test = test(&nets);
        test.x.range = Some(plots[0].x_range());
        plots.push(test);
        share_y(&mut plots);
        notes.push(t!("Test error with batch statistics, as training sees the net.").into());
    } else {
        notes.push(t!("The test split was not evaluated.").into());
    }
    let panels = plots.into_iter().map(Panel::Plot).collect();
    Ok(material.figure(t!("Training and test error"), panels, notes))
}

/// A net's evaluations on the test split.
pub fn tested(net: &Net, value: impl Fn(&Evaluated) -> f32) -> Curve {
    let samples = |run: &&Series| Samples {
        seed: run.track.seed,
        points: (run.evaluated.iter())
            .map(|at| [at.step as f64, f64::from(value(at))])
            .collect(),
    };
    let seeds: Vec<Samples> = net.runs.iter().map(samples).collect();
    let mut curve = net.over_seeds(seeds.clone(), "measured");
    curve.samples = seeds;
    curve.dots = curve.points.len() <= 40;
    curve
}

fn test(nets: &[Net]) -> Plot {
    let evaluated = nets
        .iter()
        .filter(|net| net.runs.iter().any(|run| !run.evaluated.is_empty()));
    let curves = evaluated.map(|net| {
        let mut curve = tested(net, |at| at.error);
        curve.detail = net.detail(|run| run.evaluated.last().map(|at| at.error), percent);
        curve
    });
    Plot {
        title: t!("test images").into(),
        x: Axis::new(t!("training step"), Scale::Whole),
        y: Axis::new(t!("test error (batch statistics)"), Scale::Percent),
        curves: curves.collect(),
        bands: Vec::new(),
        bracket: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;
    use crate::run::Evaluated;

    #[test]
    fn training_and_test_share_their_scales() {
        let mut series = constant("plain-20", 0, 1.0);
        series.evaluated.push(Evaluated {
            step: 60,
            loss: 1.0,
            error: 0.9,
        });
        let figure = samples::figure(figure, &samples::history([series])).unwrap();
        let [Panel::Plot(training), Panel::Plot(test)] = &figure.panels[..] else {
            panic!("two plots")
        };
        assert_eq!(
            (training.x_range(), training.y_range()),
            (test.x_range(), test.y_range())
        );
        assert_eq!(test.curves[0].points, [[60.0, f64::from(0.9f32)]]);
        assert!(test.y.label.contains("batch statistics"));
    }

    #[test]
    fn no_evaluation_is_said() {
        let figure = samples::figure(figure, &samples::history([constant("plain-20", 0, 1.0)])).unwrap();
        assert_eq!(figure.panels.len(), 1);
        assert!(figure.notes.iter().any(|note| note.contains("not evaluated")));
    }
}
