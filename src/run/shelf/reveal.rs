//! Shows a folder in the system's file manager, or a file in the program that is for it.

use std::path::Path;
use std::process::{Command, Stdio};

use rust_i18n::t;

use crate::error::{Error, Result, Sentence};

const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(target_os = "windows") {
    "explorer"
} else {
    "xdg-open"
};

/// Asks the system to show it, and waits for what it says.
///
/// # Errors
/// When there is nothing to ask, or it does not know what to do.
pub fn reveal(path: &Path) -> Result<()> {
    let fail = |why: Sentence| Error::Run(t!("%{path} cannot be shown: %{why}", path = path.display(), why = why));
    let said = Command::new(OPENER)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| {
            fail(t!(
                "%{opener} does not start (%{error})",
                opener = OPENER,
                error = error
            ))
        })?;
    // Explorer answers 1 even when it has opened the folder.
    if said.success() || cfg!(target_os = "windows") {
        Ok(())
    } else {
        Err(fail(t!("%{opener} found no program for it", opener = OPENER)))
    }
}
