//! What a lesson has to ask about its runs, beyond what their training tells.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{Place, Quantity};
use super::file::Lesson;
use crate::probe::Subject;
use crate::run::{Origin, PlaneKind, Question, RunId};

/// Points a side of the landscape whose slice is shown, and of those that are compared with it at a few heights.
const FINE: usize = 17;
const COARSE: usize = 9;
/// Labels of each class where a lesson asks how far layers move and names no number.
const LABELS: usize = 20;

/// The questions about a trained run that the lesson's claims and predictions are judged on.
pub fn questions(lesson: &Lesson, name: &str, run: RunId) -> Vec<Question> {
    let mut needs = Needs::default();
    for expression in lesson.expressions() {
        expression.visit(&mut |quantity, of, place| {
            if of == name {
                needs.note(quantity, place);
            }
        });
    }
    let of = lesson
        .experiments
        .iter()
        .find(|of| of.runs.iter().any(|plan| plan.name == name));
    needs.questions(run, of.map_or(0, |of| of.steps))
}

#[derive(Default)]
struct Needs {
    /// Before the first step, and after the last.
    readings: [bool; 2],
    removals: bool,
    labels: BTreeMap<Origin, BTreeSet<usize>>,
    planes: BTreeSet<PlaneKind>,
    forms: bool,
    depths: BTreeSet<usize>,
    shattering: bool,
}

impl Needs {
    fn note(&mut self, quantity: Quantity, place: Option<Place>) {
        match quantity {
            Quantity::Readable | Quantity::Reader => self.readings[0] = true,
            Quantity::ReadableEnd | Quantity::ReaderEnd => self.readings[1] = true,
            Quantity::Removed | Quantity::RemovedMean | Quantity::RemovedMedian | Quantity::RemovedLeast => {
                self.removals = true;
            }
            Quantity::Scratch | Quantity::Frozen | Quantity::FineTuned => self.transfer(Origin::Backbone, place),
            Quantity::Moved => self.transfer(Origin::Backbone, None),
            Quantity::OtherScratch | Quantity::OtherFrozen | Quantity::OtherFineTuned => {
                self.transfer(Origin::OtherClasses, place);
            }
            Quantity::Height => drop(self.planes.insert(PlaneKind::Random)),
            Quantity::HeightLarger => drop(self.planes.insert(PlaneKind::Larger)),
            Quantity::HeightLargerRaw => drop(self.planes.insert(PlaneKind::LargerRaw)),
            Quantity::FormOutputs
            | Quantity::FormGradients
            | Quantity::DenseParameters
            | Quantity::DenseTimes
            | Quantity::BlockTimes
            | Quantity::PathTimes => self.forms = true,
            Quantity::Inserted | Quantity::GrownLoss => {
                if let Some(Place::At(depth)) = place {
                    self.depths.insert(depth);
                }
            }
            Quantity::Correlation | Quantity::Direction => self.shattering = true,
            Quantity::TrainLoss
            | Quantity::TrainError
            | Quantity::TestLoss
            | Quantity::TestError
            | Quantity::TestErrorRunning
            | Quantity::TestLossRunning
            | Quantity::Parameters
            | Quantity::ShortcutParameters
            | Quantity::MultiplyAdds
            | Quantity::Gradient
            | Quantity::WeightGradient
            | Quantity::WeightGradientEnd
            | Quantity::WeightGrowth
            | Quantity::Slope
            | Quantity::Seconds => {}
        }
    }

    fn transfer(&mut self, origin: Origin, place: Option<Place>) {
        let labels = self.labels.entry(origin).or_default();
        if let Some(Place::At(number)) = place {
            labels.insert(number);
        }
    }

    /// Each names its step, so that what was asked on the way is not taken for an answer about the end.
    fn questions(self, run: RunId, steps: usize) -> Vec<Question> {
        let step = Some(steps);
        let mut questions = Vec::new();
        for (_, step) in self.readings.into_iter().zip([0, steps]).filter(|(needed, _)| *needed) {
            questions.push(Question::Information {
                run,
                step: Some(step),
                image: Subject::default(),
            });
        }
        if self.removals {
            questions.push(Question::Lesions { run, step });
        }
        for (origin, labels) in self.labels {
            let labels = if labels.is_empty() {
                vec![LABELS]
            } else {
                labels.into_iter().collect()
            };
            questions.push(Question::Transfer { run, origin, labels });
        }
        for plane in self.planes {
            let side = if plane == PlaneKind::Random { FINE } else { COARSE };
            questions.push(Question::Landscape { run, step, plane, side });
        }
        if self.forms {
            questions.push(Question::Forms { run, step });
        }
        let insertion = |depth| Question::Insertion { run, step, depth };
        questions.extend(self.depths.into_iter().map(insertion));
        if self.shattering {
            questions.push(Question::Shattering { run, step: Some(0) });
        }
        questions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_judged_is_asked() {
        let text = r#"+++
name = "tiny"
title = "Tiny"
summary = "Everything that must be asked"
use = ["quick"]
+++
## Measure
```claim
says = "four quantities of one run"
check = "removed_mean(plain-20) + other_frozen(plain-20, 20) > other_scratch(plain-20, 1) + reader_end(plain-20, 0)"
```
```predict
kind = "curve"
question = "Draw it"
run = "resnet-20"
of = "slice"
```
"#;
        let lesson = Lesson::parse(text, "tiny.md").unwrap();
        let (origin, labels) = (Origin::OtherClasses, vec![1, 20]);
        let (run, step, image) = (3, Some(400), Subject::default());
        let expected = [
            Question::Information { run, step, image },
            Question::Lesions { run, step },
            Question::Transfer { run: 3, origin, labels },
        ];
        assert_eq!(questions(&lesson, "plain-20", 3), expected);
        let asked = questions(&lesson, "resnet-20", 1);
        assert!(
            matches!(
                asked[..],
                [Question::Landscape {
                    plane: PlaneKind::Random,
                    side: 17,
                    ..
                }]
            ),
            "{asked:?}"
        );
        assert!(questions(&lesson, "plain-56", 0).is_empty());
    }
}
