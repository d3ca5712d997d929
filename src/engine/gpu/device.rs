//! The engine's own device and queue: opened with the adapter's real limits, and watched for every way it can fail.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use rust_i18n::t;

use super::adapter::{About, Adapter};
use super::pace::Pace;
use super::pipeline_cache::PipelineCache;
use super::sets::Sets;
use super::trouble::{Trouble, fault, lost, one_line};
use crate::error::{Error, Result};

/// How long a waiting thread sleeps between looks at the device.
const LOOK_EVERY: Duration = Duration::from_micros(200);

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
    /// How long work takes, and when some was last known to be done.
    pace: Mutex<(Pace, Instant)>,
    /// Work that was submitted and is not done.
    under_way: Arc<AtomicU64>,
    made: AtomicUsize,
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
            pace: Mutex::new((Pace::default(), Instant::now())),
            under_way: Arc::default(),
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

    /// How long work takes on it.
    pub(super) fn pace(&self) -> Pace {
        lock(&self.pace).0
    }

    /// Takes note that work which was submitted then is done.
    pub(super) fn done(&self, work: f64, submitted: Instant) {
        let now = Instant::now();
        let (pace, last) = &mut *lock(&self.pace);
        pace.took(work, (now - submitted.max(*last)).as_secs_f64());
        *last = now;
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

    /// Submits commands as soon as no more than two pieces of work ([`Pace::piece`]) are under way with theirs, so that
    /// whoever else draws on the GPU never waits for more.
    ///
    /// # Errors
    /// As [`Device::check`].
    pub(super) fn submit(&self, commands: wgpu::CommandBuffer, work: f64) -> Result<()> {
        let (work, most) = (work as u64, (2.0 * self.pace().piece()) as u64);
        let room = |under_way: u64| {
            let with = under_way + work;
            (under_way == 0 || with <= most).then_some(with)
        };
        self.wait(|| {
            let taken = self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, room);
            taken.is_ok()
        })?;
        self.queue.submit([commands]);
        let under_way = Arc::clone(&self.under_way);
        self.queue.on_submitted_work_done(move || {
            under_way.fetch_sub(work, Ordering::AcqRel);
        });
        Ok(())
    }

    /// Work that was submitted and is not known to be done.
    #[cfg(test)]
    pub(super) fn under_way(&self) -> f64 {
        self.under_way.load(Ordering::Acquire) as f64
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
            return self.poll().map(|()| done);
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
    /// As [`Device::check`].
    pub fn wait(&self, mut done: impl FnMut() -> bool) -> Result<()> {
        loop {
            self.poll()?;
            if done() {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Lets the callbacks of finished work run; returns at once.
    ///
    /// # Errors
    /// As [`Device::check`].
    pub fn poll(&self) -> Result<()> {
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
