//! The learning rate as a function of the step.

use serde::{Deserialize, Serialize};

/// The shape after warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ScheduleKind {
    #[default]
    Constant,
    /// A tenth from 60 % of the steps, a hundredth from 85 %.
    Step,
    /// Half a cosine from the rate to zero over all steps (Loshchilov & Hutter 2017, without restarts).
    Cosine,
}

/// The `[schedule]` table of an experiment file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    pub kind: ScheduleKind,
    /// The learning rate after warm-up and before any decay.
    pub rate: f32,
    /// Steps over which the rate rises linearly to its value; multiplies the shape.
    pub warmup: usize,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            kind: ScheduleKind::Constant,
            rate: 0.02,
            warmup: 0,
        }
    }
}

impl Schedule {
    /// The rate of step `step` (from 0) of `steps`.
    pub fn at(&self, step: usize, steps: usize) -> f32 {
        let progress = step as f64 / steps.max(1) as f64;
        let warm = if step < self.warmup {
            (step + 1) as f64 / self.warmup as f64
        } else {
            1.0
        };
        let shape = match self.kind {
            ScheduleKind::Constant => 1.0,
            ScheduleKind::Step if progress >= 0.85 => 0.01,
            ScheduleKind::Step if progress >= 0.6 => 0.1,
            ScheduleKind::Step => 1.0,
            ScheduleKind::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
        };
        (f64::from(self.rate) * warm * shape) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_up_multiplies_the_shape() {
        let schedule = Schedule {
            kind: ScheduleKind::Step,
            rate: 0.05,
            warmup: 50,
        };
        assert_eq!(schedule.at(0, 1500), 0.001);
        assert_eq!(schedule.at(49, 1500), 0.05);
        assert_eq!(schedule.at(899, 1500), 0.05);
        assert_eq!(schedule.at(900, 1500), 0.005);
        assert_eq!(schedule.at(1275, 1500), 0.0005);
        let cosine = Schedule {
            kind: ScheduleKind::Cosine,
            rate: 0.1,
            warmup: 0,
        };
        assert_eq!(cosine.at(0, 100), 0.1);
        assert!((cosine.at(50, 100) - 0.05).abs() < 1e-8);
    }
}
