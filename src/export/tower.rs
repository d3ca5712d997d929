//! Draws nets as rows of blocks with their shortcuts above them, nets above each other.

use plotters_backend::DrawingBackend;
use rust_i18n::t;

use super::canvas::{Align, Canvas, Ink, Picture};
use super::figure::{Body, Point, Tower, Towers, logarithmic};
use super::fonts::{room_for, shortened};
use super::gradients::label;
use super::sheet::{DARK, GREY, PALE, WHITE};
use crate::error::Result;
use crate::net::Cut;
use crate::palette::{Rgb, cividis, mix};
use crate::run::Gradient;
use crate::run::amounts::{percent, short};

const NAME: f64 = 12.5;
const SMALL: f64 = 11.0;
/// Of what is cut.
const CROSSED: Rgb = [0xc0, 0x1c, 0x28];
/// Heights of the line of names, of the arcs, of the colour scale with its numbers, and between two nets.
const TITLE: f64 = 20.0;
const ARCS: f64 = 18.0;
const SCALE: f64 = 42.0;
const BETWEEN: f64 = 14.0;
/// Height of the bars of accuracy over that of the tallest block, what is between them, and room for their ends' numbers.
const BARS: f64 = 2.2;
const APART: f64 = 8.0;
const ENDS: f64 = 44.0;
/// Pieces of an arc; every other one of a dashed arc is drawn.
const PIECES: usize = 18;
/// Width of a cross's lines.
const STROKE: f64 = 1.25;
/// Widest bar.
const WIDEST: f64 = 40.0;
/// Height of bars that leave no room for numbers.
const LOW: f64 = 24.0;

/// Draws into the rectangle left, top, width, height; the colour scale comes back as a picture.
pub fn draw<B: DrawingBackend>(
    towers: &Towers,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
) -> Result<Vec<Picture>> {
    let all = &towers.towers;
    let scale = if towers.range.is_some() { SCALE } else { 0.0 };
    let fixed: f64 = all.iter().map(around).sum::<f64>() + BETWEEN * all.len().saturating_sub(1) as f64;
    let parts: f64 = all.iter().map(|tower| 1.0 + bars(tower)).sum();
    let tallest = (height - scale - fixed) / parts.max(1.0);
    let mut y = top;
    for tower in all {
        net(tower, towers.range, canvas, [left, y, width, tallest])?;
        y += around(tower) + tallest * (1.0 + bars(tower)) + BETWEEN;
    }
    let Some([low, high]) = towers.range else {
        return Ok(Vec::new());
    };
    let bar = [left, top + height - scale + 12.0, width, 10.0];
    let [low, high] = [low, high].map(short);
    canvas.scale(
        [&low, &logarithmic(&label(Gradient::Activation)), &high],
        [left, bar[1] + 20.0, width],
        GREY,
    )?;
    Ok(vec![Picture {
        place: bar,
        columns: 256,
        pixels: cividis().to_vec(),
    }])
}

/// What a net takes beside its blocks and bars.
fn around(tower: &Tower) -> f64 {
    TITLE + arcs(tower) + if tower.whole.is_some() { APART } else { 0.0 }
}

fn arcs(tower: &Tower) -> f64 {
    let any = tower.bodies.iter().any(|body| body.shortcut.is_some());
    if any { ARCS } else { 0.0 }
}

/// Height of its bars over that of its tallest block.
fn bars(tower: &Tower) -> f64 {
    if tower.whole.is_some() { BARS } else { 0.0 }
}

fn net<B: DrawingBackend>(
    tower: &Tower,
    range: Option<[f64; 2]>,
    canvas: &mut Canvas<B>,
    [left, top, width, tallest]: [f64; 4],
) -> Result<()> {
    let name = shortened(&tower.name, NAME, 0.25 * width);
    canvas.text(&name, [left, top + 4.0], NAME, Align::Left, tower.colour)?;
    let ground = top + TITLE + arcs(tower) + tallest;
    let gap = if tower.bodies.len() > 20 { 2.0 } else { 4.0 };
    let weight = |body: &Body| (body.channels as f64).sqrt();
    let total: f64 = tower.bodies.iter().map(weight).sum();
    let unit = (width - ENDS - gap * (tower.bodies.len() as f64 - 1.0)) / total;
    let largest = tower.bodies.iter().map(|body| body.side).max().unwrap_or(1) as f64;
    let mut at = left + ENDS;
    let mut places = Vec::new();
    for body in &tower.bodies {
        let (across, high) = (unit * weight(body), tallest * (body.side as f64 / largest).sqrt());
        // What is taken out is an empty place, on which its cross is seen.
        let inside = match body.cut {
            Some(Cut::Removed) => WHITE,
            _ => fill(body, range, tower.colour),
        };
        canvas.rect([at, ground - high, across, high], inside)?;
        outline(canvas, [at, ground - high, across, high], tower.colour)?;
        if let Some(dashed) = body.shortcut {
            arc(canvas, [at, ground - high - 2.0, across], dashed, tower.colour)?;
        }
        let middle = at + across / 2.0;
        match body.cut {
            Some(Cut::Removed) => {
                canvas.cross([middle, ground - high / 2.0], 0.4 * high.min(across), CROSSED, STROKE)?;
            }
            Some(Cut::Shortcut(_)) => canvas.cross([middle, ground - high - ARCS + 2.0], 4.0, CROSSED, STROKE)?,
            None => {}
        }
        places.push([at, across]);
        at += across + gap;
    }
    stages(tower, canvas, &places, [left + room_for(&name, NAME) + 8.0, top + 4.0])?;
    if let Some(whole) = tower.whole {
        accuracies(
            tower,
            whole,
            canvas,
            &places,
            [left, ground + APART, width, BARS * tallest],
        )?;
    }
    Ok(())
}

