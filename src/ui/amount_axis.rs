//! The axis of amounts that start at nothing, for charts of bars.

use super::ticks::{plain, power_of_ten};
use crate::run::amounts::spans_decades;

/// From nothing to a little more than the largest, or by powers of ten where most would vanish.
pub struct AmountAxis {
    log: bool,
    /// Ends of the axis.
    from: f32,
    to: f32,
}

impl AmountAxis {
    /// For these amounts, none of them negative.
    pub fn of(amounts: impl Iterator<Item = f32> + Clone) -> Self {
        let finite = amounts.clone().filter(|amount| amount.is_finite() && *amount > 0.0);
        let most = finite.clone().fold(0.01f32, f32::max);
        let least = finite.fold(most, f32::min);
        match spans_decades(amounts) {
            true => Self {
                log: true,
                from: 10f32.powf(least.log10().floor()),
                to: 10f32.powf(most.log10().ceil()),
            },
            false => Self {
                log: false,
                from: 0.0,
                to: 1.05 * most,
            },
        }
    }

    /// The share of the height that an amount takes, 0..=1.
    pub fn share(&self, amount: f32) -> f32 {
        let part = |value: f32, from: f32, to: f32| ((value - from) / (to - from)).clamp(0.0, 1.0);
        match self.log {
            true => part(amount.max(self.from).log10(), self.from.log10(), self.to.log10()),
            false => part(amount, self.from, self.to),
        }
    }

    /// Two to four round numbers.
    pub fn marks(&self) -> Vec<f32> {
        if self.log {
            let powers = self.from.log10().round() as i32..=self.to.log10().round() as i32;
            let every = powers.clone().count().div_ceil(4);
            return powers.step_by(every).map(|power| 10f32.powi(power)).collect();
        }
        let power = 10f32.powf((self.to / 2.0).log10().floor());
        let step = [5.0, 2.0, 1.0].map(|digit| digit * power);
        let step = step.into_iter().find(|step| 2.0 * step <= self.to).unwrap_or(power);
        (0..=3)
            .map(|count| count as f32 * step)
            .filter(|mark| *mark <= self.to)
            .collect()
    }

    /// How a mark is written.
    pub fn text(&self, mark: f32) -> String {
        match self.log {
            true => power_of_ten(f64::from(mark).log10()),
            false => plain(f64::from(mark)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(amounts: &[f32]) -> Vec<String> {
        let axis = AmountAxis::of(amounts.iter().copied());
        axis.marks().into_iter().map(|mark| axis.text(mark)).collect()
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(marks(&[0.3, 0.64]), ["0", "0.2", "0.4", "0.6"]);
        assert_eq!(marks(&[0.5, 0.97]), ["0", "0.5", "1"]);
        assert_eq!(marks(&[]), ["0", "0.005", "0.01"]);
        assert_eq!(marks(&[1e-5, 0.02, 0.03, 44.0]), ["10⁻⁵", "0.001", "0.1", "10"]);
    }

    #[test]
    fn small_amounts_are_seen_beside_large_ones() {
        let axis = AmountAxis::of([0.02, 0.03, 0.05, 44.0].into_iter());
        assert!(axis.share(0.02) > 0.05 && axis.share(44.0) < 1.0);
        assert_eq!((axis.share(0.0), axis.share(f32::INFINITY)), (0.0, 1.0));
    }
}
