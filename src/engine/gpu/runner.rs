//! Runs a program's dispatches: what is made once, what is submitted, and what is read back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::buffers::{Buffers, RING};
use super::device::{Device, Kernel};
use super::dispatch::{Dispatch, Store};
use super::program::Program;
use crate::data::Batch;
use crate::engine::plan;
use crate::engine::{BnMode, Optimizer};
use crate::error::{Error, Result};
use crate::net::Graph;

/// A dispatch with its pipeline and bind group.
pub struct Ready {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    dispatch: Dispatch,
}

/// Everything of a program made ready for as many images as there is room for.
struct Stages {
    pack: Vec<Ready>,
    forward: Vec<Ready>,
    backward: Vec<Vec<Ready>>,
    images_gradient: Vec<Ready>,
    trunk_squares: Vec<(usize, Ready)>,
    weight_sum: Vec<Ready>,
    norms: Vec<Ready>,
    whole_norm: Vec<Ready>,
    update: Vec<Ready>,
}

/// What a pass is told beside its batch.
#[derive(Debug, Clone, Copy)]
pub struct Pass {
    pub mode: BnMode,
    pub training: bool,
    pub rate: f32,
    pub root: f32,
    pub slot: usize,
}

/// Something on its way back from the device.
pub struct Download {
    buffer: wgpu::Buffer,
    bytes: u64,
    state: Arc<AtomicU8>,
}

const PENDING: u8 = 0;
const HERE: u8 = 1;
const FAILED: u8 = 2;

impl Download {
    /// Asks for it; after the submission that writes it.
    fn ask(&self) {
        self.state.store(PENDING, Ordering::Release);
        let state = Arc::clone(&self.state);
        self.buffer
            .map_async(wgpu::MapMode::Read, 0..self.bytes, move |outcome| {
                state.store(if outcome.is_ok() { HERE } else { FAILED }, Ordering::Release);
            });
    }

    pub fn arrived(&self) -> bool {
        self.state.load(Ordering::Acquire) != PENDING
    }

    /// What has arrived; the buffer can be asked for again.
    pub fn take(&self) -> Result<Vec<f32>> {
        let lost = || Error::Engine("the GPU did not give back what it computed; train on the CPU instead".into());
        if self.state.load(Ordering::Acquire) != HERE {
            return Err(lost());
        }
        let values = {
            let view = self.buffer.get_mapped_range(0..self.bytes).map_err(|_| lost())?;
            bytemuck::pod_collect_to_vec(&view)
        };
        self.buffer.unmap();
        Ok(values)
    }
}

/// One net on a device.
pub struct Runner {
    pub device: Arc<Device>,
    pub graph: Arc<Graph>,
    pub program: Program,
    pub buffers: Buffers,
    stages: Option<Stages>,
    ring: Vec<Download>,
    /// Whether the packed weights are behind the parameters.
    pub changed: bool,
    clipped: bool,
}

impl Runner {
    pub fn new(device: Arc<Device>, graph: &Arc<Graph>, optimizer: &Optimizer) -> Result<Self> {
        let program = Program::new(graph, plan::lower(graph), optimizer);
        let buffers = Buffers::new(&device, graph, &program, optimizer)?;
        let mut runner = Self {
            graph: Arc::clone(graph),
            device,
            program,
            buffers,
            stages: None,
            ring: Vec::new(),
            changed: true,
            clipped: optimizer.clip > 0.0,
        };
        let bytes = 4 * runner.program.results_len() as u64;
        runner.ring = (0..RING).map(|_| runner.download(bytes)).collect::<Result<_>>()?;
        Ok(runner)
    }

    fn ready(&self, dispatch: &Dispatch) -> Result<Ready> {
        let pipeline = self.device.pipeline(&Kernel {
            name: dispatch.kernel,
            source: &dispatch.instance.source,
            entry: "main",
            constants: &[],
        })?;
        let group = self.buffers.group(&self.device, &pipeline, dispatch);
        let dispatch = dispatch.clone();
        Ok(Ready {
            pipeline,
            group,
            dispatch,
        })
    }

    fn all(&self, dispatches: &[Dispatch]) -> Result<Vec<Ready>> {
        dispatches.iter().map(|dispatch| self.ready(dispatch)).collect()
    }

