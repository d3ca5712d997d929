//! The loss around the weights of the nets that were looked at, on one scale.

use super::figure::{Figure, Panel, Relief};
use super::nets::nets;
use super::relief::range;
use super::{Material, missing};
use crate::error::Result;
use crate::probe::Landscape;
use crate::run::{LandscapeView, PlaneKind};

/// The figure of the newest kind of plane that was looked at: the training's way where it is known, else a random plane.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || {
        missing(
            "landscape",
            "no landscape was looked at",
            "open the landscape in the lab",
        )
    };
    let findings = material.findings.ok_or_else(nothing)?;
    let until = material.step.unwrap_or(usize::MAX);
    let views = |plane: PlaneKind| -> Vec<(String, &LandscapeView)> {
        let nets = nets(material.history).into_iter();
        nets.flat_map(|net| net.runs)
            .filter_map(|run| {
                let (step, view) = findings.landscape_at(run.track.id, plane, until)?;
                Some((format!("{}, step {step}", run.track.name), view.as_ref()))
            })
            .collect()
    };
    let planes = [
        PlaneKind::Random,
        PlaneKind::Way,
        PlaneKind::Larger,
        PlaneKind::LargerRaw,
    ];
    let all: Vec<(PlaneKind, String, &LandscapeView)> = planes
        .into_iter()
        .flat_map(|plane| views(plane).into_iter().map(move |(title, view)| (plane, title, view)))
        .collect();
    let maps: Vec<&Landscape> = all.iter().map(|(.., view)| &view.landscape).collect();
    let range = range(maps.into_iter()).ok_or_else(nothing)?;
    let panel = |(plane, title, view): (PlaneKind, String, &LandscapeView)| {
        let (what, label) = match plane {
            PlaneKind::Random => ("", "two random filter-normalised directions"),
            PlaneKind::Way => (", training's way", "two main directions of the training's way"),
            PlaneKind::Larger => (", weights \u{d7} 10", "two random filter-normalised directions"),
            PlaneKind::LargerRaw => (", weights \u{d7} 10", "two random directions, not normalised"),
        };
        Panel::Relief(Relief {
            title: format!("{title}{what}"),
            label: label.into(),
            landscape: view.landscape.clone(),
            range,
            way: view.way.clone(),
        })
    };
    let panels = all.into_iter().map(panel).collect();
    let notes = vec![
        "Mean cross-entropy of 256 training images, batch statistics; only weights of convolutions and of the linear layer \
         move (Li et al. 2018). Lines are a constant factor apart."
            .into(),
    ];
    Ok(material.figure("Loss landscape", panels, notes))
}
