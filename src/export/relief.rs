//! Draws a loss landscape as colours with lines of equal height and the training's way.

use plotters_backend::DrawingBackend;
use rust_i18n::t;

use super::canvas::{Align, Canvas, Picture};
use super::figure::{Relief, logarithmic};
use super::fonts::{balanced, wrap};
use super::sheet::{DARK, GREY};
use crate::error::Result;
use crate::palette::{Rgb, cividis, mix};
use crate::probe::Landscape;
use crate::run::amounts::short;

/// Lines of equal loss in a picture.
const LINES: usize = 12;
/// Pixels a side of a picture for print.
pub const PIXELS: usize = 480;
/// Size of the title and height of its lines; of what stands at the axes.
const TITLE: f64 = 13.0;
const LINE: f64 = 15.0;
const SMALL: f64 = 11.0;
/// Height of the ends of the axis, and width of the numbers at the ends of the upright one.
const ENDS: f64 = 20.0;
const SIDE: f64 = 36.0;
/// Width of the colour scale with its numbers and words, and of the scale alone.
pub const SCALE: f64 = 84.0;
const BAR: f64 = 12.0;

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

/// The width of a map that is as high as there is room for.
pub fn natural_width(relief: &Relief, height: f64) -> f64 {
    let [wide, high] = reach(relief);
    (height - LINE - 4.0 - ENDS) * wide / high + SIDE
}

/// The height that it takes of that width, at most `limit`.
pub fn height(relief: &Relief, width: f64, limit: f64) -> f64 {
    Plan::of(relief, [width, limit]).bottom
}

/// Where everything stands, from the upper left corner on.
struct Plan {
    title: Vec<String>,
    /// Left, top, width and height of the map.
    map: [f64; 4],
    bottom: f64,
}

impl Plan {
    fn of(relief: &Relief, [width, height]: [f64; 2]) -> Self {
        let title = wrap(&relief.title, TITLE, width, 2);
        let above = LINE * title.len() as f64 + 4.0;
        let [wide, high] = reach(relief);
        let unit = ((width - SIDE) / wide).min((height - above - ENDS) / high);
        Self {
            title,
            map: [SIDE, above, wide * unit, high * unit],
            bottom: above + high * unit + ENDS,
        }
    }
}

fn reach(relief: &Relief) -> [f64; 2] {
    relief.landscape.reach.map(|[from, to]| f64::from(to - from))
}

/// Draws title and axes into the rectangle left, top, width, height, and the scale of the colours at its right if wanted;
/// the colours come back as pictures.
pub fn draw<B: DrawingBackend>(
    relief: &Relief,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
    scaled: bool,
) -> Result<Vec<Picture>> {
    let plan = Plan::of(relief, [width, height]);
    let [x, y, wide, high] = plan.map;
    let inner = [left + x, top + y, wide, high];
    for (line, words) in plan.title.iter().enumerate() {
        canvas.text(words, [left, top + 2.0 + LINE * line as f64], TITLE, Align::Left, DARK)?;
    }
    axes(relief, canvas, inner)?;
    let mut pictures = vec![Picture {
        place: inner,
        columns: relief.pixels,
        pixels: pixels(relief),
    }];
    if scaled {
        pictures.push(scale(relief, canvas, inner)?);
    }
    Ok(pictures)
}

/// The ends of both axes, and what is known of the middle between them.
fn axes<B: DrawingBackend>(relief: &Relief, canvas: &mut Canvas<B>, [x, y, wide, high]: [f64; 4]) -> Result<()> {
    let [across, upwards] = relief
        .landscape
        .reach
        .map(|ends| ends.map(|place| short(f64::from(place))));
    let (beneath, beside) = (y + high + 12.0, x - 6.0);
    canvas.text(&across[0], [x, beneath], SMALL, Align::Left, GREY)?;
    canvas.text(&across[1], [x + wide, beneath], SMALL, Align::Right, GREY)?;
    canvas.text(&upwards[1], [beside, y + 5.0], SMALL, Align::Right, GREY)?;
    canvas.text(&upwards[0], [beside, y + high - 5.0], SMALL, Align::Right, GREY)?;
    canvas.text(&relief.label, [x + wide / 2.0, beneath], SMALL, Align::Middle, GREY)
}

/// The scale of the colours at the right of a map, as high as that.
fn scale<B: DrawingBackend>(relief: &Relief, canvas: &mut Canvas<B>, [x, y, wide, high]: [f64; 4]) -> Result<Picture> {
    let left = x + wide + 14.0;
    let [low, most] = relief.range.map(|loss| short(f64::from(loss)));
    let numbers = left + BAR + 5.0;
    canvas.text(&most, [numbers, y + 5.0], SMALL, Align::Left, GREY)?;
    canvas.text(&low, [numbers, y + high - 5.0], SMALL, Align::Left, GREY)?;
    let words = balanced(&logarithmic(&t!("training loss")), SMALL, high - 24.0, 2);
    for (line, words) in words.iter().enumerate() {
        let at = [numbers + 6.0 + LINE * line as f64, y + high / 2.0];
        canvas.text(words, at, SMALL, Align::Upright, GREY)?;
    }
    let mut pixels = cividis().to_vec();
    pixels.reverse();
    Ok(Picture {
        place: [left, y, BAR, high],
        columns: 1,
        pixels,
    })
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
    // Half of a ring is none.
    let whole = map.known() == 1.0;
    let mut pixels = Vec::with_capacity(side * side);
    for row in 0..side {
        for column in 0..side {
            let here = height(column, row);
            let colour = cividis()[(Landscape::share(here, relief.range) * 255.0).round() as usize];
            let right = height((column + 1).min(side - 1), row);
            let below = height(column, (row + 1).min(side - 1));
            let line = whole && (band(here) != band(right) || band(here) != band(below));
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
        let mut relief = Relief {
            title: String::new(),
            of: (String::new(), 0, 9),
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
        let drawn = pixels(&relief);
        assert_eq!(drawn[0], cividis()[0]);
        assert_eq!(drawn[PIXELS - 1], cividis()[255]);
        assert_eq!(
            drawn[(PIXELS - 1) * PIXELS],
            [0xff; 3],
            "the way begins at the lower left"
        );
        let lines = (0..PIXELS)
            .filter(|&column| !cividis().contains(&drawn[column]))
            .count();
        assert_eq!(lines, LINES);
        relief.landscape.loss[2] = f32::NAN;
        relief.way.clear();
        let drawn = pixels(&relief);
        assert!(
            drawn.iter().all(|pixel| cividis().contains(pixel)),
            "lines over points that are not known"
        );
    }
}
