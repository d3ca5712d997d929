//! Predictions: what a learner commits to before the training, and how it is graded on the measurement.

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::expression::{Check, Expression, Quantity};
use super::file::parsed;
use super::ranking::{Item, Ranking};
use crate::error::{Error, Result};

/// A ```` ```predict ```` block of a lesson.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
pub enum Prediction {
    /// One of several answers; right is the first whose check holds.
    Choice {
        question: String,
        options: Vec<Answer>,
        #[serde(default)]
        explanation: String,
    },
    /// A number.
    Number {
        question: String,
        #[serde(deserialize_with = "parsed")]
        measure: Expression,
        /// A guess is right within this factor.
        within: f64,
        #[serde(default)]
        explanation: String,
    },
    /// Several, lowest first.
    Order(Ranking),
    /// A curve of a run, drawn by hand.
    Curve {
        question: String,
        run: String,
        #[serde(default)]
        of: CurveOf,
        #[serde(default)]
        explanation: String,
    },
}

/// What a curve shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurveOf {
    /// Training loss by step.
    #[default]
    TrainLoss,
    /// Loss along a filter-normalised direction through the trained weights, from -1 to 1.
    Slice,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    pub says: String,
    /// When it is the right one.
    #[serde(deserialize_with = "parsed")]
    pub check: Check,
}

/// What a learner committed to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Guess {
    /// Index of the option.
    Choice(usize),
    Number(f64),
    /// Keys of the items, lowest first.
    Order(Vec<String>),
    /// `[step, loss]` (of a slice `[place, loss]`), ascending.
    Curve(Vec<[f64; 2]>),
    /// It was run without a prediction.
    Skipped,
}

/// How a guess compares with the measurement.
#[derive(Debug, Clone, PartialEq)]
pub enum Grade {
    /// Whether it was right, and the option that is.
    Choice { right: bool, answer: Option<usize> },
    /// Whether it was within the factor, and the value measured.
    Number { right: bool, measured: f64 },
    /// Pairs in the right order, of all pairs, and the order measured.
    Order {
        pairs: usize,
        of: usize,
        measured: Vec<(String, f64)>,
    },
    /// Typical factor between the curve drawn and the one measured: 10 to the mean |log10 ratio|.
    Curve { factor: f64 },
}

impl Grade {
    /// From 0, wrong, to 1, right: pairs in the right order count by their share, and a drawn curve is right where it is
    /// typically within a factor of 1.5, wrong from a factor of 10.
    pub fn credit(&self) -> f64 {
        match self {
            Self::Choice { right, .. } | Self::Number { right, .. } => f64::from(u8::from(*right)),
            Self::Order { pairs, of, .. } => *pairs as f64 / (*of).max(1) as f64,
            Self::Curve { factor } => (1.0 - (factor / 1.5).log10() / (10.0f64 / 1.5).log10()).clamp(0.0, 1.0),
        }
    }
}

