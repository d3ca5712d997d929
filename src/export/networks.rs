//! The nets that are compared: what each is, what it costs, and what it came to.

use rust_i18n::t;

use super::figure::{Figure, Panel};
use super::nets::{Net, nets};
use super::table::{Cell, Row, Table};
use super::{Material, missing};
use crate::error::Result;
use crate::net::{Field, Graph, Spec};
use crate::run::amounts::{grouped, large, percent, short};
use crate::run::{ENOUGH, Series};

/// What sets nets apart beside their depth: a column where it differs, else a part of the note.
pub(super) const FIELDS: [Field; 10] = [
    Field::Shortcut,
    Field::Width,
    Field::Block,
    Field::Norm,
    Field::Scale,
    Field::Init,
    Field::Order,
    Field::ZeroLast,
    Field::Cardinality,
    Field::GroupWidth,
];

/// The figure of the nets as a table, a line for each net and seed.
pub fn figure(material: &Material) -> Result<Figure> {
    let nets = nets(material.history);
    let lines: Vec<(&Net, &Series)> = nets
        .iter()
        .flat_map(|net| net.runs.iter().map(move |run| (net, *run)))
        .collect();
    if lines.is_empty() {
        return Err(missing("networks", &t!("no net is built yet")));
    }
    let mut table = Table {
        rows: lines.iter().map(|(net, _)| Row::new(Some(net.style))).collect(),
        ..Table::default()
    };
    let name = |(net, _): &(&Net, &Series)| Cell::Text(net.name.to_owned());
    table.push(t!("net"), 0, lines.iter().map(name));
    let (mut shared, partly) = identity(&mut table, &lines);
    costs(&mut table, &lines);
    let trained = lines.iter().any(|(_, run)| run.step() > 0);
    if trained {
        shared.extend(results(&mut table, &lines));
    }
    let mut notes = Vec::new();
    if lines.iter().any(|(_, run)| (1..ENOUGH).contains(&run.step())) {
        notes.push(t!("Of less than 100 steps: the mean of the later half.").into());
    }
    if !shared.is_empty() {
        notes.push(t!("Every net: %{fields}.", fields = shared.join(&t!(", "))).into());
    }
    if !partly.is_empty() {
        notes.push(t!("Where a net has it: %{fields}.", fields = partly.join(&t!(", "))).into());
    }
    let figure = material.figure(t!("Networks"), vec![Panel::Table(table)], notes);
    Ok(match trained {
        true => figure,
        false => Figure {
            tag: t!("computed, not trained").into(),
            ..figure
        },
    })
}

/// Seed, depth, blocks and fields, where they differ; answers with what is the same everywhere, and what is the same in
/// those nets that have it.
fn identity(table: &mut Table, lines: &[(&Net, &Series)]) -> (Vec<String>, Vec<String>) {
    let (mut shared, mut partly) = (Vec::new(), Vec::new());
    let whole = |value: usize| Cell::Number(value.to_string(), value as f64);
    let seeds: Vec<u64> = lines.iter().map(|(_, run)| run.track.seed).collect();
    if seeds.iter().any(|seed| *seed != seeds[0]) {
        table.push(t!("seed"), 1, seeds.iter().map(|&seed| whole(seed as usize)));
    } else {
        shared.push(t!("seed %{one}", one = seeds[0]).into());
    }
    table.push(t!("depth"), 1, lines.iter().map(|(net, _)| whole(net.spec.depth)));
    table.explain(t!("Depth: layers with weights."));
    let blocks = |(net, _): &(&Net, &Series)| whole(3 * net.spec.blocks_per_stage());
    table.push(t!("blocks"), 6, lines.iter().map(blocks));
    for field in FIELDS {
        let value = |spec: &Spec| spec.has(field).then(|| spec.value(field));
        let mut values: Vec<String> = lines.iter().filter_map(|(net, _)| value(net.spec)).collect();
        values.dedup();
        let title = field.label().to_lowercase();
        let everywhere = lines.iter().all(|(net, _)| net.spec.has(field));
        match &values[..] {
            [] => {}
            [one] if field != Field::Shortcut || everywhere => {
                let usual = |net: &Net| value(&Spec::new(net.spec.family, net.spec.depth)).as_ref() == Some(one);
                let told = matches!(field, Field::Shortcut | Field::Width | Field::Norm);
                if told || !lines.iter().all(|(net, _)| !net.spec.has(field) || usual(net)) {
                    let of = if everywhere { &mut shared } else { &mut partly };
                    of.push(format!("{title} {one}"));
                }
            }
            _ => {
                let numeric = values.iter().all(|value| value.parse::<f64>().is_ok());
                let cell = |(net, _): &(&Net, &Series)| match (value(net.spec), numeric) {
                    (Some(text), true) => Cell::number(text.parse().ok(), |_| text.clone()),
                    (None, true) => Cell::number(None, short),
                    (text, false) => Cell::Text(text.unwrap_or_else(|| "\u{2013}".into())),
                };
                table.push(title, 3, lines.iter().map(cell));
            }
        }
    }
    (shared, partly)
}

