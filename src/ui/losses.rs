//! The training losses over the timeline's track: where the training was at the moments to go back to.

use std::collections::BTreeMap;

use eframe::egui::{Align2, FontId, Rect, Shape, Stroke, Ui, pos2};
use rust_i18n::t;

use super::axis::{Height, Time, Unit};
use super::chart_lines::height_at;
use super::line_style;
use super::series::{Grid, pieces};
use super::theme::{self, GRID, SMALL};
use super::ticks::power_of_ten;
use super::traces::{Trace, groups};
use crate::export::spread;
use crate::run::{History, LAST};

/// The track's axis.
const TIME: Time = Time {
    log: true,
    unit: Unit::Step,
    per_step: 1.0,
};
const HEIGHT: Height = Height { log: true, factor: 1.0 };
/// Distance of two names.
const APART: f64 = 17.0;
/// Width that a line's point has at least.
const COLUMN: f32 = 2.0;

/// What is kept of each net between frames.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    traces: BTreeMap<String, Trace>,
}

impl Losses {
    /// Width of the longest net's name, which stands beside the lines.
    pub fn names(ui: &Ui, history: &History) -> f32 {
        let font = FontId::new(SMALL, theme::semibold());
        groups(history)
            .iter()
            .map(|group| theme::width(ui, group.name, font.clone()))
            .fold(0.0, f32::max)
    }

    /// Draws the lines into `space`, which is as wide as the track to its step `last`; names stand at its right.
    pub fn lines_ui(&mut self, ui: &Ui, space: Rect, history: &History, last: usize, shown: usize) {
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
            .filter_map(|group| {
                let line = self.traces.get(group.name)?.line();
                let style = line_style(ui, &group.runs[0].track.spec, &among);
                Some((group.name, line, style))
            })
            .collect();
        let heights = lines.iter().flat_map(|(_, line, _)| line.iter().map(|point| point.y));
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
        let moment = x(TIME.place(shown as f64));
        painter.vline(moment, space.y_range(), Stroke::new(1.0, ink.weak));
        for (_, line, (colour, width)) in &lines {
            for piece in pieces(line) {
                let points = piece.iter().map(|point| pos2(x(point.x), y(point.y)));
                painter.add(Shape::line(points.collect(), Stroke::new(*width, *colour)));
            }
            if let Some(height) = height_at(line, TIME.place(shown as f64)).filter(|height| height.is_finite()) {
                painter.circle_filled(pos2(moment, y(height)), width + 2.0, *colour);
            }
        }
        let ends: Vec<_> = lines
            .iter()
            .filter_map(|(name, line, style)| {
                let last = line.iter().rfind(|point| point.y.is_finite())?;
                Some((*name, y(last.y), style.0))
            })
            .collect();
        // A low chart names as many as it has room for.
        let named = ((f64::from(space.height()) / APART) as usize + 1).min(ends.len());
        let ends = &ends[..named];
        let wanted: Vec<f64> = ends.iter().map(|(_, at, _)| f64::from(*at)).collect();
        let free = spread(&wanted, APART, f64::from(space.top()), f64::from(space.bottom()));
        let strong = FontId::new(SMALL, theme::semibold());
        for ((name, _, colour), at) in ends.iter().zip(free) {
            let beside = pos2(space.right() + 2.0 * GRID, at as f32);
            painter.text(beside, Align2::LEFT_CENTER, name, strong.clone(), *colour);
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
