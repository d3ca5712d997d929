//! Devices that fail in the ways that devices do, for tests of whole trainings.

use std::sync::{Arc, PoisonError};

use super::super::adapter::{About, Adapter, AdapterKind, refusal};
use super::super::{Checks, Device};
use crate::error::{Error, Result};

fn adapter() -> Result<Adapter> {
    Adapter::find(Some("llvmpipe"))
}

pub fn sound() -> Result<Arc<Device>> {
    Device::open(&adapter()?, Checks::Off)
}

/// Has room for buffers of so many bytes only.
pub fn cramped(bytes: u64) -> Result<Arc<Device>> {
    let mut adapter = adapter()?;
    adapter.about.buffer_bytes = bytes;
    Device::open(&adapter, Checks::Off)
}

/// Refuses kernels with as many invocations a workgroup as ours have.
pub fn narrow() -> Result<Arc<Device>> {
    let adapter = adapter()?;
    let mut limits = adapter.handle.limits();
    limits.max_compute_invocations_per_workgroup = 16;
    Device::open_within(&adapter, Checks::Off, limits)
}

/// The driver does not give it.
pub fn refused() -> Result<Arc<Device>> {
    let adapter = adapter()?;
    let mut limits = adapter.handle.limits();
    limits.max_bind_groups += 1;
    Device::open_within(&adapter, Checks::Off, limits)
}

/// Runs out of memory under the work it was given.
pub fn exhaust(device: &Device) {
    let mut trouble = device.trouble.lock().unwrap_or_else(PoisonError::into_inner);
    let source = "the driver found no page".into();
    trouble.error = Some(Arc::new(wgpu::Error::OutOfMemory { source }));
}

/// Is given a kernel that it cannot read.
pub fn mislead(device: &Device) {
    let source = wgpu::ShaderSource::Wgsl("fn nonsense() { nothing(); }".into());
    let descriptor = wgpu::ShaderModuleDescriptor { label: None, source };
    drop(device.device.create_shader_module(descriptor));
}

/// Is pulled out.
pub fn pull(device: &Device) {
    device.device.destroy();
}

/// What is said where there is no adapter, and where there are only such as cannot be taken.
pub fn refusals() -> [Error; 4] {
    let about = |kind, backend: &str, compute| About {
        backend: backend.into(),
        compute,
        ..About::example("HD 3000", kind)
    };
    let old = [about(AdapterKind::Integrated, "Gl", false)];
    let software = [about(AdapterKind::Software, "Vulkan", true)];
    [
        refusal(&[], None),
        refusal(&old, None),
        refusal(&old, Some("hd")),
        refusal(&software, None),
    ]
}
