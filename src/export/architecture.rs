//! The nets' blocks and shortcuts, coloured by the gradient norm, with the accuracy after each single cut beneath.

use rust_i18n::t;

use super::figure::{Body, Figure, Panel, Tower, Towers};
use super::information::listed;
use super::nets::{Net, nets, seeds_shown};
use super::weather::sides;
use super::{Material, missing};
use crate::error::Result;
use crate::net::{Block, Cut, Graph};
use crate::run::{Measured, Series};

/// Smallest ratio of the values at the ends of the colours.
const SPREAD: f64 = 100.0;

/// The figure of the net that is looked at and the deepest one of the other family, or else of the deepest of both, each as
/// it was measured at the step or before it.
///
/// # Errors
/// When no net is built.
pub fn figure(material: &Material) -> Result<Figure> {
    let nets = nets(material.history);
    let mut sides = sides(material.history);
    let looked = material
        .looked
        .and_then(|(id, _)| material.history.runs.iter().find(|run| run.track.id == id));
    if let Some(looked) = looked {
        let residual = |run: &Series| run.track.spec.residual();
        let same = sides.iter_mut().find(|side| residual(side) == residual(looked));
        same.into_iter().for_each(|side| *side = looked);
    }
    if sides.is_empty() {
        return Err(missing("architecture", &t!("no net is built yet")));
    }
    let until = material.step.unwrap_or(usize::MAX);
    let net_of = |run: &Series| nets.iter().find(|net| net.name == run.track.name);
    let towers: Vec<Tower> = sides
        .iter()
        .filter_map(|run| Some(tower(net_of(run)?, run, material, until)))
        .collect();
    let bodies = || towers.iter().flat_map(|tower| &tower.bodies);
    let norms = bodies().filter_map(|body| body.norm);
    let norms: Vec<f64> = norms.filter(|norm| norm.is_finite() && *norm > 0.0).collect();
    let high = norms.iter().copied().fold(0.0, f64::max);
    let low = norms.iter().copied().fold(high, f64::min).min(high / SPREAD);
    let mut notes = vec![
        t!("Width: channels; height: side of the maps. Arcs: shortcuts, dashed where they change the shape.")
            .into_owned(),
    ];
    if towers.iter().any(|tower| tower.whole.is_some()) {
        notes.push(
            t!(
                "Bars: test accuracy at step %{steps} after this cut alone; dashed: before; ×: cannot be removed.",
                steps = listed(towers.iter().filter_map(|tower| tower.cuts_at))
            )
            .into(),
        );
    }
    if high > 0.0 {
        let measured = towers.iter().filter_map(|tower| tower.norms_at);
        notes.push(t!("Fill: at step %{steps}.", steps = listed(measured)).into());
    }
    if bodies().any(|body| body.cut.is_some()) {
        notes.push(t!("Red cross: cut in the panel.").into());
    }
    if nets.len() > sides.len() {
        notes.push(t!("Of each family, with shortcuts and without, one net is shown.").into());
    }
    notes.extend(seeds_shown(material.history, sides.iter().copied()));
    let range = (high > 0.0).then_some([low, high]);
    let trained = sides.iter().any(|run| run.step() > 0);
    let figure = material.figure(t!("Architecture"), vec![Panel::Towers(Towers { towers, range })], notes);
    Ok(match trained {
        true => figure,
        false => Figure {
            tag: t!("computed, not trained").into(),
            ..figure
        },
    })
}

fn at(run: &Series, until: usize) -> Option<&Measured> {
    let usable = |measured: &&Measured| measured.step <= until && !measured.norms.activation.is_empty();
    run.measured.iter().rfind(usable)
}

fn tower(net: &Net, run: &Series, material: &Material, until: usize) -> Tower {
    let graph = Graph::new(net.spec);
    let measured = at(run, until);
    let norms = measured.map(|measured| &measured.norms.activation);
    let made = material
        .looked
        .filter(|(id, _)| *id == run.track.id)
        .and_then(|(_, made)| made);
    let lesions = material.findings.map_or(&[][..], |findings| &findings.lesions[..]);
    let mine = lesions
        .iter()
        .filter(|lesion| lesion.run == run.track.id && lesion.step <= until && lesion.surgery.cuts.len() == 1);
    let newest = mine.clone().map(|lesion| lesion.step).max();
    let mine = || mine.clone().filter(|lesion| Some(lesion.step) == newest);
    let body = |(index, block): (usize, &Block)| {
        let [channels, height, width] = graph.nodes[block.output].output;
        Body {
            name: block.name.clone(),
            stage: block.stage,
            channels,
            side: height.max(width),
            shortcut: block.add.map(|_| block.downsample.is_some()),
            norm: norms
                .and_then(|norms| norms.get(index + 1))
                .map(|&norm| f64::from(norm)),
            accuracy: mine()
                .rev()
                .find_map(|lesion| Some((*lesion.surgery.cuts.get(&index)?, f64::from(lesion.after)))),
            fixed: Cut::Removed.check(&graph, index).is_err(),
            cut: made.and_then(|made| made.cuts.get(&index).copied()),
        }
    };
    Tower {
        name: net.name.to_owned(),
        colour: net.style.light,
        seed: run.track.seed,
        norms_at: measured.map(|measured| measured.step),
        cuts_at: newest,
        bodies: graph.blocks.iter().enumerate().map(body).collect(),
        whole: mine().next_back().map(|lesion| f64::from(lesion.before)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;
    use crate::net::Surgery;
    use crate::run::{Findings, Lesion};

    #[test]
    fn blocks_have_shapes_shortcuts_and_what_their_cuts_cost() {
        let nets = ["plain-8", "resnet-8", "resnet-14"].map(|net| constant(net, 0, 1.0));
        let history = samples::history(nets);
        let mut findings = Findings::default();
        findings.lesions.push(Lesion {
            run: 1,
            step: 60,
            surgery: Surgery::one(1, Cut::Removed),
            before: 0.75,
            after: 0.5,
        });
        let surgery = Surgery::one(2, Cut::Shortcut(0.0));
        let figure = figure(&Material {
            findings: Some(&findings),
            looked: Some((1, Some(&surgery))),
            ..samples::material(&history)
        });
        let figure = figure.unwrap();
        let Panel::Towers(Towers { towers, range }) = &figure.panels[0] else {
            panic!("towers")
        };
        assert_eq!(*range, None, "no gradients were measured");
        let [plain, residual] = &towers[..] else {
            panic!("two nets")
        };
        assert_eq!((plain.bodies.len(), plain.whole, residual.whole), (3, None, Some(0.75)));
        assert!(plain.bodies.iter().all(|body| body.shortcut.is_none()));
        let shortcuts: Vec<Option<bool>> = residual.bodies.iter().map(|body| body.shortcut).collect();
        assert_eq!(shortcuts, [Some(false), Some(true), Some(true)]);
        let after: Vec<Option<(Cut, f64)>> = residual.bodies.iter().map(|body| body.accuracy).collect();
        assert_eq!(after, [None, Some((Cut::Removed, 0.5)), None]);
        let cut: Vec<bool> = residual.bodies.iter().map(|body| body.cut.is_some()).collect();
        assert_eq!(cut, [false, false, true], "of the net that is looked at");
        assert!(
            figure.notes.iter().any(|note| note.contains("at step 60")),
            "{:?}",
            figure.notes
        );
        assert!(residual.bodies[0].channels < residual.bodies[2].channels);
    }
}
