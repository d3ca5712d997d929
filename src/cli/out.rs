//! What a subcommand prints: a reader that has gone ends nothing, a disk that is full is told.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

use crate::error::{Error, Result};

/// As [`println!`], with what went wrong for an answer.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::out::print(format_args!("{}\n", format_args!($($words)*))) };
}

pub(super) use say;

/// Prints that as it is.
///
/// # Errors
/// Where the output cannot be written; not when nobody reads it any more (`| head`).
pub fn print(words: Arguments<'_>) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_fmt(words).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::io("write", "the standard output".as_ref())(error))
        }
        _ => Ok(()),
    }
}
