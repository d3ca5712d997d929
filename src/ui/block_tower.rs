//! A net's blocks from left to right: width for channels, height for the side of the maps, fill for the gradient norm.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, FontId, Galley, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo,
    epaint::CubicBezierShape, pos2, vec2,
};
use rust_i18n::t;

use super::block_bench::Bench;
use super::block_stages::stages_ui;
use super::cursor::Cursor;
use super::theme::{self, Ink, SMALL};
use super::widgets::short;
use crate::net::{Block, Cut, Graph, Op, Surgery, Table};
use crate::palette;
use crate::run::Lesion;

/// Smallest spread of the fill's scale, in decades.
const DECADES: f32 = 2.0;

/// Outcomes that the summary tells one by one.
const SPOKEN: usize = 3;
/// Height of a picture that keeps room for arcs and bars that are not there yet.
const ROOMY: f32 = 200.0;
/// Room for the numbers beside the bars.
const AXIS: f32 = 48.0;
/// Least distance of two numbers above bars.
const NUMBERS_APART: f32 = 3.0;
/// Height of bars whose axis has one number.
const LOW: f32 = 34.0;

/// What was asked for, by position in [`Graph::blocks`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Act {
    /// Take it out or put it back.
    Block(usize),
    /// Cut its shortcut or mend it.
    Shortcut(usize),
    /// Multiply what its shortcut carries; while the slider moves it has not settled.
    Scale { block: usize, scale: f32, settled: bool },
}

/// What is drawn.
pub struct BlockTower<'a> {
    pub graph: &'a Graph,
    pub table: &'a Table,
    pub colour: Color32,
    pub surgery: &'a Surgery,
    /// Gradient norms along the trunk; empty before they are measured.
    pub norms: &'a [f32],
    /// By block, what the cut made there came to.
    pub outcomes: &'a BTreeMap<usize, &'a Lesion>,
    /// Name of the node that the cursor is at.
    pub chosen: String,
}

