//! Gradient weather: every layer's gradient over logarithmic training time, a plain and a residual net on one scale, and
//! their ratio.

use rust_i18n::t;

use super::figure::{Figure, HeatMap, Panel};
use super::gradients::{label, names};
use super::nets::seeds_shown;
use super::{Material, missing};
use crate::error::Result;
use crate::run::{Gradient, History, Series};

/// The figure of the gradients of two nets.
///
/// # Errors
/// When nothing was measured.
pub fn figure(material: &Material) -> Result<Figure> {
    let gradient = material.gradient;
    let mut sides = material.sides.map_or_else(|| compared(material.history), Vec::from);
    sides.dedup_by_key(|run| run.track.id);
    let named = |run: &&Series| {
        let alike = sides.iter().filter(|side| side.track.name == run.track.name).count() > 1;
        match alike {
            true => t!("%{net} (seed %{seed})", net = run.track.name, seed = run.track.seed).into_owned(),
            false => run.track.name.clone(),
        }
    };
    let maps = sides.iter().filter_map(|run| heat_map(named(run), run, gradient));
    let mut maps: Vec<HeatMap> = maps.collect();
    if maps.is_empty() {
        return Err(missing("weather", &t!("no gradient norms were recorded")));
    }
    let logs = gradient.scale(material.history, false).unwrap_or([-1.0, 0.0]);
    let range = logs.map(|log| 10f64.powf(log));
    for map in &mut maps {
        map.range = range;
    }
    if let [upper, lower] = &maps[..] {
        maps.extend(ratio(upper, lower));
    }
    let mut shown = maps.iter().flat_map(|map| map.values.iter().flatten());
    let lost = shown.any(|value| !value.is_finite());
    let place = match gradient {
        Gradient::Activation => t!("at the stem's output and at each block's"),
        Gradient::Weight | Gradient::Ratio => t!("of each convolution and of the linear layer"),
    };
    let mut notes = vec![
        t!(
            "Euclidean norm over one training minibatch, %{place}; every column shows the newest measurement. Nets share one scale.",
            place = place
        )
        .into_owned(),
    ];
    if lost {
        notes.push(t!("Red is not finite.").into());
    }
    notes.extend(seeds_shown(material.history, sides));
    let panels = maps.into_iter().map(Panel::Heat).collect();
    Ok(material.figure(t!("Gradient weather"), panels, notes))
}

/// The deepest net of each family, or of the only one and another net.
fn compared(history: &History) -> Vec<&Series> {
    let mut sides = sides(history);
    if let [only] = sides[..] {
        sides.extend(history.runs.iter().find(|run| run.track.name != only.track.name));
    }
    sides
}

/// The deepest net of each family, of several seeds the first.
pub fn sides(history: &History) -> Vec<&Series> {
    let deepest = |residual: bool| {
        let family = history.runs.iter().rev();
        let family = family.filter(|run| run.track.spec.residual() == residual);
        family.max_by_key(|run| run.track.spec.depth)
    };
    [deepest(false), deepest(true)].into_iter().flatten().collect()
}

fn heat_map(title: String, run: &Series, gradient: Gradient) -> Option<HeatMap> {
    let rows = names(&run.track.spec, gradient);
    let measured: Vec<_> = (run.measured.iter())
        .map(|at| (at.step, gradient.of(at)))
        .filter(|(_, norms)| norms.len() == rows.len())
        .collect();
    measured.last()?;
    let row = |row: usize| measured.iter().map(|(_, norms)| f64::from(norms[row])).collect();
    Some(HeatMap {
        title,
        label: label(gradient).into_owned(),
        values: (0..rows.len()).map(row).collect(),
        steps: measured.iter().map(|(step, _)| *step).collect(),
        rows,
        range: [1e-1, 1.0],
        seed: Some(run.track.seed),
        ratio: false,
    })
}

/// The one over the other at the moments of both, where they have as many layers.
fn ratio(upper: &HeatMap, lower: &HeatMap) -> Option<HeatMap> {
    if upper.rows.len() != lower.rows.len() {
        return None;
    }
    let both: Vec<(usize, usize)> = (upper.steps.iter().enumerate())
        .filter_map(|(at, step)| Some((at, lower.steps.binary_search(step).ok()?)))
        .collect();
    both.last()?;
    let values: Vec<Vec<f64>> = upper
        .values
        .iter()
        .zip(&lower.values)
        .map(|(upper, lower)| both.iter().map(|&(a, b)| upper[a] / lower[b]).collect())
        .collect();
    let finite = values
        .iter()
        .flatten()
        .filter(|value| value.is_finite() && **value > 0.0);
    let most = finite.fold(1.3f64, |most, &value| most.max(value).max(1.0 / value));
    Some(HeatMap {
        title: t!("%{upper} over %{lower}", upper = upper.title, lower = lower.title).into(),
        label: t!("ratio").into(),
        rows: upper.rows.clone(),
        steps: both.iter().map(|&(at, _)| upper.steps[at]).collect(),
        values,
        range: [1.0 / most, most],
        seed: None,
        ratio: true,
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;
    use crate::engine::Norms;
    use crate::run::Measured;

    fn measured(net: &str, norm: f32) -> Series {
        let mut series = constant(net, 0, 1.0);
        let blocks = 3 * series.track.spec.blocks_per_stage();
        series.measured = [0, 10, 20]
            .map(|step| Measured {
                step,
                norms: Norms {
                    activation: vec![norm; blocks + 1],
                    ..Norms::default()
                },
            })
            .to_vec();
        series
    }

    fn maps(figure: &Figure) -> Vec<&HeatMap> {
        let maps = figure.panels.iter().filter_map(|panel| match panel {
            Panel::Heat(map) => Some(map),
            _ => None,
        });
        maps.collect()
    }

    #[test]
    fn twins_share_a_scale_and_are_divided() {
        let history = samples::history([measured("plain-56", 0.01), measured("resnet-56", 1.0)]);
        let figure = samples::figure(figure, &history).unwrap();
        let maps = maps(&figure);
        let titles: Vec<&str> = maps.iter().map(|map| map.title.as_str()).collect();
        assert_eq!(titles, ["plain-56", "resnet-56", "plain-56 over resnet-56"]);
        assert_eq!(maps[0].range, maps[1].range);
        assert!((maps[2].values[5][1] - 0.01).abs() < 1e-6 && (maps[2].range[1] - 100.0).abs() < 1e-2);
        assert_eq!(maps[0].rows[..2], ["stem (relu)", "layer1.0"]);
    }

    #[test]
    fn two_seeds_of_a_net_are_told_apart() {
        let mut history = samples::history([measured("resnet-14", 0.5), measured("resnet-14", 1.0)]);
        history.runs[1].track.seed = 1;
        let figure = figure(&Material {
            sides: Some([&history.runs[0], &history.runs[1]]),
            ..samples::material(&history)
        });
        let figure = figure.unwrap();
        let titles: Vec<&str> = maps(&figure).iter().map(|map| map.title.as_str()).collect();
        assert_eq!(titles[..2], ["resnet-14 (seed 0)", "resnet-14 (seed 1)"]);
        assert_eq!(titles[2], "resnet-14 (seed 0) over resnet-14 (seed 1)");
    }

    #[test]
    fn nothing_measured_is_one_sentence() {
        let error = samples::figure(figure, &samples::history([constant("plain-20", 0, 1.0)])).unwrap_err();
        assert!(error.to_string().contains("no gradient norms"), "{error}");
    }
}
