//! What goes wrong with a device, as sentences for the user.

use std::fmt::Write as _;
use std::sync::Arc;

use rust_i18n::t;

use crate::error::Error;

/// What went wrong with a device outside of [`super::Device::guarded`]. Whichever it is, some work was not done, and no
/// net can trust what it holds there.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    /// The device is gone; the driver's words.
    pub lost: Option<String>,
    /// The first other error.
    pub error: Option<Arc<wgpu::Error>>,
}

/// The adapter of that name is gone, in the driver's words.
pub fn lost(name: &str, words: &str) -> Error {
    let why = if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.trim_end_matches('.'))
    };
    Error::DeviceLost(t!("%{name} was lost%{why}", name = name, why = why))
}

/// What the adapter of that name, which is still there, has against some work.
pub fn fault(name: &str, error: &wgpu::Error) -> Error {
    match error {
        wgpu::Error::OutOfMemory { .. } => {
            Error::DeviceMemory(t!("%{name} has not enough free memory for this net", name = name))
        }
        // Whatever was refused when it was made is not in use, and nothing is destroyed while it is: what is invalid or
        // destroyed now went with the device, whose loss may be told later.
        _ if [" is invalid", " has been destroyed"]
            .iter()
            .any(|words| one_line(error).contains(words)) =>
        {
            lost(name, &t!("what it held is gone"))
        }
        _ => Error::Shader(t!(
            "%{name} refused the work: %{reason}",
            name = name,
            reason = one_line(error)
        )),
    }
}

/// An error with its causes, in one line.
pub fn one_line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !line.contains(&words) {
            // Writing into a string does not fail.
            let _ = write!(line, ": {words}");
        }
        cause = inner.source();
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
