//! Answers, by run and step: filled from the study's findings, read by panels and figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::question::{Finding, LandscapeView, Origin, PlaneKind, Question, Work};
use crate::engine::Norms;
use crate::net::{Array, Cut, Surgery};
use crate::probe::{Forms, Insertion, Reading, Shattering, Subject, Trial};
use crate::run::experiment::RunId;
use crate::run::summary::Summary;

/// Everything found out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// By run and step.
    pub information: BTreeMap<(RunId, usize), Seen>,
    /// In the order they were made.
    pub lesions: Vec<Lesion>,
    /// By run and what was learned before; grows while it is found out.
    pub transfers: BTreeMap<(RunId, Origin), Arc<[Trial]>>,
    /// By run, plane and step; grows while it is found out.
    pub landscapes: BTreeMap<(RunId, PlaneKind, usize), Arc<LandscapeView>>,
    /// By run and step.
    pub forms: BTreeMap<(RunId, usize), Arc<Forms>>,
    /// By run, depth of the deeper net and step; grows while it is trained.
    pub insertions: BTreeMap<(RunId, usize, usize), Arc<Insertion>>,
    /// By run and step.
    pub shattering: BTreeMap<(RunId, usize), Arc<Shattering>>,
    /// By run and blocks a stage, at initial weights.
    pub slopes: BTreeMap<(RunId, usize), Norms>,
    /// Long questions under way and waiting, in the order they were asked.
    pub working: Vec<Work>,
    /// Questions that take long and are answered, refused or dismissed, each once.
    pub over: Vec<Question>,
    /// How often that was said of any question: it may be asked again.
    pub answers: usize,
    /// How often all was forgotten because the nets were reset: what was asked before gets no answer any more.
    pub resets: usize,
    /// The newest reason why something could not be found out.
    pub refusal: Option<String>,
    /// What the runs came to, once the training has ended.
    pub summary: Option<Summary>,
    /// Why weights kept on the way are in memory only and will be lost with it.
    pub unsaved: Option<String>,
}

/// What is left of the input, block by block, and one image read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub readings: Arc<[Reading]>,
    pub chance: f32,
    pub image: Subject,
    /// `[C, H, W]`, 0..=1.
    pub original: Array,
    /// A frame a reading.
    pub film: Arc<[Array]>,
}

/// What a net is worth without its blocks, one at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Removals {
    pub step: usize,
    /// Accuracy of the whole net, 0..=1.
    pub whole: f32,
    /// By block, as far as they were tried.
    pub without: BTreeMap<usize, f32>,
}

impl Removals {
    /// Mean, median and least accuracy, and the block that costs most; `None` where no block was tried.
    pub fn statistics(&self) -> Option<RemovalStatistics> {
        let mut sorted: Vec<f32> = self.without.values().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let (&worst, &least) = self.without.iter().min_by(|a, b| a.1.total_cmp(b.1))?;
        let middle = sorted.len() / 2;
        let median = match sorted.len() % 2 {
            0 => 0.5 * (sorted[middle - 1] + sorted[middle]),
            _ => sorted[middle],
        };
        let mean = sorted.iter().sum::<f32>() / sorted.len() as f32;
        Some(RemovalStatistics {
            mean,
            median,
            least,
            worst,
        })
    }
}

/// Accuracies without a block, 0..=1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RemovalStatistics {
    pub mean: f32,
    pub median: f32,
    pub least: f32,
    /// Position in [`crate::net::Graph::blocks`].
    pub worst: usize,
}

/// Accuracy before and after surgery.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesion {
    pub run: RunId,
    pub step: usize,
    pub surgery: Surgery,
    pub before: f32,
    pub after: f32,
}

impl Findings {
    /// Adds what was found out about other runs.
    pub fn add(&mut self, other: Self) {
        self.information.extend(other.information);
        self.lesions.extend(other.lesions);
        self.transfers.extend(other.transfers);
        self.landscapes.extend(other.landscapes);
        self.forms.extend(other.forms);
        self.insertions.extend(other.insertions);
        self.shattering.extend(other.shattering);
    }

    /// Takes in one finding; of the same surgery at the same step only the newest is kept.
    pub fn apply(&mut self, finding: Finding) {
        match finding {
            Finding::Information {
                run,
                step,
                readings,
                chance,
                image,
                original,
                film,
            } => {
                let seen = Seen {
                    readings,
                    chance,
                    image,
                    original,
                    film,
                };
                self.information.insert((run, step), seen);
            }
            Finding::Lesion {
                run,
                step,
                surgery,
                before,
                after,
            } => {
                self.lesions
                    .retain(|lesion| (lesion.run, lesion.step, &lesion.surgery) != (run, step, &surgery));
                self.lesions.push(Lesion {
                    run,
                    step,
                    surgery,
                    before,
                    after,
                });
            }
            Finding::Transfer { run, origin, trials } => {
                self.transfers.insert((run, origin), trials);
            }
            Finding::Landscape { run, step, plane, view } => {
                self.landscapes.insert((run, plane, step), view);
            }
            Finding::Forms { run, step, forms } => {
                self.forms.insert((run, step), forms);
            }
            Finding::Insertion { run, step, insertion } => {
                self.insertions.insert((run, insertion.depths[1], step), insertion);
            }
            Finding::Shattering { run, step, shattering } => {
                self.shattering.insert((run, step), shattering);
            }
            Finding::Slope { run, blocks, norms } => {
                self.slopes.insert((run, blocks), norms);
            }
            Finding::Working(work) => match self.working.iter_mut().find(|known| known.question == work.question) {
                Some(known) => *known = work,
                None => self.working.push(work),
            },
            Finding::Over(question) => {
                self.answers += 1;
                self.working.retain(|work| work.question != question);
                if !self.over.contains(&question) {
                    self.over.push(question);
                }
            }
            Finding::Refused(_, why) | Finding::NoMaps(why) => self.refusal = Some(why),
            Finding::Unsaved(why) => self.unsaved = why,
        }
    }

