//! Ridge regression in `f64`: the best linear reading of targets from features, with the penalty that predicts best.

use rust_i18n::t;

use crate::error::{Error, Result};

/// Penalties tried, as shares of the mean of the Gram matrix's diagonal.
const PENALTIES: [f64; 6] = [1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2];
/// One sample in so many, from the end, judges the penalties.
const HELD_OUT: usize = 5;

/// Rows of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    pub width: usize,
    /// Row-major.
    pub data: Vec<f32>,
}

impl Rows {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.data.len() / self.width.max(1)
    }

    fn first(&self, rows: usize) -> &[f32] {
        &self.data[..rows * self.width]
    }
}

/// `y = (x - mean) W + offset`, fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    mean: Vec<f64>,
    offset: Vec<f64>,
    /// `[features, targets]`
    weights: Vec<f64>,
}

impl Ridge {
    /// Fits each of `groups` of target columns (their number of columns, in order) with the penalty that predicts it
    /// best on held-out samples, then with all samples.
    ///
    /// # Errors
    /// When there are too few samples, or features that are not finite.
    pub fn fit(features: &Rows, targets: &Rows, groups: &[usize]) -> Result<Self> {
        let samples = features.len();
        let fitted = samples - samples / HELD_OUT;
        if fitted < 2 || fitted == samples {
            return Err(Error::Data(t!(
                "%{samples} images are too few to fit a linear reading; %{held_out} are the least",
                samples = samples,
                held_out = HELD_OUT
            )));
        }
        if features.data.iter().any(|value| !value.is_finite()) {
            return Err(Error::Engine(t!(
                "the maps hold values that are not finite numbers, so nothing can be read from them"
            )));
        }
        let part = Moments::of(features, targets, fitted);
        let errors: Vec<Vec<f64>> = PENALTIES
            .iter()
            .map(|&penalty| part.solve(penalty).errors(features, targets, fitted))
            .collect();
        let all = Moments::of(features, targets, samples);
        let mut solved: Vec<Option<Ridge>> = PENALTIES.iter().map(|_| None).collect();
        let mut ridge: Option<Ridge> = None;
        let mut start = 0;
        for &columns in groups {
            let end = start + columns;
            let error = |at: usize| errors[at][start..end].iter().sum::<f64>();
            let best = (0..PENALTIES.len())
                .min_by(|&a, &b| error(a).total_cmp(&error(b)))
                .unwrap_or(0);
            let group = solved[best].get_or_insert_with(|| all.solve(PENALTIES[best]));
            let ridge = ridge.get_or_insert_with(|| group.clone());
            for (to, from) in ridge
                .weights
                .chunks_exact_mut(targets.width)
                .zip(group.weights.chunks_exact(targets.width))
            {
                to[start..end].copy_from_slice(&from[start..end]);
            }
            start = end;
        }
        ridge.ok_or_else(|| Error::Engine(t!("there is nothing to read")))
    }

    /// The targets read from one row of features.
    pub fn read(&self, features: &[f32]) -> Vec<f64> {
        let mut read = self.offset.clone();
        let columns = read.len();
        for ((&x, mean), weights) in features.iter().zip(&self.mean).zip(self.weights.chunks_exact(columns)) {
            add_scaled(&mut read, f64::from(x) - mean, weights);
        }
        read
    }

    /// Squared errors of the rows from `first` on, by target column.
    fn errors(&self, features: &Rows, targets: &Rows, first: usize) -> Vec<f64> {
        let mut errors = vec![0.0; targets.width];
        let rows = features
            .data
            .chunks_exact(features.width)
            .zip(targets.data.chunks_exact(targets.width));
        for (x, y) in rows.skip(first) {
            for ((error, read), &y) in errors.iter_mut().zip(self.read(x)).zip(y) {
                *error += (read - f64::from(y)).powi(2);
            }
        }
        errors
    }
}

/// `to += scale * from`.
fn add_scaled(to: &mut [f64], scale: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += scale * from;
    }
}

/// What the normal equations need of some samples.
struct Moments {
    mean: Vec<f64>,
    offset: Vec<f64>,
    /// Of the centred features, lower triangle, `[features, features]`.
    gram: Vec<f64>,
    /// `[features, targets]`
    cross: Vec<f64>,
}

impl Moments {
    /// Of the first `samples` rows.
    fn of(features: &Rows, targets: &Rows, samples: usize) -> Self {
        let (width, columns) = (features.width, targets.width);
        let mean = means(features.first(samples), width);
        let offset = means(targets.first(samples), columns);
        let mut moments = Self {
            gram: vec![0.0; width * width],
            cross: vec![0.0; width * columns],
            mean,
            offset,
        };
        // Four rows at a time: the Gram matrix passes through the cache a quarter as often.
        let centred = |rows: &[f32], means: &[f64]| -> Vec<f64> {
            let means = means.iter().cycle();
            rows.iter().zip(means).map(|(&x, mean)| f64::from(x) - mean).collect()
        };
        let rows = features.first(samples).chunks(4 * width);
        for (x, y) in rows.zip(targets.first(samples).chunks(4 * columns)) {
            moments.add(&centred(x, &moments.mean), &centred(y, &moments.offset));
        }
        moments
    }

