//! The command line: one subcommand a file.

mod bench;
mod engine_args;
mod engines;
mod export;
mod inspect;
mod kernels;
mod lessons;
mod out;
mod probe;
mod progress;
mod results;
mod train;

use clap::{Parser, Subcommand};

use crate::error::Result;

/// Trains small residual networks next to plain ones and shows why depth hurts the plain ones.
///
/// Without a command the window opens.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Open the window with this lesson: its name, a .md file, or a folder of them
    #[arg(long, value_name = "LESSON")]
    pub lesson: Option<String>,
}

/// What to do instead of opening the window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Time a training step
    Bench(bench::Args),
    /// List what can compute here, and what `auto` takes
    Engines(engines::Args),
    /// Write a figure of one or several run folders, or an experiment as PyTorch code
    Export(export::Args),
    /// Print a network's layer table
    Inspect(inspect::Args),
    /// List the lessons, or train one and check every claim it makes
    Lessons(lessons::Args),
    /// Write everything inside a net for one batch: logits, loss, activations and all gradients
    Probe(probe::Args),
    /// Train an experiment's networks side by side and write a run folder
    Train(train::Args),
}

/// Runs a subcommand.
///
/// # Errors
/// One sentence for the user.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Bench(args) => bench::run(&args),
        Command::Engines(args) => engines::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Lessons(args) => lessons::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Train(args) => train::run(args),
    }
}
