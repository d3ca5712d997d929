//! The loss around the weights of the nets that were looked at, on one scale.

use rust_i18n::t;

use super::figure::{Figure, Panel, Relief};
use super::nets::nets;
use super::relief::{PIXELS, levels, range};
use super::{Material, missing};
use crate::error::Result;
use crate::probe::Landscape;
use crate::run::amounts::short;
use crate::run::{LandscapeView, PlaneKind};

/// The figure of the newest kind of plane that was looked at: the training's way where it is known, else a random plane.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("landscape", &t!("no landscape was looked at"));
    let findings = material.findings.ok_or_else(nothing)?;
    let until = material.step.unwrap_or(usize::MAX);
    let views = |plane: PlaneKind| -> Vec<(String, &LandscapeView)> {
        let nets = nets(material.history).into_iter();
        nets.flat_map(|net| net.runs)
            .filter_map(|run| {
                let (step, view) = findings.landscape_at(run.track.id, plane, until)?;
                let title = t!("%{net}, step %{step}", net = run.track.name, step = step);
                Some((title.into(), view.as_ref()))
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
    let lines = levels(range);
    let panel = |(plane, title, view): (PlaneKind, String, &LandscapeView)| {
        let normalised = || t!("two random filter-normalised directions");
        let (what, label) = match plane {
            PlaneKind::Random => ("".into(), normalised()),
            PlaneKind::Way => (t!(", training's way"), t!("two main directions of the training's way")),
            PlaneKind::Larger => (t!(", weights × 10"), normalised()),
            PlaneKind::LargerRaw => (t!(", weights × 10"), t!("two random directions, not normalised")),
        };
        let map = &view.landscape;
        let middle = map.loss[map.side / 2 * (map.side + 1)];
        let told = view.explained.is_none() && middle.is_finite();
        let middle = told.then(|| t!("; loss in the middle %{loss}", loss = short(middle.into())));
        Panel::Relief(Relief {
            title: format!("{title}{what}"),
            label: label.into_owned() + &middle.unwrap_or_default(),
            landscape: view.landscape.clone(),
            range,
            way: view.way.clone(),
            pixels: PIXELS,
        })
    };
    let panels = all.into_iter().map(panel).collect();
    let notes = vec![
        t!(
            "Mean cross-entropy of 256 training images, batch statistics; only weights of convolutions and of the linear \
             layer move (Li et al. 2018)."
        )
        .into(),
        t!(
            "Lines: equal training loss, each %{factor} times the next lower one.",
            factor = short(f64::from(lines[1] / lines[0]))
        )
        .into(),
    ];
    Ok(material.figure(t!("Loss landscape"), panels, notes))
}
