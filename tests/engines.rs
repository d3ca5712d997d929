//! What every engine promises beyond right numbers: nothing changes by looking, state comes back, and bad input is one
//! sentence.

use std::sync::Arc;

use depthscope::data::Batch;
use depthscope::engine::{
    BnMode, Choice, Engine, Optimizer, OptimizerKind, Probe, ProbeRequest, Select, Step, Wanted, open,
};
use depthscope::error::Result;
use depthscope::net::{Array, Graph, Weights, initial_weights};

/// Of the GPUs the software adapter: the same bits on every machine.
fn engines() -> [Wanted; 3] {
    [Choice::Candle.into(), Choice::Cpu.into(), Wanted::gpu("llvmpipe")]
}

fn graph(text: &str) -> Arc<Graph> {
    Arc::new(Graph::new(&text.parse().unwrap()))
}

fn batch(graph: &Graph, n: usize) -> Batch {
    let pixel = |i: usize| ((i * i % 89) as f32 * 0.53 + i as f32 * 0.17).sin();
    Batch {
        shape: graph.spec.input,
        images: (0..n * graph.spec.input.iter().product::<usize>()).map(pixel).collect(),
        labels: (0..n).map(|i| (i % graph.spec.classes) as u32).collect(),
        origin: None,
    }
}

fn opened(wanted: &Wanted, graph: &Arc<Graph>, optimizer: Optimizer) -> Box<dyn Engine> {
    open(wanted.clone(), graph, &initial_weights(graph, 0), optimizer).unwrap()
}

fn everything(mode: BnMode) -> ProbeRequest {
    ProbeRequest {
        mode,
        activations: Select::All,
        activation_gradients: Select::All,
        weight_gradients: true,
    }
}

fn sentence<T>(outcome: Result<T>, says: &str) {
    let text = outcome.err().expect("it was accepted").to_string();
    assert!(text.contains(says) && text.lines().count() == 1, "{text}");
}

#[test]
fn looking_changes_nothing() {
    let graph = graph("resnet-8:width=3,input=1x6x6,classes=4");
    let batch = batch(&graph, 5);
    for wanted in &engines() {
        let (mut looked_at, mut left_alone) = (
            opened(wanted, &graph, Optimizer::default()),
            opened(wanted, &graph, Optimizer::default()),
        );
        for _ in 0..3 {
            looked_at.probe(&batch, &everything(BnMode::Batch)).unwrap();
            looked_at.evaluate(&batch, BnMode::Batch).unwrap();
            let Step { loss, correct, norms } = looked_at.step(&batch, 0.05, true).unwrap();
            assert!(norms.is_some());
            let alone = left_alone.step(&batch, 0.05, false).unwrap();
            assert_eq!((loss, correct, None), (alone.loss, alone.correct, alone.norms));
        }
        assert_eq!(looked_at.weights().unwrap(), left_alone.weights().unwrap());
    }
}

#[test]
fn norms_are_those_of_the_probed_gradients() {
    let graph = graph("resnet-14:block=basic,width=3,input=1x6x6,classes=4,order=pre,shortcut=B");
    let batch = batch(&graph, 5);
    for wanted in &engines() {
        let mut engine = opened(wanted, &graph, Optimizer::default());
        let Probe {
            activation_gradients,
            weight_gradients,
            ..
        } = engine.probe(&batch, &everything(BnMode::Batch)).unwrap();
        let norms = engine.step(&batch, 0.05, true).unwrap().norms.unwrap();
        let close = |a: f32, b: f32| assert!((a / b - 1.0).abs() < 1e-5, "{wanted}: {a} against {b}");
        assert_eq!(norms.activation.len(), 1 + graph.blocks.len());
        for (&norm, id) in norms.activation.iter().zip(graph.trunk()) {
            close(norm, activation_gradients[&graph.nodes[id].name].norm());
        }
        assert_eq!(norms.weight.len(), graph.weighted().len());
        for (&norm, id) in norms.weight.iter().zip(graph.weighted()) {
            let name = format!("{}.weight", graph.nodes[id].op.parameters().unwrap());
            close(norm, weight_gradients[&name].norm());
        }
    }
}

