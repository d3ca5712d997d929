//! Where a run stands, as its card says it.

use eframe::egui::{FontId, Ui};
use rust_i18n::t;

use super::theme::{self, SMALL};
use super::widgets::{grouped, percent, short};
use crate::run::Series;

/// Lines that end where clauses do, as far as they are no wider; dots stand between the clauses of one line.
pub fn parted(ui: &Ui, words: &str, width: f32) -> String {
    let fits = |words: &str| theme::width(ui, words, FontId::proportional(SMALL)) <= width;
    let mut lines: Vec<String> = Vec::new();
    for clause in words.split(" · ") {
        match lines.last_mut() {
            None => lines.push(clause.to_owned()),
            Some(line) => {
                let longer = format!("{line} · {clause}");
                if fits(&longer) {
                    *line = longer;
                } else {
                    lines.push(clause.to_owned());
                }
            }
        }
    }
    lines.join("\n")
}

/// Where a run stands, in a few words.
pub fn words(series: &Series) -> String {
    if let Some(step) = series.diverged {
        return t!("diverged at step %{step}", step = grouped(step as u64)).into_owned();
    }
    let Some(loss) = series.final_loss() else {
        return t!("at its initial weights").into_owned();
    };
    let step = grouped(series.step() as u64);
    let loss = short(f64::from(loss));
    match series.evaluated.last() {
        Some(point) => {
            let error = percent(f64::from(point.error));
            t!(
                "step %{step} · loss %{loss} · test error %{error}",
                step = step,
                loss = loss,
                error = error
            )
        }
        None => t!("step %{step} · loss %{loss}", step = step, loss = loss),
    }
    .into_owned()
}
