//! The probes' numbers against PyTorch and numpy: `tests/pytorch/probes.py` made the constants.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use depthscope::data::{Batch, Dataset, Split as Images};
use depthscope::engine::{BnMode, Choice, Optimizer, ProbeRequest, Select, Wanted, open, weights_file};
use depthscope::net::{Array, Deepened, Form, Graph, Param, ParamKind, Split, Surgery, Weights, initial_weights};
use depthscope::probe::{Patient, Plane, Target, Way, accuracy, autocorrelation, landscape, lesions, mean_cosine};
use safetensors::SafeTensors;

#[path = "pytorch/digest.rs"]
mod pytorch;

#[derive(serde::Deserialize)]
struct Constants {
    forms: Forms,
    series: Series,
    /// Largest |output - input| of an identity block by statistics used.
    identity: BTreeMap<String, f32>,
    learned: Learned,
}

/// Of the net in `probes.safetensors`.
#[derive(serde::Deserialize)]
struct Learned {
    /// Accuracies of the whole net, and without each block.
    lesions: Vec<f32>,
    landscape: Vec<f32>,
    transfer: BTreeMap<String, Transferred>,
}

#[derive(serde::Deserialize)]
struct Transferred {
    accuracy: f32,
    moved: Vec<f32>,
}

#[derive(serde::Deserialize)]
struct Forms {
    seed: u64,
    digests: BTreeMap<String, [f64; 4]>,
}

#[derive(serde::Deserialize)]
struct Series {
    by_lag: Vec<f64>,
    cosine: f64,
}

