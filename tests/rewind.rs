//! Time travel on the CPU engine: weights kept on the way are looked at, asked about and continued, before a restart and
//! after it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use depthscope::net::{Cut, Surgery};
use depthscope::probe::Subject;
use depthscope::run::{
    Command, Event, Experiment, Finding, MapRequest, Phase, Question, RunFolder, Trainer, TrainerOptions,
};

const STEPS: usize = 30;

fn experiment() -> Experiment {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.steps = STEPS;
    experiment.data = toml::from_str("source = 'digits'\nimages = 200").unwrap();
    experiment.runs.truncate(1);
    experiment.runs[0].name = "resnet-8".into();
    experiment.runs[0].net = "resnet-8:width=4".into();
    experiment
}

fn trainer(out: &Path, resume: bool, start: bool) -> Trainer {
    let options = TrainerOptions {
        engine: "cpu".parse().unwrap(),
        out: Some(out.to_owned()),
        resume,
        start,
        wake: None,
    };
    let experiment = if resume {
        RunFolder::open(out).unwrap().experiment
    } else {
        experiment()
    };
    Trainer::spawn(experiment, options).unwrap()
}

/// All events up to that phase.
fn until(trainer: &Trainer, phase: Phase) -> Vec<Event> {
    let mut events = Vec::new();
    loop {
        let event = trainer.wait_for(Duration::from_secs(60)).expect("the trainer goes on");
        assert!(!matches!(event, Event::Failed(_)), "{event:?}");
        let over = event == Event::Phase(phase);
        events.push(event);
        if over {
            return events;
        }
    }
}

fn losses(events: &[Event], wanted: usize) -> Vec<(usize, f32)> {
    let loss = |event: &Event| match event {
        Event::Stepped { run, step, loss, .. } if *run == wanted => Some((*step, *loss)),
        _ => None,
    };
    events.iter().filter_map(loss).collect()
}

fn kept(events: &[Event], wanted: usize) -> Vec<usize> {
    let step = |event: &Event| match event {
        Event::Kept { run, step } if *run == wanted => Some(*step),
        _ => None,
    };
    events.iter().filter_map(step).collect()
}

fn answer(trainer: &Trainer, question: Question) -> Finding {
    trainer.send(Command::Ask(question));
    soon(|| {
        trainer
            .findings()
            .find(|finding| !matches!(finding, Finding::Working(_) | Finding::Over(_)))
    })
}

fn soon<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no answer came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_kept_step_is_continued_exactly_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let first = trainer(&out, false, true);
    let mut events = until(&first, Phase::Done);
    let steps = kept(&events, 0);
    assert_eq!((steps[0], *steps.last().unwrap()), (0, STEPS));
    assert!(steps.len() > 8, "{steps:?}");
    let from = *steps.iter().rfind(|&&step| step < 12).unwrap();
    let measured = |events: &[Event], at| {
        events
            .iter()
            .any(|event| matches!(event, Event::Measured { step, .. } if *step == at))
    };
    assert!(measured(&events, from), "the slope of a kept step is measured");

    first.send(Command::Branch {
        name: "resnet-8".into(),
        step: from,
        rate: 1.0,
    });
    events.extend(until(&first, Phase::Done));
    let whole = losses(&events, 0);
    assert_eq!(losses(&events, 1), whole[from..], "bit for bit from step {from}");
    drop(first);

    let read = RunFolder::open(&out).unwrap();
    assert_eq!(read.history.runs[0].kept, steps);
    assert_eq!(read.experiment.branches[0].of, "resnet-8");
    let summary = read.summary.unwrap();
    let own: Vec<f32> = whole[from..].iter().map(|(_, loss)| *loss).collect();
    assert_eq!(summary.runs[1].curve, own, "nothing of the run it continues");

    let again = trainer(&out, true, false);
    let events = until(&again, Phase::Done);
    assert_eq!(kept(&events, 0), steps);
    again.send(Command::Branch {
        name: "resnet-8".into(),
        step: from,
        rate: 0.5,
    });
    again.send(Command::Run);
    let slower = losses(&until(&again, Phase::Done), 2);
    assert_eq!(slower[0], whole[from], "the loss before the first different update");
    assert_ne!(slower[3..], whole[from + 3..]);
    again.send(Command::Reset);
    let events = until(&again, Phase::Paused);
    let started = events
        .iter()
        .any(|event| matches!(event, Event::Started { track, step, .. } if track.id == 2 && *step == from));
    assert!(started, "a branch goes back to where it parted");
}

