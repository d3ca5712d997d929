//! Transfer: accuracy against the number of labels for each way, and how far each layer moved.

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Panel, Plot, Scale};
use super::nets::{nets, seeds_shown};
use super::{Material, missing};
use crate::error::Result;
use crate::net::Graph;
use crate::palette::{Rgb, mix};
use crate::probe::{Trial, Way};
use crate::run::amounts::{grouped, spans_decades};
use crate::run::{Origin, Series};

/// The figure of the first run that was tried, and of what it had learned before.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("transfer", &t!("no training on few labels was tried"));
    let findings = material.findings.ok_or_else(nothing)?;
    let ((run, origin), _) = findings.transfers.first_key_value().ok_or_else(nothing)?;
    let nets = nets(material.history);
    let of_run = |net: &&super::nets::Net<'_>| net.runs.iter().any(|series| series.track.id == *run);
    let net = nets.iter().find(of_run).ok_or_else(nothing)?;
    let series = net
        .runs
        .iter()
        .find(|series| series.track.id == *run)
        .ok_or_else(nothing)?;
    let (trials, seeds) = findings.transfer_of(net.runs.iter().map(|series| series.track.id), *origin);
    let trials = trials.as_slice();
    let panels = vec![
        Panel::Plot(accuracies(trials, net.style.light)),
        Panel::Plot(layers(trials, series, net.style.light)),
    ];
    let learned = match origin {
        Origin::Backbone => t!("%{images} digits of MNIST at 8x8", images = grouped(4000)),
        Origin::OtherClasses => t!("the first half of the classes; labels are of the second half"),
    };
    let reading = t!(
        "%{net}: learned before: %{learned}. 200 steps on each number of labels, cosine from .02; test accuracy with batch \
         statistics.",
        net = series.track.name,
        learned = learned
    );
    let mut notes = vec![reading.into_owned()];
    if seeds > 1 {
        notes[0] += &t!(" Mean of %{seeds} seeds.", seeds = seeds);
    }
    let tried = net
        .runs
        .iter()
        .filter(|series| findings.transfers.contains_key(&(series.track.id, *origin)));
    notes.extend(seeds_shown(material.history, tried.copied()));
    Ok(material.figure(t!("Transfer"), panels, notes))
}

fn line(way: Way, colour: Rgb) -> Curve {
    let (colour, width) = match way {
        Way::Scratch => ([0x76; 3], 1.5),
        Way::Frozen => (mix([0xff; 3], colour, 0.72), 2.0),
        Way::FineTuned => (colour, 3.0),
    };
    let mut curve = Curve::new(t!(way.name()), colour, width);
    curve.dots = true;
    curve
}

fn accuracies(trials: &[Trial], colour: Rgb) -> Plot {
    let curve = |way: Way| {
        let mut curve = line(way, colour);
        let mine = trials.iter().filter(|trial| trial.way == way);
        curve.points = mine
            .map(|trial| [trial.labels as f64, f64::from(trial.accuracy)])
            .collect();
        curve
    };
    let mut x = Axis::new(t!("labels of each class"), Scale::Log);
    x.ticks = trials.iter().map(|trial| trial.labels as f64).collect();
    x.ticks.dedup();
    Plot {
        title: t!("Accuracy with few labels").into(),
        x,
        y: Axis {
            range: Some([0.0, 1.0]),
            ..Axis::new(t!("accuracy on the test split"), Scale::Percent)
        },
        curves: Way::ALL.map(curve).into(),
        bands: Vec::new(),
        bracket: None,
    }
}

fn layers(trials: &[Trial], series: &Series, colour: Rgb) -> Plot {
    let graph = Graph::new(&series.track.spec);
    let names: Vec<String> = graph
        .weighted()
        .iter()
        .map(|&node| graph.nodes[node].name.clone())
        .collect();
    let curve = |way: Way| {
        let mut curve = line(way, colour);
        if let Some(last) = trials.iter().rev().find(|trial| trial.way == way) {
            let points = last.moved.iter().enumerate();
            curve.points = points.map(|(at, &moved)| [at as f64 + 1.0, f64::from(moved)]).collect();
            curve.names.clone_from(&names);
            curve.detail = t!("%{labels} labels", labels = last.labels).into();
        }
        curve
    };
    let curves = [Way::Scratch, Way::FineTuned].map(curve);
    let moved = || curves.iter().flat_map(|curve| &curve.points).map(|point| point[1]);
    let most = moved()
        .filter(|moved| moved.is_finite())
        .fold(f64::MIN_POSITIVE, f64::max);
    let words = t!("norm of the change over norm before");
    let y = match spans_decades(moved().map(|moved| moved as f32)) {
        true => Axis::new(words, Scale::Log),
        false => Axis {
            range: Some([0.0, 1.05 * most]),
            ..Axis::new(words, Scale::Linear)
        },
    };
    Plot {
        title: t!("How far each layer moves").into(),
        x: Axis::new(t!("weighted layer, input at the left"), Scale::Whole),
        y,
        curves: curves.into(),
        bands: Vec::new(),
        bracket: None,
    }
}
