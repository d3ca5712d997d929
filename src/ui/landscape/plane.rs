//! How the planes of a landscape are called.

use std::borrow::Cow;

use rust_i18n::t;

use crate::run::PlaneKind;

impl PlaneKind {
    /// In the order of the buttons.
    pub const ALL: [PlaneKind; 4] = [
        PlaneKind::Random,
        PlaneKind::Way,
        PlaneKind::Larger,
        PlaneKind::LargerRaw,
    ];

    /// Stands on its button.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            PlaneKind::Random => t!("random plane"),
            PlaneKind::Way => t!("training's way"),
            PlaneKind::Larger => t!("weights × 10"),
            PlaneKind::LargerRaw => t!("× 10, not normalised"),
        }
    }

    /// What exactly it is.
    pub fn hint(self) -> Cow<'static, str> {
        match self {
            PlaneKind::Random => t!("Two random directions, each filter as long as the net's own (Li et al. 2018)"),
            PlaneKind::Way => {
                t!("The two directions that show most of the way of the weights, with the kept steps on it")
            }
            PlaneKind::Larger => t!("The same net with weights ten times as large, which normalisation undoes"),
            PlaneKind::LargerRaw => {
                t!("Those larger weights, with the directions of the smaller: it only looks flatter")
            }
        }
    }
}
