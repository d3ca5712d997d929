//! A trainer that waits costs nothing. Alone in its file: it measures the whole process.

#![cfg(target_os = "linux")]

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use depthscope::run::{Command, Event, Experiment, Phase, Trainer, TrainerOptions};

/// Processor time of this process so far, in hundredths of a second.
fn ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_paused_trainer_and_one_that_is_done_sleep() {
    let mut experiment = Experiment::named("quick").unwrap();
    experiment.steps = 3;
    let trainer = Trainer::spawn(experiment, TrainerOptions::default()).unwrap();
    for phase in [Phase::Paused, Phase::Done] {
        while trainer.wait().unwrap() != Event::Phase(phase) {}
        // The pool's threads take a moment to lie down.
        sleep(Duration::from_millis(200));
        let before = ticks();
        sleep(Duration::from_millis(600));
        assert!(
            ticks() - before <= 2,
            "{} hundredths of a second while {phase:?}",
            ticks() - before
        );
        trainer.send(Command::Run);
    }
}
