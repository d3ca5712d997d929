//! What the dispatches of a step cost, and how long each takes by the device's own clock.

use std::sync::Arc;

use super::super::device::Commands;
use super::super::dispatch::Dispatch;
use super::super::program::Program;
use super::{Pass, Pieces, Ready, Runner};
use crate::data::Batch;
use crate::engine::{Optimizer, plan};
use crate::error::Result;
use crate::net::Graph;

/// Timestamps in a set, two a dispatch.
const TIMESTAMPS: usize = 4096;

/// One dispatch of a training step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Work {
    /// Name of its kernel.
    pub kernel: &'static str,
    /// Additions and multiplications.
    pub flops: u64,
    /// Bytes read and written, each tensor once.
    pub bytes: u64,
}

impl Work {
    fn of(dispatch: &Dispatch, images: usize) -> Self {
        Self {
            kernel: dispatch.kernel,
            flops: dispatch.cost.flops(images),
            bytes: dispatch.cost.bytes(images),
        }
    }
}

/// The dispatches of a training step of so many images with the usual optimiser, counted without a device; for one whose
/// kernels can bind as many buffers as those of desktop GPUs.
pub fn works(graph: &Graph, images: usize) -> Vec<Work> {
    const ROOM: usize = 16;
    let program = Program::new(graph, plan::lower(graph), &Optimizer::default(), ROOM);
    program.step().map(|dispatch| Work::of(dispatch, images)).collect()
}

impl Runner {
    /// The dispatches of the last batch's training step, in their order.
    pub fn works(&self, images: usize) -> Result<Vec<Work>> {
        let run = self.sequence(false)?;
        Ok(run.iter().map(|ready| Work::of(&ready.dispatch, images)).collect())
    }

    /// Trains on one batch with every dispatch in a pass of its own; the seconds of each, or nothing where the device has
    /// no clock.
    pub fn profile(&mut self, batch: &Batch, pass: &Pass) -> Result<Option<Vec<f64>>> {
        if !self.device.about.timestamps {
            return Ok(None);
        }
        self.changed = true;
        let device = Arc::clone(&self.device);
        let mut pieces = Pieces::new(&device, batch.len());
        self.load(&mut pieces, batch, pass)?;
        pieces.end()?;
        let run = self.sequence(false)?;
        let mut seconds = Vec::with_capacity(run.len());
        for part in parts(&run, batch.len(), device.piece()) {
            seconds.extend(self.timed(part, batch.len())?);
        }
        Ok(Some(seconds))
    }

    fn timed(&self, run: &[&Ready], images: usize) -> Result<Vec<f64>> {
        let device = &self.device.device;
        let count = 2 * run.len() as u32;
        let bytes = u64::from(count) * 8;
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let resolved = self.device.buffer("timestamps", bytes, usage)?;
        let download = self.download(bytes)?;
        let buffer = self.device.guarded(|| {
            let times = device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("kernels"),
                ty: wgpu::QueryType::Timestamp,
                count,
            });
            let descriptor = wgpu::CommandEncoderDescriptor { label: Some("profile") };
            let mut encoder = device.create_command_encoder(&descriptor);
            for (at, ready) in (0..).step_by(2).zip(run) {
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some(ready.dispatch.kernel),
                    timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                        query_set: &times,
                        beginning_of_pass_write_index: Some(at),
                        end_of_pass_write_index: Some(at + 1),
                    }),
                });
                ready.run(&mut pass, images);
            }
            encoder.resolve_query_set(&times, 0..count, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &download.buffer, 0, bytes);
            encoder.finish()
        })?;
        let asked = vec![download.expected()];
        self.device.send(Commands { buffer, asked }, work_of(run, images))?;
        let ticks = self.wait(&download)?;
        let nanoseconds = f64::from(self.device.queue.get_timestamp_period());
        // Each tick is eight bytes, which came as two floats.
        let ticks = ticks
            .as_chunks()
            .0
            .iter()
            .map(|&[low, high]: &[f32; 2]| u64::from(low.to_bits()) | u64::from(high.to_bits()) << 32);
        let ticks: Vec<u64> = ticks.collect();
        let between = |pair: &[u64; 2]| pair[1].saturating_sub(pair[0]) as f64 * nanoseconds * 1e-9;
        Ok(ticks.as_chunks().0.iter().map(between).collect())
    }
}

fn work_of(run: &[&Ready], images: usize) -> f64 {
    run.iter().map(|ready| ready.dispatch.cost.work(images)).sum()
}

/// A run in parts of a piece of work each, for whose timestamps there is room.
fn parts<'a, 'r>(mut run: &'a [&'r Ready], images: usize, piece: f64) -> Vec<&'a [&'r Ready]> {
    let mut parts = Vec::new();
    while !run.is_empty() {
        let most = run.len().min(TIMESTAMPS / 2);
        let fits = (2..=most).take_while(|&len| work_of(&run[..len], images) <= piece);
        let (part, rest) = run.split_at(fits.last().unwrap_or(1));
        parts.push(part);
        run = rest;
    }
    parts
}
