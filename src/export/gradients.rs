//! The gradient slope: block or layer, input left, against the norm of its gradient.

use std::borrow::Cow;

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Ground, Panel, Plot, Point, Samples, Scale, share_y};
use super::nets::{Net, nets, place};
use super::{Material, missing};
use crate::error::Result;
use crate::net::Spec;
use crate::run::amounts::short;
use crate::run::{Gradient, Measured, Series, slope_factor};

/// The moment a panel shows.
#[derive(Clone, Copy)]
enum Moment {
    Initialisation,
    /// The last measurement that is not after this step.
    Until(usize),
}

/// The figure of the gradient norms by block.
///
/// Without a chosen step it shows initialisation and the last measurement side by side.
pub fn figure(material: &Material) -> Result<Figure> {
    let nets = nets(material.history);
    let gradient = material.gradient;
    let measured = |moment| {
        nets.iter()
            .any(|net| net.runs.iter().any(|run| at(run, moment, gradient).is_some()))
    };
    let moments: Vec<Moment> = match material.step {
        Some(step) => vec![Moment::Until(step)],
        None => vec![Moment::Initialisation, Moment::Until(usize::MAX)],
    };
    let moments: Vec<Moment> = moments.into_iter().filter(|&moment| measured(moment)).collect();
    if moments.is_empty() {
        return Err(missing("gradients", &t!("no gradient norms were recorded")));
    }
    let blocks: Vec<usize> = nets.iter().map(|net| last(net, gradient)).collect();
    let aligned = blocks.iter().any(|&count| count != blocks[0]);
    let mut plots: Vec<Plot> = moments
        .into_iter()
        .map(|moment| plot(&nets, moment, gradient, aligned))
        .collect();
    share_y(&mut plots);
    let about = match gradient {
        Gradient::Activation => t!(
            "Euclidean norm over one training minibatch, at the stem's output and at each block's. Factor: least squares on \
             log10, a block on the way back to the input."
        ),
        Gradient::Weight => {
            t!("Euclidean norm over one training minibatch, of each convolution and of the linear layer.")
        }
        Gradient::Ratio => t!(
            "Euclidean norm over one training minibatch, of each convolution and of the linear layer, over the norm of its weights."
        ),
    };
    let mut notes = vec![about.into_owned()];
    if aligned {
        notes.push(t!("Every net stands over the full width.").into());
    }
    if plots.iter().any(|plot| {
        plot.curves
            .iter()
            .any(|curve| curve.points.iter().any(|&[_, norm]| norm == 0.0))
    }) {
        notes.push(t!("On the lower edge: zero, below the smallest single-precision number.").into());
    }
    if nets.iter().any(|net| net.runs.len() > 1) {
        notes.push(t!("Line: mean over seeds; band: lowest to highest seed.").into());
    }
    let panels = plots.into_iter().map(Panel::Plot).collect();
    Ok(material.figure(t!("Gradient slope"), panels, notes))
}

/// Number of the last block or layer.
fn last(net: &Net, gradient: Gradient) -> usize {
    gradient.names(net.spec).len().saturating_sub(1)
}

fn at(run: &Series, moment: Moment, gradient: Gradient) -> Option<&Measured> {
    let usable = |measured: &&Measured| !gradient.of(measured).is_empty();
    match moment {
        Moment::Initialisation => run.measured.iter().filter(usable).find(|measured| measured.step == 0),
        Moment::Until(step) => run
            .measured
            .iter()
            .filter(usable)
            .rfind(|measured| measured.step > 0 && measured.step <= step)
            .or_else(|| {
                let initially = (step < usize::MAX).then(|| at(run, Moment::Initialisation, gradient));
                initially.flatten()
            }),
    }
}

