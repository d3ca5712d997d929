//! The loss around the weights of the nets that were looked at, on one scale.

use std::borrow::Cow;

use rust_i18n::t;

use super::figure::{Figure, Panel, Relief};
use super::nets::{nets, seeds_shown};
use super::relief::{PIXELS, levels, range};
use super::{Material, missing};
use crate::error::Result;
use crate::probe::Landscape;
use crate::run::amounts::short;
use crate::run::{LandscapeView, PlaneKind, Series};

/// The figure of the newest kind of plane that was looked at: the training's way where it is known, else a random plane.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("landscape", &t!("no landscape was looked at"));
    let findings = material.findings.ok_or_else(nothing)?;
    let until = material.step.unwrap_or(usize::MAX);
    let nets = nets(material.history);
    let views = |plane: PlaneKind| {
        let runs = nets.iter().flat_map(|net| net.runs.iter().copied());
        runs.filter_map(move |run| {
            let (step, view) = findings.landscape_at(run.track.id, plane, until)?;
            Some((plane, run, step, view.as_ref()))
        })
    };
    let planes = [
        PlaneKind::Random,
        PlaneKind::Way,
        PlaneKind::Larger,
        PlaneKind::LargerRaw,
    ];
    let all: Vec<(PlaneKind, &Series, usize, &LandscapeView)> = planes.into_iter().flat_map(views).collect();
    let maps: Vec<&Landscape> = all.iter().map(|(.., view)| &view.landscape).collect();
    let range = range(maps.into_iter()).ok_or_else(nothing)?;
    let lines = levels(range);
    let mut axes: Vec<String> = Vec::new();
    for (plane, ..) in &all {
        let words = directions(*plane).into_owned();
        if !axes.contains(&words) {
            axes.push(words);
        }
    }
    let mut notes = vec![
        t!("Axes: %{directions}.", directions = axes.join(&t!("; "))).into(),
        t!(
            "Mean cross-entropy of 256 training images, batch statistics; only convolutions and the linear layer move (Li et \
             al. 2018)."
        )
        .into(),
        t!(
            "Lines: a factor of %{factor} apart.",
            factor = short(f64::from(lines[1] / lines[0]))
        )
        .into(),
    ];
    notes.extend(seeds_shown(material.history, all.iter().map(|(_, run, ..)| *run)));
    let panels = all.into_iter().map(|(plane, run, step, view)| {
        let map = &view.landscape;
        let middle = map.loss[map.side / 2 * (map.side + 1)];
        let told = view.explained.is_none() && middle.is_finite();
        let middle = told.then(|| t!("middle: %{loss}", loss = short(middle.into())));
        let part =
            (map.known() < 1.0).then(|| t!("%{percent} % of the points", percent = (100.0 * map.known()).floor()));
        Panel::Relief(Relief {
            title: t!("%{net}, step %{step}", net = run.track.name, step = step).into_owned() + &kind(plane),
            of: (run.track.name.clone(), run.track.seed, step),
            label: part.or(middle).unwrap_or_default().into(),
            landscape: map.clone(),
            range,
            way: view.way.clone(),
            pixels: PIXELS,
        })
    });
    let panels = panels.collect();
    Ok(material.figure(t!("Loss landscape"), panels, notes))
}

/// What a plane's axes are.
fn directions(plane: PlaneKind) -> Cow<'static, str> {
    match plane {
        PlaneKind::Random | PlaneKind::Larger => t!("two random filter-normalised directions"),
        PlaneKind::Way => t!("two main directions of the training's way"),
        PlaneKind::LargerRaw => t!("two random directions, not normalised"),
    }
}

/// What a plane is called beside a random one.
fn kind(plane: PlaneKind) -> Cow<'static, str> {
    match plane {
        PlaneKind::Random => "".into(),
        PlaneKind::Way => t!(", training's way"),
        PlaneKind::Larger => t!(", weights × 10"),
        PlaneKind::LargerRaw => t!(", weights × 10, not normalised"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::super::{Format, Size};
    use super::*;
    use crate::run::Findings;

    #[test]
    fn maps_share_a_scale_and_tell_their_seed() {
        let history = samples::history([
            constant("plain-8", 0, 1.0),
            constant("resnet-8", 0, 1.0),
            constant("resnet-8", 1, 1.0),
        ]);
        let mut findings = Findings::default();
        for run in 0..2 {
            let view = LandscapeView {
                landscape: Landscape {
                    reach: [[-1.0, 1.0]; 2],
                    side: 3,
                    loss: vec![1.0, 2.0, 3.0, 4.0, 0.5, 6.0, 7.0, 8.0, 9.0],
                },
                way: Vec::new(),
                explained: None,
            };
            findings.landscapes.insert((run, PlaneKind::Random, 60), view.into());
        }
        let figure = figure(&Material {
            findings: Some(&findings),
            ..samples::material(&history)
        });
        let figure = figure.unwrap();
        let [Panel::Relief(first), Panel::Relief(_)] = &figure.panels[..] else {
            panic!("two maps")
        };
        assert_eq!(
            (first.title.as_str(), first.label.as_str()),
            ("plain-8, step 60", "middle: 0.50")
        );
        assert!(
            figure
                .notes
                .iter()
                .any(|note| note == "Shown: seed 0; 2 seeds were trained."),
            "{:?}",
            figure.notes
        );
        let csv = String::from_utf8(figure.bytes(Format::Csv, Size::Screen).unwrap()).unwrap();
        assert!(csv.contains("\"plain-8, step 60\",plain-8,0,60,0,0,0.5\n"), "{csv}");
        for size in Size::ALL {
            let svg = String::from_utf8(figure.bytes(Format::Svg, size).unwrap()).unwrap();
            assert_eq!(svg.matches("<image ").count(), 3, "two maps and one scale");
        }
    }
}
