//! Compiled pipelines kept on disk between starts, where the driver hands them out (Vulkan).

use std::fs;
use std::path::PathBuf;

/// The driver's cache with the file it is kept in.
pub struct PipelineCache {
    handle: wgpu::PipelineCache,
    path: PathBuf,
}

impl PipelineCache {
    /// Opens the cache of an adapter; `None` when its driver has none.
    pub fn open(device: &wgpu::Device, info: &wgpu::AdapterInfo) -> Option<Self> {
        if !device.features().contains(wgpu::Features::PIPELINE_CACHE) {
            return None;
        }
        let path = super::cache_folder()?.join(wgpu::util::pipeline_cache_key(info)?);
        let data = fs::read(&path).ok();
        // SAFETY: the file is one that `save` wrote; the driver checks its own header, and `fallback` starts an empty
        // cache when it was written by another driver.
        let handle = unsafe {
            device.create_pipeline_cache(&wgpu::PipelineCacheDescriptor {
                label: Some("kernels"),
                data: data.as_deref(),
                fallback: true,
            })
        };
        Some(Self { handle, path })
    }

    pub fn handle(&self) -> &wgpu::PipelineCache {
        &self.handle
    }

    /// Replaces the file by what the driver holds now; a cache that cannot be kept costs time, not results.
    pub fn save(&self) {
        let Some(data) = self.handle.get_data() else { return };
        let draft = self.path.with_extension(format!("{}.new", std::process::id()));
        let written = self.path.parent().map_or(Ok(()), fs::create_dir_all);
        let written = written
            .and_then(|()| fs::write(&draft, data))
            .and_then(|()| fs::rename(&draft, &self.path));
        if let Err(error) = written {
            log::debug!("compiled kernels are not kept: {}: {error}", self.path.display());
        }
    }
}
