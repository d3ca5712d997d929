//! A training that was broken off goes on bit for bit, and its log reads as one.

use std::fs;
use std::path::Path;

use depthscope::engine::Choice;
use depthscope::run::checkpoint::{self, Checkpoint};
use depthscope::run::{Command, Event, Experiment, Phase, RunFolder, ScheduleKind, Trainer, TrainerOptions};

/// Everything that a resumed run could forget: momentum, augmentation, a schedule, a rate set by hand, two seeds.
fn experiment() -> Experiment {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.steps = 12;
    experiment.probe_every = 3;
    experiment.eval_every = 4;
    experiment.checkpoint_every = 3;
    experiment.seeds = vec![0, 5];
    experiment.augment.shift = 1;
    experiment.schedule.kind = ScheduleKind::Cosine;
    experiment.schedule.warmup = 4;
    for (plan, net) in experiment.runs.iter_mut().zip(["plain-8:width=4", "resnet-8:width=4"]) {
        (plan.name, plan.net) = (net.trim_end_matches(":width=4").into(), net.into());
    }
    experiment.runs.truncate(2);
    experiment
}

fn options(out: &Path, engine: Choice, resume: bool) -> TrainerOptions {
    TrainerOptions {
        engine: engine.into(),
        out: Some(out.into()),
        resume,
        ..TrainerOptions::default()
    }
}

/// Trains until that step, as a process would that is killed there; the rate is changed after step 5.
fn train(out: &Path, engine: Choice, resume: bool, until: usize) -> Vec<String> {
    let trainer = Trainer::spawn(experiment(), options(out, engine, resume)).unwrap();
    let mut notices = Vec::new();
    let mut step = 0;
    while let Some(event) = trainer.wait() {
        match event {
            Event::Started { step: at, .. } => step = at,
            Event::Stepped { step: done, .. } => step = done,
            Event::Notice(notice) => notices.push(notice),
            Event::Failed(why) => panic!("{why}"),
            Event::Phase(Phase::Paused) if step >= until => break,
            Event::Phase(Phase::Paused) if step < 5 => trainer.send(Command::Step(5 - step)),
            Event::Phase(Phase::Paused) => {
                if step == 5 {
                    trainer.send(Command::SetRate(0.03));
                }
                trainer.send(Command::Step(until - step));
            }
            Event::Phase(Phase::Done) => break,
            _ => {}
        }
    }
    notices
}

fn last(out: &Path, run: &str, seed: u64) -> Checkpoint {
    let folder = out.join(run).join(format!("seed-{seed}")).join("checkpoints");
    checkpoint::newest(&folder).unwrap().0.unwrap()
}

/// Asserts that two folders hold the same measurements and end in the same weights.
fn assert_same(whole: &Path, parts: &Path) {
    let (a, b) = (RunFolder::open(whole).unwrap(), RunFolder::open(parts).unwrap());
    assert_eq!(a.experiment, b.experiment);
    assert_eq!(a.history.runs.len(), 4);
    for (x, y) in a.history.runs.iter().zip(&b.history.runs) {
        assert_eq!(x.step(), 12);
        assert_eq!(x, y, "{} seed {}", x.track.name, x.track.seed);
        let (name, seed) = (&x.track.name, x.track.seed);
        let (one, other) = (last(whole, name, seed), last(parts, name, seed));
        assert_eq!(one.weights, other.weights, "{name}");
        assert_eq!(one.optimizer, other.optimizer, "{name}");
    }
    let means = |folder: &RunFolder| -> Vec<_> {
        let runs = &folder.summary.as_ref().unwrap().runs;
        runs.iter()
            .map(|run| {
                (
                    run.final_train_loss,
                    run.final_train_error,
                    run.test_error,
                    run.test_error_running,
                )
            })
            .collect()
    };
    assert_eq!(means(&a), means(&b));
}

