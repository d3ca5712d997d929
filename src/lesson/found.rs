//! The quantities that are no part of a training but asked about its weights afterwards.

use super::evidence::{Exhibit, at};
use super::expression::{Place, Quantity};
use crate::net::Form;
use crate::probe::{Forms, Insertion, Reading, Shattering, Trial, Way};
use crate::run::{LandscapeView, Origin, PlaneKind, RemovalStatistics};

impl Exhibit {
    /// What was answered; `None` where it was not asked.
    pub(super) fn found(&self, quantity: Quantity, place: Option<Place>) -> Option<f64> {
        let trial = |origin, way| Some(self.trial(origin, way, place)?.accuracy);
        let found = match quantity {
            Quantity::Readable => self.reading(0, place)?.reconstruction,
            Quantity::Reader => self.reading(0, place)?.accuracy,
            Quantity::ReadableEnd => self.reading(self.series.step(), place)?.reconstruction,
            Quantity::ReaderEnd => self.reading(self.series.step(), place)?.accuracy,
            Quantity::Removed => self.removed(place)?,
            Quantity::RemovedMean => self.removals()?.mean,
            Quantity::RemovedMedian => self.removals()?.median,
            Quantity::RemovedLeast => self.removals()?.least,
            Quantity::Scratch => trial(Origin::Backbone, Way::Scratch)?,
            Quantity::Frozen => trial(Origin::Backbone, Way::Frozen)?,
            Quantity::FineTuned => trial(Origin::Backbone, Way::FineTuned)?,
            Quantity::OtherScratch => trial(Origin::OtherClasses, Way::Scratch)?,
            Quantity::OtherFrozen => trial(Origin::OtherClasses, Way::Frozen)?,
            Quantity::OtherFineTuned => trial(Origin::OtherClasses, Way::FineTuned)?,
            Quantity::Moved => {
                let last = self.trial(Origin::Backbone, Way::FineTuned, Some(Place::Last))?;
                *at(&last.moved, place)?
            }
            Quantity::Height => self.height(PlaneKind::Random, place)?,
            Quantity::HeightLarger => self.height(PlaneKind::Larger, place)?,
            Quantity::HeightLargerRaw => self.height(PlaneKind::LargerRaw, place)?,
            Quantity::FormOutputs => self.forms()?.differences()[0],
            Quantity::FormGradients => self.forms()?.differences()[1],
            Quantity::DenseParameters => self.forms()?.split.paths as f32,
            Quantity::DenseTimes => return self.forms()?.dense_times(),
            Quantity::BlockTimes => return self.forms()?.times(Form::Dense, Form::Grouped),
            Quantity::PathTimes => return self.forms()?.times(Form::Paths, Form::Grouped),
            Quantity::Inserted => self.insertion(place)?.difference,
            Quantity::GrownLoss => self.insertion(place)?.final_loss()?,
            Quantity::Correlation => self.shattering()?.neighbours()?,
            Quantity::Direction => self.shattering()?.net.cosine,
            _ => return None,
        };
        Some(found.into())
    }

    fn forms(&self) -> Option<&Forms> {
        let (_, forms) = self.findings.forms_at(self.series.track.id, usize::MAX)?;
        Some(forms)
    }

    /// Of the net that was made so deep.
    fn insertion(&self, place: Option<Place>) -> Option<&Insertion> {
        let mut made = self.findings.insertions_of(self.series.track.id);
        let found = match place? {
            Place::At(depth) => made.find(|(_, insertion)| insertion.depths[1] == depth),
            Place::Last => made.last(),
        };
        found.map(|(_, insertion)| insertion)
    }

    fn shattering(&self) -> Option<&Shattering> {
        let (_, found) = self.findings.shattering_at(self.series.track.id, 0)?;
        Some(found)
    }

