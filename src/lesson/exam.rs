//! A lesson without a window: its experiments trained, and what came out.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use super::evidence::{Evidence, Exhibit};
use super::file::Lesson;
use super::questions::questions;
use crate::engine::Wanted;
use crate::error::{Error, Result};
use crate::run::{
    Command, Event, Experiment, Finding, Findings, History, Phase, Question, RunSummary, Trainer, TrainerOptions,
};

/// How often an answer is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Trains a lesson's experiments one after another; `hear` is told what happens.
///
/// # Errors
/// When an experiment cannot be run or a question about it not be answered.
pub fn examine(lesson: &Lesson, engine: &Wanted, hear: &mut dyn FnMut(&Experiment, &Event)) -> Result<Evidence> {
    let mut evidence = Evidence::default();
    for experiment in &lesson.experiments {
        train(lesson, experiment, engine, hear, &mut evidence)?;
    }
    Ok(evidence)
}

fn train(
    lesson: &Lesson,
    experiment: &Experiment,
    engine: &Wanted,
    hear: &mut dyn FnMut(&Experiment, &Event),
    evidence: &mut Evidence,
) -> Result<()> {
    let options = TrainerOptions {
        engine: engine.clone(),
        start: true,
        ..TrainerOptions::default()
    };
    let trainer = Trainer::spawn(experiment.clone(), options)?;
    let mut history = History::default();
    while history.phase != Phase::Done {
        let event = trainer.wait().ok_or_else(ended)?;
        if let Event::Failed(reason) = event {
            return Err(Error::Run(reason.into()));
        }
        hear(experiment, &event);
        history.apply(&event);
    }
    let summary = trainer.summary().unwrap_or_default();
    let mut findings = Findings::default();
    for series in &history.runs {
        for question in questions(lesson, &series.track.name, series.track.id) {
            ask(&trainer, question, &mut findings)?;
        }
    }
    let findings = Arc::new(findings);
    for series in history.runs {
        let track = &series.track;
        let of_this = |run: &&RunSummary| run.name == track.name && run.seed == track.seed;
        evidence.insert(Exhibit {
            summary: summary.runs.iter().find(of_this).cloned(),
            series,
            findings: Arc::clone(&findings),
        });
    }
    Ok(())
}

/// Asks and waits for the answer.
fn ask(trainer: &Trainer, question: Question, findings: &mut Findings) -> Result<()> {
    trainer.send(Command::Ask(question.clone()));
    loop {
        for finding in trainer.findings() {
            if let Finding::Refused(_, why) = finding {
                return Err(Error::Run(why.into()));
            }
            let over = match &finding {
                Finding::Over(answered) => *answered == question,
                Finding::Information { .. } | Finding::Lesion { .. } => !question.is_long(),
                _ => false,
            };
            findings.apply(finding);
            if over {
                return Ok(());
            }
        }
        match trainer.wait_for(LOOK_EVERY) {
            Ok(Event::Failed(reason)) => return Err(Error::Run(reason.into())),
            Err(RecvTimeoutError::Disconnected) => return Err(ended()),
            _ => {}
        }
    }
}

fn ended() -> Error {
    Error::Run("the trainer has ended without a word".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Choice;

    const TINY: &str = r#"+++
name = "tiny"
title = "Tiny"
summary = "Everything that can be measured"
[[experiments]]
name = "tiny"
steps = 3
batch = 4
seeds = [3, 4]
data = { source = "digits" }
runs = [{ net = "plain-8:width=4" }]
+++
## Measure
```claim
says = "the shallow net's first block keeps the image"
check = "readable(plain-8, 0) > 0.5"
```
```claim
says = "a loss is a loss"
check = "train_loss(plain-8) + test_loss(plain-8) > 0"
```
```claim
says = "there are gradients and parameters"
check = "gradient(plain-8, last) * parameters(plain-8) / multiply_adds(plain-8) > 0"
```
```claim
says = "there is accuracy without a block, and a loss around the weights"
check = "removed_least(plain-8) + removed(plain-8, 1) + height(plain-8, 50) + height_larger_raw(plain-8, 100) > 0"
```
"#;

    #[test]
    fn claims_are_judged_on_a_training() {
        let lesson = Lesson::parse(TINY, "tiny.md").unwrap();
        let mut steps = 0;
        let evidence = examine(&lesson, &Choice::Cpu.into(), &mut |_, event| {
            steps += usize::from(matches!(event, Event::Stepped { .. }));
        });
        let evidence = evidence.unwrap();
        assert_eq!(steps, 6);
        for claim in &lesson.steps[0].claims {
            let verdict = claim.judge(&evidence);
            let reproduced = matches!(verdict, crate::lesson::Verdict::Reproduced(spread, _) if spread.seeds == 2);
            assert!(reproduced, "{}: {verdict:?}", claim.says);
        }
    }
}
