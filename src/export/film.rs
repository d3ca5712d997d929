//! Draws films: a strip a net, the image itself before the frames, the blocks' numbers beneath.

use plotters_backend::DrawingBackend;
use rust_i18n::t;

use super::canvas::{Align, Canvas, Picture};
use super::figure::{Film, Strip};
use super::fonts::{room_for, shortened, text_width};
use super::grid;
use super::sheet::GREY;
use crate::error::Result;

const NAME: f64 = 12.5;
const NUMBER: f64 = 11.0;
const NUMBERS: f64 = 18.0;
/// Largest and least side of a frame; where there is no room for all, some are left out.
const LARGEST: f64 = 56.0;
const LEAST: f64 = 18.0;
const GAP: f64 = 3.0;
/// Between the image itself and the first frame.
const APART: f64 = 14.0;

/// Where everything of a film stands, from its left end on.
struct Plan {
    /// The image itself.
    original: f64,
    first: f64,
    /// From one block to the next, and how many frames there is room for one of.
    step: f64,
    every: usize,
    side: f64,
}

impl Plan {
    fn of(film: &Film, width: f64, limit: f64) -> Self {
        let names = film.strips.iter().map(|strip| room_for(&strip.name, NAME));
        let original = names.fold(0.0, f64::max).min(0.2 * width) + 10.5;
        let frames = film.strips.iter().map(|strip| strip.frames.len());
        let longest = frames.max().unwrap_or(0).max(1) as f64;
        let lowest = ((limit - numbers(film)) / film.strips.len().max(1) as f64 - GAP).max(LEAST);
        // The image itself is as large as a frame.
        let alike = (width - original - APART) / (longest + 1.0);
        let every = (LEAST / alike).ceil().max(1.0);
        let side = (alike * every - GAP).min(LARGEST).min(lowest);
        let first = original + side + APART;
        let step = ((width - first - side) / (longest - 1.0).max(1.0)).min(side + GAP);
        let side = side.min(step * every - GAP);
        Self {
            original,
            first,
            step,
            every: every as usize,
            side,
        }
    }
}

/// Whether the next strip has its numbers in the same places.
fn numbered(film: &Film, place: usize) -> bool {
    film.strips
        .get(place + 1)
        .is_none_or(|next| next.frames.len() != film.strips[place].frames.len())
}

/// The height of all numbers.
fn numbers(film: &Film) -> f64 {
    NUMBERS * (0..film.strips.len()).filter(|&place| numbered(film, place)).count() as f64
}

/// The height of a film that is as wide as that, and as high at most where its frames do not become too small.
pub fn height(film: &Film, width: f64, limit: f64) -> f64 {
    film.strips.len() as f64 * (Plan::of(film, width, limit).side + GAP) + numbers(film)
}

/// Draws names and numbers into the rectangle left, top, width, height; the frames come back as pictures.
pub fn draw<B: DrawingBackend>(
    film: &Film,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
) -> Result<Vec<Picture>> {
    let plan = Plan::of(film, width, height);
    let (mut pictures, mut y) = (Vec::new(), top);
    for (place, strip) in film.strips.iter().enumerate() {
        let Strip {
            name,
            colour,
            original,
            frames,
        } = strip;
        let name = shortened(name, NAME, plan.original - 10.0);
        canvas.text(&name, [left, y + plan.side / 2.0], NAME, Align::Left, *colour)?;
        pictures.push(grid::own(original, [left + plan.original, y, plan.side]));
        let at = |frame: usize| left + plan.first + frame as f64 * plan.step;
        let shown = || frames.iter().enumerate().step_by(plan.every);
        pictures.extend(shown().map(|(frame, (_, image))| grid::own(image, [at(frame), y, plan.side])));
        y += plan.side + GAP;
        if !numbered(film, place) {
            continue;
        }
        let mut free = f64::NEG_INFINITY;
        for (frame, (block, _)) in shown() {
            let (text, middle) = (block.to_string(), at(frame) + plan.side / 2.0);
            let half = text_width(&text, NUMBER) / 2.0;
            if middle - half > free {
                canvas.text(&text, [middle, y + 6.0], NUMBER, Align::Middle, GREY)?;
                free = middle + half + 4.0;
            }
        }
        canvas.text(&t!("block"), [left, y + 6.0], NUMBER, Align::Left, GREY)?;
        y += NUMBERS;
    }
    Ok(pictures)
}