fn plot(nets: &[Net], moment: Moment, gradient: Gradient, aligned: bool) -> Plot {
    let curve = |net| curve(net, moment, gradient, aligned);
    let curves: Vec<Curve> = nets.iter().filter_map(curve).collect();
    let mut steps: Vec<usize> = nets
        .iter()
        .flat_map(|net| net.runs.iter().filter_map(|run| at(run, moment, gradient)))
        .map(|measured| measured.step)
        .collect();
    steps.sort_unstable();
    let title = match (steps.first(), steps.last()) {
        (Some(0), Some(0)) => t!("at initialisation").into(),
        (Some(first), Some(last)) if first == last => t!("after %{last} steps", last = last).into(),
        (Some(first), Some(last)) => t!("after %{first} to %{last} steps", first = first, last = last).into(),
        _ => String::new(),
    };
    let last = nets.iter().map(|net| last(net, gradient)).max().unwrap_or(3) as f64;
    let end = if aligned { 1.0 } else { last };
    let mut x = if aligned {
        Axis::new(t!("place in the net, input at the left"), Scale::Percent)
    } else if gradient == Gradient::Activation {
        Axis::new(t!("block, from the input (0: the stem) to the output"), Scale::Whole)
    } else {
        Axis::new(t!("layer, from the input to the output"), Scale::Whole)
    };
    x.range = Some([0.0, end]);
    let bands = (0..3).map(|stage| Ground {
        name: t!("stage %{number}", number = stage + 1).into(),
        from: end * f64::from(stage) / 3.0,
        to: end * f64::from(stage + 1) / 3.0,
    });
    Plot {
        title,
        x,
        y: Axis::new(label(gradient), Scale::Log),
        curves,
        bands: bands.collect(),
        bracket: None,
    }
}

/// What the norms are.
pub fn label(gradient: Gradient) -> Cow<'static, str> {
    match gradient {
        Gradient::Activation => t!("norm of dL/d(block output)"),
        Gradient::Weight => t!("norm of dL/d(weight)"),
        Gradient::Ratio => t!("norm of dL/d(weight) over that of the weight"),
    }
}

/// Where they are, as the tables call it.
pub fn names(spec: &Spec, gradient: Gradient) -> Vec<String> {
    let names = gradient.names(spec);
    match gradient {
        Gradient::Activation => names.iter().map(String::as_str).enumerate().map(place).collect(),
        Gradient::Weight | Gradient::Ratio => names,
    }
}

