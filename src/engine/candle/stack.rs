//! Room for candle's recursion: its backward pass and the release of its graph descend one call a node.

use std::{panic, thread};

use rust_i18n::t;

use crate::error::{Error, Result};

/// Nets of up to this many nodes fit the two megabytes every thread has.
const USUAL: usize = 400;
const BYTES_A_NODE: usize = 16 << 10;

/// Runs `work` on a stack deep enough for a net of `nodes` nodes; pages are touched only where they are needed.
pub fn with_room<T: Send>(nodes: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    if nodes <= USUAL {
        return work();
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("candle".into())
            .stack_size(nodes * BYTES_A_NODE);
        let handle = thread.spawn_scoped(scope, work).map_err(|error| {
            Error::Engine(t!(
                "a thread for a net of %{nodes} nodes cannot be started: %{error}",
                nodes = nodes,
                error = error
            ))
        })?;
        handle.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}
