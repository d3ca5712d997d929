//! A data set in memory.

use std::path::PathBuf;

use super::{Augment, Batch, Source};
use crate::error::Result;

/// Images and labels of one split.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Split {
    /// `[N, C, H, W]`, row-major, normalised with the training split's mean and deviation by channel.
    pub images: Vec<f32>,
    /// `[N]`
    pub labels: Vec<u32>,
}

impl Split {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether it holds no image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}

/// A file that could not be read, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: String,
}

/// A data set in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// For titles and recipe lines: `digits 8x8`.
    pub name: String,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// Class names in the order of the labels.
    pub classes: Vec<String>,
    pub train: Split,
    pub test: Split,
    /// Per channel, of the training split before normalisation (pixels in 0..=1).
    pub mean: Vec<f32>,
    /// Per channel.
    pub deviation: Vec<f32>,
    /// Unreadable files of an image folder.
    pub skipped: Vec<Skipped>,
}

impl Dataset {
    /// Reads or makes a data set.
    ///
    /// # Errors
    /// One sentence naming the file and what is wrong with it.
    pub fn open(_source: &Source) -> Result<Self> {
        todo!()
    }

    /// Steps in one pass over the training split; the last, incomplete batch is dropped.
    pub fn steps_per_epoch(&self, batch_size: usize) -> usize {
        (self.train.len() / batch_size).max(1)
    }

    /// The batch of training step `step` (from 0): a pure function of its arguments.
    pub fn train_batch(&self, _seed: u64, _step: usize, _batch_size: usize, _augment: Augment) -> Batch {
        todo!()
    }

    /// The test split in equal chunks of at most `limit` images, in one seeded order so that every chunk mixes classes.
    pub fn test_batches(&self, _limit: usize) -> Vec<Batch> {
        todo!()
    }

    /// One image back to 0..=1 for the eye: `[C, H, W]`.
    pub fn denormalised(&self, _image: &[f32]) -> Vec<f32> {
        todo!()
    }
}
