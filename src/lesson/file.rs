//! A lesson file: TOML between two lines of `+++`, then Markdown whose second-level headings are the steps. Fenced blocks
//! called `predict`, `claim`, `table`, `note` and `show` hold TOML.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use rust_i18n::t;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::claim::Claim;
use super::expression::Expression;
use super::front;
use super::note::Note;
use super::prediction::Prediction;
use super::reach;
use super::table::Table;
use crate::error::{Error, Result};
use crate::run::Experiment;

const FENCE: &str = "```";
const FRONT: &str = "+++";
/// The fenced blocks that are read.
const BLOCKS: [&str; 5] = ["predict", "claim", "table", "note", "show"];

/// A lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Short name: `deeper`.
    pub name: String,
    pub title: String,
    /// One line for the list.
    pub summary: String,
    /// What it trains; the names of the runs are unique over all of them.
    pub experiments: Vec<Experiment>,
    /// Names of the experiments that take long and are shown recorded.
    pub recorded: Vec<String>,
    pub steps: Vec<Step>,
    /// Lines of the file on which runs name the weights they start from, by run.
    pub(super) weight_lines: BTreeMap<String, usize>,
}

/// One idea.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    pub title: String,
    /// Markdown with `$formulas$`, without the fenced blocks that are read here.
    pub text: String,
    /// What the file says behind the first claim: to be read once the claims are checked.
    pub after: String,
    pub predictions: Vec<Prediction>,
    pub claims: Vec<Claim>,
    pub tables: Vec<Table>,
    /// What the learner writes down in it.
    pub notes: Vec<Note>,
    /// What the lab shows beside it; without, what it showed before.
    pub show: Option<Show>,
    /// Line of the file that says so.
    pub show_line: usize,
    /// Lines on which its predictions, claims and tables begin, with what they read.
    pub(super) judged: Vec<(usize, Vec<Expression>)>,
}

/// A ```` ```show ```` block.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Names of the panels, as in the lab's menu.
    pub panels: Vec<String>,
    /// Name of the experiment; without, the lesson's first.
    #[serde(default)]
    pub experiment: Option<String>,
    /// Whether the panels have their buttons and options.
    #[serde(default = "yes")]
    pub controls: bool,
    /// The step that is looked at; without, the newest.
    #[serde(default)]
    pub step: Option<usize>,
}

fn yes() -> bool {
    true
}

impl Lesson {
    /// Reads a lesson; `origin` names the file in errors.
    ///
    /// # Errors
    /// One sentence with the file, the line and what is wrong.
    pub fn parse(text: &str, origin: &str) -> Result<Self> {
        let about = |error: Error| Error::Lesson(format!("{origin}: {error}").into());
        read(text).and_then(Lesson::checked).map_err(about)
    }

    /// Sees that every panel it shows is one of these.
    ///
    /// # Errors
    /// One sentence with the file and the line.
    pub fn check_panels(&self, panels: &[&str], origin: &str) -> Result<()> {
        let known = |name: &str| panels.iter().any(|panel| panel.eq_ignore_ascii_case(name));
        for step in &self.steps {
            let named = step.show.iter().flat_map(|show| &show.panels);
            if let Some(unknown) = named.into_iter().find(|name| !known(name)) {
                let (line, panels) = (step.show_line, panels.join(", "));
                return Err(Error::Lesson(t!(
                    "%{origin}: line %{line}: there is no panel called '%{unknown}'; the panels are %{panels}",
                    origin = origin,
                    line = line,
                    unknown = unknown,
                    panels = panels
                )));
            }
        }
        Ok(())
    }

    /// The experiment shown beside a step, and what the lab shows there; nothing before the first `show`.
    pub fn shown(&self, step: usize) -> (usize, Option<&Show>) {
        let until = &self.steps[..self.steps.len().min(step + 1)];
        let show = until.iter().rev().find_map(|step| step.show.as_ref());
        let named = show.and_then(|show| show.experiment.as_ref());
        let place = named.and_then(|name| self.experiments.iter().position(|known| &known.name == name));
        (place.unwrap_or(0), show)
    }

