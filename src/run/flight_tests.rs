//! Engines that compute beside the trainer, and engines whose device is lost: nothing measured is lost or told twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fake::Fake;
use super::tests::{experiment, plan, running, until};
use super::trainer::{Opener, Openers};
use super::{Command, Event, Experiment, MapRequest, Phase, RunFolder, Trainer, TrainerOptions};
use crate::error::Error;
use crate::probe::Subject;

fn of(first: Opener) -> Openers {
    Openers::of(first, Arc::new(Fake::open))
}

/// Engines whose steps are done after some looks, each net's after another number.
fn lagging() -> Openers {
    of(Arc::new(|graph, weights, _| {
        let looks = graph.spec.depth / 4;
        Ok(Box::new(Fake::new(graph, weights).lagging(looks)))
    }))
}

fn busy(steps: usize) -> Experiment {
    let mut experiment = experiment(steps, &["plain-8", "resnet-14"]);
    experiment.eval_every = 7;
    experiment.checkpoint_every = 10;
    experiment.probe_every = 6;
    experiment
}

/// What was measured, in the order it was told of each run.
fn measured(events: &[Event]) -> BTreeMap<usize, Vec<Event>> {
    let mut by_run: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    for event in events {
        if let Event::Stepped { run, .. }
        | Event::Measured { run, .. }
        | Event::Evaluated { run, .. }
        | Event::Finished { run, .. } = event
        {
            let mut event = event.clone();
            // Weights are weighed only where that costs no waiting, which depends on the engine.
            if let Event::Measured { norms, .. } = &mut event {
                norms.parameter.clear();
            }
            by_run.entry(*run).or_default().push(event);
        }
    }
    by_run
}

fn reference(steps: usize) -> BTreeMap<usize, Vec<Event>> {
    let trainer = Trainer::spawn_with(busy(steps), running(), of(Arc::new(Fake::open))).unwrap();
    measured(&until(&trainer, Phase::Done))
}

#[test]
fn steps_under_way_change_no_curve_and_keep_the_lockstep() {
    let trainer = Trainer::spawn_with(busy(30), running(), lagging()).unwrap();
    let events = until(&trainer, Phase::Done);
    assert_eq!(measured(&events), reference(30));
    let mut at = [0, 0];
    for event in &events {
        if let Event::Stepped { run, step, .. } = event {
            at[*run] = *step;
            assert!(at[0].abs_diff(at[1]) <= 1, "{at:?}");
        }
    }
}

#[test]
fn a_pause_tells_what_was_under_way_and_counted_steps_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let options = TrainerOptions {
        out: Some(folder.path().join("out")),
        ..TrainerOptions::default()
    };
    let trainer = Trainer::spawn_with(busy(30), options, lagging()).unwrap();
    let mut events = until(&trainer, Phase::Paused);
    trainer.send(Command::Step(8));
    events.extend(until(&trainer, Phase::Paused));
    let told = |events: &[Event]| {
        events
            .iter()
            .filter(|event| matches!(event, Event::Stepped { .. }))
            .count()
    };
    assert_eq!(told(&events), 16);
    for _ in 0..5 {
        trainer.send(Command::Run);
        trainer.send(Command::Pause);
        let request = MapRequest {
            nodes: vec![(0, "relu".into())],
            image: Subject::Test(0),
            step: None,
        };
        trainer.send(Command::Watch(Some(request)));
        events.extend(until(&trainer, Phase::Paused));
    }
    trainer.send(Command::Add(plan("plain-20")));
    trainer.send(Command::Run);
    events.extend(until(&trainer, Phase::Done));
    let all = measured(&events);
    let first: BTreeMap<_, _> = all.clone().into_iter().filter(|(run, _)| *run < 2).collect();
    assert_eq!(first, reference(30));
    assert_eq!(told(&events), 90);
    drop(trainer);
    let read = RunFolder::open(&folder.path().join("out")).unwrap();
    assert_eq!(read.history.runs[1].steps, (1..=30).collect::<Vec<u32>>());
    assert_eq!(read.checkpoints(1).unwrap(), [10, 20, 30]);
}

#[test]
fn a_device_lost_at_any_moment_costs_no_measurement() {
    let expected = reference(45);
    let mut moves = 0;
    for questions in (0..116).step_by(2) {
        let written = questions % 20 == 0;
        let folder = tempfile::tempdir().unwrap();
        let options = TrainerOptions {
            out: written.then(|| folder.path().join("out")),
            ..running()
        };
        let opener: Opener = Arc::new(move |graph, weights, _| {
            let fake = Fake::new(graph, weights).lagging(questions % 3);
            Ok(Box::new(if graph.spec.depth == 14 {
                fake.lost_after(questions)
            } else {
                fake
            }))
        });
        let trainer = Trainer::spawn_with(busy(45), options, of(opener)).unwrap();
        let events = until(&trainer, Phase::Done);
        assert_eq!(measured(&events), expected, "lost after {questions} questions");
        let moved = events
            .iter()
            .filter(|event| matches!(event, Event::Moved { run: 1, .. }))
            .count();
        let said = events.iter().filter(|event| {
            matches!(event, Event::Notice(words) if words.starts_with("the fake device was lost; the fake takes over resnet-14"))
        });
        assert_eq!(said.count(), moved);
        moves += moved;
        drop(trainer);
        if written {
            let read = RunFolder::open(&folder.path().join("out")).unwrap();
            assert_eq!(read.history.runs[1].steps, (1..=45).collect::<Vec<u32>>());
        }
    }
    assert!(moves >= 50, "{moves}");
}

#[test]
fn without_the_device_the_spare_engine_trains_from_the_start() {
    let opener: Opener = Arc::new(|_, _, _| Err(Error::NoAdapter("there is no GPU".into())));
    let trainer = Trainer::spawn_with(busy(9), running(), of(opener)).unwrap();
    let events = until(&trainer, Phase::Done);
    assert_eq!(measured(&events), reference(9));
    let notice = events.iter().find_map(|event| match event {
        Event::Notice(words) => Some(words.as_str()),
        _ => None,
    });
    assert_eq!(
        notice,
        Some("there is no GPU; the fake takes over plain-8 and resnet-14")
    );
}

#[test]
fn at_most_the_last_steps_are_repeated() {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let first: Opener = Arc::new(|graph, weights, _| Ok(Box::new(Fake::new(graph, weights).lost_after(110))));
    let spare: Opener = Arc::new(move |graph, weights, _| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Fake::new(graph, weights)))
    });
    let trainer = Trainer::spawn_with(experiment(100, &["plain-8"]), running(), Openers::of(first, spare)).unwrap();
    let events = until(&trainer, Phase::Done);
    assert_eq!(opened.load(Ordering::Relaxed), 1);
    let notice = events.iter().find_map(|event| match event {
        Event::Notice(words) => words
            .split("repeating ")
            .nth(1)?
            .split(' ')
            .next()?
            .parse::<usize>()
            .ok(),
        _ => None,
    });
    assert!(notice.is_some_and(|repeated| repeated <= 20), "{notice:?}");
}
