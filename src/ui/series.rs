//! What a chart does to a measured series before drawing it: smoothing, thinning and cutting.

use std::ops::Range;

use egui_plot::PlotPoint;

use super::axis::{Height, Time};
use crate::run::Trailing;

/// Means of the last so many values, for a series that grows.
#[derive(Debug, Clone)]
pub struct Smoother {
    window: usize,
    mean: Trailing,
    values: Vec<f32>,
}

impl Default for Smoother {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Smoother {
    fn new(window: usize) -> Self {
        Self {
            window,
            mean: Trailing::new(window),
            values: Vec::new(),
        }
    }

    /// The smoothed series; only what is new is computed. A window of 1 leaves the series as it is.
    pub fn update(&mut self, raw: &[f32], window: usize) -> &[f32] {
        if self.window != window || self.values.len() > raw.len() {
            *self = Self::new(window);
        }
        for &value in &raw[self.values.len()..] {
            self.values.push(self.mean.next(value.into()) as f32);
        }
        &self.values
    }

    /// The smoothed series as of the last update.
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// What the pixels of a chart can show: the smallest and the largest value of each column. It grows with its series, and
/// only what is new is computed.
#[derive(Debug, Clone, Default)]
pub struct Thinner {
    grid: Option<Grid>,
    points: Vec<PlotPoint>,
    /// How many of the points belong to columns that are complete.
    closed: usize,
    /// Where the last column begins in the series.
    from: usize,
    taken: usize,
}

/// Into which columns a series falls.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub time: Time,
    pub height: Height,
    /// Places of the first and the last column.
    pub range: [f64; 2],
    pub columns: usize,
}

impl Grid {
    fn column(&self, step: u32) -> i64 {
        let [low, high] = self.range;
        let share = (self.time.place(f64::from(step)) - low) / (high - low).max(1e-12);
        (share.clamp(-1.0, 2.0) * self.columns as f64).floor() as i64
    }
}

impl Thinner {
    /// The points to draw, x ascending; a y that is not finite is a gap. The first and the last point are always there.
    pub fn update(&mut self, steps: &[u32], values: &[f32], grid: Grid) -> &[PlotPoint] {
        let count = steps.len().min(values.len());
        if self.grid != Some(grid) || count < self.taken {
            *self = Self {
                grid: Some(grid),
                ..Self::default()
            };
        }
        if count == self.taken {
            return &self.points;
        }
        self.points.truncate(self.closed);
        self.taken = count;
        while self.from < count {
            let column = grid.column(steps[self.from]);
            let rest = &steps[self.from..count];
            // Steps ascend, so the columns do.
            let end = self.from + rest.partition_point(|&step| grid.column(step) <= column);
            self.column(steps, values, self.from..end, grid);
            if end == count {
                break;
            }
            self.closed = self.points.len();
            self.from = end;
        }
        &self.points
    }

    /// The points as of the last update.
    pub fn points(&self) -> &[PlotPoint] {
        &self.points
    }

