//! What is left of the input in each block's maps: R^2 of the image read back, and accuracy of the class read off.

use std::borrow::Cow;

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Panel, Plot, Scale};
use super::nets::nets;
use super::{Material, missing};
use crate::error::Result;
use crate::probe::Reading;

/// The figure of what was read of each run, at the step or before it.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("information", &t!("nothing was read from the maps"));
    let findings = material.findings.ok_or_else(nothing)?;
    let plot = |title: Cow<str>, label: Cow<str>, value: fn(&Reading) -> f32, chance: Option<f32>| {
        let mut curves: Vec<Curve> = Vec::new();
        for net in nets(material.history) {
            for run in &net.runs {
                let until = material.step.unwrap_or(usize::MAX);
                let Some((step, seen)) = findings.information_at(run.track.id, until) else {
                    continue;
                };
                let mut curve = net.curve();
                curve.detail = t!("step %{step}", step = step).into();
                curve.dots = true;
                let point = |reading: &Reading| [reading.block as f64, f64::from(value(reading))];
                curve.points = seen.readings.iter().map(point).collect();
                curve.names = seen.readings.iter().map(|reading| reading.node.clone()).collect();
                curves.push(curve);
            }
        }
        if let (Some(chance), Some(last)) = (
            chance,
            curves.iter().filter_map(Curve::end).map(|end| end[0]).reduce(f64::max),
        ) {
            let mut line = Curve::new(t!("chance"), [0x76; 3], 1.0);
            line.points = vec![[0.0, f64::from(chance)], [last, f64::from(chance)]];
            curves.push(line);
        }
        Plot {
            title: title.into(),
            x: Axis::new(t!("block, input at the left"), Scale::Whole),
            y: Axis::new(label, Scale::Linear),
            curves,
            bands: Vec::new(),
            bracket: None,
        }
    };
    let chance = findings.information.values().next().map(|seen| seen.chance);
    let image = plot(
        t!("The image, read back"),
        t!("R² on test images"),
        |reading| reading.reconstruction,
        None,
    );
    if image.curves.is_empty() {
        return Err(nothing());
    }
    let class = plot(
        t!("The class, read off"),
        t!("accuracy on test images"),
        |reading| reading.accuracy,
        chance,
    );
    let notes = vec![
        t!("Ridge regression from each block's maps, fitted on training images, judged on test images; batch statistics.")
            .into(),
    ];
    Ok(material.figure(
        t!("Information in the maps"),
        vec![Panel::Plot(image), Panel::Plot(class)],
        notes,
    ))
}
