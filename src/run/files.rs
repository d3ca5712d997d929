//! Files that are either there as a whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rust_i18n::t;
use serde::Serialize;

use crate::error::{Error, Result};

/// Our own small files are never longer.
const SMALL: u64 = 16 << 20;

/// Reads a file that must be small.
pub fn read_small(path: &Path) -> Result<Vec<u8>> {
    let about = fs::metadata(path).map_err(Error::io("read", path))?;
    if about.len() > SMALL {
        return Err(Error::Run(t!("%{path} is too long to be ours", path = path.display())));
    }
    fs::read(path).map_err(Error::io("read", path))
}

/// Readable JSON with a last newline.
pub fn json(value: &impl Serialize) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("numbers, words and lists are always JSON");
    text.push(b'\n');
    text
}

/// Writes a file and waits until it is on the disk.
pub fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = File::create(path).map_err(Error::io("create", path))?;
    file.write_all(bytes).map_err(Error::io("write", path))?;
    file.sync_all().map_err(Error::io("write", path))
}

/// Writes a file in place of the one before; a reader sees the old or the new one.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = beside(path, "new");
    write_synced(&draft, bytes)?;
    fs::rename(&draft, path).map_err(Error::io("write", path))
}

/// A hidden name in the same folder: `.summary.json.new`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{suffix}"))
}

/// Waits until a folder's entries are on the disk, where the system knows such a thing.
pub fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::io("write", path))?;
    }
    Ok(())
}
