//! Results recorded on another machine or another day, for what takes too long to train in a lesson: a small JSON file
//! beside the lesson.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Exhibit};
use super::expression::{Place, Quantity};
use super::file::Lesson;
use crate::calendar::date;
use crate::error::{Error, Result};
use crate::run::Experiment;

/// Ends the name of the file beside a lesson: `my-lesson.recorded.json`.
const ENDING: &str = "recorded.json";
/// A recording is small; anything longer is another kind of file.
const LONGEST_FILE: u64 = 4 << 20;
/// Points of a recorded curve.
const POINTS: usize = 400;

/// What a lesson's experiments came to, elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The lesson's name.
    pub lesson: String,
    /// What trained it: `CPU (AVX-512, 2 threads)`.
    pub device: String,
    /// `2026-03-01`
    pub date: String,
    /// The program's version.
    pub version: String,
    pub runs: Vec<Recorded>,
}

/// One run with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    pub run: String,
    pub seed: u64,
    /// By what was measured, as lessons write it: `train_loss(plain-56)`.
    pub values: BTreeMap<String, f64>,
    /// `[step, minibatch training loss]`.
    pub curve: Vec<[f64; 2]>,
    /// `[place, loss]` along a direction through the trained weights, where that is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slice: Vec<[f64; 2]>,
}

impl Record {
    /// Everything that the lesson's claims and predictions ask for of the runs of these experiments.
    pub fn of(lesson: &Lesson, experiments: &[&Experiment], evidence: &Evidence) -> Self {
        let planned = |exhibit: &&Exhibit| {
            let mut plans = experiments.iter().flat_map(|experiment| &experiment.runs);
            plans.any(|plan| plan.name == exhibit.series.track.name)
        };
        let exhibits: Vec<&Exhibit> = evidence.measured().filter(planned).collect();
        let mut wanted = Vec::new();
        for expression in lesson.expressions() {
            expression.visit(&mut |quantity, run, place| wanted.push((quantity, run.to_owned(), place)));
        }
        let recorded = |exhibit: &Exhibit| {
            let track = &exhibit.series.track;
            let of_this = wanted.iter().filter(|(_, run, _)| *run == track.name);
            let values = of_this.filter_map(|&(quantity, ref run, place)| {
                let value = evidence.value(quantity, run, track.seed, place);
                Some((leaf(quantity, run, place), value.filter(|value| value.is_finite())?))
            });
            Recorded {
                run: track.name.clone(),
                seed: track.seed,
                values: values.collect(),
                curve: thinned(&exhibit.series.steps, &exhibit.series.loss),
                slice: exhibit.slice().unwrap_or_default(),
            }
        };
        let mut devices: Vec<&str> = exhibits.iter().map(|exhibit| exhibit.series.engine.as_str()).collect();
        devices.sort_unstable();
        devices.dedup();
        Self {
            lesson: lesson.name.clone(),
            device: devices.join(", "),
            date: today(),
            version: env!("CARGO_PKG_VERSION").into(),
            runs: exhibits.into_iter().map(recorded).collect(),
        }
    }

    /// What was measured.
    pub fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        self.runs.iter().for_each(|run| evidence.insert_recorded(run.clone()));
        evidence
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Self> {
        let about = fs::metadata(path).map_err(Error::io("read", path))?;
        if !about.is_file() || about.len() > LONGEST_FILE {
            return Err(Error::Lesson(t!(
                "%{path} is not a recording of a lesson",
                path = path.display()
            )));
        }
        let bytes = fs::read(path).map_err(Error::io("read", path))?;
        serde_json::from_slice(&bytes).map_err(|error| {
            let hint = t!("record it again with `depthscope lessons run NAME --record FILE`");
            Error::Lesson(format!("{}: {error}; {hint}", path.display()).into())
        })
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a recording is words and finite numbers, which JSON can hold")
    }
}

/// Where a lesson's recording is looked for.
pub fn recorded_beside(lesson: &Path) -> PathBuf {
    lesson.with_extension(ENDING)
}

/// What was measured, as lessons write it.
pub(super) fn leaf(quantity: Quantity, run: &str, place: Option<Place>) -> String {
    let name = quantity.name();
    match place {
        None => format!("{name}({run})"),
        Some(Place::At(at)) => format!("{name}({run}, {at})"),
        Some(Place::Last) => format!("{name}({run}, last)"),
    }
}

fn thinned(steps: &[u32], loss: &[f32]) -> Vec<[f64; 2]> {
    let every = steps.len().div_ceil(POINTS).max(1);
    let points = steps.iter().zip(loss).step_by(every);
    let finite = points.filter(|(_, loss)| loss.is_finite());
    // Four digits are what a chart can show.
    let short = |loss: f32| format!("{loss:.4e}").parse().unwrap_or(f64::from(loss));
    finite.map(|(&step, &loss)| [f64::from(step), short(loss)]).collect()
}

/// The day in UTC.
pub(super) fn today() -> String {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    day(seconds / 86_400)
}

fn day(days: u64) -> String {
    let (year, month, day) = date(days);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::exhibit;
    use super::super::{Claim, Verdict};
    use super::*;

    const LESSON: &str = "+++\nname = 'small'\ntitle = 'Small'\nsummary = 'x'\nuse = ['quick']\n+++\n## See\n```claim\n\
        says = 'deeper is worse'\ncheck = 'train_loss(plain-56) - train_loss(plain-20, 30) > 0.3'\n```\n";

    #[test]
    fn a_recording_stands_in_for_a_training() {
        let lesson = Lesson::parse(LESSON, "small.md").unwrap();
        let mut measured = Evidence::default();
        measured.insert(exhibit("plain-20", 0, 0.5));
        measured.insert(exhibit("plain-56", 0, 1.5));
        let record = Record::of(&lesson, &[&lesson.experiments[0]], &measured);
        let text = record.to_json();
        let read: Record = serde_json::from_str(&text).unwrap();
        assert_eq!(read, record);
        let mut recorded = read.evidence();
        let claim: &Claim = &lesson.steps[0].claims[0];
        assert_eq!(claim.judge(&recorded), claim.judge(&measured));
        assert!(recorded.is_recorded(&claim.check.left) && !measured.is_recorded(&claim.check.left));
        assert_eq!(recorded.loss_curve("plain-56").len(), 60);
        // What is trained here goes before it.
        recorded.insert(exhibit("plain-56", 0, 0.1));
        assert!(matches!(claim.judge(&recorded), Verdict::NotReproduced(..)));
    }

    #[test]
    fn a_damaged_recording_is_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = recorded_beside(&folder.path().join("mine.md"));
        assert!(path.ends_with("mine.recorded.json"));
        fs::write(&path, "{\"lesson\": 3}").unwrap();
        let error = Record::read(&path).unwrap_err().to_string();
        assert!(error.contains("--record FILE") && error.lines().count() == 1, "{error}");
    }

    #[test]
    fn days_have_dates() {
        for (days, date) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_454, "2026-01-01"),
        ] {
            assert_eq!(day(days), date);
        }
    }
}
