//! Lessons in the window: the list of them, and the one that is open beside the lab's panels.

mod answer;
mod column;
mod files;
mod formula;
mod keys;
mod list;
mod note;
mod outcome;
mod page;
mod progress;
mod prose;
mod reader;
mod report_form;
mod sketch;
mod trainings;

use std::path::{Path, PathBuf};

use eframe::egui::{Context, Ui};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use self::files::Chosen;
pub use self::list::Asked;
use self::list::Entry;
pub use self::progress::Origin;
use self::progress::{Kept, Progress};
pub use self::reader::Left;
use self::reader::Reader;
use super::cursor::Cursor;
use super::language::Language;
use super::theme::Taught;
use super::tiling::Tiling;
use super::{Action, Scene, Speed};
use crate::error::Result;
use crate::lesson;

/// Files that the list remembers.
const MOST_FILES: usize = 50;

/// The lessons.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lessons {
    progress: Progress,
    /// Lessons of the user's own that were opened.
    files: Vec<PathBuf>,
    /// The lesson that was open when the window was closed.
    left: Option<Origin>,
    #[serde(skip)]
    reader: Option<Box<Reader>>,
    /// Why a lesson cannot be opened.
    #[serde(skip)]
    problem: Option<String>,
    /// The template that was written last.
    #[serde(skip)]
    written: Option<PathBuf>,
    /// The list as it was last read, and in which language.
    #[serde(skip)]
    entries: Option<(Language, Vec<Entry>)>,
    /// As typed.
    #[serde(skip)]
    path: String,
    #[serde(skip)]
    chosen: Chosen,
}

impl Lessons {
    /// Whether a lesson is open.
    pub fn is_open(&self) -> bool {
        self.reader.is_some()
    }

    /// Whether that lesson is open.
    pub fn is_open_at(&self, origin: &Origin) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.origin == *origin)
    }

    /// The lesson that was open when the window was closed.
    pub fn take_left(&mut self) -> Option<Origin> {
        self.left.take()
    }

    /// Opens a lesson where it was left; a sentence in the list says why not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&mut self, origin: &Origin) -> Result<()> {
        self.close();
        let kept = self.progress.get(&origin.to_string()).cloned().unwrap_or_default();
        let opened = Reader::open(origin.clone(), kept);
        self.problem = opened.as_ref().err().map(ToString::to_string);
        self.reader = Some(Box::new(opened?));
        Ok(())
    }

    /// Closes the open lesson; how far one got is kept.
    pub fn close(&mut self) {
        self.keep();
        self.reader = None;
    }

    fn keep(&mut self) {
        if let Some(reader) = &self.reader {
            self.progress.insert(reader.origin.to_string(), reader.kept.clone());
        }
    }

    /// What a later start shall find.
    pub fn to_keep(&self) -> Self {
        let mut kept = Self {
            progress: self.progress.clone(),
            files: self.files.clone(),
            ..Self::default()
        };
        if let Some(reader) = &self.reader {
            kept.left = Some(reader.origin.clone());
            kept.progress.insert(reader.origin.to_string(), reader.kept.clone());
        }
        kept
    }

    /// Takes a file or a folder of lessons into the list; answers with the lesson, where it is just one.
    ///
    /// # Errors
    /// When there is no lesson.
    pub fn add(&mut self, path: &Path) -> Result<Option<Origin>> {
        let found = lesson::files(path, Language::spoken().tag());
        self.problem = found.as_ref().err().map(ToString::to_string);
        let mut found = found?;
        self.files.retain(|file| !found.contains(file));
        let one = match found.as_slice() {
            [one] => Some(Origin::File(one.clone())),
            _ => None,
        };
        self.files.append(&mut found);
        let surplus = self.files.len().saturating_sub(MOST_FILES);
        self.files.drain(..surplus);
        self.entries = None;
        Ok(one)
    }

    /// Begins a lesson anew.
    fn forget(&mut self, origin: &Origin) {
        self.progress.remove(&origin.to_string());
    }

    fn kept(&self, origin: &Origin) -> Kept {
        match &self.reader {
            Some(reader) if reader.origin == *origin => reader.kept.clone(),
            _ => self.progress.get(&origin.to_string()).cloned().unwrap_or_default(),
        }
    }

    /// Whether the open lesson has the window for itself, without panels.
    pub fn fills(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.show().is_none())
    }

    /// Whether training is the open lesson's own affair, because something is still to be predicted.
    pub fn holds(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| reader.holds())
    }

    /// What the open lesson calls an experiment of that name.
    pub fn title_of(&self, name: &str) -> Option<&str> {
        self.reader.as_ref()?.title_of(name)
    }

    /// What the open lesson means for the panels beside it.
    pub fn taught(&self) -> Option<Taught> {
        let reader = self.reader.as_ref()?;
        Some(Taught {
            controls: reader.show().is_none_or(|show| show.controls),
            busy: reader.trainings.under_way().is_some(),
        })
    }

    /// Called each frame while a lesson is open, before anything is drawn.
    pub fn follow(&mut self, scene: Scene<'_>, tiling: &mut Tiling, cursor: &mut Cursor, actions: &mut Vec<Action>) {
        if let Some(reader) = &mut self.reader {
            reader.follow(scene, tiling, cursor, actions);
        }
    }

    /// Another experiment has come to the front: the open lesson shows its panels and moment again.
    pub fn arrange_anew(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.arranged = None;
        }
    }

    /// The keys of the open lesson.
    pub fn keys(&mut self, ui: &Ui, scene: Scene<'_>, lecture: bool, actions: &mut Vec<Action>) {
        if let Some(reader) = &mut self.reader {
            reader.keys(ui, scene, lecture, actions);
        }
    }

    /// Draws the open lesson; answers whether, and for what, it was left.
    pub fn column_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        speed: Speed,
        actions: &mut Vec<Action>,
    ) -> Option<Left> {
        self.reader.as_mut()?.column_ui(ui, scene, speed, actions)
    }

    /// Where there is no room for both, the text and the panels take turns; answers whether the panels are in front.
    pub fn turns_ui(&mut self, ui: &mut Ui) -> bool {
        let Some(reader) = &mut self.reader else { return false };
        ui.horizontal(|ui| {
            for (aside, words) in [(false, t!("Text")), (true, t!("Pictures"))] {
                ui.selectable_value(&mut reader.aside, aside, words);
            }
        });
        reader.aside
    }

    /// A lesson among what was dropped onto the window.
    pub fn dropped(&self, ctx: &Context) -> Option<PathBuf> {
        let paths = ctx.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_path_buf()).collect::<Vec<_>>()
        });
        let is_lesson = |path: &PathBuf| {
            let named = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"));
            named || path.is_dir() && lesson::files(path, Language::spoken().tag()).is_ok()
        };
        paths.into_iter().find(is_lesson)
    }
}
