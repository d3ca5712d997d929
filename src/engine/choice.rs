//! Which engine, from what the user said and what is there.

use std::str::FromStr;
use std::sync::Arc;

use super::candle::{Candle, Kind};
use super::{Engine, Optimizer};
use crate::error::{Error, Result};
use crate::net::{Graph, Weights};

/// What the user asked for with `--engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The fastest that is real.
    #[default]
    Auto,
    /// candle on CPU.
    Candle,
    /// candle on CUDA; needs the feature `cuda`.
    Cuda,
    /// candle on Metal; needs the feature `metal`.
    Metal,
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Choice::Auto),
            "candle" => Ok(Choice::Candle),
            "cuda" => Ok(Choice::Cuda),
            "metal" => Ok(Choice::Metal),
            _ => Err(Error::Engine(format!(
                "engine '{text}' is not one of auto, candle, cuda, metal"
            ))),
        }
    }
}

/// The candle device that [`Choice::Auto`] takes.
pub fn automatic() -> Kind {
    [Kind::Cuda, Kind::Metal]
        .into_iter()
        .find(|kind| kind.compiled() && kind.check().is_ok())
        .unwrap_or(Kind::Cpu)
}

/// Builds an engine for a net, starting from `weights`.
///
/// # Errors
/// When the device is not there, or the weights are not the graph's.
pub fn open(choice: Choice, graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer) -> Result<Box<dyn Engine>> {
    let kind = match choice {
        Choice::Auto => automatic(),
        Choice::Candle => Kind::Cpu,
        Choice::Cuda => Kind::Cuda,
        Choice::Metal => Kind::Metal,
    };
    Ok(Box::new(Candle::open(kind, graph, weights, optimizer)?))
}