#[test]
fn a_killed_training_goes_on_bit_for_bit() {
    for engine in [Choice::Cpu, Choice::Candle] {
        let folder = tempfile::tempdir().unwrap();
        let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
        train(&whole, engine, false, 12);
        train(&parts, engine, false, 8);
        // What a kill at step 8 leaves: checkpoints up to step 6, a log up to step 8 and half a record.
        for (run, seed) in [("plain-8", 0), ("plain-8", 5), ("resnet-8", 0), ("resnet-8", 5)] {
            let home = parts.join(run).join(format!("seed-{seed}"));
            fs::remove_dir_all(home.join("checkpoints/step-000008")).unwrap();
            let log = log_files(&home).remove(0);
            let mut bytes = fs::read(&log).unwrap();
            bytes.extend_from_slice(&[25, 0, 0, 0, 0, 0]);
            fs::write(&log, bytes).unwrap();
        }
        assert_eq!(RunFolder::open(&parts).unwrap().history.runs[0].step(), 8);
        assert!(train(&parts, engine, true, 12).is_empty());
        assert_same(&whole, &parts);
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    train(&whole, Choice::Cpu, false, 12);
    train(&parts, Choice::Cpu, false, 9);
    let newest = parts.join("plain-8/seed-0/checkpoints/step-000009");
    let model = fs::read(newest.join("model.safetensors")).unwrap();
    fs::write(newest.join("model.safetensors"), &model[..model.len() / 2]).unwrap();
    fs::remove_file(parts.join("resnet-8/seed-0/checkpoints/step-000009/state.json")).unwrap();
    let notices = train(&parts, Choice::Cpu, true, 12);
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(
        notices[0].contains("step-000009") && notices[0].contains("earlier checkpoint"),
        "{notices:?}"
    );
    assert_same(&whole, &parts);
}

#[test]
fn a_damaged_log_keeps_what_is_readable() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    train(&out, Choice::Cpu, false, 12);
    let log = log_files(&out.join("plain-8/seed-0")).remove(0);
    let whole = fs::read(&log).unwrap();
    let mut bytes = whole.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(&log, &bytes).unwrap();
    let read = RunFolder::open(&out).unwrap();
    assert_eq!(read.notices.len(), 1, "{:?}", read.notices);
    assert!(read.history.runs[0].steps.len() >= 5);
    for cut in (0..whole.len()).step_by(97) {
        fs::write(&log, &whole[..cut]).unwrap();
        let read = RunFolder::open(&out).unwrap();
        assert!(
            read.notices.is_empty(),
            "a log that ends early is what a killed process leaves"
        );
        let series = &read.history.runs[0];
        assert_eq!(series.steps.len(), series.loss.len());
    }
}

fn log_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let log = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().contains("tfevents");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(log).collect();
    files.sort();
    files
}

/// Trains a step, resets, branches from the beginning and trains to the end, or resumes and trains to the end.
fn begun(experiment: Experiment, out: &Path, resume: bool) -> Experiment {
    let name = experiment.runs[0].name.clone();
    let trainer = Trainer::spawn(experiment, options(out, Choice::Cpu, resume)).unwrap();
    let mut waits = true;
    while let Some(event) = trainer.wait() {
        match event {
            Event::Failed(why) => panic!("{why}"),
            Event::Phase(Phase::Paused) if resume => trainer.send(Command::Run),
            Event::Phase(Phase::Paused) if waits => {
                waits = false;
                trainer.send(Command::Step(1));
            }
            Event::Phase(Phase::Paused) => trainer.send(Command::Reset),
            Event::Reset => {
                let (name, step, rate) = (name.clone(), 0, 0.5);
                trainer.send(Command::Branch { name, step, rate });
                trainer.send(Command::Run);
            }
            Event::Phase(Phase::Done) => break,
            _ => {}
        }
    }
    drop(trainer);
    RunFolder::open(out).unwrap().experiment
}

#[test]
fn trained_weights_are_where_a_run_starts_and_stay_with_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.safetensors");
    fs::copy("assets/weights/mnist-5k-8x8.safetensors", &file).unwrap();
    let trained = depthscope::engine::weights_file::read(&file).unwrap();
    let mut experiment = experiment();
    experiment.seeds = vec![0];
    experiment.steps = 2;
    experiment.runs = vec![depthscope::run::RunPlan::new("resnet-14", "resnet-14:width=8")];
    experiment.runs[0].weights = Some(file.clone());
    let out = folder.path().join("out");
    let kept = begun(experiment, &out, false);
    let copy = out.join("resnet-14/mine.safetensors");
    assert_eq!(kept.runs[0].weights.as_ref(), Some(&copy));
    assert_eq!(kept.branches.len(), 1);
    let first = |run: &str| {
        let keeps = out.join(run).join("seed-0/keeps");
        Checkpoint::read(&checkpoint::folder(&keeps, 0)).unwrap().weights
    };
    assert_eq!(first("resnet-14"), trained);
    assert_eq!(first(&kept.branches[0].name), trained);
    // What is beside the lesson may go.
    fs::remove_file(&file).unwrap();
    let mut longer = kept.clone();
    longer.steps = 3;
    assert_eq!(begun(longer, &out, true).runs[0].weights, kept.runs[0].weights);
    assert_eq!(last(&out, "resnet-14", 0).state.step, 3);
    let again = folder.path().join("again");
    let experiment = Experiment::read(&out.join("experiment.toml")).unwrap();
    begun(experiment, &again, false);
}
