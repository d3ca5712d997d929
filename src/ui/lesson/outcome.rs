//! What came of predictions and claims, in the lesson's column.

use eframe::egui::{Color32, Frame, Label, RichText, Stroke, Ui};
use rust_i18n::t;

use super::answer::Draft;
use super::prose::{TEXT, line_ui};
use super::sketch::Measured;
use crate::lesson::{Claim, CurveOf, Evidence, Guess, Prediction, Verdict, words};
use crate::net::Spec;
use crate::palette::Rgb;
use crate::run::Experiment;
use crate::ui::line_style;
use crate::ui::theme::{self, BODY, SMALL};

/// Green that is legible on both grounds.
const YES: [Rgb; 2] = [[0x00, 0x59, 0x3f], [0x66, 0xd1, 0xa6]];

/// A frame around what belongs together.
pub fn box_ui<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let ink = theme::ink(ui);
    let frame = Frame::new()
        .stroke(Stroke::new(1.0, ink.line))
        .corner_radius(8)
        .inner_margin(12);
    frame
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            contents(ui)
        })
        .inner
}

/// What was predicted, and, once it is measured, how it compares.
pub fn prediction_ui(
    ui: &mut Ui,
    prediction: &Prediction,
    guess: &Guess,
    draft: &Draft,
    evidence: &Evidence,
    experiments: &[Experiment],
) {
    let said = match guess {
        Guess::Skipped => t!("You ran it without a prediction."),
        guess => t!("You predicted: %{guess}", guess = words::guess(prediction, guess)),
    };
    let skipped = *guess == Guess::Skipped;
    let grade = if skipped {
        prediction.measured(evidence)
    } else {
        prediction.grade(guess, evidence)
    };
    if let Draft::Curve(sketch) = draft {
        let points = match prediction {
            Prediction::Curve { run, of, .. } => {
                let points = match of {
                    CurveOf::TrainLoss => evidence.loss_curve(run),
                    CurveOf::Slice => evidence.slice(run),
                };
                (!points.is_empty()).then_some((run.as_str(), points))
            }
            _ => None,
        };
        let measured = points.as_ref().map(|(name, points)| Measured {
            name,
            colour: colour(ui, name, experiments),
            points,
        });
        sketch.compare_ui(ui, measured.as_ref());
    }
    if skipped || !matches!(draft, Draft::Curve(_)) {
        ui.add(Label::new(RichText::new(said).size(TEXT)).wrap());
    }
    let Some(grade) = grade else {
        if !skipped {
            ui.label(theme::caption(t!("It is locked, and compared with what comes out.")));
        }
        return;
    };
    if skipped {
        ui.add(Label::new(RichText::new(words::measured(prediction, &grade)).size(TEXT)).wrap());
        return line_ui(ui, prediction.explanation(), TEXT);
    }
    let tone = if grade.credit() > 0.999 {
        yes(ui)
    } else {
        theme::ink(ui).text
    };
    ui.label(theme::strong(words::praise(&grade), BODY + 2.0).color(tone));
    ui.add(Label::new(RichText::new(words::outcome(prediction, &grade)).size(TEXT)).wrap());
    let recorded = prediction.expressions().iter().any(|value| evidence.is_recorded(value));
    if recorded {
        ui.label(theme::caption(t!("recorded, not measured here")));
    }
    if !prediction.explanation().is_empty() {
        line_ui(ui, prediction.explanation(), TEXT);
    }
}

/// A claim with its value and threshold.
pub fn claim_ui(ui: &mut Ui, claim: &Claim, evidence: &Evidence) {
    let ink = theme::ink(ui);
    let verdict = claim.judge(evidence);
    let recorded = claim.is_recorded(evidence);
    let (word, tone) = match verdict {
        Verdict::Reproduced(..) if recorded => (t!("recorded"), ink.text),
        Verdict::Reproduced(..) => (t!("reproduced"), yes(ui)),
        Verdict::NotReproduced(..) => (t!("not reproduced here"), ink.error),
        Verdict::NotMeasured => (t!("not measured"), ink.weak),
    };
    line_ui(ui, &claim.says, TEXT);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(theme::strong(word, SMALL).color(tone));
        if verdict != Verdict::NotMeasured {
            ui.label(theme::caption(words::verdict(claim, &verdict)));
        }
    });
    if matches!(verdict, Verdict::NotReproduced(..)) && !claim.otherwise.is_empty() {
        ui.add(Label::new(theme::caption(t!("Try: %{what}", what = claim.otherwise))).wrap());
    }
}

/// The colour of what turned out so.
pub fn yes(ui: &Ui) -> Color32 {
    theme::pick(ui, YES[0], YES[1])
}

/// The colour of a net's line among those of its experiment.
fn colour(ui: &Ui, name: &str, experiments: &[Experiment]) -> Color32 {
    let holds = |experiment: &&Experiment| experiment.runs.iter().any(|plan| plan.name == name);
    let Some(experiment) = experiments.iter().find(holds) else {
        return theme::ink(ui).text;
    };
    let specs: Vec<(&str, Spec)> = experiment
        .runs
        .iter()
        .filter_map(|plan| Some((plan.name.as_str(), plan.net.parse().ok()?)))
        .collect();
    let among: Vec<&Spec> = specs.iter().map(|(_, spec)| spec).collect();
    let own = specs.iter().find(|(run, _)| *run == name);
    own.map_or(theme::ink(ui).text, |(_, spec)| line_style(ui, spec, &among).0)
}
