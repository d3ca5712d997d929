//! Training on any GPU through wgpu, with no toolkit to install.

mod adapter;
mod device;
mod measure;
mod pipeline_cache;

use std::path::PathBuf;

pub use adapter::{About, Adapter, AdapterKind, adapters};
pub use device::{Checks, Device, Kernel};
pub use measure::Ceiling;

/// Where compiled kernels and measurements of devices are kept; all of it can be made again.
pub fn cache_folder() -> Option<PathBuf> {
    Some(eframe::storage_dir("depthscope")?.join("cache"))
}
