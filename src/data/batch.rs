//! What an engine is fed.

use std::sync::Arc;

use super::augment::Change;

/// A batch of images with their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Channels, height, width of one image.
    pub shape: [usize; 3],
    /// `[N, C, H, W]`, row-major, normalised.
    pub images: Vec<f32>,
    /// `[N]`, each below the class count.
    pub labels: Vec<u32>,
    /// How the images are had from a whole set, for an engine that holds it on its device.
    pub origin: Option<Origin>,
}

/// Where a batch's images come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// `[N, C, H, W]`, the whole set, normalised.
    pub set: Arc<Vec<f32>>,
    /// By image of the batch.
    pub picks: Vec<Pick>,
}

/// An image of a set, and how it is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    pub image: u32,
    pub change: Change,
}

impl Batch {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether it holds no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}
