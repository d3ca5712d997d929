//! Words of the learner's own: what a lesson asks to be written down.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Characters that a note may have: a few sentences.
pub const LONGEST_NOTE: usize = 1000;

/// A ```` ```note ```` block of a lesson.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What to write.
    pub asks: String,
}

/// What was written, by step and place among the step's notes.
pub type Notes = BTreeMap<(usize, usize), String>;
