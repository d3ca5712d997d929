//! Runs a program's dispatches: what is made once, what is submitted, and what is read back.

mod load;
mod pieces;
mod profile;

use std::sync::{Arc, Weak};

use super::buffers::{Buffers, RING};
use super::device::{Device, Kernel};
use super::dispatch::{Dispatch, Store};
use super::program::Program;
use super::transfer::{Download, Upload};
use crate::data::Batch;
use crate::engine::plan;
use crate::engine::{BnMode, Optimizer};
use crate::error::{Error, Result};
use crate::net::Graph;
use load::{Parts, in_order, put};
use pieces::Pieces;

pub use profile::{Work, works};
use rust_i18n::t;

/// A dispatch with its pipeline and bind group.
pub struct Ready {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    dispatch: Dispatch,
}

impl Ready {
    fn run(&self, pass: &mut wgpu::ComputePass<'_>, images: usize) {
        let [x, y, z] = self.dispatch.grid.of(images);
        pass.set_pipeline(&self.pipeline);
        pass.set_bind_group(0, &self.group, &[]);
        pass.dispatch_workgroups(x, y, z);
    }
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

/// The way forward alone, for evaluations: its tensors share few buffers, so that a large batch needs little room.
struct Glance {
    buffers: Buffers,
    upload: Upload,
    pack: Ready,
    forward: Vec<Ready>,
}

/// One net on a device.
pub struct Runner {
    pub device: Arc<Device>,
    pub graph: Arc<Graph>,
    pub program: Program,
    pub buffers: Buffers,
    stages: Option<Stages>,
    upload: Option<Upload>,
    /// The set that the last batch was taken from on the device, and the kernel that does it.
    gather: Option<(Weak<Vec<f32>>, Ready)>,
    glance: Option<Glance>,
    ring: Vec<Download>,
    /// Whether the packed weights are behind the parameters.
    pub changed: bool,
    clipped: bool,
}

impl Runner {
    pub fn new(device: Arc<Device>, graph: &Arc<Graph>, optimizer: &Optimizer) -> Result<Self> {
        let program = Program::new(
            graph,
            plan::lower(graph),
            optimizer,
            device.about.storage_buffers as usize,
        );
        let buffers = Buffers::new(&device, graph, &program, optimizer)?;
        let mut runner = Self {
            graph: Arc::clone(graph),
            device,
            program,
            buffers,
            stages: None,
            upload: None,
            gather: None,
            glance: None,
            ring: Vec::new(),
            changed: true,
            clipped: optimizer.clip > 0.0,
        };
        let bytes = 4 * runner.program.results_len() as u64;
        let ring = (0..RING).map(|_| Download::new(&runner.device, bytes));
        runner.ring = ring.collect::<Result<_>>()?;
        Ok(runner)
    }

    fn ready(&self, dispatch: &Dispatch) -> Result<Ready> {
        self.ready_on(&self.buffers, dispatch)
    }

    fn ready_on(&self, buffers: &Buffers, dispatch: &Dispatch) -> Result<Ready> {
        let pipeline = self.device.pipeline(&Kernel {
            name: dispatch.kernel,
            source: &dispatch.instance.source,
            entry: "main",
            constants: &[],
        })?;
        let group = buffers.group(&self.device, &pipeline, dispatch);
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

    /// The way forward after the weights are packed.
    fn forward_stage<'a>(&'a self, stages: &'a Stages) -> impl Iterator<Item = &'a Ready> {
        let first = self.gather.as_ref().map(|(_, ready)| ready);
        first.into_iter().chain(&stages.forward[usize::from(first.is_some())..])
    }

    fn stages(&self) -> Result<&Stages> {
        let nothing = || Error::Engine(t!("no batch was put on the GPU"));
        self.stages.as_ref().ok_or_else(nothing)
    }

    /// The dispatches of a training step in their order.
    fn sequence(&self, measure: bool) -> Result<Vec<&Ready>> {
        let stages = self.stages()?;
        let mut run: Vec<&Ready> = stages.pack.iter().filter(|_| self.changed).collect();
        run.extend(self.forward_stage(stages));
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
        Ok(run)
    }

    /// A training step, whose results are on their way into place `slot` of the ring.
    pub fn step(&mut self, batch: &Batch, pass: &Pass, measure: bool) -> Result<()> {
        let device = Arc::clone(&self.device);
        let mut pieces = Pieces::new(&device, batch.len());
        self.load(&mut pieces, batch, pass)?;
        self.play(pieces, self.sequence(measure)?, pass.slot)?;
        self.changed = true;
        Ok(())
    }

    /// Puts a run of dispatches in line, with the results on their way into place `slot` of the ring.
    fn play<'a>(&self, mut pieces: Pieces<'a>, run: Vec<&'a Ready>, slot: usize) -> Result<()> {
        pieces.run(run)?;
        let bytes = 4 * self.program.results_len() as u64;
        pieces.fetch(
            self.buffers.buffer(Store::Results),
            slot as u64 * bytes,
            &self.ring[slot],
        );
        pieces.end()
    }

    /// A forward pass that keeps every tensor to be looked at, and whose results go into place `slot` of the ring.
    pub fn forward(&mut self, batch: &Batch, pass: &Pass) -> Result<()> {
        let device = Arc::clone(&self.device);
        let mut pieces = Pieces::new(&device, batch.len());
        self.load(&mut pieces, batch, pass)?;
        let stages = self.stages()?;
        let mut run: Vec<&Ready> = stages.pack.iter().filter(|_| self.changed).collect();
        run.extend(self.forward_stage(stages));
        self.play(pieces, run, pass.slot)?;
        self.changed = false;
        Ok(())
    }

