//! Identity insertion: the loss of each net, and of the deeper net that it became.

use rust_i18n::t;

use super::figure::{Axis, Figure, Panel, Plot, Scale};
use super::nets::{nets, seeds_shown};
use super::{Material, missing};
use crate::error::Result;
use crate::run::amounts::power_of_ten;
use crate::run::{LAST, Trailing};

/// The figure of every net that identities were inserted into.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("insertion", &t!("no identities were inserted"));
    let findings = material.findings.ok_or_else(nothing)?;
    let (mut curves, mut deepened) = (Vec::new(), Vec::new());
    let reading = t!(
        "Means of the last %{window} minibatches, carried on over the insertion: the deeper net's line begins where the shallower one's ends.",
        window = LAST
    );
    let mut notes = vec![reading.into_owned()];
    for net in nets(material.history) {
        for run in &net.runs {
            for (step, insertion) in findings.insertions_of(run.track.id) {
                let until = run.steps.partition_point(|&done| done as usize <= step);
                let mut before = net.curve_at(run, step);
                let whole = smooth(&[&run.loss[..until], &insertion.losses].concat());
                before.points = whole[..until].to_vec();
                before.layer = "smoothed";
                let mut after = net.curve_at(run, step);
                after.name = t!(
                    "%{net} as %{depth} layers",
                    net = run.track.name,
                    depth = insertion.depths[1]
                )
                .into();
                after.width += 1.0;
                after.layer = "smoothed";
                after.points = whole[until.saturating_sub(1)..].to_vec();
                curves.extend([before, after]);
                deepened.push(*run);
                let difference = t!(
                    "%{net}: right after the insertion the test images' outputs differ by at most %{most} (running statistics).",
                    net = run.track.name,
                    most = power_of_ten(insertion.difference.into(), 1)
                );
                notes.push(difference.into());
            }
        }
    }
    if curves.is_empty() {
        return Err(nothing());
    }
    let mut plot = Plot {
        title: String::new(),
        x: Axis::new(t!("training step"), Scale::Whole),
        y: Axis::new(t!("training loss"), Scale::Log),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    plot.x.range = Some([0.0, plot.x_range()[1]]);
    notes.extend(seeds_shown(material.history, deepened));
    Ok(material.figure(t!("Identity insertion"), vec![Panel::Plot(plot)], notes))
}

/// At each step from the first.
fn smooth(losses: &[f32]) -> Vec<[f64; 2]> {
    let means = Trailing::of(losses.iter().map(|&loss| loss.into()), LAST);
    (1u32..)
        .map(f64::from)
        .zip(means)
        .map(|(step, mean)| [step, mean])
        .collect()
}