#[test]
fn questions_are_answered_beside_the_training() {
    let folder = tempfile::tempdir().unwrap();
    let trainer = trainer(&folder.path().join("run"), false, true);
    until(&trainer, Phase::Done);
    let information = |step, image| Question::Information { run: 0, step, image };
    let Finding::Information {
        step, readings, film, ..
    } = answer(&trainer, information(Some(3), Subject::Test(2)))
    else {
        panic!()
    };
    assert_eq!((readings.len(), film.len()), (4, 4));
    assert!(step <= 3 && readings[0].reconstruction > 0.9, "{step} {readings:?}");
    let own = Subject::Own(vec![0.5; 64].into());
    let Finding::Information {
        step,
        readings: now,
        original,
        ..
    } = answer(&trainer, information(None, own))
    else {
        panic!()
    };
    assert_eq!(step, STEPS);
    assert_ne!(readings, now);
    assert!(original.data.iter().all(|pixel| (pixel - 0.5).abs() < 1e-5));

    let lesion = |step, surgery| Question::Lesion { run: 0, step, surgery };
    let Finding::Lesion { before, after, .. } = answer(&trainer, lesion(None, Surgery::default())) else {
        panic!()
    };
    assert_eq!(before, after);
    let Finding::Lesion { step, before: then, .. } = answer(&trainer, lesion(Some(0), Surgery::one(1, Cut::Removed)))
    else {
        panic!()
    };
    assert_eq!(step, 0);
    assert!(then < before, "{then} {before}");
    let refused = answer(&trainer, lesion(None, Surgery::one(9, Cut::Removed)));
    assert!(
        matches!(&refused, Finding::Refused(_, why) if why.contains("no block 9")),
        "{refused:?}"
    );
    let refused = answer(&trainer, information(None, Subject::Test(7777)));
    assert!(
        matches!(&refused, Finding::Refused(_, why) if why.contains("7777")),
        "{refused:?}"
    );

    let request = MapRequest {
        nodes: vec![(0, "layer1.0".into())],
        image: Subject::Test(0),
        step: Some(5),
    };
    trainer.send(Command::Watch(Some(request.clone())));
    let maps = soon(|| trainer.maps().filter(|maps| maps.request == request));
    assert!((1..=5).contains(&maps.maps[0].0));
}

#[test]
fn a_disk_that_refuses_is_told_and_the_moments_stay() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let trainer = trainer(&out, false, false);
    until(&trainer, Phase::Paused);
    let keeps = soon(|| {
        find_folder(&out, "keeps").filter(|keeps| keeps.read_dir().is_ok_and(|mut entries| entries.next().is_some()))
    });
    // A file in the place of the folder, as a full disk would refuse it.
    // What is just being written there may come in between.
    soon(|| {
        std::fs::remove_dir_all(&keeps).ok()?;
        std::fs::write(&keeps, "").ok()
    });
    trainer.send(Command::Run);
    until(&trainer, Phase::Done);
    let told = soon(|| trainer.findings().next());
    assert!(
        matches!(&told, Finding::Unsaved(Some(why)) if why.contains("keeps")),
        "{told:?}"
    );
    let question = Question::Lesion {
        run: 0,
        step: Some(9),
        surgery: Surgery::default(),
    };
    trainer.send(Command::Ask(question));
    let step = soon(|| {
        trainer.findings().find_map(|finding| match finding {
            Finding::Lesion { step, .. } => Some(step),
            _ => None,
        })
    });
    assert!((1..=9).contains(&step), "{step}");
}

/// At initialisation the net at another depth is the net that an experiment of that depth begins with.
#[test]
fn another_depth_is_measured_before_its_first_step() {
    let folder = tempfile::tempdir().unwrap();
    let first_norms = |events: &[Event]| {
        let measured = events.iter().find_map(|event| match event {
            Event::Measured { step: 0, norms, .. } => Some(norms.clone()),
            _ => None,
        });
        measured.unwrap()
    };
    let shallow = trainer(&folder.path().join("resnet-8"), false, true);
    let events = until(&shallow, Phase::Done);
    let mut deeper = experiment();
    deeper.steps = 2;
    deeper.runs[0].net = "resnet-20:width=4".into();
    let options = TrainerOptions {
        engine: "cpu".parse().unwrap(),
        start: true,
        ..TrainerOptions::default()
    };
    let deep = Trainer::spawn(deeper, options).unwrap();
    let deep = until(&deep, Phase::Done);
    for (blocks, expected) in [(1, first_norms(&events)), (3, first_norms(&deep))] {
        let Finding::Slope { norms, .. } = answer(&shallow, Question::Slope { run: 0, blocks }) else {
            panic!("another answer")
        };
        assert_eq!(norms.activation.len(), 3 * blocks + 1);
        for (found, expected) in [
            (&norms.activation, &expected.activation),
            (&norms.weight, &expected.weight),
        ] {
            assert_eq!(found.len(), expected.len());
            let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b;
            assert!(found.iter().zip(expected).all(close), "{found:?} {expected:?}");
        }
    }
}

/// The first folder of that name within another.
fn find_folder(within: &Path, name: &str) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = within
        .read_dir()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    let here = folders
        .iter()
        .find(|path| path.file_name().is_some_and(|file| file == name));
    here.cloned()
        .or_else(|| folders.iter().find_map(|path| find_folder(path, name)))
}
