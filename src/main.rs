use std::process::ExitCode;

use clap::Parser;
use depthscope::app;
use depthscope::cli::{self, Cli};

fn main() -> ExitCode {
    share_cores();
    env_logger::init();
    let Cli { command, lesson } = Cli::parse();
    let result = match command {
        Some(command) => cli::run(command),
        None => app::open(lesson),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("depthscope: {error}");
            ExitCode::FAILURE
        }
    }
}

/// candle's pool for elementwise operations spins on every core while rayon's threads want them for convolutions: one
/// thread of it is faster. It is read from the environment at candle's first operation.
fn share_cores() {
    if std::env::var_os("CANDLE_NUM_THREADS").is_none() {
        // SAFETY: the first thing `main` does; no other thread exists that could read the environment.
        unsafe { std::env::set_var("CANDLE_NUM_THREADS", "1") };
    }
}
