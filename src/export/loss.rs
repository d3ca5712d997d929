//! Step against training loss: the curves that part.

use rust_i18n::t;

use super::figure::{Axis, Bracket, Curve, Figure, Panel, Plot, Scale};
use super::nets::{Net, mean, nets};
use super::{Material, missing};
use crate::error::Result;
use crate::run::amounts::{apart, short};
use crate::run::{ENOUGH, LAST, Series};

/// The figure of the minibatch training loss.
pub fn figure(material: &Material) -> Result<Figure> {
    let history = material.history;
    if history.runs.iter().all(|series| series.steps.is_empty()) {
        return Err(missing("loss", &t!("no training step was recorded")));
    }
    let nets: Vec<Net> = trained(nets(history));
    let curve = |net: &Net| {
        let mut curve = net.curve_of(|series| &series.loss, LAST);
        curve.detail = net.detail(Series::final_loss, short);
        curve
    };
    let curves: Vec<Curve> = nets.iter().map(curve).collect();
    let mut plot = Plot {
        title: String::new(),
        x: Axis::new(t!("training step"), Scale::Whole),
        y: Axis::new(t!("minibatch training loss (cross-entropy)"), Scale::Log),
        bracket: bracket(&nets, history.trained(), &curves),
        curves,
        bands: Vec::new(),
    };
    plot.x.range = Some([0.0, plot.x_range()[1]]);
    let notes = vec![reading(&nets)];
    Ok(material.figure(t!("Training loss"), vec![Panel::Plot(plot)], notes))
}

/// The nets that have trained at all.
pub fn trained(mut nets: Vec<Net>) -> Vec<Net> {
    nets.retain(|net| net.runs.iter().any(|run| !run.steps.is_empty()));
    nets
}

/// How smoothed lines are to be read.
pub fn reading(nets: &[Net]) -> String {
    let mut text = if nets.iter().any(|net| net.runs.len() > 1) {
        t!(
            "Line: mean over seeds (of the last %{window} steps each, before step %{double} of the later half), its end as a number; band: lowest to highest seed.",
            window = LAST,
            double = ENOUGH
        )
    } else {
        t!(
            "Line: mean of the last %{window} steps (before step %{double} of the later half), its end as a number; faint line: every minibatch.",
            window = LAST,
            double = ENOUGH
        )
    }
    .into_owned();
    if nets.iter().any(|net| net.runs.iter().any(|run| run.diverged.is_some())) {
        text += &t!(" Cross: here a run diverged; after it the loss is not finite.");
    }
    text
}

