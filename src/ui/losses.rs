//! The training losses over the timeline's track: where the training was at the moments to go back to.

use std::collections::BTreeMap;

use eframe::egui::{Align2, FontId, Rect, Shape, Stroke, Ui, pos2, vec2};
use rust_i18n::t;

use super::axis::{Height, Time, Unit};
use super::chart_lines::height_at;
use super::line_style;
use super::series::{Grid, pieces};
use super::theme::{self, GRID, SMALL};
use super::ticks::power_of_ten;
use super::traces::{Trace, groups, repeats};
use crate::export::spread;
use crate::run::{History, LAST};

/// The track's axis.
const TIME: Time = Time {
    log: true,
    unit: Unit::Step,
    per_step: 1.0,
};
const HEIGHT: Height = Height { log: true, factor: 1.0 };
/// The largest share of the room that names take.
const MOST: f32 = 0.45;
/// Distance of two names.
const APART: f64 = 17.0;
/// Length of a dash, and of what is left out behind it.
const DASH: f32 = 6.0;
/// Width that a line's point has at least.
const COLUMN: f32 = 3.0;

/// What is kept of each net between frames.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    traces: BTreeMap<String, Trace>,
}

impl Losses {
    /// Width of the longest net's name, which stands beside the lines; longer ones are cut where there is so much `room`.
    pub fn names(ui: &Ui, history: &History, room: f32) -> f32 {
        let font = FontId::new(SMALL, theme::semibold());
        groups(history)
            .iter()
            .map(|group| theme::width(ui, group.name, font.clone()).ceil())
            .fold(0.0, f32::max)
            .min(MOST * room)
    }

    /// Draws the lines into `space`, which is as wide as the track to its step `last`; `names` so wide stand at its right.
    pub fn lines_ui(&mut self, ui: &Ui, (space, names): (Rect, f32), history: &History, last: usize, shown: usize) {
        let ink = theme::ink(ui);
        let width = TIME.place(last as f64);
        let grid = Grid {
            time: TIME,
            height: HEIGHT,
            range: [0.0, width],
            columns: ((space.width() / COLUMN) as usize).max(16),
        };
        let among = history.specs();
        let groups = groups(history);
        for group in &groups {
            let trace = self.traces.entry(group.name.to_owned()).or_default();
            trace.update(&group.runs, |series| &series.loss, LAST, grid);
        }
        let lines: Vec<_> = groups
            .iter()
            .enumerate()
            .filter_map(|(index, group)| {
                let line = self.traces.get(group.name)?.line();
                let style = line_style(ui, &group.runs[0].track.spec, &among);
                let dashed = repeats(&groups, index);
                Some((group.name, line, style, dashed))
            })
            .collect();
        let heights = lines.iter().flat_map(|(_, line, ..)| line.iter().map(|point| point.y));
        let [low, high] = heights
            .filter(|y| y.is_finite())
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| {
                [low.min(y), high.max(y)]
            });
        if low > high {
            return;
        }
        let [low, high] = [low - 0.1, high + 0.1];
        let x = |place: f64| space.left() + space.width() * (place / width) as f32;
        let y = |height: f64| space.bottom() - space.height() * ((height - low) / (high - low)) as f32;
        let painter = ui.painter();
        let small = FontId::proportional(SMALL);
        for power in low.ceil() as i32..=high.floor() as i32 {
            let at = y(f64::from(power));
            painter.hline(space.x_range(), at, Stroke::new(1.0, ink.line));
            let number = power_of_ten(f64::from(power));
            painter.text(
                pos2(space.left() - GRID, at),
                Align2::RIGHT_CENTER,
                number,
                small.clone(),
                ink.weak,
            );
        }
        let shown = TIME.place(shown as f64);
        painter.vline(x(shown), space.y_range(), Stroke::new(1.0, ink.weak));
        for (_, line, (colour, width), dashed) in &lines {
            let stroke = Stroke::new(*width, *colour);
            for piece in pieces(line) {
                let points: Vec<_> = piece.iter().map(|point| pos2(x(point.x), y(point.y))).collect();
                if *dashed {
                    painter.extend(Shape::dashed_line(&points, stroke, DASH, DASH));
                } else {
                    painter.add(Shape::line(points, stroke));
                }
            }
            // A net that has not come so far is where its line ends, and one that begins later nowhere.
            if let [first, .., last] = line
                && first.x <= shown
                && let at = shown.min(last.x)
                && let Some(height) = height_at(line, at).filter(|height| height.is_finite())
            {
                painter.circle_filled(pos2(x(at), y(height)), width + 2.0, *colour);
            }
        }
        let ends: Vec<_> = lines
            .iter()
            .filter_map(|(name, line, style, _)| {
                let last = line.iter().rfind(|point| point.y.is_finite())?;
                Some((*name, y(last.y), style.0))
            })
            .collect();
        // A low chart names as many as it has room for, and says how many more there are.
        let room = (space.height() / APART as f32) as usize + 1;
        let named = if ends.len() > room { room.max(2) - 1 } else { ends.len() };
        let wanted: Vec<f64> = ends[..named].iter().map(|(_, at, _)| f64::from(*at)).collect();
        let floor = space.bottom() - if named < ends.len() { APART as f32 } else { 0.0 };
        let free = spread(&wanted, APART, f64::from(space.top()), f64::from(floor));
        let strong = FontId::new(SMALL, theme::semibold());
        let right = space.right() + 2.0 * GRID;
        for ((name, _, colour), at) in ends.iter().zip(free) {
            let beside = pos2(right, at as f32);
            let name = theme::elided(ui, name, strong.clone(), *colour, names);
            painter.galley(beside - vec2(0.0, name.size().y / 2.0), name, *colour);
        }
        if named < ends.len() {
            let more = t!("%{count} more", count = ends.len() - named);
            painter.text(pos2(right, space.bottom()), Align2::LEFT_CENTER, more, small, ink.weak);
        }
    }

    /// Forgets another experiment's.
    pub fn restart(&mut self) {
        self.traces.clear();
    }
}

/// What the lines are.
pub fn title() -> String {
    t!("Training loss, logarithmic, over the steps").into_owned()
}
