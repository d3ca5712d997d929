//! All runs on the disk, as a list: read from their summaries, named, pinned, hidden, and thrown away with a way back.

mod columns;
mod fields;
mod item;
mod librarian;
mod marks;
mod reveal;
mod scan;
#[cfg(test)]
mod tests;
mod trash;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use columns::{Column, Line, columns, now};
pub use fields::{Fields, title};
pub use item::{Item, Row, RunKey};
pub use librarian::{Librarian, News};
pub use marks::Mark;
pub use reveal::reveal;
pub use scan::items;

/// What the list of runs shows.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    pub items: Vec<Item>,
    /// Counts the times that `items` changed.
    pub edition: u64,
    /// Run folders in the trash.
    pub trashed: usize,
    /// The folder of the last one thrown away, while it can be taken back.
    pub undo: Option<String>,
    /// The folder that the window trains in.
    pub live: Option<PathBuf>,
    /// Runs that stand beside the live ones, with the names they stand under.
    pub opened: BTreeMap<RunKey, String>,
}

/// What can be done with runs on the disk.
#[derive(Debug, Clone, PartialEq)]
pub enum Errand {
    /// Names, pins or hides a run.
    Mark(RunKey, Mark),
    /// Moves a run folder to the trash.
    Trash(PathBuf),
    /// Takes the last folder out of the trash again.
    Undo,
    /// Deletes what is in the trash.
    Empty,
    /// Shows a run folder in the system's file manager.
    Reveal(PathBuf),
    /// Reads a run to stand beside the live ones, under this name.
    Compare(RunKey, String),
    /// Puts it back.
    Part(RunKey),
}
