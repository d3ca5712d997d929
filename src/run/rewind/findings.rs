//! Answers, by run and step: filled from the study's findings, read by panels and figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::question::Finding;
use crate::net::{Array, Surgery};
use crate::probe::{Reading, Subject};
use crate::run::experiment::RunId;

/// Everything found out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// By run and step.
    pub information: BTreeMap<(RunId, usize), Seen>,
    /// In the order they were made.
    pub lesions: Vec<Lesion>,
    /// The newest reason why something could not be found out.
    pub refusal: Option<String>,
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
            Finding::Refused(_, why) | Finding::NoMaps(why) => self.refusal = Some(why),
            Finding::Unsaved(why) => self.unsaved = why,
        }
    }

    /// The newest information about a run not behind that step.
    pub fn information_at(&self, run: RunId, step: usize) -> Option<(usize, &Seen)> {
        let (&(_, step), seen) = self.information.range((run, 0)..=(run, step)).next_back()?;
        Some((step, seen))
    }
}
