//! Updates, losses and steps in pieces against the CPU engine's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::engine::GpuEngine;
use super::super::{Checks, Device, adapters};
use crate::data::Batch;
use crate::engine::cpu::CpuEngine;
use crate::engine::{BnMode, Decay, Engine, Optimizer, OptimizerKind, Probe, ProbeRequest, Select};
use crate::net::{Array, Graph, Weights, initial_weights};

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

#[test]
fn updates_are_the_cpu_engine_s_for_every_optimiser_and_decay() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let weights = initial_weights(&graph, 1);
    let device = device(Checks::Off);
    let sgd = Optimizer::default();
    let adam = Optimizer {
        kind: OptimizerKind::Adam,
        ..sgd
    };
    let (decay, weight_decay) = (Decay::Weights, 0.05);
    let changed = |optimizer: Optimizer| Optimizer {
        decay,
        weight_decay,
        ..optimizer
    };
    let plain = Optimizer { momentum: 0.0, ..sgd };
    let (nesterov, clip) = (true, 0.1);
    let nesterov = Optimizer { nesterov, ..sgd };
    let clipped = Optimizer { clip, ..changed(sgd) };
    let mut report = Vec::new();
    for optimizer in [plain, sgd, nesterov, clipped, changed(nesterov), adam, changed(adam)] {
        let mut ours = GpuEngine::new(Arc::clone(&device), &graph, &weights, optimizer).unwrap();
        let mut right = CpuEngine::new(&graph, &weights, optimizer).unwrap();
        for (step, rate) in [0.0, 1e-3, 1e-2, 1e-3].into_iter().enumerate() {
            let batch = batch(&graph, 3, step as f32);
            for engine in [&mut ours as &mut dyn Engine, &mut right] {
                engine.step(&batch, rate, step == 1).unwrap();
            }
        }
        let mut compare = |what: &str, a: Weights, b: Weights| {
            compare(&format!("{optimizer:?}, {what}"), &a, &b, &mut report);
        };
        compare("weights", ours.weights().unwrap(), right.weights().unwrap());
        compare(
            "state",
            ours.optimizer_state().unwrap(),
            right.optimizer_state().unwrap(),
        );
    }
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

#[test]
fn losses_of_sure_and_of_hopeless_answers_are_the_cpu_engine_s() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let batch = batch(&graph, 7, 0.0);
    for factor in [1e-3, 30.0, 3e4] {
        let mut weights = initial_weights(&graph, 1);
        let layer = weights.get_mut("fc.weight").unwrap();
        layer.data.iter_mut().for_each(|value| *value *= factor);
        let mut ours = GpuEngine::new(device(Checks::Off), &graph, &weights, Optimizer::default()).unwrap();
        let mut right = CpuEngine::new(&graph, &weights, Optimizer::default()).unwrap();
        let request = everything(BnMode::Batch);
        let [a, b] = [
            ours.probe(&batch, &request).unwrap(),
            right.probe(&batch, &request).unwrap(),
        ];
        assert!(
            (a.loss / b.loss - 1.0).abs() < 1e-5,
            "{factor}: {} and not {}",
            a.loss,
            b.loss
        );
        let gradient = |probe: &Probe| probe.activation_gradients["logits"].clone();
        assert!(off(&gradient(&a), &gradient(&b)) < TOLERANCE, "{factor}");
        let [a, b] = [&mut ours as &mut dyn Engine, &mut right].map(|engine| engine.evaluate(&batch, BnMode::Batch));
        assert_eq!(a.unwrap().correct, b.unwrap().correct, "{factor}");
    }
}

#[test]
fn a_step_in_many_pieces_is_the_same_step() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let weights = initial_weights(&graph, 1);
    let device = Device::open(&adapters()[0], Checks::Off).unwrap();
    let losses = || {
        let mut engine = GpuEngine::new(Arc::clone(&device), &graph, &weights, Optimizer::default()).unwrap();
        let step = |step: usize| engine.step(&batch(&graph, 5, step as f32), 0.01, false).unwrap().loss;
        (0..3).map(step).collect::<Vec<_>>()
    };
    let whole = losses();
    let long_ago = Instant::now().checked_sub(Duration::from_secs(3600)).unwrap();
    let before = device.pace().piece();
    for _ in 0..40 {
        device.done(1.0, long_ago);
    }
    assert!(device.pace().piece() <= before);
    assert_eq!(losses(), whole);
}
