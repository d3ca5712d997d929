//! The degradation figure: what is reached against depth, plain and residual.

use std::borrow::Cow;

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Panel, Plot, Samples, Scale, share_y};
use super::nets::{mean_and_range, nets};
use super::networks::FIELDS;
use super::{Material, missing};
use crate::error::Result;
use crate::net::{Family, Field, Spec};
use crate::palette::run_style;
use crate::run::amounts::{percent, short};
use crate::run::{ENOUGH, History, Series};

/// Nets that differ only in depth and seed.
struct Line<'a> {
    name: String,
    spec: Spec,
    runs: Vec<&'a Series>,
}

/// The figure of final training error, test error and training loss against depth.
pub fn figure(material: &Material) -> Result<Figure> {
    let lines = lines(material.history);
    let depths = depths(lines.iter().flat_map(|line| &line.runs).copied());
    if depths.len() < 2 {
        return Err(missing("depth", &t!("nets of at least two depths must have trained")));
    }
    let test = |run: &Series| run.evaluated.last().map(|at| at.error);
    let mut plots = vec![
        plot(
            t!("final training error"),
            Scale::Percent,
            &depths,
            &lines,
            Series::final_error,
        ),
        plot(t!("test error"), Scale::Percent, &depths, &lines, test),
        plot(
            t!("final training loss"),
            Scale::Log,
            &depths,
            &lines,
            Series::final_loss,
        ),
    ];
    share_y(&mut plots[..2]);
    plots.retain(|plot| !plot.curves.is_empty());
    let seeds = lines.iter().map(|line| seed_count(&line.runs)).max().unwrap_or(1);
    let reading =
        t!("Final: mean of the last 50 minibatches; the number is the deepest net's. Test: batch statistics.");
    let mut notes = vec![reading.into_owned()];
    if lines.iter().flat_map(|line| &line.runs).any(|run| run.step() < ENOUGH) {
        notes.push(t!("Of less than 100 steps: the mean of the later half.").into());
    }
    if seeds > 1 {
        notes[0] += &t!(
            " Line: mean over %{seeds} seeds; band: lowest to highest seed.",
            seeds = seeds
        );
    }
    let lost: Vec<String> = lines
        .iter()
        .flat_map(|line| &line.runs)
        .filter(|run| run.diverged.is_some())
        .map(|run| t!("%{net} (seed %{seed})", net = run.track.name, seed = run.track.seed).into())
        .collect();
    if !lost.is_empty() {
        notes.push(t!("Diverged, and left out: %{runs}.", runs = lost.join(&t!(", "))).into());
    }
    let panels = plots.into_iter().map(Panel::Plot).collect();
    Ok(material.figure(t!("Depth and what it does"), panels, notes))
}

fn lines(history: &History) -> Vec<Line<'_>> {
    let mut lines: Vec<Line> = Vec::new();
    for run in nets(history).into_iter().flat_map(|net| net.runs) {
        if run.steps.is_empty() {
            continue;
        }
        let mut spec = run.track.spec.clone();
        match lines.iter_mut().find(|line| {
            spec.depth = line.spec.depth;
            line.spec == spec
        }) {
            Some(line) => line.runs.push(run),
            None => lines.push(Line {
                name: String::new(),
                spec: run.track.spec.clone(),
                runs: vec![run],
            }),
        }
    }
    let specs: Vec<Spec> = lines.iter().map(|line| line.spec.clone()).collect();
    for line in &mut lines {
        line.name = name(&line.spec, &specs);
    }
    lines
}

/// The family, with what sets it apart from others of its family.
fn name(spec: &Spec, among: &[Spec]) -> String {
    let family = match spec.family {
        Family::Plain => t!("plain"),
        Family::Resnet => t!("residual"),
        Family::Resnext => "ResNeXt".into(),
    };
    let others = || among.iter().filter(|other| other.family == spec.family);
    let value = |spec: &Spec, field| spec.has(field).then(|| spec.value(field));
    let differs = |field: &Field| others().any(|other| value(other, *field) != value(spec, *field));
    let words = FIELDS.into_iter().filter(differs).filter_map(|field| {
        let words = format!("{} {}", field.label().to_lowercase(), value(spec, field)?);
        Some(words)
    });
    std::iter::once(family.into_owned())
        .chain(words)
        .collect::<Vec<_>>()
        .join(&t!(", "))
}

fn depths<'a>(runs: impl Iterator<Item = &'a Series>) -> Vec<f64> {
    let mut depths: Vec<usize> = runs.map(|run| run.track.spec.depth).collect();
    depths.sort_unstable();
    depths.dedup();
    depths.into_iter().map(|depth| depth as f64).collect()
}

