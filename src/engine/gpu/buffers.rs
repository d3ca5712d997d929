//! The device's buffers of one net.

use std::collections::HashMap;

use wgpu::BufferUsages as Usage;

use super::device::Device;
use super::dispatch::{Bind, Dispatch, Store};
use super::program::{Program, decays, tensor_bytes};
use crate::engine::Optimizer;
use crate::error::Result;
use crate::net::Graph;

/// Steps whose results may be on their way.
pub const RING: usize = 4;
/// Bytes of what a batch is described by.
pub const BATCH_BYTES: u64 = 32;

/// How far a pass through the plan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// To the loss; a tensor's buffer is free for others after its last reader.
    Forward,
    /// And back.
    Whole,
}

/// All buffers: those of a fixed size, and those for as many images as were ever asked for.
pub struct Buffers {
    reach: Reach,
    fixed: HashMap<Store, wgpu::Buffer>,
    scaled: HashMap<Store, wgpu::Buffer>,
    slots: Vec<wgpu::Buffer>,
    /// By tensor.
    slot_of: Vec<usize>,
    /// Quadruples of the parameters' squares, and of one trunk node's.
    squares: [u64; 2],
    /// Images there is room for.
    pub capacity: usize,
}

fn words(values: &[u32]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

impl Buffers {
    /// Buffers that do not depend on the batch.
    pub fn new(device: &Device, graph: &Graph, program: &Program, optimizer: &Optimizer) -> Result<Self> {
        let layout = &program.layout;
        let values = |len: usize| 4 * len.max(64) as u64;
        let quads = |len: usize| 16 * len.max(16) as u64;
        let sizes = [
            (Store::Batch, BATCH_BYTES),
            (Store::Params, values(layout.trained_len)),
            (Store::Running, values(layout.running_len)),
            (Store::Gradients, values(layout.trained_len)),
            (Store::First, values(layout.trained_len)),
            (Store::Second, values(layout.trained_len)),
            (Store::Packed, values(layout.packed_places.len())),
            (Store::Norms, quads(layout.norms_len)),
            (Store::Shares, quads(layout.shares_len)),
            (Store::Results, values(RING * program.results_len())),
        ];
        let mut fixed = HashMap::new();
        for (store, bytes) in sizes {
            fixed.insert(store, make(device, store, bytes)?);
        }
        let ranges = program.trained.iter().flat_map(|&param| {
            let range = &layout.params[param];
            [range.start as u32, range.end as u32]
        });
        let tables = [
            (
                Store::Decays,
                bytemuck::cast_slice(&decays(graph, layout, optimizer)).to_vec(),
            ),
            (Store::PackedPlaces, words(&layout.packed_places)),
            (Store::Owners, words(&layout.owners)),
            (Store::Segments, words(layout.segments.as_flattened())),
            (Store::SumPlaces, words(&layout.sum_places)),
            (Store::Ranges, words(&ranges.collect::<Vec<_>>())),
        ];
        for (store, bytes) in tables {
            let buffer = make(device, store, bytes.len() as u64)?;
            device.queue.write_buffer(&buffer, 0, &bytes);
            fixed.insert(store, buffer);
        }
        Ok(Self {
            reach: Reach::Whole,
            fixed,
            scaled: HashMap::new(),
            slots: Vec::new(),
            slot_of: program.plan.tensors.iter().map(|tensor| tensor.slot).collect(),
            squares: [0; 2],
            capacity: 0,
        })
    }

    /// The same parameters with room of its own for batches.
    pub fn beside(&self, program: &Program) -> Self {
        Self {
            reach: Reach::Forward,
            fixed: self.fixed.clone(),
            scaled: HashMap::new(),
            slots: Vec::new(),
            slot_of: program.plan.forward_slots(),
            squares: [0; 2],
            capacity: 0,
        }
    }

    /// Makes room for so many images; bind groups made before are of no use any more.
    pub fn reserve(&mut self, device: &Device, program: &Program, images: usize) -> Result<()> {
        (self.scaled, self.slots, self.capacity) = (HashMap::new(), Vec::new(), 0);
        let plan = &program.plan;
        let sized = |&tensor: &usize| tensor_bytes(plan.tensors[tensor].shape, images);
        for slot in 0..self.slot_of.iter().max().map_or(0, |last| last + 1) {
            let held = (0..plan.tensors.len()).filter(|&tensor| self.slot_of[tensor] == slot);
            let bytes = held.map(|tensor| sized(&tensor)).max();
            let buffer = make(device, Store::Tensor(slot), bytes.unwrap_or(16))?;
            self.slots.push(buffer);
        }
        let image = plan.tensors[plan.images].image();
        let sizes = [
            (Store::Pieces, 16 * program.pieces_len(images) as u64),
            (Store::Labels, 4 * images as u64),
            (Store::Stored, 4 * (images * image) as u64),
            (Store::Picks, 16 * images as u64),
        ];
        self.hold(device, sizes)?;
        if self.reach == Reach::Whole {
            self.reserve_backward(device, program, images)?;
        }
        self.capacity = images;
        Ok(())
    }

    /// What only the way back and those who look inside need.
    fn reserve_backward(&mut self, device: &Device, program: &Program, images: usize) -> Result<()> {
        let node = |at: usize| {
            let [plane, strip, blocks] = program.trunk_strip(at);
            ((images * plane).div_ceil(strip) * blocks).next_multiple_of(16)
        };
        let params = program.trained.len().next_multiple_of(16);
        let each = (0..program.trunk.len()).map(node).max().unwrap_or(16);
        self.squares = [params as u64, each as u64];
        let tensors = program.plan.tensors.iter();
        let largest = tensors.map(|tensor| tensor_bytes(tensor.shape, images)).max();
        let sizes = [
            (Store::Squares, 16 * (params + each * program.trunk.len()) as u64),
            (Store::Seen, largest.unwrap_or(16)),
        ];
        self.hold(device, sizes)?;
        let requests = self.requests(program);
        let buffer = make(device, Store::Requests, 4 * requests.len() as u64)?;
        device.queue.write_buffer(&buffer, 0, &words(&requests));
        self.scaled.insert(Store::Requests, buffer);
        Ok(())
    }

    fn hold(&mut self, device: &Device, sizes: impl IntoIterator<Item = (Store, u64)>) -> Result<()> {
        for (store, bytes) in sizes {
            self.scaled.insert(store, make(device, store, bytes)?);
        }
        Ok(())
    }

    /// Bytes that describe the largest batch, images and all.
    pub fn batch_bytes(&self, program: &Program) -> u64 {
        let image = program.plan.tensors[program.plan.images].image();
        BATCH_BYTES + (self.capacity * (4 + 16 + 4 * image)) as u64
    }

    /// The norms wanted: the whole gradient's, the weights', the trunk's.
    fn requests(&self, program: &Program) -> Vec<u32> {
        let mut requests = vec![0, program.trained.len() as u32, 0, 0, 0, 0, 0, 0];
        for weight in &program.weighted {
            let at = program.trained.iter().position(|param| param == weight).unwrap_or(0);
            requests.extend([at as u32, 1, 0, 0, 0, 0, 0, 0]);
        }
        for at in 0..program.trunk.len() {
            let [plane, strip, blocks] = program.trunk_strip(at).map(|value| value as u32);
            let first = (self.squares[0] + at as u64 * self.squares[1]) as u32;
            requests.extend([first, 0, plane, strip, blocks, 0, 0, 0]);
        }
        requests
    }

    pub fn buffer(&self, store: Store) -> &wgpu::Buffer {
        match store {
            Store::Tensor(tensor) => &self.slots[self.slot_of[tensor]],
            Store::TrunkSquares(_) => &self.scaled[&Store::Squares],
            _ => self.fixed.get(&store).unwrap_or_else(|| &self.scaled[&store]),
        }
    }

    /// The set that batches are taken from now.
    pub fn take_set(&mut self, set: wgpu::Buffer) {
        self.fixed.insert(Store::Set, set);
    }

    fn binding(&self, bind: &Bind) -> wgpu::BindingResource<'_> {
        let range = match bind.store {
            Store::TrunkSquares(at) => {
                let [params, each] = self.squares;
                Some([16 * (params + at as u64 * each), 16 * each])
            }
            _ => bind.range,
        };
        let [offset, len] = range.unwrap_or_default();
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: self.buffer(bind.store),
            offset,
            size: wgpu::BufferSize::new(len),
        })
    }

    /// A dispatch's bind group.
    pub fn group(&self, device: &Device, pipeline: &wgpu::ComputePipeline, dispatch: &Dispatch) -> wgpu::BindGroup {
        let entries = dispatch
            .binds
            .iter()
            .enumerate()
            .map(|(at, bind)| wgpu::BindGroupEntry {
                binding: at as u32,
                resource: self.binding(bind),
            });
        device.count_made();
        device.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(dispatch.kernel),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries.collect::<Vec<_>>(),
        })
    }

    /// Bytes of those that do not depend on the batch, and of the others.
    pub fn bytes(&self) -> [u64; 2] {
        let scaled = self.scaled.values().chain(&self.slots);
        [
            self.fixed.values().map(wgpu::Buffer::size).sum(),
            scaled.map(wgpu::Buffer::size).sum(),
        ]
    }
}

fn make(device: &Device, store: Store, bytes: u64) -> Result<wgpu::Buffer> {
    let kind = match store {
        Store::Batch => Usage::UNIFORM,
        _ => Usage::STORAGE,
    };
    let usage = kind | Usage::COPY_DST | Usage::COPY_SRC;
    device.buffer(&format!("{store:?}"), bytes.max(256), usage)
}
