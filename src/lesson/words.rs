//! What is said of predictions and claims, in the window and in a report.

use rust_i18n::t;

use super::claim::{Claim, Verdict};
use super::evidence::Spread;
use super::expression::{Expression, Operator};
use super::prediction::{Grade, Guess, Prediction};
use crate::run::amounts::{decimals, grouped, percent, power_of_ten, superscript};

/// Four significant digits, very small and very large numbers with a power of ten.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e6).contains(&value.abs()) {
        return power_of_ten(value, 3);
    }
    let digits = 3usize.saturating_sub(value.abs().max(1.0).log10() as usize);
    decimals(value, digits)
}

/// A number that someone typed, in as few digits: `0.3`, `10⁻¹³`.
pub fn typed(value: f64) -> String {
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some(("1", power)) if value < 1e-3 => format!("10{}", superscript(power)),
        Some((leading, power)) if value != 0.0 && value.abs() < 1e-3 => format!("{leading}·10{}", superscript(power)),
        _ => value.to_string(),
    }
}

/// What was predicted.
pub fn guess(prediction: &Prediction, guess: &Guess) -> String {
    match (prediction, guess) {
        (Prediction::Choice { options, .. }, Guess::Choice(chosen)) => options
            .get(*chosen)
            .map(|option| option.says.clone())
            .unwrap_or_default(),
        (_, Guess::Number(value)) => typed(*value),
        (Prediction::Order(ranking), Guess::Order(keys)) => {
            let says: Vec<&str> = keys.iter().map(|key| ranking.says(key)).collect();
            says.join(" < ")
        }
        (_, Guess::Skipped) => t!("nothing; it was run without a prediction").into(),
        _ => t!("a curve drawn by hand").into(),
    }
}

/// How it compares with the measurement.
pub fn outcome(prediction: &Prediction, grade: &Grade) -> String {
    match grade {
        Grade::Order { pairs, of, measured } => {
            let said = t!(
                "%{pairs} of %{of} pairs in the right order; measured: %{values}",
                pairs = pairs,
                of = of,
                values = listed(measured)
            );
            match prediction {
                Prediction::Order(ranking) if ranking.within > 0.0 => t!(
                    "%{said} (differences of up to %{within} count as equal)",
                    said = said,
                    within = typed(ranking.within)
                )
                .into(),
                _ => said.into(),
            }
        }
        Grade::Curve { factor } => t!(
            "typically off by a factor of %{factor}; up to 1.5 is right, from 10 on wrong",
            factor = format!("{:.1}", (factor * 10.0).round() / 10.0)
        )
        .into(),
        Grade::Choice { .. } | Grade::Number { .. } => measured(prediction, grade),
    }
}

fn listed(measured: &[(String, f64)]) -> String {
    let values = measured
        .iter()
        .map(|(says, value)| format!("{says} {}", number(*value)));
    values.collect::<Vec<_>>().join(&t!(", "))
}

/// Whether its answer follows from thought alone: nothing is measured for it.
fn rests_on_nothing(prediction: &Prediction) -> bool {
    let mut runs = 0;
    let expressions = prediction.expressions();
    expressions
        .iter()
        .for_each(|value| value.visit(&mut |_, _, _| runs += 1));
    runs == 0
}

/// What was measured, without what was predicted.
pub fn measured(prediction: &Prediction, grade: &Grade) -> String {
    match grade {
        Grade::Choice { answer, .. } => {
            let says = match (prediction, answer) {
                (Prediction::Choice { options, .. }, Some(answer)) => options.get(*answer),
                _ => None,
            };
            match says {
                Some(option) if rests_on_nothing(prediction) => t!("the answer: %{answer}", answer = option.says),
                Some(option) => t!("measured: %{answer}", answer = option.says),
                None => t!("measured: none of these"),
            }
        }
        Grade::Number { measured, .. } => t!("measured: %{value}", value = number(*measured)),
        Grade::Order { measured, .. } => t!("measured: %{value}", value = listed(measured)),
        Grade::Curve { .. } => t!("measured"),
    }
    .into()
}

/// A word for the credit a grade gives.
pub fn praise(grade: &Grade) -> String {
    match grade.credit() {
        credit if credit > 0.999 => t!("Right"),
        credit if credit > 0.001 => t!("%{percent} % right", percent = (100.0 * credit).round()),
        _ => t!("Not so"),
    }
    .into()
}

/// The value of a claim beside what it needs: `1.675 ± 0.320 over 3 seeds, needed > 0.3`.
pub fn verdict(claim: &Claim, verdict: &Verdict) -> String {
    let (spread, bound) = match verdict {
        Verdict::Reproduced(spread, bound) | Verdict::NotReproduced(spread, bound) => (spread, *bound),
        Verdict::NotMeasured => return t!("not measured").into(),
    };
    let left = &claim.check.left;
    let bound = match claim.check.right {
        Expression::Number(written) if left.is_share() => percent(written),
        Expression::Number(written) => typed(written),
        _ if left.is_share() => percent(bound),
        _ => number(bound),
    };
    let needed = format!("{}\u{a0}{bound}", claim.check.relation);
    let value = if is_counted(left) {
        value_of(left, spread.mean)
    } else if left.is_share() {
        spread_as(spread, percent)
    } else {
        spread_of(spread)
    };
    // What two measurements make is not one of them.
    let value = match left {
        Expression::Binary(a, operator, b) if !is_number(a) && !is_number(b) => match operator {
            Operator::Subtract => t!("difference %{value}", value = value),
            Operator::Divide => t!("factor %{value}", value = value),
            Operator::Add | Operator::Multiply => value.into(),
        },
        _ => value.into(),
    };
    let said = t!("%{value}, needed %{needed}", value = value, needed = needed);
    // The bound stays with its word.
    said.replace(&format!(" {needed}"), &format!("\u{a0}{needed}"))
}

