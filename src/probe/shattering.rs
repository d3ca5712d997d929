//! Shattered gradients (Balduzzi et al. 2017): how much the gradients of neighbouring inputs have to do with each other.
//!
//! Inputs are taken along straight lines between two test images, a line a batch, normalised with the batch's statistics as
//! in training. The gradient of each input's loss with respect to its pixels is one row; the rows of a line form a series,
//! whose autocorrelation is compared with that of white noise and of brown noise (a random walk).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::Watch;
use crate::data::{Batch, Dataset};
use crate::engine::{BnMode, Engine, ProbeRequest, Select};
use crate::error::{Error, Result};

/// Lines that are averaged.
const LINES: usize = 8;
/// Inputs on a line.
const POINTS: usize = 128;
/// Longest distance between two inputs that are compared.
const LAGS: usize = 24;
/// Pixels of the noise.
const NOISE: usize = 64;

/// Rows of one series in equal steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// By lag from 0: 1 where rows at that distance agree, 0 where they have nothing to do with each other.
    pub by_lag: Vec<f32>,
    /// Mean cosine of the angle between any two rows.
    pub cosine: f32,
    /// One column of the first series, for the eye.
    pub sample: Vec<f32>,
}

/// A net's input gradients against the two noises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shattering {
    pub net: Correlation,
    pub white: Correlation,
    pub brown: Correlation,
    /// Inputs on a line.
    pub points: usize,
    /// Lines averaged.
    pub lines: usize,
}

impl Shattering {
    /// How correlated the gradients of neighbours are.
    pub fn neighbours(&self) -> Option<f32> {
        self.net.by_lag.get(1).copied()
    }

    /// Where the net stands between white noise, 0, and brown noise, 1, over all lags.
    pub fn meter(&self) -> Option<f32> {
        let mean = |of: &Correlation| {
            let lags = of.by_lag.get(1..)?;
            (!lags.is_empty()).then(|| lags.iter().sum::<f32>() / lags.len() as f32)
        };
        let (net, white, brown) = (mean(&self.net)?, mean(&self.white)?, mean(&self.brown)?);
        Some((net - white) / (brown - white))
    }
}

/// Measures a net. Broken off, it answers with the lines that it has.
///
/// # Errors
/// When there are too few images, or the engine fails.
pub fn shattering(engine: &mut dyn Engine, dataset: &Dataset, watch: &mut Watch<Shattering>) -> Result<Shattering> {
    let noise = |brown: bool| {
        let mut mean = Mean::default();
        (0..LINES).for_each(|line| mean.add(&noise(brown, line as u64, NOISE), NOISE));
        mean.correlation()
    };
    let (white, brown) = (noise(false), noise(true));
    let ends = ends(dataset);
    let (mut mean, mut found) = (Mean::default(), None);
    for (at, pair) in ends.iter().enumerate() {
        let rows = input_gradients(engine, &line(dataset, *pair))?;
        mean.add(&rows, rows.len() / POINTS);
        let sofar = Shattering {
            net: mean.correlation(),
            white: white.clone(),
            brown: brown.clone(),
            points: POINTS,
            lines: at + 1,
        };
        let go_on = watch(&sofar, (at + 1) as f32 / ends.len() as f32);
        found = Some(sofar);
        if !go_on {
            break;
        }
    }
    let few = || {
        Error::Data(t!(
            "%{name} has too few test images of different classes",
            name = dataset.name
        ))
    };
    found.ok_or_else(few)
}

/// Pairs of test images of different classes, always the same ones.
fn ends(dataset: &Dataset) -> Vec<[usize; 2]> {
    let labels = &dataset.test.labels;
    let mut pairs = Vec::new();
    for first in 0..labels.len() / 2 {
        let second = labels.len() / 2 + first;
        if pairs.len() < LINES && labels[first] != labels[second] {
            pairs.push([first, second]);
        }
    }
    pairs
}

/// Inputs in equal steps from one test image to another; all have the label of the first.
fn line(dataset: &Dataset, [first, second]: [usize; 2]) -> Batch {
    let size: usize = dataset.shape.iter().product();
    let image = |at: usize| &dataset.test.images[at * size..(at + 1) * size];
    let point = |point: usize| {
        let share = point as f32 / (POINTS - 1) as f32;
        let pixels = image(first).iter().zip(image(second));
        pixels.map(move |(a, b)| a + share * (b - a))
    };
    Batch {
        shape: dataset.shape,
        images: (0..POINTS).flat_map(point).collect(),
        labels: vec![dataset.test.labels[first]; POINTS],
        origin: None,
    }
}

/// dL/d(pixels) of every input, a row each.
fn input_gradients(engine: &mut dyn Engine, batch: &Batch) -> Result<Vec<f32>> {
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::None,
        activation_gradients: Select::Nodes(vec!["input".into()]),
        weight_gradients: false,
    };
    let mut gradients = engine.probe(batch, &request)?.activation_gradients;
    let missing = || Error::Engine(t!("the engine did not report the images' gradient"));
    Ok(gradients.remove("input").ok_or_else(missing)?.data)
}

/// A series of independent normal values, or of their running sums.
fn noise(brown: bool, seed: u64, width: usize) -> Vec<f32> {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut rows: Vec<f32> = (0..POINTS * width)
        .map(|_| StandardNormal.sample(&mut generator))
        .collect();
    if brown {
        (width..rows.len()).for_each(|at| rows[at] += rows[at - width]);
    }
    rows
}

/// Means over several series.
#[derive(Default)]
struct Mean {
    by_lag: Vec<f64>,
    cosine: f64,
    sample: Vec<f32>,
    series: usize,
}

