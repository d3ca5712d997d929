//! The trainer's promises, with engines that do what a test needs.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::fake::{Accident, Fake};
use super::trainer::{Opener, Openers};
use super::{
    Command, Event, Experiment, MapRequest, Phase, RunFolder, RunPlan, Status, Summary, Trainer, TrainerOptions,
};
use crate::probe::Subject;

pub(super) fn experiment(steps: usize, nets: &[&str]) -> Experiment {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.steps = steps;
    experiment.runs = nets.iter().map(|net| plan(net)).collect();
    experiment
}

pub(super) fn plan(net: &str) -> RunPlan {
    let mut plan = RunPlan::new("", net);
    plan.resolve().unwrap();
    plan
}

fn start(experiment: Experiment, options: TrainerOptions) -> Trainer {
    Trainer::spawn_with(experiment, options, openers(Arc::new(Fake::open))).unwrap()
}

fn openers(first: Opener) -> Openers {
    let spare = Arc::new(Fake::open);
    Openers::of(first, spare)
}

pub(super) fn running() -> TrainerOptions {
    TrainerOptions {
        start: true,
        ..TrainerOptions::default()
    }
}

/// An engine that has an accident at a step where the net has that depth.
fn accident(depth: usize, step: usize, accident: Accident) -> Opener {
    Arc::new(move |graph, weights, _| {
        let fake = Fake::new(graph, weights);
        Ok(Box::new(if graph.spec.depth == depth {
            fake.with(step, accident)
        } else {
            fake
        }))
    })
}

/// Everything up to and with a phase.
pub(super) fn until(trainer: &Trainer, phase: Phase) -> Vec<Event> {
    let mut events = Vec::new();
    while let Some(event) = trainer.wait() {
        let last = event == Event::Phase(phase);
        events.push(event);
        if last {
            return events;
        }
    }
    panic!("ended before {phase:?}: {events:?}");
}

fn steps(events: &[Event]) -> Vec<(usize, usize)> {
    let stepped = |event: &Event| match event {
        Event::Stepped { run, step, .. } => Some((*run, *step)),
        _ => None,
    };
    events.iter().filter_map(stepped).collect()
}

fn notices(events: &[Event]) -> Vec<&str> {
    let mut notices = Vec::new();
    for event in events {
        if let Event::Notice(words) = event {
            notices.push(words.as_str());
        }
    }
    notices
}

#[test]
fn runs_are_announced_measured_and_stepped_together() {
    let trainer = start(experiment(12, &["plain-8", "resnet-8"]), running());
    let events = until(&trainer, Phase::Done);
    let expected: Vec<_> = (1..=12).flat_map(|step| [(0, step), (1, step)]).collect();
    assert_eq!(steps(&events), expected);
    let first_step = events.iter().position(|event| matches!(event, Event::Stepped { .. }));
    let measured: Vec<_> = events
        .iter()
        .enumerate()
        .filter_map(|(at, event)| match event {
            // Besides, every kept step is measured.
            Event::Measured { run, step, .. } if step % 10 == 0 => Some((at < first_step.unwrap(), *run, *step)),
            _ => None,
        })
        .collect();
    assert_eq!(measured, [(true, 0, 0), (true, 1, 0), (false, 0, 10), (false, 1, 10)]);
    assert_eq!(
        events
            .iter()
            .filter(|event| matches!(event, Event::Evaluated { step: 12, .. }))
            .count(),
        2
    );
    let summary = trainer.summary().unwrap();
    assert_eq!((summary.runs[1].steps, summary.runs[1].status), (12, Status::Finished));
    assert_eq!(summary.runs[0].bn_mode, "batch");
}

#[test]
fn an_added_run_catches_up_alone() {
    let trainer = start(experiment(6, &["plain-8"]), TrainerOptions::default());
    trainer.send(Command::Step(4));
    trainer.send(Command::Add(plan("resnet-8")));
    trainer.send(Command::Run);
    let events = until(&trainer, Phase::Done);
    let first = events
        .iter()
        .position(|event| matches!(event, Event::Started { track, .. } if track.name == "resnet-8"))
        .unwrap();
    let (before, after) = (steps(&events[..first]), steps(&events[first..]));
    let reached = before.len();
    let alone: Vec<_> = (1..=reached).map(|step| (1, step)).collect();
    let together: Vec<_> = (reached + 1..=6).flat_map(|step| [(0, step), (1, step)]).collect();
    assert_eq!(after, [alone, together].concat());
}

