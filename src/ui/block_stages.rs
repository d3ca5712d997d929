//! What stands beside a tower of blocks: the names of its stages above it, and the scale of its fill.

use std::ops::RangeInclusive;
use std::sync::Arc;

use eframe::egui::{FontId, Galley, Rect, Sense, Ui, pos2, vec2};
use rust_i18n::t;

use super::theme::{self, SMALL};
use super::widgets::{colour_bar_ui, short};
use crate::net::{Block, Graph};
use crate::palette;

/// Length of the scale.
const BAR: f32 = 80.0;

/// The name and the maps of each stage over the middle of its blocks, as much of it as has room over all stages; `bodies`
/// are the blocks as they are drawn.
pub fn stages_ui(ui: &Ui, graph: &Graph, bodies: &[Rect], top: f32) {
    let ink = theme::ink(ui);
    let stage = |block: &Block| block.name.split('.').next().map(str::to_owned);
    let blocks: Vec<(&Block, Rect)> = graph.blocks.iter().zip(bodies.iter().copied()).collect();
    let stages = blocks.chunk_by(|(a, _), (b, _)| stage(a) == stage(b)).enumerate();
    let names = stages.map(|(index, stage)| {
        let (last, body) = stage[stage.len() - 1];
        let [channels, height, width] = graph.nodes[last.output].output;
        let number = t!("stage %{number}", number = index + 1).into_owned();
        let maps = format!("{channels} × {height}×{width}");
        let words = [format!("{number} · {maps}"), number, maps];
        let layout = |words| {
            let font = FontId::proportional(SMALL);
            ui.painter().layout_no_wrap(words, font, ink.weak)
        };
        (stage[0].1.left()..=body.right(), words.map(layout))
    });
    let names: Vec<_> = names.collect();
    let fits = |range: &RangeInclusive<f32>, words: &Galley| words.size().x <= range.end() - range.start();
    // All stages say as much, where each can say something.
    let common = (0..3).find(|&length| names.iter().all(|(range, words)| fits(range, &words[length])));
    for (range, words) in names {
        let place = common.or_else(|| words.iter().position(|words| fits(&range, words)));
        if let Some(words) = place.map(|place| Arc::clone(&words[place])) {
            let left = (range.start() + range.end() - words.size().x) / 2.0;
            ui.painter().galley(pos2(left, top), words, ink.weak);
        }
    }
}

/// The colours of the fill from the right, with the logarithms of the gradient norms at their ends, and what they are where
/// there is room for it.
pub fn scale_ui(ui: &mut Ui, [low, high]: [f32; 2]) {
    let [low, high] = [low, high].map(|end| short(10f64.powf(end.into())));
    let words = t!("gradient norm");
    let gap = ui.spacing().item_spacing.x;
    let width = |words: &str| theme::width(ui, words, FontId::proportional(SMALL)) + gap;
    let (scale, named) = (BAR + width(&low) + width(&high) + 2.0 * gap, width(&words));
    let room = ui.available_width();
    if room < scale {
        return;
    }
    ui.label(theme::caption(high)).on_hover_text(&*words);
    let (bar, response) = ui.allocate_exact_size(vec2(BAR, 8.0), Sense::hover());
    colour_bar_ui(ui.painter(), bar, palette::cividis());
    response.on_hover_text(&*words);
    ui.label(theme::caption(low)).on_hover_text(&*words);
    if room >= scale + named {
        ui.label(theme::caption(words));
    }
}
