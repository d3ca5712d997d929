//! Draws feature maps as a grid of channels with one colour scale.

use plotters_backend::DrawingBackend;
use rust_i18n::t;

use super::canvas::{Align, Canvas, Picture};
use super::figure::MapGrid;
use super::fonts::wrap;
use super::sheet::{DARK, GREY};
use crate::error::Result;
use crate::palette::{Rgb, cividis};
use crate::run::amounts::short;

/// Of a value that is not finite.
const MISSING: Rgb = [0xd0, 0x30, 0x30];
const GAP: f64 = 3.0;
/// Height of the title above a grid, its lines and their height, and that of the colour scale beneath.
const TITLE: f64 = 46.0;
const TITLE_SIZE: f64 = 11.5;
const TITLE_LINES: usize = 3;
const LINE: f64 = 14.0;
const SCALE: f64 = 44.0;

/// The height that a grid of this width really takes, of at most `limit`.
pub fn height(map: &MapGrid, width: f64, limit: f64) -> f64 {
    if map.image {
        return TITLE + width * map.height as f64 / map.width.max(map.height) as f64;
    }
    let room = limit - TITLE - SCALE;
    let columns = columns(map, width, room);
    let rows = map.channels.div_ceil(columns) as f64;
    TITLE + rows * (side(map, columns, width, room) * map.height as f64 + GAP) + SCALE
}

/// Draws title and scale into the rectangle left, top, width, height; the maps come back as pictures.
pub fn draw<B: DrawingBackend>(
    map: &MapGrid,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
) -> Result<Vec<Picture>> {
    for (i, line) in wrap(&map.title, TITLE_SIZE, width, TITLE_LINES).into_iter().enumerate() {
        canvas.text(
            &line,
            [left, top + 2.0 + LINE * i as f64],
            TITLE_SIZE,
            Align::Left,
            DARK,
        )?;
    }
    let (grid_top, grid_height) = (top + TITLE, height - TITLE - SCALE);
    let plane = map.height * map.width;
    if map.image {
        return Ok(vec![own(map, [left, grid_top, width])]);
    }
    let (low, high) = scale(&map.values);
    let columns = columns(map, width, grid_height);
    let side = side(map, columns, width, grid_height);
    let cell = [side * map.width as f64, side * map.height as f64];
    let mut pictures: Vec<Picture> = map
        .values
        .chunks_exact(plane)
        .enumerate()
        .map(|(channel, values)| {
            let (row, column) = ((channel / columns) as f64, (channel % columns) as f64);
            Picture {
                place: [
                    left + column * (cell[0] + GAP),
                    grid_top + row * (cell[1] + GAP),
                    cell[0],
                    cell[1],
                ],
                columns: map.width,
                pixels: values.iter().map(|&value| colour(value, low, high)).collect(),
            }
        })
        .collect();
    let rows = map.channels.div_ceil(columns) as f64;
    let bar = [left, grid_top + rows * (cell[1] + GAP) + 11.0, width, 10.0];
    pictures.push(Picture {
        place: bar,
        columns: 256,
        pixels: cividis().to_vec(),
    });
    let below = bar[1] + 20.0;
    let [low, high] = [low, high].map(|value| short(value.into()));
    canvas.scale([&low, &t!("activation"), &high], [left, below, width], GREY)?;
    Ok(pictures)
}

/// An image in its own colours, as large as a square of that left, top and side holds it; of one with many more pixels
/// than can be seen there, the means of squares of them.
pub fn own(map: &MapGrid, [left, top, side]: [f64; 3]) -> Picture {
    let longest = map.width.max(map.height).max(1);
    let every = (longest as f64 / (4.0 * side)).max(1.0) as usize;
    let (columns, rows) = (map.width.div_ceil(every), map.height.div_ceil(every));
    let mean = |at: usize| {
        let (x, y) = (every * (at % columns), every * (at / columns));
        let inside =
            (y..(y + every).min(map.height)).flat_map(|y| (x..(x + every).min(map.width)).map(move |x| (x, y)));
        let (mut sum, mut count) = ([0.0; 3], 0.0);
        for (x, y) in inside {
            let colour = own_colour(map, y * map.width + x);
            sum = std::array::from_fn(|i| sum[i] + f64::from(colour[i]));
            count += 1.0;
        }
        sum.map(|sum: f64| (sum / count).round() as u8)
    };
    let scale = side / longest as f64;
    Picture {
        place: [left, top, scale * map.width as f64, scale * map.height as f64],
        columns,
        pixels: (0..columns * rows).map(mean).collect(),
    }
}

/// The side of a map's pixel when the channels stand in that many columns.
fn side(map: &MapGrid, columns: usize, width: f64, height: f64) -> f64 {
    let across = columns as f64;
    let down = map.channels.div_ceil(columns) as f64;
    let fitting = |room: f64, cells: f64, pixels: usize| (room - GAP * (cells - 1.0)) / (cells * pixels as f64);
    fitting(width, across, map.width).min(fitting(height, down, map.height))
}

/// The column count that gives the largest maps; a row that is not full counts against it.
fn columns(map: &MapGrid, width: f64, height: f64) -> usize {
    let worth = |columns: usize| {
        let full = map.channels.is_multiple_of(columns);
        side(map, columns, width, height) * if full { 1.2 } else { 1.0 }
    };
    (1..=map.channels)
        .max_by(|&a, &b| worth(a).total_cmp(&worth(b)))
        .unwrap_or(1)
}

/// The smallest and the largest finite value.
fn scale(values: &[f32]) -> (f32, f32) {
    let finite = values.iter().copied().filter(|value| value.is_finite());
    let range = finite.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
    if range.0 > range.1 { (0.0, 0.0) } else { range }
}

fn colour(value: f32, low: f32, high: f32) -> Rgb {
    if !value.is_finite() {
        return MISSING;
    }
    let share = if high > low { (value - low) / (high - low) } else { 0.0 };
    cividis()[(share * 255.0).round() as usize]
}

/// A pixel of the image itself: three channels are colours, one is grey.
fn own_colour(map: &MapGrid, pixel: usize) -> Rgb {
    let plane = map.height * map.width;
    std::array::from_fn(|i| {
        let channel = if map.channels == 3 { i } else { 0 };
        (map.values[channel * plane + pixel].clamp(0.0, 1.0) * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_full_where_that_costs_little() {
        let map = |channels, side| MapGrid {
            title: String::new(),
            channels,
            height: side,
            width: side,
            values: Vec::new(),
            image: false,
        };
        assert_eq!(
            [map(64, 4), map(16, 8), map(8, 8), map(1, 8)].map(|map| columns(&map, 400.0, 324.0)),
            [8, 4, 4, 1]
        );
    }

    #[test]
    fn colours_cover_the_scale() {
        let values = [f32::NAN, -1.0, 0.0, 3.0, f32::INFINITY];
        let (low, high) = scale(&values);
        assert_eq!((low, high), (-1.0, 3.0));
        assert_eq!(colour(-1.0, low, high), cividis()[0]);
        assert_eq!(colour(3.0, low, high), cividis()[255]);
        assert_eq!(colour(f32::NAN, low, high), MISSING);
        assert_eq!(colour(5.0, 5.0, 5.0), cividis()[0]);
        assert_eq!(scale(&[f32::NAN]), (0.0, 0.0));
    }
}
