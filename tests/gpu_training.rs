//! Training on a GPU as a whole, on the software adapter: it is lost, it works two steps ahead, and its checkpoints go to
//! other engines and come back.

use std::path::Path;
use std::sync::Arc;

use depthscope::data::Batch;
use depthscope::engine::gpu::{Checks, Device};
use depthscope::engine::{Choice, Optimizer, Wanted, open};
use depthscope::net::{Graph, initial_weights};
use depthscope::run::{Event, Experiment, History, Phase, RunFolder, Trainer, TrainerOptions};

const ADAPTER: &str = "llvmpipe";
/// The same by another name: a device of its own, which no other test shares.
const DOOMED: &str = "llvm";
const STEPS: usize = 26;
/// Steps between copies of the weights, and those that may be under way.
const MOST_REPEATED: usize = 20 + 2;

fn experiment(steps: usize) -> Experiment {
    let mut experiment = Experiment::named("quick").unwrap();
    (experiment.steps, experiment.batch) = (steps, 8);
    (experiment.probe_every, experiment.eval_every) = (5, 9);
    for (plan, net) in experiment.runs.iter_mut().zip(["plain-8", "resnet-8"]) {
        (plan.name, plan.net) = (net.into(), format!("{net}:width=4"));
    }
    experiment.runs.truncate(2);
    experiment
}

fn train(experiment: Experiment, options: TrainerOptions, mut at: impl FnMut(&Event)) -> (History, Vec<String>) {
    let trainer = Trainer::spawn(experiment, options).unwrap();
    let (mut history, mut notices) = (History::default(), Vec::new());
    while let Some(event) = trainer.wait() {
        history.apply(&event);
        at(&event);
        match event {
            Event::Notice(words) => notices.push(words),
            Event::Failed(why) => panic!("{why}"),
            Event::Phase(Phase::Done) => break,
            _ => {}
        }
    }
    (history, notices)
}

fn on(engine: impl Into<Wanted>) -> TrainerOptions {
    TrainerOptions {
        engine: engine.into(),
        start: true,
        ..TrainerOptions::default()
    }
}

fn close(ours: &[f32], right: &[f32]) {
    assert_eq!(ours.len(), right.len());
    for (a, b) in ours.iter().zip(right) {
        assert!((a - b).abs() < 1e-2 * b.max(1.0), "{a} against {b}");
    }
}

/// How many steps a sentence says were repeated.
fn repeated(words: &str) -> usize {
    let Some((_, rest)) = words.split_once("repeating ") else {
        return 0;
    };
    rest.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[test]
fn a_device_lost_fifty_times_costs_no_measurement() {
    let (right, _) = train(experiment(STEPS), on(Choice::Cpu), |_| {});
    for round in 0..50 {
        let device = Device::shared(Some(DOOMED), Checks::default()).unwrap();
        let mut told = 0;
        let (history, notices) = train(experiment(STEPS), on(Wanted::gpu(DOOMED)), |event| {
            if matches!(event, Event::Stepped { .. }) {
                told += 1;
                if told == 1 + round % (2 * STEPS - 10) {
                    device.device.destroy();
                }
            }
        });
        // Both nets may be told at once, or one after the other.
        assert!((1..=2).contains(&notices.len()), "{round}: {notices:?}");
        for words in &notices {
            assert!(
                words.contains("was lost") && words.contains("; the CPU") && words.contains("takes over"),
                "{round}: {words}"
            );
            assert!(repeated(words) <= MOST_REPEATED, "{round}: {words}");
        }
        for (ours, right) in history.runs.iter().zip(&right.runs) {
            assert_eq!(ours.steps, right.steps, "{round}");
            assert_eq!(ours.measured.len(), right.measured.len(), "{round}");
            assert_eq!(ours.evaluated.len(), right.evaluated.len(), "{round}");
            assert!(ours.engine.contains("CPU"), "{round}: {}", ours.engine);
            close(&ours.loss, &right.loss);
        }
    }
}

#[test]
fn two_steps_under_way_give_the_bits_of_one_after_the_other() {
    let graph = Arc::new(Graph::new(&"resnet-8:width=4,input=1x8x8".parse().unwrap()));
    let batch = |step: usize| Batch {
        shape: graph.spec.input,
        images: (0..8 * 64).map(|i| ((i * i % 89 + step) as f32 * 0.53).sin()).collect(),
        labels: (0..8).map(|i| (i + step as u32) % 10).collect(),
        origin: None,
    };
    let opened = || {
        let weights = initial_weights(&graph, 0);
        open(Wanted::gpu(ADAPTER), &graph, &weights, Optimizer::default()).unwrap()
    };
    let (mut ahead, mut waiting) = (opened(), opened());
    for step in (0..8).step_by(2) {
        ahead.start(&batch(step), 0.05, true).unwrap();
        ahead.start(&batch(step + 1), 0.05, false).unwrap();
        let both = ahead.finished(true).unwrap();
        let first = waiting.step(&batch(step), 0.05, true).unwrap();
        let second = waiting.step(&batch(step + 1), 0.05, false).unwrap();
        assert_eq!(both, [first, second]);
    }
    assert_eq!(ahead.weights().unwrap(), waiting.weights().unwrap());
}

#[test]
fn a_training_goes_from_the_gpu_to_the_cpu_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let part = |engine: Wanted, steps: usize, out: &Path| {
        let options = TrainerOptions {
            out: Some(out.into()),
            resume: out.exists(),
            ..on(engine)
        };
        let (_, notices) = train(experiment(steps), options, |_| {});
        assert!(notices.is_empty(), "{notices:?}");
    };
    part(Wanted::gpu(ADAPTER), 5, &out);
    part(Choice::Cpu.into(), 9, &out);
    part(Wanted::gpu(ADAPTER), 14, &out);
    let (right, _) = train(experiment(14), on(Choice::Cpu), |_| {});
    let read = RunFolder::open(&out).unwrap();
    for (ours, right) in read.history.runs.iter().zip(&right.runs) {
        assert_eq!(ours.steps, (1..=14).collect::<Vec<u32>>());
        close(&ours.loss, &right.loss);
        assert!(ours.engine.contains("GPU"), "{}", ours.engine);
    }
}
