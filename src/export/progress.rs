//! How far a drawing is, seen from another thread, and the wish that it stops.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Shared between who draws a figure and who waits for it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bits of the share that is done, 0..=1.
    share: AtomicU32,
    stopped: AtomicBool,
}

impl Progress {
    /// The share that is done, 0..=1.
    pub fn share(&self) -> f32 {
        f32::from_bits(self.share.load(Ordering::Relaxed))
    }

    /// Breaks the drawing off; it ends with an error.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was broken off.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, share: f32) {
        self.share.store(share.to_bits(), Ordering::Relaxed);
    }
}
