//! How far one got in each lesson, kept between starts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::lesson::{Guesses, Lesson, Notes, Record, lesson, lessons, number, read, recorded_beside, recording};
use crate::ui::language::Language;
use crate::ui::panels::Panel;

/// Where a lesson comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Origin {
    /// It comes with the program; its name.
    Shipped(String),
    File(PathBuf),
}

impl Origin {
    /// Reads the lesson, in the language spoken where there is a choice.
    ///
    /// # Errors
    /// One sentence with the line.
    pub fn read(&self) -> Result<Lesson> {
        match self {
            Self::Shipped(name) => lesson(name, Language::spoken().tag()),
            Self::File(path) => {
                let lesson = read(path)?;
                lesson.check_panels(&Panel::names(), &self.to_string())?;
                Ok(lesson)
            }
        }
    }

    /// Its place among the lessons that come with the program, from 1.
    pub fn number(&self) -> Option<usize> {
        match self {
            Self::Shipped(name) => number(name),
            Self::File(_) => None,
        }
    }

    /// The next lesson that comes with the program, and its title in the language spoken.
    pub fn after(&self) -> Option<(Self, String)> {
        let all = lessons(Language::spoken().tag()).ok()?;
        let next = all.into_iter().nth(self.number()?)?;
        Some((Self::Shipped(next.name), next.title))
    }

    /// The recording of it, where there is one; a damaged one is as none, and the log says why.
    pub fn record(&self) -> Option<Record> {
        let path = match self {
            Self::Shipped(name) => return recording(name),
            Self::File(path) => recorded_beside(path),
        };
        if !path.is_file() {
            return None;
        }
        let read = Record::read(&path);
        read.inspect_err(|error| log::warn!("{error}")).ok()
    }
}

/// The key under which progress is kept.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How far one got in a lesson.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Where one is, from 0.
    pub step: usize,
    /// The last step that was seen.
    pub reached: usize,
    /// Of how many.
    pub steps: usize,
    /// How many predictions the lesson asks for.
    pub asked: usize,
    /// What was predicted; locked.
    pub guesses: Guesses,
    /// What was written down.
    pub notes: Notes,
    /// The run folders of its experiments that were trained to the end, by the experiment's name.
    pub folders: BTreeMap<String, PathBuf>,
    /// Those of the experiments whose training was begun.
    pub begun: BTreeMap<String, PathBuf>,
    /// The run folder of what was trained last beside them.
    pub own: Option<PathBuf>,
}

impl Kept {
    /// Whether the last step was seen and nothing is left to predict.
    pub fn is_done(&self) -> bool {
        self.steps > 0 && self.reached + 1 >= self.steps && self.guesses.len() >= self.asked
    }
}

/// By [`Origin`].
pub type Progress = BTreeMap<String, Kept>;
