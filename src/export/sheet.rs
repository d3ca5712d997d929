//! The sheet a figure is drawn on: title above, panels side by side, how to read it and the recipe beneath.

use plotters_backend::DrawingBackend;

use super::canvas::{Align, Canvas, Picture};
use super::figure::{Figure, Panel};
use super::fonts::{room_for, wrap};
use super::typeset::{Room, Setting, natural_width};
use super::{Size, grid, heat, plot, relief};
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
/// Lines of a note.
const MOST_LINES: usize = 6;
/// Of a plot; the most that a grid of maps takes.
const PANEL_HEIGHT: f64 = 400.0;
/// The same where panels stand above each other, and the least of one on a sheet of fixed height.
const STACKED_HEIGHT: f64 = 260.0;
const LEAST_HEIGHT: f64 = 120.0;
const LEAST_RELIEF: f64 = 320.0;
const LINE: f64 = 16.0;
const NOTE_SIZE: f64 = 11.0;

/// Where everything stands, in points.
struct Plan {
    width: f64,
    height: f64,
    /// Left, top, width and height of each panel.
    places: Vec<[f64; 4]>,
    footer_top: f64,
    footer: Vec<(String, Rgb)>,
}

impl Plan {
    /// What tables leave out is said beneath, which takes room from them.
    fn of(figure: &Figure, size: Size) -> Self {
        let (width, height) = size.points();
        let width = width.unwrap_or_else(|| width_of(figure));
        let mut left_out = Vec::new();
        for _ in 0..3 {
            let plan = Self::with(figure, size, (width, height), &left_out);
            let tables = figure
                .panels
                .iter()
                .zip(&plan.places)
                .filter_map(|(panel, place)| match panel {
                    Panel::Table(table) => Some(Setting::of(table, table_room(*place, size)).left_out()),
                    _ => None,
                });
            let said: Vec<String> = tables.flatten().collect();
            if said == left_out {
                return plan;
            }
            left_out = said;
        }
        Self::with(figure, size, (width, height), &left_out)
    }

    fn with(figure: &Figure, size: Size, (width, height): (f64, Option<f64>), left_out: &[String]) -> Self {
        let footer = footer(figure, left_out, width);
        let beneath = 14.0 + footer.len() as f64 * LINE + MARGIN - 8.0;
        let limit = match height {
            Some(height) => (height - HEADER - beneath).max(LEAST_HEIGHT),
            None if size.stacks() => STACKED_HEIGHT,
            None => PANEL_HEIGHT,
        };
        let (mut places, mut left, mut top, mut bottom) = (Vec::new(), MARGIN, HEADER, HEADER);
        for panel in &figure.panels {
            let panel_width = panel_width(panel, figure, size, width);
            places.push([left, top, panel_width, limit]);
            let tall = match panel {
                Panel::Maps(map) => grid::height(map, panel_width, limit).min(limit),
                Panel::Table(table) => Setting::of(table, table_room([left, top, panel_width, limit], size)).height(),
                Panel::Plot(_) | Panel::Heat(_) | Panel::Relief(_) => limit,
            };
            bottom = (top + tall).max(bottom);
            if size.stacks() {
                top = bottom + GAP;
            } else {
                left += panel_width + GAP;
            }
        }
        Self {
            width,
            height: height.unwrap_or(0.0).max(bottom + beneath),
            places,
            footer_top: height.map_or(bottom, |height| (height - beneath).max(bottom)) + 14.0,
            footer,
        }
    }
}

/// Width and height in points.
pub fn size(figure: &Figure, size: Size) -> [f64; 2] {
    let plan = Plan::of(figure, size);
    [plan.width, plan.height]
}

fn width_of(figure: &Figure) -> f64 {
    let panels: f64 = figure.panels.iter().map(|panel| share(panel, figure)).sum();
    2.0 * MARGIN + panels + gaps(figure)
}

fn gaps(figure: &Figure) -> f64 {
    GAP * figure.panels.len().saturating_sub(1) as f64
}

fn panel_width(panel: &Panel, figure: &Figure, size: Size, width: f64) -> f64 {
    let room = width - 2.0 * MARGIN;
    if size.stacks() {
        return room.min(share(panel, figure));
    }
    let all: f64 = figure.panels.iter().map(|panel| share(panel, figure)).sum();
    share(panel, figure) * (room - gaps(figure)) / all
}