    /// The experiments that these expressions are measured in, in the lesson's order.
    pub fn measured_in(&self, expressions: &[Expression]) -> Vec<usize> {
        let mut runs = BTreeSet::new();
        for expression in expressions {
            expression.visit(&mut |_, run, _| {
                runs.insert(run.to_owned());
            });
        }
        let needed = |experiment: &Experiment| experiment.runs.iter().any(|plan| runs.contains(&plan.name));
        let places = self.experiments.iter().enumerate();
        places
            .filter(|(_, experiment)| needed(experiment))
            .map(|(place, _)| place)
            .collect()
    }

    /// The experiments that a recording of it holds: those shown recorded and those that a table reads, or all.
    pub fn recordable(&self) -> Vec<&Experiment> {
        let tabled = self.measured_in(&self.tabled().collect::<Vec<_>>());
        let holds = |(place, experiment): &(usize, &Experiment)| {
            self.recorded.is_empty() || self.recorded.contains(&experiment.name) || tabled.contains(place)
        };
        let held = self.experiments.iter().enumerate().filter(holds);
        held.map(|(_, experiment)| experiment).collect()
    }

    /// Everything its claims and predictions are judged on, and what its tables read.
    pub fn expressions(&self) -> Vec<Expression> {
        let judged = self.steps.iter().flat_map(Step::expressions);
        judged.chain(self.tabled()).collect()
    }

    fn tabled(&self) -> impl Iterator<Item = Expression> {
        let tables = self.steps.iter().flat_map(|step| &step.tables);
        tables.flat_map(Table::expressions)
    }

    /// Sees that everything that its steps name exists.
    fn checked(self) -> Result<Self> {
        for (line, expressions) in self.steps.iter().flat_map(|step| &step.judged) {
            for expression in expressions {
                reach::check(expression, &self.experiments).map_err(|error| at(*line, error))?;
            }
        }
        for step in &self.steps {
            if let Some(show) = &step.show {
                self.check_show(show).map_err(|error| at(step.show_line, error))?;
            }
        }
        Ok(self)
    }

    fn check_show(&self, show: &Show) -> Result<()> {
        let experiment = match &show.experiment {
            Some(name) => self.experiment(name)?,
            None => &self.experiments[0],
        };
        match show.step {
            Some(step) if step > experiment.steps => Err(Error::Lesson(t!(
                "there is no step %{step}: %{experiment} has %{steps}",
                step = step,
                experiment = experiment.name,
                steps = experiment.steps
            ))),
            _ => Ok(()),
        }
    }

    pub(super) fn experiment(&self, name: &str) -> Result<&Experiment> {
        let known = self.experiments.iter().find(|known| known.name == name);
        known.ok_or_else(|| Error::Lesson(t!("there is no experiment called '%{name}'", name = name)))
    }
}

fn read(text: &str) -> Result<Lesson> {
    // Some editors put a mark before the first character.
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let end = text.lines().count();
    let opening = lines.next();
    if opening.is_none_or(|(_, line)| line.trim_end() != FRONT) {
        return Err(at(
            1,
            t!("a lesson begins with a line of +++, some TOML, and +++ again"),
        ));
    }
    let text = until(&mut lines, FRONT).ok_or_else(|| at(1, t!("the closing +++ is missing")))?;
    let mut lesson = front::opened(&text)?;
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        if line.trim_end() == "##" {
            return Err(at(number, t!("a step has no title; write it behind '## '")));
        }
        if let Some(title) = line.strip_prefix("## ") {
            lesson.steps.push(Step {
                title: title.trim().into(),
                ..Step::default()
            });
            continue;
        }
        let Some(step) = lesson.steps.last_mut() else {
            if line.trim().is_empty() {
                continue;
            }
            return Err(at(
                number,
                t!("there is text before the first step; begin one with '## '"),
            ));
        };
        match line.trim_end().strip_prefix(FENCE) {
            None => step.words().extend([line, "\n"]),
            Some(kind) => {
                let block = until(&mut lines, FENCE).ok_or_else(|| at(number, t!("the closing ``` is missing")))?;
                step.take(kind, &block, number)?;
            }
        }
    }
    if lesson.steps.is_empty() {
        return Err(at(end, t!("there is no step; begin one with a line like '## Deeper?'")));
    }
    for step in &mut lesson.steps {
        step.text = step.text.trim().into();
        step.after = step.after.trim().into();
    }
    Ok(lesson)
}

