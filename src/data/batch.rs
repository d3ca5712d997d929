//! What an engine is fed.

/// A batch of images with their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Channels, height, width of one image.
    pub shape: [usize; 3],
    /// `[N, C, H, W]`, row-major, normalised.
    pub images: Vec<f32>,
    /// `[N]`, each below the class count.
    pub labels: Vec<u32>,
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
