//! What is written over a chart: names at the lines' ends, the bracket between two of them, stages, and the crosshair.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::{Align2, Color32, FontId, Galley, Pos2, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_plot::{PlotPoint, PlotTransform};
use rust_i18n::t;

use super::axis::Height;
use super::chart::{Bracket, Curve, height_at};
use super::series::pieces;
use super::theme::{self, Ink, SMALL};
use super::widgets::{grouped, short};
use crate::export::spread;

const LABEL_GAP: f64 = 17.0;
/// Distance of a name from the line's end, without and with a bracket between them.
const NAME_GAP: [f32; 2] = [8.0, 22.0];

fn name_galleys(ui: &Ui, curve: &Curve<'_>) -> [Arc<Galley>; 2] {
    let weak = theme::ink(ui).weak;
    let strong = FontId::new(SMALL, theme::semibold());
    let painter = ui.painter();
    [
        painter.layout_no_wrap(curve.label.clone(), strong, curve.colour),
        painter.layout_no_wrap(curve.detail.clone(), FontId::proportional(SMALL), weak),
    ]
}

/// Width of a name and its detail in points.
pub fn name_width(ui: &Ui, curve: &Curve<'_>) -> f32 {
    if curve.label.is_empty() {
        return 0.0;
    }
    let [name, detail] = name_galleys(ui, curve);
    name.size().x
        + if curve.detail.is_empty() {
            0.0
        } else {
            6.0 + detail.size().x
        }
}

/// Width of a bracket's text in points.
pub fn bracket_width(ui: &Ui, bracket: &Bracket) -> f32 {
    let font = FontId::new(SMALL, theme::semibold());
    let galley = ui
        .painter()
        .layout_no_wrap(bracket.text.clone(), font, Color32::PLACEHOLDER);
    galley.size().x
}

/// Names of the spans, each in the middle of what is visible of it.
pub fn spans_ui(ui: &Ui, transform: &PlotTransform, spans: &[(Range<f64>, String)], ink: Ink) {
    let frame = *transform.frame();
    let painter = ui.painter_at(frame);
    for (range, name) in spans {
        let edge = |x: f64| transform.position_from_point_x(x).clamp(frame.left(), frame.right());
        let (left, right) = (edge(range.start), edge(range.end));
        let galley = painter.layout_no_wrap(name.clone(), FontId::proportional(SMALL), ink.weak);
        if right - left > galley.size().x + 4.0 {
            let corner = pos2((left + right - galley.size().x) / 2.0, frame.top() + 2.0);
            painter.galley(corner, galley, ink.weak);
        }
    }
}

