//! `depthscope engines`: what can compute here.

use crate::engine::gpu::{About, Adapter, Ceiling, adapters};
use crate::engine::{Choice, Kind, automatic, cpu};
use crate::error::Result;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Measure what each adapter can do at most; takes about a second each
    #[arg(long)]
    measure: bool,
}

/// # Errors
/// Never; what is missing is part of the list.
pub fn run(args: &Args) -> Result<()> {
    println!("Devices of the training engine");
    println!("  {:<8} {}", "cpu", cpu::describe());
    for (option, kind) in [("candle", Kind::Cpu), ("cuda", Kind::Cuda), ("metal", Kind::Metal)] {
        let state = match kind.check() {
            Ok(()) => kind.describe(),
            Err(reason) => reason.to_string(),
        };
        println!("  {option:<8} {state}");
    }
    let chosen = automatic();
    println!("  {:<8} takes {}", "auto", why(chosen));
    println!("Graphics adapters");
    let adapters = adapters();
    if adapters.is_empty() {
        println!("  none");
    }
    for adapter in adapters {
        println!("{}", adapter_lines(&adapter.about));
        if args.measure && adapter.about.compute {
            println!("    {}", measured(&adapter));
        }
    }
    Ok(())
}

fn why(chosen: Choice) -> &'static str {
    match chosen {
        Choice::Cuda => "cuda: an NVIDIA GPU is there",
        Choice::Metal => "metal: an Apple GPU is there",
        _ => "cpu: no GPU that this program can train on is there",
    }
}

/// `GeForce RTX 3060 (Vulkan, discrete GPU)` and what it offers to training.
fn adapter_lines(about: &About) -> String {
    let mut lines = format!("  {} ({}, {})", about.name, about.backend, about.kind);
    if !about.driver.is_empty() {
        lines += &format!("\n    driver {}", about.driver);
    }
    if !about.compute {
        return lines + "\n    cannot run compute shaders";
    }
    let mib = |bytes: u64| bytes >> 20;
    lines += &format!(
        "\n    {} storage buffers of up to {} MiB, buffers up to {} MiB, {} invocations and {} KiB a workgroup",
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
        lines += &format!("\n    {}", offers.join(", "));
    }
    lines
}

fn measured(adapter: &Adapter) -> String {
    match Ceiling::measure(adapter) {
        Ok(Ceiling { gflops, gigabytes }) => format!("measured {gflops:.0} GFLOP/s and {gigabytes:.0} GB/s at most"),
        Err(error) => format!("cannot be measured: {error}"),
    }
}
