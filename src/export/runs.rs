//! Runs of one or many trainings as a table: what they came to, and where their recipes differ.

use std::path::Path;

use rust_i18n::t;

use super::figure::{Figure, Panel};
use super::table::{Cell, Row, Table};
use super::{Material, missing};
use crate::calendar;
use crate::error::Result;
use crate::net::Spec;
use crate::palette::run_style;
use crate::run::ENOUGH;
use crate::run::shelf::{Column, Line, columns};

const DAY: u64 = 86_400;
/// Fields that say least of what sets runs apart.
const TOLD: [&str; 3] = ["net", "input", "classes"];

/// Rank of a column that says nothing of any run.
const EMPTY: u8 = 9;

/// The figure of a list of runs, in its order.
pub fn figure(material: &Material) -> Result<Figure> {
    let all = material.runs.unwrap_or_default();
    let lines: Vec<Line> = all.iter().copied().filter(|line| line.item.row.is_ok()).collect();
    if lines.is_empty() {
        return Err(missing("runs", &t!("no run is listed")));
    }
    let rows = || lines.iter().filter_map(|line| line.item.row.as_ref().ok());
    let specs: Vec<Option<Spec>> = rows().map(|row| row.net.parse().ok()).collect();
    let among: Vec<&Spec> = specs.iter().flatten().collect();
    let style = |spec: &Option<Spec>| spec.as_ref().map(|spec| run_style(spec, &among));
    let mut table = Table {
        rows: specs.iter().map(|spec| Row::new(style(spec))).collect(),
        ..Table::default()
    };
    let mut columns = columns(rows());
    let early = |column: &Column| match column {
        Column::Name => 0,
        Column::Field(name) if name == "depth" => 1,
        _ => 2,
    };
    columns.sort_by_key(early);
    for column in &columns {
        let known = lines.iter().any(|line| column.text(*line) != "–");
        table.push(
            column.title(),
            if known { rank(column, &lines) } else { EMPTY },
            lines.iter().map(|line| cell(column, *line)),
        );
        match column {
            Column::Loss | Column::Error => table.explain(t!("Loss and error: mean of the last 50 minibatches.")),
            Column::TestError => table.explain(t!("Test error: batch statistics.")),
            _ => {}
        }
        match column {
            Column::Error | Column::TestError => table.count_in(t!("fraction")),
            Column::Time => table.count_in("s"),
            _ => {}
        }
    }
    let mut notes = Vec::new();
    if lines.iter().any(|line| (1..ENOUGH).contains(&line.steps())) {
        notes.push(t!("Of less than 100 steps: the mean of the later half.").into());
    }
    let unread: Vec<String> = all
        .iter()
        .filter(|line| line.item.row.is_err())
        .map(|line| line.item.title())
        .collect();
    if !unread.is_empty() {
        let names = unread.join(&t!(", "));
        notes.push(t!("Left out, because they cannot be read: %{folders}.", folders = names).into());
    }
    let mut engines: Vec<&str> = lines.iter().map(engine).filter(|engine| !engine.is_empty()).collect();
    engines.sort_unstable();
    engines.dedup();
    Ok(Figure {
        title: t!("Runs").into(),
        subtitle: extent(&lines),
        tag: t!("measured: %{engines}", engines = engines.join(", ")).into(),
        panels: vec![Panel::Table(table)],
        notes,
        recipe: match (&shared(&lines)[..], lines.len()) {
            ([], _) => Vec::new(),
            (words, 1) => vec![words.join(&t!(", "))],
            (words, _) => vec![t!("The same in all: %{fields}", fields = words.join(&t!(", "))).into()],
        },
        experiments: material.caption.experiments.clone(),
    })
}

fn engine<'a>(line: &Line<'a>) -> &'a str {
    match (line.live, &line.item.row) {
        (Some(series), _) => &series.engine,
        (None, Ok(row)) => &row.engine,
        (None, Err(_)) => "",
    }
}

/// What a reader wants first stands longest: what a run is and came to, then what its recipe sets apart, then what that took.
fn rank(column: &Column, lines: &[Line]) -> u8 {
    match column {
        Column::Name => 0,
        Column::Loss | Column::TestError => 1,
        Column::Field(name) if name == "depth" => 2,
        // Without these, runs of one net cannot be told apart.
        Column::Field(name) if name == "seed" && differs(name, lines) => 2,
        Column::Folder
            if lines
                .iter()
                .any(|line| line.item.key.folder != lines[0].item.key.folder) =>
        {
            2
        }
        // The name tells of these, or the data does.
        Column::Field(name) if TOLD.contains(&name.as_str()) => 8,
        Column::Field(name) if differs(name, lines) => 3,
        Column::Step => 4,
        Column::Time | Column::Error => 5,
        Column::Sketch | Column::State => 6,
        Column::Field(_) | Column::Folder | Column::Written => 7,
    }
}

