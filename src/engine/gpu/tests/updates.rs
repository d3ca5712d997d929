//! What a step changes, against the CPU engine.

use std::sync::Arc;

use super::super::engine::GpuEngine;
use super::super::{Checks, works};
use super::{TOLERANCE, batch, compare, device, everything, graph, off};
use crate::engine::cpu::CpuEngine;
use crate::engine::plan::lower;
use crate::engine::{BnMode, Decay, Engine, Optimizer, OptimizerKind, Probe};
use crate::net::{Weights, initial_weights};

#[test]
fn updates_are_the_cpu_engine_s_for_every_optimiser_and_decay() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let weights = initial_weights(&graph, 1);
    let devices = [Checks::Off, Checks::On].map(device);
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
        let engine = |device| GpuEngine::new(Arc::clone(device), &graph, &weights, optimizer).unwrap();
        let [mut ours, mut checked] = devices.each_ref().map(engine);
        let mut right = CpuEngine::new(&graph, &weights, optimizer).unwrap();
        for (step, rate) in [0.0, 1e-3, 1e-2, 1e-3].into_iter().enumerate() {
            let batch = batch(&graph, 3, step as f32);
            let measured = [&mut ours as &mut dyn Engine, &mut checked, &mut right]
                .map(|engine| engine.step(&batch, rate, step == 1).unwrap());
            assert_eq!(
                measured[0], measured[1],
                "{optimizer:?}: checked shaders give other bits"
            );
        }
        let all = |engine: &GpuEngine| (engine.weights().unwrap(), engine.optimizer_state().unwrap());
        assert!(
            all(&ours) == all(&checked),
            "{optimizer:?}: checked shaders give other bits"
        );
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
fn a_step_s_work_is_counted_without_a_device() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let weights = initial_weights(&graph, 1);
    let mut engine = GpuEngine::new(device(Checks::Off), &graph, &weights, Optimizer::default()).unwrap();
    engine.step(&batch(&graph, 5, 0.0), 0.01, false).unwrap();
    let counted = works(&graph, 5);
    // Its kernels bind as many buffers as the device has.
    assert!(engine.runner.device.about.storage_buffers >= 16);
    assert_eq!(engine.works(5).unwrap(), counted);
    // The plan's kernels read what they share once; a GPU's dispatches each for themselves.
    let rows = lower(&graph).table(&graph);
    let least = 5 * rows.iter().map(|row| row.bytes).sum::<u64>();
    let flops = 5 * rows.iter().map(|row| row.flops).sum::<u64>();
    assert!(counted.iter().map(|work| work.bytes).sum::<u64>() > least);
    assert_eq!(counted.iter().map(|work| work.flops).sum::<u64>(), flops);
}
