//! Which candle devices are there.

use candle_core::Device;
use rust_i18n::t;

use crate::error::{Error, Result};

/// The kinds of device candle knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Cpu,
    Cuda,
    Metal,
}

impl Kind {
    /// Whether this program was built with it.
    pub fn compiled(self) -> bool {
        match self {
            Kind::Cpu => true,
            Kind::Cuda => cfg!(feature = "cuda"),
            Kind::Metal => cfg!(feature = "metal"),
        }
    }

    /// Opens the first device of its kind.
    ///
    /// # Errors
    /// One sentence when the program was built without it or the machine has none.
    pub(super) fn open(self) -> Result<Device> {
        let (name, feature, device) = match self {
            Kind::Cpu => return Ok(Device::Cpu),
            Kind::Cuda => (
                "CUDA",
                "cuda",
                Device::new_cuda as fn(usize) -> candle_core::Result<Device>,
            ),
            Kind::Metal => (
                "Metal",
                "metal",
                Device::new_metal as fn(usize) -> candle_core::Result<Device>,
            ),
        };
        if !self.compiled() {
            return Err(Error::Engine(t!(
                "this program was built without %{name}; build it with --features %{feature}, or take another engine",
                name = name,
                feature = feature
            )));
        }
        device(0).map_err(|error| {
            Error::Engine(t!(
                "no %{name} device can be opened (%{reason}); take another engine",
                name = name,
                reason = super::reason(&error)
            ))
        })
    }

    /// `candle on CPU (2 threads)`.
    pub fn describe(self) -> String {
        match self {
            Kind::Cpu => format!("candle on CPU ({} threads)", rayon::current_num_threads()),
            Kind::Cuda => "candle on CUDA device 0".into(),
            Kind::Metal => "candle on Metal device 0".into(),
        }
    }

    /// Whether it can be opened, or the sentence that says why not.
    ///
    /// # Errors
    /// As the engine's own opening.
    pub fn check(self) -> Result<()> {
        self.open().map(drop)
    }
}
