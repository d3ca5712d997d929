//! Whether what a lesson asks of a run is there: its block, its layer, its step.

use rust_i18n::t;

use super::expression::{Expression, Place, Quantity};
use crate::error::{Error, Result};
use crate::net::{Deepened, Graph, Spec};
use crate::probe::backbone_fits;
use crate::run::Experiment;

/// Sees that everything the expression measures of the experiments' runs can be measured.
///
/// # Errors
/// One sentence, of the first that cannot.
pub fn check(expression: &Expression, experiments: &[Experiment]) -> Result<()> {
    let mut outcome = Ok(());
    expression.visit(&mut |quantity, run, place| {
        if outcome.is_ok() {
            outcome = check_one(quantity, run, place, experiments);
        }
    });
    outcome
}

fn check_one(quantity: Quantity, run: &str, place: Option<Place>, experiments: &[Experiment]) -> Result<()> {
    let mut plans = experiments
        .iter()
        .flat_map(|of| of.runs.iter().map(move |plan| (of, plan)));
    let Some((experiment, plan)) = plans.find(|(_, plan)| plan.name == run) else {
        let known: Vec<&str> = experiments
            .iter()
            .flat_map(|of| of.runs.iter().map(|plan| plan.name.as_str()))
            .collect();
        return Err(Error::Lesson(t!(
            "there is no run called '%{run}'; the runs are %{known}",
            run = run,
            known = known.join(", ")
        )));
    };
    let of_backbone = [
        Quantity::Scratch,
        Quantity::Frozen,
        Quantity::FineTuned,
        Quantity::Moved,
    ];
    if of_backbone.contains(&quantity) && !begins_with_backbone(&plan.net) {
        return Err(Error::Lesson(t!(
            "%{quantity}(%{run}) is about the weights that come with depthscope, which are of resnet-14:width=8; for %{net} \
             there are other_scratch, other_frozen and other_fine_tuned",
            quantity = quantity.name(),
            run = run,
            net = plan.net
        )));
    }
    let (Some(Place::At(place)), Ok(spec)) = (place, plan.net.parse::<Spec>()) else {
        return Ok(());
    };
    if quantity == Quantity::Inserted || quantity == Quantity::GrownLoss {
        let made = Deepened::new(&Graph::new(&spec), place);
        return made.map(drop).map_err(|why| Error::Lesson(why.into()));
    }
    let blocks = || Graph::new(&spec).blocks.len();
    let [first, last] = match quantity {
        Quantity::TrainLoss => [1, experiment.steps],
        Quantity::Gradient | Quantity::Readable | Quantity::Reader | Quantity::ReadableEnd | Quantity::ReaderEnd => {
            [0, blocks()]
        }
        Quantity::ShortcutParameters | Quantity::Removed => [1, blocks()],
        Quantity::WeightGradient | Quantity::WeightGradientEnd | Quantity::WeightGrowth | Quantity::Moved => {
            [0, Graph::new(&spec).weighted().len() - 1]
        }
        Quantity::Height | Quantity::HeightLarger | Quantity::HeightLargerRaw => [0, 100],
        _ => return Ok(()),
    };
    if (first..=last).contains(&place) {
        return Ok(());
    }
    Err(Error::Lesson(t!(
        "%{quantity}(%{run}, %{place}) is not there; for %{run} the number lies between %{first} and %{last}",
        quantity = quantity.name(),
        run = run,
        place = place,
        first = first,
        last = last
    )))
}

/// Whether the net can start from the weights that come with the program, on small digits.
fn begins_with_backbone(net: &str) -> bool {
    Spec::for_data(net, [1, 8, 8], 10).is_ok_and(|spec| backbone_fits(&spec))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_there_can_be_asked() {
        let quick = Experiment::named("quick").unwrap();
        let outcome = |text: &str| {
            let expression: Expression = text.parse().unwrap();
            check(&expression, std::slice::from_ref(&quick)).map_err(|error| error.to_string())
        };
        for good in [
            "gradient(plain-20, 9) + gradient(plain-20, last) + removed(plain-20, 1)",
            "weight_gradient(plain-20, 19) + height(plain-20, 100) + inserted(plain-20, 56)",
            "train_loss(plain-20, 400) + other_scratch(plain-20, 20)",
        ] {
            assert_eq!(outcome(good), Ok(()), "{good}");
        }
        for (wrong, says) in [
            ("gradient(plain-20, 10)", "between 0 and 9"),
            ("removed(plain-20, 0)", "between 1 and 9"),
            ("weight_gradient(plain-20, 99)", "between 0 and 19"),
            ("train_loss(plain-20, 401)", "between 1 and 400"),
            ("1 - height(plain-20, 101)", "between 0 and 100"),
            ("inserted(plain-20, 57)", "not 6n+2"),
            (
                "frozen(plain-20, 1)",
                "of resnet-14:width=8; for plain-20:width=8 there are other_scratch",
            ),
            (
                "slope(plain-21)",
                "there is no run called 'plain-21'; the runs are plain-20",
            ),
        ] {
            let error = outcome(wrong).unwrap_err();
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }
}
