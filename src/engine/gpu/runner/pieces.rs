//! Commands in pieces of bounded work, put in line for the device one by one.

use std::mem::{replace, take};

use super::super::device::{Commands, Device};
use super::super::transfer::{Download, Mapped};
use super::Ready;
use crate::error::Result;

/// Commands on their way to the device.
pub struct Pieces<'a> {
    device: &'a Device,
    images: usize,
    /// Work of a piece, at most.
    most: f64,
    encoder: wgpu::CommandEncoder,
    /// Dispatches that the encoder does not hold yet.
    run: Vec<&'a Ready>,
    /// What is asked for after the piece in the making.
    asked: Vec<Mapped>,
    /// Its work.
    piece: f64,
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
            most: device.piece(),
            encoder: encoder(device),
            run: Vec::new(),
            asked: Vec::new(),
            piece: 0.0,
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

    /// Copies from a buffer, as it is after all that was added before, to where it is read.
    pub fn fetch(&mut self, from: &wgpu::Buffer, at: u64, to: &Download) {
        let encoder = self.encoder();
        encoder.copy_buffer_to_buffer(from, at, &to.buffer, 0, to.bytes);
        self.ask(to.expected());
    }

    /// Asks for a buffer that the commands added last use.
    pub fn ask(&mut self, mapped: Mapped) {
        self.asked.push(mapped);
    }

    fn make_room(&mut self, ready: &Ready) -> Result<()> {
        let work = ready.dispatch.cost.work(self.images);
        if self.piece > 0.0 && self.piece + work > self.most {
            self.send()?;
        }
        self.piece += work;
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        let next = encoder(self.device);
        let commands = Commands {
            buffer: replace(self.encoder(), next).finish(),
            asked: take(&mut self.asked),
        };
        self.device.send(commands, take(&mut self.piece))
    }

    /// Puts the rest in line.
    pub fn end(mut self) -> Result<()> {
        self.send()?;
        self.device.poll()
    }
}

fn encode(encoder: &mut wgpu::CommandEncoder, run: &[&Ready], images: usize) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for ready in run {
        ready.run(&mut pass, images);
    }
}
