//! The columns of the table of runs: what stands in them, and what they sort by.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::fields::{heading, title};
use super::{Item, Row};
use crate::run::amounts::{duration, grouped, percent, short};
use crate::run::{History, LAST, Series, Status, Trailing};

/// A summary that training has not renewed for so long is of a run that was left off.
const STALE_SECS: u64 = 30;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Column {
    Name,
    Sketch,
    State,
    Step,
    Loss,
    Error,
    TestError,
    /// A part of the recipe or of the net that is not the same everywhere.
    Field(String),
    Time,
    Folder,
    Written,
}

/// What a line is drawn and sorted from.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub item: &'a Item,
    /// The same run in memory, where the window trains it.
    pub live: Option<&'a Series>,
    pub now: u64,
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// The columns that show these runs, with those that would say the same in every line left out.
pub fn columns<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Vec<Column> {
    let mut columns = vec![
        Column::Name,
        Column::Sketch,
        Column::State,
        Column::Step,
        Column::Loss,
        Column::Error,
        Column::TestError,
    ];
    let mut names: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    // In an order of their own, however the runs are sorted: the nets with most to say come first.
    let mut richest: Vec<&Row> = rows.clone().collect();
    richest.sort_by_key(|row| std::cmp::Reverse(row.fields.len()));
    for row in richest {
        let all = row.fields.iter().chain(row.recipe.iter());
        names.extend(all.map(|(name, _)| name.as_str()).filter(|name| seen.insert(*name)));
    }
    for name in names {
        let mut values = rows.clone().map(|row| row.field(name));
        let first = values.next();
        if values.any(|value| Some(value) != first) {
            // Runs of one name are told apart by it.
            let place = if name == "seed" { 1 } else { columns.len() };
            columns.insert(place, Column::Field(name.to_owned()));
        }
    }
    columns.extend([Column::Time, Column::Folder, Column::Written]);
    columns
}

impl Column {
    /// Stands above it.
    pub fn title(&self) -> String {
        match self {
            Column::Name => t!("run").into(),
            Column::Sketch => t!("loss curve").into(),
            Column::State => t!("state").into(),
            Column::Step => t!("step").into(),
            Column::Loss => t!("loss").into(),
            Column::Error => t!("error").into(),
            Column::TestError => t!("test error").into(),
            Column::Field(name) => heading(name),
            Column::Time => t!("time").into(),
            Column::Folder => t!("folder").into(),
            Column::Written => t!("written").into(),
        }
    }

    /// What exactly it is.
    pub fn hint(&self) -> String {
        match self {
            Column::Name => t!("The name you gave it, or the net's").into(),
            Column::Sketch => t!("Training loss from the first step to the last, logarithmic, all on one scale").into(),
            Column::State => t!("How the run stands").into(),
            Column::Step => t!("Training steps done").into(),
            Column::Loss => t!("Training loss, mean of the last 50 minibatches").into(),
            Column::Error => t!("Training error, mean of the last 50 minibatches").into(),
            Column::TestError => t!("Error on the test split, batch statistics").into(),
            Column::Field(name) => t!("%{field}: not the same in all runs", field = title(name)).into(),
            Column::Time => t!("Time spent in its own steps").into(),
            Column::Folder => t!("The run folder").into(),
            Column::Written => t!("When its results were last written").into(),
        }
    }

    /// Numbers stand at the right.
    pub fn is_number(&self) -> bool {
        use Column::{Error, Loss, Step, TestError, Time, Written};
        matches!(self, Step | Loss | Error | TestError | Time | Written)
    }

    /// What stands in it, for a run that can be read.
    pub fn text(&self, line: Line<'_>) -> String {
        let Ok(row) = &line.item.row else {
            return String::new();
        };
        let number = |value: Option<f32>| value.map_or_else(|| "–".into(), |value| short(f64::from(value)));
        let share = |value: Option<f32>| value.map_or_else(|| "–".into(), |value| percent(f64::from(value)));
        match self {
            Column::Name => line.item.title(),
            Column::Sketch => String::new(),
            Column::State => state(line, row),
            Column::Step => grouped(line.steps() as u64),
            Column::Loss => number(line.loss()),
            Column::Error => share(line.error()),
            Column::TestError => share(line.test_error()),
            Column::Field(name) => row.field(name).unwrap_or("–").to_owned(),
            Column::Time if row.seconds == 0.0 => "–".into(),
            Column::Time => duration(row.seconds.round().max(1.0)),
            Column::Folder => line.item.key.folder_name(),
            Column::Written => age(
                line.now.saturating_sub(line.item.changed),
                line.live.is_some_and(|run| !run.finished),
            ),
        }
    }

