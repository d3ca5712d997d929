//! Every engine against PyTorch: logits, loss, gradients, running statistics, and the weights after ten steps of each
//! optimiser. `tests/pytorch/make.py` made the constants, in f64, with PyTorch's own f32 error of each tensor.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use depthscope::data::Batch;
use depthscope::engine::{BnMode, Choice, Engine, Optimizer, ProbeRequest, Select, Wanted, open, weights_file};
use depthscope::net::{Array, Graph, Weights};
use safetensors::SafeTensors;

/// Largest relative error of a tensor, unless PyTorch's own f32 error is above half of it.
const TOLERANCE: f64 = 1e-4;

/// What a file says of itself.
#[derive(serde::Deserialize)]
struct Stated {
    net: String,
    recipe: Optimizer,
    rate: f32,
    errors: BTreeMap<String, f64>,
}

struct Case {
    graph: Arc<Graph>,
    optimizer: Optimizer,
    rate: f32,
    batch: Batch,
    arrays: Weights,
    /// PyTorch's own error where it is worth naming.
    errors: BTreeMap<String, f64>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch")
}

impl Case {
    fn read(name: &str) -> Self {
        let bytes = std::fs::read(folder().join(name).with_extension("safetensors")).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let stated: Stated = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["case"]).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let path = Path::new(name);
        let floats = |(name, view): (&str, _)| Some((name.to_owned(), weights_file::floats(path, name, &view).ok()?));
        let arrays: Weights = file.iter().filter_map(floats).collect();
        let labels = file.tensor("labels").unwrap();
        let labels = labels
            .data()
            .chunks_exact(8)
            .map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap()) as u32);
        let graph = Arc::new(Graph::new(&stated.net.parse().unwrap()));
        Self {
            optimizer: stated.recipe,
            rate: stated.rate,
            batch: Batch {
                shape: graph.spec.input,
                images: arrays["images"].data.clone(),
                labels: labels.collect(),
                origin: None,
            },
            errors: stated.errors,
            graph,
            arrays,
        }
    }

    fn group(&self, prefix: &str) -> Weights {
        let strip = |(name, array): (&String, &Array)| Some((name.strip_prefix(prefix)?.to_owned(), array.clone()));
        self.arrays.iter().filter_map(strip).collect()
    }

    /// Says what is wrong with a group of tensors, all of it.
    fn compare(&self, prefix: &str, found: &Weights, report: &mut Vec<String>) {
        let expected = self.group(prefix);
        assert!(!expected.is_empty(), "the file has no {prefix}");
        for (name, right) in &expected {
            let Some(array) = found.get(name) else {
                report.push(format!("{prefix}{name} is missing"));
                continue;
            };
            if array.shape != right.shape {
                report.push(format!(
                    "{prefix}{name} has shape {:?}, not {:?}",
                    array.shape, right.shape
                ));
                continue;
            }
            let own = self.errors.get(&format!("{prefix}{name}")).copied().unwrap_or(0.0);
            let error = relative_error(&array.data, &right.data);
            if error.is_nan() || error > TOLERANCE.max(2.0 * own) {
                report.push(format!("{prefix}{name}: {error:.1e}"));
            }
        }
    }
}

fn relative_error(found: &[f32], right: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let difference: f64 = found
        .iter()
        .zip(right)
        .map(|(&a, &b)| square(f64::from(a) - f64::from(b)))
        .sum();
    let size: f64 = right.iter().map(|&b| square(f64::from(b))).sum();
    (difference / size).sqrt()
}

/// The whole comparison of one file with one engine.
fn agrees(wanted: impl Into<Wanted>, name: &str) {
    let case = Case::read(name);
    let initial = case.group("initial/");
    let mut engine = open(wanted, &case.graph, &initial, case.optimizer).unwrap();
    let mut report = Vec::new();
    for (mode, prefix) in [(BnMode::Running, "running/"), (BnMode::Batch, "batch/")] {
        let request = ProbeRequest {
            mode,
            activations: Select::All,
            activation_gradients: Select::All,
            weight_gradients: true,
        };
        let probe = engine.probe(&case.batch, &request).unwrap();
        let mut found = Weights::from([
            ("logits".into(), probe.logits.unwrap()),
            ("loss".into(), Array::filled(vec![], probe.loss)),
        ]);
        found.extend(
            probe
                .weight_gradients
                .into_iter()
                .map(|(name, array)| (format!("grad/{name}"), array)),
        );
        case.compare(prefix, &found, &mut report);
        if mode == BnMode::Batch {
            case.compare("activation_grad/", &probe.activation_gradients, &mut report);
            let norm = |(name, array): (&String, &Array)| (name.clone(), Array::filled(vec![], array.norm()));
            case.compare(
                "activation_norm/",
                &probe.activations.iter().map(norm).collect(),
                &mut report,
            );
            if !probe.buffers.is_empty() {
                case.compare("buffer/", &probe.buffers, &mut report);
            }
        } else {
            assert!(probe.buffers.is_empty());
        }
    }
    assert_eq!(engine.weights().unwrap(), initial, "{name}: a probe changed the net");
    let losses = train(engine.as_mut(), &case);
    let error = relative_error(&losses, &case.arrays["losses"].data);
    assert!(error <= TOLERANCE, "{name}: losses {losses:?} are off by {error:.1e}");
    case.compare("trained/", &engine.weights().unwrap(), &mut report);
    assert!(
        report.is_empty(),
        "{name} on {}:\n{}",
        engine.device(),
        report.join("\n")
    );
}

/// The ten steps of make.py: labels move on by one image every three steps.
fn train(engine: &mut dyn Engine, case: &Case) -> Vec<f32> {
    let mut batch = case.batch.clone();
    (0..case.arrays["losses"].data.len())
        .map(|step| {
            if step > 0 && step % 3 == 0 {
                batch.labels.rotate_right(1);
            }
            engine.step(&batch, case.rate, step % 2 == 1).unwrap().loss
        })
        .collect()
}

macro_rules! cases {
    ($($test:ident $file:literal),* $(,)?) => {
        mod candle {
            $(#[test] fn $test() { super::agrees(super::Choice::Candle, $file); })*
        }
        mod cpu {
            $(#[test] fn $test() { super::agrees(super::Choice::Cpu, $file); })*
        }
        /// The software adapter: the same bits on every machine.
        mod gpu {
            $(#[test] fn $test() { super::agrees(super::Wanted::gpu("llvmpipe"), $file); })*
        }
    };
}

cases! {
    plain "plain-8",
    option_a "resnet-8-a",
    option_b "resnet-8-b",
    option_c "resnet-8-c",
    bottleneck "bottleneck",
    pre_activation "pre-activation",
    pre_activation_bottleneck "pre-activation-bottleneck",
    scaled_shortcut "scaled",
    no_normalisation "no-norm",
    resnext "resnext",
}

#[test]
fn state_dictionaries_of_both_formats_agree() {
    let pth = weights_file::read(&folder().join("state.pth")).unwrap();
    assert_eq!(pth, weights_file::read(&folder().join("state.safetensors")).unwrap());
    assert_eq!(pth["0.weight"].shape, [3, 2]);
}

#[test]
fn a_malformed_state_dictionary_is_one_sentence() {
    let folder = folder();
    for name in ["malformed.pth", "make.pth"] {
        let text = weights_file::read(&folder.join(name)).unwrap_err().to_string();
        assert!(text.contains(name) && text.lines().count() == 1, "{text}");
    }
}
