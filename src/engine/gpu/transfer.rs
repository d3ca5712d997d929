//! What goes to the device and what comes back, through mapped buffers that are made once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rust_i18n::t;

use super::device::Device;
use crate::error::{Error, Result};

/// Batches that may be on their way: two steps under way, and the next.
const UPLOADS: usize = 3;

const PENDING: u8 = 0;
const HERE: u8 = 1;
const FAILED: u8 = 2;

/// A buffer that is mapped again and again.
#[derive(Clone)]
pub struct Mapped {
    buffer: wgpu::Buffer,
    mode: wgpu::MapMode,
    state: Arc<AtomicU8>,
}

impl Mapped {
    /// It is used by commands that are not submitted yet.
    fn expect(&self) {
        self.state.store(PENDING, Ordering::Release);
    }

    /// Asks for it to be mapped, after the submission that uses it.
    pub fn ask(&self) {
        let state = Arc::clone(&self.state);
        self.buffer.map_async(self.mode, .., move |outcome| {
            state.store(if outcome.is_ok() { HERE } else { FAILED }, Ordering::Release);
        });
    }

    fn arrived(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING
    }

    fn check(&self) -> Result<()> {
        match self.state.load(Ordering::Acquire) {
            HERE => Ok(()),
            _ => Err(gone()),
        }
    }
}

fn gone() -> Error {
    Error::DeviceLost(t!("the GPU was lost: it does not exchange data any more"))
}

/// Something on its way back from the device.
pub struct Download {
    mapped: Mapped,
    pub buffer: wgpu::Buffer,
    pub bytes: u64,
}

impl Download {
    pub fn new(device: &Device, bytes: u64) -> Result<Self> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let buffer = device.buffer("results on their way back", bytes, usage)?;
        let mapped = Mapped {
            buffer: buffer.clone(),
            mode: wgpu::MapMode::Read,
            state: Arc::new(AtomicU8::new(FAILED)),
        };
        Ok(Self { mapped, buffer, bytes })
    }

    /// What is to be asked for when the commands that write it are submitted.
    pub fn expected(&self) -> Mapped {
        self.mapped.expect();
        self.mapped.clone()
    }

    pub fn arrived(&self) -> bool {
        self.mapped.arrived()
    }

    /// What has arrived; the buffer can be asked for again.
    pub fn take(&self) -> Result<Vec<f32>> {
        self.mapped.check()?;
        let values = {
            let view = self.buffer.get_mapped_range(..).map_err(|_| gone())?;
            bytemuck::pod_collect_to_vec(&view)
        };
        self.buffer.unmap();
        Ok(values)
    }
}

/// The way of batches to the device.
pub struct Upload {
    ring: Vec<Mapped>,
    next: usize,
}

impl Upload {
    /// For batches of at most so many bytes.
    pub fn new(device: &Device, bytes: u64) -> Result<Self> {
        let usage = wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC;
        let make = |_| {
            let mapped = Mapped {
                buffer: device.buffer("a batch on its way", bytes, usage)?,
                mode: wgpu::MapMode::Write,
                state: Arc::new(AtomicU8::new(PENDING)),
            };
            mapped.ask();
            Ok(mapped)
        };
        let ring = (0..UPLOADS).map(make).collect::<Result<_>>()?;
        Ok(Self { ring, next: 0 })
    }

    /// Puts bytes at the start of each of these buffers; what is to be asked for when the commands are submitted.
    pub fn send(
        &mut self,
        device: &Device,
        encoder: &mut wgpu::CommandEncoder,
        parts: &[(&wgpu::Buffer, &[u8])],
    ) -> Result<Mapped> {
        let mapped = &self.ring[self.next];
        device.wait(|| mapped.arrived())?;
        mapped.check()?;
        let mut from = 0;
        {
            let mut view = mapped.buffer.get_mapped_range_mut(..).map_err(|_| gone())?;
            for (to, bytes) in parts.iter().filter(|(_, bytes)| !bytes.is_empty()) {
                view.slice(from..from + bytes.len()).copy_from_slice(bytes);
                encoder.copy_buffer_to_buffer(&mapped.buffer, from as u64, to, 0, bytes.len() as u64);
                from += bytes.len();
            }
        }
        mapped.buffer.unmap();
        mapped.expect();
        let sent = mapped.clone();
        self.next = (self.next + 1) % self.ring.len();
        Ok(sent)
    }
}
