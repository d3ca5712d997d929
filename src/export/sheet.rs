//! The sheet a figure is drawn on: title above, panels side by side, how to read it and the recipe beneath.

use plotters_backend::DrawingBackend;

use super::canvas::{Align, Canvas, Picture};
use super::figure::{Figure, Film, Panel};
use super::fonts::{room_for, wrap};
use super::typeset::{Room, Setting, natural_width};
use super::{Size, film, grid, heat, plot, relief, tower};
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
/// Panels beside each other in a row.
const MOST_BESIDE: usize = 5;
/// Lines of a note.
const MOST_LINES: usize = 12;
/// Of a plot; the most that a grid of maps takes.
const PANEL_HEIGHT: f64 = 400.0;
/// The same where panels stand above each other, and the least of one on a sheet of fixed height.
const STACKED_HEIGHT: f64 = 260.0;
const LEAST_HEIGHT: f64 = 110.0;
/// The share of such a sheet's height that films take.
const FILM: f64 = 0.2;
/// The least of one where there are several rows of them: the sheet becomes higher then.
const LEAST_OF_MANY: f64 = 190.0;
const LEAST_RELIEF: f64 = 320.0;
const LINE: f64 = 16.0;
const NOTE_SIZE: f64 = 11.0;
const TITLE_SIZE: f64 = 19.0;
/// What the tag's ground is wider by than its text.
const TAG_MARGIN: f64 = 12.0;

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
    /// What tables show and leave out is said beneath, which takes room from them.
    fn of(figure: &Figure, size: Size) -> Self {
        let (width, height) = size.points();
        let width = width.unwrap_or_else(|| width_of(figure));
        let mut remarks = Vec::new();
        for _ in 0..3 {
            let plan = Self::with(figure, size, (width, height), &remarks);
            let tables = figure
                .panels
                .iter()
                .zip(&plan.places)
                .filter_map(|(panel, place)| match panel {
                    Panel::Table(table) => Some(Setting::of(table, table_room(*place, size)).remarks()),
                    _ => None,
                });
            let said: Vec<String> = tables.flatten().collect();
            if said == remarks {
                return plan;
            }
            remarks = said;
        }
        Self::with(figure, size, (width, height), &remarks)
    }

    fn with(figure: &Figure, size: Size, (width, height): (f64, Option<f64>), remarks: &[String]) -> Self {
        let footer = footer(figure, remarks, width);
        let beneath = 14.0 + footer.len() as f64 * LINE + MARGIN - 8.0;
        let room = width - 2.0 * MARGIN - scale_width(figure);
        let (mut places, mut bottom) = (Vec::new(), HEADER);
        for panel in films(figure) {
            let tall = film::height(panel, room, FILM * height.unwrap_or(f64::INFINITY));
            places.push([MARGIN, bottom, room, tall]);
            bottom += tall + GAP;
        }
        let rows = rows(figure, size);
        let limit = match height {
            Some(height) => {
                let left = height - bottom - beneath - GAP * (rows.len() - 1) as f64;
                (left / rows.len() as f64).max(if rows.len() > 1 { LEAST_OF_MANY } else { LEAST_HEIGHT })
            }
            None if size.stacks() => STACKED_HEIGHT,
            None => PANEL_HEIGHT,
        };
        for (index, row) in rows.iter().enumerate() {
            let top = if index == 0 { bottom } else { bottom + GAP };
            let mut left = MARGIN;
            for panel in *row {
                let panel_width = panel_width(panel, row, size, room);
                places.push([left, top, panel_width, limit]);
                let tall = match panel {
                    Panel::Maps(map) => grid::height(map, panel_width, limit).min(limit),
                    Panel::Table(table) => Setting::of(table, table_room(places[places.len() - 1], size)).height(),
                    Panel::Relief(relief) => relief::height(relief, panel_width, limit),
                    _ => limit,
                };
                bottom = (top + tall).max(bottom);
                left += panel_width + GAP;
            }
        }
        // What tables and landscapes leave empty is cut off where the paper may be.
        let own = |panel: &Panel| matches!(panel, Panel::Table(_) | Panel::Relief(_));
        let whole = height.filter(|_| !size.shrinks() || !figure.panels.iter().all(own));
        let height = whole.unwrap_or(0.0).max(bottom + beneath);
        Self {
            width,
            height,
            places,
            footer_top: height - beneath + 14.0,
            footer,
        }
    }
}

