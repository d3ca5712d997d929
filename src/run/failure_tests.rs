//! Trainings to their end on a GPU that is not there, or fails: the CPU takes over, nothing is lost, and one sentence
//! says why. The software adapter stands in for the GPU.

use std::sync::Arc;

use super::tests::{experiment, plan, running};
use super::trainer::{Opener, Openers};
use super::{Event, Experiment, History, Phase, Trainer};
use crate::engine::gpu::{Device, GpuEngine, faults};
use crate::engine::{Choice, open};
use crate::error::{Error, Result};

/// Steps between copies of the weights, and those that may be under way.
const MOST_REPEATED: usize = 20 + 2;

fn small(steps: usize) -> Experiment {
    let mut small = experiment(steps, &[]);
    small.runs = vec![plan("resnet-8:width=4")];
    (small.batch, small.probe_every, small.eval_every) = (8, 5, 9);
    small
}

fn on_cpu() -> Opener {
    Arc::new(|graph, weights, optimizer| open(Choice::Cpu, graph, weights, optimizer))
}

fn on(device: impl Fn() -> Result<Arc<Device>> + Send + Sync + 'static) -> Opener {
    Arc::new(move |graph, weights, optimizer| Ok(Box::new(GpuEngine::new(device()?, graph, weights, optimizer)?)))
}

fn without(refusal: Error) -> Opener {
    on(move || Err(Error::NoAdapter(refusal.to_string().into())))
}

/// Trains to the end; what was measured, and what was said.
fn train(steps: usize, first: Opener, mut at: impl FnMut(usize)) -> (History, Vec<String>) {
    let trainer = Trainer::spawn_with(small(steps), running(), Openers::of(first, on_cpu())).unwrap();
    let (mut history, mut notices) = (History::default(), Vec::new());
    while let Some(event) = trainer.wait() {
        history.apply(&event);
        match event {
            Event::Stepped { step, .. } => at(step),
            Event::Notice(words) => notices.push(words),
            Event::Failed(why) => panic!("{why}"),
            Event::Phase(Phase::Done) => break,
            _ => {}
        }
    }
    (history, notices)
}

/// The one sentence, which holds these words, and says that the CPU took over.
fn said(notices: &[String], words: &str) -> String {
    let [sentence] = notices else { panic!("{notices:?}") };
    assert!(sentence.contains(words), "{sentence}");
    assert!(
        sentence.contains("; the CPU") && sentence.contains("takes over resnet-8"),
        "{sentence}"
    );
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    sentence.clone()
}

/// Nothing comes of the GPU: the curves are the CPU's, bit for bit.
fn is_the_cpu_s(first: Opener, words: &str) {
    let (right, _) = train(12, on_cpu(), |_| {});
    let (ours, notices) = train(12, first, |_| {});
    let sentence = said(&notices, words);
    assert!(!sentence.contains("repeating"), "{sentence}");
    let (ours, right) = (&ours.runs[0], &right.runs[0]);
    assert_eq!((&ours.steps, &ours.loss), (&right.steps, &right.loss));
    assert_eq!((&ours.measured, &ours.evaluated), (&right.measured, &right.evaluated));
    assert_eq!(ours.engine, right.engine);
}

/// The GPU fails after three steps.
fn fails_at_work(fault: fn(&Device), words: &str) {
    const STEPS: usize = 60;
    let (right, _) = train(STEPS, on_cpu(), |_| {});
    let device = faults::sound().unwrap();
    let shared = Arc::clone(&device);
    let (ours, notices) = train(STEPS, on(move || Ok(Arc::clone(&shared))), |step| {
        if step == 3 {
            fault(&device);
        }
    });
    let sentence = said(&notices, words);
    let repeated = sentence
        .split("repeating ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let repeated = repeated.map_or(0, |count| count.parse().unwrap_or(1));
    assert!(repeated <= MOST_REPEATED, "{sentence}");
    let (ours, right) = (&ours.runs[0], &right.runs[0]);
    assert_eq!(ours.steps, right.steps);
    assert_eq!(ours.measured.len(), right.measured.len());
    assert_eq!(ours.evaluated.len(), right.evaluated.len());
    assert_eq!(ours.engine, right.engine);
    for (a, b) in ours.loss.iter().zip(&right.loss) {
        assert!((a - b).abs() < 2e-2 * b.max(1.0), "{a} against {b}");
    }
}

#[test]
fn without_an_adapter_that_can_compute_the_cpu_trains() {
    let words = [
        "there is no graphics adapter here",
        "no real GPU that can compute is here",
        "HD 3000 (Gl) cannot run compute shaders",
        "no real GPU that can compute is here",
    ];
    for (refusal, words) in faults::refusals().into_iter().zip(words) {
        is_the_cpu_s(without(refusal), words);
    }
}

#[test]
fn a_device_that_is_refused_leaves_the_training_to_the_cpu() {
    is_the_cpu_s(on(faults::refused), "cannot be opened");
}

#[test]
fn a_net_that_has_no_room_on_the_device_is_trained_by_the_cpu() {
    is_the_cpu_s(on(|| faults::cramped(1 << 20)), "allows buffers of 1 MiB");
}

#[test]
fn a_kernel_that_the_device_refuses_leaves_the_training_to_the_cpu() {
    is_the_cpu_s(on(faults::narrow), "kernel ");
}

#[test]
fn memory_that_runs_out_at_work_costs_no_measurement() {
    fails_at_work(faults::exhaust, "has not enough free memory");
}

#[test]
fn a_kernel_that_turns_out_invalid_at_work_costs_no_measurement() {
    fails_at_work(faults::mislead, "refused the work");
}

#[test]
fn a_device_pulled_out_at_work_costs_no_measurement() {
    fails_at_work(faults::pull, "was lost");
}