#[test]
fn a_run_added_after_the_end_trains() {
    let trainer = start(experiment(3, &["plain-8"]), running());
    until(&trainer, Phase::Done);
    trainer.send(Command::Add(plan("resnet-8")));
    assert_eq!(steps(&until(&trainer, Phase::Done)), [(1, 1), (1, 2), (1, 3)]);
    trainer.send(Command::Add(plan("resnet-8")));
    trainer.send(Command::Run);
    let mut said = Vec::new();
    while said.len() < 2 {
        if let Event::Notice(sentence) = trainer.wait().unwrap() {
            said.push(sentence);
        }
    }
    assert!(said[0].contains("two runs are called 'resnet-8'"), "{said:?}");
    assert!(said[1].contains("every run is over"), "{said:?}");
}

#[test]
fn a_diverged_run_leaves_the_others_alone() {
    let opener = accident(8, 2, Accident::Diverge);
    let trainer = Trainer::spawn_with(experiment(5, &["plain-8", "plain-14"]), running(), openers(opener)).unwrap();
    let events = until(&trainer, Phase::Done);
    assert!(events.contains(&Event::Diverged { run: 0, step: 3 }));
    let of = |wanted: usize| steps(&events).iter().filter(|(run, _)| *run == wanted).count();
    assert_eq!((of(0), of(1)), (3, 5));
    let summary = trainer.summary().unwrap();
    assert_eq!(
        (summary.runs[0].status, summary.runs[1].status),
        (Status::Diverged, Status::Finished)
    );
    assert_eq!(
        (summary.runs[0].final_train_loss, summary.runs[0].test_error),
        (None, None)
    );
}

#[test]
fn accidents_are_told_and_end_the_trainer() {
    for (kind, says) in [
        (Accident::Panic, "failed: the fake engine fell over"),
        (Accident::Fail, "failed: the fake engine gave up"),
    ] {
        let opener = accident(14, 1, kind);
        let trainer = Trainer::spawn_with(experiment(5, &["plain-8", "plain-14"]), running(), openers(opener)).unwrap();
        let mut last = None;
        while let Some(event) = trainer.wait() {
            last = Some(event);
        }
        assert_eq!(last, Some(Event::Failed(says.into())));
        trainer.send(Command::Run);
    }
}

#[test]
fn missing_data_is_told() {
    let mut experiment = experiment(5, &["plain-8"]);
    experiment.data.source = "idx".into();
    experiment.data.path = Some("/nowhere/at/all".into());
    let trainer = start(experiment, running());
    let failed = std::iter::from_fn(|| trainer.wait()).last();
    assert!(
        matches!(&failed, Some(Event::Failed(why)) if why.contains("nowhere")),
        "{failed:?}"
    );
}

#[test]
fn stop_evaluates_and_ends_what_was_reached() {
    let slow = |graph: &_, weights: &_, _| Ok(Box::new(Fake::new(graph, weights).slow(Duration::from_millis(2))) as _);
    let trainer = Trainer::spawn_with(experiment(100_000, &["plain-8"]), running(), openers(Arc::new(slow))).unwrap();
    while !matches!(trainer.wait(), Some(Event::Stepped { step: 3, .. })) {}
    trainer.send(Command::Stop);
    let events = until(&trainer, Phase::Done);
    assert!(events.iter().any(|event| matches!(event, Event::Evaluated { .. })));
    assert_eq!(trainer.summary().unwrap().runs[0].status, Status::Stopped);
}