/// Width and height in points.
pub fn size(figure: &Figure, size: Size) -> [f64; 2] {
    let plan = Plan::of(figure, size);
    [plan.width, plan.height]
}

/// Films stand above the rest.
fn films(figure: &Figure) -> impl Iterator<Item = &Film> {
    figure.panels.iter().filter_map(|panel| match panel {
        Panel::Film(film) => Some(film),
        _ => None,
    })
}

/// The other panels, as they stand beside each other.
fn rows(figure: &Figure, size: Size) -> Vec<&[Panel]> {
    let rest = &figure.panels[films(figure).count()..];
    let rows = rest.len().div_ceil(if size.stacks() { 1 } else { MOST_BESIDE }).max(1);
    rest.chunks(rest.len().div_ceil(rows).max(1)).collect()
}

fn width_of(figure: &Figure) -> f64 {
    let width = |row: &&[Panel]| row.iter().map(|panel| share(panel, row.len())).sum::<f64>() + gaps(row);
    2.0 * MARGIN + scale_width(figure) + rows(figure, Size::Screen).iter().map(width).fold(0.0, f64::max)
}

/// The landscape that the colours' scale of all of them stands beside.
fn last_relief(figure: &Figure) -> Option<usize> {
    let relief = |panel: &Panel| matches!(panel, Panel::Relief(_));
    figure.panels.iter().rposition(relief)
}

fn scale_width(figure: &Figure) -> f64 {
    last_relief(figure).map_or(0.0, |_| relief::SCALE)
}

fn gaps(row: &[Panel]) -> f64 {
    GAP * row.len().saturating_sub(1) as f64
}

fn panel_width(panel: &Panel, row: &[Panel], size: Size, room: f64) -> f64 {
    if size.stacks() {
        return room.min(share(panel, row.len()));
    }
    let all: f64 = row.iter().map(|panel| share(panel, row.len())).sum();
    share(panel, row.len()) * (room - gaps(row)) / all
}

/// What a panel would like to have of the width.
fn share(panel: &Panel, beside: usize) -> f64 {
    match panel {
        Panel::Maps(map) if map.image && beside > 3 => 200.0,
        Panel::Maps(map) if map.image => 150.0,
        Panel::Maps(_) => 400.0,
        Panel::Table(table) => natural_width(table),
        // No wider than its height lets it be.
        Panel::Relief(relief) => relief::natural_width(relief, PANEL_HEIGHT).clamp(LEAST_RELIEF, 640.0),
        Panel::Plot(_) | Panel::Heat(_) | Panel::Film(_) | Panel::Towers(_) => match beside {
            1 => 852.0,
            2 => 580.0,
            _ => 470.0,
        },
    }
}

/// What a table is set in: where the paper's height is given, its text becomes smaller or larger to fill it.
fn table_room([_, _, width, limit]: [f64; 4], size: Size) -> Room {
    let (height, sizes) = match size {
        Size::Screen => (None, [0.85, 1.0]),
        Size::Column => (None, [0.9, 1.0]),
        // On a slide no letter is lower than 28 of 1080 lines.
        Size::Slide | Size::Poster => (Some(limit), [0.78, 2.0]),
    };
    Room { width, height, sizes }
}

fn footer(figure: &Figure, remarks: &[String], width: f64) -> Vec<(String, Rgb)> {
    let room = width - 2.0 * MARGIN;
    let lines = |texts: &[String], colour: Rgb| -> Vec<(String, Rgb)> {
        let wrapped = texts.iter().flat_map(|text| wrap(text, NOTE_SIZE, room, MOST_LINES));
        wrapped.map(|line| (line, colour)).collect()
    };
    let mut all = lines(&figure.recipe, DARK);
    if corner(figure, width) != figure.tag {
        all.extend(lines(std::slice::from_ref(&figure.tag), GREY));
    }
    all.extend(lines(&[paragraph(figure.notes.iter().chain(remarks))], GREY));
    all
}