/// What a panel would like to have of the width.
fn share(panel: &Panel, figure: &Figure) -> f64 {
    match panel {
        Panel::Maps(map) if map.image => 150.0,
        Panel::Maps(_) => 400.0,
        Panel::Table(table) => natural_width(table),
        // No wider than its height lets it be.
        Panel::Relief(relief) => relief::natural_width(relief, PANEL_HEIGHT).clamp(LEAST_RELIEF, 580.0),
        Panel::Plot(_) | Panel::Heat(_) => match figure.panels.len() {
            1 => 852.0,
            2 => 580.0,
            _ => 470.0,
        },
    }
}

/// What a table is set in: where the paper's height is given, its text becomes smaller or larger to fill it.
fn table_room([_, _, width, limit]: [f64; 4], size: Size) -> Room {
    let (height, sizes) = match size {
        Size::Screen => (None, [0.8, 1.0]),
        Size::Column => (None, [0.9, 1.0]),
        Size::Slide => (Some(limit), [0.8, 1.4]),
        Size::Poster => (Some(limit), [0.8, 1.4]),
    };
    Room { width, height, sizes }
}

fn footer(figure: &Figure, left_out: &[String], width: f64) -> Vec<(String, Rgb)> {
    let room = width - 2.0 * MARGIN;
    let lines = |texts: &[String], colour: Rgb| -> Vec<(String, Rgb)> {
        let wrapped = texts.iter().flat_map(|text| wrap(text, NOTE_SIZE, room, MOST_LINES));
        wrapped.map(|line| (line, colour)).collect()
    };
    let mut all = lines(&figure.recipe, DARK);
    if corner(figure, width) != figure.tag {
        all.extend(lines(std::slice::from_ref(&figure.tag), GREY));
    }
    all.extend(lines(&figure.notes, GREY));
    all.extend(lines(left_out, GREY));
    all
}

/// Draws the figure; the pictures it returns are placed by the format, on top.
pub fn draw<B: DrawingBackend>(figure: &Figure, size: Size, canvas: &mut Canvas<B>) -> Result<Vec<Picture>> {
    let plan = Plan::of(figure, size);
    let width = plan.width;
    canvas.rect([0.0, 0.0, width.ceil(), plan.height.ceil()], WHITE)?;
    let tag_width = tag(figure, canvas, width)?;
    let room = width - 2.0 * MARGIN - tag_width - GAP;
    for line in wrap(&figure.title, 19.0, room, 1) {
        canvas.text(&line, [MARGIN, 30.0], 19.0, Align::Left, DARK)?;
    }
    for line in wrap(&figure.subtitle, 12.5, width - 2.0 * MARGIN, 1) {
        canvas.text(&line, [MARGIN, 53.0], 12.5, Align::Left, GREY)?;
    }
    let mut pictures = Vec::new();
    for (panel, place) in figure.panels.iter().zip(plan.places) {
        match panel {
            Panel::Plot(plot) => plot::draw(plot, canvas, place)?,
            Panel::Maps(map) => pictures.extend(grid::draw(map, canvas, place)?),
            Panel::Heat(map) => pictures.extend(heat::draw(map, canvas, place)?),
            Panel::Relief(map) => pictures.extend(relief::draw(map, canvas, place)?),
            Panel::Table(table) => {
                pictures.extend(Setting::of(table, table_room(place, size)).draw(canvas, [place[0], place[1]])?)
            }
        }
    }
    let mut y = plan.footer_top + LINE / 2.0;
    for (line, colour) in plan.footer {
        canvas.text(&line, [MARGIN, y], NOTE_SIZE, Align::Left, colour)?;
        y += LINE;
    }
    Ok(pictures)
}

/// As much of the tag as has room in the corner: all of it, or what comes before its colon.
fn corner(figure: &Figure, width: f64) -> &str {
    let whole = room_for(&figure.tag, NOTE_SIZE) <= 0.5 * width;
    let kind = figure.tag.split([':', '：']).next().unwrap_or_default();
    if whole { &figure.tag } else { kind.trim_end() }
}

/// Says in the corner where the numbers come from; returns the width it took.
fn tag<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<B>, width: f64) -> Result<f64> {
    if figure.tag.is_empty() {
        return Ok(0.0);
    }
    let text = corner(figure, width);
    let box_width = room_for(text, NOTE_SIZE) + 12.0;
    let left = width - MARGIN - box_width;
    canvas.rect([left, 19.0, box_width, 21.0], PALE)?;
    canvas.text(text, [left + box_width / 2.0, 29.5], NOTE_SIZE, Align::Middle, DARK)?;
    Ok(box_width)
}
