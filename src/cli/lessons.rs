//! `depthscope lessons`: what there is to learn, and whether its claims hold on this machine.

use std::path::PathBuf;

use super::engine_args::EngineArgs;
use super::out::{print, say};
use super::progress::Progress;
use crate::engine::Wanted;
use crate::error::{Error, Result};
use crate::export::write_file;
use crate::lesson::words::number;
use crate::lesson::{Claim, Evidence, Lesson, Record, Report, Verdict, examine, guide, lessons, meant, template};
use crate::ui::Panel;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Language of the lessons: en or zh-CN
    #[arg(long, global = true, default_value = "en")]
    language: String,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print the guide to writing a lesson
    Guide,
    /// Print a lesson to start from
    Template,
    /// Train a lesson's experiments and check every claim; exit status 1 if any is not reproduced
    Run {
        /// A lesson's name, `all`, a .md file, or a folder of them
        lesson: String,
        /// How many seeds [default: the experiments' own]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
        seeds: Option<u64>,
        /// The first seed [default: the experiments' own]
        #[arg(long, value_name = "S")]
        seed: Option<u32>,
        /// Write the one-page report of a lesson to this file (HTML)
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// Record what was measured for the window to show (JSON; beside my-lesson.md it is my-lesson.recorded.json)
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        #[command(flatten)]
        engine: EngineArgs,
    },
}

/// # Errors
/// One sentence, when a lesson cannot be run or a claim is not reproduced.
pub fn run(args: &Args) -> Result<()> {
    let (name, seeds, seed, report, record, engine) = match &args.action {
        Some(Action::Run {
            lesson,
            seeds,
            seed,
            report,
            record,
            engine,
        }) => (lesson, seeds, seed, report, record, engine),
        Some(Action::Guide) => return print(format_args!("{}", guide(&args.language)?)),
        Some(Action::Template) => {
            return print(format_args!("{}", template(&args.language)?));
        }
        None => return list(&args.language),
    };
    let chosen = meant(name, &args.language, &Panel::names())?;
    let alone = chosen.len() == 1;
    if !alone && (report.is_some() || record.is_some()) {
        return Err(Error::Lesson(
            "--report and --record are for one lesson; give its name".into(),
        ));
    }
    let engine = engine.wanted()?;
    let (mut claims, mut missed, mut broken) = (0, 0, 0);
    let lessons = chosen.len();
    for found in chosen {
        let done = found.and_then(|mut lesson| {
            for experiment in &mut lesson.experiments {
                experiment.seeds = sown(&experiment.seeds, seed.map(u64::from), *seeds);
            }
            say!("{}: {}", lesson.name, lesson.title)?;
            let evidence = trained(&lesson, &engine)?;
            Ok((lesson, evidence))
        });
        let (lesson, evidence) = match done {
            Ok(done) => done,
            Err(error) if alone => return Err(error),
            Err(error) => {
                eprintln!("depthscope: {error}");
                broken += 1;
                continue;
            }
        };
        for claim in lesson.steps.iter().flat_map(|step| &step.claims) {
            claims += 1;
            missed += usize::from(!told(claim, &evidence)?);
        }
        if let Some(path) = record {
            write_file(
                path,
                Record::of(&lesson, &lesson.recordable(), &evidence)
                    .to_json()
                    .as_bytes(),
            )?;
        }
        if let Some(path) = report {
            let report = Report::of(&lesson, &evidence);
            // The page is in the lesson's language, the terminal in English.
            rust_i18n::set_locale(&args.language);
            let page = report.html();
            rust_i18n::set_locale("en");
            write_file(path, page?.as_bytes())?;
        }
    }
    let mut wrong = Vec::new();
    if missed > 0 {
        wrong.push(format!("{missed} of {claims} claims were not reproduced"));
    }
    if broken > 0 {
        wrong.push(format!("{broken} of {lessons} lessons could not be run"));
    }
    if !wrong.is_empty() {
        return Err(Error::Lesson(wrong.join("; ").into()));
    }
    say!("{claims} {} reproduced", if claims == 1 { "claim" } else { "claims" })?;
    Ok(())
}