/// Whether the runs that have the field have it differently.
fn differs(field: &str, lines: &[Line]) -> bool {
    let rows = lines.iter().filter_map(|line| line.item.row.as_ref().ok());
    let mut values = rows.filter_map(|row| row.field(field));
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn cell(column: &Column, line: Line) -> Cell {
    match column {
        Column::Sketch => Cell::Curve(line.sketch(), line.extent()),
        // On paper nothing is "3 days ago".
        Column::Written => {
            let (year, month, day) = calendar::date(line.item.changed.min(line.now) / DAY);
            Cell::Text(format!("{year}-{month:02}-{day:02}"))
        }
        Column::Field(_) if column.text(line).parse::<f64>().is_ok() => {
            Cell::number(column.text(line).parse().ok(), |_| column.text(line))
        }
        // Of seconds, thousandths are as much as was measured.
        Column::Time => Cell::number(
            column
                .value(line)
                .filter(|seconds| *seconds > 0.0)
                .map(|seconds| (1000.0 * seconds).round() / 1000.0),
            |_| column.text(line),
        ),
        _ => match column.value(line) {
            Some(value) => Cell::number(Some(value), |_| column.text(line)),
            None => Cell::Text(column.text(line)),
        },
    }
}

/// What the recipes of all runs have in common, in words.
fn shared(lines: &[Line]) -> Vec<String> {
    let mut recipes = lines
        .iter()
        .filter_map(|line| Some(line.item.row.as_ref().ok()?.recipe_words()));
    let mut words = recipes.next().unwrap_or_default();
    for other in recipes {
        words.retain(|word| other.contains(word));
    }
    words
}

/// Of how many runs and trainings the table is.
fn extent(lines: &[Line]) -> String {
    let mut folders: Vec<&Path> = lines.iter().map(|line| line.item.key.folder.as_path()).collect();
    folders.sort_unstable();
    folders.dedup();
    let folder = lines
        .first()
        .map(|line| line.item.key.folder_name())
        .unwrap_or_default();
    match (lines.len(), folders.len()) {
        (1, _) => t!("one run of the training %{folder}", folder = folder),
        (runs, 1) => t!("%{runs} runs of the training %{folder}", runs = runs, folder = folder),
        (runs, folders) => t!("%{runs} runs of %{folders} trainings", runs = runs, folders = folders),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::samples::{self, constant};
    use super::*;
    use crate::run::shelf::{Item, Mark, RunKey};
    use crate::run::{Experiment, Status};

    const NOW: u64 = 1_764_000_000;

    fn item(name: &str, rate: &str, loss: f32) -> Item {
        let mut item = Item::fresh(
            &constant(name, 0, loss),
            &Experiment::named("quick").unwrap(),
            Path::new("/r/a"),
        );
        item.changed = NOW - 3 * DAY;
        if let Ok(row) = &mut item.row {
            let recipe = Arc::make_mut(&mut row.recipe).iter_mut();
            recipe
                .filter(|(name, _)| name == "schedule.rate")
                .for_each(|(_, value)| rate.clone_into(value));
            row.status = Some(Status::Finished);
            row.curve = vec![2.0, 1.0, loss];
            row.seconds = 75.0;
            row.test_error = Some(0.125);
        }
        item
    }

    fn shown(items: &[Item]) -> Result<Figure> {
        let history = samples::history([]);
        let lines: Vec<Line> = items.iter().map(|item| Line::new(item, None, &history, NOW)).collect();
        figure(&Material {
            runs: Some(&lines),
            ..samples::material(&history)
        })
    }

    #[test]
    fn the_table_has_the_panels_columns_names_and_order() {
        let mut named = item("plain-56", "0.1", 1.5);
        named.mark = Mark {
            label: Some("high rate, again".into()),
            ..Mark::default()
        };
        let broken = Item {
            key: RunKey {
                folder: "/r/b".into(),
                name: String::new(),
                seed: 0,
            },
            row: Err("no run folder".into()),
            ..item("plain-8", "0.1", 0.0)
        };
        let figure = shown(&[named, item("plain-20", "0.02", 0.25), broken]).unwrap();
        let [Panel::Table(table)] = &figure.panels[..] else {
            panic!("a table")
        };
        let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
        assert_eq!(titles[..3], ["run", "depth", "loss curve"]);
        assert!(
            titles.contains(&"learning rate") && !titles.contains(&"batch"),
            "{titles:?}"
        );
        let names: Vec<&str> = table.column(0).map(Cell::text).collect();
        assert_eq!(names, ["high rate, again", "plain-20"]);
        let of = |title: &str| {
            let column = titles.iter().position(|other| *other == title).unwrap();
            table.rows[1].cells[column].clone()
        };
        assert_eq!(of("written"), Cell::Text("2025-11-21".into()));
        assert_eq!(of("time"), Cell::Number("1 min 15 s".into(), 75.0));
        assert_eq!(of("test error"), Cell::Number("12.5\u{a0}%".into(), 0.125));
        assert_eq!(
            of("loss curve"),
            Cell::Curve(vec![2.0, 1.0, 0.25], [0.0, 120.0 / 400.0])
        );
        assert_eq!(figure.subtitle, "2 runs of the training a");
        let [recipe] = &figure.recipe[..] else {
            panic!("one recipe")
        };
        assert!(
            recipe.starts_with("The same in all: digits") && recipe.ends_with("SGD .9, batch 32, 400 steps, seed 0")
        );
        assert!(!recipe.contains("lr"), "the rates differ: {recipe}");
        let ranked = |title: &str| table.columns.iter().find(|column| column.title == title).unwrap();
        assert!(ranked("depth").rank < ranked("learning rate").rank && ranked("time").rank < ranked("folder").rank);
        assert_eq!(
            (ranked("time").unit.as_str(), ranked("test error").unit.as_str()),
            ("s", "fraction")
        );
        assert!(figure.notes[0].contains("cannot be read: b."), "{:?}", figure.notes);
    }

    #[test]
    fn no_run_is_one_sentence() {
        assert_eq!(shown(&[]).unwrap_err().to_string(), "no runs figure: no run is listed");
    }
}
