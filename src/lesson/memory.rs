//! What a lesson's trainings came to, found again in their run folders at a later start.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rust_i18n::t;

use super::evidence::{Evidence, Exhibit};
use super::file::Lesson;
use super::record::Record;
use crate::error::{Error, Result};
use crate::export::write_file;
use crate::net::Spec;
use crate::run::{Answers, Experiment, RunFolder};

/// The answers to what the lesson asked about the runs of a folder.
fn readings(folder: &Path) -> PathBuf {
    folder.join("lesson.json")
}

/// Notes in an experiment's run folder what the lesson read off its runs, beyond what the folder holds already.
///
/// # Errors
/// When the system refuses.
pub fn remember(lesson: &Lesson, experiment: &Experiment, evidence: &Evidence, folder: &Path) -> Result<()> {
    let record = Record::of(lesson, &[experiment], evidence);
    write_file(&readings(folder), record.to_json().as_bytes())
}

/// Takes in what the folder holds of an experiment.
///
/// # Errors
/// When it is another experiment's, was not trained to the end, or cannot be read.
pub fn recall(experiment: &Experiment, folder: &Path, evidence: &mut Evidence) -> Result<()> {
    let found = RunFolder::open(folder)?;
    let record = Record::read(&readings(folder))?;
    if !is_of(&found.experiment, experiment) {
        return Err(Error::Run(t!(
            "%{path} holds another experiment than the lesson's",
            path = folder.display()
        )));
    }
    let findings = Arc::new(Answers::read(&found.layout.findings(), &found.history.runs)?);
    let names: BTreeSet<&str> = experiment.runs.iter().map(|plan| plan.name.as_str()).collect();
    let tracks = found.history.runs.into_iter();
    let own: Vec<_> = tracks.filter(|run| names.contains(run.track.name.as_str())).collect();
    if own.iter().any(|run| run.step() < experiment.steps) {
        return Err(Error::Run(t!(
            "%{path} was not trained to the end",
            path = folder.display()
        )));
    }
    for series in own {
        let track = &series.track;
        let runs = found.summary.iter().flat_map(|summary| &summary.runs);
        let of_this = |run: &&crate::run::RunSummary| run.name == track.name && run.seed == track.seed;
        evidence.insert(Exhibit {
            summary: runs.into_iter().find(of_this).cloned(),
            series,
            findings: Arc::clone(&findings),
        });
    }
    record.runs.into_iter().for_each(|run| evidence.insert_reading(run));
    Ok(())
}

/// Whether that folder holds a training of the experiment to go on with.
pub fn is_begun(experiment: &Experiment, folder: &Path) -> bool {
    let trained = |found: &RunFolder| found.history.runs.iter().any(|run| run.step() > 0);
    RunFolder::open(folder).is_ok_and(|found| trained(&found) && is_of(&found.experiment, experiment))
}

/// Whether two experiments differ in nothing but their titles and runs.
pub fn same_recipe(one: &Experiment, other: &Experiment) -> bool {
    let recipe = |of: &Experiment| Experiment {
        title: String::new(),
        runs: Vec::new(),
        branches: Vec::new(),
        ..of.clone()
    };
    recipe(one) == recipe(other)
}

/// Whether a folder's resolved experiment is this one, runs added since left aside.
fn is_of(found: &Experiment, experiment: &Experiment) -> bool {
    let file = |weights: &Option<PathBuf>| {
        weights
            .as_ref()
            .and_then(|path| path.file_name())
            .map(ToOwned::to_owned)
    };
    let same = |(plan, other): (&crate::run::RunPlan, &crate::run::RunPlan)| {
        let net = other.net.parse::<Spec>().ok();
        let wanted = net
            .as_ref()
            .and_then(|spec| Spec::for_data(&plan.net, spec.input, spec.classes).ok());
        net.is_some() && net == wanted && plan.name == other.name && file(&plan.weights) == file(&other.weights)
    };
    same_recipe(found, experiment)
        && found.runs.len() >= experiment.runs.len()
        && experiment.runs.iter().zip(&found.runs).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Choice;
    use crate::lesson::{Verdict, examine};
    use crate::run::{Event, Phase, Trainer, TrainerOptions};

    const LESSON: &str = r#"+++
name = "tiny"
title = "Tiny"
summary = "A training and two readings"
[[experiments]]
name = "tiny"
steps = 3
batch = 4
seeds = [0, 1]
data = { source = "digits" }
runs = [{ net = "plain-8:width=4" }]
+++
## Measure
```claim
says = "read off the training, the summary and an answer"
check = "train_loss(plain-8) + test_loss(plain-8) + removed_least(plain-8) > 0"
```
```predict
kind = "curve"
question = "Draw it"
run = "plain-8"
of = "slice"
```
"#;

    #[test]
    fn evidence_is_found_again() {
        let lesson = Lesson::parse(LESSON, "tiny.md").unwrap();
        let experiment = &lesson.experiments[0];
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("run");
        let options = TrainerOptions {
            engine: Choice::Cpu.into(),
            out: Some(out.clone()),
            start: true,
            ..TrainerOptions::default()
        };
        let trainer = Trainer::spawn(experiment.clone(), options).unwrap();
        while trainer.wait() != Some(Event::Phase(Phase::Done)) {}
        drop(trainer);
        let measured = examine(&lesson, &Choice::Cpu.into(), &mut |_, _| ()).unwrap();
        let mut found = Evidence::default();
        assert!(recall(experiment, &out, &mut found).is_err(), "nothing was noted");
        remember(&lesson, experiment, &measured, &out).unwrap();
        recall(experiment, &out, &mut found).unwrap();
        let claim = &lesson.steps[0].claims[0];
        assert!(matches!(claim.judge(&found), Verdict::Reproduced(spread, _) if spread.seeds == 2));
        assert_eq!(claim.judge(&found), claim.judge(&measured));
        assert!(!found.is_recorded(&claim.check.left), "it was measured here");
        assert_eq!(found.loss_curve("plain-8"), measured.loss_curve("plain-8"));
        assert_eq!(found.slice("plain-8").len(), measured.slice("plain-8").len());
        for (key, value) in [("steps = 3", "steps = 4"), ("width=4", "width=8"), ("[0, 1]", "[0, 2]")] {
            let other = Lesson::parse(&LESSON.replace(key, value), "tiny.md").unwrap();
            assert!(
                recall(&other.experiments[0], &out, &mut Evidence::default()).is_err(),
                "{value}"
            );
        }
    }
}
