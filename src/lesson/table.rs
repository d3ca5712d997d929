//! A table of measured figures in a step: of what was measured here, or else of what is recorded.

use rust_i18n::t;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::evidence::{Evidence, Spread};
use super::expression::Expression;
use super::words::value_of;
use crate::error::{Error, Result};

/// A ```` ```table ```` block of a lesson.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// What the rows are, then what the figures are.
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
    /// Whether the figures are shares, shown in percent.
    #[serde(default)]
    pub percent: bool,
}

/// A row of figures.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub says: String,
    #[serde(deserialize_with = "all_parsed")]
    pub values: Vec<Expression>,
}

/// Where the figures of a row come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Measured,
    Recorded,
    Missing,
}

/// A table in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The heads first.
    pub cells: Vec<Vec<String>>,
    /// Where the figures come from: a line for the rows that come from the same, named where there are several lines.
    pub tags: Vec<String>,
    /// Whether any are recorded.
    pub recorded: bool,
}

impl Row {
    /// Its figures: those measured here, or else those recorded; none where one is missing.
    fn figures(&self, evidence: &Evidence, recording: &Evidence) -> (Source, Vec<Spread>) {
        let all = |of: &Evidence| {
            self.values
                .iter()
                .map(|value| of.spread(value))
                .collect::<Option<Vec<_>>>()
        };
        let recorded = |value: &Expression| evidence.is_recorded(value);
        if let Some(figures) = all(evidence).filter(|_| !self.values.iter().any(recorded)) {
            return (Source::Measured, figures);
        }
        match all(recording) {
            Some(figures) => (Source::Recorded, figures),
            None => (Source::Missing, Vec::new()),
        }
    }
}

impl Table {
    /// Sees that every row has a figure for each column.
    ///
    /// # Errors
    /// One sentence.
    pub(super) fn check(&self) -> Result<()> {
        let figures = self.columns.len().saturating_sub(1);
        match self.rows.iter().find(|row| row.values.len() != figures) {
            Some(row) => Err(Error::Lesson(t!(
                "the row '%{row}' has %{values} values; the columns after the first are %{figures}",
                row = row.says,
                values = row.values.len(),
                figures = figures
            ))),
            None => Ok(()),
        }
    }

    /// Every expression in it.
    pub fn expressions(&self) -> Vec<Expression> {
        self.rows.iter().flat_map(|row| row.values.clone()).collect()
    }

    /// What is there to see of it.
    pub fn read(&self, evidence: &Evidence, recording: &Evidence) -> Reading {
        let mut cells = vec![self.columns.clone()];
        // Where figures come from, and the rows that do.
        let mut told: Vec<(String, Vec<&str>)> = Vec::new();
        let mut recorded = false;
        for row in &self.rows {
            let (source, figures) = row.figures(evidence, recording);
            recorded |= source == Source::Recorded;
            let mut words = vec![row.says.clone()];
            words.extend(
                row.values
                    .iter()
                    .enumerate()
                    .map(|(place, value)| self.shown(value, figures.get(place))),
            );
            cells.push(words);
            let tag = tag(source, figures.first().map_or(0, |figure| figure.seeds));
            match told.iter_mut().find(|(known, _)| *known == tag) {
                Some((_, rows)) => rows.push(row.says.as_str()),
                None => told.push((tag, vec![row.says.as_str()])),
            }
        }
        let tags = match told.as_slice() {
            [(tag, _)] => vec![tag.clone()],
            several => several
                .iter()
                .map(|(tag, rows)| t!("%{row}: %{tag}", row = rows.join(&t!(", ")), tag = tag).into())
                .collect(),
        };
        Reading { cells, tags, recorded }
    }

    fn shown(&self, value: &Expression, figure: Option<&Spread>) -> String {
        match figure {
            Some(figure) if self.percent => format!("{:.0} %", 100.0 * figure.mean),
            Some(figure) => value_of(value, figure.mean),
            None => "–".into(),
        }
    }
}

fn tag(source: Source, seeds: usize) -> String {
    let word = match source {
        Source::Measured => t!("measured"),
        Source::Recorded => t!("recorded"),
        Source::Missing => return t!("not measured").into(),
    };
    match seeds {
        0 | 1 => word.into(),
        seeds => t!("%{tag}, mean of %{seeds} seeds", tag = word, seeds = seeds).into(),
    }
}

fn all_parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Expression>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed = texts.iter().map(|text| text.parse().map_err(D::Error::custom));
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::exhibit;
    use super::super::record::Recorded;
    use super::*;

    #[test]
    fn what_is_measured_goes_before_what_is_recorded() {
        let table: Table = toml::from_str(
            r#"columns = ["net", "training error"]
            percent = true
            rows = [{ says = "the first", values = ["train_error(plain-8)"] }]"#,
        )
        .unwrap();
        let recorded = Recorded {
            run: "plain-8".into(),
            seed: 0,
            values: [("train_error(plain-8)".to_owned(), 0.5)].into(),
            curve: Vec::new(),
            slice: Vec::new(),
        };
        let (mut evidence, mut recording) = (Evidence::default(), Evidence::default());
        let first = |evidence: &Evidence, recording: &Evidence| {
            let read = table.read(evidence, recording);
            (read.cells[1].join("|"), read.tags.concat(), read.recorded)
        };
        let told = |row: &str, tags: &str, recorded| (row.to_owned(), tags.to_owned(), recorded);
        assert_eq!(first(&evidence, &recording), told("the first|–", "not measured", false));
        recording.insert_recorded(recorded.clone());
        assert_eq!(first(&evidence, &recording), told("the first|50 %", "recorded", true));
        evidence.insert_recorded(recorded);
        assert_eq!(first(&evidence, &recording), told("the first|50 %", "recorded", true));
        evidence.insert(exhibit("plain-8", 0, 2.0));
        evidence.insert(exhibit("plain-8", 1, 2.0));
        let both = told("the first|25 %", "measured, mean of 2 seeds", false);
        assert_eq!(first(&evidence, &recording), both);
    }

    #[test]
    fn rows_of_different_sources_are_told_apart() {
        let table: Table = toml::from_str(
            r#"columns = ["net", "parameters"]
            rows = [
                { says = "the first", values = ["parameters(plain-8)"] },
                { says = "the second", values = ["parameters(plain-14)"] },
                { says = "the third", values = ["multiply_adds(plain-8)"] },
            ]"#,
        )
        .unwrap();
        let mut evidence = Evidence::default();
        evidence.insert(exhibit("plain-8", 0, 2.0));
        let read = table.read(&evidence, &Evidence::default());
        assert_eq!(
            read.tags,
            ["the first, the third: measured", "the second: not measured"]
        );
    }
}
