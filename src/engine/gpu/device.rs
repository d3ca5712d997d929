//! The engine's own device and queue: opened with the adapter's real limits, and watched for every way it can fail.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rust_i18n::t;

use super::adapter::{About, Adapter, AdapterKind};
use super::line::Line;
use super::pipeline_cache::PipelineCache;
use super::sets::Sets;
use super::transfer::Mapped;
use super::trouble::{Trouble, fault, lost, one_line};
use crate::error::{Error, Result};

/// How long a waiting thread sleeps between looks at the device.
const LOOK_EVERY: Duration = Duration::from_micros(200);

/// A device that finishes nothing for so long is taken as lost; drivers give up on a GPU after 2 to 10 s.
const SILENCE: Duration = Duration::from_secs(60);
/// A software adapter compiles all kernels of a submission on the processor before it runs the first.
const SOFTWARE_SILENCE: Duration = Duration::from_secs(600);

/// No more is counted between two looks.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

/// How long work under way may take to end after an error.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a shader does about indices and loops that could run away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Checks {
    /// Nothing; our kernels stay inside their buffers, which the tests show with checks on.
    #[default]
    Off,
    /// Bounds and loops are checked on the device.
    On,
}

/// A device that several nets compute on.
pub struct Device {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub about: About,
    checks: Checks,
    cache: Option<PipelineCache>,
    pipelines: Mutex<HashMap<PipelineKey, wgpu::ComputePipeline>>,
    pub(super) trouble: Arc<Mutex<Trouble>>,
    pub(super) sets: Sets,
    pub(super) line: Arc<Mutex<Line<Commands>>>,
    /// Whose turn it is to submit, so that pieces go in the order of the line.
    turn: Mutex<()>,
    made: AtomicUsize,
}

/// Commands for a device.
pub struct Commands {
    pub buffer: wgpu::CommandBuffer,
    /// Mapped as soon as they are submitted.
    pub asked: Vec<Mapped>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct PipelineKey {
    source: String,
    entry: String,
    /// Names with the bits of their values.
    constants: Vec<(String, u64)>,
}

/// A compute shader to be made into a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Kernel<'a> {
    /// For people: the kernel's name.
    pub name: &'a str,
    /// WGSL.
    pub source: &'a str,
    pub entry: &'a str,
    /// Values of `override` constants.
    pub constants: &'a [(&'a str, f64)],
}