fn curve(net: &Net, moment: Moment, gradient: Gradient, aligned: bool) -> Option<Curve> {
    let names = names(net.spec, gradient);
    let across = if aligned { (names.len() - 1) as f64 } else { 1.0 };
    let seeds: Vec<Samples> = net
        .runs
        .iter()
        .filter_map(|run| at(run, moment, gradient).map(|measured| (run.track.seed, measured)))
        .map(|(seed, measured)| {
            let norms = gradient.of(measured);
            Samples {
                seed,
                points: norms
                    .iter()
                    .enumerate()
                    .map(|(block, &norm)| [block as f64 / across, f64::from(norm)])
                    .collect(),
            }
        })
        .collect();
    if seeds.is_empty() {
        return None;
    }
    let mut curve = net.over_seeds(seeds.clone(), "measured");
    if gradient == Gradient::Activation && !net.spec.residual() {
        let blocks: Vec<Point> = curve.points.iter().map(|&[x, norm]| [x * across, norm]).collect();
        curve.detail = slope_factor(&blocks).map_or_else(String::new, |factor| {
            t!("×%{factor} a block", factor = short(factor)).into()
        });
    }
    if names.len() == curve.points.len() {
        curve.names = names;
    }
    curve.samples = seeds;
    curve.dots = true;
    Some(curve)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;
    use crate::engine::Norms;

    fn measured(net: &str, slopes: &[(usize, f64)]) -> Series {
        let mut series = constant(net, 0, 1.0);
        let blocks = 3 * series.track.spec.blocks_per_stage();
        series.measured = slopes
            .iter()
            .map(|&(step, factor)| Measured {
                step,
                norms: Norms {
                    activation: (0..=blocks)
                        .map(|block| factor.powi((blocks - block) as i32) as f32)
                        .collect(),
                    ..Norms::default()
                },
            })
            .collect();
        series
    }

    fn plots(figure: &Figure) -> Vec<&Plot> {
        let plots = figure.panels.iter().filter_map(|panel| match panel {
            Panel::Plot(plot) => Some(plot),
            _ => None,
        });
        plots.collect()
    }

    #[test]
    fn initialisation_and_last_stand_side_by_side() {
        let history = samples::history([
            measured("plain-56", &[(0, 0.33), (10, 0.5), (20, 0.9)]),
            measured("resnet-56", &[(0, 1.0), (20, 1.0)]),
        ]);
        let figure = samples::figure(figure, &history).unwrap();
        let plots = plots(&figure);
        assert_eq!(
            [&plots[0].title, &plots[1].title],
            ["at initialisation", "after 20 steps"]
        );
        assert_eq!(plots[0].curves[0].detail, "\u{d7}0.33 a block");
        assert_eq!(plots[1].curves[0].detail, "\u{d7}0.90 a block");
        assert_eq!(plots[0].curves[1].detail, "");
        assert_eq!(plots[0].y.range, plots[1].y.range);
        assert_eq!(plots[0].x.range, Some([0.0, 27.0]));
        assert_eq!(plots[0].curves[0].names[1], "layer1.0");
        assert_eq!((plots[0].bands[1].from, plots[0].bands[1].to), (9.0, 18.0));
    }

    #[test]
    fn nets_of_different_depth_are_aligned() {
        let history = samples::history([measured("plain-20", &[(0, 0.33)]), measured("plain-56", &[(0, 0.33)])]);
        let figure = samples::figure(figure, &history).unwrap();
        let plots = plots(&figure);
        assert_eq!(plots.len(), 1);
        for curve in &plots[0].curves {
            assert_eq!(curve.points.last().unwrap()[0], 1.0);
            assert_eq!(curve.detail, "\u{d7}0.33 a block");
        }
    }

    #[test]
    fn a_chosen_step_takes_the_measurement_before_it() {
        let history = samples::history([measured("plain-20", &[(0, 0.33), (10, 0.5), (20, 0.9)])]);
        let chosen = |step| {
            let material = Material {
                step: Some(step),
                ..samples::material(&history)
            };
            plots(&figure(&material).unwrap())[0].title.clone()
        };
        assert_eq!(
            [chosen(0), chosen(15), chosen(99)],
            ["at initialisation", "after 10 steps", "after 20 steps"]
        );
    }

    #[test]
    fn the_gradient_that_is_asked_for_is_drawn() {
        let mut run = measured("plain-8", &[(0, 0.5), (10, 0.5)]);
        let layers = Gradient::Weight.names(&run.track.spec).len();
        for at in &mut run.measured {
            at.norms.weight = vec![6.0; layers];
            at.norms.parameter = vec![3.0; layers];
        }
        let history = samples::history([run]);
        for (gradient, norm) in [(Gradient::Weight, 6.0), (Gradient::Ratio, 2.0)] {
            let figure = figure(&Material {
                gradient,
                ..samples::material(&history)
            });
            let figure = figure.unwrap();
            let plot = plots(&figure)[1];
            let curve = &plot.curves[0];
            assert_eq!((curve.points.len(), curve.names.len()), (layers, layers));
            assert!(curve.points.iter().all(|&[_, y]| y == norm), "{gradient:?}");
            assert!(plot.y.label.contains("dL/d(weight)") && curve.detail.is_empty());
        }
    }

    #[test]
    fn nothing_measured_is_one_sentence() {
        let error = samples::figure(figure, &samples::history([constant("plain-20", 0, 1.0)]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no gradient norms") && error.lines().count() == 1,
            "{error}"
        );
    }
}
