//! The graphics adapters of this machine: what each offers to training, and which one is taken.

use std::fmt;

use rust_i18n::t;

use crate::error::{Error, Result, Sentence};

/// What hardware an adapter stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdapterKind {
    Discrete,
    Integrated,
    Virtual,
    /// The driver does not say.
    Unknown,
    /// Computes on the processor; taken only when asked for by name.
    Software,
}

impl fmt::Display for AdapterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discrete => "discrete GPU",
            Self::Integrated => "integrated GPU",
            Self::Virtual => "virtual GPU",
            Self::Unknown => "unknown kind",
            Self::Software => "software",
        })
    }
}

/// What an adapter is and can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub name: String,
    /// `Vulkan`, `Metal`, `Dx12` or `Gl`.
    pub backend: String,
    /// Driver and version, where known.
    pub driver: String,
    pub kind: AdapterKind,
    /// It can run the engine's compute shaders.
    pub compute: bool,
    /// Storage buffers a shader can bind.
    pub storage_buffers: u32,
    /// Largest piece of a buffer a shader can bind, in bytes.
    pub binding_bytes: u64,
    /// Largest buffer, in bytes.
    pub buffer_bytes: u64,
    /// Memory the invocations of a workgroup share, in bytes.
    pub workgroup_bytes: u32,
    /// Invocations in a workgroup.
    pub invocations: u32,
    /// Kernels can be timed on the device.
    pub timestamps: bool,
    pub subgroups: bool,
    pub f16: bool,
}

/// Storage buffers, invocations and shared bytes of a workgroup that every kernel may count on.
const NEEDED: (u32, u32, u32) = (8, 256, 16 << 10);

/// Of the memory the system grants, so much may be used before a buffer is refused.
const MEMORY_PERCENT: u8 = 95;

/// One adapter.
pub struct Adapter {
    pub about: About,
    pub(super) handle: wgpu::Adapter,
}

impl Adapter {
    fn new(handle: wgpu::Adapter) -> Self {
        let (info, limits, features) = (handle.get_info(), handle.limits(), handle.features());
        let flags = handle.get_downlevel_capabilities().flags;
        let about = About {
            name: info.name,
            backend: format!("{:?}", info.backend),
            driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
            kind: match info.device_type {
                wgpu::DeviceType::DiscreteGpu => AdapterKind::Discrete,
                wgpu::DeviceType::IntegratedGpu => AdapterKind::Integrated,
                wgpu::DeviceType::VirtualGpu => AdapterKind::Virtual,
                wgpu::DeviceType::Cpu => AdapterKind::Software,
                wgpu::DeviceType::Other => AdapterKind::Unknown,
            },
            compute: flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
                && limits.max_storage_buffers_per_shader_stage >= NEEDED.0
                && limits.max_compute_invocations_per_workgroup >= NEEDED.1
                && limits.max_compute_workgroup_storage_size >= NEEDED.2,
            storage_buffers: limits.max_storage_buffers_per_shader_stage,
            binding_bytes: limits.max_storage_buffer_binding_size,
            buffer_bytes: limits.max_buffer_size,
            workgroup_bytes: limits.max_compute_workgroup_storage_size,
            invocations: limits.max_compute_invocations_per_workgroup,
            timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            subgroups: features.contains(wgpu::Features::SUBGROUP),
            f16: features.contains(wgpu::Features::SHADER_F16),
        };
        Self { about, handle }
    }

    /// The adapter of that number in [`adapters`], or the first whose name contains `name`, whatever its kind; without a
    /// name the best real GPU.
    ///
    /// # Errors
    /// One sentence when there is none.
    pub fn find(name: Option<&str>) -> Result<Self> {
        let mut adapters = adapters();
        let abouts: Vec<&About> = adapters.iter().map(|adapter| &adapter.about).collect();
        let chosen = choose(&abouts, name)?;
        Ok(adapters.swap_remove(chosen))
    }
}

/// Every adapter of the modern interfaces, or else of OpenGL, which lists the same hardware again.
pub fn adapters() -> Vec<Adapter> {
    let list = |backends| -> Vec<Adapter> {
        let descriptor = wgpu::InstanceDescriptor {
            backends,
            flags: wgpu::InstanceFlags::empty(),
            memory_budget_thresholds: wgpu::MemoryBudgetThresholds {
                for_resource_creation: Some(MEMORY_PERCENT),
                for_device_loss: None,
            },
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        };
        let found = wgpu::Instance::new(descriptor).enumerate_adapters(backends);
        pollster::block_on(found).into_iter().map(Adapter::new).collect()
    };
    let modern = list(wgpu::Backends::PRIMARY);
    if modern.is_empty() {
        list(wgpu::Backends::GL)
    } else {
        modern
    }
}

