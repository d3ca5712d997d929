//! A data set in memory.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use rust_i18n::t;

use super::augment::Change;
use super::batch::{Origin, Pick};
use super::order::Orders;
use super::random::{Purpose, generator, permutation};
use super::raw::{Raw, Skipped};
use super::source::Kind;
use super::split::Split;
use super::{Augment, Batch, Source, cifar, embedded, folder, idx, textures};
use crate::error::{Error, Result};

/// A data set in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// For titles and recipe lines: `digits 8x8`.
    pub name: String,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// Class names in the order of the labels.
    pub classes: Vec<String>,
    /// Never empty.
    pub train: Split,
    pub test: Split,
    /// Per channel, of the training split before normalisation (pixels in 0..=1).
    pub mean: Vec<f32>,
    /// Per channel.
    pub deviation: Vec<f32>,
    /// Unreadable files of an image folder.
    pub skipped: Vec<Skipped>,
    orders: Orders,
}

impl Dataset {
    /// Reads or makes a data set.
    ///
    /// # Errors
    /// One sentence naming the file and what is wrong with it.
    pub fn open(source: &Source) -> Result<Self> {
        let mut raw = match source.kind()? {
            Kind::Digits => embedded::digits(source.seed)?,
            Kind::Mnist5k => embedded::mnist_5k(source.seed)?,
            Kind::Textures {
                size,
                difficulty,
                images,
            } => textures::draw(size, difficulty, images, source.seed)?,
            Kind::Cifar10(path) => cifar::read_cifar10(path)?,
            Kind::Cifar100(path) => cifar::read_cifar100(path)?,
            Kind::Idx(path) => idx::read_folder(path)?,
            Kind::Folder { path, size } => folder::read(path, size, source.seed)?,
        };
        if let Some(images) = source.images {
            raw.train.keep(images, raw.classes.len(), source.seed)?;
        }
        if let Some(size) = source.size {
            raw.resize(size)?;
        }
        if let Some(factor) = source.pool {
            raw.pool(factor)?;
        }
        Ok(Self::normalised(&source.label(), raw))
    }

    fn normalised(label: &str, mut raw: Raw) -> Self {
        let (mean, deviation) = raw.normalise();
        Self {
            name: format!("{label} {}x{}", raw.shape[1], raw.shape[2]),
            shape: raw.shape,
            classes: raw.classes,
            train: raw.train,
            test: raw.test,
            mean,
            deviation,
            skipped: raw.skipped,
            orders: Orders::default(),
        }
    }

