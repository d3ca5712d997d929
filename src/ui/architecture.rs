//! The nets as towers of their blocks.

use eframe::egui::{Rect, Sense, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::cursor::find;
use super::pane::{Pane, View};
use super::theme::GRID;
use super::tower::{self, Tower, tower_ui};
use super::{Scene, line_style};
use crate::net::Spec;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Architecture {}

impl Pane for Architecture {
    const TITLE: &'static str = "Architecture";
    const HINT: &'static str = "The blocks of each net and the shortcuts around them; a click chooses the net";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let nets = nets(view.scene);
        let among: Vec<&Spec> = nets.iter().map(|(_, spec)| *spec).collect();
        let deepest = among.iter().map(|spec| 3 * spec.blocks_per_stage()).max().unwrap_or(1);
        let (all, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        let width = (all.width() - GRID * nets.len().saturating_sub(1) as f32) / nets.len().max(1) as f32;
        let chosen = view
            .cursor
            .series(view.scene.history)
            .map(|series| series.track.name.clone());
        for (index, (name, spec)) in nets.iter().enumerate() {
            let corner = all.min + vec2(index as f32 * (width + GRID), 0.0);
            let rect = Rect::from_min_size(corner, vec2(width, all.height()));
            let (colour, _) = line_style(ui, spec, &among);
            let tower = Tower {
                spec,
                name,
                note: format!("{} blocks", 3 * spec.blocks_per_stage()),
                colour,
                arcs: spec.residual().then_some((colour, 1.0)),
                pitch: tower::pitch(all.height(), deepest),
                action: Some(format!("Look at {name}")),
                chosen: chosen.as_deref() == Some(name),
                corner: "",
            };
            if tower_ui(ui, rect, &tower).clicked() {
                view.cursor.run = (*name).to_owned();
            }
        }
    }
}

/// Each net once, whatever its seeds.
fn nets<'a>(scene: Scene<'a>) -> Vec<(&'a str, &'a Spec)> {
    let runs = &scene.history.runs;
    let first = |series: &&'a crate::run::Series| {
        find(scene.history, &series.track.name).is_some_and(|first| std::ptr::eq(first, *series))
    };
    let named = |series: &'a crate::run::Series| (series.track.name.as_str(), &series.track.spec);
    runs.iter().filter(first).map(named).collect()
}