impl Step {
    /// Everything its claims and predictions are judged on.
    pub fn expressions(&self) -> Vec<Expression> {
        let claims = self.claims.iter();
        let checks = claims.flat_map(|claim| [claim.check.left.clone(), claim.check.right.clone()]);
        checks
            .chain(self.predictions.iter().flat_map(Prediction::expressions))
            .collect()
    }

    /// Takes in a fenced block that begins on that line.
    fn take(&mut self, kind: &str, block: &str, line: usize) -> Result<()> {
        match kind {
            "predict" => {
                let prediction: Prediction = toml_at(block, line + 1)?;
                prediction.check().map_err(|error| at(line, error))?;
                self.judged.push((line, prediction.expressions()));
                self.predictions.push(prediction);
            }
            "claim" => {
                let claim: Claim = toml_at(block, line + 1)?;
                self.judged
                    .push((line, vec![claim.check.left.clone(), claim.check.right.clone()]));
                self.claims.push(claim);
            }
            "table" => {
                let table: Table = toml_at(block, line + 1)?;
                table.check().map_err(|error| at(line, error))?;
                self.judged.push((line, table.expressions()));
                self.tables.push(table);
            }
            "note" => self.notes.push(toml_at(block, line + 1)?),
            "show" => {
                self.show = Some(toml_at(block, line + 1)?);
                self.show_line = line;
            }
            near if BLOCKS.iter().any(|block| near.trim().to_lowercase().starts_with(block)) => {
                return Err(at(
                    line,
                    t!(
                        "there is no block called '%{unknown}'; the blocks are %{blocks}",
                        unknown = near.trim(),
                        blocks = BLOCKS.join(", ")
                    ),
                ));
            }
            _ => self.words().extend([FENCE, kind, "\n", block, FENCE, "\n"]),
        }
        Ok(())
    }

    /// Where text of this place in the file belongs.
    fn words(&mut self) -> &mut String {
        if self.claims.is_empty() {
            &mut self.text
        } else {
            &mut self.after
        }
    }
}

/// The lines up to one that is `end`.
fn until<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>, end: &str) -> Option<String> {
    let mut text = String::new();
    for (_, line) in lines {
        if line.trim_end() == end {
            return Some(text);
        }
        text.extend([line, "\n"]);
    }
    None
}

/// Reads TOML whose first line is that line of the file.
pub(super) fn toml_at<T: DeserializeOwned>(text: &str, first: usize) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let Range { start, .. } = error.span().unwrap_or(0..0);
        let above = text.as_bytes()[..start.min(text.len())]
            .iter()
            .filter(|&&byte| byte == b'\n');
        let mut said = error.message().replace('\n', " ");
        if said.starts_with("unexpected key or value") {
            said = t!("a value ends too early; text stands between quotes, as in title = \"Deeper?\"").into();
        }
        let unknown = said
            .strip_prefix("unknown field ")
            .and_then(|rest| rest.split_once(", expected "));
        if let Some((unknown, known)) = unknown {
            let known = known.strip_prefix("one of ").unwrap_or(known);
            said = t!(
                "unknown field %{unknown}; there are %{known}",
                unknown = unknown,
                known = known
            )
            .into();
        }
        for (jargon, words) in [
            ("usize", "a whole number"),
            ("u64", "a whole number"),
            ("f64", "a number"),
        ] {
            said = said.replace(&format!("expected {jargon}"), &format!("expected {words}"));
        }
        at(first + above.count(), said)
    })
}

