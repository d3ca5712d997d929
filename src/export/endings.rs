//! What stands at the right of a plot: the name at each line's end and what its bracket says, in one column.

use plotters_backend::DrawingBackend;

use super::canvas::{Align, Canvas};
use super::figure::{Plot, Point};
use super::fonts::{room_for, shortened, wrap};
use super::sheet::{DARK, GREY};
use crate::error::Result;
use crate::palette::Rgb;

const NAME: f64 = 12.5;
const NAME_LINE: f64 = 15.0;
const DETAIL: f64 = 11.0;
const DETAIL_LINE: f64 = 13.0;
const REMARK: f64 = 12.0;
const REMARK_LINE: f64 = 14.0;
const GAP: f64 = 5.0;
/// Between what belongs to one line and what to the next.
const AIR: f64 = 3.0;
/// The share of the plot's width that the column takes before its lines are broken, the least that it is given, and the most.
const SHARE: f64 = 0.24;
const LEAST: f64 = 84.0;
const MOST: f64 = 0.45;
/// A column of this share leaves too little for the lines; it goes without the bracket then.
const CROWDED: f64 = 0.36;

/// The words of each line in turn, then those of the bracket.
pub struct Endings {
    each: Vec<Ending>,
    pub width: f64,
    /// Whether the bracket's words are among them.
    pub bracketed: bool,
}

/// Words from their left end and their upper edge on.
#[derive(Default)]
struct Ending {
    words: Vec<(String, f64, Rgb, Point)>,
    height: f64,
}

impl Endings {
    /// Each in a line of its own, or broken where that takes much of the width and the height suffices, if need be
    /// without the bracket.
    pub fn of(plot: &Plot, [width, height]: [f64; 2]) -> Self {
        let whole = Self::within(plot, f64::INFINITY, None, true);
        if whole.width <= SHARE * width {
            return whole;
        }
        let limit = (SHARE * width).max(LEAST).min(MOST * width);
        let broken = |lines, bracketed| Self::within(plot, limit, Some(lines), bracketed);
        let fits = |endings: &Self| endings.heights().iter().sum::<f64>() <= height;
        let beside = Self::within(plot, MOST * width, None, true);
        let mut tries = vec![broken(3, true), broken(1, true)];
        if beside.width > CROWDED * width {
            tries.extend([broken(3, false), broken(1, false)]);
        }
        tries.into_iter().find(fits).unwrap_or(beside)
    }

    /// Names in so many lines at most with what follows them beneath, or in one with it beside them.
    fn within(plot: &Plot, limit: f64, lines: Option<usize>, bracketed: bool) -> Self {
        let names: Vec<Vec<String>> = plot
            .curves
            .iter()
            .map(|curve| match lines {
                None => vec![shortened(
                    &curve.name,
                    NAME,
                    (limit - GAP - room_for(&curve.detail, DETAIL)).min(200.0),
                )],
                Some(1) => vec![shortened(&curve.name, NAME, limit)],
                Some(lines) => wrap(&curve.name, NAME, limit, lines),
            })
            .collect();
        let across = |name: &[String]| name.iter().map(|line| room_for(line, NAME)).fold(0.0, f64::max);
        let column = names.iter().map(|name| across(name)).fold(0.0, f64::max);
        let details = plot.curves.iter().map(|curve| room_for(&curve.detail, DETAIL));
        let details = details.fold(0.0, f64::max);
        // All stand beside their names, or none does.
        let beside = lines.is_none() || names.iter().all(|name| name.len() == 1) && column + GAP + details <= limit;
        let mut each: Vec<Ending> = Vec::new();
        for (curve, name) in plot.curves.iter().zip(names) {
            let mut ending = Ending::default();
            ending.add(name, NAME, NAME_LINE, curve.colour);
            if beside && !curve.detail.is_empty() {
                let at = [column + GAP, NAME_LINE / 2.0];
                ending.words.push((curve.detail.clone(), DETAIL, GREY, at));
            } else if !curve.detail.is_empty() {
                ending.add(wrap(&curve.detail, DETAIL, limit, 3), DETAIL, DETAIL_LINE, GREY);
            }
            each.push(ending);
        }
        let width = each.iter().map(Ending::width).fold(0.0, f64::max);
        let bracket = plot.bracket.as_ref().filter(|_| bracketed);
        if let Some(bracket) = bracket {
            let mut ending = Ending::default();
            let limit = if lines.is_none() { limit } else { width.max(LEAST) };
            ending.add(wrap(&bracket.text, REMARK, limit, 4), REMARK, REMARK_LINE, DARK);
            each.push(ending);
        }
        let width = each.iter().map(Ending::width).fold(0.0, f64::max);
        Self {
            each,
            width,
            bracketed: bracket.is_some(),
        }
    }

    /// Heights that they take above each other.
    pub fn heights(&self) -> Vec<f64> {
        self.each.iter().map(|ending| ending.height + AIR).collect()
    }

    /// Writes the words of that place around a height.
    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, place: usize, [left, middle]: Point) -> Result<()> {
        let ending = &self.each[place];
        let top = middle - ending.height / 2.0;
        for (text, size, colour, [x, y]) in &ending.words {
            canvas.text(text, [left + x, top + y], *size, Align::Left, *colour)?;
        }
        Ok(())
    }
}

impl Ending {
    fn add(&mut self, lines: Vec<String>, size: f64, line: f64, colour: Rgb) {
        for text in lines {
            self.words.push((text, size, colour, [0.0, self.height + line / 2.0]));
            self.height += line;
        }
    }

    fn width(&self) -> f64 {
        let reach = |(text, size, _, at): &(String, f64, Rgb, Point)| at[0] + room_for(text, *size);
        self.words.iter().map(reach).fold(0.0, f64::max)
    }
}
