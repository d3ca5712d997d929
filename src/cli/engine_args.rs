//! The options that say what computes.

use crate::engine::{Choice, Wanted};
use crate::error::{Error, Result};

#[derive(Debug, clap::Args)]
pub struct EngineArgs {
    /// What computes: auto, cpu, gpu, candle, cuda or metal
    #[arg(long, default_value = "auto")]
    engine: Choice,
    /// The GPU to compute on: a part of its name, or its number in `depthscope engines` [default: the best real one]
    #[arg(long, value_name = "NAME")]
    adapter: Option<String>,
}

impl EngineArgs {
    /// The engine asked for; naming an adapter asks for the GPU.
    ///
    /// # Errors
    /// When an adapter is named for an engine that takes none.
    pub fn wanted(&self) -> Result<Wanted> {
        match (self.engine, &self.adapter) {
            (choice, None) => Ok(choice.into()),
            (Choice::Auto | Choice::Gpu, Some(adapter)) => Ok(Wanted::gpu(adapter)),
            (other, Some(_)) => Err(Error::Engine(
                format!("--adapter names a GPU for --engine gpu; {other} takes none").into(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: EngineArgs,
    }

    fn wanted(words: &str) -> Result<Wanted> {
        let words = std::iter::once("train").chain(words.split_whitespace());
        Line::try_parse_from(words)
            .unwrap_or_else(|error| panic!("{error}"))
            .args
            .wanted()
    }

    #[test]
    fn an_adapter_is_for_the_gpu() {
        assert_eq!(wanted("").unwrap(), Choice::Auto.into());
        assert_eq!(wanted("--engine gpu").unwrap(), Choice::Gpu.into());
        assert_eq!(wanted("--engine gpu --adapter 1").unwrap(), Wanted::gpu("1"));
        assert_eq!(wanted("--adapter radeon").unwrap(), Wanted::gpu("radeon"));
        let error = wanted("--engine cpu --adapter radeon").unwrap_err().to_string();
        assert!(error.contains("cpu takes none"), "{error}");
    }
}
