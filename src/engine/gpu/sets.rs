//! Training sets that a device holds, so that a step sends only which of their images it takes and how they are changed.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::device::Device;
use crate::error::{Error, Result};

/// Bytes of the largest set that is kept on a device.
const LARGEST: u64 = 1 << 30;
/// Values sent at once.
const CHUNK: usize = 4 << 20;

/// A set, and its buffer where there is room for it.
type Held = (Weak<Vec<f32>>, Option<wgpu::Buffer>);

/// The sets that the nets on a device train on, each sent once and held as long as the set lives.
#[derive(Default)]
pub struct Sets(Mutex<Vec<Held>>);

impl Sets {
    /// The buffer of a set on that device; `None` where it is too large, and its batches are sent one by one.
    pub fn on(&self, device: &Device, set: &Arc<Vec<f32>>) -> Result<Option<wgpu::Buffer>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|(known, _)| known.strong_count() > 0);
        if let Some((_, buffer)) = held.iter().find(|(known, _)| known.as_ptr() == Arc::as_ptr(set)) {
            return Ok(buffer.clone());
        }
        let buffer = match sent(device, set) {
            Err(Error::DeviceMemory(words)) => {
                log::info!("{words}; its batches are sent one by one");
                None
            }
            other => other?,
        };
        held.push((Arc::downgrade(set), buffer.clone()));
        Ok(buffer)
    }
}

fn sent(device: &Device, set: &[f32]) -> Result<Option<wgpu::Buffer>> {
    let bytes = size_of_val(set) as u64;
    if bytes > LARGEST {
        return Ok(None);
    }
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
    let buffer = device.buffer("a training set", bytes, usage)?;
    for (at, part) in set.chunks(CHUNK).enumerate() {
        let from = (at * CHUNK * size_of::<f32>()) as u64;
        device.queue.write_buffer(&buffer, from, bytemuck::cast_slice(part));
        device.queue.submit([]);
    }
    Ok(Some(buffer))
}
