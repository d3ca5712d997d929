//! `depthscope engines`: what can compute here.

use eframe::wgpu;

use crate::engine::{Choice, Kind, automatic, cpu};
use crate::error::Result;

#[derive(Debug, clap::Args)]
pub struct Args {}

/// # Errors
/// Never; what is missing is part of the list.
pub fn run(_: &Args) -> Result<()> {
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
    println!("Graphics adapters (the window draws with them)");
    let adapters = adapters();
    if adapters.is_empty() {
        println!("  none");
    }
    for adapter in adapters {
        println!(
            "  {} ({}, {})",
            adapter.name,
            adapter.backend,
            device_type(adapter.device_type)
        );
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

/// Those of the modern interfaces, or else of OpenGL, which lists the same hardware again.
fn adapters() -> Vec<wgpu::AdapterInfo> {
    let list = |backends| {
        let descriptor = wgpu::InstanceDescriptor {
            backends,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        };
        let found = wgpu::Instance::new(descriptor).enumerate_adapters(backends);
        pollster::block_on(found)
            .iter()
            .map(wgpu::Adapter::get_info)
            .collect::<Vec<_>>()
    };
    let modern = list(wgpu::Backends::PRIMARY);
    if modern.is_empty() {
        list(wgpu::Backends::GL)
    } else {
        modern
    }
}

fn device_type(kind: wgpu::DeviceType) -> &'static str {
    match kind {
        wgpu::DeviceType::DiscreteGpu => "discrete GPU",
        wgpu::DeviceType::IntegratedGpu => "integrated GPU",
        wgpu::DeviceType::VirtualGpu => "virtual GPU",
        wgpu::DeviceType::Cpu => "software, never used for training",
        wgpu::DeviceType::Other => "unknown kind",
    }
}