fn seed_count(runs: &[&Series]) -> usize {
    let mut seeds: Vec<u64> = runs.iter().map(|run| run.track.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    seeds.len()
}

fn plot(label: Cow<str>, scale: Scale, depths: &[f64], lines: &[Line], value: impl Fn(&Series) -> Option<f32>) -> Plot {
    let among: Vec<&Spec> = lines.iter().map(|line| &line.spec).collect();
    let curves = lines.iter().filter_map(|line| {
        let samples: Vec<Samples> = line
            .runs
            .iter()
            .filter(|run| run.diverged.is_none())
            .filter_map(|run| {
                let y = f64::from(value(run).filter(|value| value.is_finite())?);
                Some(Samples {
                    seed: run.track.seed,
                    points: vec![[run.track.spec.depth as f64, y]],
                })
            })
            .collect();
        let (points, spread) = mean_and_range(&samples);
        let several = seed_count(&line.runs) > 1;
        let end = points.last().map_or(f64::NAN, |&[_, y]| y);
        (!points.is_empty()).then(|| Curve {
            detail: if scale == Scale::Percent {
                percent(end)
            } else {
                short(end)
            },
            layer: if several { "mean" } else { "measured" },
            points,
            spread: if several { spread } else { Vec::new() },
            samples,
            dots: true,
            ..Curve::new(&line.name, run_style(&line.spec, &among).light, 2.25)
        })
    });
    let mut x = Axis::new(t!("depth (weighted layers)"), Scale::Whole);
    x.ticks = depths.to_vec();
    let (first, last) = (depths[0], depths[depths.len() - 1]);
    let air = 0.03 * (last - first);
    x.range = Some([first - air, last + air]);
    Plot {
        title: String::new(),
        x,
        y: Axis::new(label, scale),
        curves: curves.collect(),
        bands: Vec::new(),
        bracket: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;

    #[test]
    fn lines_join_depths_and_seeds() {
        let history = samples::history([
            constant("plain-8", 0, 0.1),
            constant("plain-8", 1, 0.3),
            constant("plain-20", 0, 1.0),
            constant("plain-20", 1, 2.0),
            constant("resnet-8", 0, 0.5),
            constant("resnet-20", 0, 0.25),
        ]);
        let figure = samples::figure(figure, &history).unwrap();
        assert_eq!(figure.panels.len(), 2, "nothing was evaluated");
        let Panel::Plot(loss) = &figure.panels[1] else {
            panic!("a plot")
        };
        let [plain, residual] = &loss.curves[..] else {
            panic!("two lines")
        };
        assert_eq!((plain.name.as_str(), residual.name.as_str()), ("plain", "residual"));
        assert!((plain.points[0][1] - 0.2).abs() < 1e-6 && plain.points[1] == [20.0, 1.5]);
        assert_eq!(plain.spread[1], [20.0, 1.0, 2.0]);
        assert_eq!(residual.points, [[8.0, 0.5], [20.0, 0.25]]);
        assert_eq!(loss.x.ticks, [8.0, 20.0]);
    }

    #[test]
    fn other_options_are_other_lines() {
        let history = samples::history([
            constant("resnet-8", 0, 0.1),
            constant("resnet-20", 0, 0.1),
            constant("resnet-8:shortcut=B", 0, 0.1),
        ]);
        let names: Vec<String> = lines(&history).into_iter().map(|line| line.name).collect();
        assert_eq!(names, ["residual, shortcut A", "residual, shortcut B"]);
    }

    #[test]
    fn diverged_runs_are_named_and_left_out() {
        let mut lost = constant("plain-20", 1, f32::NAN);
        lost.diverged = Some(3);
        let history = samples::history([constant("plain-8", 0, 0.1), constant("plain-20", 0, 1.0), lost]);
        let figure = samples::figure(figure, &history).unwrap();
        assert!(figure.notes[1].contains("plain-20 (seed 1)"), "{:?}", figure.notes);
        let Panel::Plot(loss) = &figure.panels[1] else {
            panic!("a plot")
        };
        assert_eq!(loss.curves[0].points[1], [20.0, 1.0]);
    }

    #[test]
    fn one_depth_is_one_sentence() {
        let history = samples::history([constant("plain-20", 0, 1.0), constant("resnet-20", 0, 1.0)]);
        let error = samples::figure(figure, &history).unwrap_err().to_string();
        assert!(error.contains("two depths") && error.lines().count() == 1, "{error}");
    }
}
