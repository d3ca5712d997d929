//! The loss around a net's weights, on a plane through them (Li et al. 2018).
//!
//! The directions change convolutions and the linear layer's weights; biases and normalisation stay. A random direction is
//! *filter-normalised*: each filter of it is as long as the filter that it is added to, because without that a net whose
//! weights are larger looks flatter though it computes the same. The loss is that of some training images with batch
//! statistics.

use serde::{Deserialize, Serialize};

use super::Watch;
use crate::data::Batch;
use crate::engine::{BnMode, Engine};
use crate::error::Result;
use crate::net::{Array, Graph, Op, ParamKind, Weights, initial_weights};

/// Points a side of the first, coarsest look.
const COARSEST: usize = 5;
/// No run has such a seed, so no direction is a run's initial weights.
const SEEDS: u64 = 1 << 63;

/// A plane through a net's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    pub centre: Weights,
    /// Two directions, of the weights that they change.
    pub along: [Weights; 2],
}

impl Plane {
    /// Along these two directions, of which only weights are kept, filter-normalised.
    pub fn new(graph: &Graph, centre: &Weights, mut along: [Weights; 2]) -> Self {
        for direction in &mut along {
            direction.retain(|name, _| is_weight(graph, name));
            for (name, array) in direction {
                if let Some(weights) = centre.get(name) {
                    fit_filters(array, weights);
                }
            }
        }
        let centre = centre.clone();
        Self { centre, along }
    }

    /// Two random directions, the same of every net with parameters of the same names.
    pub fn random(graph: &Graph, centre: &Weights, seed: u64) -> Self {
        let direction = |number: u64| initial_weights(graph, SEEDS | (2 * seed + number));
        Self::new(graph, centre, [direction(0), direction(1)])
    }

    /// The same directions through other weights.
    pub fn through(&self, centre: &Weights) -> Self {
        Self {
            centre: centre.clone(),
            along: self.along.clone(),
        }
    }

    /// The weights at a point of the plane.
    pub fn at(&self, [x, y]: [f32; 2]) -> Weights {
        let mut weights = self.centre.clone();
        for (share, along) in [x, y].into_iter().zip(&self.along) {
            if share == 0.0 {
                continue;
            }
            for (name, direction) in along {
                if let Some(array) = weights.get_mut(name) {
                    let values = array.data.iter_mut().zip(&direction.data);
                    values.for_each(|(value, direction)| *value += share * direction);
                }
            }
        }
        weights
    }
}

/// Whether a direction changes that parameter.
pub(super) fn is_weight(graph: &Graph, name: &str) -> bool {
    let param = graph.params.iter().find(|param| param.name == name);
    param.is_some_and(|param| matches!(param.kind, ParamKind::ConvWeight | ParamKind::LinearWeight))
}

/// Makes each filter of `direction` as long as that of `weights`.
fn fit_filters(direction: &mut Array, weights: &Array) {
    let size = weights.data.len() / weights.shape.first().copied().unwrap_or(1).max(1);
    let norm = |filter: &[f32]| filter.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    let filters = direction.data.chunks_mut(size.max(1));
    for (filter, like) in filters.zip(weights.data.chunks(size.max(1))) {
        let length = norm(filter);
        let factor = if length > 0.0 {
            (norm(like) / length) as f32
        } else {
            0.0
        };
        filter.iter_mut().for_each(|value| *value *= factor);
    }
}

/// The loss at the points of a grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// First and last place along each direction, in lengths of the direction.
    pub reach: [[f32; 2]; 2],
    /// Points a side.
    pub side: usize,
    /// Mean cross-entropy by row (the second direction) and column (the first); `NaN` where it is not known yet.
    pub loss: Vec<f32>,
}

impl Landscape {
    fn new(reach: [[f32; 2]; 2], side: usize) -> Self {
        Self {
            reach,
            side,
            loss: vec![f32::NAN; side * side],
        }
    }

    /// The share of the points whose loss is known, 0..=1.
    pub fn known(&self) -> f32 {
        let known = self.loss.iter().filter(|loss| !loss.is_nan()).count();
        known as f32 / self.loss.len().max(1) as f32
    }

    /// Where a grid point lies.
    pub fn place(&self, column: usize, row: usize) -> [f32; 2] {
        let place = |[from, to]: [f32; 2], at: usize| from + (to - from) * at as f32 / (self.side - 1).max(1) as f32;
        [place(self.reach[0], column), place(self.reach[1], row)]
    }

    /// Place of a loss between the ends of a logarithmic scale, 0..=1; beyond them and where it is not finite, an end.
    pub fn share(loss: f32, [low, high]: [f32; 2]) -> f32 {
        if loss == f32::INFINITY {
            return 1.0;
        }
        let share = (loss.max(low).ln() - low.ln()) / (high.ln() - low.ln());
        share.clamp(0.0, 1.0)
    }