#[test]
fn reset_starts_the_same_curve_again() {
    let losses = |events: &[Event]| -> Vec<f32> {
        let loss = |event: &Event| match event {
            Event::Stepped { loss, .. } => Some(*loss),
            _ => None,
        };
        events.iter().filter_map(loss).collect()
    };
    let trainer = start(experiment(7, &["plain-8"]), running());
    let first = losses(&until(&trainer, Phase::Done));
    trainer.send(Command::SetRate(0.5));
    trainer.send(Command::Reset);
    let reset = until(&trainer, Phase::Paused);
    assert!(reset.contains(&Event::Reset));
    assert!(
        reset
            .iter()
            .any(|event| matches!(event, Event::Measured { step: 0, .. }))
    );
    trainer.send(Command::Run);
    assert_eq!(losses(&until(&trainer, Phase::Done)), first);
}

#[test]
fn a_rate_set_by_hand_meets_every_run_at_the_same_step() {
    let trainer = start(experiment(8, &["plain-8"]), TrainerOptions::default());
    until(&trainer, Phase::Paused);
    trainer.send(Command::Step(4));
    let mut events = until(&trainer, Phase::Paused);
    trainer.send(Command::SetRate(0.5));
    trainer.send(Command::Add(plan("resnet-8")));
    trainer.send(Command::SetRate(f32::NAN));
    trainer.send(Command::Run);
    events.extend(until(&trainer, Phase::Done));
    let rates = |wanted: usize| -> Vec<f32> {
        let rate = |event: &Event| match event {
            Event::Stepped { run, rate, .. } if *run == wanted => Some(*rate),
            _ => None,
        };
        events.iter().filter_map(rate).collect()
    };
    assert_eq!(rates(0), [0.02, 0.02, 0.02, 0.02, 0.5, 0.5, 0.5, 0.5]);
    assert_eq!(rates(1), rates(0));
    assert!(notices(&events)[0].contains("NaN cannot be set"));
}

#[test]
fn maps_are_made_when_asked_and_after_each_pause() {
    let trainer = start(experiment(50, &["plain-8"]), TrainerOptions::default());
    until(&trainer, Phase::Paused);
    let request = MapRequest {
        nodes: vec![
            (0, "layer1.0".into()),
            (0, "nothing".into()),
            (7, "relu".into()),
            (0, "logits".into()),
        ],
        image: Subject::Test(5),
        step: None,
    };
    trainer.send(Command::Watch(Some(request)));
    let maps = newest(&trainer);
    assert_eq!(maps.request.nodes.len(), 2);
    assert_eq!((maps.maps[0].0, &maps.maps[0].1.shape), (0, &vec![16, 8, 8]));
    assert_eq!(maps.maps[1].1.shape, [10, 1, 1]);
    assert_eq!(maps.image.shape, [1, 8, 8]);
    assert!(maps.image.data.iter().all(|value| (-1e-5..1.00001).contains(value)));
    let said: Vec<Event> = trainer.events().collect();
    assert_eq!(notices(&said), ["plain-8 has no node 'nothing' to show maps of"]);
    trainer.send(Command::Step(3));
    while newest(&trainer).maps[0].0 != 3 {}
    let request = MapRequest {
        nodes: vec![(0, "relu".into())],
        image: Subject::Test(1_000_000),
        step: None,
    };
    trainer.send(Command::Watch(Some(request)));
    while !matches!(trainer.wait(), Some(Event::Notice(why)) if why.contains("no test image 1000000")) {}
}

