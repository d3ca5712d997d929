//! The mean of the last steps: what a final loss is, and each point of a line that is drawn.

/// Steps that the "final loss" of every table is the mean of, and every line unless another number was chosen.
pub const LAST: usize = 50;
/// Steps from which on nets are compared: the means are of whole windows then.
pub const ENOUGH: usize = 2 * LAST;

/// Of so many values, how many the mean is of: the window, and of less than twice as many the later half, so that a mean
/// neither lags behind a beginning nor drops it all at once.
pub(super) fn reach(window: usize, values: usize) -> usize {
    window.min(values.div_ceil(2))
}

/// At each value the mean of the last so many, and of the later half while there are less than twice as many. One that is
/// not finite is passed through, and the mean begins anew behind it.
///
/// Nothing is ever subtracted, so that no large value leaves an error behind when it is forgotten.
#[derive(Debug, Clone)]
pub struct Trailing {
    window: usize,
    /// Values so far, up to twice the window.
    seen: usize,
    /// Values since the last multiple of the window, and their sum.
    block: Vec<f64>,
    sum: f64,
    /// Sums of the last value of the block before, of its last two, and so on.
    tails: Vec<f64>,
}

impl Trailing {
    /// Of so many values, at least one.
    pub fn new(window: usize) -> Self {
        Self {
            window: window.max(1),
            seen: 0,
            block: Vec::new(),
            sum: 0.0,
            tails: Vec::new(),
        }
    }

    /// The mean as of the next value.
    pub fn next(&mut self, value: f64) -> f64 {
        if !value.is_finite() {
            *self = Self::new(self.window);
            return value;
        }
        if self.block.len() >= self.window {
            let mut sum = 0.0;
            self.tails.clear();
            self.tails.extend(self.block.drain(..).rev().map(|value| {
                sum += value;
                sum
            }));
            self.sum = 0.0;
        }
        self.block.push(value);
        self.sum += value;
        self.seen = (self.seen + 1).min(2 * self.window);
        let reach = reach(self.window, self.seen);
        let sum = match reach.checked_sub(self.block.len()) {
            None => self.block[self.block.len() - reach..].iter().sum(),
            Some(0) => self.sum,
            Some(before) => self.sum + self.tails[before - 1],
        };
        sum / reach as f64
    }

    /// The means of all values, of so many each.
    pub fn of(values: impl IntoIterator<Item = f64>, window: usize) -> Vec<f64> {
        let mut mean = Self::new(window);
        values.into_iter().map(|value| mean.next(value)).collect()
    }
}

/// The mean of the last [`LAST`] values, of less than twice as many of the later half.
pub fn mean_of_last(values: &[f32]) -> Option<f32> {
    let last = &values[values.len() - reach(LAST, values.len())..];
    let sum = last.iter().map(|&value| f64::from(value)).sum::<f64>();
    (!last.is_empty()).then(|| (sum / last.len() as f64) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_at_the_final_loss() {
        let losses: Vec<f32> = (0..380).map(|step| 3.0 / (1.0 + step as f32)).collect();
        let means = Trailing::of(losses.iter().map(|&loss| loss.into()), LAST);
        for (step, mean) in means.into_iter().enumerate() {
            let expected: f64 = mean_of_last(&losses[..=step]).unwrap().into();
            assert!((mean - expected).abs() < 1e-6 * expected, "{step}: {mean} {expected}");
        }
        assert_eq!(mean_of_last(&[]), None);
    }

    #[test]
    fn windows_of_every_width() {
        for window in 1..9 {
            let means = Trailing::of((0..40).map(f64::from), window);
            for (at, mean) in means.into_iter().enumerate() {
                let first = at + 1 - window.min(at / 2 + 1);
                assert_eq!(mean, (first + at) as f64 / 2.0, "{window} {at}");
            }
        }
        assert_eq!(Trailing::of([2.0, 4.0], 0), [2.0, 4.0], "at least one");
    }

    #[test]
    fn what_is_not_finite_stays_so_and_leaves_nothing_behind() {
        let means = Trailing::of([1.0, 3.0, 5.0, f64::NAN, 5.0, f64::INFINITY, 1e30, 1.0, 1.0, 1.0], 2);
        assert!(means[3].is_nan() && means[5].is_infinite());
        assert_eq!([means[2], means[4], means[8], means[9]], [4.0, 5.0, 1.0, 1.0]);
    }
}