    /// A forward pass of which only the results are wanted.
    pub fn glance(&mut self, labels: &[u32], images: &[f32], pass: &Pass) -> Result<()> {
        let fits = |glance: &Glance| labels.len() <= glance.buffers.capacity;
        let mut glance = match self.glance.take().filter(fits) {
            Some(glance) => glance,
            None => self.prepare_glance(labels.len())?,
        };
        let mut pieces = Pieces::new(&self.device, labels.len());
        let parts = Parts {
            labels,
            images,
            picks: &in_order(labels.len()),
        };
        put(
            &self.device,
            &mut pieces,
            &glance.buffers,
            &mut glance.upload,
            parts,
            pass,
        )?;
        let mut run: Vec<&Ready> = std::iter::once(&glance.pack).filter(|_| self.changed).collect();
        run.extend(&glance.forward);
        self.play(pieces, run, pass.slot)?;
        self.changed = false;
        self.glance = Some(glance);
        Ok(())
    }

    fn prepare_glance(&self, images: usize) -> Result<Glance> {
        let mut buffers = self.buffers.beside(&self.program);
        buffers.reserve(&self.device, &self.program, images)?;
        let upload = Upload::new(&self.device, buffers.batch_bytes(&self.program))?;
        self.device.guarded(|| {
            let forward = self.program.forward.iter();
            let forward = forward.map(|dispatch| self.ready_on(&buffers, dispatch));
            Ok(Glance {
                pack: self.ready_on(&buffers, &self.program.pack)?,
                forward: forward.collect::<Result<_>>()?,
                upload,
                buffers,
            })
        })?
    }

    /// The backward pass after a forward one; `see` gives what is to be read before each backward kernel.
    pub fn backward(
        &self,
        images: usize,
        images_gradient: bool,
        see: &dyn Fn(usize) -> Vec<plan::Gradient>,
    ) -> Result<Vec<Download>> {
        let stages = self.stages()?;
        let mut pieces = Pieces::new(&self.device, images);
        let mut seen = Vec::new();
        for at in 0..=stages.backward.len() {
            for gradient in see(at) {
                let (dispatch, tensor) = self.program.lowering(&self.graph).see_gradient(&gradient);
                let shape = self.program.plan.tensors[tensor].shape;
                seen.push(self.look(&mut pieces, &dispatch, shape, images)?);
            }
            let Some(kernel) = stages.backward.get(at) else { break };
            pieces.run(kernel)?;
            let is_last = at + 1 == stages.backward.len();
            if images_gradient && is_last {
                pieces.run(&stages.images_gradient)?;
            }
        }
        pieces.run(&stages.weight_sum)?;
        pieces.end()?;
        Ok(seen)
    }

    /// Values of nodes of the last forward pass, on their way back, and the shape each has there: `[N, H, W, C]`, padded.
    pub fn values(&self, nodes: &[usize], images: usize) -> Result<Vec<(Download, [usize; 3])>> {
        let lowering = self.program.lowering(&self.graph);
        let mut pieces = Pieces::new(&self.device, images);
        let mut seen = Vec::with_capacity(nodes.len());
        for &node in nodes {
            let (dispatch, shape) = lowering.see_value(self.program.plan.values[node]);
            seen.push((self.look(&mut pieces, &dispatch, shape, images)?, shape));
        }
        pieces.end()?;
        Ok(seen)
    }

    fn look(&self, pieces: &mut Pieces<'_>, dispatch: &Dispatch, shape: [usize; 3], images: usize) -> Result<Download> {
        let ready = self.device.guarded(|| self.ready(dispatch))??;
        pieces.once(&ready)?;
        let download = self.download(super::program::tensor_bytes(shape, images))?;
        pieces.fetch(self.buffers.buffer(Store::Seen), 0, &download);
        Ok(download)
    }

    /// All of a buffer.
    pub fn read(&self, store: Store) -> Result<Vec<f32>> {
        let buffer = self.buffers.buffer(store);
        let download = self.download(buffer.size())?;
        let mut pieces = Pieces::new(&self.device, 0);
        pieces.fetch(buffer, 0, &download);
        pieces.end()?;
        self.wait(&download)
    }

    /// The start of a buffer, after all that was asked of it before.
    pub fn write(&self, store: Store, values: &[f32]) -> Result<()> {
        self.device.flush()?;
        let buffer = self.buffers.buffer(store);
        self.device.queue.write_buffer(buffer, 0, bytemuck::cast_slice(values));
        Ok(())
    }

    /// Bytes of its buffers.
    pub fn bytes(&self) -> u64 {
        let glance = self.glance.as_ref().map_or(0, |glance| glance.buffers.bytes()[1]);
        self.buffers.bytes().iter().sum::<u64>() + glance
    }

    /// Whether the results in that place are there.
    pub fn arrived(&self, slot: usize) -> bool {
        self.ring[slot].arrived()
    }

    /// Waits for the results in that place.
    pub fn collect(&self, slot: usize) -> Result<Vec<f32>> {
        self.wait(&self.ring[slot])
    }

    pub fn wait(&self, download: &Download) -> Result<Vec<f32>> {
        self.device.wait(|| download.arrived())?;
        download.take()
    }

    fn download(&self, bytes: u64) -> Result<Download> {
        Download::new(&self.device, bytes)
    }
}
