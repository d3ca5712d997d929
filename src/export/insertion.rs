//! Identity insertion: the loss of each net, and of the deeper net that it became.

use super::figure::{Axis, Figure, Panel, Plot, Scale};
use super::nets::nets;
use super::{Material, missing};
use crate::error::Result;

/// Steps that a drawn loss is the mean of.
const WINDOW: usize = 20;

/// The figure of every net that identities were inserted into.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || {
        missing(
            "insertion",
            "no identities were inserted",
            "insert some in the lab's identity insertion",
        )
    };
    let findings = material.findings.ok_or_else(nothing)?;
    let mut curves = Vec::new();
    let mut notes = vec![format!(
        "Means of {WINDOW} minibatches. The deeper net's line begins where the shallower one's ends."
    )];
    for net in nets(material.history) {
        for run in &net.runs {
            for (step, insertion) in findings.insertions_of(run.track.id) {
                let until = run.steps.partition_point(|&done| done as usize <= step);
                let mut before = net.curve();
                before.points = smooth(&run.loss[..until], 0);
                before.layer = "smoothed";
                let mut after = net.curve();
                after.name = format!("{} as {} layers", run.track.name, insertion.depths[1]);
                after.width += 1.0;
                after.layer = "smoothed";
                after.points = smooth(&insertion.losses, step);
                curves.extend([before, after]);
                notes.push(format!(
                    "{}: right after the insertion the test images' outputs differ by at most {:.1e} (running statistics).",
                    run.track.name, insertion.difference
                ));
            }
        }
    }
    if curves.is_empty() {
        return Err(nothing());
    }
    let plot = Plot {
        title: String::new(),
        x: Axis::new("training step", Scale::Whole),
        y: Axis::new("training loss", Scale::Log),
        curves,
        bands: Vec::new(),
        bracket: None,
    };
    Ok(material.figure("Identity insertion", vec![Panel::Plot(plot)], notes))
}

fn smooth(losses: &[f32], from: usize) -> Vec<[f64; 2]> {
    let mean = |at: usize| {
        let window = &losses[(at + 1).saturating_sub(WINDOW)..=at];
        window.iter().map(|&loss| f64::from(loss)).sum::<f64>() / window.len() as f64
    };
    (0..losses.len()).map(|at| [(from + at + 1) as f64, mean(at)]).collect()
}