impl Device {
    /// Opens a device of its own on an adapter.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn open(adapter: &Adapter, checks: Checks) -> Result<Arc<Self>> {
        Self::open_within(adapter, checks, adapter.handle.limits())
    }

    /// Opens one that keeps to those limits.
    pub(super) fn open_within(adapter: &Adapter, checks: Checks, limits: wgpu::Limits) -> Result<Arc<Self>> {
        let wanted = wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::PIPELINE_CACHE;
        let about = adapter.about.clone();
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("training"),
            required_features: adapter.handle.features() & wanted,
            required_limits: limits,
            ..wgpu::DeviceDescriptor::default()
        };
        let opened = pollster::block_on(adapter.handle.request_device(&descriptor));
        let (device, queue) = opened.map_err(|error| {
            Error::DeviceLost(t!(
                "%{gpu} cannot be opened: %{reason}",
                gpu = about.name,
                reason = one_line(&error)
            ))
        })?;
        let trouble = Arc::new(Mutex::new(Trouble::default()));
        let told = Arc::clone(&trouble);
        device.set_device_lost_callback(move |_, words| {
            lock(&told).lost.get_or_insert(words);
        });
        let told = Arc::clone(&trouble);
        device.on_uncaptured_error(Arc::new(move |error| {
            lock(&told).error.get_or_insert_with(|| Arc::new(error));
        }));
        let cache = PipelineCache::open(&device, &adapter.handle.get_info());
        Ok(Arc::new(Self {
            device,
            queue,
            about,
            checks,
            cache,
            pipelines: Mutex::default(),
            trouble,
            sets: Sets::default(),
            line: Arc::default(),
            turn: Mutex::default(),
            made: AtomicUsize::new(0),
        }))
    }

    /// The device that all nets of this process share on the adapter [`Adapter::find`] finds; opened again when it failed
    /// or nobody holds it any more.
    ///
    /// # Errors
    /// When there is no such adapter, or the driver refuses.
    pub fn shared(adapter: Option<&str>, checks: Checks) -> Result<Arc<Self>> {
        type Open = Mutex<Vec<(Option<String>, Checks, Weak<Device>)>>;
        static OPEN: Open = Mutex::new(Vec::new());
        let mut open = lock(&OPEN);
        open.retain(|(_, _, device)| device.upgrade().is_some_and(|device| device.check().is_ok()));
        let same = |(name, kept, device): &(Option<String>, Checks, Weak<Device>)| {
            let same = name.as_deref() == adapter && *kept == checks;
            device.upgrade().filter(|_| same)
        };
        if let Some(device) = open.iter().find_map(same) {
            return Ok(device);
        }
        let device = Self::open(&Adapter::find(adapter)?, checks)?;
        open.push((adapter.map(str::to_owned), checks, Arc::downgrade(&device)));
        Ok(device)
    }

    /// For people: `GPU (NVIDIA GeForce RTX 3060, Vulkan)`.
    pub fn describe(&self) -> String {
        format!("GPU ({}, {})", self.about.name, self.about.backend)
    }

    /// Work of one submission, by what work took lately.
    pub(super) fn piece(&self) -> f64 {
        lock(&self.line).pace.piece()
    }

    /// Buffers, bind groups and pipelines made so far.
    pub fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    pub(super) fn count_made(&self) {
        self.made.fetch_add(1, Ordering::Relaxed);
    }

    /// What went wrong on it; every net is told, and it is of no use any more.
    ///
    /// # Errors
    /// [`Error::DeviceLost`], [`Error::DeviceMemory`] or [`Error::Shader`].
    pub fn check(&self) -> Result<()> {
        let Trouble { lost: words, error } = lock(&self.trouble).clone();
        match (words, error) {
            (Some(words), _) => Err(lost(&self.about.name, &words)),
            (None, Some(error)) => Err(self.reason(&error)),
            (None, None) => Ok(()),
        }
    }

    /// Puts commands in line, which is submitted while it is looked at ([`Device::poll`]): at most two submissions are
    /// under way, each of a piece of work, so that whoever else draws on the GPU never waits for more.
    ///
    /// # Errors
    /// As [`Device::wait`].
    pub(super) fn send(&self, commands: Commands, work: f64) -> Result<()> {
        let mut commands = Some(commands);
        self.wait(|| lock(&self.line).join(&mut commands, work))?;
        self.advance();
        Ok(())
    }

    /// Waits until all that was put in line is submitted: what is written to a buffer then comes after it.
    ///
    /// # Errors
    /// As [`Device::wait`].
    pub(super) fn flush(&self) -> Result<()> {
        let last = lock(&self.line).joined();
        self.wait(|| lock(&self.line).has_left(last))?;
        drop(lock(&self.turn));
        Ok(())
    }

    /// Submits what may go.
    fn advance(&self) {
        let _turn = lock(&self.turn);
        loop {
            // What is done is told during a submission too, and needs the line.
            let next = lock(&self.line).next();
            let Some((pieces, work)) = next else { break };
            let (buffers, asked): (Vec<_>, Vec<_>) = pieces
                .into_iter()
                .map(|commands| (commands.buffer, commands.asked))
                .unzip();
            let submitted = Instant::now();
            self.queue.submit(buffers);
            asked.iter().flatten().for_each(Mapped::ask);
            let line = Arc::clone(&self.line);
            self.queue
                .on_submitted_work_done(move || lock(&line).done(work, submitted));
        }
    }

    /// What is behind an error: what is asked of a device that is gone is refused for other reasons.
    fn reason(&self, error: &wgpu::Error) -> Error {
        self.settle();
        match &lock(&self.trouble).lost {
            Some(words) => lost(&self.about.name, words),
            None => fault(&self.about.name, error),
        }
    }

    /// Does `work`, which makes buffers, pipelines or submissions, and says what the device had against it.
    ///
    /// # Errors
    /// As [`Device::check`].
    pub fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        let filters = [
            wgpu::ErrorFilter::Internal,
            wgpu::ErrorFilter::Validation,
            wgpu::ErrorFilter::OutOfMemory,
        ];
        let scopes = filters.map(|filter| self.device.push_error_scope(filter));
        let done = work();
        let mut first = None;
        for scope in scopes.into_iter().rev() {
            first = first.or(pollster::block_on(scope.pop()));
        }
        let Some(error) = first else {
            return self.look().map(|()| done);
        };
        Err(self.reason(&error))
    }

    /// Lets the work under way end: that a device is gone is told only when its queue is empty.
    fn settle(&self) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.device.poll(wgpu::PollType::Poll) {
                Ok(status) if !status.is_queue_empty() => std::thread::sleep(LOOK_EVERY),
                _ => break,
            }
        }
    }

    /// A buffer of that many bytes.
    ///
    /// # Errors
    /// [`Error::DeviceMemory`] when the device has no room for it.
    pub fn buffer(&self, label: &str, bytes: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let most = if usage.contains(wgpu::BufferUsages::STORAGE) {
            self.about.buffer_bytes.min(self.about.binding_bytes)
        } else {
            self.about.buffer_bytes
        };
        if bytes > most {
            return Err(Error::DeviceMemory(t!(
                "%{gpu} allows buffers of %{limit} MiB, and %{label} needs %{needed} MiB",
                gpu = self.about.name,
                limit = most >> 20,
                label = t!(label),
                needed = bytes.div_ceil(1 << 20)
            )));
        }
        let descriptor = wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes,
            usage,
            mapped_at_creation: false,
        };
        self.count_made();
        self.guarded(|| self.device.create_buffer(&descriptor))
    }

    /// Sleeps until `done`, without keeping anyone else from the device.
    ///
    /// # Errors
    /// As [`Device::check`]; a device that is silent for too long counts as lost.
    pub fn wait(&self, done: impl FnMut() -> bool) -> Result<()> {
        let silence = match self.about.kind {
            AdapterKind::Software => SOFTWARE_SILENCE,
            _ => SILENCE,
        };
        self.wait_through(silence, done)
    }

    /// The same with another bound to how long it may pass without a submission that ends.
    pub(super) fn wait_through(&self, silence: Duration, mut done: impl FnMut() -> bool) -> Result<()> {
        let heard = || lock(&self.line).done;
        let (mut last, mut silent, mut looked) = (heard(), Duration::ZERO, Instant::now());
        loop {
            self.poll()?;
            if done() {
                return Ok(());
            }
            // A machine that was asleep between two looks has not been silent.
            silent += looked.elapsed().min(LONGEST_LOOK);
            looked = Instant::now();
            let now = heard();
            if now != last {
                (last, silent) = (now, Duration::ZERO);
            } else if silent > silence {
                let words = t!("it finished nothing for %{seconds} s", seconds = silence.as_secs()).into_owned();
                lock(&self.trouble).lost.get_or_insert(words);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Lets the callbacks of finished work run and submits what may follow; returns at once.
    ///
    /// # Errors
    /// As [`Device::check`].
    pub fn poll(&self) -> Result<()> {
        self.look()?;
        self.advance();
        Ok(())
    }

    fn look(&self) -> Result<()> {
        let polled = self.device.poll(wgpu::PollType::Poll);
        self.check()?;
        polled
            .map(drop)
            .map_err(|error| lost(&self.about.name, &error.to_string()))
    }

    /// The pipeline of a kernel, made at its first use; its bind group layout is deduced from the shader.
    ///
    /// # Errors
    /// [`Error::Shader`] when it is not valid or the driver cannot compile it.
    pub fn pipeline(&self, kernel: &Kernel<'_>) -> Result<wgpu::ComputePipeline> {
        let constants = kernel
            .constants
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_bits()));
        let key = PipelineKey {
            source: kernel.source.to_owned(),
            entry: kernel.entry.to_owned(),
            constants: constants.collect(),
        };
        if let Some(pipeline) = lock(&self.pipelines).get(&key) {
            return Ok(pipeline.clone());
        }
        self.count_made();
        let pipeline = self.guarded(|| self.compile(kernel)).map_err(|error| match error {
            Error::Shader(words) => Error::Shader(t!("kernel %{name}: %{words}", name = kernel.name, words = words)),
            other => other,
        })?;
        lock(&self.pipelines).insert(key, pipeline.clone());
        Ok(pipeline)
    }

    fn compile(&self, kernel: &Kernel<'_>) -> wgpu::ComputePipeline {
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: Some(kernel.name),
            source: wgpu::ShaderSource::Wgsl(kernel.source.into()),
        };
        let module = match self.checks {
            Checks::On => self.device.create_shader_module(descriptor),
            // SAFETY: the kernels are our own; their loops end and their indices stay inside the buffers the runner
            // binds, which the tests show on a device with checks.
            Checks::Off => unsafe {
                self.device
                    .create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
            },
        };
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(kernel.name),
            layout: None,
            module: &module,
            entry_point: Some(kernel.entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: kernel.constants,
                zero_initialize_workgroup_memory: false,
            },
            cache: self.cache.as_ref().map(PipelineCache::handle),
        })
    }

    /// Stores the compiled pipelines for the next start.
    pub fn keep_pipelines(&self) {
        if let Some(cache) = &self.cache {
            cache.save();
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.keep_pipelines();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
