//! Whole nets on odd batches and maps against PyTorch, on every engine: `tests/pytorch/nets.py` made the constants.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use depthscope::data::Batch;
use depthscope::engine::{BnMode, Choice, Optimizer, ProbeRequest, Select, open};
use depthscope::net::{Array, Graph, Param, ParamKind, Weights};

#[path = "pytorch/digest.rs"]
mod pytorch;

/// Largest error relative to a tensor's norm.
const TOLERANCE: f64 = 1e-4;

#[derive(serde::Deserialize)]
struct Case {
    net: String,
    images: usize,
    /// Batch statistics.
    batch: bool,
    seed: u64,
    rate: f32,
    steps: usize,
    digests: BTreeMap<String, [f64; 4]>,
}

impl Case {
    /// The net's values: stream by place in the state dictionary's order by name, in which each normalisation has a
    /// counter too.
    fn initial(&self, graph: &Graph) -> Weights {
        let mut names: Vec<String> = graph.params.iter().map(|param| param.name.clone()).collect();
        let counters = |param: &Param| {
            Some(format!(
                "{}.num_batches_tracked",
                param.name.strip_suffix(".running_mean")?
            ))
        };
        names.extend(graph.params.iter().filter_map(counters));
        names.sort_unstable();
        let value = |param: &Param| {
            let at = names.iter().position(|name| *name == param.name).unwrap() as u64;
            let mut data = pytorch::values(param.len(), self.seed * 1000 + at);
            let fan_in: usize = param.shape[1..].iter().product();
            let factor = (6.0 / fan_in as f64).sqrt() as f32;
            data.iter_mut().for_each(|value| {
                *value = match param.kind {
                    ParamKind::ConvWeight | ParamKind::LinearWeight => *value * factor,
                    ParamKind::RunningVar => 1.0 + 0.5 * *value,
                    ParamKind::NormWeight => 1.0 + 0.25 * *value,
                    _ => 0.25 * *value,
                }
            });
            (
                param.name.clone(),
                Array {
                    shape: param.shape.clone(),
                    data,
                },
            )
        };
        graph.params.iter().map(value).collect()
    }

    fn images(&self, graph: &Graph) -> Batch {
        let (shape, classes) = (graph.spec.input, graph.spec.classes);
        Batch {
            shape,
            images: pytorch::values(self.images * shape.iter().product::<usize>(), self.seed * 1000 + 999),
            labels: (0..self.images).map(|i| (i * i % classes) as u32).collect(),
            origin: None,
        }
    }

    /// Everything that is wrong.
    fn check(&self, choice: Choice) -> Vec<String> {
        let graph = Arc::new(Graph::new(&self.net.parse().unwrap()));
        let mut engine = open(choice, &graph, &self.initial(&graph), Optimizer::default()).unwrap();
        let batch = self.images(&graph);
        let request = ProbeRequest {
            mode: if self.batch { BnMode::Batch } else { BnMode::Running },
            activations: Select::All,
            activation_gradients: Select::All,
            weight_gradients: true,
        };
        let probe = engine.probe(&batch, &request).unwrap();
        let mut found = BTreeMap::from([("loss".to_owned(), vec![probe.loss])]);
        let mut note = |prefix: &str, arrays: BTreeMap<String, Array>| {
            found.extend(
                arrays
                    .into_iter()
                    .map(|(name, array)| (format!("{prefix}/{name}"), array.data)),
            );
        };
        note("activation", probe.activations);
        note("activation_grad", probe.activation_gradients);
        note("grad", probe.weight_gradients);
        note("buffer", probe.buffers);
        if self.batch {
            let step = |_| engine.step(&batch, self.rate, false).unwrap().loss;
            let losses = (0..self.steps).map(step).collect();
            note("trained", engine.weights().unwrap());
            found.insert("losses".into(), losses);
        }
        let mut wrong = Vec::new();
        for (name, &right) in &self.digests {
            let Some(values) = found.get(name) else {
                wrong.push(format!("{name} is missing"));
                continue;
            };
            let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            let distance = pytorch::distance(pytorch::digest(&values), right);
            if distance.is_nan() || distance > TOLERANCE {
                wrong.push(format!("{name}: {distance:.1e}"));
            }
        }
        wrong
    }
}

fn agrees(choice: Choice) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch/nets.json");
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let report = cases.iter().filter_map(|case| {
        let wrong = case.check(choice);
        (!wrong.is_empty()).then(|| format!("{}, {} images:\n  {}", case.net, case.images, wrong.join("\n  ")))
    });
    let report: Vec<String> = report.collect();
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

#[test]
fn candle() {
    agrees(Choice::Candle);
}

#[test]
fn cpu() {
    agrees(Choice::Cpu);
}
