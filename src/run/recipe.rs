//! A recipe in one line, as it stands under figures.

use rust_i18n::t;

use super::experiment::{Experiment, RunPlan};
use super::schedule::ScheduleKind;
use crate::engine::OptimizerKind;
use crate::net::Spec;

/// `digits 8x8, width 8, SGD .9, lr .02 constant, batch 32, 400 steps, seed 0`
pub fn line(experiment: &Experiment) -> String {
    parts(experiment).join(&t!(", "))
}

/// What the line consists of.
pub fn parts(experiment: &Experiment) -> Vec<String> {
    let mut parts = vec![experiment.data.to_string()];
    if experiment.augment.shift > 0 {
        parts.push(t!("shift ±%{pixels}", pixels = experiment.augment.shift).into());
    }
    if experiment.augment.flip {
        parts.push(t!("flip").into());
    }
    parts.extend(width(experiment));
    let optimizer = &experiment.optimizer;
    parts.push(match optimizer.kind {
        OptimizerKind::Sgd if optimizer.nesterov => {
            t!("Nesterov %{momentum}", momentum = short(optimizer.momentum)).into()
        }
        OptimizerKind::Sgd => format!("SGD {}", short(optimizer.momentum)),
        OptimizerKind::Adam => "Adam".into(),
    });
    let schedule = &experiment.schedule;
    let rate = short(schedule.rate);
    let rate = match schedule.kind {
        ScheduleKind::Constant => t!("lr %{rate} constant", rate = rate),
        ScheduleKind::Step => t!("lr %{rate} step", rate = rate),
        ScheduleKind::Cosine => t!("lr %{rate} cosine", rate = rate),
    };
    parts.push(rate.into());
    if schedule.warmup > 0 {
        parts.push(t!("warm-up %{steps}", steps = schedule.warmup).into());
    }
    if optimizer.clip > 0.0 {
        parts.push(t!("clip %{norm}", norm = short(optimizer.clip)).into());
    }
    parts.push(t!("batch %{batch}", batch = experiment.batch).into());
    parts.push(match experiment.steps {
        1 => t!("1 step").into(),
        steps => t!("%{steps} steps", steps = steps).into(),
    });
    parts.push(seeds(&experiment.seeds));
    parts.extend(experiment.runs.iter().filter_map(RunPlan::origin));
    parts
}

/// The nets' common width, or all of them.
fn width(experiment: &Experiment) -> Option<String> {
    let mut widths: Vec<usize> = experiment
        .runs
        .iter()
        .filter_map(|plan| plan.net.parse::<Spec>().ok())
        .map(|spec| spec.width)
        .collect();
    widths.sort_unstable();
    widths.dedup();
    match widths.as_slice() {
        [] => None,
        [one] => Some(t!("width %{one}", one = one).into()),
        many => {
            let words: Vec<String> = many.iter().map(usize::to_string).collect();
            Some(t!("widths %{widths}", widths = words.join("/")).into())
        }
    }
}

/// `seed 0`, `seeds 0-2` when they follow each other, else `seeds 0, 3, 7`.
fn seeds(seeds: &[u64]) -> String {
    match seeds {
        [one] => t!("seed %{one}", one = one).into(),
        [first, .., last] if seeds.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) => {
            t!("seeds %{first}-%{last}", first = first, last = last).into()
        }
        _ => t!(
            "seeds %{seeds}",
            seeds = seeds.iter().map(u64::to_string).collect::<Vec<_>>().join("/")
        )
        .into(),
    }
}

/// A number without the zero before its point: `.02`.
fn short(value: f32) -> String {
    let text = value.to_string();
    text.strip_prefix("0.").map_or(text.clone(), |rest| format!(".{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_read_like_their_tables() {
        let line = |name| super::line(&Experiment::named(name).unwrap());
        assert_eq!(
            line("quick"),
            format!(
                "{}, width 8, SGD .9, lr .02 constant, batch 32, 400 steps, seed 0",
                digits()
            )
        );
        assert_eq!(
            line("faithful"),
            format!(
                "{}, shift ±1, width 4, SGD .9, lr .05 step, warm-up 50, batch 32, 1500 steps, seed 0",
                digits()
            )
        );
        assert!(line("depth").ends_with("seeds 0-2"));
    }

    fn digits() -> String {
        Experiment::named("quick").unwrap().data.to_string()
    }

    #[test]
    fn seeds_are_a_range_where_they_follow_each_other() {
        assert_eq!(
            [&[3][..], &[3, 4], &[0, 7, 3], &[u64::MAX, 0]].map(seeds)[..3],
            ["seed 3", "seeds 3-4", "seeds 0/7/3"]
        );
    }
}