/// Names at the lines' ends and the bracket's text, moved apart where lines end together, with hairlines back.
pub fn names_ui(ui: &Ui, transform: &PlotTransform, curves: &[Curve<'_>], bracket: Option<&Bracket>, ink: Ink) {
    let frame = *transform.frame();
    let painter = ui.painter_at(frame.expand2(vec2(8.0, 0.0)));
    let position = |x: f64, y: f64| transform.position_from_point(&PlotPoint::new(x, y));
    let mut ends: Vec<(Pos2, &Curve<'_>)> = curves
        .iter()
        .filter(|curve| !curve.label.is_empty())
        .filter_map(|curve| {
            // A run that was never finite has its cross only.
            let last = pieces(&curve.line).last().and_then(|piece| piece.last());
            let last = last.or(curve.crosses.last())?;
            Some((position(last.x, last.y), curve))
        })
        .filter(|(end, _)| frame.expand(1.0).contains(*end))
        .collect();
    ends.sort_by(|a, b| b.0.x.total_cmp(&a.0.x));
    let gap = NAME_GAP[usize::from(bracket.is_some())];
    let half = LABEL_GAP / 2.0;
    let (top, bottom) = (f64::from(frame.top()) + half, f64::from(frame.bottom()) - half);
    // Names that could overlap sideways are spread together.
    let apart = ends.iter().map(|(_, curve)| name_width(ui, curve)).fold(0.0, f32::max) + gap;
    for (number, cluster) in ends.chunk_by(|a, b| (a.0.x - b.0.x).abs() < apart).enumerate() {
        let x = cluster.iter().map(|(end, _)| end.x).fold(f32::NEG_INFINITY, f32::max);
        let mut wishes: Vec<f64> = cluster.iter().map(|(end, _)| f64::from(end.y)).collect();
        let spanned = bracket.filter(|_| number == 0).map(|bracket| {
            let edge = |y: f64| position(0.0, y).y.clamp(frame.top(), frame.bottom());
            (edge(bracket.from), edge(bracket.to), bracket)
        });
        if let Some((from, to, _)) = spanned {
            wishes.push(f64::from((from + to) / 2.0));
        }
        let places = spread(&wishes, LABEL_GAP, top, bottom);
        for ((end, curve), y) in cluster.iter().zip(&places) {
            let (y, left) = (*y as f32, x + gap);
            if (end.y - y).abs() > 4.0 || x - end.x > 4.0 {
                let hairline = Stroke::new(1.0, curve.colour.gamma_multiply(0.5));
                painter.line_segment([*end, pos2(left - 2.0, y)], hairline);
            }
            let [name, detail] = name_galleys(ui, curve);
            let after = name.size().x + 6.0;
            for (galley, left) in [(name, left), (detail, left + after)] {
                let rect = Align2::LEFT_CENTER.anchor_size(pos2(left, y), galley.size());
                let ground = ink.paper.gamma_multiply(0.8);
                painter.add(Shape::rect_filled(rect.expand2(vec2(2.0, -1.0)), 2.0, ground));
                painter.galley(rect.min, galley, curve.colour);
            }
        }
        if let (Some((from, to, bracket)), Some(&y)) = (spanned, places.last()) {
            let (near, far, y) = (x + 5.0, x + 11.0, y as f32);
            let stroke = Stroke::new(1.5, ink.text);
            painter.line(
                vec![pos2(near, from), pos2(far, from), pos2(far, to), pos2(near, to)],
                stroke,
            );
            painter.line_segment(
                [pos2(far, (from + to) / 2.0), pos2(x + gap - 2.0, y)],
                Stroke::new(1.0, ink.text),
            );
            let font = FontId::new(SMALL, theme::semibold());
            painter.text(pos2(x + gap, y), Align2::LEFT_CENTER, &bracket.text, font, ink.text);
        }
    }
}

/// A line through a moment, and what the curves are there. `[firm, values]`: the cursor rather than its preview, and
/// whether the values are written beside it.
pub fn crosshair_ui(
    ui: &Ui,
    transform: &PlotTransform,
    curves: &[Curve<'_>],
    height: Height,
    (place, step): (f64, usize),
    [firm, values]: [bool; 2],
    ink: Ink,
) {
    let frame = *transform.frame();
    let x = transform.position_from_point_x(place);
    if !frame.x_range().expand(0.5).contains(x) {
        return;
    }
    let painter = ui.painter_at(frame);
    let stroke = if firm {
        Stroke::new(1.5, ink.text)
    } else {
        Stroke::new(1.0, ink.weak)
    };
    painter.vline(x, frame.y_range(), stroke);
    if !values {
        return;
    }
    let font = FontId::proportional(SMALL);
    let mut rows = vec![painter.layout_no_wrap(
        t!("step %{step}", step = grouped(step as u64)).into(),
        font.clone(),
        ink.text,
    )];
    for curve in curves {
        let inside = curve.line.first().is_some_and(|first| first.x <= place + 1e-9)
            && curve.line.last().is_some_and(|last| last.x >= place - 1e-9);
        if let (true, Some(y)) = (inside && !curve.label.is_empty(), height_at(&curve.line, place)) {
            let number = if y.is_finite() {
                short(height.value(y))
            } else {
                t!("not finite").into()
            };
            let text = format!("{}  {number}", curve.name);
            rows.push(painter.layout_no_wrap(text, font.clone(), curve.colour));
            if y.is_finite() {
                let at = pos2(x, transform.position_from_point_y(y));
                painter.circle_filled(at, curve.width + 1.5, curve.colour);
            }
        }
    }
    let width = rows.iter().map(|row| row.size().x).fold(0.0, f32::max);
    let size = vec2(width + 12.0, rows.len() as f32 * 16.0 + 8.0);
    let left = if x + 10.0 + size.x <= frame.right() {
        x + 10.0
    } else {
        x - 10.0 - size.x
    };
    let rect = Rect::from_min_size(pos2(left.max(frame.left()), frame.top() + 4.0), size);
    let edge = Stroke::new(1.0, ink.line);
    painter.rect(rect, 4.0, ink.paper.gamma_multiply(0.94), edge, StrokeKind::Inside);
    for (index, row) in rows.into_iter().enumerate() {
        let corner = rect.min + vec2(6.0, 4.0 + 16.0 * index as f32);
        painter.galley(corner, row, ink.text);
    }
}