fn constants() -> Constants {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch/probes.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Values of the grouped form, stream by place in the order of the names.
fn block_values(graph: &Graph, seed: u64) -> Weights {
    let mut names: Vec<&str> = graph.params.iter().map(|param| param.name.as_str()).collect();
    names.sort_unstable();
    let value = |param: &Param| {
        let at = names.iter().position(|name| *name == param.name).unwrap() as u64;
        let mut data = pytorch::values(param.len(), seed * 1000 + at);
        let factor = (6.0 / param.shape[1..].iter().product::<usize>() as f64).sqrt() as f32;
        for value in &mut data {
            *value = match param.kind {
                ParamKind::ConvWeight | ParamKind::LinearWeight => *value * factor,
                ParamKind::RunningVar => 1.0 + 0.5 * *value,
                ParamKind::NormWeight => 1.0 + 0.25 * *value,
                _ => 0.25 * *value,
            };
        }
        let shape = param.shape.clone();
        (param.name.clone(), Array { shape, data })
    };
    graph.params.iter().map(value).collect()
}

#[test]
fn every_form_of_a_block_is_pytorchs() {
    let right = constants().forms;
    let net = "resnext-20:width=4,cardinality=4,group_width=3,input=2x7x9,classes=5";
    let split = Split::of(&Graph::new(&net.parse().unwrap())).unwrap();
    let grouped = block_values(&split.graph(Form::Grouped), right.seed);
    let batch = Batch {
        shape: [2, 7, 9],
        images: pytorch::values(5 * 2 * 7 * 9, right.seed * 1000 + 999),
        labels: (0..5).map(|i| i * i % 5).collect(),
        origin: None,
    };
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::Nodes(vec!["block".into()]),
        activation_gradients: Select::Nodes(vec!["x".into()]),
        weight_gradients: true,
    };
    let mut wrong = Vec::new();
    for choice in [Choice::Cpu, Choice::Candle] {
        for form in Form::ALL {
            let graph = Arc::new(split.graph(form));
            let mut engine = open(choice, &graph, &split.weights(form, &grouped), Optimizer::default()).unwrap();
            let mut probe = engine.probe(&batch, &request).unwrap();
            let mut found = split.gathered(form, &probe.weight_gradients).unwrap();
            found.append(&mut probe.activations);
            found.append(&mut probe.activation_gradients);
            for (name, &right) in &right.digests {
                let values: Vec<f64> = found[name].data.iter().map(|&value| f64::from(value)).collect();
                let distance = pytorch::distance(pytorch::digest(&values), right);
                if distance.is_nan() || distance > 1e-4 {
                    wrong.push(format!("{choice} {form:?} {name}: {distance:.1e}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_identity_block_is_one_with_running_statistics_only() {
    let right = constants().identity;
    let shallow = Graph::new(&"plain-8:width=3,input=3x5x5,classes=5".parse().unwrap());
    let deepened = Deepened::new(&shallow, 14).unwrap();
    let passing = [[0.2, 0.05], [0.3, 0.1], [0.1, 0.2]].to_vec();
    let passing = BTreeMap::from([("layer1.0".to_owned(), passing)]);
    let weights = deepened.weights(&Weights::new(), 0, &passing);
    let x: Vec<f32> = pytorch::values(4 * 3 * 25, 11)
        .iter()
        .map(|value| value.max(0.0))
        .collect();
    // The inserted block alone: conv, norm and ReLU, twice, written out for one pixel at a time.
    let value = |name: &str, channel: usize| weights[&format!("layer1.1.{name}")].data[channel];
    let plane =
        |image: usize, channel: usize, y: &[f32]| -> Vec<f32> { y[(image * 3 + channel) * 25..][..25].to_vec() };
    for (mode, &right) in &right {
        let mut y = x.clone();
        for layer in 1..=2 {
            let middle = |channel: usize| value(&format!("conv{layer}.weight"), (channel * 3 + channel) * 9 + 4);
            for channel in 0..3 {
                assert_eq!(middle(channel), 1.0);
                let all: Vec<f64> = (0..4)
                    .flat_map(|image| plane(image, channel, &y))
                    .map(f64::from)
                    .collect();
                let mean = all.iter().sum::<f64>() / 100.0;
                let variance = all.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 100.0;
                let of = |what: &str| f64::from(value(&format!("bn{layer}.{what}"), channel));
                let (mean, variance) = match mode.as_str() {
                    "batch" => (mean, variance),
                    _ => (of("running_mean"), of("running_var")),
                };
                for image in 0..4 {
                    for value in &mut y[(image * 3 + channel) * 25..][..25] {
                        let normal = (f64::from(*value) - mean) / (variance + 1e-5).sqrt();
                        *value = (normal * of("weight") + of("bias")).max(0.0) as f32;
                    }
                }
            }
        }
        let off = x.iter().zip(&y).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!((off - right).abs() < 1e-5, "{mode}: {off} against {right}");
    }
    assert!(right["running"] < 1e-6 && right["batch"] > 0.1);
}

#[test]
fn correlations_are_numpys() {
    let right = constants().series;
    let (rows, columns) = (40, 5);
    let values = pytorch::values(rows * columns, 7);
    let mut sums = vec![0.0f32; columns];
    let mut series = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            sums[column] += values[row * columns + column];
            series.push(sums[column] + values[(rows - 1 - row) * columns + column]);
        }
    }
    for (found, right) in autocorrelation(&series, columns, 6).iter().zip(&right.by_lag) {
        assert!((found - right).abs() < 1e-5, "{found} against {right}");
    }
    assert!((mean_cosine(&series, columns) - right.cosine).abs() < 1e-5);
}

const NET: &str = "resnet-14:width=2,input=1x8x8,classes=4";
/// Seed of the last layer that is learned anew.
const SEED: u64 = 1;
/// Training images of each class.
const FEW: usize = 7;

/// The net that PyTorch has trained, the images, and the last layer to start anew with.
fn learned() -> (Arc<Graph>, Weights, Dataset, Vec<f32>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch/probes.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let floats = |name: &str, view| weights_file::floats(&path, name, &view).unwrap();
    let weights = file
        .iter()
        .filter_map(|(name, view)| Some((name.strip_prefix("weights/")?.to_owned(), floats(name, view))));
    let pixel = |&pixel: &u8| (f32::from(pixel) / 16.0 - 0.3) / 0.38;
    let images: Vec<f32> = file.tensor("pixels").unwrap().data().iter().map(pixel).collect();
    let labels: Vec<u32> = file
        .tensor("labels")
        .unwrap()
        .data()
        .iter()
        .map(|&label| label.into())
        .collect();
    let part = |from: usize, to: usize| Images {
        images: Arc::new(images[from * 64..to * 64].to_vec()),
        labels: labels[from..to].to_vec(),
    };
    let mut data = Dataset::open(&toml::from_str("source = 'digits'").unwrap()).unwrap();
    (data.train, data.test) = (part(0, 4 * FEW), part(4 * FEW, labels.len()));
    data.classes.truncate(4);
    let graph = Arc::new(Graph::new(&NET.parse().unwrap()));
    let head = floats("head", file.tensor("head").unwrap()).data;
    (graph, weights.collect(), data, head)
}

fn engines() -> [Wanted; 3] {
    [Choice::Cpu.into(), Choice::Candle.into(), Wanted::gpu("llvmpipe")]
}

#[test]
fn lesions_are_pytorchs_on_every_engine() {
    let right = constants().learned.lesions;
    let (graph, weights, data, _) = learned();
    for wanted in engines() {
        let engine = |graph: &Arc<Graph>, weights: &Weights, optimizer| open(wanted.clone(), graph, weights, optimizer);
        let tests = data.test_batches(512);
        let mut whole = Patient::new(&engine, &graph, &Surgery::default(), &weights).unwrap();
        let mut found = vec![accuracy(whole.engine.as_mut(), &tests, BnMode::Batch).unwrap()];
        let removals = lesions(&engine, &graph, &weights, &tests, BnMode::Batch, &mut |_, _| true).unwrap();
        found.extend(removals.iter().map(|removal| removal.accuracy));
        assert_eq!(found, right, "{wanted}");
    }
}

#[test]
fn a_landscape_is_pytorchs_on_every_engine() {
    let right = constants().learned.landscape;
    let (graph, weights, data, _) = learned();
    let names: Vec<&String> = weights.keys().filter(|name| weights[*name].shape.len() > 1).collect();
    let along = [0, 1].map(|number| {
        let direction = names.iter().enumerate().map(|(at, name)| {
            let shape = weights[*name].shape.clone();
            let data = pytorch::values(shape.iter().product(), 5000 + 100 * number + at as u64);
            ((*name).clone(), Array { shape, data })
        });
        direction.collect::<Weights>()
    });
    let plane = Plane::new(&graph, &weights, along);
    for wanted in engines() {
        let mut engine = open(wanted.clone(), &graph, &weights, Optimizer::default()).unwrap();
        let reach = [[-1.0, 1.0]; 2];
        let map = landscape(
            engine.as_mut(),
            &plane,
            &data.test_batches(512),
            reach,
            5,
            &mut |_, _| true,
        )
        .unwrap();
        for (at, (found, right)) in map.loss.iter().zip(&right).enumerate() {
            assert!(
                (found / right - 1.0).abs() < 1e-4,
                "{wanted}, {at}: {found} against {right}"
            );
        }
    }
}

#[test]
fn few_labels_teach_what_they_teach_pytorch() {
    let right = constants().learned.transfer;
    let (graph, weights, data, head) = learned();
    let fresh = initial_weights(&graph, SEED);
    assert_eq!(
        fresh["fc.weight"].data, head,
        "probes.py starts from another last layer"
    );
    assert!(fresh["fc.bias"].data.iter().all(|&bias| bias == 0.0));
    let target = Target {
        open: &|graph, weights, optimizer| open(Choice::Cpu, graph, weights, optimizer),
        graph: &graph,
        data: &data,
        seed: SEED,
    };
    let trials = target.transfer(&weights, &[FEW], &mut |_, _| true).unwrap();
    for trial in trials.iter().filter(|trial| trial.way != Way::Scratch) {
        let right = &right[trial.way.name()];
        let close = |(found, right): (&f32, &f32)| (found - right).abs() <= 2e-3 * right;
        assert_eq!(trial.moved.len(), right.moved.len());
        assert!(
            trial.moved.iter().zip(&right.moved).all(close),
            "{trial:?} against {:?}",
            right.moved
        );
        assert!(
            (trial.accuracy - right.accuracy).abs() < 0.011,
            "{trial:?} against {}",
            right.accuracy
        );
    }
}