pub(super) fn at(line: usize, what: impl Display) -> Error {
    Error::Lesson(t!("line %{line}: %{what}", line = line, what = what))
}

/// For `deserialize_with`: a string that is read further.
pub(super) fn parsed<'de, D: Deserializer<'de>, T: FromStr<Err = Error>>(deserializer: D) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"+++
name = "small"
title = "Small"
summary = "Tiny nets"
use = ["quick"]
+++

## Guess

Some *text* with $F(x) + x$.

```python
## not a step
```

```predict
kind = "order"
question = "Which first?"
runs = ["plain-20", "plain-56"]
by = "train_loss"
```

## See

```show
panels = ["Curves"]
```

```claim
says = "Deeper is worse"
check = "train_loss(plain-56) - train_loss(plain-20) > 0.3"
```
"#;

    #[test]
    fn a_lesson_has_steps_predictions_and_claims() {
        let lesson = Lesson::parse(SMALL, "small.md").unwrap();
        assert_eq!(
            (lesson.name.as_str(), lesson.experiments[0].name.as_str()),
            ("small", "quick")
        );
        let [guess, see] = lesson.steps.as_slice() else {
            panic!("{:?}", lesson.steps)
        };
        assert_eq!(guess.title, "Guess");
        assert!(
            guess.text.starts_with("Some *text*") && guess.text.ends_with("## not a step\n```"),
            "{}",
            guess.text
        );
        assert_eq!((guess.predictions.len(), guess.claims.len()), (1, 0));
        assert_eq!((see.predictions.len(), see.claims.len()), (0, 1));
        let show = see.show.as_ref().unwrap();
        assert_eq!(
            (show.panels.as_slice(), show.controls, see.show_line),
            (&["Curves".to_owned()][..], true, 25)
        );
        assert_eq!(lesson.expressions().len(), 4);
        assert_eq!(lesson.shown(0), (0, None));
        assert_eq!(lesson.shown(9), (0, Some(show)));
        assert_eq!(lesson.measured_in(&see.expressions()), [0]);
    }

    #[test]
    fn mistakes_name_the_file_and_the_line() {
        for (from, to, says) in [
            ("+++\nname", "name", "line 1: a lesson begins"),
            ("+++\n\n## Guess", "\n\n## Guess", "line 1: the closing +++"),
            ("title = \"Small\"\n", "", "line 2: missing field `title`"),
            ("summary =", "sumary =", "line 4: unknown field `sumary`"),
            ("use = [\"quick\"]\n", "", "no experiment"),
            (
                "\"quick\"",
                "\"quack\"",
                "line 5: 'quack' is neither a file nor an experiment",
            ),
            ("## Guess\n", "Hello\n", "line 8: there is text before"),
            ("> 0.3\"\n```", "> 0.3\"\n", "line 29: the closing ```"),
            (
                "```claim",
                "```claims",
                "line 29: there is no block called 'claims'; the blocks are predict, claim",
            ),
            (
                "kind = \"order\"",
                "kind = \"ordre\"",
                "line 17: unknown variant `ordre`",
            ),
            (
                "> 0.3",
                "",
                "line 31: in 'train_loss(plain-56) - train_loss(plain-20) '",
            ),
            (
                "(plain-56) -",
                "(plain-57) -",
                "line 29: there is no run called 'plain-57'; the runs are",
            ),
            ("panels = [\"Curves\"]", "panels = 3", "line 26"),
            (
                "panels = [\"Curves\"]",
                "panels = [\"Curves\"]\nexperiment = \"quik\"",
                "line 25: there is no experiment called 'quik'",
            ),
        ] {
            let damaged = SMALL.replacen(from, to, 1);
            assert_ne!(damaged, SMALL);
            let error = Lesson::parse(&damaged, "small.md").unwrap_err().to_string();
            let right = error.starts_with("small.md: ") && error.contains(says) && error.lines().count() == 1;
            assert!(right, "{says}: {error}");
        }
    }
}