    fn column(&mut self, steps: &[u32], values: &[f32], range: Range<usize>, grid: Grid) {
        let mut picks = [None; 5];
        if range.start == 0 {
            picks[0] = Some(0);
        }
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for index in range.clone() {
            let value = values[index];
            if !value.is_finite() {
                picks[1] = picks[1].or(Some(index));
                continue;
            }
            if value < low {
                (low, picks[2]) = (value, Some(index));
            }
            if value > high {
                (high, picks[3]) = (value, Some(index));
            }
        }
        if range.end == self.taken {
            picks[4] = Some(range.end - 1);
        }
        picks.sort_unstable();
        let mut last = None;
        for index in picks.into_iter().flatten() {
            if last != Some(index) {
                let x = grid.time.place(f64::from(steps[index]));
                let y = grid.height.place(f64::from(values[index]));
                self.points.push(PlotPoint::new(x, y));
            }
            last = Some(index);
        }
    }
}

/// The stretches of a line between its gaps.
pub fn pieces(points: &[PlotPoint]) -> impl Iterator<Item = &[PlotPoint]> {
    points
        .split(|point| !(point.x.is_finite() && point.y.is_finite()))
        .filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smooth(raw: &[f32], window: usize) -> Vec<f32> {
        Smoother::default().update(raw, window).to_vec()
    }

    #[test]
    fn smoothing_is_debiased_and_survives_a_gap() {
        assert_eq!(smooth(&[2.0, 2.0, 2.0], 20), [2.0, 2.0, 2.0]);
        assert_eq!(smooth(&[1.0, 3.0], 1), [1.0, 3.0]);
        let smoothed = smooth(&[1.0, f32::NAN, 5.0, 5.0], 10);
        assert!(smoothed[1].is_nan());
        assert_eq!(&smoothed[2..], [5.0, 5.0]);
        let noisy: Vec<f32> = (0..400).map(|i| if i % 2 == 0 { 0.0 } else { 2.0 }).collect();
        assert!((smooth(&noisy, 50)[399] - 1.0).abs() < 0.05);
    }

    #[test]
    fn smoothing_grows_with_the_series() {
        let raw: Vec<f32> = (0..50).map(|i| (i * i % 17) as f32).collect();
        let mut smoother = Smoother::default();
        smoother.update(&raw[..20], 8);
        assert_eq!(smoother.update(&raw, 8), smooth(&raw, 8));
        assert_eq!(smoother.update(&raw[..7], 8), smooth(&raw[..7], 8));
        assert_eq!(smoother.update(&raw, 3), smooth(&raw, 3));
    }

    fn grid(range: [f64; 2], columns: usize) -> Grid {
        Grid {
            time: Time::default(),
            height: Height {
                log: false,
                factor: 1.0,
            },
            range,
            columns,
        }
    }

    fn xy(points: &[PlotPoint]) -> Vec<[f64; 2]> {
        points.iter().map(|point| [point.x, point.y]).collect()
    }

    #[test]
    fn lines_are_cut_where_they_are_not_finite() {
        let points = [
            [0.0, 1.0],
            [1.0, f64::NAN],
            [2.0, f64::INFINITY],
            [3.0, 2.0],
            [4.0, 3.0],
        ]
        .map(PlotPoint::from);
        let pieces: Vec<_> = pieces(&points).map(xy).collect();
        assert_eq!(pieces, [vec![[0.0, 1.0]], vec![[3.0, 2.0], [4.0, 3.0]]]);
        assert_eq!(super::pieces(&[]).count(), 0);
    }

    #[test]
    fn thinning_keeps_extremes_ends_and_gaps() {
        let steps: Vec<u32> = (1..=100_000).collect();
        let mut values: Vec<f32> = steps.iter().map(|&step| (step as f32 * 0.1).sin()).collect();
        values[54_321] = 9.0;
        values[70_000] = f32::NAN;
        let mut thinner = Thinner::default();
        let thinned = xy(thinner.update(&steps, &values, grid([0.0, 100_000.0], 300)));
        assert!(thinned.len() <= 2 * 301 + 3, "{}", thinned.len());
        assert!(thinned.contains(&[54_322.0, 9.0]));
        assert!(thinned.iter().any(|point| point[0] == 70_001.0 && point[1].is_nan()));
        assert_eq!((thinned[0][0], thinned[thinned.len() - 1][0]), (1.0, 100_000.0));
        assert!(thinned.is_sorted_by(|a, b| a[0] < b[0]));
        let few = Thinner::default()
            .update(&steps[..100], &values[..100], grid([0.0, 100.0], 300))
            .len();
        assert_eq!(few, 100);
        assert!(Thinner::default().update(&[], &[], grid([0.0, 1.0], 9)).is_empty());
    }

    #[test]
    fn a_thinned_series_grows_as_if_made_at_once() {
        let steps: Vec<u32> = (1..=5_000).collect();
        let values: Vec<f32> = steps.iter().map(|&step| ((step * 7919) % 1000) as f32).collect();
        let whole = xy(Thinner::default().update(&steps, &values, grid([0.0, 5_000.0], 100)));
        let mut grown = Thinner::default();
        for end in (0..=5_000).step_by(37).chain([5_000]) {
            grown.update(&steps[..end], &values[..end], grid([0.0, 5_000.0], 100));
        }
        assert_eq!(xy(&grown.points), whole);
        let shorter = xy(grown.update(&steps[..10], &values[..10], grid([0.0, 5_000.0], 100)));
        assert_eq!(shorter.last(), Some(&[10.0, f64::from(values[9])]));
    }
}