    /// With so many training images of each class, chosen by the seed; test images and normalisation stay.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn few(&self, labels: usize, seed: u64) -> Result<Self> {
        let mut few = self.clone();
        let present: BTreeSet<u32> = self.train.labels.iter().copied().collect();
        few.train.keep(labels * present.len(), self.classes.len(), seed)?;
        Ok(few)
    }

    /// With the images of these classes only; labels and normalisation stay.
    ///
    /// # Errors
    /// If there is no such image in one of the splits.
    pub fn only(&self, classes: Range<u32>) -> Result<Self> {
        let (train, test) = (self.train.only(&classes), self.test.only(&classes));
        if train.is_empty() || test.is_empty() {
            return Err(Error::Data(t!(
                "%{data} has no images of the classes %{first} to %{last} to train on and to test.",
                data = self.name,
                first = classes.start,
                last = classes.end.saturating_sub(1)
            )));
        }
        let whole = self.clone();
        Ok(Self { train, test, ..whole })
    }

    /// Steps in one pass over the training split; the last, incomplete batch is dropped.
    pub fn steps_per_epoch(&self, batch_size: usize) -> usize {
        (self.train.len() / batch_size.max(1)).max(1)
    }

    /// The batch of training step `step` (from 0): a pure function of its arguments. A `batch_size` beyond the split
    /// takes the whole split.
    pub fn train_batch(&self, seed: u64, step: usize, batch_size: usize, augment: Augment) -> Batch {
        let steps = self.steps_per_epoch(batch_size);
        let epoch = (step / steps) as u64;
        let order = self.orders.of(seed, epoch, self.train.len());
        let indices = order.chunks(batch_size.max(1)).nth(step % steps).unwrap_or_default();
        let pick = |&image: &u32| {
            let generator = || generator(Purpose::Augment, seed, epoch, u64::from(image));
            let change = augment.change(generator, self.shape);
            Pick { image, change }
        };
        self.batch(&self.train, indices.iter().map(pick).collect())
    }

    /// The test split in equal chunks of at most `limit` images, in one seeded order so that every chunk mixes classes.
    pub fn test_batches(&self, limit: usize) -> Vec<Batch> {
        let order = permutation(&mut generator(Purpose::TestOrder, 0, 0, 0), self.test.len());
        self.chunks(&self.test, &order, limit)
    }

    /// At most `images` training images as they are, without augmentation, in such chunks and such an order.
    pub fn train_sample(&self, images: usize, limit: usize) -> Vec<Batch> {
        let mut order = permutation(&mut generator(Purpose::Sample, 0, 0, 0), self.train.len());
        order.truncate(images);
        self.chunks(&self.train, &order, limit)
    }

    fn chunks(&self, split: &Split, order: &[u32], limit: usize) -> Vec<Batch> {
        let count = order.len().div_ceil(limit.max(1));
        (0..count)
            .map(|chunk| {
                let bounds = chunk * order.len() / count..(chunk + 1) * order.len() / count;
                let change = Change::default();
                let picks = order[bounds].iter().map(|&image| Pick { image, change });
                self.batch(split, picks.collect())
            })
            .collect()
    }

    /// An image of 0..=1 as nets read it, `[C, H, W]`.
    pub fn normalised_image(&self, image: &[f32]) -> Vec<f32> {
        let planes = image.chunks((self.shape[1] * self.shape[2]).max(1));
        planes
            .zip(self.mean.iter().zip(&self.deviation))
            .flat_map(|(plane, (mean, deviation))| plane.iter().map(move |pixel| (pixel - mean) / deviation))
            .collect()
    }

    /// Images back to 0..=1 for the eye, in the same layout (`[C, H, W]`, any number of them).
    pub fn denormalised(&self, image: &[f32]) -> Vec<f32> {
        let channels = self.mean.iter().zip(&self.deviation).cycle();
        let planes = image.chunks((self.shape[1] * self.shape[2]).max(1));
        planes
            .zip(channels)
            .flat_map(|(plane, (mean, deviation))| {
                plane
                    .iter()
                    .map(move |pixel| (pixel * deviation + mean).clamp(0.0, 1.0))
            })
            .collect()
    }

    fn batch(&self, split: &Split, picks: Vec<Pick>) -> Batch {
        let size: usize = self.shape.iter().product();
        let mut images = vec![0.0; picks.len() * size];
        for (pick, copy) in picks.iter().zip(images.chunks_mut(size)) {
            let image = &split.images[pick.image as usize * size..][..size];
            pick.change.apply(image, self.shape, copy);
        }
        let set = Arc::clone(&split.images);
        Batch {
            shape: self.shape,
            images,
            labels: picks.iter().map(|pick| split.labels[pick.image as usize]).collect(),
            origin: Some(Origin { set, picks }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> Dataset {
        Dataset::open(&toml::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn digits_are_scikit_learns() {
        let digits = open("source = 'digits'");
        assert_eq!(digits.name, "digits 8x8");
        assert_eq!(
            (digits.shape, digits.train.len(), digits.test.len()),
            ([1, 8, 8], 1438, 359)
        );
        assert_eq!(digits.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        // load_digits().images: sum 561718, counts by class.
        let sum: f32 = [&digits.train, &digits.test]
            .iter()
            .flat_map(|split| digits.denormalised(&split.images))
            .map(|pixel| (pixel * 16.0).round())
            .sum();
        assert_eq!(sum, 561_718.0);
        let count = |class| {
            let labels = digits.train.labels.iter().chain(&digits.test.labels);
            labels.filter(|&&label| label == class).count()
        };
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(count),
            [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
        );
    }

    #[test]
    fn mnist_is_pooled() {
        let mnist = open("source = 'mnist-5k'\npool = 2\nimages = 100");
        assert_eq!(mnist.name, "mnist-5k 14x14");
        assert_eq!(
            (mnist.shape, mnist.train.len(), mnist.test.len()),
            ([1, 14, 14], 100, 1000)
        );
        assert!((0..10).all(|class| mnist.train.labels.iter().filter(|&&label| label == class).count() == 10));
    }

    #[test]
    fn few_labels_and_some_classes() {
        let digits = open("source = 'digits'");
        let high = digits.only(5..10).unwrap();
        assert_eq!(
            high.train.len() + digits.only(0..5).unwrap().train.len(),
            digits.train.len()
        );
        assert!(high.test.labels.iter().all(|label| (5..10).contains(label)));
        let few = high.few(2, 1).unwrap();
        let mut labels = few.train.labels.clone();
        labels.sort_unstable();
        assert_eq!(
            (labels, few.test.len()),
            (vec![5, 5, 6, 6, 7, 7, 8, 8, 9, 9], high.test.len())
        );
        assert_ne!(few.train, high.few(2, 2).unwrap().train);
        assert!(digits.only(10..12).is_err() && digits.few(1000, 0).is_err());
    }

    #[test]
    fn the_training_split_is_normalised() {
        let digits = open("source = 'digits'\nsize = 12");
        let count = digits.train.images.len() as f64;
        let mean = digits.train.images.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / count;
        let square = digits
            .train
            .images
            .iter()
            .map(|&pixel| f64::from(pixel).powi(2))
            .sum::<f64>()
            / count;
        assert!(mean.abs() < 1e-6 && (square - 1.0).abs() < 1e-5, "{mean} {square}");
    }

    #[test]
    fn an_epoch_visits_each_image_once() {
        let mut digits = open("source = 'digits'\nimages = 100");
        for (index, image) in Arc::make_mut(&mut digits.train.images).chunks_mut(64).enumerate() {
            image.fill(index as f32);
        }
        assert_eq!(digits.steps_per_epoch(32), 3);
        let seen = |step| {
            let batch = digits.train_batch(5, step, 32, Augment::default());
            batch
                .images
                .chunks(64)
                .map(|image| image[0] as usize)
                .collect::<Vec<_>>()
        };
        let mut first: Vec<usize> = (0..3).flat_map(seen).collect();
        let second: Vec<usize> = (3..6).flat_map(seen).collect();
        assert_ne!(first, second);
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 96);
    }

    #[test]
    fn a_batch_is_a_function_of_its_arguments() {
        let digits = open("source = 'digits'");
        let augment = Augment { shift: 1, flip: true };
        let ahead = digits.train_batch(1, 100, 32, augment);
        for step in 0..100 {
            digits.train_batch(step as u64, step, 32, augment);
        }
        assert_eq!(ahead, digits.train_batch(1, 100, 32, augment));
        assert_eq!(ahead, digits.clone().train_batch(1, 100, 32, augment));
        let plain = digits.train_batch(1, 100, 32, Augment::default());
        assert_eq!(plain.labels, ahead.labels);
        assert_ne!(plain.images, ahead.images);
        assert_ne!(plain, digits.train_batch(2, 100, 32, Augment::default()));
    }

    #[test]
    fn a_batch_beyond_the_split_is_the_split() {
        let digits = open("source = 'digits'\nimages = 10");
        assert_eq!(digits.steps_per_epoch(32), 1);
        for step in 0..3 {
            let mut labels = digits.train_batch(0, step, 32, Augment::default()).labels;
            labels.sort_unstable();
            assert_eq!(labels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        }
    }

    #[test]
    fn test_chunks_are_equal_and_complete() {
        let digits = open("source = 'digits'");
        let batches = digits.test_batches(100);
        let sizes: Vec<usize> = batches.iter().map(Batch::len).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 359);
        assert_eq!(
            (sizes.len(), sizes.iter().max(), sizes.iter().min()),
            (4, Some(&90), Some(&89))
        );
        let mut labels: Vec<u32> = batches.iter().flat_map(|batch| batch.labels.clone()).collect();
        labels.sort_unstable();
        let mut expected = digits.test.labels.clone();
        expected.sort_unstable();
        assert_eq!(labels, expected);
    }

    #[test]
    fn data_sets_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Dataset>();
    }
}
