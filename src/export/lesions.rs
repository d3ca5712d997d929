//! The lesion chart: accuracy with one block removed, or one shortcut cut or scaled.

use std::borrow::Cow;
use std::collections::BTreeSet;

use rust_i18n::t;

use super::figure::{Axis, Figure, Panel, Plot, Point, Scale};
use super::information::at_steps;
use super::nets::{Net, nets, seeds_shown, tell_seeds};
use super::{Material, missing};
use crate::error::Result;
use crate::net::{Block, Cut, Graph, Spec};
use crate::run::Lesion;
use crate::run::amounts::percent;

/// The figure of every single cut that was made.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("lesions", &t!("no block was removed and no shortcut cut"));
    let lesions = &material.findings.ok_or_else(nothing)?.lesions;
    let nets = nets(material.history);
    let mut steps = BTreeSet::new();
    let blocks = nets
        .iter()
        .map(|net| 3 * net.spec.blocks_per_stage())
        .max()
        .unwrap_or(1);
    let all = material.history.runs.iter();
    let cut = all.filter(|run| lesions.iter().any(|lesion| lesion.run == run.track.id));
    let mut plot = |title: Cow<str>, chosen: fn(Cut) -> bool| {
        let mut curves = Vec::new();
        for net in &nets {
            for run in &net.runs {
                let single = |lesion: &&Lesion| {
                    let of_run = lesion.run == run.track.id && lesion.surgery.cuts.len() == 1;
                    of_run && lesion.surgery.cuts.values().all(|&cut| chosen(cut))
                };
                let Some(step) = lesions.iter().filter(single).map(|lesion| lesion.step).max() else {
                    continue;
                };
                steps.insert(step);
                let made = lesions.iter().filter(single).filter(|lesion| lesion.step == step);
                let mut curve = net.curve_at(run, step);
                // What no cut was made at is no place between two others.
                let graph = Graph::new(net.spec);
                let uncut = |(at, block): (usize, &Block)| ([at as f64 + 1.0, f64::NAN], block.name.clone());
                let mut cuts: Vec<(Point, String)> = graph.blocks.iter().enumerate().map(uncut).collect();
                for lesion in made {
                    curve.whole = Some(f64::from(lesion.before));
                    for (&block, &cut) in &lesion.surgery.cuts {
                        if let Some((point, name)) = cuts.get_mut(block) {
                            point[1] = f64::from(lesion.after);
                            *name = format!("{}: {}", graph.blocks[block].name, in_words(cut));
                        }
                    }
                }
                (curve.points, curve.names) = cuts.into_iter().unzip();
                let whole = curve.whole.unwrap_or(f64::NAN);
                curve.detail = t!("whole: %{accuracy}", accuracy = percent(whole)).into();
                curve.dots = true;
                curves.push(curve);
            }
        }
        tell_seeds(&mut curves);
        Plot {
            title: title.into(),
            x: Axis {
                range: Some([0.5, blocks as f64 + 0.5]),
                ..Axis::new(t!("block, input at the left"), Scale::Whole)
            },
            y: Axis {
                range: Some([0.0, 1.0]),
                ..Axis::new(t!("accuracy on the test split"), Scale::Percent)
            },
            curves,
            bands: Vec::new(),
            bracket: None,
        }
    };
    let plots = [
        plot(t!("One block removed"), |cut| cut == Cut::Removed),
        plot(t!("One shortcut cut or scaled"), |cut| cut != Cut::Removed),
    ];
    let panels: Vec<Panel> = plots
        .into_iter()
        .filter(|plot| !plot.curves.is_empty())
        .map(Panel::Plot)
        .collect();
    if panels.is_empty() {
        return Err(nothing());
    }
    let reading = t!("Each point is the trained net with one cut and nothing trained after it; batch statistics.");
    let dashed = t!("Dashed: the whole net.");
    let mut notes = vec![reading.into(), dashed.into(), at_steps(&steps)];
    if untried(&nets, &panels) {
        notes.push(t!("Blocks that were not tried have no point.").into());
    }
    if nets.iter().any(|net| shaping(net.spec)) {
        notes.push(t!("Gaps: a plain block that changes the shape of the maps cannot be removed.").into());
    }
    notes.extend(seeds_shown(material.history, cut));
    Ok(material.figure(t!("Lesions"), panels, notes))
}

/// Whether a curve is without a block of its net that could be removed.
fn untried(nets: &[Net<'_>], panels: &[Panel]) -> bool {
    let curves = panels.iter().filter_map(Panel::plot).flat_map(|plot| &plot.curves);
    curves.into_iter().any(|curve| {
        let net = nets.iter().find(|net| net.name == curve.name);
        net.is_some_and(|net| {
            let graph = Graph::new(net.spec);
            let misses = |at: usize| !curve.points[at][1].is_finite() && Cut::Removed.check(&graph, at).is_ok();
            (0..curve.points.len()).any(misses)
        })
    })
}

/// A cut as the CSV files tell it.
pub fn in_words(cut: Cut) -> String {
    match cut {
        Cut::Removed => "removed".into(),
        Cut::Shortcut(scale) => format!("shortcut * {scale}"),
    }
}

/// Whether the net has a block that it cannot do without.
fn shaping(spec: &Spec) -> bool {
    let graph = Graph::new(spec);
    (0..graph.blocks.len()).any(|block| Cut::Removed.check(&graph, block).is_err())
}
