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
use crate::run::shelf::{Column, Line, columns, title};

const DAY: u64 = 86_400;
/// Fields that say least of what sets runs apart.
const TOLD: [&str; 4] = ["net", "depth", "input", "classes"];

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
    let columns = columns(rows());
    for column in &columns {
        table.push(
            column.title(),
            rank(column),
            lines.iter().map(|line| cell(column, *line)),
        );
    }
    let mut notes = vec![t!("Loss and error: mean of the last 50 minibatches. Test error: batch statistics.").into()];
    let unread: Vec<String> = all
        .iter()
        .filter(|line| line.item.row.is_err())
        .map(|line| line.item.title())
        .collect();
    if !unread.is_empty() {
        let names = unread.join(&t!(", "));
        notes.push(t!("Left out, because they cannot be read: %{folders}.", folders = names).into());
    }
    let mut folders: Vec<&Path> = lines.iter().map(|line| line.item.key.folder.as_path()).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut engines: Vec<&str> = lines.iter().map(engine).filter(|engine| !engine.is_empty()).collect();
    engines.sort_unstable();
    engines.dedup();
    Ok(Figure {
        title: t!("Runs").into(),
        subtitle: t!(
            "Runs: %{runs}. Run folders: %{folders}.",
            runs = lines.len(),
            folders = folders.len()
        )
        .into(),
        tag: t!("measured: %{engines}", engines = engines.join(", ")).into(),
        panels: vec![Panel::Table(table)],
        notes,
        recipe: vec![t!("The same in all: %{fields}", fields = shared(&lines).join(&t!(", "))).into()],
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

fn rank(column: &Column) -> u8 {
    match column {
        Column::Name => 0,
        Column::Loss | Column::TestError => 1,
        // The name tells of these, or the data does.
        Column::Field(name) if TOLD.contains(&name.as_str()) => 4,
        Column::Field(_) => 2,
        Column::Error | Column::Sketch => 3,
        Column::Step | Column::State => 4,
        Column::Folder => 5,
        Column::Time | Column::Written => 6,
    }
}

fn cell(column: &Column, line: Line) -> Cell {
    match column {
        Column::Sketch => Cell::Curve(line.sketch(), line.done()),
        // On paper nothing is "3 days ago".
        Column::Written => {
            let (year, month, day) = calendar::date(line.item.changed.min(line.now) / DAY);
            Cell::Text(format!("{year}-{month:02}-{day:02}"))
        }
        _ => match column.value(line) {
            Some(value) => Cell::number(Some(value), |_| column.text(line)),
            None => Cell::Text(column.text(line)),
        },
    }
}

/// What of recipe and net all runs have in common, as in the experiment file.
fn shared(lines: &[Line]) -> Vec<String> {
    let mut rows = lines.iter().filter_map(|line| line.item.row.as_ref().ok());
    let Some(first) = rows.next() else { return Vec::new() };
    let all = first.recipe.iter().chain(first.fields.iter());
    // What is off needs no words.
    let all = all.filter(|(_, value)| value != "0" && value != "false");
    all.filter(|(name, value)| rows.clone().all(|row| row.field(name) == Some(value)))
        .map(|(name, value)| format!("{} {value}", title(name)))
        .collect()
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
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut item = Item::fresh(
            &constant(name, 0, loss),
            &Experiment::named("quick").unwrap(),
            Path::new("/r/a"),
        );
        item.changed = NOW - 3 * DAY;
        if let Ok(row) = &mut item.row {
            row.recipe = Arc::new(vec![pair("batch", "32"), pair("schedule.rate", rate)]);
            row.fields = vec![pair("net", "plain")];
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
        assert_eq!(titles[..2], ["run", "loss curve"]);
        assert!(
            titles.contains(&"schedule.rate") && !titles.contains(&"batch"),
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
        assert_eq!(of("test error"), Cell::Number("12.5 %".into(), 0.125));
        assert_eq!(of("loss curve"), Cell::Curve(vec![2.0, 1.0, 0.25], 60.0 / 400.0));
        assert_eq!(figure.subtitle, "Runs: 2. Run folders: 1.");
        assert_eq!(figure.recipe, ["The same in all: batch 32, net plain"]);
        assert!(figure.notes[1].contains("cannot be read: b."), "{:?}", figure.notes);
    }

    #[test]
    fn no_run_is_one_sentence() {
        assert_eq!(shown(&[]).unwrap_err().to_string(), "no runs figure: no run is listed");
    }
}
