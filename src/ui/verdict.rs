//! What the curves show about degradation, in words computed from the measured losses.

use std::borrow::Cow;

use rust_i18n::t;

use super::story::{NOTABLE, OFFER_STEP};
use super::traces::{Group, groups};
use super::widgets::{apart, grouped, short};
use crate::net::Family;
use crate::run::History;

/// What may be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub words: String,
    /// There are no two plain nets of different depth to compare.
    pub idle: bool,
    /// That the deeper plain net's loss is above the shallower one's, where that is a finding.
    pub gap: Option<Gap>,
}

/// Two nets, by name, and how far their losses are apart, in the digits they are read in.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    pub shallow: String,
    pub deep: String,
    pub by: String,
}

/// A net's loss over its seeds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Level {
    mean: f64,
    /// Sample standard deviation over seeds; `None` for one seed.
    sd: Option<f64>,
    seeds: usize,
}

impl Level {
    /// Mean training loss of the 50 steps up to `step`; `None` while a seed has none.
    fn at(group: &Group<'_>, step: usize) -> Option<Self> {
        let losses: Option<Vec<f64>> = group.runs.iter().map(|run| run.loss_at(step).map(f64::from)).collect();
        let losses = losses?;
        let seeds = losses.len();
        let mean = losses.iter().sum::<f64>() / seeds as f64;
        let squares: f64 = losses.iter().map(|loss| (loss - mean).powi(2)).sum();
        let sd = (seeds > 1).then(|| (squares / (seeds - 1) as f64).sqrt());
        Some(Self { mean, sd, seeds })
    }

    /// `1.72`, or `1.78 ± 0.32 over 3 seeds`.
    fn words(self) -> String {
        match self.sd {
            Some(sd) => {
                let sd = short(sd);
                // As many digits as the spread has, unless it is next to nothing.
                let mean = match sd.split_once('.') {
                    Some((_, digits)) if digits.contains('·') => short(self.mean),
                    digits => format!("{:.*}", digits.map_or(0, |(_, digits)| digits.len()), self.mean),
                };
                t!(
                    "%{mean} ± %{sd} over %{seeds} seeds",
                    mean = mean,
                    sd = sd,
                    seeds = self.seeds
                )
                .into()
            }
            None => short(self.mean),
        }
    }
}

