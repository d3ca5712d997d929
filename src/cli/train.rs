//! `depthscope train`: an experiment in the terminal, from the first step to the run folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::engine_args::EngineArgs;
use super::out::{print, say};
use super::progress::Progress;
use super::results;
use crate::calendar::date;
use crate::error::{Error, Result};
use crate::export::write_figures;
use crate::run::{Command, Event, Experiment, Layout, Phase, Trainer, TrainerOptions};

const DEFAULT: &str = "quick";
/// How often an interrupt is looked for while nothing happens.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The exit status of a process ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// An experiment's name (quick, faithful, mnist, colour, vanishing, depth, transfer) or a .toml file [default: quick]
    experiment: Option<String>,
    /// Training steps of each run
    #[arg(long)]
    steps: Option<usize>,
    /// Train every net with that many seeds: the experiment's first and the next ones
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    seeds: Option<u64>,
    #[command(flatten)]
    engine: EngineArgs,
    /// The run folder [default: runs/NAME-DATE-TIME]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Train only this run; may be given several times
    #[arg(long, value_name = "RUN")]
    only: Vec<String>,
    /// Go on from the last checkpoints in --out
    #[arg(long, requires = "out")]
    resume: bool,
    /// Steps between checkpoints; 0 writes one at the end
    #[arg(long, value_name = "STEPS")]
    checkpoint_every: Option<usize>,
    /// Steps between evaluations on the test split; 0 evaluates at the end
    #[arg(long, value_name = "STEPS")]
    eval_every: Option<usize>,
}

/// # Errors
/// One sentence, when the experiment cannot be run.
pub fn run(args: Args) -> Result<()> {
    let (experiment, engine) = (experiment(&args)?, args.engine.wanted()?);
    let out = args.out.unwrap_or_else(|| default_folder(&experiment.name));
    say!("{}: {}", experiment.name, experiment.recipe_line())?;
    let progress = Progress::new(experiment.steps);
    let made = !out.exists();
    let options = TrainerOptions {
        engine,
        out: Some(out.clone()),
        resume: args.resume,
        start: true,
        wake: None,
    };
    let trainer = Trainer::spawn(experiment, options)?;
    let interrupted = interrupts()?;
    if let Err(error) = watch(&trainer, progress, &interrupted) {
        if made {
            // Only an empty folder can be removed: one that tells nothing.
            let _ = fs::remove_dir(&out);
        }
        return Err(error);
    }
    if let Err(error) = write_figures(&out) {
        eprintln!("depthscope: the figures could not be written: {error}");
    }
    if let Some(summary) = trainer.summary() {
        print(format_args!("{}", results::table(&summary)))?;
    }
    say!("{}", out.display())
}

/// The experiment as the command line changes it.
fn experiment(args: &Args) -> Result<Experiment> {
    let mut experiment = match (&args.experiment, &args.out) {
        (None, Some(out)) if args.resume => resumed(out)?,
        (chosen, _) => Experiment::load(chosen.as_deref().unwrap_or(DEFAULT))?,
    };
    if let Some(seeds) = args.seeds {
        experiment.seeds = following(experiment.seeds[0], seeds)?;
    }
    choose(&mut experiment, &args.only)?;
    experiment.steps = args.steps.unwrap_or(experiment.steps);
    experiment.checkpoint_every = args.checkpoint_every.unwrap_or(experiment.checkpoint_every);
    experiment.eval_every = args.eval_every.unwrap_or(experiment.eval_every);
    experiment.validate()?;
    Ok(experiment)
}

fn resumed(out: &Path) -> Result<Experiment> {
    let path = Layout::new(out).experiment();
    if !path.is_file() {
        return Err(Error::Run(
            format!(
                "{} holds no experiment.toml to resume; give the folder of an earlier training with --out",
                out.display()
            )
            .into(),
        ));
    }
    Experiment::read(&path)
}

fn following(first: u64, count: u64) -> Result<Vec<u64>> {
    const MOST: u64 = 1000;
    if !(1..=MOST).contains(&count) {
        return Err(Error::Experiment(
            format!("--seeds must lie between 1 and {MOST}, not {count}").into(),
        ));
    }
    Ok((first..first.saturating_add(count)).collect())
}