    fn reading(&self, step: usize, place: Option<Place>) -> Option<&Reading> {
        let readings = &self.findings.information.get(&(self.series.track.id, step))?.readings;
        match place? {
            Place::At(block) => readings.iter().find(|reading| reading.block == block),
            Place::Last => readings.last(),
        }
    }

    /// Blocks are counted as on the trunk, whose place 0 is the stem.
    fn removed(&self, place: Option<Place>) -> Option<f32> {
        let removals = self.findings.removals_at(self.series.track.id, usize::MAX)?;
        match place? {
            Place::At(block) => removals.without.get(&block.checked_sub(1)?).copied(),
            Place::Last => removals.without.last_key_value().map(|(_, &accuracy)| accuracy),
        }
    }

    fn removals(&self) -> Option<RemovalStatistics> {
        let removals = self.findings.removals_at(self.series.track.id, usize::MAX)?;
        removals.statistics()
    }

    fn trial(&self, origin: Origin, way: Way, place: Option<Place>) -> Option<&Trial> {
        let trials = self.findings.transfers.get(&(self.series.track.id, origin))?;
        let mut trials = trials.iter().filter(|trial| trial.way == way);
        match place? {
            Place::At(labels) => trials.find(|trial| trial.labels == labels),
            Place::Last => trials.next_back(),
        }
    }

    fn view(&self, plane: PlaneKind) -> Option<&LandscapeView> {
        let known = self.findings.landscape_at(self.series.track.id, plane, usize::MAX)?;
        Some(known.1.as_ref())
    }

    fn height(&self, plane: PlaneKind, place: Option<Place>) -> Option<f32> {
        let hundredths = match place? {
            Place::At(hundredths) => hundredths,
            Place::Last => 100,
        };
        self.view(plane)?.landscape.height(hundredths as f32 / 100.0)
    }

    /// The loss along the first direction of the random plane: place and loss.
    pub(super) fn slice(&self) -> Option<Vec<[f64; 2]>> {
        let map = &self.view(PlaneKind::Random)?.landscape;
        let middle = map.side / 2;
        let point = |column: usize| {
            let [x, _] = map.place(column, middle);
            [x.into(), map.loss[middle * map.side + column].into()]
        };
        Some((0..map.side).map(point).collect())
    }
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lesson::Evidence;
    use crate::lesson::evidence::tests::exhibit;
    use crate::net::{Array, Cut, Graph, Split, Surgery};
    use crate::probe::{Correlation, Formed, Landscape, Subject};
    use crate::run::{Finding, Findings};

