//! How a batch comes to the device.

use std::sync::{Arc, Weak};

use super::super::buffers::Buffers;
use super::super::device::Device;
use super::super::dispatch::Store;
use super::super::transfer::Upload;
use super::{Pass, Pieces, Ready, Runner};
use crate::data::{Batch, Change, Pick};
use crate::engine::BnMode;
use crate::error::Result;

impl Runner {
    /// Makes room for a batch and puts it on the device: which images it takes where the device holds their set.
    pub fn load(&mut self, pieces: &mut Pieces<'_>, batch: &Batch, pass: &Pass) -> Result<()> {
        let device = Arc::clone(&self.device);
        let labels = &batch.labels;
        if labels.len() > self.buffers.capacity {
            (self.stages, self.upload, self.gather) = (None, None, None);
            self.buffers.reserve(&device, &self.program, labels.len())?;
        }
        if self.stages.is_none() {
            self.stages = Some(device.guarded(|| self.prepare())??);
        }
        let held = match &batch.origin {
            Some(origin) if self.take_set(&origin.set)? => Some(&origin.picks),
            _ => None,
        };
        let (images, picks) = match held {
            Some(picks) => (&[][..], picks.iter().map(picked).collect()),
            None => {
                self.gather = None;
                (&batch.images[..], in_order(labels.len()))
            }
        };
        let upload = match &mut self.upload {
            Some(upload) => upload,
            empty => empty.insert(Upload::new(&device, self.buffers.batch_bytes(&self.program))?),
        };
        let parts = Parts {
            labels,
            images,
            picks: &picks,
        };
        put(&device, pieces, &self.buffers, upload, parts, pass)
    }

    /// Whether batches can be taken from that set on the device, from now on.
    fn take_set(&mut self, set: &Arc<Vec<f32>>) -> Result<bool> {
        let same = |(known, _): &(Weak<Vec<f32>>, Ready)| known.as_ptr() == Arc::as_ptr(set);
        if self.gather.as_ref().is_some_and(same) {
            return Ok(true);
        }
        let Some(buffer) = self.device.sets.on(&self.device, set)? else {
            return Ok(false);
        };
        self.buffers.take_set(buffer);
        let ready = self.device.guarded(|| self.ready(&self.program.gather))??;
        self.gather = Some((Arc::downgrade(set), ready));
        Ok(true)
    }
}

/// A pick as the kernel reads it.
fn picked(pick: &Pick) -> [i32; 4] {
    let Change { down, right, mirror } = pick.change;
    [pick.image as i32, down as i32, right as i32, i32::from(mirror)]
}

/// Picks of images that lie as the batch has them.
pub fn in_order(images: usize) -> Vec<[i32; 4]> {
    (0..images).map(|image| [image as i32, 0, 0, 0]).collect()
}

/// What a batch consists of on the device.
pub struct Parts<'a> {
    pub labels: &'a [u32],
    pub images: &'a [f32],
    pub picks: &'a [[i32; 4]],
}

/// Puts a batch where a program's kernels read it.
pub fn put(
    device: &Device,
    pieces: &mut Pieces<'_>,
    buffers: &Buffers,
    upload: &mut Upload,
    batch: Parts<'_>,
    pass: &Pass,
) -> Result<()> {
    let words = [
        batch.labels.len() as u32,
        u32::from(pass.mode == BnMode::Batch),
        u32::from(pass.training),
        pass.rate.to_bits(),
        pass.root.to_bits(),
        pass.slot as u32,
        0,
        0,
    ];
    let parts = [
        (Store::Batch, bytemuck::cast_slice(&words)),
        (Store::Labels, bytemuck::cast_slice(batch.labels)),
        (Store::Picks, bytemuck::cast_slice(batch.picks)),
        (Store::Stored, bytemuck::cast_slice(batch.images)),
    ];
    let parts = parts.map(|(store, bytes)| (buffers.buffer(store), bytes));
    let sent = upload.send(device, pieces.encoder(), &parts)?;
    pieces.ask(sent);
    Ok(())
}
