//! Training on any GPU through wgpu, with no toolkit to install.

mod adapter;
mod buffers;
mod device;
mod dispatch;
mod engine;
mod layout;
mod line;
mod measure;
mod pace;
mod pipeline_cache;
mod program;
mod runner;
mod sets;
mod template;
#[cfg(test)]
mod tests;
mod tile;
mod transfer;
mod trouble;

use std::path::PathBuf;

pub use adapter::{About, Adapter, AdapterKind, adapters};
pub use device::{Checks, Device, Kernel};
pub use engine::GpuEngine;
pub use measure::Ceiling;
pub use runner::{Work, works};
#[cfg(test)]
pub use tests::faults;

/// Where compiled kernels and measurements of devices are kept; all of it can be made again.
pub fn cache_folder() -> Option<PathBuf> {
    Some(eframe::storage_dir("depthscope")?.join("cache"))
}
