//! One block in its equivalent forms: the time that each takes, and how far they are apart.

use std::borrow::Cow;
use std::sync::Arc;

use rust_i18n::t;

use super::figure::{Figure, Panel};
use super::nets::{Net, nets, seeds_shown};
use super::table::{Cell, Row, Table};
use super::{Material, missing};
use crate::error::Result;
use crate::net::Form;
use crate::probe::{Formed, Forms};
use crate::run::Series;
use crate::run::amounts::{grouped, short};

/// The figure of every net whose block was computed in all forms.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("forms", &t!("no block was computed in all forms"));
    let findings = material.findings.ok_or_else(nothing)?;
    let until = material.step.unwrap_or(usize::MAX);
    let nets = nets(material.history);
    let runs = nets.iter().flat_map(|net| net.runs.iter().map(move |run| (net, *run)));
    let found: Vec<(&Net, &Series, &Arc<Forms>)> = runs
        .filter_map(|(net, run)| Some((net, run, findings.forms_at(run.track.id, until)?.1)))
        .collect();
    if found.is_empty() {
        return Err(nothing());
    }
    let all = || {
        let forms = |(net, run, forms): &(&Net, &Series, &Arc<Forms>)| {
            let each = Form::ALL.map(|form| (net.style, run.track.name.clone(), Arc::clone(forms), form));
            each.into_iter()
        };
        found.iter().flat_map(forms)
    };
    let mut table = Table {
        rows: all().map(|(style, ..)| Row::new(Some(style))).collect(),
        ..Table::default()
    };
    if found.len() > 1 {
        table.push(t!("net"), 0, all().map(|(_, name, ..)| Cell::Text(name)));
    }
    table.push(t!("form"), 0, all().map(|(.., form)| Cell::Text(name(form).into())));
    times(
        &mut table,
        (t!("a step"), 1),
        all().map(|(.., forms, form)| forms.of(form)?.seconds),
    );
    times(
        &mut table,
        (t!("of it 3×3"), 3),
        all().map(|(.., forms, form)| forms.of(form)?.window_seconds),
    );
    let parameters = |forms: &Forms, form| forms.split.window_parameters(form);
    let counted = all().map(|(.., forms, form)| {
        let count = parameters(&forms, form);
        Cell::Number(grouped(count as u64), count as f64)
    });
    table.push(t!("parameters of the 3×3"), 4, counted);
    let apart = |value: fn(&Formed) -> f32| {
        all().map(move |(.., forms, form)| {
            let compared = forms.of(form).filter(|_| form != Form::Grouped);
            Cell::number(compared.map(|formed| value(formed).into()), short)
        })
    };
    let difference = || t!("Apart: the largest difference from (c), as a share of the largest value.");
    table.push(t!("outputs apart"), 0, apart(|formed| formed.output));
    table.explain(difference());
    table.push(t!("gradients apart"), 0, apart(|formed| formed.gradient));
    table.explain(difference());
    let mut notes: Vec<String> = found
        .iter()
        .map(|(_, run, forms)| {
            t!(
                "%{net}: %{paths} paths of %{width} channels; a step of %{images} images.",
                net = run.track.name,
                paths = forms.split.paths,
                width = forms.split.path_width(),
                images = forms.images
            )
            .into()
        })
        .collect();
    notes.extend(seeds_shown(material.history, found.iter().map(|(_, run, _)| *run)));
    Ok(material.figure(t!("Block forms"), vec![Panel::Table(table)], notes))
}

/// A column of bars in milliseconds.
fn times(table: &mut Table, (title, rank): (Cow<str>, u8), seconds: impl Iterator<Item = Option<f64>>) {
    let milliseconds: Vec<Option<f64>> = seconds.map(|seconds| Some(1000.0 * seconds?)).collect();
    let longest = milliseconds.iter().flatten().copied().fold(0.0, f64::max);
    let cell = |time: &Option<f64>| match time {
        Some(time) => Cell::Bar(t!("%{time} ms", time = format!("{time:.2}")).into(), *time, longest),
        None => Cell::number(None, short),
    };
    table.push(title, rank, milliseconds.iter().map(cell));
    table.count_in("ms");
    table.explain(t!("Times: the fastest of 15 training steps of this block alone."));
}

/// As the panel calls it.
fn name(form: Form) -> Cow<'static, str> {
    match form {
        Form::Paths => t!("(a) paths, added up"),
        Form::Concatenated => t!("(b) paths, side by side"),
        Form::Grouped => t!("(c) one grouped 3×3"),
        Form::Dense => t!("dense 3×3, with zeros"),
    }
}
