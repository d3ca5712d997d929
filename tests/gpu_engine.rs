//! The GPU engine against the CPU engine, on whatever adapter there is (a software one in CI).

use std::sync::Arc;

use depthscope::data::{Augment, Batch, Dataset};
use depthscope::engine::cpu::CpuEngine;
use depthscope::engine::gpu::{Checks, Device, GpuEngine, adapters};
use depthscope::engine::{BnMode, Decay, Engine, Optimizer, OptimizerKind, Probe, ProbeRequest, Select};
use depthscope::net::{Array, Graph, Weights, initial_weights};

fn device(checks: Checks) -> Arc<Device> {
    let adapters = adapters();
    let adapter = adapters.iter().find(|adapter| adapter.about.compute);
    let name = &adapter
        .expect("the tests need a GPU or Mesa's software Vulkan driver")
        .about
        .name;
    Device::shared(Some(name), checks).unwrap()
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

fn gpu(graph: &Arc<Graph>, weights: &Weights, optimizer: Optimizer, checks: Checks) -> GpuEngine {
    GpuEngine::new(device(checks), graph, weights, optimizer).unwrap()
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

fn compare(what: &str, found: &Weights, right: &Weights, limit: f64, report: &mut Vec<String>) {
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        right.keys().collect::<Vec<_>>(),
        "{what}"
    );
    for (name, right) in right {
        let error = off(&found[name], right);
        if error.is_nan() || error > limit {
            report.push(format!("{what} {name}: {error:.1e}"));
        }
    }
}

#[test]
fn a_deep_net_is_the_cpu_engine_s() {
    let graph = graph("resnet-20:width=4,input=1x8x8");
    let weights = initial_weights(&graph, 1);
    let mut ours = gpu(&graph, &weights, Optimizer::default(), Checks::Off);
    let mut right = CpuEngine::new(&graph, &weights, Optimizer::default()).unwrap();
    let batch = batch(&graph, 16, 0.0);
    let mut report = Vec::new();
    for mode in [BnMode::Batch, BnMode::Running] {
        let [a, b]: [Probe; 2] = [
            ours.probe(&batch, &everything(mode)).unwrap(),
            right.probe(&batch, &everything(mode)).unwrap(),
        ];
        let mut compare = |what: &str, a: &Weights, b: &Weights| {
            compare(&format!("{mode:?} {what}"), a, b, 1e-4, &mut report);
        };
        compare("value", &a.activations, &b.activations);
        compare("gradient", &a.activation_gradients, &b.activation_gradients);
        compare("weight gradient", &a.weight_gradients, &b.weight_gradients);
        compare("buffer", &a.buffers, &b.buffers);
    }
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

fn train(engine: &mut dyn Engine, graph: &Graph, steps: usize) -> Vec<f32> {
    let step = |step: usize| engine.step(&batch(graph, 32, step as f32), 0.01, step % 3 == 1);
    (0..steps).map(step).map(|step| step.unwrap().loss).collect()
}

#[test]
fn losses_follow_the_cpu_engine_s_for_every_optimiser() {
    let graph = graph("resnet-8:width=4,input=1x8x8");
    let weights = initial_weights(&graph, 1);
    let sgd = Optimizer::default();
    let (clip, nesterov, decay) = (0.5, true, Decay::Weights);
    let clipped = Optimizer {
        clip,
        nesterov,
        decay,
        weight_decay: 1e-2,
        ..sgd
    };
    let adam = Optimizer {
        kind: OptimizerKind::Adam,
        ..sgd
    };
    for (optimizer, steps) in [(sgd, 20), (clipped, 10), (adam, 10)] {
        let mut ours = gpu(&graph, &weights, optimizer, Checks::Off);
        let mut right = CpuEngine::new(&graph, &weights, optimizer).unwrap();
        let (a, b) = (train(&mut ours, &graph, steps), train(&mut right, &graph, steps));
        for (step, (a, b)) in a.iter().zip(&b).enumerate() {
            assert!(
                (a - b).abs() <= 1e-3 * b.max(1.0),
                "{optimizer:?}, step {step}: {a} against {b}"
            );
        }
        // A checkpoint goes over to the other engine and back.
        right.set_weights(&ours.weights().unwrap()).unwrap();
        right.set_optimizer_state(&ours.optimizer_state().unwrap()).unwrap();
        assert!(right.weights().unwrap() == ours.weights().unwrap());
        assert!(right.optimizer_state().unwrap() == ours.optimizer_state().unwrap());
    }
}

#[test]
fn two_runs_and_both_shader_modes_give_the_same_bits() {
    let graph = graph("resnet-8:order=pre,width=4,input=1x8x8");
    let weights = initial_weights(&graph, 1);
    let run = |checks| {
        let mut engine = gpu(&graph, &weights, Optimizer::default(), checks);
        let losses = train(&mut engine, &graph, 3);
        (losses, engine.weights().unwrap())
    };
    let first = run(Checks::Off);
    assert!(first == run(Checks::Off), "two runs differ");
    assert!(first == run(Checks::On), "checked shaders differ");
}

#[test]
fn norms_are_those_of_the_probed_gradients() {
    let graph = graph("resnet-8:width=4,input=1x8x8");
    let mut engine = gpu(&graph, &initial_weights(&graph, 1), Optimizer::default(), Checks::Off);
    let batch = batch(&graph, 9, 0.3);
    let probe = engine.probe(&batch, &everything(BnMode::Batch)).unwrap();
    let norms = engine.step(&batch, 0.05, true).unwrap().norms.unwrap();
    let close = |a: f32, b: f32| assert!((a / b - 1.0).abs() < 1e-4, "{a} against {b}");
    for (&norm, id) in norms.activation.iter().zip(graph.trunk()) {
        close(norm, probe.activation_gradients[&graph.nodes[id].name].norm());
    }
    for (&norm, id) in norms.weight.iter().zip(graph.weighted()) {
        let name = format!("{}.weight", graph.nodes[id].op.parameters().unwrap());
        close(norm, probe.weight_gradients[&name].norm());
    }
}

#[test]
fn steps_after_the_first_make_nothing_on_the_device() {
    let graph = graph("resnet-8:width=4,input=1x8x8");
    let mut engine = gpu(&graph, &initial_weights(&graph, 1), Optimizer::default(), Checks::Off);
    let device = Device::open(&adapters()[0], Checks::Off).unwrap();
    let mut alone = GpuEngine::new(
        Arc::clone(&device),
        &graph,
        &engine.weights().unwrap(),
        Optimizer::default(),
    )
    .unwrap();
    train(&mut engine, &graph, 2);
    train(&mut alone, &graph, 4);
    let held = |device: &Device| {
        let report = device.device.generate_allocator_report();
        (
            device.made(),
            report.map(|report| (report.allocations.len(), report.total_allocated_bytes)),
        )
    };
    let before = held(&device);
    train(&mut alone, &graph, 8);
    assert_eq!(held(&device), before);
}

#[test]
fn a_large_evaluation_needs_little_memory() {
    let graph = graph("resnet-20:width=4,input=1x8x8");
    let weights = initial_weights(&graph, 1);
    let mut ours = gpu(&graph, &weights, Optimizer::default(), Checks::Off);
    let mut right = CpuEngine::new(&graph, &weights, Optimizer::default()).unwrap();
    train(&mut ours, &graph, 1);
    ours.set_weights(&weights).unwrap();
    let trained = ours.memory_bytes();
    let images = 1024;
    let batch = batch(&graph, images, 0.0);
    for mode in [BnMode::Batch, BnMode::Running] {
        let [a, b] = [
            ours.evaluate(&batch, mode).unwrap(),
            right.evaluate(&batch, mode).unwrap(),
        ];
        assert!((a.loss_sum / b.loss_sum - 1.0).abs() < 1e-4, "{a:?} and not {b:?}");
        assert!(
            a.correct.abs_diff(b.correct) <= 1 && a.images == images,
            "{a:?} and not {b:?}"
        );
    }
    // The largest tensor, a few times.
    let tensor = (images * 8 * 8 * 4 * 4) as u64;
    let needed = ours.memory_bytes() - trained;
    assert!(needed < 6 * tensor, "{needed} for tensors of {tensor}");
}

#[test]
fn a_probe_beside_a_training_lets_it_go_on() {
    let graph = graph("resnet-8:width=4,input=1x8x8");
    let weights = initial_weights(&graph, 1);
    let mut trained = gpu(&graph, &weights, Optimizer::default(), Checks::Off);
    let mut probed = gpu(&graph, &weights, Optimizer::default(), Checks::Off);
    let [first, second] = [0.0, 1.0].map(|phase| batch(&graph, 32, phase));
    let expected = {
        let mut alone = gpu(&graph, &weights, Optimizer::default(), Checks::Off);
        [&first, &second].map(|batch| alone.step(batch, 0.01, false).unwrap())
    };
    let request = everything(BnMode::Running);
    let quiet = probed.probe(&first, &request).unwrap();
    trained.start(&first, 0.01, false).unwrap();
    trained.start(&second, 0.01, false).unwrap();
    assert!(probed.probe(&first, &request).unwrap() == quiet);
    assert_eq!(trained.finished(true).unwrap(), expected);
    // A probe of the engine that trains waits for its steps and tells them later.
    trained.start(&first, 0.0, false).unwrap();
    trained.probe(&first, &request).unwrap();
    assert_eq!(trained.finished(true).unwrap().len(), 1);
}

#[test]
fn batches_taken_from_a_set_on_the_device_are_the_host_s() {
    let digits = Dataset::open(&toml::from_str("source = 'digits'\nimages = 200").unwrap()).unwrap();
    let graph = graph("resnet-8:width=3,input=1x8x8");
    let weights = initial_weights(&graph, 1);
    let augment = Augment { shift: 2, flip: true };
    let trained = |sent: bool, checks| {
        let mut engine = gpu(&graph, &weights, Optimizer::default(), checks);
        let step = |step: usize| {
            let mut batch = digits.train_batch(3, step, 16, augment);
            // The second step is sent in either case, so that the engine changes its way and back.
            batch.origin = batch.origin.filter(|_| !sent && step != 1);
            engine.step(&batch, 0.01, false).unwrap().loss
        };
        let losses: Vec<f32> = (0..4).map(step).collect();
        (losses, engine.weights().unwrap())
    };
    let right = trained(true, Checks::Off);
    assert!(trained(false, Checks::Off) == right && trained(false, Checks::On) == right);
}