    /// The number that stands in it, where it is one: errors are 0..=1, times in seconds.
    pub fn value(&self, line: Line<'_>) -> Option<f64> {
        let number = |value: Option<f32>| Some(value.map_or(f64::NAN, f64::from));
        match self {
            Column::Step => Some(line.steps() as f64),
            Column::Loss => number(line.loss()),
            Column::Error => number(line.error()),
            Column::TestError => number(line.test_error()),
            Column::Time => Some(line.seconds()),
            Column::Name | Column::Sketch | Column::State | Column::Field(_) | Column::Folder | Column::Written => None,
        }
    }

    /// Which of two lines stands first when the column sorts upwards; what is not known stands last.
    pub fn compare(&self, a: Line<'_>, b: Line<'_>) -> Ordering {
        let known = |value: Option<f32>| value.filter(|value| value.is_finite()).unwrap_or(f32::INFINITY);
        let number = |a, b| known(a).total_cmp(&known(b));
        match self {
            Column::Sketch | Column::Loss => number(a.loss(), b.loss()),
            Column::Error => number(a.error(), b.error()),
            Column::TestError => number(a.test_error(), b.test_error()),
            Column::Step => a.steps().cmp(&b.steps()),
            Column::Written => b.written().cmp(&a.written()),
            Column::Time => a.seconds().total_cmp(&b.seconds()),
            Column::Name | Column::State | Column::Field(_) | Column::Folder => natural(&self.text(a), &self.text(b)),
        }
    }
}

impl<'a> Line<'a> {
    /// The item, with its run in memory where its folder is the one that the window trains in.
    pub fn new(item: &'a Item, folder: Option<&Path>, history: &'a History, now: u64) -> Self {
        let here = folder.unwrap_or(Path::new("")) == item.key.folder;
        let same = |series: &&Series| series.track.name == item.key.name && series.track.seed == item.key.seed;
        let live = history.trained().iter().find(same).filter(|_| here);
        Self { item, live, now }
    }

