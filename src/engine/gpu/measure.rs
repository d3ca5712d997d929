//! What a device can do at most, measured in about a second: arithmetic on registers, and copies of its memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::adapter::Adapter;
use super::device::{Checks, Device, Kernel};
use crate::error::Result;

const PEAK: &str = include_str!("../../../shaders/measure/peak.wgsl");
const COPY: &str = include_str!("../../../shaders/measure/copy.wgsl");

/// Invocations in a workgroup of both kernels.
const GROUP: u64 = 256;
/// Workgroups that multiply and add.
const BUSY: u32 = 1024;
/// Operations of an invocation in a round: 16 multiply-adds of four lanes.
const OPERATIONS: f64 = 128.0;
/// Bytes copied, beyond the caches of every GPU.
const COPIED: u64 = 128 << 20;
/// A submission is made this long before it is believed, and stays far from what a driver would kill.
const LONG: Duration = Duration::from_millis(40);
/// Time spent on each of the two.
const BUDGET: Duration = Duration::from_millis(400);

/// A device's ceilings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceiling {
    /// Single-precision operations a second, in 10^9.
    pub gflops: f64,
    /// Bytes read and written a second, in 10^9.
    pub gigabytes: f64,
}

impl Ceiling {
    /// Measures an adapter on a device of its own.
    ///
    /// # Errors
    /// When the device fails.
    pub fn measure(adapter: &Adapter) -> Result<Self> {
        let device = Device::open(adapter, Checks::Off)?;
        Ok(Self {
            gflops: gflops(&device)?,
            gigabytes: gigabytes(&device)?,
        })
    }
}

fn gflops(device: &Device) -> Result<f64> {
    let storage = wgpu::BufferUsages::STORAGE;
    let invocations = u64::from(BUSY) * GROUP;
    let sums = device.buffer("sums", invocations * 16, storage)?;
    let rounds = device.buffer("rounds", 16, storage | wgpu::BufferUsages::COPY_DST)?;
    let job = Job::new(device, "peak", PEAK, [&sums, &rounds])?;
    let most = most_a_second(|count| {
        device
            .queue
            .write_buffer(&rounds, 0, &[count, 0, 0, 0].map(u32::to_le_bytes).concat());
        job.run(1, BUSY)
    })?;
    Ok(most * invocations as f64 * OPERATIONS / 1e9)
}

fn gigabytes(device: &Device) -> Result<f64> {
    let bytes = COPIED.min(device.about.binding_bytes).min(device.about.buffer_bytes);
    let groups = (bytes / (GROUP * 16)).min(u64::from(u16::MAX)) as u32;
    let bytes = u64::from(groups) * GROUP * 16;
    let storage = wgpu::BufferUsages::STORAGE;
    let to = device.buffer("to", bytes, storage)?;
    let from = device.buffer("from", bytes, storage)?;
    let job = Job::new(device, "copy", COPY, [&to, &from])?;
    let most = most_a_second(|count| job.run(count, groups))?;
    Ok(most * 2.0 * bytes as f64 / 1e9)
}

/// Units of work a second, at best: the work of a submission grows until it is long enough to be timed.
fn most_a_second(run: impl Fn(u32) -> Result<Duration>) -> Result<f64> {
    run(1)?;
    let began = Instant::now();
    let (mut count, mut best) = (1, 0.0f64);
    while began.elapsed() < BUDGET {
        let took = run(count)?;
        best = best.max(f64::from(count) / took.as_secs_f64());
        if took < LONG {
            count = count.saturating_mul(2).min(1 << 20);
        }
    }
    Ok(best)
}

/// A kernel with its two buffers.
struct Job<'a> {
    device: &'a Device,
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
}

impl<'a> Job<'a> {
    fn new(device: &'a Device, name: &str, source: &str, buffers: [&wgpu::Buffer; 2]) -> Result<Self> {
        let pipeline = device.pipeline(&Kernel {
            name,
            source,
            entry: name,
            constants: &[],
        })?;
        let entry = |binding: usize| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: buffers[binding].as_entire_binding(),
        };
        let group = device.guarded(|| {
            device.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(name),
                layout: &pipeline.get_bind_group_layout(0),
                entries: &[entry(0), entry(1)],
            })
        })?;
        Ok(Self {
            device,
            pipeline,
            group,
        })
    }

    /// How long that many dispatches take.
    fn run(&self, dispatches: u32, groups: u32) -> Result<Duration> {
        let began = Instant::now();
        let done = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&done);
        self.device.guarded(|| {
            let mut encoder = self
                .device
                .device
                .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                pass.set_pipeline(&self.pipeline);
                pass.set_bind_group(0, &self.group, &[]);
                for _ in 0..dispatches {
                    pass.dispatch_workgroups(groups, 1, 1);
                }
            }
            self.device.queue.submit([encoder.finish()]);
            self.device
                .queue
                .on_submitted_work_done(move || told.store(true, Ordering::Release));
        })?;
        self.device.wait(|| done.load(Ordering::Acquire))?;
        Ok(began.elapsed())
    }
}
