//! The command line: one subcommand a file.

mod inspect;

use clap::{Parser, Subcommand};

use crate::error::Result;

/// Trains small residual networks next to plain ones and shows why depth hurts the plain ones.
///
/// Without a command the window opens.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do instead of opening the window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a network's layer table
    Inspect(inspect::Args),
}

/// Runs a subcommand.
///
/// # Errors
/// One sentence for the user.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Inspect(args) => inspect::run(&args),
    }
}
