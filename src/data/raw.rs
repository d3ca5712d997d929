//! What every reader hands over, and the steps from there to a data set.

use std::path::PathBuf;
use std::sync::Arc;

use rust_i18n::t;

use super::file::check_memory;
use super::resize::{Resizer, mean_pool};
use super::split::Split;
use crate::error::{Error, Result};

/// Larger sides than this are a mistake rather than a wish.
pub(super) const LARGEST_SIDE: usize = 1024;

/// A file that could not be read, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Skipped {
    pub path: PathBuf,
    pub reason: String,
}

/// Images with pixels in 0..=1, not yet normalised.
pub(super) struct Raw {
    /// Channels, height, width.
    pub(super) shape: [usize; 3],
    pub(super) classes: Vec<String>,
    pub(super) train: Split,
    pub(super) test: Split,
    pub(super) skipped: Vec<Skipped>,
}

impl Raw {
    pub(super) fn new(shape: [usize; 3], classes: Vec<String>, train: Split, test: Split) -> Self {
        Self {
            shape,
            classes,
            train,
            test,
            skipped: Vec::new(),
        }
    }

    /// Resizes every image to `size` x `size`.
    pub(super) fn resize(&mut self, size: usize) -> Result<()> {
        let [channels, height, width] = self.shape;
        if [height, width] == [size, size] {
            return Ok(());
        }
        self.shape = [channels, size, size];
        check_memory("Resizing", self.train.len() + self.test.len(), self.shape)?;
        let resizer = Resizer::new([height, width], [size, size]);
        for split in [&mut self.train, &mut self.test] {
            let planes = split.images.chunks(height * width);
            let resized = planes.flat_map(|plane| resizer.plane(|y, x| plane[y * width + x]));
            split.images = Arc::new(resized.collect());
        }
        Ok(())
    }

    /// Replaces every `factor` x `factor` square by its mean.
    pub(super) fn pool(&mut self, factor: usize) -> Result<()> {
        let [channels, height, width] = self.shape;
        if factor == 0 || height % factor != 0 || width % factor != 0 {
            return Err(Error::Data(t!(
                "pool = %{factor} does not divide images of %{height}x%{width}: choose a divisor of both sides.",
                factor = factor,
                height = height,
                width = width
            )));
        }
        self.shape = [channels, height / factor, width / factor];
        for split in [&mut self.train, &mut self.test] {
            let planes = split.images.chunks(height * width);
            let pooled = planes.flat_map(|plane| mean_pool(plane, width, factor));
            split.images = Arc::new(pooled.collect());
        }
        Ok(())
    }

    /// Subtracts the training split's mean and divides by its deviation, by channel, and returns both.
    pub(super) fn normalise(&mut self) -> (Vec<f32>, Vec<f32>) {
        let [channels, height, width] = self.shape;
        let area = height * width;
        let statistics =
            (0..channels).map(|channel| moments(self.train.images.chunks(area).skip(channel).step_by(channels)));
        let (mean, deviation): (Vec<f32>, Vec<f32>) = statistics.unzip();
        for split in [&mut self.train, &mut self.test] {
            for (position, plane) in Arc::make_mut(&mut split.images).chunks_mut(area).enumerate() {
                let (mean, deviation) = (mean[position % channels], deviation[position % channels]);
                for pixel in plane {
                    *pixel = (*pixel - mean) / deviation;
                }
            }
        }
        (mean, deviation)
    }
}

/// Mean, and deviation of the population plus 1e-6; a constant is only centred, so its deviation is 1.
fn moments<'a>(planes: impl Iterator<Item = &'a [f32]> + Clone) -> (f32, f32) {
    let mean = mean_of(planes.clone(), |pixel| pixel);
    let deviation = mean_of(planes, |pixel| (pixel - mean).powi(2)).sqrt();
    let divisor = if deviation < 1e-6 { 1.0 } else { deviation + 1e-6 };
    (mean as f32, divisor as f32)
}

fn mean_of<'a>(planes: impl Iterator<Item = &'a [f32]>, value: impl Fn(f64) -> f64) -> f64 {
    let (sum, count) = planes.fold((0.0, 0usize), |(sum, count), plane| {
        let plane_sum: f64 = plane.iter().map(|&pixel| value(f64::from(pixel))).sum();
        (sum + plane_sum, count + plane.len())
    });
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(shape: [usize; 3], train: Vec<f32>, test: Vec<f32>) -> Raw {
        let split = |images: Vec<f32>| Split {
            labels: vec![0; images.len() / shape.iter().product::<usize>()],
            images: Arc::new(images),
        };
        Raw::new(shape, vec!["0".into(), "1".into()], split(train), split(test))
    }

    #[test]
    fn normalisation_is_by_channel_of_the_training_split() {
        let mut raw = raw(
            [2, 1, 2],
            vec![0.0, 0.2, 0.5, 0.5, 0.4, 0.6, 0.5, 0.5],
            vec![0.3, 0.3, 1.0, 0.0],
        );
        let (mean, deviation) = raw.normalise();
        assert!((mean[0] - 0.3).abs() < 1e-6 && mean[1] == 0.5);
        assert!((deviation[0] - 0.05f32.sqrt() - 1e-6).abs() < 1e-7, "{deviation:?}");
        assert_eq!(deviation[1], 1.0, "a constant channel is only centred");
        assert_eq!(raw.train.images[2..4], [0.0, 0.0]);
        assert_eq!(raw.test.images[2..], [0.5, -0.5]);
        assert!(raw.test.images[0].abs() < 1e-6);
    }

    #[test]
    fn pooling_takes_means_and_must_divide() {
        let mut images = raw([1, 2, 4], (0..8).map(|value| value as f32).collect(), Vec::new());
        assert!(images.pool(4).unwrap_err().to_string().contains("does not divide"));
        images.pool(2).unwrap();
        assert_eq!(
            (images.shape, images.train.images),
            ([1, 1, 2], Arc::new(vec![2.5, 4.5]))
        );
    }

    #[test]
    fn resizing_beyond_memory_is_refused() {
        let mut images = raw([1, 1, 1], vec![0.0; 5000], Vec::new());
        assert!(images.resize(1024).unwrap_err().to_string().contains("memory"));
    }
}