    fn row(&self) -> Option<&'a Row> {
        self.item.row.as_ref().ok()
    }

    /// The training loss in few numbers, at equal distances and each the mean of about the last [`LAST`] steps; the last one
    /// as the table has it.
    pub fn sketch(&self) -> Vec<f32> {
        let parts = match self.live {
            Some(series) => series.sketch.means(),
            None => self.row().map_or(&[][..], |row| &row.curve),
        };
        let each = (self.steps() - self.from().min(self.steps())) as f64 / parts.len().max(1) as f64;
        let mut trailing = Trailing::new((LAST as f64 / each).round() as usize);
        let mean = |&part: &f32| trailing.next(part.into()) as f32;
        let mut means: Vec<f32> = parts.iter().map(mean).collect();
        if let (Some(last), Some(loss)) = (means.last_mut(), self.loss().filter(|loss| loss.is_finite())) {
            *last = loss;
        }
        means
    }

    /// Between which shares of its steps the sketch lies, 0..=1.
    pub fn extent(&self) -> [f32; 2] {
        let of = self.row().map_or(1, |row| row.of).max(1);
        [self.from(), self.steps()].map(|step| step.min(of) as f32 / of as f32)
    }

    /// The step that the run continues from.
    pub fn from(&self) -> usize {
        self.row().map_or(0, |row| row.from)
    }

    /// Seconds since 1970; runs that train are written at this moment.
    fn written(&self) -> u64 {
        if self.live.is_some_and(|series| !series.finished) {
            u64::MAX
        } else {
            self.item.changed
        }
    }

    fn seconds(&self) -> f64 {
        let begun = self.live.is_none_or(|series| series.step() > 0);
        self.row().filter(|_| begun).map_or(0.0, |row| row.seconds)
    }

    /// The name of the run in memory, or its folder's and its own: no other line has it.
    pub fn name(&self) -> String {
        let key = &self.item.key;
        self.live.map_or_else(
            || format!("{}/{}", key.folder.display(), key.name),
            |series| series.track.name.clone(),
        )
    }

    /// Steps done.
    pub fn steps(&self) -> usize {
        self.live
            .map_or_else(|| self.row().map_or(0, |row| row.steps), Series::step)
    }

    fn loss(&self) -> Option<f32> {
        self.live.map_or_else(|| self.row()?.train_loss, Series::final_loss)
    }

    fn error(&self) -> Option<f32> {
        self.live.map_or_else(|| self.row()?.train_error, Series::final_error)
    }

    fn test_error(&self) -> Option<f32> {
        let tested = self.live.and_then(|series| series.evaluated.last());
        // After a reset the folder still tells of the nets before.
        let known = self.live.is_none_or(|series| series.finished);
        let stored = || self.row().filter(|_| known)?.test_error;
        tested.map(|tested| tested.error).or_else(stored)
    }

    /// Another program trains it at this moment.
    pub fn trains_elsewhere(&self) -> bool {
        let training = self.row().is_some_and(|row| row.status == Some(Status::Training));
        training && self.live.is_none() && self.now.saturating_sub(self.item.changed) < STALE_SECS
    }

    /// All of it in a sentence, for assistive technology.
    pub fn summary(&self, columns: &[Column]) -> String {
        let name = match self.item.mark.pinned {
            true => t!("%{run} (pinned)", run = self.item.title()).into_owned(),
            false => self.item.title(),
        };
        if let Err(sentence) = &self.item.row {
            return format!("{name}: {sentence}");
        }
        let shown = columns
            .iter()
            .filter(|column| !matches!(column, Column::Name | Column::Sketch));
        let parts: Vec<String> = shown
            .map(|column| format!("{} {}", column.title(), column.text(*self)))
            .collect();
        format!("{name}, {}", parts.join(", "))
    }
}

fn state(line: Line<'_>, row: &Row) -> String {
    if let Some(series) = line.live {
        return match (series.diverged, series.finished) {
            (Some(_), _) => t!("diverged"),
            (None, true) if series.step() < row.of => t!("stopped"),
            (None, true) => t!("finished"),
            (None, false) => t!("in this window"),
        }
        .into();
    }
    match row.status {
        None => t!("not trained"),
        Some(Status::Finished) => t!("finished"),
        Some(Status::Stopped) => t!("stopped"),
        Some(Status::Diverged) => t!("diverged"),
        Some(Status::Training) if line.trains_elsewhere() => t!("training"),
        Some(Status::Training) => t!("left off"),
    }
    .into()
}

fn age(seconds: u64, live: bool) -> String {
    match seconds {
        _ if live => t!("now"),
        0..60 => t!("just now"),
        60..3_600 => t!("%{n} min ago", n = seconds / 60),
        3_600..86_400 => t!("%{n} h ago", n = seconds / 3_600),
        _ => t!("%{n} d ago", n = seconds / 86_400),
    }
    .into()
}

/// Numbers by value, texts by letters with the numbers in them by value: plain-8 before plain-20.
fn natural(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => parts(a).cmp(parts(b)),
    }
}

/// Stretches of digits as numbers, and of other characters as text.
fn parts(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let same = |a: char, b: char| a.is_ascii_digit() == b.is_ascii_digit();
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest.find(|letter| !same(first, letter)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        rest = behind;
        Some(part.parse().map_or((u64::MAX, part), |number| (number, "")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_sort_by_value() {
        assert_eq!(natural("plain-8", "plain-20"), Ordering::Less);
        assert_eq!(natural("0.02", "0.1"), Ordering::Less);
        assert_eq!(natural("resnet-8", "plain-20"), Ordering::Greater);
        assert_eq!(natural("b", "b"), Ordering::Equal);
    }

    #[test]
    fn ages_are_short() {
        assert_eq!(age(30, false), "just now");
        assert_eq!(age(200, false), "3 min ago");
        assert_eq!(age(200_000, false), "2 d ago");
    }
}
