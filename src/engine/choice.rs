//! Which engine, from what the user said and what is there.

use std::str::FromStr;
use std::sync::Arc;

use super::candle::{Candle, Kind};
use super::cpu::CpuEngine;
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
    /// candle on CPU, the reference.
    Candle,
    /// candle on CUDA; needs the feature `cuda`.
    Cuda,
    /// candle on Metal; needs the feature `metal`.
    Metal,
}

impl Choice {
    /// Every choice by its name.
    pub const NAMES: [(&'static str, Choice); 5] = [
        ("auto", Choice::Auto),
        ("cpu", Choice::Cpu),
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
            Error::Engine(format!("engine '{text}' is not one of {names}"))
        })
    }
}

/// What [`Choice::Auto`] takes: a GPU that is there, otherwise our own kernels on CPU.
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
pub fn open(choice: Choice, graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer) -> Result<Box<dyn Engine>> {
    let kind = match choice {
        Choice::Auto => return open(automatic(), graph, weights, optimizer),
        Choice::Cpu => return Ok(Box::new(CpuEngine::new(graph, weights, optimizer)?)),
        Choice::Candle => Kind::Cpu,
        Choice::Cuda => Kind::Cuda,
        Choice::Metal => Kind::Metal,
    };
    Ok(Box::new(Candle::open(kind, graph, weights, optimizer)?))
}
