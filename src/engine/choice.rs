//! Which engine, from what the user said and what is there.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rust_i18n::t;

use super::candle::{Candle, Kind};
use super::cpu::CpuEngine;
use super::gpu::{Checks, Device, GpuEngine};
use super::{Engine, Optimizer};
use crate::error::{Error, Result};
use crate::net::{Graph, Weights};

/// What the user asked for with `--engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The fastest that is real.
    #[default]
    Auto,
    /// Our own kernels on CPU.
    Cpu,
    /// Our own kernels on a GPU, through Vulkan, Metal or DX12.
    Gpu,
    /// candle on CPU, the reference.
    Candle,
    /// candle on CUDA; needs the feature `cuda`.
    Cuda,
    /// candle on Metal; needs the feature `metal`.
    Metal,
}

impl Choice {
    /// Every choice by its name.
    pub const NAMES: [(&'static str, Choice); 6] = [
        ("auto", Choice::Auto),
        ("cpu", Choice::Cpu),
        ("gpu", Choice::Gpu),
        ("candle", Choice::Candle),
        ("cuda", Choice::Cuda),
        ("metal", Choice::Metal),
    ];
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::NAMES.iter().find(|(name, _)| *name == text);
        known.map(|&(_, choice)| choice).ok_or_else(|| {
            let names = Self::NAMES.map(|(name, _)| name).join(", ");
            Error::Engine(format!("engine '{text}' is not one of {names}").into())
        })
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::NAMES.iter().find(|(_, choice)| choice == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}

/// An engine as it is asked for: `auto`, `cpu`, `gpu`, or `gpu:NAME` for the graphics adapter of that name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    pub choice: Choice,
    /// Of [`Choice::Gpu`]: a part of the adapter's name, or its number in the list; the best real GPU without.
    pub adapter: Option<String>,
}

impl Wanted {
    /// The GPU of that name or number.
    pub fn gpu(adapter: &str) -> Self {
        Self {
            choice: Choice::Gpu,
            adapter: Some(adapter.to_owned()),
        }
    }
}

impl From<Choice> for Wanted {
    fn from(choice: Choice) -> Self {
        Self { choice, adapter: None }
    }
}

impl FromStr for Wanted {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("gpu", adapter)) => Ok(Self::gpu(adapter)),
            _ => text.parse().map(Choice::into),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.choice)?;
        self.adapter.as_ref().map_or(Ok(()), |adapter| write!(f, ":{adapter}"))
    }
}

/// What [`Choice::Auto`] takes where no training is at hand to be measured: a GPU that candle was built for, otherwise
/// our own kernels on CPU.
pub fn automatic() -> Choice {
    let there = |kind: Kind| kind.compiled() && kind.check().is_ok();
    match (there(Kind::Cuda), there(Kind::Metal)) {
        (true, _) => Choice::Cuda,
        (_, true) => Choice::Metal,
        _ => Choice::Cpu,
    }
}

/// Builds an engine for a net, starting from `weights`.
///
/// # Errors
/// When the device is not there, or the weights are not the graph's.
pub fn open(
    wanted: impl Into<Wanted>,
    graph: &Arc<Graph>,
    weights: &Weights,
    optimizer: Optimizer,
) -> Result<Box<dyn Engine>> {
    let Wanted { choice, adapter } = wanted.into();
    let kind = match choice {
        Choice::Auto => return open(automatic(), graph, weights, optimizer),
        Choice::Cpu => return Ok(Box::new(CpuEngine::new(graph, weights, optimizer)?)),
        Choice::Gpu => {
            let device = Device::shared(adapter.as_deref(), Checks::default())?;
            return Ok(Box::new(GpuEngine::new(device, graph, weights, optimizer)?));
        }
        Choice::Candle => Kind::Cpu,
        Choice::Cuda => Kind::Cuda,
        Choice::Metal => Kind::Metal,
    };
    Ok(Box::new(Candle::open(kind, graph, weights, optimizer)?))
}

/// The error of an engine that was asked for by name, with what to do instead where its device is the reason.
pub fn unavailable(error: Error) -> Error {
    if error.is_of_device() {
        return Error::Engine(t!("%{error}; the engines cpu and auto do without it", error = error));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_asked_for_by_name() {
        for (name, choice) in Choice::NAMES {
            assert_eq!(name.parse::<Wanted>().unwrap(), choice.into());
            assert_eq!(Wanted::from(choice).to_string(), name);
        }
        let wanted: Wanted = "gpu:GeForce RTX 3060".parse().unwrap();
        assert_eq!(wanted, Wanted::gpu("GeForce RTX 3060"));
        assert_eq!(wanted.to_string(), "gpu:GeForce RTX 3060");
        let error = "cpu:0".parse::<Wanted>().unwrap_err().to_string();
        assert!(error.contains("'cpu:0'") && error.contains("gpu"), "{error}");
    }
}