fn is_number(expression: &Expression) -> bool {
    matches!(expression, Expression::Number(_))
}

/// Whether it follows from the nets alone, so that seeds have no part in it.
fn is_counted(expression: &Expression) -> bool {
    let mut all = true;
    expression.visit(&mut |quantity, _, _| all &= quantity.is_counted());
    all
}

/// The value of an expression; what is counted stands as a whole number.
pub fn value_of(expression: &Expression, value: f64) -> String {
    if is_counted(expression) && value >= 0.0 && value.fract() == 0.0 {
        return grouped(value as u64);
    }
    number(value)
}

/// A mean with its spread over the seeds.
pub fn spread_of(spread: &Spread) -> String {
    spread_as(spread, number)
}

fn spread_as(spread: &Spread, number: fn(f64) -> String) -> String {
    let mean = number(spread.mean);
    if spread.seeds == 1 {
        return t!("%{mean} with one seed", mean = mean).into();
    }
    t!(
        "%{mean} ± %{sd} over %{seeds} seeds",
        mean = mean,
        sd = number(spread.deviation),
        seeds = spread.seeds
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits() {
        for (value, shown) in [
            (0.0, "0"),
            (1e-9, "1.000·10⁻⁹"),
            (201327014.0, "2.013·10⁸"),
            (-0.5, "\u{2212}0.500"),
            (12.3456, "12.35"),
            (11488.0, "11488"),
        ] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn bounds_have_the_digits_that_were_typed() {
        let read = [0.0, 0.3, 1e-13, 2.5e-5, 400.0].map(typed);
        assert_eq!(read, ["0", "0.3", "10⁻¹³", "2.5·10⁻⁵", "400"]);
    }

    #[test]
    fn what_is_counted_knows_no_seeds() {
        let spread = |mean| Spread {
            mean,
            deviation: 0.0,
            seeds: 1,
        };
        let said = |check: &str, mean| {
            let claim = Claim {
                says: String::new(),
                check: check.parse().unwrap(),
                otherwise: String::new(),
            };
            verdict(&claim, &Verdict::Reproduced(spread(mean), 9.0))
        };
        assert_eq!(
            said("parameters(a) - parameters(b) > 0", 11_488.0),
            "difference 11\u{a0}488, needed\u{a0}>\u{a0}0"
        );
        assert_eq!(
            said("multiply_adds(a) / multiply_adds(b) > 2", 3.1),
            "factor 3.100, needed\u{a0}>\u{a0}2"
        );
        assert_eq!(
            said("train_loss(a) > 0.3", 1.0),
            "1.000 with one seed, needed\u{a0}>\u{a0}0.3"
        );
        assert_eq!(
            said("test_error(a) - train_error(a) > 0.05", 0.618),
            "difference 61.8\u{a0}% with one seed, needed\u{a0}>\u{a0}5.0\u{a0}%"
        );
        assert_eq!(
            said("test_error(a) / test_error(b) > 2", 3.1),
            "factor 3.100 with one seed, needed\u{a0}>\u{a0}2"
        );
        assert_eq!(
            said("1 - test_error(a) > 0.9", 0.952),
            "95.2\u{a0}% with one seed, needed\u{a0}>\u{a0}90.0\u{a0}%"
        );
        assert_eq!(
            said("train_loss(a) > train_loss(b)", 1.0),
            "1.000 with one seed, needed\u{a0}>\u{a0}9.000"
        );
    }

    #[test]
    fn grades_are_said() {
        let order: Prediction =
            toml::from_str("kind = 'order'\nquestion = '?'\nby = 'train_loss'\nruns = ['a', 'b']").unwrap();
        let grade = Grade::Order {
            pairs: 0,
            of: 1,
            measured: vec![("b".into(), 0.1), ("a".into(), 2.0)],
        };
        assert_eq!(
            outcome(&order, &grade),
            "0 of 1 pairs in the right order; measured: b 0.100, a 2.000"
        );
        assert_eq!(praise(&grade), "Not so");
        assert_eq!(measured(&order, &grade), "measured: b 0.100, a 2.000");
        assert!(guess(&order, &Guess::Skipped).contains("without a prediction"));
        assert_eq!(guess(&order, &Guess::Order(vec!["a".into(), "b".into()])), "a < b");
        let curve = Grade::Curve { factor: 1.26 };
        assert_eq!(
            outcome(&order, &curve),
            "typically off by a factor of 1.3; up to 1.5 is right, from 10 on wrong"
        );
        assert_eq!(praise(&curve), "Right");
    }
}
