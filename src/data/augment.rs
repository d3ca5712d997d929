//! Random changes of training images.

use serde::{Deserialize, Serialize};

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
