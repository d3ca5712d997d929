//! What a training was measured by, against the step, chart by chart as the lab shows them.

use rust_i18n::t;

use super::figure::{Axis, Figure, Panel, Plot, Scale};
use super::loss::{self, reading, trained};
use super::nets::{Net, nets};
use super::{Material, error, missing};
use crate::error::Result;
use crate::run::amounts::{percent, short};
use crate::run::{LAST, Measure, Series};

/// The figure of the measures that are asked for.
pub fn figure(material: &Material) -> Result<Figure> {
    let loss = loss::figure(material)?;
    let nets = trained(nets(material.history));
    let evaluated = nets
        .iter()
        .flat_map(|net| &net.runs)
        .any(|run| !run.evaluated.is_empty());
    let known = |measure: &&Measure| evaluated || measure.series().is_some();
    let mut plots: Vec<Plot> = Vec::new();
    for &measure in material.measures.iter().filter(known) {
        let known = loss.panels[0].plot().filter(|_| measure == Measure::TrainingLoss);
        let mut plot = known.cloned().unwrap_or_else(|| plot(measure, &nets));
        plot.title = measure.name().into_owned();
        plots.push(plot);
    }
    let Some(last) = plots.iter().map(|plot| plot.x_range()[1]).reduce(f64::max) else {
        return Err(missing("curves", &t!("the test split was not evaluated")));
    };
    for plot in &mut plots {
        plot.x.range = Some([0.0, last]);
    }
    let mut notes = vec![reading(&nets)];
    if material.measures.iter().any(|measure| measure.series().is_none()) {
        let words = match evaluated {
            true => t!("Tests with batch statistics, as training sees the net."),
            false => t!("The test split was not evaluated."),
        };
        notes.push(words.into());
    }
    let title = match material.measures {
        [Measure::TrainingLoss, Measure::TrainingError] => t!("Training loss and error"),
        _ => t!("Training curves"),
    };
    let panels = plots.into_iter().map(Panel::Plot).collect();
    Ok(material.figure(title, panels, notes))
}

fn plot(measure: Measure, nets: &[Net]) -> Plot {
    let (label, scale) = match measure {
        Measure::TrainingLoss => (t!("minibatch training loss (cross-entropy)"), Scale::Log),
        Measure::TrainingError => (t!("minibatch training error"), Scale::Percent),
        Measure::TestLoss => (t!("test loss (batch statistics)"), Scale::Log),
        Measure::TestError => (t!("test error (batch statistics)"), Scale::Percent),
        Measure::Rate => (t!("learning rate"), Scale::Linear),
    };
    let last = |run: &Series| measure.last(run);
    let curve = |net: &Net| {
        let mut curve = match measure.series() {
            Some(values) => net.curve_of(values, if measure == Measure::Rate { 1 } else { LAST }),
            None => error::tested(net, |at| if measure.is_error() { at.error } else { at.loss }),
        };
        curve.detail = net.detail(last, if measure.is_error() { percent } else { short });
        curve
    };
    Plot {
        title: String::new(),
        x: Axis::new(t!("training step"), Scale::Whole),
        y: Axis::new(label, scale),
        curves: nets.iter().map(curve).collect(),
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
    fn loss_and_error_stand_side_by_side() {
        let history = samples::history([constant("plain-20", 0, 0.4)]);
        let figure = samples::figure(figure, &history).unwrap();
        let plots = figure.panels.iter().filter_map(Panel::plot);
        let titles: Vec<&str> = plots.map(|plot| plot.title.as_str()).collect();
        assert_eq!(titles, ["Training loss", "Training error"]);
    }

    #[test]
    fn what_is_asked_for_is_drawn_over_one_axis() {
        let mut series = constant("plain-20", 0, 0.4);
        series.evaluated.push(Evaluated {
            step: 60,
            loss: 0.7,
            error: 0.25,
        });
        let history = samples::history([series]);
        let figure = figure(&Material {
            measures: &Measure::ALL,
            ..samples::material(&history)
        });
        let figure = figure.unwrap();
        let plots: Vec<&Plot> = figure.panels.iter().filter_map(Panel::plot).collect();
        let ends: Vec<f64> = plots
            .iter()
            .map(|plot| plot.curves[0].points.last().unwrap()[1])
            .collect();
        assert_eq!(plots.len(), 5);
        assert!(
            (ends[2] - 0.7).abs() < 1e-6 && (ends[3] - 0.25).abs() < 1e-6,
            "{ends:?}"
        );
        assert!(plots.iter().all(|plot| plot.x_range() == plots[0].x_range()));
    }

    #[test]
    fn a_test_that_was_not_made_is_said() {
        let history = samples::history([constant("plain-20", 0, 0.4)]);
        let only = |measures| {
            figure(&Material {
                measures,
                ..samples::material(&history)
            })
        };
        let error = only(&[Measure::TestLoss]).unwrap_err();
        assert!(error.to_string().contains("not evaluated"), "{error}");
        let figure = only(&[Measure::Rate, Measure::TestLoss]).unwrap();
        assert!(figure.panels.len() == 1 && figure.notes[1].contains("not evaluated"));
    }
}