impl Mean {
    fn add(&mut self, rows: &[f32], width: usize) {
        let by_lag = autocorrelation(rows, width, LAGS);
        if self.series == 0 {
            self.by_lag = vec![0.0; by_lag.len()];
            let column = liveliest(rows, width);
            self.sample = rows.iter().skip(column).step_by(width).copied().collect();
        }
        self.by_lag
            .iter_mut()
            .zip(by_lag)
            .for_each(|(sum, value)| *sum += value);
        self.cosine += mean_cosine(rows, width);
        self.series += 1;
    }

    fn correlation(&self) -> Correlation {
        let series = self.series.max(1) as f64;
        Correlation {
            by_lag: self.by_lag.iter().map(|sum| (sum / series) as f32).collect(),
            cosine: (self.cosine / series) as f32,
            sample: self.sample.clone(),
        }
    }
}

/// The column that varies most.
fn liveliest(rows: &[f32], width: usize) -> usize {
    let size = |column: usize| {
        rows.iter()
            .skip(column)
            .step_by(width)
            .map(|&v| f64::from(v).powi(2))
            .sum::<f64>()
    };
    (0..width).max_by(|&a, &b| size(a).total_cmp(&size(b))).unwrap_or(0)
}

/// The autocorrelation of a series of rows by lag, 0 to `lags`: products of the deviations from each column's mean, summed
/// over all columns and pairs of rows at that distance, over the same sum at distance 0.
pub fn autocorrelation(rows: &[f32], width: usize, lags: usize) -> Vec<f64> {
    let count = rows.len() / width.max(1);
    let mut means = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        means
            .iter_mut()
            .zip(row)
            .for_each(|(mean, &value)| *mean += f64::from(value) / count as f64);
    }
    let deviations: Vec<f64> = rows
        .iter()
        .enumerate()
        .map(|(at, &value)| f64::from(value) - means[at % width])
        .collect();
    let at = |lag: usize| {
        deviations
            .iter()
            .zip(deviations.get(lag * width..).unwrap_or(&[]))
            .map(|(a, b)| a * b)
            .sum::<f64>()
    };
    let whole = at(0);
    (0..=lags.min(count.saturating_sub(1)))
        .map(|lag| if whole > 0.0 { at(lag) / whole } else { f64::NAN })
        .collect()
}

/// The mean cosine of the angle between any two different rows; rows of zeros count as at right angles to all.
pub fn mean_cosine(rows: &[f32], width: usize) -> f64 {
    let mut sum = vec![0.0; width];
    let (mut count, mut squares) = (0.0, 0.0);
    for row in rows.chunks_exact(width.max(1)) {
        let norm = row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
        count += 1.0;
        if norm > 0.0 {
            sum.iter_mut()
                .zip(row)
                .for_each(|(sum, &value)| *sum += f64::from(value) / norm);
            squares += 1.0;
        }
    }
    // |sum of units|^2 counts every pair twice and every row with itself.
    let all = sum.iter().map(|value| value * value).sum::<f64>();
    (all - squares) / (count * (count - 1.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Choice, Optimizer, open};
    use crate::net::{Graph, Spec, initial_weights};

    #[test]
    fn series_that_are_known() {
        let alternating: Vec<f32> = (0..100).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let by_lag = autocorrelation(&alternating, 1, 2);
        assert!((by_lag[0] - 1.0).abs() < 1e-12 && (by_lag[1] + 0.99).abs() < 1e-9 && (by_lag[2] - 0.98).abs() < 1e-9);
        // Opposite columns have the same autocorrelation as each alone.
        let double: Vec<f32> = alternating.iter().flat_map(|&value| [value, -3.0 * value]).collect();
        assert_eq!(autocorrelation(&double, 2, 2), by_lag);
        assert!(
            autocorrelation(&[2.0; 8], 1, 3).iter().all(|value| value.is_nan()),
            "nothing varies"
        );
        let right_angles = [1.0, 0.0, 0.0, 2.0, -3.0, 0.0];
        assert!((mean_cosine(&right_angles, 2) - -1.0 / 3.0).abs() < 1e-12);
        assert!((mean_cosine(&[1.0, 1.0, 2.0, 2.0], 2) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn white_noise_forgets_at_once_and_brown_noise_slowly() {
        let mean = |brown| {
            let mut mean = Mean::default();
            (0..LINES).for_each(|line| mean.add(&noise(brown, line as u64, NOISE), NOISE));
            mean.correlation()
        };
        let (white, brown) = (mean(false), mean(true));
        assert!(white.by_lag[1].abs() < 0.03 && white.cosine.abs() < 0.03, "{white:?}");
        assert!(
            brown.by_lag[1] > 0.9 && brown.by_lag[LAGS] < brown.by_lag[1],
            "{brown:?}"
        );
        assert!(brown.cosine > 0.3, "{brown:?}");
    }

    #[test]
    fn plain_nets_shatter_and_residual_nets_less() {
        let data = Dataset::open(&toml::from_str("source = 'digits'").unwrap()).unwrap();
        let measured = |net: &str, enough: usize| {
            let graph = Arc::new(Graph::new(&Spec::for_data(net, data.shape, 10).unwrap()));
            let weights = initial_weights(&graph, 0);
            let mut engine = open(Choice::Cpu, &graph, &weights, Optimizer::default()).unwrap();
            shattering(engine.as_mut(), &data, &mut |found, _| found.lines < enough).unwrap()
        };
        let (plain, residual) = (measured("plain-56:width=4", 3), measured("resnet-56:width=4", 3));
        assert_eq!((plain.lines, plain.points), (3, POINTS));
        assert!(
            residual.meter() > plain.meter(),
            "{:?} {:?}",
            residual.meter(),
            plain.meter()
        );
        assert!(
            residual.net.cosine > plain.net.cosine,
            "{} {}",
            residual.net.cosine,
            plain.net.cosine
        );
    }
}
