//! What can be said of a map in four numbers.

/// Of the values of one map, or of all maps of a layer; what is not finite is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistics {
    pub mean: f32,
    /// Of the population.
    pub deviation: f32,
    pub low: f32,
    pub high: f32,
}

impl Statistics {
    /// Of no value at all everything is 0, and where none is finite, nothing is.
    pub fn of(values: &[f32]) -> Self {
        if !values.is_empty() && values.iter().all(|value| !value.is_finite()) {
            let [mean, deviation, low, high] = [f32::NAN; 4];
            return Self {
                mean,
                deviation,
                low,
                high,
            };
        }
        let finite = || values.iter().copied().filter(|value| value.is_finite());
        let count = finite().count().max(1) as f64;
        let mean = finite().map(f64::from).sum::<f64>() / count;
        let variance = finite().map(|value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        Self {
            mean: mean as f32,
            deviation: variance.sqrt() as f32,
            low: finite().reduce(f32::min).unwrap_or(0.0),
            high: finite().reduce(f32::max).unwrap_or(0.0),
        }
    }

    /// Nothing came through: behind a ReLU, a channel that answers with zeros only.
    pub fn is_dead(&self) -> bool {
        self.low == 0.0 && self.high == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_numbers_and_the_dead() {
        let some = Statistics::of(&[1.0, 2.0, f32::NAN, 3.0, 6.0]);
        assert_eq!((some.mean, some.low, some.high), (3.0, 1.0, 6.0));
        assert!((some.deviation - 3.5_f32.sqrt()).abs() < 1e-6);
        assert!(!some.is_dead());
        assert!(Statistics::of(&[0.0; 4]).is_dead() && Statistics::of(&[]).is_dead());
        let lost = Statistics::of(&[f32::NAN, f32::INFINITY]);
        assert!(lost.mean.is_nan() && lost.high.is_nan() && !lost.is_dead());
    }
}