/// Keeps only the runs named.
fn choose(experiment: &mut Experiment, only: &[String]) -> Result<()> {
    let names: Vec<&str> = experiment.runs.iter().map(|plan| plan.name.as_str()).collect();
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        let sentence = format!(
            "--only {unknown}: there is no such run; the runs are {}",
            names.join(", ")
        );
        return Err(Error::Experiment(sentence.into()));
    }
    if !only.is_empty() {
        experiment.runs.retain(|plan| only.contains(&plan.name));
    }
    Ok(())
}

/// Hears the trainer out.
fn watch(trainer: &Trainer, mut progress: Progress, interrupted: &AtomicBool) -> Result<()> {
    let mut stopping = false;
    loop {
        if interrupted.load(Ordering::Relaxed) && !stopping {
            stopping = true;
            progress.say("stopping: evaluating and writing what was reached; Ctrl-C again ends at once");
            trainer.send(Command::Stop);
        }
        match trainer.wait_for(LOOK_EVERY) {
            Ok(Event::Failed(reason)) => return Err(Error::Run(reason.into())),
            Ok(Event::Phase(Phase::Done)) => return Ok(()),
            Ok(event) => progress.apply(&event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::Run("the trainer has ended without a word".into()));
            }
        }
    }
}

/// Set by the first Ctrl-C; the second ends the process.
fn interrupts() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: an exit is registered for when the flag is set already.
        flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&interrupted))
            .and_then(|_| flag::register(signal, Arc::clone(&interrupted)))
            .map_err(|error| Error::Run(format!("cannot listen for Ctrl-C: {error}").into()))?;
    }
    Ok(interrupted)
}

/// `runs/quick-20260704-153012`, in universal time, with a number behind it if there is one already.
fn default_folder(name: &str) -> PathBuf {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let stem = format!("{name}-{}", stamp(since_1970.as_secs()));
    let numbered = (2..1000).map(|number| format!("{stem}-{number}"));
    std::iter::once(stem.clone())
        .chain(numbered)
        .map(|name| Path::new("runs").join(name))
        .find(|folder| !folder.exists())
        .unwrap_or_else(|| Path::new("runs").join(&stem))
}

/// `20260704-153012`.
fn stamp(seconds: u64) -> String {
    let (year, month, day) = date(seconds / 86_400);
    let second = seconds % 86_400;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(words: &str) -> Result<Experiment> {
        let line = Line::try_parse_from(std::iter::once("train").chain(words.split_whitespace()));
        experiment(&line.unwrap_or_else(|error| panic!("{error}")).args)
    }

    #[test]
    fn the_command_line_changes_the_experiment() {
        assert_eq!(parsed("").unwrap().name, "quick");
        let changed = parsed("depth --steps 7 --seeds 2 --only plain-8 --only resnet-56 --eval-every 3").unwrap();
        assert_eq!((changed.steps, changed.eval_every), (7, 3));
        assert_eq!(changed.seeds, [0, 1]);
        let names: Vec<_> = changed.runs.iter().map(|plan| plan.name.as_str()).collect();
        assert_eq!(names, ["plain-8", "resnet-56"]);
    }

    #[test]
    fn mistakes_are_one_sentence() {
        for (words, says) in [
            ("quack", "the experiments are quick"),
            (
                "--only plain-21",
                "the runs are plain-20, plain-56, resnet-20, resnet-56",
            ),
            ("--steps 0", "steps must be at least 1"),
            ("--seeds 0", "--seeds must lie between"),
            ("--resume --out nowhere-at-all", "no experiment.toml to resume"),
        ] {
            let error = parsed(words).unwrap_err().to_string();
            assert!(error.contains(says) && error.lines().count() == 1, "{words}: {error}");
        }
    }

    #[test]
    fn stamps_are_dates() {
        assert_eq!(stamp(0), "19700101-000000");
        assert_eq!(stamp(951_868_799), "20000229-235959");
        assert_eq!(stamp(1_783_179_012), "20260704-153012");
    }
}