/// What the plain nets show up to `step` (all of it where there is none).
pub fn verdict(history: &History, step: Option<usize>) -> Verdict {
    let groups = groups(history);
    let depth = |group: &&Group<'_>| group.runs[0].track.spec.depth;
    let lost = |group: &Group<'_>| group.runs.iter().filter(|run| run.diverged.is_some()).count();
    let mine = |group: &Group<'_>| group.runs[0].track.id < history.trained().len();
    // What continues another run, perhaps at another rate, has not learned by the recipe.
    let plain = || {
        groups
            .iter()
            .filter(|group| mine(group))
            .filter(|group| group.runs[0].track.spec.family == Family::Plain)
            .filter(|group| !group.runs.iter().any(|run| run.is_branch()))
    };
    let said = |words: Cow<'static, str>| Verdict {
        words: words.into(),
        idle: false,
        gap: None,
    };
    // The words for nets that were lost.
    let diverged = |among: &[&Group<'_>]| {
        let among: Vec<&&Group<'_>> = among.iter().filter(|group| lost(group) > 0).collect();
        match &among[..] {
            [] => None,
            [group] => Some(t!(
                "%{net} diverged in %{lost} of %{runs} runs; try a lower learning rate.",
                net = group.name,
                lost = lost(group),
                runs = group.runs.len()
            )),
            _ => {
                let nets: Vec<&str> = among.iter().map(|group| group.name).collect();
                let nets = nets.join(&t!(", "));
                Some(t!("%{nets} diverged; try a lower learning rate.", nets = nets))
            }
        }
    };
    let idle = |words| match diverged(&groups.iter().filter(|group| mine(group)).collect::<Vec<_>>()) {
        Some(words) => said(words),
        None => Verdict {
            idle: true,
            ..said(words)
        },
    };
    let (Some(shallow), Some(deep)) = (plain().min_by_key(depth), plain().rev().max_by_key(depth)) else {
        return idle(t!(
            "No plain net is here: degradation shows between two of different depth."
        ));
    };
    if depth(&shallow) == depth(&deep) {
        return idle(t!(
            "One depth only: degradation shows between two plain nets of different depth."
        ));
    }
    if let Some(words) = diverged(&[shallow, deep]) {
        return said(words);
    }
    let exploded = [shallow, deep].into_iter();
    let exploded = exploded.filter(|group| group.runs.iter().any(|run| run.has_exploded()));
    let exploded: Vec<&str> = exploded.map(|group| group.name).collect();
    if !exploded.is_empty() {
        return said(t!(
            "The loss of %{nets} has risen far above where it began: nothing was learned; try a lower learning rate.",
            nets = exploded.join(&t!(", "))
        ));
    }
    let runs = || shallow.runs.iter().chain(&deep.runs);
    let done = runs().map(|run| run.step()).min().unwrap_or(0);
    let step = step.unwrap_or(done).min(done);
    let levels = (Level::at(shallow, step), Level::at(deep, step));
    let (Some(low), Some(high)) = levels else {
        return said(t!("Too early to say: nothing was trained yet."));
    };
    if step < OFFER_STEP {
        return said(t!(
            "Too early to say: step %{step} of at least %{least}.",
            step = step,
            least = OFFER_STEP
        ));
    }
    let gap = high.mean - low.mean;
    let noise = 2.0 * (low.sd.unwrap_or(0.0).powi(2) + high.sd.unwrap_or(0.0).powi(2)).sqrt();
    let numbers = t!(
        "After %{steps} steps the training loss of %{deep} is %{high}, that of %{shallow} %{low}",
        steps = grouped(step as u64),
        deep = deep.name,
        high = high.words(),
        shallow = shallow.name,
        low = low.words()
    );
    let apart = apart(high.mean.max(low.mean), high.mean.min(low.mean));
    let words = if gap.abs() <= f64::from(NOTABLE) {
        t!("Degradation not seen here. %{numbers}: level.", numbers = numbers)
    } else if gap.abs() <= noise {
        t!(
            "Degradation not certain. %{numbers}: %{gap} apart, within the spread of the seeds.",
            numbers = numbers,
            gap = &apart
        )
    } else if gap < 0.0 {
        t!(
            "Degradation not seen here. %{numbers}: the deeper net is ahead by %{gap}.",
            numbers = numbers,
            gap = &apart
        )
    } else if low.sd.is_none() {
        t!(
            "Degradation. %{numbers}: deeper, yet worse by %{gap}, with one seed.",
            numbers = numbers,
            gap = &apart
        )
    } else {
        t!(
            "Degradation. %{numbers}: deeper, yet worse by %{gap}.",
            numbers = numbers,
            gap = &apart
        )
    };
    let words = words.into();
    let found = gap > f64::from(NOTABLE) && gap > noise;
    let gap = found.then(|| Gap {
        shallow: shallow.name.to_owned(),
        deep: deep.name.to_owned(),
        by: apart,
    });
    Verdict {
        words,
        idle: false,
        gap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Spec;
    use crate::run::{Event, Track};
    use crate::ui::story::tests::history;

    fn words(runs: &[(&str, f32)], steps: usize) -> String {
        verdict(&history(runs, steps), None).words
    }

    #[test]
    fn words_say_what_the_numbers_say() {
        let pair = |low, high| [("plain-20", low), ("plain-56", high)];
        assert_eq!(
            words(&pair(0.5, 1.75), 40),
            "Too early to say: step 40 of at least 100."
        );
        assert_eq!(
            words(&pair(0.5, 1.75), 150),
            "Degradation. After 150 steps the training loss of plain-56 is 1.75, that of plain-20 0.50: deeper, yet worse by \
             1.25, with one seed."
        );
        assert!(words(&pair(1.0, 1.01), 150).starts_with("Degradation not seen here."));
        assert!(words(&pair(1.0, 0.5), 150).contains("the deeper net is ahead by 0.50"));
        assert!(words(&[("resnet-20", 1.0)], 150).starts_with("No plain net"));
        assert!(words(&[("plain-20", 1.0)], 150).starts_with("One depth only"));
    }

    #[test]
    fn what_continues_another_run_is_not_compared() {
        let mut history = history(&[("plain-20", 0.5), ("plain-56", 1.75)], 150);
        let alone = verdict(&history, None);
        let spec = Spec::for_data("plain-56", [1, 8, 8], 10).unwrap();
        let track = Track {
            id: 2,
            name: "plain-56-from-26-x0.1".into(),
            spec,
            seed: 0,
        };
        history.apply(&Event::Started {
            track,
            step: 26,
            engine: "test".into(),
        });
        assert_eq!(verdict(&history, None), alone, "it has no steps of its own yet");
        for step in 27..=150 {
            history.apply(&Event::Stepped {
                run: 2,
                step,
                loss: 1.9,
                error: 0.5,
                rate: 0.002,
            });
        }
        assert_eq!(verdict(&history, None), alone);
    }

    #[test]
    fn a_gap_within_the_spread_of_the_seeds_is_no_finding() {
        let seeds = [
            ("plain-20", 0.2),
            ("plain-20", 0.9),
            ("plain-56", 0.5),
            ("plain-56", 1.1),
        ];
        let unsure = verdict(&history(&seeds, 150), None);
        assert!(unsure.words.starts_with("Degradation not certain."), "{}", unsure.words);
        assert_eq!(unsure.gap, None);
        let sure = [
            ("plain-20", 0.1),
            ("plain-20", 0.12),
            ("plain-56", 1.7),
            ("plain-56", 1.8),
        ];
        let sure = verdict(&history(&sure, 150), None);
        assert!(sure.words.contains("1.750 ± 0.071 over 2 seeds"), "{}", sure.words);
        let alike = [
            ("plain-20", 0.1),
            ("plain-20", 0.10001),
            ("plain-56", 1.7),
            ("plain-56", 1.8),
        ];
        let alike = verdict(&history(&alike, 150), None);
        assert!(alike.words.contains("0.10 ± 7.1·10⁻⁶ over 2 seeds"), "{}", alike.words);
        let gap = sure.gap.unwrap();
        assert_eq!([&*gap.shallow, &*gap.deep], ["plain-20", "plain-56"]);
        assert_eq!(gap.by, "1.64");
    }

    #[test]
    fn a_divergence_is_never_compared() {
        let mut history = history(&[("plain-20", 1.0), ("plain-56", 2.0)], 150);
        history.apply(&Event::Diverged { run: 1, step: 150 });
        assert!(
            verdict(&history, None)
                .words
                .starts_with("plain-56 diverged in 1 of 1 runs")
        );
        let mut alone = crate::ui::story::tests::history(&[("resnet-20", 2.0)], 9);
        alone.apply(&Event::Diverged { run: 0, step: 9 });
        let alone = verdict(&alone, None);
        assert!(
            !alone.idle && alone.words.starts_with("resnet-20 diverged in 1 of 1 runs;"),
            "{}",
            alone.words
        );
    }

    #[test]
    fn nets_that_exploded_are_never_compared() {
        let mut history = history(&[("plain-20", 1e9), ("plain-56", 1e6)], 150);
        history.runs.iter_mut().for_each(|run| run.loss[0] = 2.3);
        let verdict = verdict(&history, None);
        assert!(
            verdict
                .words
                .starts_with("The loss of plain-20, plain-56 has risen far above"),
            "{}",
            verdict.words
        );
        assert_eq!(verdict.gap, None);
    }

    #[test]
    fn an_earlier_moment_is_judged_by_what_was_known_then() {
        let history = history(&[("plain-20", 1.0), ("plain-56", 2.0)], 150);
        assert!(verdict(&history, Some(30)).words.starts_with("Too early"));
    }
}