impl BlockTower<'_> {
    /// Draws into `rect`; answers what was clicked.
    pub fn show_ui(&self, ui: &mut Ui, rect: Rect, cursor: &mut Cursor) -> Option<Act> {
        let blocks = &self.graph.blocks;
        let ink = theme::ink(ui);
        let painter = ui.painter_at(rect.expand(1.0));
        let weight = |block: &Block| (self.graph.nodes[block.output].output[0] as f32).sqrt();
        let total: f32 = blocks.iter().map(weight).sum();
        let gap = if blocks.len() > 20 { 2.0 } else { 4.0 };
        let unit = (rect.width() - AXIS - gap * blocks.len() as f32).max(8.0) / total;
        // Where there is little room, none is kept for what is not there.
        let roomy = rect.height() > ROOMY;
        let bars = match roomy || !self.outcomes.is_empty() {
            true => (rect.height() * 0.3).clamp(24.0, 90.0),
            false => 0.0,
        };
        let ground = rect.bottom() - bars - 10.0;
        let arcs = match roomy || blocks.iter().any(|block| block.add.is_some()) {
            true => (rect.height() * 0.16).clamp(14.0, 44.0),
            false => 0.0,
        };
        let tallest = (ground - rect.top() - arcs - 20.0).max(8.0);
        let side =
            |block: &Block| self.graph.nodes[block.output].output[1].max(self.graph.nodes[block.output].output[2]);
        let largest = blocks.iter().map(side).max().unwrap_or(1) as f32;
        self.accuracy_axis_ui(ui, Rect::from_min_max(pos2(rect.left(), ground + 10.0), rect.max), ink);
        let mut act = None;
        let mut bodies = Vec::new();
        let mut left = rect.left() + AXIS;
        for (index, block) in blocks.iter().enumerate() {
            let width = unit * weight(block);
            let height = tallest * (side(block) as f32 / largest).sqrt();
            let body = Rect::from_min_max(pos2(left, ground - height), pos2(left + width, ground));
            left += width + gap;
            bodies.push(body);
            let removed = self.surgery.cuts.get(&index) == Some(&Cut::Removed);
            let (fill, edge) = match removed {
                true => (ink.paper, Stroke::new(1.0, ink.weak)),
                false => (self.fill(index, ink), Stroke::new(1.0, self.colour)),
            };
            painter.rect(body, 2.0, fill, edge, StrokeKind::Inside);
            if removed {
                painter.line_segment([body.left_bottom(), body.right_top()], Stroke::new(1.0, ink.weak));
            }
            let chosen = self.chosen == block.name || self.chosen.starts_with(&format!("{}.", block.name));
            let pointed = cursor.preview.layer.as_ref() == Some(&block.name);
            if chosen || pointed {
                let stroke = Stroke::new(2.0, if chosen { ink.text } else { ink.weak });
                painter.rect_stroke(body.expand(1.5), 3.0, stroke, StrokeKind::Middle);
            }
            let response = ui.interact(body, ui.scope_id().with(("block", index)), Sense::click());
            let verb = match removed {
                true => t!("Restore %{block}", block = block.name),
                false => t!("Remove %{block}", block = block.name),
            };
            let name = self.block_name(index, removed);
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, removed, &name));
            if response.has_focus() {
                painter.rect_stroke(body.expand(1.5), 3.0, Stroke::new(2.0, ink.text), StrokeKind::Middle);
            }
            let response = response.on_hover_text(self.about(index, &verb));
            if response.hovered() || response.has_focus() {
                cursor.hover_layer(block.name.clone());
            }
            if response.clicked() {
                cursor.layer.clone_from(&block.name);
                act = Some(Act::Block(index));
            }
            if block.add.is_some() && self.arc_ui(ui, index, body, arcs) {
                cursor.layer.clone_from(&block.name);
                act = Some(Act::Shortcut(index));
            }
        }
        self.outcomes_ui(ui, &bodies, ground + 10.0..=rect.bottom(), ink);
        stages_ui(ui, self.graph, &bodies, rect.top());
        act
    }

    /// What a screen reader calls a block: `layer2.0, block 10 of 27, removed`.
    fn block_name(&self, index: usize, removed: bool) -> String {
        let state = match (removed, Cut::Removed.check(self.graph, index)) {
            (true, _) => t!("removed"),
            (false, Ok(())) => t!("in its place"),
            (false, Err(_)) => t!("cannot be removed"),
        };
        t!(
            "%{block}, block %{number} of %{count}, %{state}",
            block = self.graph.blocks[index].name,
            number = index + 1,
            count = self.graph.blocks.len(),
            state = state
        )
        .into_owned()
    }

    /// The same of its shortcut: `layer2.0, shortcut of block 10 of 27, projection, cut through`.
    fn shortcut_name(&self, index: usize, scale: f32) -> String {
        let block = &self.graph.blocks[index];
        let kind = match block.downsample.map(|node| &self.graph.nodes[node].op) {
            None => t!("identity"),
            Some(Op::Subsample { .. }) => t!("every other pixel, padded with zeros"),
            Some(_) => t!("projection"),
        };
        let state = match scale {
            0.0 => t!("cut through"),
            _ => t!("times %{scale}", scale = scale),
        };
        t!(
            "%{block}, shortcut of block %{number} of %{count}, %{kind}, %{state}",
            block = block.name,
            number = index + 1,
            count = self.graph.blocks.len(),
            kind = kind,
            state = state
        )
        .into_owned()
    }

    /// The whole tower in a sentence.
    pub fn summary(&self, net: &str) -> String {
        let blocks = &self.graph.blocks;
        let shortcuts = blocks.iter().filter(|block| block.add.is_some());
        let dashed = shortcuts.clone().filter(|block| block.downsample.is_some()).count();
        let mut words = t!(
            "Tower of %{net}: %{blocks} blocks, %{solid} shortcuts that pass the input on as it is, %{dashed} that change its shape; %{cuts} cuts",
            net = net,
            blocks = blocks.len(),
            solid = shortcuts.count() - dashed,
            dashed = dashed,
            cuts = self.surgery.cuts.len()
        )
        .into_owned();
        if let [_, first, .., last] = self.norms {
            words += &t!(
                "; gradient norm %{first} at the first block, %{last} at the last",
                first = short(f64::from(*first)),
                last = short(f64::from(*last))
            );
        }
        for (&index, lesion) in self.outcomes.iter().take(SPOKEN) {
            words += &t!(
                "; test accuracy %{before} → %{after} after the cut at %{block}",
                before = format!("{} %", percent(lesion.before)),
                after = format!("{} %", percent(lesion.after)),
                block = blocks[index].name
            );
        }
        words
    }

    /// Logarithms of the lowest and the highest gradient norm of the fill: this net's own range, without its stem's.
    pub fn scale(&self) -> Option<[f32; 2]> {
        let norms = self
            .norms
            .iter()
            .skip(1)
            .filter(|norm| **norm > 0.0 && norm.is_finite());
        let (low, high) = norms
            .map(|norm| norm.log10())
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), norm| {
                (low.min(norm), high.max(norm))
            });
        (low <= high).then(|| [low.min(high - DECADES), high])
    }

    /// The gradient norm on the colour map.
    fn fill(&self, index: usize, ink: Ink) -> Color32 {
        let norm = self
            .norms
            .get(index + 1)
            .filter(|norm| **norm > 0.0 && norm.is_finite());
        let (Some(norm), Some([low, high])) = (norm, self.scale()) else {
            return ink.paper.lerp_to_gamma(self.colour, 0.4);
        };
        let share = (norm.log10() - low) / (high - low);
        let [r, g, b] = palette::cividis()[(share.clamp(0.0, 1.0) * 255.0) as usize];
        Color32::from_rgb(r, g, b)
    }

    fn bench(&self, index: usize) -> Bench<'_> {
        Bench {
            graph: self.graph,
            table: self.table,
            index,
        }
    }

    fn about(&self, index: usize, verb: &str) -> String {
        let mut lines = vec![verb.to_owned(), self.bench(index).about().replace(", ", "\n")];
        if let Err(why) = Cut::Removed.check(self.graph, index) {
            lines[0] = why;
        }
        lines.extend(
            self.norms
                .get(index + 1)
                .map(|&norm| t!("gradient norm %{norm}", norm = short(f64::from(norm))).into_owned()),
        );
        lines.extend(self.outcomes.get(&index).map(|lesion| {
            let [before, after] = [lesion.before, lesion.after].map(|share| format!("{} %", percent(share)));
            t!("test accuracy %{before} → %{after}", before = before, after = after).into_owned()
        }));
        if let Some(cuts) = self
            .outcomes
            .get(&index)
            .map(|lesion| lesion.surgery.cuts.len())
            .filter(|&cuts| cuts > 1)
        {
            lines.push(t!("with %{cuts} cuts at once: the bar is hollow", cuts = cuts).into_owned());
        }
        lines.join("\n")
    }

    /// The shortcut above its block; says whether it was clicked.
    fn arc_ui(&self, ui: &mut Ui, index: usize, body: Rect, reach: f32) -> bool {
        let ink = theme::ink(ui);
        let block = &self.graph.blocks[index];
        let own = self.bench(index).own_scale().unwrap_or(1.0);
        let scale = match self.surgery.cuts.get(&index) {
            Some(Cut::Shortcut(scale)) => *scale,
            _ => own,
        };
        let space = Rect::from_min_max(
            pos2(body.left() - 1.0, body.top() - reach),
            pos2(body.right() + 1.0, body.top() - 1.0),
        );
        let response = ui.interact(space, ui.scope_id().with(("shortcut", index)), Sense::click());
        let label = match scale {
            0.0 => t!("Shortcut of %{block}, cut through", block = block.name),
            _ => t!(
                "Shortcut of %{block}, times %{scale}",
                block = block.name,
                scale = scale
            ),
        };
        let name = self.shortcut_name(index, scale);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, scale != own, &name));
        let lit = response.hovered() || response.has_focus();
        let colour = if lit { ink.text } else { self.colour };
        let stroke = Stroke::new(
            if lit { 2.5 } else { 1.5 },
            if scale == 0.0 { ink.line } else { colour },
        );
        let (from, to) = (space.left_bottom(), space.right_bottom());
        let up = vec2(0.0, -reach * 1.25);
        let curve =
            CubicBezierShape::from_points_stroke([from, from + up, to + up, to], false, Color32::TRANSPARENT, stroke);
        let painter = ui.painter();
        let dashed = block.downsample.is_some();
        if dashed || scale == 0.0 {
            let points = curve.flatten(None);
            painter.extend(Shape::dashed_line(&points, stroke, 3.0, 3.0));
        } else {
            painter.add(curve);
        }
        if scale == 0.0 && own != 0.0 {
            let gap = Rect::from_center_size(space.center_top() + vec2(0.0, 4.0), vec2(7.0, 7.0));
            let stroke = Stroke::new(2.0, ink.text);
            painter.line_segment([gap.left_top(), gap.right_bottom()], stroke);
            painter.line_segment([gap.left_bottom(), gap.right_top()], stroke);
        } else if scale != own {
            // It may be wider than the arc.
            let text = painter.layout_no_wrap(format!("×{scale}"), FontId::proportional(SMALL), ink.text);
            let place = Rect::from_center_size(space.center(), text.size());
            painter.rect_filled(place, 2.0, ink.paper.gamma_multiply(0.85));
            painter.galley(place.min, text, ink.text);
        }
        response
            .on_hover_text(format!(
                "{label}\n{}",
                self.bench(index).why(self.surgery.cuts.get(&index).copied())
            ))
            .clicked()
    }

    fn accuracy_axis_ui(&self, ui: &Ui, bars: Rect, ink: Ink) {
        let Some(lesion) = self.outcomes.values().next() else {
            return;
        };
        let painter = ui.painter();
        let y = |share: f32| bars.bottom() - (bars.height() - 14.0) * share;
        let font = FontId::proportional(SMALL);
        // Low bars have room for one number.
        let numbers = [(1.0, "100\u{a0}%"), (0.0, "0\u{a0}%")];
        let numbers = &numbers[..if bars.height() < LOW { 1 } else { 2 }];
        for &(share, text) in numbers {
            painter.line_segment(
                [pos2(bars.left() + AXIS, y(share)), pos2(bars.right(), y(share))],
                Stroke::new(1.0, ink.line),
            );
            painter.text(
                pos2(bars.left() + AXIS - 6.0, y(share)),
                Align2::RIGHT_CENTER,
                text,
                font.clone(),
                ink.weak,
            );
        }
        let whole = y(lesion.before);
        let line = [pos2(bars.left() + AXIS, whole), pos2(bars.right(), whole)];
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, ink.weak), 4.0, 4.0));
    }

    /// The bars beneath the blocks and, where there is room, before and after above them: what cost most comes first.
    fn outcomes_ui(&self, ui: &Ui, bodies: &[Rect], down: RangeInclusive<f32>, ink: Ink) {
        let painter = ui.painter();
        let laid = |text: String| painter.layout_no_wrap(text, FontId::proportional(SMALL), ink.text);
        let tall = down.end() - down.start() - 14.0;
        let whole = |lesion: &Lesion| laid(format!("{} → {} %", percent(lesion.before), percent(lesion.after)));
        let has_room = |(index, lesion): (&usize, &&Lesion)| {
            let body = bodies.get(*index);
            body.is_none_or(|body| body.width() + 6.0 >= whole(lesion).size().x)
        };
        let alone = self.outcomes.len() == 1;
        // One form for all of a row.
        let long = alone || self.outcomes.iter().all(has_room);
        let mut texts = Vec::new();
        for (&index, lesion) in self.outcomes {
            let Some(body) = bodies.get(index) else { continue };
            let height = tall * lesion.after.clamp(0.0, 1.0);
            let half = (body.width() / 2.0).min(14.0);
            let bar = Rect::from_min_max(
                pos2(body.center().x - half, down.end() - height),
                pos2(body.center().x + half, *down.end()),
            );
            if lesion.surgery.cuts.len() > 1 {
                painter.rect_stroke(bar, 1.0, Stroke::new(1.5, self.colour), StrokeKind::Inside);
            } else {
                painter.rect_filled(bar, 1.0, self.colour);
            }
            // Numbers as high as the tallest bar would say more than the bars.
            if tall < FLAT && !alone {
                continue;
            }
            let text = if long {
                whole(lesion)
            } else {
                laid(percent(lesion.after))
            };
            let place = pos2(body.center().x - text.size().x / 2.0, bar.top() - 15.0);
            // Its bar stays whole.
            let place = Rect::from_min_max(place, pos2(place.x + text.size().x, bar.top()));
            texts.push((self.graph.blocks[index].stage, place, text));
        }
        // A stage has all its numbers or, where two would meet, none.
        for stage in texts.chunk_by(|(a, ..), (b, ..)| a == b) {
            let meets = |(at, (_, place, _)): (usize, &(usize, Rect, Arc<Galley>))| {
                let place = place.expand2(vec2(NUMBERS_APART, 0.0));
                stage[at + 1..].iter().any(|(_, other, _)| place.intersects(*other))
            };
            if stage.iter().enumerate().any(meets) {
                continue;
            }
            for (_, place, text) in stage {
                painter.rect_filled(*place, 2.0, ink.paper.gamma_multiply(0.85));
                painter.galley(place.min, Arc::clone(text), ink.text);
            }
        }
    }
}

/// Height of bars that numbers above them would outweigh.
const FLAT: f32 = 20.0;

/// Whole percents.
fn percent(share: f32) -> String {
    (100.0 * share).round().to_string()
}
