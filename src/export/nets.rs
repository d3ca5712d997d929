//! The runs of a history as a figure sees them: the seeds of one net together, each net with its style.

use std::collections::{BTreeMap, BTreeSet};

use rust_i18n::t;

use super::figure::{Curve, Point, Samples};
use crate::net::Spec;
use crate::palette::{Style, run_style};
use crate::run::{History, Series, Trailing, over_seeds};

/// One net with all its seeds.
pub struct Net<'a> {
    pub name: &'a str,
    pub spec: &'a Spec,
    pub style: Style,
    /// Whether a net before it is the same under another name: a branch, or one trained before.
    pub dashed: bool,
    pub runs: Vec<&'a Series>,
}

/// The nets in the order of their first runs.
pub fn nets(history: &History) -> Vec<Net<'_>> {
    let among = history.specs();
    let mut nets: Vec<Net> = Vec::new();
    for series in &history.runs {
        let track = &series.track;
        match nets.iter_mut().find(|net| net.name == track.name) {
            Some(net) => net.runs.push(series),
            None => nets.push(Net {
                name: &track.name,
                spec: &track.spec,
                style: run_style(&track.spec, &among),
                dashed: nets.iter().any(|net| net.spec == &track.spec),
                runs: vec![series],
            }),
        }
    }
    nets
}

impl Net<'_> {
    /// An empty curve in the net's name and style.
    pub fn curve(&self) -> Curve {
        Curve {
            dashed: self.dashed,
            ..Curve::new(self.name, self.style.light, self.style.width)
        }
    }

    /// The same for what was measured of one of its runs at a step.
    pub fn curve_at(&self, run: &Series, step: usize) -> Curve {
        Curve {
            of: Some((run.track.seed, step)),
            ..self.curve()
        }
    }

    /// The curve of what each step measured: smoothed, and where there are several seeds their mean and range.
    pub fn curve_of(&self, values: impl Fn(&Series) -> &[f32], window: usize) -> Curve {
        let samples: Vec<Samples> = self
            .runs
            .iter()
            .map(|run| by_step(run, values(run).iter().map(|&value| f64::from(value))))
            .collect();
        let smoothed: Vec<Samples> = self
            .runs
            .iter()
            .map(|run| {
                by_step(
                    run,
                    Trailing::of(values(run).iter().map(|&value| value.into()), window).into_iter(),
                )
            })
            .collect();
        let diverged = self.runs.iter().zip(&smoothed);
        let diverged = diverged.filter_map(|(run, line)| ending(run, line)).collect();
        Curve {
            samples,
            diverged,
            ..self.over_seeds(smoothed, "smoothed")
        }
    }

    /// One seed's points as they are, or the mean and the range of several.
    pub fn over_seeds(&self, mut seeds: Vec<Samples>, layer: &'static str) -> Curve {
        if seeds.len() == 1 {
            return Curve {
                layer,
                points: seeds.remove(0).points,
                ..self.curve()
            };
        }
        let (points, spread) = mean_and_range(&seeds);
        Curve {
            layer: "mean",
            points,
            spread,
            ..self.curve()
        }
    }

    /// The final value after the name, and the number of seeds that it is the mean of if there are several.
    pub fn detail(&self, value: impl Fn(&Series) -> Option<f32>, text: impl Fn(f64) -> String) -> String {
        let sound = self.runs.iter().filter(|run| run.diverged.is_none());
        let values = sound.filter_map(|run| value(run)).map(f64::from);
        let finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let lost = self.runs.iter().filter(|run| run.diverged.is_some()).count();
        let shown = mean(&finite).map_or_else(String::new, text);
        match (self.runs.len(), lost) {
            (1, 0) => shown,
            (all, lost) if lost == all => t!("diverged").into(),
            (all, 0) => t!("%{value} (n = %{count})", value = shown, count = all).into(),
            (all, lost) => t!(
                "%{value} (n = %{count}, %{lost} diverged)",
                value = shown,
                count = all - lost,
                lost = lost
            )
            .into(),
        }
    }
}

fn by_step(run: &Series, values: impl Iterator<Item = f64>) -> Samples {
    let steps = run.steps.iter().map(|&step| f64::from(step));
    Samples {
        seed: run.track.seed,
        points: steps.zip(values).map(|(step, value)| [step, value]).collect(),
    }
}

/// Where a run that diverged was last finite.
fn ending(run: &Series, line: &Samples) -> Option<Point> {
    run.diverged?;
    line.points.iter().rev().copied().find(|[_, y]| y.is_finite())
}

/// Tells curves of several seeds of one net apart.
pub fn tell_seeds(curves: &mut [Curve]) {
    let names: Vec<String> = curves.iter().map(|curve| curve.name.clone()).collect();
    for curve in curves {
        let alike = names.iter().filter(|name| **name == curve.name).count();
        if let (2.., Some((seed, _))) = (alike, curve.of) {
            curve.name = t!("%{net} (seed %{seed})", net = curve.name, seed = seed).into();
        }
    }
}

/// Says which seeds a figure is of, where the nets were trained with more of them.
pub fn seeds_shown<'a>(history: &History, shown: impl IntoIterator<Item = &'a Series>) -> Option<String> {
    let listed =
        |runs: &mut dyn Iterator<Item = &Series>| -> BTreeSet<u64> { runs.map(|run| run.track.seed).collect() };
    let (all, shown) = (listed(&mut history.runs.iter()), listed(&mut shown.into_iter()));
    let seeds: Vec<String> = shown.iter().map(ToString::to_string).collect();
    (shown.len() < all.len()).then(|| {
        t!(
            "Shown: seed %{seeds}; %{all} seeds were trained.",
            seeds = seeds.join(&t!(", ")),
            all = all.len()
        )
        .into()
    })
}

/// Mean and range of what is finite, at each x.
pub fn mean_and_range(seeds: &[Samples]) -> (Vec<Point>, Vec<[f64; 3]>) {
    let mut by_x: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for &[x, y] in seeds.iter().flat_map(|samples| &samples.points) {
        // Steps, blocks and depths are never negative, and such floats sort like their bits.
        by_x.entry(x.to_bits()).or_default().push(y);
    }
    by_x.into_iter()
        .map(|(bits, values)| {
            let x = f64::from_bits(bits);
            let [mean, low, high] = over_seeds(values);
            ([x, mean], [x, low, high])
        })
        .unzip()
}

pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// A place on the trunk, from the input: the stem's is said to be one.
pub fn place((block, node): (usize, &str)) -> String {
    match block {
        0 => t!("stem (%{node})", node = node).into(),
        _ => node.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_of_one_net_are_told_apart_by_their_seeds() {
        let of = |name: &str, seed| Curve {
            of: Some((seed, 60)),
            ..Curve::new(name, [0; 3], 1.0)
        };
        let mut curves = [of("plain-20", 0), of("plain-20", 1), of("resnet-20", 0)];
        tell_seeds(&mut curves);
        let names = curves.map(|curve| curve.name);
        assert_eq!(names, ["plain-20 (seed 0)", "plain-20 (seed 1)", "resnet-20"]);
    }

    #[test]
    fn seeds_give_mean_and_range() {
        let seed = |seed, values: [f64; 2]| Samples {
            seed,
            points: vec![[1.0, values[0]], [2.0, values[1]]],
        };
        let (mean, range) = mean_and_range(&[seed(0, [1.0, f64::NAN]), seed(1, [3.0, 4.0])]);
        assert_eq!(mean, [[1.0, 2.0], [2.0, 4.0]]);
        assert_eq!(range, [[1.0, 1.0, 3.0], [2.0, 4.0, 4.0]]);
    }
}