/// As many seeds as an experiment has or as were asked for, from the first one on.
fn sown(own: &[u64], first: Option<u64>, count: Option<u64>) -> Vec<u64> {
    if first.is_none() && count.is_none() {
        return own.to_vec();
    }
    let first = first.or(own.first().copied()).unwrap_or(0);
    (first..first + count.unwrap_or(own.len() as u64)).collect()
}

fn list(language: &str) -> Result<()> {
    for lesson in lessons(language)? {
        let names: Vec<&str> = lesson.experiments.iter().map(|known| known.name.as_str()).collect();
        say!("{:<18} {}  [{}]", lesson.name, lesson.title, names.join(", "))?;
        say!("{:<18} {}", "", lesson.summary)?;
    }
    Ok(())
}

fn trained(lesson: &Lesson, engine: &Wanted) -> Result<Evidence> {
    let mut shown: Option<(String, Progress)> = None;
    examine(lesson, engine, &mut |experiment, event| {
        if shown.as_ref().is_none_or(|(name, _)| name != &experiment.name) {
            shown = Some((experiment.name.clone(), Progress::new(experiment.steps)));
        }
        if let Some((_, progress)) = &mut shown {
            progress.apply(event);
        }
    })
}

/// Prints what came of a claim; answers whether it is reproduced.
fn told(claim: &Claim, evidence: &Evidence) -> Result<bool> {
    let relation = claim.check.relation;
    let (reproduced, spread, bound) = match claim.judge(evidence) {
        Verdict::Reproduced(spread, bound) => (true, spread, bound),
        Verdict::NotReproduced(spread, bound) => (false, spread, bound),
        Verdict::NotMeasured => {
            say!("  not measured    {}", claim.says)?;
            return Ok(false);
        }
    };
    let word = if reproduced { "reproduced" } else { "not reproduced" };
    say!(
        "  {word:<15} {}: {} +- {} over {}, needed {relation} {}",
        claim.says,
        number(spread.mean),
        number(spread.deviation),
        if spread.seeds == 1 {
            "1 seed".into()
        } else {
            format!("{} seeds", spread.seeds)
        },
        number(bound),
    )?;
    if !reproduced && !claim.otherwise.is_empty() {
        say!("                  try: {}", claim.otherwise)?;
    }
    Ok(reproduced)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn seeds_are_the_experiments_own_unless_asked_otherwise() {
        let own = [0, 1, 2];
        assert_eq!(sown(&own, None, None), own);
        assert_eq!(sown(&own, Some(7), None), [7, 8, 9]);
        assert_eq!(sown(&own, None, Some(2)), [0, 1]);
        assert_eq!(sown(&[4], Some(7), Some(2)), [7, 8]);
    }

    #[test]
    fn a_damaged_lesson_of_a_folder_stops_no_other() {
        const LESSON: &str = "+++\nname = 'tiny'\ntitle = 'Tiny'\nsummary = 'x'\n[[experiments]]\nname = 'tiny'\nsteps = 1\nbatch = 4\n\
            data = { source = 'digits' }\nruns = [{ net = 'plain-8:width=4' }]\n+++\n## See\n```claim\nsays = 'x'\n\
            check = 'train_loss(plain-8) > 0'\n```\n";
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let outcome = || {
            let path = folder.path().to_string_lossy();
            let line = Cli::parse_from(["depthscope", "lessons", "run", &*path, "--engine", "cpu"]);
            let Some(Command::Lessons(args)) = line.command else {
                panic!("{line:?}")
            };
            run(&args).map_err(|error| error.to_string())
        };
        write("a.md", LESSON);
        write("c.md", LESSON);
        assert_eq!(outcome(), Ok(()));
        write("b.md", "no lesson");
        assert_eq!(outcome(), Err("1 of 3 lessons could not be run".into()));
        write("d.md", &LESSON.replace("> 0", "< 0"));
        assert_eq!(
            outcome(),
            Err("1 of 3 claims were not reproduced; 1 of 4 lessons could not be run".into())
        );
    }
}