fn newest(trainer: &Trainer) -> super::Maps {
    let began = Instant::now();
    loop {
        if let Some(maps) = trainer.maps() {
            return maps;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "no maps came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn dropping_ends_the_thread_within_a_step_and_keeps_what_was_reached() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let slow = |graph: &_, weights: &_, _| Ok(Box::new(Fake::new(graph, weights).slow(Duration::from_millis(5))) as _);
    let options = TrainerOptions {
        out: Some(out.clone()),
        ..running()
    };
    let trainer = Trainer::spawn_with(experiment(100_000, &["plain-8"]), options, openers(Arc::new(slow))).unwrap();
    while !matches!(trainer.wait(), Some(Event::Stepped { step: 3, .. })) {}
    let began = Instant::now();
    drop(trainer);
    assert!(began.elapsed() < Duration::from_secs(5));
    let read = RunFolder::open(&out).unwrap();
    let reached = read.history.runs[0].step();
    assert!(reached >= 3 && !read.history.runs[0].finished);
    assert_eq!(read.checkpoints(0).unwrap(), [reached]);
}

#[test]
fn a_lost_folder_is_told_once_and_training_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let mut experiment = experiment(30, &["plain-8", "resnet-8"]);
    experiment.checkpoint_every = 5;
    let options = TrainerOptions {
        out: Some(out.clone()),
        ..TrainerOptions::default()
    };
    let trainer = start(experiment, options);
    until(&trainer, Phase::Paused);
    // Kept weights may be on their way into it.
    let lost = |_: &u32| {
        fs::remove_dir_all(&out)
            .and_then(|()| fs::write(&out, "in the way"))
            .is_ok()
    };
    (0..1000).find(lost).expect("a folder that can be removed");
    trainer.send(Command::Run);
    let events = until(&trainer, Phase::Done);
    assert_eq!(steps(&events).len(), 60);
    let said = notices(&events);
    assert!(said.len() == 1 && said[0].contains("training goes on"), "{said:?}");
}

#[test]
fn folders_are_neither_overwritten_nor_invented() {
    let folder = tempfile::tempdir().unwrap();
    let spawn = |resume| {
        let options = TrainerOptions {
            out: Some(folder.path().into()),
            resume,
            ..TrainerOptions::default()
        };
        Trainer::spawn_with(experiment(3, &["plain-8"]), options, openers(Arc::new(Fake::open)))
    };
    let error = spawn(true).map(drop).unwrap_err().to_string();
    assert!(error.contains("no experiment.toml to resume"), "{error}");
    fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let error = spawn(false).map(drop).unwrap_err().to_string();
    assert!(error.contains("--resume"), "{error}");
}

#[test]
fn a_folder_keeps_the_runs_that_a_resumed_part_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let options = |resume| TrainerOptions {
        out: Some(out.clone()),
        resume,
        ..running()
    };
    until(
        &start(experiment(4, &["plain-8", "resnet-8"]), options(false)),
        Phase::Done,
    );
    until(&start(experiment(6, &["resnet-8"]), options(true)), Phase::Done);
    let read = RunFolder::open(&out).unwrap();
    let steps: Vec<usize> = read.history.runs.iter().map(super::Series::step).collect();
    assert_eq!(steps, [4, 6]);
    let summary = Summary::read(&read.layout.summary()).unwrap();
    let steps: Vec<usize> = summary.runs.iter().map(|run| run.steps).collect();
    assert_eq!(steps, [4, 6]);
}

#[test]
fn a_process_that_ends_without_notice_loses_little() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let options = TrainerOptions {
        out: Some(out.clone()),
        ..running()
    };
    let steps_of = |out: &Path| {
        let read = RunFolder::open(out);
        read.and_then(|read| read.checkpoints(0)).unwrap_or_default()
    };
    let experiment = experiment(1_000_000, &["plain-8"]);
    let openers = openers(Arc::new(Fake::open));
    let trainer = Trainer::spawn_securing(experiment, options, openers, Duration::ZERO).unwrap();
    let reached = |least: usize| {
        let begin = Instant::now();
        loop {
            trainer.events().for_each(drop);
            let steps = steps_of(&out);
            if steps.last().is_some_and(|&last| last > least) {
                return steps;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "{steps:?}");
            thread::sleep(Duration::from_millis(1));
        }
    };
    let first = reached(0)[0];
    let later = reached(first);
    assert!(later.len() <= 2, "earlier ones are removed: {later:?}");
    trainer.send(Command::Pause);
    until(&trainer, Phase::Paused);
    let secured = steps_of(&out);
    let [secured] = secured[..] else { panic!("{secured:?}") };
    // The folder as it is when the process is gone.
    let copy = folder.path().join("copy");
    copy_folder(&out, &copy);
    let options = TrainerOptions {
        out: Some(copy.clone()),
        resume: true,
        ..TrainerOptions::default()
    };
    let again = start(Experiment::read(&copy.join("experiment.toml")).unwrap(), options);
    until(&again, Phase::Paused);
    assert_eq!(RunFolder::open(&copy).unwrap().history.runs[0].step(), secured);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else if let Err(error) = fs::copy(&path, &target) {
            // What is just being written may have its last name already.
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}", path.display());
        }
    }
}