fn costs(table: &mut Table, lines: &[(&Net, &Series)]) {
    let tables: Vec<crate::net::Table> = lines
        .iter()
        .map(|(net, _)| crate::net::Table::new(&Graph::new(net.spec)))
        .collect();
    let amount = |value: u64| Cell::Number(large(value), value as f64);
    table.push(
        t!("parameters"),
        2,
        tables.iter().map(|costs| amount(costs.parameters as u64)),
    );
    table.push(
        t!("multiply-adds"),
        4,
        tables.iter().map(|costs| amount(costs.multiply_adds)),
    );
    table.explain(t!("Multiply-adds: for one image, convolutions and the linear layer."));
}

/// Steps, losses and errors; answers with the steps where they are the same everywhere.
fn results(table: &mut Table, lines: &[(&Net, &Series)]) -> Option<String> {
    let steps: Vec<usize> = lines.iter().map(|(_, run)| run.step()).collect();
    let same = steps.iter().all(|step| *step == steps[0]);
    if !same {
        let cell = |&steps: &usize| Cell::Number(grouped(steps as u64), steps as f64);
        table.push(t!("steps"), 4, steps.iter().map(cell));
    }
    let number = |value: Option<f32>, text: fn(f64) -> String| Cell::number(value.map(f64::from), text);
    let loss = |(_, run): &(&Net, &Series)| match run.diverged {
        Some(_) => Cell::Number(t!("diverged").into(), f64::NAN),
        None => number(run.final_loss(), short),
    };
    let error = |(_, run): &(&Net, &Series)| number(run.final_error(), percent);
    let test = |(_, run): &(&Net, &Series)| number(run.evaluated.last().map(|at| at.error), percent);
    table.push(t!("training loss"), 1, lines.iter().map(loss));
    table.explain(t!("Loss and error: mean of the last 50 minibatches."));
    table.push(t!("training error"), 2, lines.iter().map(error));
    table.explain(t!("Loss and error: mean of the last 50 minibatches."));
    table.count_in(t!("fraction"));
    if lines.iter().any(|(_, run)| !run.evaluated.is_empty()) {
        table.push(t!("test error"), 1, lines.iter().map(test));
        table.explain(t!("Test error: batch statistics."));
        table.count_in(t!("fraction"));
    }
    same.then(|| t!("%{steps} steps", steps = grouped(steps[0] as u64)).into())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;
    use crate::run::History;

    fn table(history: &History) -> (Table, Figure) {
        let mut figure = samples::figure(figure, history).unwrap();
        match figure.panels.pop() {
            Some(Panel::Table(table)) => (table, figure),
            other => panic!("a table, not {other:?}"),
        }
    }

    fn titles(table: &Table) -> Vec<&str> {
        table.columns.iter().map(|column| column.title.as_str()).collect()
    }

    #[test]
    fn what_differs_is_a_column_and_what_does_not_is_said_once() {
        let history = samples::history([
            constant("plain-20:width=8", 0, 1.0),
            constant("resnet-20:width=8", 0, 0.25),
        ]);
        let (both, figure) = table(&history);
        assert_eq!(
            titles(&both),
            [
                "net",
                "depth",
                "blocks",
                "shortcut",
                "parameters",
                "multiply-adds",
                "training loss",
                "training error"
            ]
        );
        let cells: Vec<&str> = both.rows[1].cells.iter().map(Cell::text).collect();
        assert_eq!(cells[..4], ["resnet-20", "20", "9", "A"]);
        assert_eq!(cells[6..], ["0.25", "50.0\u{a0}%"]);
        assert_eq!(both.rows[0].cells[3].text(), "\u{2013}");
        assert_ne!(both.rows[0].mark, both.rows[1].mark);
        assert!(
            figure.notes[0].contains("seed 0, width 8") && figure.notes[0].contains("120 steps"),
            "{:?}",
            figure.notes
        );
        let mut narrow = constant("plain-20:width=8", 0, 1.0);
        narrow.track.name = "narrow".into();
        let (seeds, _) = table(&samples::history([
            constant("plain-20", 0, 1.0),
            constant("plain-20", 1, 1.0),
            narrow,
        ]));
        assert!(titles(&seeds).contains(&"seed") && titles(&seeds).contains(&"width"));
        assert!(!titles(&seeds).contains(&"shortcut"), "no net has one");
    }

    #[test]
    fn nets_that_have_not_trained_have_no_results() {
        let mut fresh = constant("plain-20", 0, 1.0);
        fresh.truncate(0);
        let (table, figure) = table(&samples::history([fresh]));
        assert_eq!(titles(&table).last(), Some(&"multiply-adds"));
        assert_eq!(figure.tag, "computed, not trained");
        let error = samples::figure(super::figure, &samples::history([]))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "no networks figure: no net is built yet");
    }

    #[test]
    fn a_run_that_diverged_says_so() {
        let mut lost = constant("plain-20", 1, f32::NAN);
        lost.diverged = Some(3);
        let (table, _) = table(&samples::history([lost, constant("plain-8", 1, 0.5)]));
        let loss = titles(&table)
            .iter()
            .position(|title| *title == "training loss")
            .unwrap();
        assert_eq!(table.rows[0].cells[loss].text(), "diverged");
    }
}