    /// What is known of run 0: a block read, two blocks removed, two trials, and a bowl.
    pub fn findings() -> Findings {
        let mut findings = Findings::default();
        let reading = Reading {
            block: 2,
            node: "layer1.1.relu2".into(),
            reconstruction: 0.5,
            accuracy: 0.75,
        };
        findings.apply(Finding::Information {
            run: 0,
            step: 0,
            readings: [reading].into(),
            chance: 0.1,
            image: Subject::default(),
            original: Array::filled(vec![1, 8, 8], 0.0),
            film: [].into(),
        });
        for (block, after) in [(0, 0.25), (2, 0.75)] {
            findings.apply(Finding::Lesion {
                run: 0,
                step: 60,
                surgery: Surgery::one(block, Cut::Removed),
                before: 0.9,
                after,
            });
        }
        let trial = |labels, accuracy| Trial {
            labels,
            way: Way::FineTuned,
            accuracy,
            moved: vec![accuracy, 2.0],
        };
        findings.apply(Finding::Transfer {
            run: 0,
            origin: Origin::Backbone,
            trials: [trial(1, 0.5), trial(20, 0.875)].into(),
        });
        let square = |at: i16| f32::from((at % 5 - 2).pow(2) + (at / 5 - 2).pow(2));
        let landscape = Landscape {
            reach: [[-1.0, 1.0]; 2],
            side: 5,
            loss: (0..25).map(square).collect(),
        };
        findings.apply(Finding::Landscape {
            run: 0,
            step: 60,
            plane: PlaneKind::Random,
            view: Arc::new(LandscapeView {
                landscape,
                way: Vec::new(),
                explained: None,
            }),
        });
        let formed = |(form, output, window): (Form, f32, f64)| Formed {
            form,
            output,
            gradient: 2.0 * output,
            seconds: Some(2.0 * window),
            window_seconds: Some(window),
        };
        let split = Split::of(&Graph::new(&"resnext-20:cardinality=4,group_width=2".parse().unwrap())).unwrap();
        let times = [
            (Form::Paths, 0.25, 3.0),
            (Form::Grouped, 0.0, 1.0),
            (Form::Dense, 9.0, 8.0),
        ];
        findings.apply(Finding::Forms {
            run: 0,
            step: 60,
            forms: Arc::new(Forms {
                split,
                side: [8, 8],
                images: 32,
                formed: times.map(formed).to_vec(),
            }),
        });
        findings.apply(Finding::Insertion {
            run: 0,
            step: 60,
            insertion: Arc::new(Insertion {
                depths: [8, 56],
                inserted: 24,
                difference: 0.5,
                largest: 9.0,
                start: [0.0; 2],
                losses: vec![9.0, 3.0, 1.0],
            }),
        });
        let correlation = |neighbours, cosine| Correlation {
            by_lag: vec![1.0, neighbours],
            cosine,
            sample: Vec::new(),
        };
        findings.apply(Finding::Shattering {
            run: 0,
            step: 0,
            shattering: Arc::new(Shattering {
                net: correlation(0.75, 0.25),
                white: correlation(0.0, 0.0),
                brown: correlation(1.0, 0.5),
                points: 128,
                lines: 8,
            }),
        });
        findings
    }

    #[test]
    fn values_are_those_of_the_answers() {
        let mut evidence = Evidence::default();
        evidence.insert(exhibit("plain-8", 0, 2.0));
        let value = |text: &str| evidence.spread(&text.parse().unwrap()).map(|spread| spread.mean);
        assert_eq!(value("readable(plain-8, 2) + reader(plain-8, last)"), Some(1.25));
        assert_eq!(value("readable(plain-8, 1)"), None, "not read");
        assert_eq!(value("reader_end(plain-8, 2)"), None, "not read when trained");
        assert_eq!(value("removed(plain-8, 1) + removed(plain-8, last)"), Some(1.0));
        assert_eq!(value("removed(plain-8, 2)"), None, "not tried");
        assert_eq!(value("removed_least(plain-8) + removed_mean(plain-8)"), Some(0.75));
        assert_eq!(value("fine_tuned(plain-8, 1) + moved(plain-8, 0)"), Some(1.375));
        assert_eq!(value("other_fine_tuned(plain-8, 1)"), None, "not tried");
        assert_eq!(value("height(plain-8, 0) + height(plain-8, 50)"), Some(1.0));
        assert_eq!(value("height(plain-8, last) + height(plain-8, 75)"), Some(6.5));
        assert_eq!(value("height_larger(plain-8, 0)"), None, "not looked at");
        assert_eq!(value("form_outputs(plain-8) + form_gradients(plain-8)"), Some(0.75));
        assert_eq!(
            value("dense_parameters(plain-8) + dense_times(plain-8) + block_times(plain-8)"),
            Some(20.0)
        );
        assert_eq!(value("path_times(plain-8)"), Some(3.0));
        assert_eq!(
            value("inserted(plain-8, 56) + grown_loss(plain-8, last)"),
            Some(0.5 + f64::from(13.0f32 / 3.0))
        );
        assert_eq!(value("inserted(plain-8, 20)"), None, "not made");
        assert_eq!(value("correlation(plain-8) - direction(plain-8)"), Some(0.5));
        assert_eq!(evidence.slice("plain-8")[..2], [[-1.0, 4.0], [-0.5, 1.0]]);
    }
}
