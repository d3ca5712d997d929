//! Random changes of training images.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::random::below;

/// The `[augment]` table of an experiment file; all off by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Shift each image by up to this many pixels in each direction, zeros (the mean) moving in. With 4 on 32x32 this is
    /// the pad-and-random-crop of He et al. 2015.
    pub shift: usize,
    /// Mirror half of the images left to right.
    pub flip: bool,
}

/// What happens to one image: output pixel (y, x) shows input pixel (y + down, x + right), then the rows are mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    pub down: isize,
    pub right: isize,
    pub mirror: bool,
}

impl Augment {
    /// A random change of an image of that shape (channels, height, width).
    pub(super) fn change(self, generator: impl FnOnce() -> ChaCha8Rng, shape: [usize; 3]) -> Change {
        if self == Self::default() {
            return Change::default();
        }
        let mut generator = generator();
        let reach = self.shift.min(shape[1].max(shape[2]));
        let mut offset = || below(&mut generator, 2 * reach + 1) as isize - reach as isize;
        let (down, right) = (offset(), offset());
        let mirror = self.flip && below(&mut generator, 2) == 1;
        Change { down, right, mirror }
    }
}

impl Change {
    /// Writes a changed `image` of that shape into `changed`, which holds zeros.
    pub(super) fn apply(self, image: &[f32], [_, height, width]: [usize; 3], changed: &mut [f32]) {
        let planes = image.chunks(height * width).zip(changed.chunks_mut(height * width));
        let kept = width.saturating_sub(self.right.unsigned_abs());
        let (from, to) = if self.right > 0 {
            (width - kept, 0)
        } else {
            (0, width - kept)
        };
        for (plane, changed) in planes {
            for (y, row) in changed.chunks_mut(width).enumerate() {
                let Some(source) = y.checked_add_signed(self.down).filter(|&source| source < height) else {
                    continue;
                };
                row[to..to + kept].copy_from_slice(&plane[source * width + from..][..kept]);
                if self.mirror {
                    row.reverse();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::random::{Purpose, generator};

    fn changed(change: Change, image: &[f32], shape: [usize; 3]) -> Vec<f32> {
        let mut changed = vec![0.0; image.len()];
        change.apply(image, shape, &mut changed);
        changed
    }

    #[test]
    fn zeros_move_in() {
        #[rustfmt::skip]
        let image = [
            1.0, 2.0, 3.0,
            4.0, 5.0, 6.0,
        ];
        let change = |down, right, mirror| changed(Change { down, right, mirror }, &image, [1, 2, 3]);
        assert_eq!(change(0, 0, false), image);
        assert_eq!(change(1, 0, false), [4.0, 5.0, 6.0, 0.0, 0.0, 0.0]);
        assert_eq!(change(-1, 1, false), [0.0, 0.0, 0.0, 2.0, 3.0, 0.0]);
        assert_eq!(change(0, -2, false), [0.0, 0.0, 1.0, 0.0, 0.0, 4.0]);
        assert_eq!(change(0, 1, true), [0.0, 3.0, 2.0, 0.0, 6.0, 5.0]);
        assert_eq!(change(0, 3, true), [0.0; 6]);
        assert_eq!(change(-2, 0, false), [0.0; 6]);
    }

    #[test]
    fn a_shift_is_a_crop_of_the_padded_image() {
        let (pad, side, channels) = (4usize, 32usize, 3usize);
        let image: Vec<f32> = (1..=channels * side * side).map(|value| value as f32).collect();
        let wide = side + 2 * pad;
        let mut padded = vec![0.0; channels * wide * wide];
        for (position, &value) in image.iter().enumerate() {
            let (channel, y, x) = (position / (side * side), position / side % side, position % side);
            padded[(channel * wide + y + pad) * wide + x + pad] = value;
        }
        for (top, left) in [(0, 0), (8, 8), (3, 6), (4, 4)] {
            let crop: Vec<f32> = (0..channels * side * side)
                .map(|position| {
                    let (channel, y, x) = (position / (side * side), position / side % side, position % side);
                    padded[(channel * wide + y + top) * wide + x + left]
                })
                .collect();
            let change = Change {
                down: top as isize - pad as isize,
                right: left as isize - pad as isize,
                mirror: false,
            };
            assert_eq!(changed(change, &image, [channels, side, side]), crop, "{top} {left}");
        }
    }

    #[test]
    fn every_shift_and_both_mirrors_occur() {
        let mut image = vec![0.0; 9];
        image[4] = 1.0;
        image[5] = 2.0;
        let augment = Augment { shift: 1, flip: true };
        let mut seen = std::collections::BTreeSet::new();
        for index in 0..400 {
            let change = augment.change(|| generator(Purpose::Augment, 0, 0, index), [1, 3, 3]);
            let changed = changed(change, &image, [1, 3, 3]);
            seen.insert(changed.iter().map(|&value| value as u8).collect::<Vec<_>>());
        }
        assert_eq!(seen.len(), 18);
    }

    #[test]
    fn a_shift_beyond_the_image_is_no_crash() {
        let augment = Augment {
            shift: usize::MAX,
            flip: true,
        };
        let change = augment.change(|| generator(Purpose::Augment, 0, 0, 0), [1, 2, 2]);
        changed(change, &[1.0; 4], [1, 2, 2]);
    }
}