impl Prediction {
    /// Sees that it can be answered and graded.
    ///
    /// # Errors
    /// One sentence.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Choice { options, .. } if options.len() < 2 => {
                Err(Error::Lesson(t!("a choice needs at least two options")))
            }
            Self::Number { within, .. } if !(*within >= 1.0 && within.is_finite()) => Err(Error::Lesson(t!(
                "within must be 1 or above: the factor up to which a number is right, such as 1.5"
            ))),
            _ => Ok(()),
        }
    }

    /// The question it puts.
    pub fn question(&self) -> &str {
        match self {
            Self::Choice { question, .. } | Self::Number { question, .. } | Self::Curve { question, .. } => question,
            Self::Order(ranking) => &ranking.question,
        }
    }

    /// How many things there are to choose or to order.
    pub fn options(&self) -> usize {
        match self {
            Self::Choice { options, .. } => options.len(),
            Self::Order(ranking) => ranking.items.len(),
            Self::Number { .. } | Self::Curve { .. } => 0,
        }
    }

    /// What is said after the measurement.
    pub fn explanation(&self) -> &str {
        match self {
            Self::Choice { explanation, .. } | Self::Number { explanation, .. } | Self::Curve { explanation, .. } => {
                explanation
            }
            Self::Order(ranking) => &ranking.explanation,
        }
    }

    /// Every expression that its grade is computed from.
    pub fn expressions(&self) -> Vec<Expression> {
        match self {
            Self::Choice { options, .. } => options
                .iter()
                .flat_map(|option| [option.check.left.clone(), option.check.right.clone()])
                .collect(),
            Self::Number { measure, .. } => vec![measure.clone()],
            Self::Order(ranking) => ranking.items.iter().map(|item| item.value.clone()).collect(),
            Self::Curve { run, of, .. } => {
                let expression = match of {
                    CurveOf::TrainLoss => measured(Quantity::TrainLoss.name(), run),
                    CurveOf::Slice => format!("{}({run}, last)", Quantity::Height.name()).parse().ok(),
                };
                expression.into_iter().collect()
            }
        }
    }

    /// Some guess, for the sake of the measurement; `None` of a curve, which is shown and not told.
    fn any_guess(&self) -> Option<Guess> {
        match self {
            Self::Choice { .. } => Some(Guess::Choice(usize::MAX)),
            Self::Number { .. } => Some(Guess::Number(f64::NAN)),
            Self::Order(ranking) => Some(Guess::Order(
                ranking.items.iter().map(|item| item.key.clone()).collect(),
            )),
            Self::Curve { .. } => None,
        }
    }

    /// What was measured, without a guess; `None` where it is missing.
    pub fn measured(&self, evidence: &Evidence) -> Option<Grade> {
        self.grade(&self.any_guess()?, evidence)
    }

    /// Grades a guess; `None` where the measurement is missing or the guess is of another kind.
    pub fn grade(&self, guess: &Guess, evidence: &Evidence) -> Option<Grade> {
        match (self, guess) {
            (Self::Choice { options, .. }, Guess::Choice(chosen)) => {
                let holds = |check: &Check| {
                    let (left, right) = (evidence.spread(&check.left)?, evidence.spread(&check.right)?);
                    Some(check.relation.holds(left.mean, right.mean))
                };
                let outcomes: Option<Vec<bool>> = options.iter().map(|option| holds(&option.check)).collect();
                let answer = outcomes?.iter().position(|&holds| holds);
                Some(Grade::Choice {
                    right: answer == Some(*chosen),
                    answer,
                })
            }
            (Self::Number { measure, within, .. }, Guess::Number(guess)) => {
                let measured = evidence.spread(measure)?.mean;
                let ratio = guess / measured;
                Some(Grade::Number {
                    right: ratio > 0.0 && ratio.max(1.0 / ratio) <= *within,
                    measured,
                })
            }
            (Self::Order(ranking), Guess::Order(guess)) => {
                let measured = ranking.measured(evidence)?;
                let (pairs, of) = ranking.pairs(guess, &measured)?;
                let named = |(item, value): (&Item, f64)| (item.says.clone(), value);
                Some(Grade::Order {
                    pairs,
                    of,
                    measured: measured.into_iter().map(named).collect(),
                })
            }
            (Self::Curve { run, of, .. }, Guess::Curve(drawn)) => {
                let curve = match of {
                    CurveOf::TrainLoss => evidence.loss_curve(run),
                    CurveOf::Slice => evidence.slice(run),
                };
                let distances: Vec<f64> = curve
                    .iter()
                    .filter_map(|&[step, loss]| {
                        let distance = (drawn_at(drawn, step)?.log10() - loss.log10()).abs();
                        distance.is_finite().then_some(distance)
                    })
                    .collect();
                let mean = distances.iter().sum::<f64>() / distances.len() as f64;
                mean.is_finite().then(|| Grade::Curve {
                    factor: 10f64.powf(mean),
                })
            }
            _ => None,
        }
    }
}

fn measured(quantity: &str, run: &str) -> Option<Expression> {
    format!("{quantity}({run})").parse().ok()
}

