//! The first minute as logic: who plays, how far it is, and what may be said about it.

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::widgets::{apart, short};
use crate::net::Family;
use crate::run::{ENOUGH, History, Phase, RunPlan, Series};

/// Steps after which the missing shortcut is offered.
pub const OFFER_STEP: usize = ENOUGH;
/// A difference of training losses below this is no finding.
pub const NOTABLE: f32 = 0.05;

/// The tower that was clicked as the one that will reach the lower training loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Guess {
    Shallow,
    Deep,
}

/// Where the first minute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing was clicked.
    Ask,
    /// The plain nets train.
    Watch,
    /// "+ x" can be pressed.
    Offer,
    /// The residual twin trains.
    Repair,
    /// Every run has ended.
    Verdict,
}

/// The runs of the first minute, found by what they are.
#[derive(Debug, Clone, Copy)]
pub struct Cast<'a> {
    pub shallow: &'a Series,
    pub deep: &'a Series,
    /// The deep net with shortcuts.
    pub twin: Option<&'a Series>,
}

impl<'a> Cast<'a> {
    /// The shallowest and the deepest plain net, and the latter's residual twin.
    pub fn of(history: &'a History) -> Option<Self> {
        let plain = |series: &&Series| series.track.spec.family == Family::Plain && !series.is_branch();
        let depth = |series: &&Series| series.track.spec.depth;
        let trained = history.trained();
        let shallow = trained.iter().filter(plain).min_by_key(depth)?;
        let deep = trained.iter().filter(plain).max_by_key(depth)?;
        if depth(&shallow) == depth(&deep) {
            return None;
        }
        let twin = trained
            .iter()
            .find(|series| series.track.spec.residual() && depth(series) == depth(&deep));
        Some(Self { shallow, deep, twin })
    }

    /// The run that adds shortcuts to the deep net, starting from that net's own initial weights.
    pub fn twin_plan(&self, plans: &[RunPlan]) -> Option<RunPlan> {
        let plan = plans.iter().find(|plan| plan.name == self.deep.track.name)?;
        let twin = self.deep.track.spec.twin();
        let options = plan.net.split_once(':').map_or("", |(_, options)| options);
        let colon = if options.is_empty() { "" } else { ":" };
        let net = format!("{}{colon}{options}", twin.short_name());
        Some(RunPlan::new(twin.short_name(), net))
    }
}

/// Where the first minute stands, read from what was measured.
pub fn stage(history: &History, guess: Option<Guess>) -> Stage {
    let Some(cast) = Cast::of(history) else {
        return Stage::Ask;
    };
    // A lecture may go on without a prediction.
    if guess.is_none() && cast.deep.step() == 0 {
        return Stage::Ask;
    }
    let over = |series: &Series| series.finished || series.diverged.is_some();
    match cast.twin {
        Some(twin) if [cast.shallow, cast.deep, twin].into_iter().all(over) => Stage::Verdict,
        Some(_) => Stage::Repair,
        None if cast.deep.step().min(cast.shallow.step()) >= OFFER_STEP || history.phase == Phase::Done => Stage::Offer,
        None => Stage::Watch,
    }
}

/// Whether a training that was begun rests before its end, as after a restart of the program.
pub fn rests(history: &History) -> bool {
    let early = |series: &Series| !series.finished && series.diverged.is_none();
    let trained = history.trained();
    let begun = trained.iter().any(|series| series.step() > 0);
    history.phase == Phase::Paused && begun && trained.iter().any(early)
}

/// What the plain nets show, in words made from the measured curves; `None` before there is enough of them.
pub fn degradation(cast: &Cast<'_>, guess: Option<Guess>) -> Option<String> {
    let step = cast.shallow.step().min(cast.deep.step());
    if step < OFFER_STEP {
        return None;
    }
    let (shallow, deep) = (cast.shallow.loss_at(step)?, cast.deep.loss_at(step)?);
    let (low, high) = (&cast.shallow.track.name, &cast.deep.track.name);
    if !deep.is_finite() || !shallow.is_finite() {
        let name = if deep.is_finite() { low } else { high };
        return Some(t!("%{net} diverged: nothing can be compared.", net = name).into());
    }
    let numbers = t!(
        "After %{step} steps %{deep}'s training loss is %{high}, %{shallow}'s %{low}",
        step = step,
        deep = high,
        high = short(f64::from(deep)),
        shallow = low,
        low = short(f64::from(shallow))
    );
    let foreseen = match guess {
        Some(Guess::Shallow) if deep - shallow > NOTABLE => t!(" You saw it coming."),
        Some(Guess::Deep) if shallow - deep > NOTABLE => t!(" You saw it coming."),
        Some(_) if (deep - shallow).abs() > NOTABLE => t!(" You expected the other one."),
        _ => "".into(),
    };
    let said = if deep - shallow > NOTABLE {
        t!(
            "%{numbers}: deeper, yet worse by %{gap}.",
            numbers = numbers,
            gap = apart(f64::from(deep), f64::from(shallow))
        )
    } else if shallow - deep > NOTABLE {
        t!(
            "%{numbers}: degradation is not reproduced here, the deeper net is ahead.",
            numbers = numbers
        )
    } else {
        t!(
            "%{numbers}: degradation is not reproduced here, the two are level.",
            numbers = numbers
        )
    };
    Some(format!("{said}{foreseen}"))
}

