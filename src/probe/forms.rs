//! One ResNeXt block in its equivalent forms: whether they compute the same, and what each takes here.

use std::sync::Arc;
use std::time::Instant;

use rust_i18n::t;

use super::{Open, Watch};
use crate::data::{Batch, Dataset};
use crate::engine::plan::{self, Kernel};
use crate::engine::{BnMode, Engine, Optimizer, ProbeRequest, Select};
use crate::error::{Error, Result};
use crate::net::{Array, Form, Graph, Split, Weights, initial_weights};

/// Images that the forms compute.
const IMAGES: usize = 32;
/// Training steps of each form that are timed, in turns.
const ROUNDS: usize = 15;
/// Steps before the clock counts.
const WARM_UP: usize = 2;

/// What the forms of one block came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Forms {
    pub split: Split,
    /// Height and width of the maps.
    pub side: [usize; 2],
    /// Images of a step.
    pub images: usize,
    /// In the order of [`Form::ALL`]; none where it was broken off before all were computed.
    pub formed: Vec<Formed>,
}

/// One form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Formed {
    pub form: Form,
    /// Largest |difference| of what it puts out from what the grouped form puts out, relative to the largest value.
    pub output: f32,
    /// The same of the gradients of its parameters and of its input, each relative to the largest value of its array.
    pub gradient: f32,
    /// Seconds of the fastest training step: of the block alone where the engine has a clock for its kernels.
    pub seconds: Option<f64>,
    /// The same of the 3x3 convolutions alone, forward and backward, where the engine has a clock.
    pub window_seconds: Option<f64>,
}

impl Forms {
    /// What is known of a form.
    pub fn of(&self, form: Form) -> Option<&Formed> {
        self.formed.iter().find(|formed| formed.form == form)
    }

    /// Largest relative difference of the outputs of the three forms of the paper, and of their gradients.
    pub fn differences(&self) -> [f32; 2] {
        let of_paper = self.formed.iter().filter(|formed| formed.form != Form::Dense);
        of_paper.fold([0.0; 2], |[output, gradient], formed| {
            [larger(output, formed.output), larger(gradient, formed.gradient)]
        })
    }

    /// How many times as long one form's step takes as another's.
    pub fn times(&self, form: Form, as_long_as: Form) -> Option<f64> {
        Some(self.of(form)?.seconds? / self.of(as_long_as)?.seconds?)
    }

    /// How many times as long the dense 3x3 convolution takes as the grouped one; the whole steps' where there is no clock for
    /// kernels.
    pub fn dense_times(&self) -> Option<f64> {
        let window = |form| self.of(form).and_then(|formed| formed.window_seconds);
        match (window(Form::Dense), window(Form::Grouped)) {
            (Some(dense), Some(grouped)) => Some(dense / grouped),
            _ => self.times(Form::Dense, Form::Grouped),
        }
    }
}

/// The larger one, which is what is not a number if either is.
fn larger(a: f32, b: f32) -> f32 {
    if a.is_nan() || a > b { a } else { b }
}

/// A form on an engine.
struct Bench {
    form: Form,
    engine: Box<dyn Engine>,
    clock: Clock,
    seconds: Vec<f64>,
    window_seconds: Vec<f64>,
}

/// Which of a plan's kernels belong to the block, and which of these are its 3x3 convolutions.
struct Clock {
    block: Vec<usize>,
    windows: Vec<usize>,
}

impl Clock {
    fn of(graph: &Graph) -> Self {
        let plan = plan::lower(graph);
        let mut clock = Self {
            block: Vec::new(),
            windows: Vec::new(),
        };
        for (at, kernel) in plan.forward.iter().chain(&plan.backward).enumerate() {
            match *kernel {
                Kernel::Conv { conv, .. } | Kernel::ConvGrad { conv, .. } => {
                    let name = &graph.nodes[plan.convs[conv].node].name;
                    if name != "stem" {
                        clock.block.push(at);
                    }
                    if name.ends_with("conv2") {
                        clock.windows.push(at);
                    }
                }
                Kernel::Add { .. } | Kernel::Settle { .. } | Kernel::NormGrad(_) => clock.block.push(at),
                _ => {}
            }
        }
        clock
    }
}