/// The gradient norm on the colour map, or the net's colour before it is measured.
fn fill(body: &Body, range: Option<[f64; 2]>, colour: Rgb) -> Rgb {
    let norm = body.norm.filter(|norm| norm.is_finite() && *norm > 0.0);
    let (Some(norm), Some([low, high])) = (norm, range) else {
        return mix([0xff; 3], colour, 0.4);
    };
    let share = (norm / low).ln() / (high / low).ln();
    cividis()[(share.clamp(0.0, 1.0) * 255.0).round() as usize]
}

fn outline<B: DrawingBackend>(canvas: &mut Canvas<B>, [x, y, w, h]: [f64; 4], colour: Rgb) -> Result<()> {
    canvas.path(&[[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]], colour, 0.75)
}

/// From a block's left to its right, above it.
fn arc<B: DrawingBackend>(canvas: &mut Canvas<B>, [x, y, across]: [f64; 3], dashed: bool, colour: Rgb) -> Result<()> {
    let point = |piece: usize| -> Point {
        let along = piece as f64 / PIECES as f64;
        [x + along * across, y - 4.0 * along * (1.0 - along) * (ARCS - 4.0)]
    };
    let points: Vec<Point> = (0..=PIECES).map(point).collect();
    if !dashed {
        return canvas.path(&points, colour, 1.5);
    }
    points
        .chunks_exact(2)
        .try_for_each(|ends| canvas.path(ends, colour, 1.5))
}

/// The name and the maps of each stage over the middle of its blocks, as much of it as has room right of `taken`.
fn stages<B: DrawingBackend>(
    tower: &Tower,
    canvas: &mut Canvas<B>,
    places: &[[f64; 2]],
    [taken, y]: Point,
) -> Result<()> {
    let blocks: Vec<(&Body, [f64; 2])> = tower.bodies.iter().zip(places.iter().copied()).collect();
    let stages = blocks.chunk_by(|(a, _), (b, _)| a.stage == b.stage);
    let stages: Vec<([String; 3], [f64; 3])> = stages
        .map(|stage| {
            let (body, [last, across]) = stage[stage.len() - 1];
            let name = t!("stage %{number}", number = body.stage);
            let maps = format!("{} × {}×{}", body.channels, body.side, body.side);
            let (from, end) = (stage[0].1[0], last + across);
            let words = [format!("{name} · {maps}"), name.into_owned(), maps];
            (words, [(from + end) / 2.0, from.max(taken), end])
        })
        .collect();
    // All say as much, if one can.
    let fits = |words: &str, [_, from, end]: [f64; 3]| room_for(words, SMALL) <= end - from;
    let alike = (0..3).find(|&form| stages.iter().all(|(words, room)| fits(&words[form], *room)));
    for (words, room) in &stages {
        let words = match alike {
            Some(form) => Some(&words[form]),
            None => words.iter().find(|words| fits(words, *room)),
        };
        if let Some(words) = words {
            let [middle, from, _] = *room;
            let place = middle.max(from + room_for(words, SMALL) / 2.0);
            canvas.text(words, [place, y], SMALL, Align::Middle, GREY)?;
        }
    }
    Ok(())
}

/// A bar beneath each block that was cut, from nothing to all.
fn accuracies<B: DrawingBackend>(
    tower: &Tower,
    whole: f64,
    canvas: &mut Canvas<B>,
    places: &[[f64; 2]],
    [left, top, width, height]: [f64; 4],
) -> Result<()> {
    let y = |share: f64| top + height * (1.0 - share.clamp(0.0, 1.0));
    for (share, text) in [(0.0, "0 %"), (1.0, "100 %")] {
        canvas.path(&[[left + ENDS, y(share)], [left + width, y(share)]], PALE, 0.75)?;
        canvas.text(text, [left + ENDS - 6.0, y(share)], SMALL, Align::Right, GREY)?;
    }
    let mut bars = Vec::new();
    for (body, [x, across]) in tower.bodies.iter().zip(places) {
        let middle = x + across / 2.0;
        let Some((_, accuracy)) = body.accuracy.filter(|(_, accuracy)| accuracy.is_finite()) else {
            if body.fixed {
                canvas.cross([middle, y(0.0) - 5.0], 2.5, GREY, STROKE)?;
            }
            continue;
        };
        let wide = across.min(WIDEST);
        let bar = [middle - wide / 2.0, y(accuracy), wide, y(0.0) - y(accuracy)];
        canvas.rect(bar, Ink(tower.colour, 0.85))?;
        bars.push((accuracy, middle, wide));
    }
    canvas.dashes([left + ENDS, left + width], y(whole), GREY, 1.0)?;
    if height <= LOW {
        return Ok(());
    }
    // One form for all, and none for a stage whose blocks are too narrow.
    let exact = bars.iter().all(|(.., wide)| room_for("88.8 %", SMALL) <= *wide);
    for (accuracy, middle, wide) in bars {
        let text = match exact {
            true => percent(accuracy),
            false => (100.0 * accuracy).round().to_string(),
        };
        let room = room_for(&text, SMALL);
        if room_for("88", SMALL) > wide || room > wide {
            continue;
        }
        // In the bar, or above it, and then not on the dashed line.
        let inside = y(0.0) - y(accuracy) > 16.0;
        let place = match y(accuracy) + if inside { 8.0 } else { -8.0 } {
            above if !inside && (above - y(whole)).abs() < 8.0 => y(whole) - 8.0,
            place => place,
        };
        let colour = if inside { WHITE } else { DARK };
        canvas.text(&text, [middle, place], SMALL, Align::Middle, colour)?;
    }
    Ok(())
}