    /// Adds up to four centred rows.
    fn add(&mut self, x: &[f64], y: &[f64]) {
        let (width, columns) = (self.mean.len(), self.offset.len());
        let rows: Vec<&[f64]> = x.chunks_exact(width).collect();
        for (i, gram) in self.gram.chunks_exact_mut(width).enumerate() {
            let gram = &mut gram[..=i];
            if let [a, b, c, d] = rows[..] {
                let scales = [a[i], b[i], c[i], d[i]];
                let values = a.iter().zip(b).zip(c).zip(d);
                for (sum, (((a, b), c), d)) in gram.iter_mut().zip(values) {
                    *sum += scales[0] * a + scales[1] * b + scales[2] * c + scales[3] * d;
                }
            } else {
                rows.iter().for_each(|row| add_scaled(gram, row[i], row));
            }
        }
        for (row, y) in rows.iter().zip(y.chunks_exact(columns)) {
            for (&x, cross) in row.iter().zip(self.cross.chunks_exact_mut(columns)) {
                add_scaled(cross, x, y);
            }
        }
    }

    /// Solves `(G + penalty * mean(diag G) I) W = C` by Cholesky's decomposition.
    fn solve(&self, penalty: f64) -> Ridge {
        let (width, columns) = (self.mean.len(), self.offset.len());
        let diagonal = (0..width).map(|i| self.gram[i * width + i]).sum::<f64>() / width as f64;
        // Maps that never vary tell nothing; any positive number keeps the matrix regular.
        let ridge = if diagonal > 0.0 { penalty * diagonal } else { 1.0 };
        let mut lower = self.gram.clone();
        (0..width).for_each(|i| lower[i * width + i] += ridge);
        factor(&mut lower, width);
        let mut weights = self.cross.clone();
        for i in 0..width {
            let (done, rest) = weights.split_at_mut(i * columns);
            let row = &mut rest[..columns];
            for (j, known) in done.chunks_exact(columns).enumerate() {
                add_scaled(row, -lower[i * width + j], known);
            }
            row.iter_mut().for_each(|value| *value /= lower[i * width + i]);
        }
        for i in (0..width).rev() {
            let (rest, done) = weights.split_at_mut((i + 1) * columns);
            let row = &mut rest[i * columns..];
            for (j, known) in (i + 1..).zip(done.chunks_exact(columns)) {
                add_scaled(row, -lower[j * width + i], known);
            }
            row.iter_mut().for_each(|value| *value /= lower[i * width + i]);
        }
        Ridge {
            mean: self.mean.clone(),
            offset: self.offset.clone(),
            weights,
        }
    }
}

/// Replaces the lower triangle of a positive definite matrix by that of its Cholesky factor.
fn factor(matrix: &mut [f64], size: usize) {
    for i in 0..size {
        let (above, rest) = matrix.split_at_mut(i * size);
        let row = &mut rest[..size];
        for j in 0..i {
            let known = &above[j * size..j * size + j];
            row[j] = (row[j] - dot(&row[..j], known)) / above[j * size + j];
        }
        row[i] = (row[i] - dot(&row[..i], &row[..i])).max(f64::MIN_POSITIVE).sqrt();
    }
}

/// With four sums side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (fours, others) = (a.chunks_exact(4).zip(b.chunks_exact(4)), a.len() / 4 * 4);
    for (a, b) in fours {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest: f64 = a[others..].iter().zip(&b[others..]).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn means(rows: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (sum, &x) in sums.iter_mut().zip(row) {
            *sum += f64::from(x);
        }
    }
    let count = (rows.len() / width.max(1)).max(1) as f64;
    sums.iter().map(|sum| sum / count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and are the same everywhere.
    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let draw = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(draw).collect()
    }

    fn rows(width: usize, data: Vec<f32>) -> Rows {
        Rows { width, data }
    }

    #[test]
    fn a_linear_law_is_found() {
        let x = rows(7, noise(7 * 90, 1));
        let law = |x: &[f32]| [2.0 * x[0] - 3.0 * x[6] + 0.5, x[1] + x[2] - 1.0];
        let y = rows(2, x.data.chunks(7).flat_map(law).collect());
        let ridge = Ridge::fit(&x, &y, &[2]).unwrap();
        let new = noise(7, 9);
        for (read, truth) in ridge.read(&new).iter().zip(law(&new)) {
            assert!((read - f64::from(truth)).abs() < 0.01, "{read} {truth}");
        }
    }

    #[test]
    fn noise_is_read_as_the_mean() {
        let (x, y) = (rows(30, noise(30 * 60, 2)), rows(1, noise(60, 3)));
        let ridge = Ridge::fit(&x, &y, &[1]).unwrap();
        let read = ridge.read(&noise(30, 5))[0];
        assert!(
            (read - ridge.offset[0]).abs() < 0.2,
            "{read} around {}",
            ridge.offset[0]
        );
    }

    #[test]
    fn each_group_has_its_own_penalty() {
        let x = rows(30, noise(30 * 60, 2));
        let law: Vec<f32> = x.data.chunks(30).map(|x| 4.0 * x[3]).collect();
        let both: Vec<f32> = law
            .iter()
            .zip(noise(60, 3))
            .flat_map(|(&law, noise)| [law, noise])
            .collect();
        let apart = Ridge::fit(&x, &rows(2, both.clone()), &[1, 1]).unwrap();
        let alone = Ridge::fit(&x, &rows(1, law), &[1]).unwrap();
        let new = noise(30, 5);
        assert!((apart.read(&new)[0] - alone.read(&new)[0]).abs() < 1e-9);
    }

    #[test]
    fn dead_maps_and_broken_ones() {
        let y = rows(1, noise(20, 3));
        let dead = Ridge::fit(&rows(3, vec![0.0; 60]), &y, &[1]).unwrap();
        assert!((dead.read(&[0.0; 3])[0] - dead.offset[0]).abs() < 1e-12);
        let mut broken = noise(60, 1);
        broken[5] = f32::NAN;
        assert!(Ridge::fit(&rows(3, broken), &y, &[1]).is_err());
        assert!(Ridge::fit(&rows(3, noise(9, 1)), &rows(1, noise(3, 1)), &[1]).is_err());
    }
}