    /// The newest landscape of a run not behind that step, and its step.
    pub fn landscape_at(&self, run: RunId, plane: PlaneKind, step: usize) -> Option<(usize, &Arc<LandscapeView>)> {
        let mut known = self.landscapes.range((run, plane, 0)..=(run, plane, step));
        let (&(.., step), view) = known.next_back()?;
        Some((step, view))
    }

    /// Accuracy with each block removed alone, by block, at the newest step not behind that one where it was asked; with
    /// the whole net's and the step.
    pub fn removals_at(&self, run: RunId, step: usize) -> Option<Removals> {
        let removal = |lesion: &Lesion| match lesion.surgery.cuts.iter().next() {
            Some((&block, Cut::Removed)) if lesion.surgery.cuts.len() == 1 => Some(block),
            _ => None,
        };
        let mine = || {
            self.lesions
                .iter()
                .filter(|lesion| lesion.run == run && lesion.step <= step)
        };
        let step = mine()
            .filter(|lesion| removal(lesion).is_some())
            .map(|lesion| lesion.step)
            .max()?;
        let here = || mine().filter(|lesion| lesion.step == step);
        let without = here()
            .filter_map(|lesion| Some((removal(lesion)?, lesion.after)))
            .collect();
        let whole = here().next_back()?.before;
        Some(Removals { step, whole, without })
    }

    /// What came of training these runs on few labels, mean over those that were tried; and how many were.
    pub fn transfer_of(&self, runs: impl Iterator<Item = RunId>, origin: Origin) -> (Vec<Trial>, usize) {
        let tried: Vec<&[Trial]> = runs
            .filter_map(|run| Some(&**self.transfers.get(&(run, origin))?))
            .collect();
        (Trial::means(&tried), tried.len())
    }

    /// The newest forms of a run's block not behind that step, and their step.
    pub fn forms_at(&self, run: RunId, step: usize) -> Option<(usize, &Arc<Forms>)> {
        let (&(_, step), forms) = self.forms.range((run, 0)..=(run, step)).next_back()?;
        Some((step, forms))
    }

    /// What a run became when identities were inserted, by depth, each of the newest step.
    pub fn insertions_of(&self, run: RunId) -> impl Iterator<Item = (usize, &Insertion)> {
        let mine = self.insertions.range((run, 0, 0)..=(run, usize::MAX, usize::MAX));
        let newest: BTreeMap<usize, (usize, &Insertion)> = mine
            .map(|(&(_, depth, step), found)| (depth, (step, found.as_ref())))
            .collect();
        newest.into_values()
    }

    /// The newest measure of a run's shattering not behind that step, and its step.
    pub fn shattering_at(&self, run: RunId, step: usize) -> Option<(usize, &Arc<Shattering>)> {
        let (&(_, step), found) = self.shattering.range((run, 0)..=(run, step)).next_back()?;
        Some((step, found))
    }

    /// The newest information about a run not behind that step.
    pub fn information_at(&self, run: RunId, step: usize) -> Option<(usize, &Seen)> {
        let (&(_, step), seen) = self.information.range((run, 0)..=(run, step)).next_back()?;
        Some((step, seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesion(step: usize, cuts: &[(usize, Cut)], after: f32) -> Finding {
        Finding::Lesion {
            run: 0,
            step,
            surgery: Surgery {
                cuts: cuts.iter().copied().collect(),
            },
            before: 0.9,
            after,
        }
    }

    #[test]
    fn removals_are_those_of_one_block_at_the_newest_step() {
        let mut findings = Findings::default();
        for finding in [
            lesion(10, &[(0, Cut::Removed)], 0.5),
            lesion(20, &[(0, Cut::Removed)], 0.1),
            lesion(20, &[(1, Cut::Removed)], 0.8),
            lesion(20, &[(2, Cut::Removed)], 0.6),
            lesion(20, &[(2, Cut::Shortcut(0.0))], 0.0),
            lesion(20, &[(1, Cut::Removed), (2, Cut::Removed)], 0.0),
        ] {
            findings.apply(finding);
        }
        let removals = findings.removals_at(0, usize::MAX).unwrap();
        assert_eq!((removals.step, removals.whole), (20, 0.9));
        assert_eq!(removals.without, BTreeMap::from([(0, 0.1), (1, 0.8), (2, 0.6)]));
        let statistics = removals.statistics().unwrap();
        assert!((statistics.mean - 0.5).abs() < 1e-6);
        assert_eq!((statistics.median, statistics.least, statistics.worst), (0.6, 0.1, 0));
        assert_eq!(findings.removals_at(0, 19).unwrap().without.len(), 1);
        assert_eq!(findings.removals_at(0, 9), None);
        assert_eq!(findings.removals_at(1, 99), None);
    }

    #[test]
    fn work_comes_and_goes() {
        let mut findings = Findings::default();
        let question = Question::Lesions { run: 0, step: None };
        for share in [0.0, 0.5] {
            findings.apply(Finding::Working(Work {
                question: question.clone(),
                share,
                left: None,
            }));
        }
        assert_eq!(findings.working.len(), 1);
        assert_eq!(findings.working[0].share, 0.5);
        findings.apply(Finding::Over(question));
        assert!(findings.working.is_empty());
    }
}