    fn prepare(&self) -> Result<Stages> {
        let program = &self.program;
        let one = |dispatch: &Dispatch| self.all(std::slice::from_ref(dispatch));
        let norms = |root: &Dispatch| self.all(&[program.square_params.clone(), root.clone()]);
        let trunk = program.trunk_squares.iter();
        Ok(Stages {
            pack: one(&program.pack)?,
            forward: self.all(&program.forward)?,
            backward: program
                .backward
                .iter()
                .map(|kernel| self.all(kernel))
                .collect::<Result<_>>()?,
            images_gradient: self.all(&program.images_gradient)?,
            trunk_squares: trunk
                .map(|(at, dispatch)| Ok((*at, self.ready(dispatch)?)))
                .collect::<Result<_>>()?,
            weight_sum: one(&program.weight_sum)?,
            norms: norms(&program.square_root[0])?,
            whole_norm: norms(&program.square_root[1])?,
            update: one(&program.update)?,
        })
    }

    /// Makes room for a batch and puts it on the device.
    pub fn load(&mut self, labels: &[u32], images: &[f32], pass: &Pass) -> Result<()> {
        let count = labels.len();
        if count > self.buffers.capacity {
            self.stages = None;
            self.buffers.reserve(&self.device, &self.program, count)?;
        }
        if self.stages.is_none() {
            let device = Arc::clone(&self.device);
            let stages = device.guarded(|| self.prepare())??;
            self.stages = Some(stages);
        }
        let queue = &self.device.queue;
        let words = [
            count as u32,
            u32::from(pass.mode == BnMode::Batch),
            u32::from(pass.training),
            pass.rate.to_bits(),
            pass.root.to_bits(),
            pass.slot as u32,
            0,
            0,
        ];
        let write = |store, bytes: &[u8]| queue.write_buffer(self.buffers.buffer(store), 0, bytes);
        write(Store::Batch, bytemuck::cast_slice(&words));
        write(Store::Labels, bytemuck::cast_slice(labels));
        write(Store::Stored, bytemuck::cast_slice(images));
        let picks: Vec<[i32; 4]> = (0..count).map(|image| [image as i32, 0, 0, 0]).collect();
        write(Store::Picks, bytemuck::cast_slice(&picks));
        Ok(())
    }

    fn stages(&self) -> Result<&Stages> {
        let nothing = || Error::Engine("no batch was put on the GPU".into());
        self.stages.as_ref().ok_or_else(nothing)
    }

    /// A training step; its results are on their way into place `slot` of the ring.
    pub fn step(&mut self, batch: &Batch, pass: &Pass, measure: bool) -> Result<()> {
        self.load(&batch.labels, &batch.images, pass)?;
        let stages = self.stages()?;
        let mut encoder = self.encoder();
        let mut run: Vec<&Ready> = stages.pack.iter().filter(|_| self.changed).collect();
        run.extend(&stages.forward);
        for at in 0..=stages.backward.len() {
            if measure {
                let trunk = stages.trunk_squares.iter().filter(|(before, _)| *before == at);
                run.extend(trunk.map(|(_, ready)| ready));
            }
            run.extend(stages.backward.get(at).into_iter().flatten());
        }
        run.extend(&stages.weight_sum);
        if measure {
            run.extend(&stages.norms);
        } else if self.clipped {
            run.extend(&stages.whole_norm);
        }
        run.extend(&stages.update);
        encode(&mut encoder, &run, batch.len());
        self.results(&mut encoder, pass.slot);
        self.submit(encoder)?;
        self.ring[pass.slot].ask();
        self.changed = true;
        Ok(())
    }

    /// A forward pass, whose results go into place `slot` of the ring.
    pub fn forward(&mut self, labels: &[u32], images: &[f32], pass: &Pass) -> Result<()> {
        self.load(labels, images, pass)?;
        let stages = self.stages()?;
        let mut encoder = self.encoder();
        let mut run: Vec<&Ready> = stages.pack.iter().filter(|_| self.changed).collect();
        run.extend(&stages.forward);
        encode(&mut encoder, &run, labels.len());
        self.results(&mut encoder, pass.slot);
        self.submit(encoder)?;
        self.ring[pass.slot].ask();
        self.changed = false;
        Ok(())
    }

