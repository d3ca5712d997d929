//! The kernels without a GPU, and on whatever adapter there is against their CPU twins.

pub mod faults;
mod kernels;
mod line;
mod shaders;
mod updates;

use std::sync::Arc;

use super::{Checks, Device, adapters};
use crate::data::Batch;
use crate::engine::{BnMode, ProbeRequest, Select};
use crate::net::{Array, Graph, Weights};

/// Relative, as against PyTorch.
const TOLERANCE: f64 = 1e-4;

fn device(checks: Checks) -> Arc<Device> {
    let adapters = adapters();
    let adapter = adapters.iter().find(|adapter| adapter.about.compute);
    let adapter = adapter.expect("the tests need a GPU or Mesa's software Vulkan driver");
    Device::shared(Some(&adapter.about.name), checks).unwrap()
}

fn graph(text: &str) -> Arc<Graph> {
    Arc::new(Graph::new(&text.parse().unwrap()))
}

fn batch(graph: &Graph, images: usize, phase: f32) -> Batch {
    let values = images * graph.spec.input.iter().product::<usize>();
    let pixel = |i: usize| ((i * i % 89) as f32 * 0.53 + i as f32 * 0.17 + phase).sin();
    Batch {
        shape: graph.spec.input,
        images: (0..values).map(pixel).collect(),
        labels: (0..images).map(|i| (i * i % graph.spec.classes) as u32).collect(),
        origin: None,
    }
}

fn everything(mode: BnMode) -> ProbeRequest {
    ProbeRequest {
        mode,
        activations: Select::All,
        activation_gradients: Select::All,
        weight_gradients: true,
    }
}

fn off(found: &Array, right: &Array) -> f64 {
    assert_eq!(found.shape, right.shape);
    let square = |x: f64| x * x;
    let pairs = found.data.iter().zip(&right.data);
    let apart: f64 = pairs.map(|(&a, &b)| square(f64::from(a) - f64::from(b))).sum();
    let size: f64 = right.data.iter().map(|&b| square(f64::from(b))).sum();
    apart.sqrt() / size.sqrt().max(1e-7)
}

fn compare(what: &str, found: &Weights, right: &Weights, report: &mut Vec<String>) {
    let names = |weights: &Weights| weights.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(right), "{what}");
    for (name, right) in right {
        let error = off(&found[name], right);
        if error.is_nan() || error > TOLERANCE {
            report.push(format!("{what} {name}: {error:.1e}"));
        }
    }
}