/// Squares of gradients of 1e-25 are no `f32`; their norm is.
#[test]
fn vanishing_norms_do_not_underflow() {
    let graph = graph("plain-56:norm=none,init=xavier,width=4,input=1x8x8");
    let batch = batch(&graph, 8);
    for wanted in &engines() {
        let mut engine = opened(wanted, &graph, Optimizer::default());
        let mut weights = engine.weights().unwrap();
        weights
            .get_mut("fc.weight")
            .unwrap()
            .data
            .iter_mut()
            .for_each(|value| *value *= 1e-8);
        engine.set_weights(&weights).unwrap();
        let norms = engine.step(&batch, 0.0, true).unwrap().norms.unwrap();
        let (first, last) = (norms.activation[0], *norms.activation.last().unwrap());
        assert!(first > 0.0 && first < 1e-19, "{wanted}: {first:e}");
        assert!(last > 1e-12, "{wanted}: {last:e}");
    }
}

#[test]
fn training_resumes_bit_for_bit() {
    let graph = graph("resnet-8:shortcut=B,width=3,input=1x6x6,classes=4");
    let batch = batch(&graph, 6);
    for wanted in &engines() {
        for kind in [OptimizerKind::Sgd, OptimizerKind::Adam] {
            let optimizer = Optimizer {
                kind,
                ..Optimizer::default()
            };
            let mut first = opened(wanted, &graph, optimizer);
            let mut second = opened(wanted, &graph, optimizer);
            for _ in 0..3 {
                first.step(&batch, 0.01, false).unwrap();
            }
            second.set_weights(&first.weights().unwrap()).unwrap();
            second.set_optimizer_state(&first.optimizer_state().unwrap()).unwrap();
            for _ in 0..2 {
                assert_eq!(
                    first.step(&batch, 0.01, false).unwrap(),
                    second.step(&batch, 0.01, false).unwrap()
                );
            }
            assert_eq!(first.weights().unwrap(), second.weights().unwrap());
            assert_eq!(first.optimizer_state().unwrap(), second.optimizer_state().unwrap());
        }
    }
}

#[test]
fn buffers_are_neither_trained_nor_decayed() {
    let graph = graph("resnet-8:width=3,input=1x6x6,classes=4");
    let batch = batch(&graph, 6);
    for wanted in &engines() {
        let optimizer = Optimizer {
            weight_decay: 10.0,
            ..Optimizer::default()
        };
        let mut engine = opened(wanted, &graph, optimizer);
        let buffers = engine.probe(&batch, &everything(BnMode::Batch)).unwrap().buffers;
        engine.step(&batch, 0.1, false).unwrap();
        let weights = engine.weights().unwrap();
        assert_eq!(
            buffers.len(),
            graph.params.iter().filter(|param| !param.kind.trained()).count()
        );
        for (name, buffer) in &buffers {
            assert_eq!(&weights[name], buffer, "{wanted}: {name}");
        }
    }
}

#[test]
fn wrong_weights_and_states_are_refused_whole() {
    let graph = graph("resnet-8:width=2,input=1x6x6,classes=4");
    for wanted in &engines() {
        let mut engine = opened(wanted, &graph, Optimizer::default());
        let (weights, state) = (engine.weights().unwrap(), engine.optimizer_state().unwrap());
        // Each wrong set differs in every value, so that a partial change would show.
        let moved = |weights: &Weights| {
            let mut moved = weights.clone();
            moved
                .values_mut()
                .for_each(|array| array.data.iter_mut().for_each(|value| *value += 1.0));
            moved
        };
        let mut missing = moved(&weights);
        missing.remove("layer3.0.bn2.running_var");
        sentence(engine.set_weights(&missing), "layer3.0.bn2.running_var");
        let mut surplus = moved(&weights);
        surplus.insert("layer4.0.conv1.weight".into(), Array::filled(vec![1], 0.0));
        sentence(engine.set_weights(&surplus), "layer4.0.conv1.weight");
        let mut misshapen = moved(&weights);
        misshapen.get_mut("fc.weight").unwrap().shape.reverse();
        sentence(engine.set_weights(&misshapen), "fc.weight");
        assert_eq!(engine.weights().unwrap(), weights);

        let mut missing = moved(&state);
        missing.remove("momentum/fc.bias");
        sentence(engine.set_optimizer_state(&missing), "momentum/fc.bias");
        let mut surplus = moved(&state);
        surplus.insert("exp_avg/fc.bias".into(), Array::filled(vec![4], 0.0));
        sentence(engine.set_optimizer_state(&surplus), "exp_avg/fc.bias");
        let mut broken = state.clone();
        broken.insert("step".into(), Array::filled(vec![], 0.5));
        sentence(engine.set_optimizer_state(&broken), "no whole number");
        assert_eq!(engine.optimizer_state().unwrap(), state);

        let mut counted = weights.clone();
        counted.insert("bn1.num_batches_tracked".into(), Array::filled(vec![], 7.0));
        counted.get_mut("fc.bias").unwrap().data[0] = f32::NAN;
        engine.set_weights(&counted).unwrap();
        assert!(engine.weights().unwrap()["fc.bias"].data[0].is_nan());
        assert!(!engine.weights().unwrap().contains_key("bn1.num_batches_tracked"));
    }
}

