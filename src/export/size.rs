//! The papers a figure can be printed on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::one_of;
use crate::error::{Error, Result};

/// How large a figure is. Letters and lines are as many points as laid out on all of them; the fewer points a paper has, the
/// larger they become on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Size {
    /// As wide as its panels want.
    #[default]
    Screen,
    /// One column of a paper: 85 mm, panels above each other, 600 dots an inch.
    Column,
    /// A slide of 16:9, 1920 pixels wide.
    Slide,
    /// A3 across, 300 dots an inch.
    Poster,
}

impl Size {
    pub const ALL: [Size; 4] = [Size::Screen, Size::Column, Size::Slide, Size::Poster];

    /// The word for it on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Size::Screen => "screen",
            Size::Column => "column",
            Size::Slide => "slide",
            Size::Poster => "poster",
        }
    }

    /// Width and height as laid out, in points, where they are fixed.
    pub(super) fn points(self) -> (Option<f64>, Option<f64>) {
        match self {
            Size::Screen => (None, None),
            Size::Column => (Some(400.0), None),
            Size::Slide => (Some(752.0), Some(423.0)),
            Size::Poster => (Some(840.0), Some(594.0)),
        }
    }

    /// Whether panels stand above each other.
    pub(super) fn stacks(self) -> bool {
        self == Size::Column
    }

    /// Whether it is cut off beneath what knows its own height and does not fill it.
    pub(super) fn shrinks(self) -> bool {
        self == Size::Poster
    }

    /// Width on paper.
    pub(super) fn millimetres(self) -> Option<f64> {
        match self {
            Size::Screen => None,
            Size::Column => Some(85.0),
            Size::Slide => Some(338.667),
            Size::Poster => Some(420.0),
        }
    }

    /// Pixels a point as laid out.
    pub(super) fn pixels(self) -> f64 {
        match self {
            Size::Screen => 2.0,
            Size::Column => 5.0,
            Size::Slide => 1920.0 / 752.0,
            Size::Poster => 6.0,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        one_of(text, "size", Size::ALL, Size::name)
    }
}