    /// The loss between the points, at shares of the whole reach, 0..=1: on a logarithmic scale interpolated.
    pub fn between(&self, x: f32, y: f32) -> f32 {
        let last = self.side - 1;
        let cell = |share: f32| {
            let at = share.clamp(0.0, 1.0) * last as f32;
            let first = (at.floor() as usize).min(last.saturating_sub(1));
            (first, at - first as f32)
        };
        let ((column, right), (row, up)) = (cell(x), cell(y));
        let log = |column: usize, row: usize| self.shown(column.min(last), row.min(last)).ln();
        let along = |row: usize| log(column, row) * (1.0 - right) + log(column + 1, row) * right;
        (along(row) * (1.0 - up) + along(row + 1) * up).exp()
    }

    /// Mean loss at that share of the way from the middle to the edges, along the four half-axes; between grid points
    /// interpolated. `None` beyond the edges and where it is not known.
    pub fn height(&self, share: f32) -> Option<f32> {
        let middle = self.side / 2;
        let steps = share * middle as f32;
        let (near, rest) = (steps.floor() as usize, steps.fract());
        let ring = |distance: usize| -> Option<f32> {
            let (low, high) = (middle.checked_sub(distance)?, middle + distance);
            let points = [(low, middle), (high, middle), (middle, low), (middle, high)];
            let mean = points.map(|(column, row)| self.loss[row * self.side + column]);
            let mean = mean.iter().sum::<f32>() / 4.0;
            (!mean.is_nan()).then_some(mean)
        };
        if rest == 0.0 {
            return ring(near);
        }
        Some(ring(near)? * (1.0 - rest) + ring(near + 1)? * rest)
    }

    /// The loss there or, where it is not known yet, at the nearest point of the coarser grid.
    pub fn shown(&self, column: usize, row: usize) -> f32 {
        let mut step = 1;
        loop {
            let near = |at: usize| ((at + step / 2) / step * step).min(self.side - 1);
            let loss = self.loss[near(row) * self.side + near(column)];
            if !loss.is_nan() || step >= self.side {
                return loss;
            }
            step *= 2;
        }
    }
}

/// Looks at a plane through `side` x `side` points, `side` being a power of two and one: the coarse grid first, then what
/// lies between. Broken off, it answers with what it has. The engine is left at other weights.
///
/// # Errors
/// When the plane is another net's, or the engine fails.
pub fn landscape(
    engine: &mut dyn Engine,
    plane: &Plane,
    batches: &[Batch],
    reach: [[f32; 2]; 2],
    side: usize,
    watch: &mut Watch<Landscape>,
) -> Result<Landscape> {
    let mut map = Landscape::new(reach, side);
    let (all, mut known) = ((side * side) as f32, 0);
    let mut step = ((side - 1) / (COARSEST - 1)).max(1);
    loop {
        for row in (0..side).step_by(step) {
            for column in (0..side).step_by(step) {
                let at = row * side + column;
                if map.loss[at].is_nan() {
                    map.loss[at] = loss_at(engine, plane, map.place(column, row), batches)?;
                    known += 1;
                }
            }
            if !watch(&map, known as f32 / all) {
                return Ok(map);
            }
        }
        if step == 1 {
            return Ok(map);
        }
        step /= 2;
    }
}

/// The loss along the first direction at `count` equally spaced places of `reach`, both ends included: place and loss.
///
/// # Errors
/// As [`landscape`].
pub fn slice(
    engine: &mut dyn Engine,
    plane: &Plane,
    batches: &[Batch],
    [from, to]: [f32; 2],
    count: usize,
) -> Result<Vec<[f32; 2]>> {
    let place = |at: usize| from + (to - from) * at as f32 / (count - 1).max(1) as f32;
    (0..count)
        .map(|at| Ok([place(at), loss_at(engine, plane, [place(at), 0.0], batches)?]))
        .collect()
}

/// Infinite where it is not a number.
fn loss_at(engine: &mut dyn Engine, plane: &Plane, place: [f32; 2], batches: &[Batch]) -> Result<f32> {
    engine.set_weights(&plane.at(place))?;
    let (mut sum, mut images) = (0.0, 0);
    for batch in batches {
        let part = engine.evaluate(batch, BnMode::Batch)?;
        sum += part.loss_sum;
        images += part.images;
    }
    let loss = (sum / images.max(1) as f64) as f32;
    Ok(if loss.is_nan() { f32::INFINITY } else { loss })
}