/// Sentences after each other, those of Chinese without a blank between them.
fn paragraph<'a>(sentences: impl Iterator<Item = &'a String>) -> String {
    let join = |mut all: String, sentence: &String| {
        let blank = if all.is_empty() || all.ends_with('。') {
            ""
        } else {
            " "
        };
        all.push_str(blank);
        all + sentence
    };
    sentences.fold(String::new(), join)
}

/// Draws the figure; the pictures it returns are placed by the format, on top.
pub fn draw<B: DrawingBackend>(figure: &Figure, size: Size, canvas: &mut Canvas<B>) -> Result<Vec<Picture>> {
    let plan = Plan::of(figure, size);
    let width = plan.width;
    canvas.rect([0.0, 0.0, width.ceil(), plan.height.ceil()], WHITE)?;
    let tag_width = tag(figure, canvas, width)?;
    let room = width - 2.0 * MARGIN - tag_width - GAP;
    for line in wrap(&figure.title, TITLE_SIZE, room, 1) {
        canvas.text(&line, [MARGIN, 30.0], TITLE_SIZE, Align::Left, DARK)?;
    }
    for line in wrap(&figure.subtitle, 12.5, width - 2.0 * MARGIN, 1) {
        canvas.text(&line, [MARGIN, 53.0], 12.5, Align::Left, GREY)?;
    }
    let mut pictures = Vec::new();
    let last = last_relief(figure);
    // Plots beneath each other begin and end alike.
    let margins = |[left, _, width, _]: [f64; 4]| {
        let column = figure.panels.iter().zip(&plan.places);
        let column = column.filter(|(_, place)| place[0] == left && place[2] == width);
        let margins = column.filter_map(|(panel, place)| Some(plot::margins(panel.plot()?, [place[2], place[3]])));
        margins.fold([0.0f64; 2], |[a, b], [left, right]| [a.max(left), b.max(right)])
    };
    for (index, (panel, &place)) in figure.panels.iter().zip(&plan.places).enumerate() {
        match panel {
            Panel::Plot(plot) => plot::draw(plot, canvas, place, margins(place))?,
            Panel::Maps(map) => pictures.extend(grid::draw(map, canvas, place)?),
            Panel::Heat(map) => pictures.extend(heat::draw(map, canvas, place)?),
            Panel::Relief(map) => pictures.extend(relief::draw(map, canvas, place, last == Some(index))?),
            Panel::Towers(towers) => pictures.extend(tower::draw(towers, canvas, place)?),
            Panel::Film(film) => pictures.extend(film::draw(film, canvas, place)?),
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
    let tag = room_for(&figure.tag, NOTE_SIZE);
    let beside = width - 2.0 * MARGIN - GAP - room_for(&figure.title, TITLE_SIZE);
    let whole = tag <= 0.5 * width && tag + TAG_MARGIN <= beside;
    let kind = figure.tag.split([':', '：']).next().unwrap_or_default();
    if whole { &figure.tag } else { kind.trim_end() }
}

/// Says in the corner where the numbers come from; returns the width it took.
fn tag<B: DrawingBackend>(figure: &Figure, canvas: &mut Canvas<B>, width: f64) -> Result<f64> {
    if figure.tag.is_empty() {
        return Ok(0.0);
    }
    let text = corner(figure, width);
    let box_width = room_for(text, NOTE_SIZE) + TAG_MARGIN;
    let left = width - MARGIN - box_width;
    canvas.rect([left, 19.0, box_width, 21.0], PALE)?;
    canvas.text(text, [left + box_width / 2.0, 29.5], NOTE_SIZE, Align::Middle, DARK)?;
    Ok(box_width)
}
