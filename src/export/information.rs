//! What is left of the input in each block's maps: an image read back, R^2 of all images, and accuracy of the class read off.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_i18n::t;

use super::figure::{Axis, Curve, Figure, Film, Panel, Plot, Scale, Strip};
use super::maps::grid;
use super::nets::{Net, nets, place, seeds_shown, tell_seeds};
use super::{Material, missing};
use crate::error::Result;
use crate::probe::Reading;
use crate::run::{Seen, Series};

/// Nets whose films are shown.
const MOST_STRIPS: usize = 4;

/// The figure of what was read of each run, at the step or before it.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("information", &t!("nothing was read from the maps"));
    let findings = material.findings.ok_or_else(nothing)?;
    let until = material.step.unwrap_or(usize::MAX);
    let nets = nets(material.history);
    let runs = nets.iter().flat_map(|net| net.runs.iter().map(move |run| (net, *run)));
    let read: Vec<(&Net, &Series, usize, &Seen)> = runs
        .filter_map(|(net, run)| {
            let (step, seen) = findings.information_at(run.track.id, until)?;
            Some((net, run, step, seen))
        })
        .collect();
    let Some((.., first)) = read.first() else {
        return Err(nothing());
    };
    let shown = read.iter().take(MOST_STRIPS);
    let mut strips: Vec<Strip> = shown.filter_map(|(net, _, _, seen)| strip(net, seen)).collect();
    // Nets of as many blocks share the numbers beneath.
    strips.sort_by_key(|strip| strip.frames.len());
    let film = Film { strips };
    let image = plot(
        &read,
        t!("The image, read back"),
        Scale::Linear,
        t!("R² on test images"),
        |reading| reading.reconstruction,
    );
    let mut class = plot(
        &read,
        t!("The class, read off"),
        Scale::Percent,
        t!("accuracy on test images"),
        |reading| reading.accuracy,
    );
    let last = class
        .curves
        .iter()
        .filter_map(Curve::end)
        .map(|end| end[0])
        .fold(0.0, f64::max);
    let mut chance = Curve::new(t!("chance"), [0x76; 3], 1.0);
    chance.points = [0.0, last].map(|block| [block, f64::from(first.chance)]).into();
    class.curves.push(chance);
    let steps: BTreeSet<usize> = read.iter().map(|(_, _, step, _)| *step).collect();
    let mut notes = vec![
        t!(
            "Above: one image, and how it is read back from each block's maps. Ridge regression, fitted on training images, \
             judged on test images; batch statistics."
        )
        .into(),
        at_steps(&steps),
    ];
    notes.extend(seeds_shown(material.history, read.iter().map(|(_, run, ..)| *run)));
    let panels = vec![Panel::Film(film), Panel::Plot(image), Panel::Plot(class)];
    Ok(material.figure(t!("Fading digit"), panels, notes))
}

/// The steps that figures of findings are of.
pub fn at_steps(steps: &BTreeSet<usize>) -> String {
    t!("At step %{steps}.", steps = listed(steps.iter().copied())).into()
}

/// Each step once, ascending.
pub fn listed(steps: impl Iterator<Item = usize>) -> String {
    let steps: BTreeSet<usize> = steps.collect();
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    steps.join(&t!(", "))
}

fn plot(
    read: &[(&Net, &Series, usize, &Seen)],
    title: Cow<str>,
    scale: Scale,
    label: Cow<str>,
    value: fn(&Reading) -> f32,
) -> Plot {
    let curve = |(net, run, step, seen): &(&Net, &Series, usize, &Seen)| {
        let point = |reading: &Reading| [reading.block as f64, f64::from(value(reading))];
        Curve {
            dots: true,
            points: seen.readings.iter().map(point).collect(),
            names: seen
                .readings
                .iter()
                .map(|reading| place((reading.block, &reading.node)))
                .collect(),
            ..net.curve_at(run, *step)
        }
    };
    let mut curves: Vec<Curve> = read.iter().map(curve).collect();
    tell_seeds(&mut curves);
    Plot {
        title: title.into(),
        x: Axis::new(t!("block, input at the left"), Scale::Whole),
        y: Axis {
            range: Some([0.0, 1.0]),
            ..Axis::new(label, scale)
        },
        curves,
        bands: Vec::new(),
        bracket: None,
    }
}

fn strip(net: &Net, seen: &Seen) -> Option<Strip> {
    let frames = seen.readings.iter().zip(seen.film.iter());
    Some(Strip {
        name: net.name.to_owned(),
        colour: net.style.light,
        original: grid(String::new(), &seen.original, true)?,
        frames: frames
            .filter_map(|(reading, frame)| Some((reading.block, grid(String::new(), frame, true)?)))
            .collect(),
    })
}
