//! How much work a submission may hold, so that whoever else draws on the GPU is let in between.

/// A submission's time on the device, in seconds: half a frame, less what an estimate may be off.
const PIECE: f64 = 0.005;
/// What an estimate has seen counts this much after the next measurement.
const MEMORY: f64 = 0.8;
/// A measurement may be longer than expected by this factor; more is the reader's delay, not the device's.
const DELAY: f64 = 4.0;

/// The time that work took lately.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    seconds: f64,
    work: f64,
}

impl Default for Pace {
    /// Of a slow GPU, until something is measured.
    fn default() -> Self {
        let seconds = 1e-3;
        let work = seconds * 2e11;
        Self { seconds, work }
    }
}

impl Pace {
    /// Takes note of what so much work took.
    pub fn took(&mut self, work: f64, seconds: f64) {
        let seconds = seconds.min(DELAY * work * self.seconds / self.work);
        self.seconds = MEMORY * self.seconds + seconds;
        self.work = MEMORY * self.work + work;
    }

    /// Work of one submission.
    pub fn piece(&self) -> f64 {
        PIECE * self.work / self.seconds.max(1e-12)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_follow_the_device_and_not_its_readers() {
        let mut pace = Pace::default();
        let step = 1e10;
        for _ in 0..30 {
            pace.took(step, 0.02);
        }
        // A quarter of a step that takes 20 ms.
        assert!((pace.piece() / (step / 4.0) - 1.0).abs() < 0.01, "{pace:?}");
        // Two steps noticed at once are two steps, and a pause is none.
        pace.took(step, 0.04);
        pace.took(step, 0.0);
        assert!((pace.piece() / (step / 4.0) - 1.0).abs() < 0.25, "{pace:?}");
        let before = pace.piece();
        pace.took(step, 600.0);
        assert!(pace.piece() > before / 2.0, "{pace:?}");
        for _ in 0..30 {
            pace.took(step, 0.2);
        }
        assert!((pace.piece() / (step / 40.0) - 1.0).abs() < 0.01, "{pace:?}");
    }
}
