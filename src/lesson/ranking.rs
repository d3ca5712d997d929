//! An order to predict: of runs by one quantity, or of anything that can be computed from measurements.

use rust_i18n::t;
use serde::Deserialize;

use super::evidence::Evidence;
use super::expression::Expression;
use crate::error::{Error, Result, Sentence};

/// What is put in order, lowest first.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Ranking {
    pub question: String,
    pub items: Vec<Item>,
    /// Values that differ by no more are equal: either order of them is right.
    pub within: f64,
    pub explanation: String,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What a guess calls it, in every language: the run, or the value as it is written.
    pub key: String,
    pub says: String,
    /// What it is ordered by.
    pub value: Expression,
}

/// As a lesson has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    question: String,
    #[serde(default)]
    runs: Vec<String>,
    /// `train_loss`, or another quantity without a place.
    by: Option<String>,
    #[serde(default)]
    options: Vec<WrittenItem>,
    #[serde(default)]
    within: f64,
    #[serde(default)]
    explanation: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenItem {
    says: String,
    value: String,
}

impl TryFrom<Written> for Ranking {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let fail = |why: Sentence| Err(Error::Lesson(why));
        let Written { runs, options, .. } = written;
        let items: Vec<Item> = match (written.by, runs.is_empty(), options.is_empty()) {
            (Some(by), false, true) => runs.into_iter().map(|run| Item::run(&by, run)).collect::<Result<_>>()?,
            (None, true, false) => options.into_iter().map(Item::option).collect::<Result<_>>()?,
            _ => return fail(t!("an order needs either runs and by, or options of says and value")),
        };
        if items.len() < 2 {
            return fail(t!("an order needs at least two to be put in order"));
        }
        let twice = |(place, item): (usize, &Item)| items[..place].iter().any(|before| before.key == item.key);
        if items.iter().enumerate().any(twice) {
            return fail(t!("the same is to be put in order twice"));
        }
        if !(written.within >= 0.0 && written.within.is_finite()) {
            return fail(t!(
                "within must be 0 or above: the difference up to which two values are equal"
            ));
        }
        Ok(Self {
            question: written.question,
            items,
            within: written.within,
            explanation: written.explanation,
        })
    }
}

impl Item {
    fn run(by: &str, run: String) -> Result<Self> {
        Ok(Self {
            value: format!("{by}({run})").parse()?,
            says: run.clone(),
            key: run,
        })
    }

    fn option(WrittenItem { says, value }: WrittenItem) -> Result<Self> {
        Ok(Self {
            says,
            key: value.split_whitespace().collect(),
            value: value.parse()?,
        })
    }
}

impl Ranking {
    /// What the item of that key is called.
    pub fn says<'a>(&'a self, key: &'a str) -> &'a str {
        let item = self.items.iter().find(|item| item.key == key);
        item.map_or(key, |item| &item.says)
    }

    /// The items with their measured values, lowest first; `None` where one was not measured.
    pub fn measured<'a>(&'a self, evidence: &Evidence) -> Option<Vec<(&'a Item, f64)>> {
        let value = |item: &'a Item| Some((item, evidence.spread(&item.value)?.mean));
        let mut values: Vec<(&'a Item, f64)> = self.items.iter().map(value).collect::<Option<_>>()?;
        values.sort_by(|a, b| a.1.total_cmp(&b.1));
        Some(values)
    }

    /// How many pairs of `guess` are in the measured order, of how many; `None` where it does not hold every item.
    pub fn pairs(&self, guess: &[String], measured: &[(&Item, f64)]) -> Option<(usize, usize)> {
        let place = |item: &Item| guess.iter().position(|guessed| *guessed == item.key);
        let (mut pairs, mut of) = (0, 0);
        for (index, (low, least)) in measured.iter().enumerate() {
            for (high, most) in &measured[index + 1..] {
                of += 1;
                pairs += usize::from(place(low)? < place(high)? || most - least <= self.within);
            }
        }
        Some((pairs, of))
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::exhibit;
    use super::*;

    const OPTIONS: &str = "question = '?'\nwithin = 0.05\noptions = [\n\
        { says = 'deep', value = 'train_loss(plain-56)' },\n\
        { says = 'twice the shallow', value = '2 * train_loss(plain-8)' },\n\
        { says = 'middle', value = 'train_loss(plain-20)' },\n]";

    fn evidence() -> Evidence {
        let mut evidence = Evidence::default();
        for (net, loss) in [("plain-8", 0.12), ("plain-20", 0.25), ("plain-56", 1.6)] {
            evidence.insert(exhibit(net, 0, loss));
        }
        evidence
    }

    #[test]
    fn expressions_are_put_in_order_and_near_values_are_equal() {
        let ranking: Ranking = toml::from_str(OPTIONS).unwrap();
        let evidence = evidence();
        let measured = ranking.measured(&evidence).unwrap();
        let says: Vec<&str> = measured.iter().map(|(item, _)| item.says.as_str()).collect();
        assert_eq!(says, ["twice the shallow", "middle", "deep"]);
        let pairs = |order: [usize; 3]| {
            let guess = order.map(|index| ranking.items[index].key.clone());
            ranking.pairs(&guess, &measured).unwrap()
        };
        // 0.24 and 0.25 count as equal.
        assert_eq!((pairs([1, 2, 0]), pairs([2, 1, 0])), ((3, 3), (3, 3)));
        assert_eq!((pairs([0, 1, 2]), pairs([1, 0, 2])), ((1, 3), (2, 3)));
        assert_eq!(
            ranking.pairs(&["deep".into()], &measured),
            None,
            "another lesson's guess"
        );
        assert_eq!(ranking.says("2*train_loss(plain-8)"), "twice the shallow");
        assert_eq!(ranking.measured(&Evidence::default()), None);
    }

    #[test]
    fn what_is_no_order_is_said() {
        for (from, to, says) in [
            ("within = 0.05", "within = -1", "within must be 0 or above"),
            ("within = 0.05", "runs = ['a', 'b']", "either runs and by"),
            ("train_loss(plain-56)", "loss(plain-56)", "'loss' is not a number"),
            ("'train_loss(plain-56)'", "'train_loss( plain-20 )'", "twice"),
        ] {
            let error = toml::from_str::<Ranking>(&OPTIONS.replacen(from, to, 1)).unwrap_err();
            assert!(error.message().contains(says), "{error}");
        }
        let one = "question = '?'\nruns = ['plain-8']\nby = 'train_loss'";
        assert!(toml::from_str::<Ranking>(one).is_err());
        let by = "question = '?'\nruns = ['plain-8', 'plain-20']\nby = 'gradient'";
        let error = toml::from_str::<Ranking>(by).unwrap_err();
        assert!(error.message().contains("needs a place"), "{error}");
    }
}
