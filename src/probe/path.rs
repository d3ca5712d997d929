//! The way that training took through the weights, seen on the plane that shows most of it: the two principal components
//! of the kept weights' distances from their end (Li et al. 2018, section 6).

use std::sync::Arc;

use super::landscape::{Plane, is_weight};
use crate::net::{Array, Graph, Weights};

/// Rounds of Jacobi's method; some ten are enough for the few moments that are kept.
const SWEEPS: usize = 60;
/// Room around the way, as a share of its extent.
const AIR: f32 = 0.25;

/// The way on its plane, whose directions have length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub plane: Plane,
    /// Of each moment, in order; the last is the origin.
    pub points: Vec<[f32; 2]>,
    /// Share of the squared distances from the end that each direction explains.
    pub explained: [f32; 2],
}

impl Path {
    /// The way through those weights, the last of which are the plane's centre; `None` where nothing moved.
    pub fn of(graph: &Graph, kept: &[Arc<Weights>]) -> Option<Self> {
        let (end, _) = kept.split_last()?;
        let names: Vec<&String> = end.keys().filter(|name| is_weight(graph, name)).collect();
        let distances: Vec<Vec<f32>> = kept.iter().map(|weights| distance(weights, end, &names)).collect();
        let (values, vectors) = eigen(gram(&distances));
        let total: f64 = values.iter().sum();
        if total.is_nan() || total <= 0.0 {
            return None;
        }
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let largest = [order[0], *order.get(1)?];
        let axes = largest.map(|at| axis(&distances, values[at], vectors.iter().map(|row| row[at])));
        let point = |distance: &Vec<f32>| [0, 1].map(|axis: usize| dot(distance, &axes[axis]) as f32);
        Some(Self {
            points: distances.iter().map(point).collect(),
            explained: largest.map(|at| (values[at] / total) as f32),
            plane: Plane {
                centre: end.as_ref().clone(),
                along: axes.map(|axis| direction(&axis, end, &names)),
            },
        })
    }

    /// What of the plane to look at: the way with some air around it.
    pub fn reach(&self) -> [[f32; 2]; 2] {
        let extents = [0, 1].map(|axis: usize| {
            let places = || self.points.iter().map(move |point| point[axis]);
            [places().fold(0.0, f32::min), places().fold(0.0, f32::max)]
        });
        let air = AIR * extents.map(|[low, high]| high - low).into_iter().fold(0.0, f32::max);
        extents.map(|[low, high]| [low - air, high + air])
    }
}

fn distance(weights: &Weights, end: &Weights, names: &[&String]) -> Vec<f32> {
    let parts = names
        .iter()
        .filter_map(|&name| Some((&weights.get(name)?.data, &end.get(name)?.data)));
    parts
        .flat_map(|(from, to)| from.iter().zip(to).map(|(from, to)| from - to))
        .collect()
}

fn gram(rows: &[Vec<f32>]) -> Vec<Vec<f64>> {
    rows.iter().map(|a| rows.iter().map(|b| dot(a, b)).collect()).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// The principal direction: the distances weighted by an eigenvector, of length 1; none where the eigenvalue is nothing.
fn axis(distances: &[Vec<f32>], value: f64, vector: impl Iterator<Item = f64>) -> Vec<f32> {
    let mut sum = vec![0.0f64; distances[0].len()];
    for (distance, weight) in distances.iter().zip(vector) {
        sum.iter_mut()
            .zip(distance)
            .for_each(|(sum, &part)| *sum += weight * f64::from(part));
    }
    let length = value.max(0.0).sqrt();
    let scale = if length > 1e-9 { 1.0 / length } else { 0.0 };
    sum.into_iter().map(|value| (value * scale) as f32).collect()
}

/// Values in the order of the names, as weights.
fn direction(values: &[f32], like: &Weights, names: &[&String]) -> Weights {
    let mut rest = values;
    let mut weights = Weights::new();
    for &name in names {
        if let Some(array) = like.get(name) {
            let (own, after) = rest.split_at(array.data.len());
            rest = after;
            let shape = array.shape.clone();
            weights.insert(
                name.clone(),
                Array {
                    shape,
                    data: own.to_vec(),
                },
            );
        }
    }
    weights
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> = (0..size)
        .map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for _ in 0..SWEEPS {
        for p in 0..size {
            for q in p + 1..size {
                if matrix[p][q] == 0.0 {
                    continue;
                }
                let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * matrix[p][q]);
                let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
                let sine = tangent * cosine;
                let turn = |a: f64, b: f64| [cosine * a - sine * b, sine * a + cosine * b];
                for row in matrix.iter_mut().chain(&mut vectors) {
                    [row[p], row[q]] = turn(row[p], row[q]);
                }
                let (above, from_q) = matrix.split_at_mut(q);
                for (a, b) in above[p].iter_mut().zip(&mut from_q[0]) {
                    [*a, *b] = turn(*a, *b);
                }
            }
        }
    }
    ((0..size).map(|i| matrix[i][i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::initial_weights;

    /// Weights that stay but for three values of the last layer.
    fn weights(graph: &Graph, [a, b, c]: [f32; 3]) -> Arc<Weights> {
        let mut weights = initial_weights(graph, 0);
        weights.get_mut("fc.weight").unwrap().data[..3].copy_from_slice(&[a, b, c]);
        // A bias is not a weight and does not count.
        weights.get_mut("fc.bias").unwrap().data[0] = 100.0 * a;
        Arc::new(weights)
    }

    #[test]
    fn a_way_in_a_plane_is_seen_whole() {
        let graph = Graph::new(&"plain-8:width=4".parse().unwrap());
        let kept = [[5.0, 1.0, 3.0], [4.0, 1.0, 1.0], [2.0, 1.0, 0.5], [1.0, 1.0, 0.0]].map(|at| weights(&graph, at));
        let path = Path::of(&graph, &kept).unwrap();
        assert!(
            (path.explained[0] + path.explained[1] - 1.0).abs() < 1e-5,
            "{:?}",
            path.explained
        );
        assert!(path.explained[0] > path.explained[1] && path.points[3] == [0.0, 0.0]);
        for (point, there) in path.points.iter().zip(&kept) {
            let back = path.plane.at(*point);
            for (value, expected) in back["fc.weight"].data.iter().zip(&there["fc.weight"].data) {
                assert!((value - expected).abs() < 1e-5);
            }
        }
        let [[left, right], [low, high]] = path.reach();
        assert!(
            path.points
                .iter()
                .all(|&[x, y]| left < x && x < right && low < y && y < high)
        );
    }

    #[test]
    fn a_net_that_stays_has_no_way() {
        let graph = Graph::new(&"plain-8:width=4".parse().unwrap());
        let still = weights(&graph, [1.0; 3]);
        assert!(Path::of(&graph, &[]).is_none());
        assert!(Path::of(&graph, &[Arc::clone(&still), still]).is_none());
    }

    #[test]
    fn eigenvalues_of_a_known_matrix() {
        let (mut values, vectors) = eigen(vec![vec![2.0, 1.0, 0.0], vec![1.0, 2.0, 0.0], vec![0.0, 0.0, 5.0]]);
        assert!((vectors[0][0].abs() - 0.5f64.sqrt()).abs() < 1e-9, "{vectors:?}");
        values.sort_by(f64::total_cmp);
        for (value, expected) in values.iter().zip([1.0, 3.0, 5.0]) {
            assert!((value - expected).abs() < 1e-9, "{values:?}");
        }
    }
}
