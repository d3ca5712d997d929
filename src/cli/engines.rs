//! `depthscope engines`: what can compute here, and what `auto` takes.

use super::out::say;
use crate::data::Dataset;
use crate::engine::gpu::{About, Adapter, Ceiling, adapters};
use crate::engine::{Choice, Kind, automatic, cpu};
use crate::error::Result;
use crate::run::Experiment;
use crate::run::audition::{ON_DEMAND, Workload, choose, choose_against};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Measure what `auto` takes for this experiment, however long a GPU needs: its name or its .toml file
    experiment: Option<String>,
    /// Measure the experiment on this adapter, a software one too: a part of its name, or its number in the list
    #[arg(long, value_name = "NAME", requires = "experiment")]
    adapter: Option<String>,
    /// Measure what each adapter can do at most; takes about a second each
    #[arg(long)]
    measure: bool,
}

/// # Errors
/// When the experiment cannot be read, or no adapter has the name; what else is missing is part of the list.
pub fn run(args: &Args) -> Result<()> {
    say!("Devices of the training engine")?;
    say!("  {:<8} {}", "cpu", cpu::describe())?;
    for (option, kind) in [("candle", Kind::Cpu), ("cuda", Kind::Cuda), ("metal", Kind::Metal)] {
        let state = match kind.check() {
            Ok(()) => kind.describe(),
            Err(reason) => reason.to_string(),
        };
        say!("  {option:<8} {state}")?;
    }
    let adapters = adapters();
    say!("  {:<8} {}", "gpu", gpu())?;
    say!("  {:<8} takes {}", "auto", automatic_words())?;
    say!("Graphics adapters")?;
    if adapters.is_empty() {
        say!("  none")?;
    }
    for (number, adapter) in adapters.iter().enumerate() {
        say!("{}", adapter_lines(number, &adapter.about))?;
        if args.measure && adapter.about.compute {
            say!("     {}", measured(adapter))?;
        }
    }
    if let Some(name) = &args.experiment {
        say!("{}", taken_for(&Experiment::load(name)?, args.adapter.as_deref())?)?;
    }
    Ok(())
}

/// What `--engine gpu` takes.
fn gpu() -> String {
    match Adapter::find(None) {
        Ok(adapter) => format!("{} ({})", adapter.about.name, adapter.about.backend),
        Err(reason) => reason.to_string(),
    }
}

fn automatic_words() -> String {
    match (automatic(), Adapter::find(None)) {
        (Choice::Cpu, Ok(adapter)) => format!(
            "cpu or gpu ({}), whichever steps the experiment faster; name one to have it measured",
            adapter.about.name
        ),
        (Choice::Cpu, Err(_)) => "cpu: no real GPU that can train is here".into(),
        (built, _) => format!("{built}: this program was built for the GPU that is here"),
    }
}

/// `For quick auto takes cpu: a step of every net takes 9 ms on Radeon and 3 ms on the CPU, measured just now`.
fn taken_for(experiment: &Experiment, adapter: Option<&str>) -> Result<String> {
    let workload = Workload::of(experiment, &Dataset::open(&experiment.data)?)?;
    let name = &experiment.name;
    match adapter {
        None => Ok(format!("For {name} auto takes {}", choose(&workload, ON_DEMAND))),
        Some(adapter) => {
            let verdict = choose_against(&workload, adapter)?;
            Ok(format!("For {name}, were it a real GPU, auto would take {verdict}"))
        }
    }
}

/// `0  GeForce RTX 3060 (Vulkan, discrete GPU)` and what it offers to training.
fn adapter_lines(number: usize, about: &About) -> String {
    let mut lines = format!("  {number}  {} ({}, {})", about.name, about.backend, about.kind);
    if !about.driver.is_empty() {
        lines += &format!("\n     driver {}", about.driver);
    }
    if !about.compute {
        return lines + "\n     cannot run compute shaders";
    }
    let mib = |bytes: u64| bytes >> 20;
    lines += &format!(
        "\n     {} storage buffers of up to {} MiB, buffers up to {} MiB, {} invocations and {} KiB a workgroup",
        about.storage_buffers,
        mib(about.binding_bytes),
        mib(about.buffer_bytes),
        about.invocations,
        about.workgroup_bytes >> 10
    );
    let offers = [
        (about.timestamps, "timestamps"),
        (about.subgroups, "subgroups"),
        (about.f16, "f16"),
    ];
    let offers: Vec<&str> = offers
        .iter()
        .filter(|(there, _)| *there)
        .map(|&(_, name)| name)
        .collect();
    if !offers.is_empty() {
        lines += &format!("\n     {}", offers.join(", "));
    }
    lines
}

fn measured(adapter: &Adapter) -> String {
    match Ceiling::measure(adapter) {
        Ok(Ceiling { gflops, gigabytes }) => format!("measured {gflops:.0} GFLOP/s and {gigabytes:.0} GB/s at most"),
        Err(error) => format!("cannot be measured: {error}"),
    }
}
