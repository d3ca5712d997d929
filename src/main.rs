use std::process::ExitCode;

use clap::Parser;
use depthscope::cli::{self, Cli};

fn main() -> ExitCode {
    env_logger::init();
    let result = match Cli::parse().command {
        Some(command) => cli::run(command),
        None => Ok(()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("depthscope: {error}");
            ExitCode::FAILURE
        }
    }
}
