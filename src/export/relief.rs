//! Draws a loss landscape as colours with lines of equal height and the training's way, its scale beneath.

use plotters_backend::DrawingBackend;
use rust_i18n::t;

use super::canvas::{Align, Canvas, Picture};
use super::figure::Relief;
use super::fonts::{room_for, wrap};
use super::labels::number;
use super::sheet::{DARK, GREY};
use crate::error::Result;
use crate::palette::{Rgb, cividis, mix};
use crate::probe::Landscape;

/// Lines of equal loss in a picture.
const LINES: usize = 12;
/// Pixels a side of a picture for print.
pub const PIXELS: usize = 480;
/// Heights of the title, of the axis, and of the colour scale with its numbers.
const TITLE: f64 = 32.0;
const AXIS: f64 = 62.0;
const LINE: f64 = 14.0;
const SCALE: f64 = 44.0;
/// Height of the ends of the axis, and width of the words beside a map.
const ENDS: f64 = 20.0;
const APART: f64 = 12.0;
const WORDS: f64 = 104.0;
/// Width of the numbers at the ends of the upright axis.
const SIDE: f64 = 36.0;

/// The least and the largest finite loss of several landscapes; `None` where nothing is known.
pub fn range<'a>(maps: impl Iterator<Item = &'a Landscape>) -> Option<[f32; 2]> {
    let finite = maps
        .flat_map(|map| &map.loss)
        .copied()
        .filter(|loss| loss.is_finite() && *loss > 0.0);
    let [low, high] = finite.fold([f32::INFINITY, 0.0], |[low, high], loss| {
        [low.min(loss), high.max(loss)]
    });
    (low.is_finite()).then(|| [low, high.max(low * 1.01)])
}

/// The losses that have a line, a factor apart.
pub fn levels([low, high]: [f32; 2]) -> Vec<f32> {
    let factor = (high / low).powf(1.0 / (LINES + 1) as f32);
    (1..=LINES).map(|line| low * factor.powi(line as i32)).collect()
}

/// The width of a map that is as high as there is room for, with its words beside it.
pub fn natural_width(relief: &Relief, height: f64) -> f64 {
    let [wide, high] = relief.landscape.reach.map(|[from, to]| f64::from(to - from));
    (height - TITLE - ENDS) * wide / high + SIDE + APART + WORDS
}

/// Draws title, axis and scale into the rectangle left, top, width, height; the colours come back as pictures.
pub fn draw<B: DrawingBackend>(
    relief: &Relief,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
) -> Result<Vec<Picture>> {
    let (left, width) = (left + SIDE, width - SIDE);
    let [wide, high] = relief.landscape.reach.map(|[from, to]| f64::from(to - from));
    // Words stand at the right of a map where that leaves it larger than words beneath.
    let scale = |across: f64, down: f64| (across / wide).min(down / high);
    let alone = scale(width - APART - WORDS, height - TITLE - ENDS);
    let above = scale(width, height - TITLE - AXIS - SCALE);
    let (beside, scale) = (alone > above, alone.max(above));
    let inner = [left, top + TITLE, wide * scale, high * scale];
    let [x, y, wide, high] = inner;
    for (line, words) in wrap(&relief.title, 13.0, width + SIDE, 2).iter().enumerate() {
        canvas.text(
            words,
            [x - SIDE, top + 2.0 + LINE * line as f64],
            13.0,
            Align::Left,
            DARK,
        )?;
    }
    let [from, to] = relief.landscape.reach[0].map(|place| number(f64::from(place)));
    canvas.text(&from, [x, y + high + 12.0], 11.0, Align::Left, GREY)?;
    canvas.text(&to, [x + wide, y + high + 12.0], 11.0, Align::Right, GREY)?;
    let [from, to] = relief.landscape.reach[1].map(|place| number(f64::from(place)));
    canvas.text(&to, [x - 6.0, y + 5.0], 11.0, Align::Right, GREY)?;
    canvas.text(&from, [x - 6.0, y + high - 5.0], 11.0, Align::Right, GREY)?;
    let of = t!("training loss, log scale");
    let (words, room, most) = match beside {
        true => ([x + wide + APART, y + 6.0], WORDS, 6),
        false => ([x, y + high + 12.0 + LINE], width, 3),
    };
    for (line, text) in wrap(&relief.label, 11.0, room, most).iter().enumerate() {
        canvas.text(text, [words[0], words[1] + LINE * line as f64], 11.0, Align::Left, GREY)?;
    }
    let bar = match beside {
        true => [words[0], y + high - SCALE - LINE, WORDS, 10.0],
        false => [x, y + high + AXIS, wide.max(room_for(&of, 11.0)).min(width), 10.0],
    };
    let [low, most] = relief.range.map(|loss| number(f64::from(loss)));
    canvas.scale([&low, &of, &most], [bar[0], bar[1] + 20.0, bar[2]], GREY)?;
    Ok(vec![
        Picture {
            place: inner,
            columns: relief.pixels,
            pixels: pixels(relief),
        },
        Picture {
            place: bar,
            columns: 256,
            pixels: cividis().to_vec(),
        },
    ])
}

