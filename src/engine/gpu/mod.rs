//! Training on any GPU through wgpu, with no toolkit to install.

mod adapter;
mod device;
mod pipeline_cache;

use std::path::PathBuf;

pub use adapter::{About, Adapter, AdapterKind, adapters};
pub use device::{Checks, Device, Kernel};

/// Where compiled kernels and measurements of devices are kept; all of it can be made again.
pub fn cache_folder() -> Option<PathBuf> {
    Some(eframe::storage_dir("depthscope")?.join("cache"))
}
