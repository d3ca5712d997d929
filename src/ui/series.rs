//! What a chart does to a measured series before drawing it: smoothing, thinning and cutting.

/// A debiased exponential mean over about `window` steps that grows with its series.
///
/// A value that is not finite is passed through and the mean starts anew behind it.
#[derive(Debug, Clone, Default)]
pub struct Smoother {
    window: f32,
    sum: f64,
    weight: f64,
    values: Vec<f32>,
}

impl Smoother {
    /// The smoothed series; only what is new is computed. A window of 1 leaves the series as it is.
    pub fn update(&mut self, raw: &[f32], window: f32) -> &[f32] {
        if self.window != window || self.values.len() > raw.len() {
            *self = Self {
                window,
                ..Self::default()
            };
        }
        let keep = 1.0 - 1.0 / f64::from(window.max(1.0));
        for &value in &raw[self.values.len()..] {
            if !value.is_finite() {
                (self.sum, self.weight) = (0.0, 0.0);
                self.values.push(value);
                continue;
            }
            self.sum = keep * self.sum + (1.0 - keep) * f64::from(value);
            self.weight = keep * self.weight + (1.0 - keep);
            self.values.push((self.sum / self.weight) as f32);
        }
        &self.values
    }
}

/// Cuts a line where it is not finite, so that what lies beside a gap is still drawn.
pub fn split(points: impl Iterator<Item = [f64; 2]>) -> Vec<Vec<[f64; 2]>> {
    let mut pieces = vec![Vec::new()];
    for point in points {
        if point.iter().all(|value| value.is_finite()) {
            if let Some(piece) = pieces.last_mut() {
                piece.push(point);
            }
        } else if pieces.last().is_some_and(|piece| !piece.is_empty()) {
            pieces.push(Vec::new());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The points of a series, thinned to the smallest and the largest value of each of `columns` equal stretches, first and
/// last point kept: drawn on that many pixels it looks the same. A stretch that holds a value that is not finite keeps it.
pub fn sample(steps: &[u32], values: &[f32], columns: usize) -> Vec<[f64; 2]> {
    let point = |index: usize| [f64::from(steps[index]), f64::from(values[index])];
    let count = steps.len().min(values.len());
    let stretch = count.div_ceil(columns.max(1));
    if stretch <= 4 {
        return (0..count).map(point).collect();
    }
    let mut kept = Vec::with_capacity(2 * columns + 2);
    for start in (0..count).step_by(stretch) {
        let range = start..(start + stretch).min(count);
        let by_value = |&a: &usize, &b: &usize| values[a].total_cmp(&values[b]);
        let picks = [
            (start == 0).then_some(0),
            range.clone().min_by(by_value),
            range.clone().max_by(by_value),
            range.clone().find(|&index| !values[index].is_finite()),
            (range.end == count).then_some(count - 1),
        ];
        let mut picks: Vec<usize> = picks.into_iter().flatten().collect();
        picks.sort_unstable();
        picks.dedup();
        kept.extend(picks.into_iter().map(point));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smooth(raw: &[f32], window: f32) -> Vec<f32> {
        Smoother::default().update(raw, window).to_vec()
    }

    #[test]
    fn smoothing_is_debiased_and_survives_a_gap() {
        assert_eq!(smooth(&[2.0, 2.0, 2.0], 20.0), [2.0, 2.0, 2.0]);
        assert_eq!(smooth(&[1.0, 3.0], 1.0), [1.0, 3.0]);
        let smoothed = smooth(&[1.0, f32::NAN, 5.0, 5.0], 10.0);
        assert!(smoothed[1].is_nan());
        assert_eq!(&smoothed[2..], [5.0, 5.0]);
        let noisy: Vec<f32> = (0..400).map(|i| if i % 2 == 0 { 0.0 } else { 2.0 }).collect();
        assert!((smooth(&noisy, 50.0)[399] - 1.0).abs() < 0.05);
    }

    #[test]
    fn smoothing_grows_with_the_series() {
        let raw: Vec<f32> = (0..50).map(|i| (i * i % 17) as f32).collect();
        let mut smoother = Smoother::default();
        smoother.update(&raw[..20], 8.0);
        assert_eq!(smoother.update(&raw, 8.0), smooth(&raw, 8.0));
        assert_eq!(smoother.update(&raw[..7], 8.0), smooth(&raw[..7], 8.0));
        assert_eq!(smoother.update(&raw, 3.0), smooth(&raw, 3.0));
    }

    #[test]
    fn lines_are_cut_where_they_are_not_finite() {
        let points = [
            [0.0, 1.0],
            [1.0, f64::NAN],
            [2.0, f64::INFINITY],
            [3.0, 2.0],
            [4.0, 3.0],
        ];
        assert_eq!(
            split(points.into_iter()),
            [vec![[0.0, 1.0]], vec![[3.0, 2.0], [4.0, 3.0]]]
        );
        assert!(split(std::iter::empty()).is_empty());
    }

    #[test]
    fn thinning_keeps_extremes_and_gaps() {
        let steps: Vec<u32> = (1..=100_000).collect();
        let mut values: Vec<f32> = steps.iter().map(|&step| (step as f32 * 0.1).sin()).collect();
        values[54_321] = 9.0;
        values[70_000] = f32::NAN;
        let thinned = sample(&steps, &values, 300);
        assert!(thinned.len() <= 604, "{}", thinned.len());
        assert!(thinned.contains(&[54_322.0, 9.0]));
        assert!(thinned.iter().any(|point| point[0] == 70_001.0 && point[1].is_nan()));
        assert_eq!((thinned[0][0], thinned[thinned.len() - 1][0]), (1.0, 100_000.0));
        assert!(thinned.is_sorted_by(|a, b| a[0] < b[0]));
        assert_eq!(sample(&steps[..100], &values[..100], 300).len(), 100);
        assert!(sample(&[], &[], 300).is_empty());
    }
}
