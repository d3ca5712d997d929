//! What stands beside a tower of blocks: the names of its stages above it, and the scale of its fill.

use eframe::egui::{FontId, Rect, Sense, Ui, pos2, vec2};
use rust_i18n::t;

use super::theme::{self, SMALL};
use super::widgets::{colour_bar_ui, short};
use crate::net::{Block, Graph};
use crate::palette;

/// Room that the scale takes, in points.
const SCALE: f32 = 310.0;

/// The name and the maps of each stage over the middle of its blocks, as much of it as has room; `bodies` are the blocks as
/// they are drawn.
pub fn stages_ui(ui: &Ui, graph: &Graph, bodies: &[Rect], top: f32) {
    let ink = theme::ink(ui);
    let stage = |block: &Block| block.name.split('.').next().map(str::to_owned);
    let blocks: Vec<(&Block, Rect)> = graph.blocks.iter().zip(bodies.iter().copied()).collect();
    for (index, stage) in blocks.chunk_by(|(a, _), (b, _)| stage(a) == stage(b)).enumerate() {
        let [(_, first), ..] = stage else { continue };
        let (last, body) = stage[stage.len() - 1];
        let [channels, height, width] = graph.nodes[last.output].output;
        let number = t!("stage %{number}", number = index + 1);
        let maps = format!("{channels} × {height}×{width}");
        let room = body.right() - first.left();
        let words = [format!("{number} · {maps}"), number.into_owned(), maps];
        let layout = |words| {
            ui.painter()
                .layout_no_wrap(words, FontId::proportional(SMALL), ink.weak)
        };
        if let Some(words) = words.into_iter().map(layout).find(|words| words.size().x <= room) {
            let left = (first.left() + body.right() - words.size().x) / 2.0;
            ui.painter().galley(pos2(left, top), words, ink.weak);
        }
    }
}

/// The colours of the fill from the right, with the logarithms of the gradient norms at their ends.
pub fn scale_ui(ui: &mut Ui, [low, high]: [f32; 2]) {
    if ui.available_width() < SCALE {
        return;
    }
    ui.label(theme::caption(short(10f64.powf(high.into()))));
    let (bar, _) = ui.allocate_exact_size(vec2(80.0, 8.0), Sense::hover());
    colour_bar_ui(ui.painter(), bar, palette::cividis());
    ui.label(theme::caption(short(10f64.powf(low.into()))));
    ui.label(theme::caption(t!("gradient norm")));
}
