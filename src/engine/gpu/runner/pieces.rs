//! Commands in submissions of bounded work, so that whoever else draws on the GPU is let in between.

use std::mem::{replace, take};

use super::super::device::Device;
use super::Ready;
use crate::error::Result;

/// Commands on their way to the device.
pub struct Pieces<'a> {
    device: &'a Device,
    images: usize,
    /// Work of a submission, at most.
    most: f64,
    encoder: wgpu::CommandEncoder,
    /// Dispatches that the encoder does not hold yet.
    run: Vec<&'a Ready>,
    /// Work of the submission in the making, and of those before it.
    piece: f64,
    before: f64,
}

fn encoder(device: &Device) -> wgpu::CommandEncoder {
    let label = Some("training");
    device
        .device
        .create_command_encoder(&wgpu::CommandEncoderDescriptor { label })
}

impl<'a> Pieces<'a> {
    /// For dispatches over so many images.
    pub fn new(device: &'a Device, images: usize) -> Self {
        Self {
            device,
            images,
            most: device.pace().piece(),
            encoder: encoder(device),
            run: Vec::new(),
            piece: 0.0,
            before: 0.0,
        }
    }

    /// Adds dispatches, after all that was added before.
    pub fn run(&mut self, dispatches: impl IntoIterator<Item = &'a Ready>) -> Result<()> {
        for ready in dispatches {
            self.make_room(ready)?;
            self.run.push(ready);
        }
        Ok(())
    }

    /// Adds one that is not kept.
    pub fn once(&mut self, ready: &Ready) -> Result<()> {
        self.make_room(ready)?;
        let images = self.images;
        encode(self.encoder(), &[ready], images);
        Ok(())
    }

    /// For copies, after all that was added before.
    pub fn encoder(&mut self) -> &mut wgpu::CommandEncoder {
        if !self.run.is_empty() {
            encode(&mut self.encoder, &take(&mut self.run), self.images);
        }
        &mut self.encoder
    }

    fn make_room(&mut self, ready: &Ready) -> Result<()> {
        let work = ready.dispatch.cost.work(self.images);
        if self.piece > 0.0 && self.piece + work > self.most {
            self.submit()?;
        }
        self.piece += work;
        Ok(())
    }

    fn submit(&mut self) -> Result<()> {
        let next = encoder(self.device);
        let commands = replace(self.encoder(), next).finish();
        self.device.submit(commands, self.piece)?;
        self.before += take(&mut self.piece);
        Ok(())
    }

    /// Submits the rest; the work of all of it.
    pub fn end(mut self) -> Result<f64> {
        self.submit()?;
        self.device.poll()?;
        Ok(self.before)
    }
}

fn encode(encoder: &mut wgpu::CommandEncoder, run: &[&Ready], images: usize) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for ready in run {
        ready.run(&mut pass, images);
    }
}