/// Computes and times the first block of a net, with its weights, in all forms. Broken off, it answers with what it has.
///
/// # Errors
/// When no block of the net splits, or an engine fails.
pub fn forms(
    open: &Open,
    graph: &Graph,
    trained: &Weights,
    dataset: &Dataset,
    watch: &mut Watch<Forms>,
) -> Result<Forms> {
    let split = Split::of(graph).map_err(|why| Error::Run(why.into()))?;
    let batch = first_batch(dataset)?;
    let [_, height, width] = batch.shape;
    let initial = initial_weights(&split.graph(Form::Grouped), 0);
    let grouped = split.grouped(initial, trained);
    let mut found = Forms {
        side: [height, width],
        images: batch.len(),
        formed: Vec::new(),
        split,
    };
    let mut benches = Vec::new();
    let mut answers = Vec::new();
    let share = |done: usize| done as f32 / (Form::ALL.len() + WARM_UP + ROUNDS) as f32;
    for form in Form::ALL {
        let graph = Arc::new(found.split.graph(form));
        let weights = found.split.weights(form, &grouped);
        let mut engine = open(&graph, &weights, Optimizer::default())?;
        answers.push(answer(&found.split, form, engine.as_mut(), &batch)?);
        benches.push(Bench {
            form,
            engine,
            clock: Clock::of(&graph),
            seconds: Vec::new(),
            window_seconds: Vec::new(),
        });
        if !watch(&found, share(benches.len())) {
            return Ok(found);
        }
    }
    let grouped = Form::ALL.iter().position(|&form| form == Form::Grouped);
    let right = grouped.map_or(&answers[0], |at| &answers[at]);
    found.formed = Form::ALL
        .iter()
        .zip(&answers)
        .map(|(&form, answer)| Formed {
            form,
            output: difference(&answer["block"], &right["block"]),
            gradient: right
                .iter()
                .filter(|(name, _)| *name != "block")
                .fold(0.0, |most, (name, right)| {
                    larger(
                        most,
                        answer.get(name).map_or(f32::NAN, |array| difference(array, right)),
                    )
                }),
            seconds: None,
            window_seconds: None,
        })
        .collect();
    for round in 0..WARM_UP + ROUNDS {
        for bench in &mut benches {
            let start = Instant::now();
            // Without a rate nothing is changed.
            bench.engine.step(&batch, 0.0, false)?;
            let whole = start.elapsed().as_secs_f64();
            if round < WARM_UP {
                continue;
            }
            let kernels = bench.engine.kernel_seconds();
            let sum = |which: &[usize]| {
                kernels
                    .as_ref()
                    .map(|seconds| which.iter().map(|&at| seconds[at]).sum::<f64>())
            };
            bench.seconds.push(sum(&bench.clock.block).unwrap_or(whole));
            bench.window_seconds.extend(sum(&bench.clock.windows));
        }
        for (formed, bench) in found.formed.iter_mut().zip(&benches) {
            debug_assert_eq!(formed.form, bench.form);
            formed.seconds = fastest(&bench.seconds);
            formed.window_seconds = fastest(&bench.window_seconds);
        }
        if !watch(&found, share(benches.len() + round + 1)) {
            break;
        }
    }
    Ok(found)
}

fn first_batch(dataset: &Dataset) -> Result<Batch> {
    let mut batches = dataset.train_sample(IMAGES, IMAGES);
    if batches.is_empty() {
        return Err(Error::Data(t!("%{name} has no training images", name = dataset.name)));
    }
    Ok(batches.swap_remove(0))
}

/// What a form puts out, and its gradients in the grouped form's layout.
fn answer(split: &Split, form: Form, engine: &mut dyn Engine, batch: &Batch) -> Result<Weights> {
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::Nodes(vec!["block".into()]),
        activation_gradients: Select::Nodes(vec!["x".into()]),
        weight_gradients: true,
    };
    let probe = engine.probe(batch, &request)?;
    let missing = || Error::Engine(t!("the engine did not report what a block puts out"));
    let mut answer = split.gathered(form, &probe.weight_gradients).ok_or_else(missing)?;
    let output = probe.activations.get("block").ok_or_else(missing)?;
    let input = probe.activation_gradients.get("x").ok_or_else(missing)?;
    answer.insert("block".into(), output.clone());
    answer.insert("x".into(), input.clone());
    Ok(answer)
}

