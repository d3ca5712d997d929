//! Images with labels, and seeded ways to divide them.

use std::ops::Range;
use std::sync::Arc;

use rust_i18n::t;

use super::random::{Purpose, generator, permutation};
use crate::error::{Error, Result};

/// Images and labels of one split.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Split {
    /// `[N, C, H, W]`, row-major. In a [`super::Dataset`] normalised with the training split's mean and deviation by
    /// channel.
    pub images: Arc<Vec<f32>>,
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

    /// The images at those positions, in that order.
    fn gather(&self, positions: &[u32]) -> Self {
        let size = self.images.len() / self.len().max(1);
        let image = |&position: &u32| &self.images[position as usize * size..][..size];
        let label = |&position: &u32| self.labels[position as usize];
        let images = positions.iter().flat_map(image).copied().collect();
        Self {
            images: Arc::new(images),
            labels: positions.iter().map(label).collect(),
        }
    }

    /// Those of certain classes, in their order.
    pub(super) fn only(&self, classes: &Range<u32>) -> Self {
        let chosen = (0u32..).zip(&self.labels).filter(|(_, label)| classes.contains(label));
        self.gather(&chosen.map(|(position, _)| position).collect::<Vec<_>>())
    }

    /// Training and test splits in a seeded order: one image in five is held out, at least one.
    pub(super) fn hold_out(&self, seed: u64) -> (Self, Self) {
        let order = permutation(&mut generator(Purpose::Split, seed, 0, 0), self.len());
        let (test, train) = order.split_at((self.len() / 5).max(1).min(self.len()));
        (self.gather(train), self.gather(test))
    }

    /// Keeps `images` of them, as many of each class as there are, up to an equal share; a smaller number keeps a
    /// subset of a larger one.
    ///
    /// # Errors
    /// If there are fewer, or none is asked for.
    pub(super) fn keep(&mut self, images: usize, classes: usize, seed: u64) -> Result<()> {
        if images == 0 || images > self.len() {
            return Err(Error::Data(t!(
                "images = %{images} is not possible: the training split has %{all} images, so choose 1 to %{most}.",
                images = images,
                all = self.len(),
                most = self.len()
            )));
        }
        let mut by_class = vec![Vec::new(); classes];
        for position in permutation(&mut generator(Purpose::Keep, seed, 0, 0), self.len()) {
            by_class[self.labels[position as usize] as usize].push(position);
        }
        let class_order = permutation(&mut generator(Purpose::Keep, seed, 1, 0), classes);
        let dealt = (0..self.len()).flat_map(|round| {
            let nth_of_class = |&class: &u32| by_class[class as usize].get(round).copied();
            class_order.iter().filter_map(nth_of_class).collect::<Vec<_>>()
        });
        let mut kept: Vec<u32> = dealt.take(images).collect();
        kept.sort_unstable();
        *self = self.gather(&kept);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(labels: &[u32]) -> Split {
        Split {
            images: Arc::new((0..labels.len() * 2).map(|value| (value / 2) as f32).collect()),
            labels: labels.to_vec(),
        }
    }

    #[test]
    fn a_held_out_fifth_is_seeded_and_complete() {
        let all = numbered(&(0..50).collect::<Vec<_>>());
        let (train, test) = all.hold_out(7);
        assert_eq!((train.len(), test.len()), (40, 10));
        let mut seen: Vec<u32> = train.labels.iter().chain(&test.labels).copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, all.labels);
        for split in [&train, &test] {
            for (label, image) in split.labels.iter().zip(split.images.chunks(2)) {
                assert_eq!(image, [*label as f32; 2]);
            }
        }
        assert_eq!((train, test), all.hold_out(7));
        assert_ne!(all.hold_out(7), all.hold_out(8));
    }

    #[test]
    fn two_images_leave_one_for_each_split() {
        let (train, test) = numbered(&[0, 1]).hold_out(0);
        assert_eq!((train.len(), test.len()), (1, 1));
    }

    #[test]
    fn classes_are_kept_in_equal_shares_as_far_as_they_go() {
        let labels: Vec<u32> = [vec![0; 50], vec![1; 3], vec![2; 30]].concat();
        let mut kept = numbered(&labels);
        kept.keep(23, 3, 5).unwrap();
        let count = |class| kept.labels.iter().filter(|&&label| label == class).count();
        assert_eq!((count(0), count(1), count(2)), (10, 3, 10));

        let mut fewer = numbered(&labels);
        fewer.keep(7, 3, 5).unwrap();
        let images: Vec<f32> = fewer.images.iter().step_by(2).copied().collect();
        assert!(images.iter().all(|image| kept.images.contains(image)));
    }

    #[test]
    fn keeping_more_than_there_is_fails() {
        let message = numbered(&[0, 1]).keep(3, 2, 0).unwrap_err().to_string();
        assert!(
            message.contains("images = 3") && message.contains("1 to 2"),
            "{message}"
        );
        assert!(numbered(&[0, 1]).keep(0, 2, 0).is_err());
    }
}