/// The same function with weights `factor` times as large: every convolution that is normalised is multiplied by it, which
/// batch statistics undo.
pub fn rescaled(graph: &Graph, weights: &Weights, factor: f32) -> Weights {
    let mut weights = weights.clone();
    for node in &graph.nodes {
        let normalised = matches!(node.op, Op::BatchNorm { .. });
        let source = node.inputs.first().map(|&input| &graph.nodes[input].op);
        if let (true, Some(Op::Conv { parameters, .. })) = (normalised, source)
            && let Some(array) = weights.get_mut(&format!("{parameters}.weight"))
        {
            array.data.iter_mut().for_each(|value| *value *= factor);
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::Dataset;
    use crate::engine::{Choice, Optimizer, open};
    use crate::net::Spec;

    fn setup(net: &str) -> (Arc<Graph>, Weights, Box<dyn Engine>, Vec<Batch>) {
        let data = Dataset::open(&toml::from_str("source = 'digits'").unwrap()).unwrap();
        let graph = Arc::new(Graph::new(&Spec::for_data(net, data.shape, 10).unwrap()));
        let weights = initial_weights(&graph, 0);
        let engine = open(Choice::Cpu, &graph, &weights, Optimizer::default()).unwrap();
        (graph, weights, engine, data.train_sample(64, 64))
    }

    fn norms(array: &Array) -> Vec<f32> {
        let size = array.data.len() / array.shape[0];
        let norm = |filter: &[f32]| filter.iter().map(|value| value * value).sum::<f32>().sqrt();
        array.data.chunks(size).map(norm).collect()
    }

    #[test]
    fn every_filter_of_a_direction_is_as_long_as_the_nets() {
        let (graph, weights, ..) = setup("plain-8:width=4");
        let plane = Plane::random(&graph, &weights, 0);
        for along in &plane.along {
            assert_eq!(along.len(), graph.weighted().len(), "no normalisation, no bias");
            for (name, direction) in along {
                for (a, b) in norms(direction).iter().zip(norms(&weights[name])) {
                    assert!((a - b).abs() < 1e-5 * b, "{name}: {a} {b}");
                }
            }
        }
        assert_ne!(plane.along[0], plane.along[1]);
        assert_eq!(plane.at([0.0, 0.0]), weights);
        let there = plane.at([2.0, -1.0]);
        let expected = weights["fc.weight"].data[5] + 2.0 * plane.along[0]["fc.weight"].data[5]
            - plane.along[1]["fc.weight"].data[5];
        assert!((there["fc.weight"].data[5] - expected).abs() < 1e-6);
        assert_eq!(there["bn1.weight"], weights["bn1.weight"]);
    }

    /// With all weights zero but the linear layer's bias, the logits are that bias everywhere on a plane whose directions
    /// are zero there, and the loss is the analytic log-sum-exp.
    #[test]
    fn a_net_that_only_has_a_bias_lies_on_a_level_plane() {
        let (graph, mut weights, mut engine, batches) = setup("plain-8:width=4,norm=none");
        for (name, array) in &mut weights {
            array.data.fill(if name == "fc.bias" { 1.0 } else { 0.0 });
        }
        let plane = Plane::random(&graph, &weights, 0);
        let reach = [[-1.0, 1.0]; 2];
        let map = landscape(engine.as_mut(), &plane, &batches, reach, 5, &mut |_, _| true).unwrap();
        assert!(
            map.loss.iter().all(|loss| (loss - 10f32.ln()).abs() < 1e-5),
            "{:?}",
            map.loss
        );
    }

    #[test]
    fn rescaled_weights_compute_the_same_and_look_the_same_only_with_normalised_directions() {
        let (graph, weights, mut engine, batches) = setup("resnet-8:width=8");
        let plane = Plane::random(&graph, &weights, 0);
        let larger = rescaled(&graph, &weights, 10.0);
        let mut along = |plane: &Plane| slice(engine.as_mut(), plane, &batches, [-1.0, 1.0], 5).unwrap();
        let own = along(&plane);
        let normalised = along(&Plane::random(&graph, &larger, 0));
        let raw = along(&plane.through(&larger));
        let apart = |other: &[[f32; 2]]| {
            let differences = own.iter().zip(other).map(|(a, b)| (a[1] - b[1]).abs());
            differences.fold(0.0, f32::max)
        };
        assert_eq!(
            own.iter().map(|point| point[0]).collect::<Vec<_>>(),
            [-1.0, -0.5, 0.0, 0.5, 1.0]
        );
        assert!(
            (own[2][1] - raw[2][1]).abs() < 1e-3,
            "the same function: {own:?} {raw:?}"
        );
        assert!(apart(&normalised) < 2e-2, "{own:?} {normalised:?}");
        assert!(apart(&raw) > 0.1, "{own:?} {raw:?}");
    }

    #[test]
    fn it_is_coarse_first_and_can_be_stopped() {
        let (graph, weights, mut engine, batches) = setup("plain-8:width=4");
        let plane = Plane::random(&graph, &weights, 0);
        let reach = [[-1.0, 1.0], [-0.5, 0.5]];
        let mut look = |shares: &mut Vec<f32>, enough: usize| {
            let mut watch = |_: &Landscape, share: f32| {
                shares.push(share);
                shares.len() < enough
            };
            landscape(engine.as_mut(), &plane, &batches, reach, 9, &mut watch).unwrap()
        };
        let mut shares = Vec::new();
        let coarse = look(&mut shares, COARSEST);
        let known = |map: &Landscape| map.loss.iter().filter(|loss| !loss.is_nan()).count();
        assert_eq!(known(&coarse), COARSEST * COARSEST);
        assert_eq!(coarse.shown(1, 1), coarse.loss[2 * 9 + 2], "the nearest that is known");
        let whole = look(&mut Vec::new(), usize::MAX);
        assert_eq!((known(&whole), whole.place(8, 0)), (81, [1.0, -0.5]));
        assert_eq!(whole.shown(2, 2), coarse.shown(2, 2));
    }
}
