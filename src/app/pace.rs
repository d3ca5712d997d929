//! How fast the training goes, from the steps that arrive.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Speed is measured over this long, and over at least so many arrivals, however slow they are.
const SPAN: Duration = Duration::from_secs(3);
const FEWEST: usize = 3;

/// Counts training steps of all runs together.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    counts: VecDeque<(Instant, usize)>,
}

impl Pace {
    /// Notes steps that arrived at `now`.
    pub fn note(&mut self, now: Instant, steps: usize) {
        if steps > 0 {
            self.counts.push_back((now, steps));
        }
        let old = |counts: &VecDeque<(Instant, usize)>| counts.front().is_some_and(|(then, _)| now - *then > SPAN);
        while self.counts.len() > FEWEST && old(&self.counts) {
            self.counts.pop_front();
        }
    }

    /// Forgets everything: the training was interrupted.
    pub fn clear(&mut self) {
        self.counts.clear();
    }

    /// Steps a second, all runs together; `None` until half a second of training was seen.
    pub fn steps_per_second(&self) -> Option<f64> {
        let ((first, head), (last, _)) = (self.counts.front()?, self.counts.back()?);
        let seconds = (*last - *first).as_secs_f64();
        let steps: usize = self.counts.iter().map(|(_, steps)| steps).sum();
        (seconds >= 0.5).then(|| (steps - head) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_over_the_last_seconds() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        assert_eq!(pace.steps_per_second(), None);
        for tenth in 0..=60 {
            let steps = if tenth <= 20 { 100 } else { 2 };
            pace.note(start + Duration::from_millis(100 * tenth), steps);
        }
        let speed = pace.steps_per_second().unwrap();
        assert!((speed - 20.0).abs() < 1e-6, "{speed}");
        pace.clear();
        assert_eq!(pace.steps_per_second(), None);
        for fives in 0..4 {
            pace.note(start + Duration::from_secs(5 * fives), 1);
        }
        let slow = pace.steps_per_second().unwrap();
        assert!((slow - 0.2).abs() < 1e-6, "{slow}");
    }
}
