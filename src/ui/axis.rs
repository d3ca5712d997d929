//! How steps become lengths along a chart, and how values become heights.

use std::borrow::Cow;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::widgets::{grouped, short};
use crate::export::logarithmic;

/// What the x axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unit {
    #[default]
    Step,
    Epoch,
    Image,
}

/// The x axis of a chart over training time. Logarithmic is log10(1 + step), so that initialisation has a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Time {
    pub log: bool,
    pub unit: Unit,
    /// Units a step: 1, images a batch, or batches an epoch turned over.
    pub per_step: f64,
}

impl Default for Time {
    fn default() -> Self {
        Self {
            log: false,
            unit: Unit::Step,
            per_step: 1.0,
        }
    }
}

impl Time {
    /// Place on the axis after `step` steps.
    pub fn place(self, step: f64) -> f64 {
        if self.log {
            step.max(0.0).ln_1p() / std::f64::consts::LN_10
        } else {
            step
        }
    }

    /// Steps at a place on the axis.
    pub fn step(self, place: f64) -> f64 {
        if self.log {
            (place * std::f64::consts::LN_10).exp_m1()
        } else {
            place
        }
    }

    /// In the axis' unit.
    pub fn value(self, place: f64) -> f64 {
        self.step(place) * self.per_step
    }

    /// Stands beneath the axis.
    pub fn label(self) -> Cow<'static, str> {
        let label = match self.unit {
            Unit::Step => t!("training step"),
            Unit::Epoch => t!("epoch"),
            Unit::Image => t!("images seen"),
        };
        if self.log { logarithmic(&label).into() } else { label }
    }

    /// A step, and what it is in the axis' unit.
    pub fn moment(self, step: u64) -> Cow<'static, str> {
        let value = step as f64 * self.per_step;
        let step = grouped(step);
        match self.unit {
            Unit::Step => t!("step %{step}", step = step),
            Unit::Epoch => t!("step %{step} · epoch %{epoch}", step = step, epoch = short(value)),
            Unit::Image => t!(
                "step %{step} · %{images} images",
                step = step,
                images = grouped(value as u64)
            ),
        }
    }

    /// Places and values of round marks between two places, at least `apart` from each other.
    pub fn marks(self, low: f64, high: f64, apart: f64) -> Vec<f64> {
        if !(low.is_finite() && high.is_finite() && apart > 0.0 && high > low) {
            return Vec::new();
        }
        let place = |value: f64| self.place(value / self.per_step);
        let mut marks: Vec<f64> = Vec::new();
        if self.log {
            let most = self.value(high).max(self.per_step);
            let powers = self.per_step.log10().floor() as i32..=most.log10().ceil() as i32;
            let mut add = |value: f64| {
                let at = place(value);
                let free = marks.iter().all(|mark| (at - mark).abs() >= apart);
                let fits = (low..=high).contains(&at) && free;
                if fits {
                    marks.push(at);
                }
                fits
            };
            add(0.0);
            // Powers of ten first; what follows one that is in sight but has no room would look lost.
            let seen = |power: f64| (low..=high).contains(&place(power));
            let powers: Vec<f64> = powers
                .map(|power| 10f64.powi(power))
                .filter(|&power| add(power) || !seen(power))
                .collect();
            for part in [2.0, 5.0] {
                for power in &powers {
                    add(part * power);
                }
            }
            if marks.len() < 3 {
                // Of a short stretch, round numbers; they lie closer together towards the upper end.
                let [from, to, before] = [low, high, high - apart].map(|at| self.step(at));
                let round = Self { log: false, ..self }.marks(from, to, to - before);
                if round.len() > marks.len() {
                    marks = round.into_iter().map(|step| self.place(step)).collect();
                }
            }
            marks.sort_by(f64::total_cmp);
            return marks;
        }
        let (from, to, least) = (low * self.per_step, high * self.per_step, apart * self.per_step);
        let decade = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|part| part * decade);
        let step = step.into_iter().find(|&step| step >= least).unwrap_or(least);
        let count = (((to - from) / step) as usize).min(1000);
        marks.extend((0..=count + 1).map(|index| ((from / step).ceil() + index as f64) * step));
        marks.retain(|value| (from..=to).contains(value));
        marks.into_iter().map(place).collect()
    }
}

/// How values become heights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Height {
    pub log: bool,
    /// What values are multiplied by: 100 for percent.
    pub factor: f64,
}

impl Height {
    /// NaN for what a logarithm cannot show.
    pub fn place(self, value: f64) -> f64 {
        let value = value * self.factor;
        match self.log {
            true if value > 0.0 => value.log10(),
            true => f64::NAN,
            false => value,
        }
    }

    /// In the axis' unit.
    pub fn value(self, place: f64) -> f64 {
        if self.log { 10f64.powf(place) } else { place }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_steps() {
        for log in [false, true] {
            let time = Time { log, ..Time::default() };
            for step in [0.0, 1.0, 99.0, 64_000.0] {
                assert!((time.step(time.place(step)) - step).abs() < 1e-6, "{step}");
            }
        }
    }

    #[test]
    fn marks_are_round_in_the_axis_unit() {
        let epochs = Time {
            unit: Unit::Epoch,
            per_step: 1.0 / 45.0,
            ..Time::default()
        };
        let values = |time: Time, marks: Vec<f64>| -> Vec<f64> {
            marks
                .into_iter()
                .map(|mark| (time.value(mark) * 1e6).round() / 1e6)
                .collect()
        };
        assert_eq!(
            values(epochs, epochs.marks(0.0, 400.0, 80.0)),
            [0.0, 2.0, 4.0, 6.0, 8.0]
        );
        let log = Time {
            log: true,
            ..Time::default()
        };
        assert_eq!(values(log, log.marks(0.0, log.place(400.0), 0.4)), [0.0, 10.0, 100.0]);
        let [low, high] = [12.0, 80.0].map(|step| log.place(step));
        assert_eq!(values(log, log.marks(low, high, 0.1)), [20.0, 40.0, 60.0, 80.0]);
        let [low, high] = [31.0, 79.0].map(|step| log.place(step));
        assert_eq!(values(log, log.marks(low, high, 0.05)), [40.0, 50.0, 60.0, 70.0]);
        assert!(log.marks(f64::NAN, 1.0, 0.1).is_empty());
    }

    #[test]
    fn what_a_logarithm_cannot_show_is_a_gap() {
        let height = Height { log: true, factor: 1.0 };
        assert!(height.place(0.0).is_nan() && height.place(f64::NAN).is_nan());
        assert_eq!(height.value(height.place(0.01)), 0.01);
    }
}
