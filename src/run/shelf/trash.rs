//! Run folders that are thrown away wait in a hidden folder among the others until the trash is emptied.

use std::fs;
use std::path::{Path, PathBuf};

use super::item::folder_name;
use crate::error::{Error, Result};

const TRASH: &str = ".trash";

/// Where the folder went, to take it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Thrown {
    pub from: PathBuf,
    to: PathBuf,
}

/// Moves a run folder to the trash beside it.
///
/// # Errors
/// When the system refuses.
pub fn throw(folder: &Path) -> Result<Thrown> {
    let trash = folder.with_file_name(TRASH);
    fs::create_dir_all(&trash).map_err(Error::io("create", &trash))?;
    let to = free(&trash.join(folder_name(folder)));
    fs::rename(folder, &to).map_err(Error::io("move to the trash", folder))?;
    let from = folder.to_path_buf();
    Ok(Thrown { from, to })
}

/// Moves it back, under another name if its own is taken; says where.
///
/// # Errors
/// When the system refuses, or it is no longer in the trash.
pub fn take_back(thrown: &Thrown) -> Result<PathBuf> {
    let to = free(&thrown.from);
    fs::rename(&thrown.to, &to).map_err(Error::io("take back", &thrown.from))?;
    Ok(to)
}

/// Folders in the trash of a folder of run folders.
pub fn count(root: &Path) -> usize {
    fs::read_dir(root.join(TRASH)).map_or(0, |entries| entries.flatten().count())
}

/// Deletes what is in the trash.
///
/// # Errors
/// When the system refuses.
pub fn empty(root: &Path) -> Result<()> {
    let trash = root.join(TRASH);
    if trash.is_dir() {
        fs::remove_dir_all(&trash).map_err(Error::io("delete", &trash))?;
    }
    Ok(())
}

/// The path, or the first one with a number behind it that is not taken.
fn free(path: &Path) -> PathBuf {
    let numbered = (2..).map(|number| path.with_file_name(format!("{}-{number}", folder_name(path))));
    std::iter::once(path.to_path_buf())
        .chain(numbered)
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.to_path_buf())
}