/// What the shortcuts change, in words made from the measured curves.
pub fn repair(cast: &Cast<'_>) -> Option<String> {
    let twin = cast.twin?;
    let step = twin.step().min(cast.deep.step());
    if step < OFFER_STEP {
        return None;
    }
    let (with, without) = (twin.loss_at(step)?, cast.deep.loss_at(step)?);
    let (name, plain) = (&twin.track.name, &cast.deep.track.name);
    if !with.is_finite() {
        return Some(t!("%{net} diverged: not reproduced here.", net = name).into());
    }
    let numbers = t!(
        "Each block adding its input, %{net} stands at %{loss} at step %{step}, from %{plain}'s own initial weights",
        net = name,
        loss = short(f64::from(with)),
        step = step,
        plain = plain
    );
    let said = if without - with > NOTABLE {
        t!(
            "%{numbers}: %{gap} below %{plain} at that step.",
            numbers = numbers,
            gap = apart(f64::from(without), f64::from(with)),
            plain = plain
        )
    } else {
        t!(
            "%{numbers}: no better than %{plain}; the repair is not reproduced here.",
            numbers = numbers,
            plain = plain
        )
    };
    Some(said.into())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::net::Spec;
    use crate::run::{Event, Track};

    /// A history of runs with these nets and constant losses, `steps` long.
    pub fn history(runs: &[(&str, f32)], steps: usize) -> History {
        let mut history = History::default();
        for (id, (net, loss)) in runs.iter().enumerate() {
            let spec = Spec::for_data(net, [1, 8, 8], 10).unwrap();
            let track = Track {
                id,
                name: spec.short_name(),
                spec,
                seed: 0,
            };
            history.apply(&Event::Started {
                track,
                step: 0,
                engine: "test".into(),
            });
            for step in 1..=steps {
                history.apply(&Event::Stepped {
                    run: id,
                    step,
                    loss: *loss,
                    error: 0.5,
                    rate: 0.02,
                });
            }
        }
        history
    }

    #[test]
    fn stages_follow_the_measurements() {
        let nets = [("plain-20:width=8", 1.0), ("plain-56:width=8", 2.0)];
        assert_eq!(stage(&history(&nets, 0), None), Stage::Ask);
        assert_eq!(stage(&history(&nets, 99), Some(Guess::Deep)), Stage::Watch);
        assert_eq!(stage(&history(&nets, 100), Some(Guess::Deep)), Stage::Offer);
        let with_twin = [nets[0], nets[1], ("resnet-56:width=8", 0.1)];
        let mut history = history(&with_twin, 120);
        assert_eq!(stage(&history, Some(Guess::Deep)), Stage::Repair);
        for run in 0..3 {
            history.apply(&Event::Finished { run, step: 120 });
        }
        assert_eq!(stage(&history, Some(Guess::Deep)), Stage::Verdict);
    }

    #[test]
    fn the_twin_keeps_the_options_of_the_plain_net() {
        let history = history(&[("plain-20:width=8", 1.0), ("plain-56:width=8", 2.0)], 1);
        let plans = [RunPlan::new("plain-56", "plain-56:width=8")];
        let plan = Cast::of(&history).unwrap().twin_plan(&plans).unwrap();
        assert_eq!(
            (plan.name.as_str(), plan.net.as_str()),
            ("resnet-56", "resnet-56:width=8")
        );
    }

    #[test]
    fn sentences_say_what_was_measured_and_nothing_else() {
        let say = |shallow, deep, twin, guess| {
            let history = history(
                &[
                    ("plain-20:width=8", shallow),
                    ("plain-56:width=8", deep),
                    ("resnet-56:width=8", twin),
                ],
                150,
            );
            let cast = Cast::of(&history).unwrap();
            (degradation(&cast, guess).unwrap(), repair(&cast).unwrap())
        };
        let (worse, repaired) = say(0.5, 1.75, 0.25, Some(Guess::Shallow));
        assert_eq!(
            worse,
            "After 150 steps plain-56's training loss is 1.75, plain-20's 0.50: deeper, yet worse by 1.25. You saw it coming."
        );
        assert!(repaired.ends_with("1.50 below plain-56 at that step."), "{repaired}");
        let (level, useless) = say(1.0, 1.01, 1.0, Some(Guess::Deep));
        assert!(level.contains("not reproduced") && !level.contains("You"), "{level}");
        assert!(useless.contains("not reproduced"), "{useless}");
        let (better, _) = say(1.0, 0.5, 0.4, Some(Guess::Deep));
        assert!(
            better.contains("not reproduced") && better.ends_with("You saw it coming."),
            "{better}"
        );
        let (diverged, _) = say(1.0, f32::NAN, 0.4, None);
        assert_eq!(diverged, "plain-56 diverged: nothing can be compared.");
    }
}