/// Row by row from the top: colours, lines where the loss passes a level, and the way.
fn pixels(relief: &Relief) -> Vec<Rgb> {
    let (map, side) = (&relief.landscape, relief.pixels);
    let shares = |pixel: usize| pixel as f32 / (side - 1) as f32;
    let height = |column: usize, row: usize| map.between(shares(column), 1.0 - shares(row));
    let band = |loss: f32| {
        (Landscape::share(loss, relief.range) * (LINES + 1) as f32)
            .floor()
            .min(LINES as f32)
    };
    let mut pixels = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let here = height(column, row);
            let colour = cividis()[(Landscape::share(here, relief.range) * 255.0).round() as usize];
            let right = height((column + 1).min(side - 1), row);
            let below = height(column, (row + 1).min(side - 1));
            let line = band(here) != band(right) || band(here) != band(below);
            pixels.push(if line { mix(colour, [0xff; 3], 0.55) } else { colour });
        }
    }
    let place = |[x, y]: [f32; 2]| {
        let share = |place: f32, [from, to]: [f32; 2]| (place - from) / (to - from) * (side - 1) as f32;
        [share(x, map.reach[0]), (side - 1) as f32 - share(y, map.reach[1])]
    };
    let points: Vec<[f32; 2]> = relief.way.iter().map(|&(_, point)| place(point)).collect();
    for ends in points.windows(2) {
        let length = (ends[1][0] - ends[0][0]).hypot(ends[1][1] - ends[0][1]).ceil().max(1.0);
        for at in 0..=length as usize {
            let share = at as f32 / length;
            let point = [0, 1].map(|axis: usize| ends[0][axis] + share * (ends[1][axis] - ends[0][axis]));
            spot((&mut pixels, side), point, 1.2);
        }
    }
    points.iter().for_each(|&point| spot((&mut pixels, side), point, 4.0));
    pixels
}

fn spot((pixels, side): (&mut [Rgb], usize), [x, y]: [f32; 2], radius: f32) {
    let around = |centre: f32| {
        let bound = |value: f32| value.clamp(0.0, (side - 1) as f32) as usize;
        bound(centre - radius)..=bound(centre + radius)
    };
    for row in around(y) {
        for column in around(x) {
            if (column as f32 - x).hypot(row as f32 - y) <= radius {
                pixels[row * side + column] = [0xff; 3];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_cover_what_is_known() {
        let map = Landscape {
            reach: [[-1.0, 1.0]; 2],
            side: 2,
            loss: vec![0.5, f32::NAN, f32::INFINITY, 8.0],
        };
        assert_eq!(range([&map].into_iter()), Some([0.5, 8.0]));
        assert_eq!(range(std::iter::empty()), None);
        let levels = levels([0.5, 8.0]);
        assert!(levels.len() == LINES && levels[0] > 0.5 && levels[LINES - 1] < 8.0);
        assert!((levels[1] / levels[0] - levels[5] / levels[4]).abs() < 1e-4);
    }

    #[test]
    fn a_picture_has_colours_lines_and_the_way() {
        let relief = Relief {
            title: String::new(),
            label: String::new(),
            landscape: Landscape {
                reach: [[0.0, 1.0]; 2],
                side: 2,
                loss: vec![1.0, 100.0, 1.0, 100.0],
            },
            range: [1.0, 100.0],
            way: vec![(0, [0.0, 0.0]), (9, [0.5, 0.5])],
            pixels: PIXELS,
        };
        let pixels = pixels(&relief);
        assert_eq!(pixels[0], cividis()[0]);
        assert_eq!(pixels[PIXELS - 1], cividis()[255]);
        assert_eq!(
            pixels[(PIXELS - 1) * PIXELS],
            [0xff; 3],
            "the way begins at the lower left"
        );
        let lines = (0..PIXELS)
            .filter(|&column| !cividis().contains(&pixels[column]))
            .count();
        assert_eq!(lines, LINES);
    }
}
