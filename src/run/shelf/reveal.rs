//! Shows a folder in the system's file manager.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else if cfg!(target_os = "windows") {
    "explorer"
} else {
    "xdg-open"
};

/// Asks the system to show the folder, and waits for what it says.
///
/// # Errors
/// When there is no file manager to ask, or it does not know what to do.
pub fn reveal(folder: &Path) -> Result<()> {
    let fail = |why: String| Error::Run(format!("{} cannot be shown in a file manager: {why}", folder.display()));
    let said = Command::new(OPENER)
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| fail(format!("{OPENER} does not start ({error})")))?;
    // Explorer answers 1 even when it has opened the folder.
    if said.success() || cfg!(target_os = "windows") {
        Ok(())
    } else {
        Err(fail(format!("{OPENER} found none")))
    }
}
