//! The sheet a figure is drawn on: title above, panels side by side, how to read it and the recipe beneath.

use plotters_backend::DrawingBackend;

use super::canvas::{Align, Canvas, Picture, room_for, wrap};
use super::figure::{Figure, Panel};
use super::{grid, heat, plot};
use crate::error::Result;
use crate::palette::Rgb;

pub const WHITE: Rgb = [0xff; 3];
/// Titles and what must be read first.
pub const DARK: Rgb = [0x22; 3];
/// Axis labels and notes.
pub const GREY: Rgb = [0x5c; 3];
/// Grid lines.
pub const PALE: Rgb = [0xe4; 3];

const MARGIN: f64 = 24.0;
const GAP: f64 = 20.0;
const HEADER: f64 = 76.0;
/// Of a plot; the most that a grid of maps takes.
const PANEL_HEIGHT: f64 = 400.0;
const LINE: f64 = 16.0;
const NOTE_SIZE: f64 = 11.0;

/// Width and height in points.
pub fn size(figure: &Figure) -> [f64; 2] {
    let width = width(figure);
    let lines = footer(figure, width).len() as f64;
    [
        width,
        HEADER + panel_height(figure) + 14.0 + lines * LINE + MARGIN - 8.0,
    ]
}

fn panel_height(figure: &Figure) -> f64 {
    let height = |panel: &Panel| match panel {
        Panel::Maps(map) => grid::height(map, panel_width(panel, figure), PANEL_HEIGHT),
        Panel::Plot(_) | Panel::Heat(_) => PANEL_HEIGHT,
    };
    figure.panels.iter().map(height).fold(0.0, f64::max).min(PANEL_HEIGHT)
}

fn width(figure: &Figure) -> f64 {
    let panels: f64 = figure.panels.iter().map(|panel| panel_width(panel, figure)).sum();
    2.0 * MARGIN + panels + GAP * figure.panels.len().saturating_sub(1) as f64
}

fn panel_width(panel: &Panel, figure: &Figure) -> f64 {
    match panel {
        Panel::Maps(map) if map.image => 150.0,
        Panel::Maps(_) => 400.0,
        Panel::Plot(_) | Panel::Heat(_) => match figure.panels.len() {
            1 => 852.0,
            2 => 580.0,
            _ => 470.0,
        },
    }
}

fn footer(figure: &Figure, width: f64) -> Vec<(String, Rgb)> {
    let room = width - 2.0 * MARGIN;
    let lines = |texts: &[String], colour: Rgb| -> Vec<(String, Rgb)> {
        let wrapped = texts.iter().flat_map(|text| wrap(text, NOTE_SIZE, room, 3));
        wrapped.map(|line| (line, colour)).collect()
    };
    let mut all = lines(&figure.recipe, DARK);
    all.extend(lines(&figure.notes, GREY));
    all
}

/// Draws the figure; the pictures it returns are placed by the format, on top.
pub fn draw<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<B>) -> Result<Vec<Picture>> {
    let [width, height] = size(figure);
    canvas.rect([0.0, 0.0, width.ceil(), height.ceil()], WHITE)?;
    let tag_width = tag(figure, canvas, width)?;
    let room = width - 2.0 * MARGIN - tag_width - GAP;
    for line in wrap(&figure.title, 19.0, room, 1) {
        canvas.text(&line, [MARGIN, 30.0], 19.0, Align::Left, DARK)?;
    }
    for line in wrap(&figure.subtitle, 12.5, width - 2.0 * MARGIN, 1) {
        canvas.text(&line, [MARGIN, 53.0], 12.5, Align::Left, GREY)?;
    }
    let mut pictures = Vec::new();
    let mut left = MARGIN;
    for panel in &figure.panels {
        let place = [left, HEADER, panel_width(panel, figure), PANEL_HEIGHT];
        match panel {
            Panel::Plot(plot) => plot::draw(plot, canvas, place)?,
            Panel::Maps(map) => pictures.extend(grid::draw(map, canvas, place)?),
            Panel::Heat(map) => pictures.extend(heat::draw(map, canvas, place)?),
        }
        left += place[2] + GAP;
    }
    let mut y = HEADER + panel_height(figure) + 14.0 + LINE / 2.0;
    for (line, colour) in footer(figure, width) {
        canvas.text(&line, [MARGIN, y], NOTE_SIZE, Align::Left, colour)?;
        y += LINE;
    }
    Ok(pictures)
}

/// Says in the corner where the numbers come from; returns the width it took.
fn tag<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<B>, width: f64) -> Result<f64> {
    let Some(text) = wrap(&figure.tag, NOTE_SIZE, 0.5 * width, 1).pop() else {
        return Ok(0.0);
    };
    let box_width = room_for(&text, NOTE_SIZE) + 12.0;
    let left = width - MARGIN - box_width;
    canvas.rect([left, 19.0, box_width, 21.0], PALE)?;
    canvas.text(&text, [left + box_width / 2.0, 29.5], NOTE_SIZE, Align::Middle, DARK)?;
    Ok(box_width)
}
