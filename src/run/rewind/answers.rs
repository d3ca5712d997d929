//! Answers that took long, kept in the run folder for a later start: `findings.toml`. TOML, since a loss may be infinite.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::findings::{Findings, Lesion};
use super::question::{LandscapeView, Origin, PlaneKind};
use crate::error::{Error, Result};
use crate::net::{Cut, Graph, Surgery};
use crate::probe::{Insertion, Shattering, Trial};
use crate::run::files;
use crate::run::history::Series;

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Answers {
    #[serde(default)]
    runs: Vec<Answered>,
}

/// About one run.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Answered {
    name: String,
    seed: u64,
    lesions: Vec<Operation>,
    transfers: Vec<(Origin, Arc<[Trial]>)>,
    landscapes: Vec<(PlaneKind, usize, Arc<LandscapeView>)>,
    insertions: Vec<(usize, Arc<Insertion>)>,
    shattering: Vec<(usize, Arc<Shattering>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Operation {
    step: usize,
    cuts: Vec<(usize, Cut)>,
    before: f32,
    after: f32,
}

impl Answers {
    /// What is known of these runs.
    pub fn of(findings: &Findings, runs: &[Series]) -> Self {
        let answered = |series| Answered::of(findings, series);
        Self {
            runs: runs.iter().filter_map(answered).collect(),
        }
    }

    /// Writes the file in place of the one before, or removes that where nothing is known.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn write(&self, path: &Path) -> Result<()> {
        if self.runs.is_empty() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
                _ => Ok(()),
            };
        }
        let text = toml::to_string(self).expect("answers are words, numbers and lists of them");
        files::replace(path, text.as_bytes())
    }

    /// Reads what was found out about these runs, up to the steps where they stand; nothing where there is no file.
    ///
    /// # Errors
    /// One sentence when the file is there and cannot be read.
    pub fn read(path: &Path, runs: &[Series]) -> Result<Findings> {
        let mut findings = Findings::default();
        if !path.exists() {
            return Ok(findings);
        }
        let bytes = files::read_small(path)?;
        let answers: Self = toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|error| {
            let why = error.message().to_owned();
            Error::Run(t!(
                "%{path} is damaged (%{why}): what was found out about the nets has to be asked again",
                path = path.display(),
                why = why
            ))
        })?;
        for answered in answers.runs {
            let same = |series: &&Series| series.track.name == answered.name && series.track.seed == answered.seed;
            if let Some(series) = runs.iter().find(same) {
                answered.put_into(&mut findings, series);
            }
        }
        Ok(findings)
    }
}

impl Answered {
    fn of(findings: &Findings, series: &Series) -> Option<Self> {
        let run = series.track.id;
        let lesions: Vec<Operation> = (findings.lesions.iter())
            .filter(|lesion| lesion.run == run)
            .map(|lesion| Operation {
                step: lesion.step,
                cuts: lesion.surgery.cuts.iter().map(|(&block, &cut)| (block, cut)).collect(),
                before: lesion.before,
                after: lesion.after,
            })
            .collect();
        let transfers: Vec<_> = (findings.transfers.iter())
            .filter(|((of, _), _)| *of == run)
            .map(|(&(_, origin), trials)| (origin, Arc::clone(trials)))
            .collect();
        let landscapes: Vec<_> = (findings.landscapes.iter())
            .filter(|((of, ..), _)| *of == run)
            .map(|(&(_, plane, step), view)| (plane, step, Arc::clone(view)))
            .collect();
        let insertions: Vec<_> = (findings.insertions.iter())
            .filter(|((of, ..), _)| *of == run)
            .map(|(&(.., step), insertion)| (step, Arc::clone(insertion)))
            .collect();
        let shattering: Vec<_> = (findings.shattering.iter())
            .filter(|((of, _), _)| *of == run)
            .map(|(&(_, step), found)| (step, Arc::clone(found)))
            .collect();
        let known = lesions.len() + transfers.len() + landscapes.len() + insertions.len() + shattering.len();
        (known > 0).then(|| Self {
            name: series.track.name.clone(),
            seed: series.track.seed,
            lesions,
            transfers,
            landscapes,
            insertions,
            shattering,
        })
    }

