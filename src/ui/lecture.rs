//! A lecture in the lab: one picture at a time on the projector, in the order of the story; Space brings the next.

use super::Scene;
use super::panels::Panel;
use super::preset::Preset;
use super::tiling::Tiling;
use crate::run::{Phase, Series};

/// One after the other, and then all that fit together.
const ORDER: [Panel; 6] = [
    Panel::Curves,
    Panel::Slope,
    Panel::Weather,
    Panel::Fading,
    Panel::Maps,
    Panel::Architecture,
];

/// Shows the first picture alone.
pub fn begin(tiling: &mut Tiling) {
    show(tiling, 0);
}

/// Goes on to the next picture (or back to the one before); answers whether the training is what comes next.
pub fn reveal(tiling: &mut Tiling, scene: Scene<'_>, back: bool) -> bool {
    let untrained = scene.history.runs.iter().all(|run: &Series| run.step() == 0);
    if untrained && !back && scene.history.phase == Phase::Paused {
        return true;
    }
    let here = ORDER.iter().position(|&panel| panel == tiling.focus);
    let here = here.filter(|_| tiling.maximised);
    match (here, back) {
        (None, false) => show(tiling, 0),
        (None, true) => show(tiling, ORDER.len() - 1),
        (Some(here), true) => show(tiling, here.saturating_sub(1)),
        (Some(here), false) if here + 1 < ORDER.len() => show(tiling, here + 1),
        (Some(_), false) => tiling.arrange(Preset::Lecture),
    }
    false
}

fn show(tiling: &mut Tiling, place: usize) {
    tiling.open(ORDER[place]);
    tiling.maximised = true;
}