#[test]
fn impossible_batches_and_nodes_are_one_sentence() {
    let graph = graph("resnet-8:width=2,input=1x4x4,classes=3");
    let good = batch(&graph, 4);
    for wanted in &engines() {
        let mut engine = opened(wanted, &graph, Optimizer::default());
        let empty = Batch {
            images: Vec::new(),
            labels: Vec::new(),
            ..good.clone()
        };
        sentence(engine.step(&empty, 0.1, false), "no image");
        sentence(
            engine.step(
                &Batch {
                    shape: [1, 4, 5],
                    ..good.clone()
                },
                0.1,
                false,
            ),
            "1x4x5",
        );
        let short = Batch {
            images: good.images[1..].to_vec(),
            ..good.clone()
        };
        sentence(engine.evaluate(&short, BnMode::Running), "pixels");
        let unknown = Batch {
            labels: vec![0, 1, 2, 3],
            ..good.clone()
        };
        sentence(engine.evaluate(&unknown, BnMode::Running), "label 3");
        // PyTorch raises here too: one value has no variance.
        let single = batch(&graph, 1);
        sentence(engine.step(&single, 0.1, false), "one value a channel");
        engine.evaluate(&single, BnMode::Running).unwrap();
        let request = ProbeRequest {
            activations: Select::Nodes(vec!["layer9.0".into()]),
            ..everything(BnMode::Running)
        };
        sentence(engine.probe(&good, &request), "layer9.0");
    }
}

#[test]
fn a_diverged_net_reports_its_loss() {
    let graph = graph("resnet-8:width=2,input=1x4x4,classes=3");
    for wanted in &engines() {
        let mut engine = opened(wanted, &graph, Optimizer::default());
        let mut weights = engine.weights().unwrap();
        weights.get_mut("conv1.weight").unwrap().data[0] = f32::NAN;
        engine.set_weights(&weights).unwrap();
        let step = engine.step(&batch(&graph, 4), 0.1, true).unwrap();
        assert!(step.loss.is_nan() && step.correct == 0, "{wanted}: {step:?}");
    }
}

#[test]
fn a_probe_reports_what_it_was_asked_for() {
    let graph = graph("resnet-8:width=2,input=2x5x4,classes=3");
    let batch = batch(&graph, 4);
    for wanted in &engines() {
        let mut engine = opened(wanted, &graph, Optimizer::default());
        let request = ProbeRequest {
            mode: BnMode::Batch,
            activations: Select::Nodes(vec!["avgpool".into(), "logits".into()]),
            activation_gradients: Select::Nodes(vec!["layer2.0.downsample".into()]),
            weight_gradients: false,
        };
        let probe = engine.probe(&batch, &request).unwrap();
        let shapes: Vec<_> = probe
            .activations
            .iter()
            .map(|(name, array)| (name.as_str(), array.shape.clone()))
            .collect();
        assert_eq!(shapes, [("avgpool", vec![4, 8, 1, 1]), ("logits", vec![4, 3])]);
        assert_eq!(
            probe.activation_gradients.keys().collect::<Vec<_>>(),
            ["layer2.0.downsample"]
        );
        assert!(probe.weight_gradients.is_empty());
        let all = engine.probe(&batch, &everything(BnMode::Running)).unwrap();
        assert_eq!(all.activations.len(), graph.nodes.len() - 1);
        assert_eq!(all.activation_gradients.len(), graph.nodes.len() - 1);
    }
}

/// A thousand layers are a thousand nested calls in some implementations.
#[test]
fn a_net_of_1202_layers_steps_on_a_small_stack() {
    let graph = graph("resnet-1202:width=1,input=1x4x4,classes=2");
    let batch = batch(&graph, 2);
    for wanted in [Choice::Candle, Choice::Cpu] {
        let (graph, batch) = (Arc::clone(&graph), batch.clone());
        let work = move || {
            let mut engine = opened(&wanted.into(), &graph, Optimizer::default());
            engine.step(&batch, 0.01, true).unwrap().loss
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap();
        assert!(thread.join().unwrap().is_finite());
    }
}