/// The degradation, if it was measured: every seed of the deepest plain net ends above every seed of the shallowest,
/// and by more than a tenth, after steps enough to say so. It joins the curves' ends and says the difference of the final
/// losses. Only nets of the training itself are compared, as in the window.
fn bracket(nets: &[Net], live: &[Series], curves: &[Curve]) -> Option<Bracket> {
    let is_live = |net: &Net| live.iter().any(|series| series.track.name == net.name);
    let whole = |net: &&Net| !net.spec.residual() && is_live(net) && !net.runs.iter().any(|run| run.is_branch());
    let plain = || nets.iter().filter(whole);
    let shallow = plain().min_by_key(|net| net.spec.depth)?;
    let deep = plain().max_by_key(|net| net.spec.depth)?;
    let mut deepened = shallow.spec.clone();
    deepened.depth = deep.spec.depth;
    if &deepened != deep.spec || shallow.spec == deep.spec {
        return None;
    }
    let early = |net: &Net| net.runs.iter().any(|run| run.step() < ENOUGH);
    let exploded = |net: &Net| net.runs.iter().any(|run| run.has_exploded());
    if [shallow, deep].into_iter().any(|net| early(net) || exploded(net)) {
        return None;
    }
    let ends = |net: &Net| -> Option<Vec<f64>> {
        let ends = net.runs.iter().map(|run| run.final_loss().map(f64::from));
        ends.collect::<Option<Vec<f64>>>()
            .filter(|ends| ends.iter().all(|end| end.is_finite()))
    };
    let (from, to) = (ends(shallow)?, ends(deep)?);
    let worst = from.iter().copied().fold(0.0, f64::max);
    if to.iter().any(|&end| end < 1.1 * worst) {
        return None;
    }
    let by = apart(mean(&to)?, mean(&from)?);
    let end = |net: &Net| curves.iter().find(|curve| curve.name == net.name)?.end();
    Some(Bracket {
        from: end(shallow)?[1],
        to: end(deep)?[1],
        text: t!("deeper, yet worse: +%{gap}", gap = by).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;

    fn plot(figure: &Figure) -> &Plot {
        match &figure.panels[0] {
            Panel::Plot(plot) => plot,
            _ => panic!("a plot"),
        }
    }

    #[test]
    fn the_number_of_seeds_is_that_of_the_mean() {
        let details = |lost: &[usize]| {
            let mut runs = [0, 1].map(|seed| constant("plain-20", seed, 0.5));
            for &run in lost {
                runs[run].diverged = Some(60);
            }
            let figure = samples::figure(figure, &samples::history(runs)).unwrap();
            plot(&figure).curves[0].detail.clone()
        };
        assert_eq!(details(&[]), "0.50 (n = 2)");
        assert_eq!(details(&[1]), "0.50 (n = 1, 1 diverged)");
        assert_eq!(details(&[0, 1]), "diverged");
    }

    #[test]
    fn the_bracket_is_there_only_when_measured() {
        let says = |losses: &[(&str, u64, f32)]| {
            let history = samples::history(losses.iter().map(|&(net, seed, loss)| constant(net, seed, loss)));
            let figure = samples::figure(figure, &history).unwrap();
            plot(&figure).bracket.clone().map(|bracket| bracket.text)
        };
        let worse = says(&[("plain-20", 0, 0.4), ("plain-56", 0, 1.8), ("resnet-56", 0, 0.1)]);
        assert_eq!(worse.as_deref(), Some("deeper, yet worse: +1.40"));
        let early = samples::history(["plain-20", "plain-56"].map(|net| {
            let mut run = constant(net, 0, if net == "plain-20" { 0.4 } else { 1.8 });
            run.steps.truncate(99);
            run.loss.truncate(99);
            run
        }));
        let shown = samples::figure(figure, &early).unwrap();
        assert_eq!(plot(&shown).bracket, None, "too early");
        assert_eq!(says(&[("plain-20", 0, 1.8), ("plain-56", 0, 0.4)]), None);
        assert_eq!(
            says(&[("plain-20", 0, 1.0), ("plain-56", 0, 1.05)]),
            None,
            "within a tenth"
        );
        assert_eq!(
            says(&[("plain-20", 0, 1.0), ("plain-56:width=8", 0, 2.0)]),
            None,
            "another width"
        );
        assert_eq!(says(&[("plain-20", 0, 0.4)]), None);
        assert_eq!(says(&[("plain-20", 0, 0.4), ("plain-56", 0, f32::NAN)]), None);
        let mut beside = samples::history([constant("plain-20", 0, 0.4)]);
        beside.compare(constant("plain-56", 0, 1.8));
        let shown = samples::figure(figure, &beside).unwrap();
        assert_eq!(plot(&shown).bracket, None, "another training's net");
        let seeds = [
            ("plain-20", 0, 0.4),
            ("plain-20", 1, 2.5),
            ("plain-56", 0, 1.8),
            ("plain-56", 1, 1.9),
        ];
        assert_eq!(says(&seeds), None, "one shallow seed is worse than the deep ones");
    }

    #[test]
    fn seeds_share_a_line_and_diverged_runs_a_cross() {
        let mut lost = constant("plain-56", 1, 2.0);
        *lost.loss.last_mut().unwrap() = f32::NAN;
        lost.diverged = Some(lost.step());
        let history = samples::history([constant("plain-56", 0, 1.0), lost, constant("resnet-56", 0, 0.5)]);
        let figure = samples::figure(figure, &history).unwrap();
        let [plain, residual] = &plot(&figure).curves[..] else {
            panic!("two nets")
        };
        assert_eq!(
            (plain.samples.len(), plain.layer, plain.points[0]),
            (2, "mean", [1.0, 1.5])
        );
        assert_eq!(plain.spread[0], [1.0, 1.0, 2.0]);
        assert_eq!(plain.diverged, [[119.0, 2.0]], "the last finite step");
        assert!(plain.detail.contains("n = 1, 1 diverged"), "{}", plain.detail);
        assert_eq!((residual.layer, residual.detail.as_str()), ("smoothed", "0.50"));
        assert!(figure.notes[0].contains("Cross"));
    }

    #[test]
    fn the_number_is_the_lines_end() {
        let mut falling = constant("plain-20", 0, 1.0);
        let halved = |step: usize| 0.5f32.powi(step as i32 / 4);
        falling.loss = (0..falling.loss.len()).map(halved).collect();
        let history = samples::history([falling]);
        let figure = samples::figure(figure, &history).unwrap();
        let curve = &plot(&figure).curves[0];
        let [_, end] = curve.end().unwrap();
        assert_eq!(curve.detail, short(end));
    }

    #[test]
    fn nothing_measured_is_one_sentence() {
        let error = samples::figure(figure, &samples::history([])).unwrap_err().to_string();
        assert_eq!(error, "no loss figure: no training step was recorded");
    }
}