    /// The backward pass after a forward one; `see` gives what is to be read before each backward kernel.
    pub fn backward(
        &self,
        images: usize,
        images_gradient: bool,
        see: &dyn Fn(usize) -> Vec<plan::Gradient>,
    ) -> Result<Vec<Download>> {
        let stages = self.stages()?;
        let mut encoder = self.encoder();
        let mut seen = Vec::new();
        for at in 0..=stages.backward.len() {
            for gradient in see(at) {
                let (dispatch, tensor) = self.program.lowering(&self.graph).see_gradient(&gradient);
                let shape = self.program.plan.tensors[tensor].shape;
                seen.push(self.look(&mut encoder, &dispatch, shape, images)?);
            }
            let Some(kernel) = stages.backward.get(at) else { break };
            let run: Vec<&Ready> = kernel.iter().collect();
            encode(&mut encoder, &run, images);
            let is_last = at + 1 == stages.backward.len();
            if images_gradient && is_last {
                encode(&mut encoder, &stages.images_gradient.iter().collect::<Vec<_>>(), images);
            }
        }
        encode(&mut encoder, &stages.weight_sum.iter().collect::<Vec<_>>(), images);
        self.submit(encoder)?;
        seen.iter().for_each(Download::ask);
        Ok(seen)
    }

    /// A node's value of the last forward pass, `[N, H, W, C]` padded, and its shape.
    pub fn value(&self, node: usize, images: usize) -> Result<(Vec<f32>, [usize; 3])> {
        let lowering = self.program.lowering(&self.graph);
        let (dispatch, shape) = lowering.see_value(self.program.plan.values[node]);
        let mut encoder = self.encoder();
        let seen = self.look(&mut encoder, &dispatch, shape, images)?;
        self.submit(encoder)?;
        seen.ask();
        Ok((self.wait(&seen)?, shape))
    }

    fn look(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        dispatch: &Dispatch,
        shape: [usize; 3],
        images: usize,
    ) -> Result<Download> {
        let ready = self.device.guarded(|| self.ready(dispatch))??;
        encode(encoder, &[&ready], images);
        let download = self.download(super::program::tensor_bytes(shape, images))?;
        let seen = self.buffers.buffer(Store::Seen);
        encoder.copy_buffer_to_buffer(seen, 0, &download.buffer, 0, download.bytes);
        Ok(download)
    }

    /// All of a buffer.
    pub fn read(&self, store: Store) -> Result<Vec<f32>> {
        let buffer = self.buffers.buffer(store);
        let download = self.download(buffer.size())?;
        let mut encoder = self.encoder();
        encoder.copy_buffer_to_buffer(buffer, 0, &download.buffer, 0, download.bytes);
        self.submit(encoder)?;
        download.ask();
        self.wait(&download)
    }

    pub fn write(&self, store: Store, values: &[f32]) {
        let buffer = self.buffers.buffer(store);
        self.device.queue.write_buffer(buffer, 0, bytemuck::cast_slice(values));
    }

    /// Whether the results in that place are there.
    pub fn arrived(&self, slot: usize) -> bool {
        self.ring[slot].arrived()
    }

    /// Waits for the results in that place.
    pub fn collect(&self, slot: usize) -> Result<Vec<f32>> {
        self.wait(&self.ring[slot])
    }

    fn wait(&self, download: &Download) -> Result<Vec<f32>> {
        self.device.wait(|| download.arrived())?;
        download.take()
    }

    fn download(&self, bytes: u64) -> Result<Download> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        Ok(Download {
            buffer: self.device.buffer("results on their way back", bytes, usage)?,
            bytes,
            state: Arc::new(AtomicU8::new(FAILED)),
        })
    }

    fn results(&self, encoder: &mut wgpu::CommandEncoder, slot: usize) {
        let bytes = 4 * self.program.results_len() as u64;
        let results = self.buffers.buffer(Store::Results);
        encoder.copy_buffer_to_buffer(results, slot as u64 * bytes, &self.ring[slot].buffer, 0, bytes);
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        let descriptor = wgpu::CommandEncoderDescriptor {
            label: Some("training"),
        };
        self.device.device.create_command_encoder(&descriptor)
    }

    fn submit(&self, encoder: wgpu::CommandEncoder) -> Result<()> {
        self.device.queue.submit([encoder.finish()]);
        self.device.poll()
    }
}

fn encode(encoder: &mut wgpu::CommandEncoder, run: &[&Ready], images: usize) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for ready in run {
        let [x, y, z] = ready.dispatch.grid.of(images);
        pass.set_pipeline(&ready.pipeline);
        pass.set_bind_group(0, &ready.group, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
}