    fn put_into(self, findings: &mut Findings, series: &Series) {
        let (run, reached) = (series.track.id, series.step());
        let blocks = Graph::new(&series.track.spec).blocks.len();
        let lesions = self
            .lesions
            .into_iter()
            .filter(|lesion| lesion.step <= reached && lesion.cuts.iter().all(|(block, _)| *block < blocks));
        findings.lesions.extend(lesions.map(|lesion| Lesion {
            run,
            step: lesion.step,
            surgery: Surgery {
                cuts: lesion.cuts.into_iter().collect(),
            },
            before: lesion.before,
            after: lesion.after,
        }));
        let transfers = self.transfers.into_iter();
        findings
            .transfers
            .extend(transfers.map(|(origin, trials)| ((run, origin), trials)));
        let landscapes = self.landscapes.into_iter().filter(|(_, step, view)| {
            let map = &view.landscape;
            *step <= reached && map.side.checked_mul(map.side) == Some(map.loss.len())
        });
        findings
            .landscapes
            .extend(landscapes.map(|(plane, step, view)| ((run, plane, step), view)));
        let insertions = self.insertions.into_iter().filter(|(step, _)| *step <= reached);
        findings
            .insertions
            .extend(insertions.map(|(step, found)| ((run, found.depths[1], step), found)));
        let shattering = self.shattering.into_iter().filter(|(step, _)| *step <= reached);
        findings
            .shattering
            .extend(shattering.map(|(step, found)| ((run, step), found)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Correlation, Landscape, Way};
    use crate::run::experiment::{RunId, Track};

    fn series(id: RunId, name: &str, steps: u32) -> Series {
        let spec = "plain-8:width=4".parse().unwrap();
        let name = name.to_owned();
        let mut series = Series::new(
            Track {
                id,
                name,
                spec,
                seed: 7,
            },
            String::new(),
        );
        series.steps = (1..=steps).collect();
        series.loss = vec![1.0; steps as usize];
        series
    }

    fn findings(run: RunId, step: usize) -> Findings {
        let mut findings = Findings::default();
        let cuts = [(0, Cut::Shortcut(0.5)), (2, Cut::Removed)];
        findings.lesions.push(Lesion {
            run,
            step,
            surgery: Surgery {
                cuts: cuts.into_iter().collect(),
            },
            before: 0.9,
            after: f32::NAN,
        });
        let trial = Trial {
            labels: 1,
            way: Way::FineTuned,
            accuracy: 0.25,
            moved: vec![0.1, 0.2],
        };
        findings.transfers.insert((run, Origin::OtherClasses), [trial].into());
        let landscape = Landscape {
            reach: [[-1.0, 1.0]; 2],
            side: 2,
            loss: vec![0.1, f32::INFINITY, 1e-9, 3.0],
        };
        let view = LandscapeView {
            landscape,
            way: vec![(step, [0.0, 0.5])],
            explained: Some([0.7, 0.2]),
        };
        findings.landscapes.insert((run, PlaneKind::Way, step), view.into());
        let insertion = Insertion {
            depths: [8, 20],
            inserted: 6,
            difference: 0.0,
            largest: 12.5,
            start: [0.5, 0.5],
            losses: vec![0.5, 0.4],
        };
        findings.insertions.insert((run, 20, step), insertion.into());
        let line = Correlation {
            by_lag: vec![1.0, 0.5],
            cosine: 0.1,
            sample: vec![-0.5],
        };
        let shattering = Shattering {
            net: line.clone(),
            white: line.clone(),
            brown: line,
            points: 2,
            lines: 1,
        };
        findings.shattering.insert((run, step), shattering.into());
        findings
    }

    #[test]
    fn answers_are_there_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("findings.toml");
        let runs = [series(0, "plain-8", 20), series(1, "resnet-8", 20)];
        assert!(
            Answers::read(&path, &runs).unwrap() == Findings::default(),
            "no file yet"
        );
        let known = findings(1, 20);
        Answers::of(&known, &runs).write(&path).unwrap();
        // The run may stand elsewhere in the experiment by now.
        let moved = [series(0, "resnet-8", 20)];
        let mut found = Answers::read(&path, &moved).unwrap();
        assert!(found.lesions[0].after.is_nan());
        found.lesions[0].after = 0.5;
        let mut expected = findings(0, 20);
        expected.lesions[0].after = 0.5;
        assert_eq!(found, expected);
        let behind = Answers::read(&path, &[series(0, "resnet-8", 19)]).unwrap();
        assert_eq!(behind.transfers.len(), 1, "it is about no step");
        assert_eq!(
            behind.lesions.len() + behind.landscapes.len() + behind.insertions.len() + behind.shattering.len(),
            0
        );
        Answers::of(&Findings::default(), &runs).write(&path).unwrap();
        assert!(!path.exists(), "nothing is known any more");
    }

    #[test]
    fn a_damaged_file_is_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("findings.toml");
        let runs = [series(0, "plain-8", 20)];
        Answers::of(&findings(0, 20), &runs).write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for damaged in [
            &text[..text.len() / 2],
            "\u{0}",
            "runs = 3",
            &text.replace("side = 2", "side = 99999999999999"),
        ] {
            std::fs::write(&path, damaged).unwrap();
            match Answers::read(&path, &runs) {
                Ok(found) => assert!(found.landscapes.is_empty(), "{damaged}"),
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.contains("findings.toml") && words.lines().count() == 1, "{words}");
                }
            }
        }
    }
}