/// Position of the adapter that is taken.
fn choose(adapters: &[&About], name: Option<&str>) -> Result<usize> {
    let missing = |sentence: Sentence| Err(Error::NoAdapter(sentence));
    let names = || {
        let names = adapters.iter().enumerate();
        let names: Vec<String> = names.map(|(at, about)| format!("{at} {}", about.name)).collect();
        names.join(", ")
    };
    if adapters.is_empty() {
        return missing(t!("there is no graphics adapter here"));
    }
    if let Some(name) = name {
        let wanted = name.to_lowercase();
        let numbered = wanted.parse().ok().filter(|&at: &usize| at < adapters.len());
        let named = |about: &&About| about.name.to_lowercase().contains(&wanted);
        let found = numbered.or_else(|| adapters.iter().position(named));
        return match found {
            Some(at) if adapters[at].compute => Ok(at),
            Some(at) => missing(t!(
                "%{gpu} (%{backend}) cannot run compute shaders",
                gpu = adapters[at].name,
                backend = adapters[at].backend
            )),
            None => Err(Error::Engine(t!(
                "no graphics adapter has the name or number '%{name}'; there is %{there}",
                name = name,
                there = names()
            ))),
        };
    }
    let order = [
        AdapterKind::Discrete,
        AdapterKind::Integrated,
        AdapterKind::Virtual,
        AdapterKind::Unknown,
    ];
    let real = |about: &About, kind| about.kind == kind && about.compute && about.backend != "Gl";
    let best = order
        .iter()
        .find_map(|&kind| adapters.iter().position(|about| real(about, kind)));
    best.map_or_else(
        || {
            missing(t!(
                "no real GPU that can compute is here, only %{there} (--adapter takes it all the same)",
                there = names()
            ))
        },
        Ok,
    )
}

/// What is said where only these adapters are.
#[cfg(test)]
pub fn refusal(adapters: &[About], name: Option<&str>) -> Error {
    let adapters: Vec<&About> = adapters.iter().collect();
    choose(&adapters, name).expect_err("none of them can be taken")
}

#[cfg(test)]
impl About {
    /// An adapter with the least that WebGPU asks for.
    pub fn example(name: &str, kind: AdapterKind) -> Self {
        Self {
            name: name.into(),
            backend: "Vulkan".into(),
            driver: String::new(),
            kind,
            compute: true,
            storage_buffers: 8,
            binding_bytes: 128 << 20,
            buffer_bytes: 256 << 20,
            workgroup_bytes: 16 << 10,
            invocations: 256,
            timestamps: false,
            subgroups: false,
            f16: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(name: &str, backend: &str, kind: AdapterKind, compute: bool) -> About {
        About {
            backend: backend.into(),
            compute,
            ..About::example(name, kind)
        }
    }

    #[test]
    fn the_strongest_real_gpu_is_taken_and_software_only_by_name() {
        let all = [
            about("llvmpipe (LLVM 15)", "Vulkan", AdapterKind::Software, true),
            about("Radeon 780M", "Vulkan", AdapterKind::Integrated, true),
            about("GeForce RTX 3060", "Vulkan", AdapterKind::Discrete, true),
        ];
        let all: Vec<&About> = all.iter().collect();
        assert_eq!(choose(&all, None).unwrap(), 2);
        assert_eq!(choose(&all[..2], None).unwrap(), 1);
        assert_eq!(choose(&all, Some("LLVMPipe")).unwrap(), 0);
        assert_eq!(choose(&all, Some("780m")).unwrap(), 1);
        assert_eq!(choose(&all, Some("1")).unwrap(), 1);
        assert_eq!(choose(&all, Some("3060")).unwrap(), 2);
        let error = choose(&all[..1], None).unwrap_err().to_string();
        assert!(error.contains("no real GPU") && error.contains("llvmpipe"), "{error}");
        let error = choose(&all, Some("Arc")).unwrap_err().to_string();
        assert!(error.contains("'Arc'") && error.contains("Radeon 780M"), "{error}");
    }

    #[test]
    fn without_compute_there_is_one_sentence() {
        let error = choose(&[], None).unwrap_err().to_string();
        assert!(error.starts_with("there is no graphics adapter"), "{error}");
        let old = about("HD 3000", "Gl", AdapterKind::Integrated, false);
        let error = choose(&[&old], Some("hd")).unwrap_err().to_string();
        assert!(error.contains("cannot run compute shaders"), "{error}");
        let gl = about("HD 4000", "Gl", AdapterKind::Integrated, true);
        assert!(choose(&[&gl, &old], None).is_err());
        assert_eq!(choose(&[&gl], Some("4000")).unwrap(), 0);
    }
}