/// Largest |a - b|, relative to the largest |b|.
fn difference(a: &Array, b: &Array) -> f32 {
    let largest = b.data.iter().fold(0.0, |most: f32, value| larger(most, value.abs()));
    let off = a
        .data
        .iter()
        .zip(&b.data)
        .fold(0.0, |most: f32, (a, b)| larger(most, (a - b).abs()));
    if off == 0.0 { 0.0 } else { off / largest }
}

/// What else the machine does can only make a step longer.
fn fastest(values: &[f64]) -> Option<f64> {
    values.iter().copied().min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Choice, open};
    use crate::net::Spec;

    fn found(choice: Choice, net: &str, rounds: usize) -> Result<Forms> {
        let data = Dataset::open(&toml::from_str("source = 'digits'\nimages = 100").unwrap()).unwrap();
        let graph = Graph::new(&Spec::for_data(net, data.shape, 10).unwrap());
        let weights = initial_weights(&graph, 5);
        let engine = |graph: &Arc<Graph>, weights: &Weights, optimizer| open(choice, graph, weights, optimizer);
        let mut seen = 0;
        forms(&engine, &graph, &weights, &data, &mut |_, _| {
            seen += 1;
            seen < rounds
        })
    }

    #[test]
    fn all_forms_compute_the_same_on_every_engine_of_the_cpu() {
        for choice in [Choice::Cpu, Choice::Candle] {
            let forms = found(choice, "resnext-20:width=4,cardinality=4,group_width=3", 8).unwrap();
            assert_eq!(forms.formed.len(), 4);
            for formed in &forms.formed {
                assert!(formed.output < 1e-5 && formed.gradient < 1e-4, "{choice}: {formed:?}");
                assert!(
                    formed.seconds.is_some_and(|seconds| seconds > 0.0),
                    "{choice}: {formed:?}"
                );
                assert_eq!(
                    formed.window_seconds.is_some(),
                    choice == Choice::Cpu,
                    "{choice}: {formed:?}"
                );
            }
            assert!(forms.dense_times().is_some());
        }
    }

    #[test]
    fn other_weights_are_noticed() {
        let data = Dataset::open(&toml::from_str("source = 'digits'\nimages = 100").unwrap()).unwrap();
        let net = Spec::for_data("resnext-20:width=4,cardinality=4,group_width=3", data.shape, 10).unwrap();
        let split = Split::of(&Graph::new(&net)).unwrap();
        let batch = first_batch(&data).unwrap();
        let grouped = initial_weights(&split.graph(Form::Grouped), 0);
        let result = |form: Form, weights: &Weights| {
            let graph = Arc::new(split.graph(form));
            let mut engine = open(Choice::Cpu, &graph, weights, Optimizer::default()).unwrap();
            answer(&split, form, engine.as_mut(), &batch).unwrap()
        };
        let mut paths = split.weights(Form::Paths, &grouped);
        if let Some(array) = paths.get_mut("path1.conv2.weight") {
            array.data[0] += 0.1;
        }
        let off = difference(
            &result(Form::Paths, &paths)["block"],
            &result(Form::Grouped, &grouped)["block"],
        );
        assert!(off > 1e-3, "{off}");
    }

    #[test]
    fn it_can_be_stopped_and_refuses_trivial_splits() {
        let formed = |looks| {
            let net = "resnext-20:width=4,cardinality=2,group_width=2";
            found(Choice::Cpu, net, looks).unwrap().formed
        };
        assert!(formed(1).is_empty());
        let warm = formed(5);
        assert!(warm.len() == 4 && warm.iter().all(|formed| formed.seconds.is_none()));
        let why = found(Choice::Cpu, "resnet-20:width=4", 1).unwrap_err().to_string();
        assert!(why.contains("trivial"), "{why}");
    }
}