/// The drawn curve between its points; `None` outside them.
fn drawn_at(drawn: &[[f64; 2]], step: f64) -> Option<f64> {
    let after = drawn.partition_point(|&[x, _]| x < step);
    let &[x1, y1] = drawn.get(after)?;
    if x1 == step {
        return Some(y1);
    }
    let [x0, y0] = drawn[after.checked_sub(1)?];
    Some(y0 + (y1 - y0) * (step - x0) / (x1 - x0))
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::exhibit;
    use super::*;

    fn evidence() -> Evidence {
        let mut evidence = Evidence::default();
        for (net, loss) in [("plain-8", 0.1), ("plain-20", 0.4), ("plain-56", 1.6)] {
            evidence.insert(exhibit(net, 0, loss));
        }
        evidence
    }

    fn prediction(text: &str) -> Prediction {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_choice_is_right_when_its_check_holds() {
        let choice = prediction(
            r#"
            kind = "choice"
            question = "?"
            options = [
                { says = "the deep", check = "train_loss(plain-56) < train_loss(plain-8)" },
                { says = "the shallow", check = "train_loss(plain-8) < train_loss(plain-56)" },
            ]"#,
        );
        let grade = |guess| choice.grade(&Guess::Choice(guess), &evidence());
        let answer = Some(1);
        assert_eq!(grade(1), Some(Grade::Choice { right: true, answer }));
        assert_eq!(grade(0), Some(Grade::Choice { right: false, answer }));
        assert_eq!(
            choice.grade(&Guess::Choice(0), &Evidence::default()),
            None,
            "not measured yet"
        );
        assert_eq!(choice.grade(&Guess::Number(1.0), &evidence()), None, "another kind");
    }

    #[test]
    fn a_number_is_right_within_its_factor() {
        let number = prediction(
            "kind = 'number'\nquestion = '?'\nmeasure = 'train_loss(plain-56) / train_loss(plain-8)'\nwithin = 2.0",
        );
        let right = |guess| match number.grade(&Guess::Number(guess), &evidence()) {
            Some(Grade::Number { right, measured }) if (measured - 16.0).abs() < 1e-5 => right,
            other => panic!("{other:?}"),
        };
        assert!(right(9.0) && right(31.0) && !right(7.0) && !right(40.0) && !right(-16.0));
    }

    #[test]
    fn an_order_counts_pairs() {
        let order =
            prediction("kind = 'order'\nquestion = '?'\nby = 'train_loss'\nruns = ['plain-56', 'plain-8', 'plain-20']");
        let pairs = |names: [&str; 3]| match order.grade(&Guess::Order(names.map(String::from).into()), &evidence()) {
            Some(Grade::Order { pairs, of: 3, measured }) if measured[0].0 == "plain-8" => pairs,
            other => panic!("{other:?}"),
        };
        assert_eq!(pairs(["plain-8", "plain-20", "plain-56"]), 3);
        assert_eq!(pairs(["plain-56", "plain-20", "plain-8"]), 0);
        assert_eq!(pairs(["plain-8", "plain-56", "plain-20"]), 2);
    }

    #[test]
    fn credit_is_partial() {
        let order = |pairs| Grade::Order {
            pairs,
            of: 3,
            measured: Vec::new(),
        };
        assert_eq!((order(0).credit(), order(3).credit()), (0.0, 1.0));
        assert!((order(2).credit() - 2.0 / 3.0).abs() < 1e-9);
        let curve = |factor| Grade::Curve { factor }.credit();
        assert_eq!((curve(1.0), curve(1.5), curve(10.0), curve(1e9)), (1.0, 1.0, 0.0, 0.0));
        assert!(curve(2.0) > curve(4.0) && curve(4.0) > 0.0);
    }

    #[test]
    fn a_drawn_curve_is_off_by_a_factor() {
        let curve = prediction("kind = 'curve'\nquestion = '?'\nrun = 'plain-20'");
        let factor = |drawn: &[[f64; 2]]| match curve.grade(&Guess::Curve(drawn.into()), &evidence()) {
            Some(Grade::Curve { factor }) => factor,
            other => panic!("{other:?}"),
        };
        assert!((factor(&[[1.0, 4.0], [60.0, 4.0]]) - 10.0).abs() < 1e-4);
        assert!(
            (factor(&[[1.0, 0.4], [30.0, 0.4]]) - 1.0).abs() < 1e-4,
            "judged where it was drawn"
        );
        assert_eq!(curve.grade(&Guess::Curve(Vec::new()), &evidence()), None);
        let slice = prediction("kind = 'curve'\nquestion = '?'\nrun = 'plain-20'\nof = 'slice'");
        assert_eq!(slice.expressions().len(), 1);
        let drawn = Guess::Curve(vec![[-1.0, 4.0], [-0.5, 1.0], [-0.4, 1.0]]);
        assert!(
            matches!(slice.grade(&drawn, &evidence()), Some(Grade::Curve { factor }) if (factor - 1.0).abs() < 1e-6)
        );
    }
}
