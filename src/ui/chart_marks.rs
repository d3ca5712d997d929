//! What is written over a chart: the names of spans, and the crosshair.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::{FontId, Galley, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};
use egui_plot::{PlotPoint, PlotTransform};
use rust_i18n::t;

use super::axis::{Height, Time};
use super::chart::{Curve, NEAR, PointName};
use super::theme::{self, Ink, SMALL};
use super::widgets::{percent, short};

/// How far the paper of every other span is on the way to the grid's lines.
pub const SHADE: f32 = 0.35;
/// Distance of a box from its place.
const BESIDE: f32 = 10.0;
/// Room beside the rows of a box, both sides together.
const PAD: f32 = 12.0;

/// Names of the spans, each in the middle of what is visible of it.
pub fn spans_ui(ui: &Ui, transform: &PlotTransform, spans: &[(Range<f64>, String)], ink: Ink) {
    let frame = *transform.frame();
    let painter = ui.painter_at(frame);
    for (place, (range, name)) in spans.iter().enumerate() {
        let edge = |x: f64| transform.position_from_point_x(x).clamp(frame.left(), frame.right());
        let (left, right) = (edge(range.start), edge(range.end));
        let galley = painter.layout_no_wrap(name.clone(), FontId::proportional(SMALL), ink.weak);
        if right - left > galley.size().x + 4.0 {
            let corner = pos2((left + right - galley.size().x) / 2.0, frame.top() + 2.0);
            // No line of the grid goes through it.
            let shade = if place % 2 == 0 { SHADE } else { 0.0 };
            let ground = ink.paper.lerp_to_gamma(ink.line, shade);
            painter.rect_filled(
                Rect::from_min_size(corner, galley.size()).expand2(vec2(4.0, 0.0)),
                0.0,
                ground,
            );
            painter.galley(corner, galley, ink.weak);
        }
    }
}

/// A line through a moment, and what the curves are there. `[firm, values]`: the cursor rather than its preview, and
/// whether the values are written beside it.
pub fn crosshair_ui(
    ui: &Ui,
    transform: &PlotTransform,
    (curves, height, focus): (&[Curve<'_>], Height, Option<&str>),
    (time, step): (Time, usize),
    [firm, values]: [bool; 2],
    ink: Ink,
) {
    let frame = *transform.frame();
    let place = time.place(step as f64);
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
    let font = FontId::proportional(SMALL);
    // What was measured now and then has no value in between.
    let measured = |curve: &Curve<'_>| curve.line.iter().rfind(|point| point.x <= place + 1e-9).copied();
    let dotted = curves.iter().filter(|curve| curve.dots);
    let told = dotted.filter_map(measured).map(|point| time.step(point.x));
    let step = told.reduce(f64::max).map_or(step as u64, |step| step.round() as u64);
    let mut rows = vec![painter.layout_no_wrap(time.moment(step).into_owned(), font.clone(), ink.text)];
    // First the net that is pointed at.
    let (first, others): (Vec<&Curve<'_>>, Vec<_>) =
        curves.iter().partition(|curve| focus == Some(curve.name.as_str()));
    for curve in first.into_iter().chain(others) {
        let inside = curve.line.first().is_some_and(|first| first.x <= place + 1e-9)
            && curve.line.last().is_some_and(|last| last.x >= place - 1e-9);
        let point = match curve.dots {
            true => measured(curve),
            false => {
                let y = curve.height_at(time, height, step);
                y.map(|y| PlotPoint::new(place, y))
            }
        };
        if let (true, Some(PlotPoint { x: at, y })) = (inside && !curve.label.is_empty(), point) {
            let number = match height.value(y) {
                _ if !y.is_finite() => t!("not finite").into(),
                hundredths if height.factor == 100.0 => percent(hundredths / 100.0),
                value => short(value),
            };
            let text = fitting(ui, &curve.name, &format!("  {number}"), frame.width() - PAD);
            rows.push(painter.layout_no_wrap(text, font.clone(), curve.colour));
            if y.is_finite() {
                let at = pos2(transform.position_from_point_x(at), transform.position_from_point_y(y));
                painter.circle_filled(at, curve.width + 1.5, curve.colour);
            }
        }
    }
    // Where no line has come to, there is nothing to tell.
    let values = values && rows.len() > 1;
    // A low chart tells as many as it has room for, and how many more there are.
    let most = (((frame.height() - 12.0) / 16.0) as usize).max(1);
    if rows.len() > most {
        let more = t!("%{count} more", count = rows.len() + 1 - most.max(2));
        rows.truncate(most.max(2) - 1);
        rows.push(painter.layout_no_wrap(more.into_owned(), font, ink.weak));
    }
    let ends = curves.iter().filter_map(|curve| curve.line.last());
    let end = ends.map(|point| transform.position_from_point_x(point.x));
    let end = end.fold(frame.left(), f32::max).min(frame.right());
    let width = rows
        .iter()
        .map(|row| row.size().x)
        .fold(PAD, |widest, width| widest.max(width + PAD));
    // For as long as a moment is held, no name is covered.
    if values && (!firm || x + BESIDE + width <= end || x - BESIDE - width >= frame.left()) {
        rows_ui(&painter, rows, (pos2(x, frame.top() + 4.0), end), frame, ink);
    }
}

/// What the point is that the pointer is at, if it is at one.
pub fn point_ui(
    ui: &Ui,
    transform: &PlotTransform,
    (curves, height): (&[Curve<'_>], Height),
    (name, pointer): (PointName<'_>, Pos2),
    ink: Ink,
) {
    let frame = *transform.frame();
    let near = curves.iter().flat_map(|curve| {
        let finite = curve.line.iter().enumerate().filter(|(_, point)| point.y.is_finite());
        finite.map(move |(place, point)| (curve, place, point.y, transform.position_from_point(point)))
    });
    let near = near.min_by(|a, b| pointer.distance_sq(a.3).total_cmp(&pointer.distance_sq(b.3)));
    let Some((curve, place, y, at)) = near.filter(|(.., at)| pointer.distance(*at) <= NEAR) else {
        return;
    };
    let place = name(&curve.name, place);
    let painter = ui.painter_at(frame);
    painter.circle_filled(at, curve.width + 2.5, curve.colour);
    let font = FontId::proportional(SMALL);
    let rows = [
        (&curve.name, curve.colour),
        (&format!("{place}  {}", short(height.value(y))), ink.text),
    ];
    let rows = rows.map(|(words, colour)| painter.layout_no_wrap(words.clone(), font.clone(), colour));
    let above = at.y - 16.0 * rows.len() as f32 - 18.0;
    let top = if above < frame.top() { at.y + 10.0 } else { above };
    rows_ui(&painter, rows.into(), (pos2(at.x, top), frame.right()), frame, ink);
}

/// A name with a number in at most that width, of which the name gives way.
fn fitting(ui: &Ui, name: &str, number: &str, width: f32) -> String {
    let fits = |text: &String| theme::width(ui, text, FontId::proportional(SMALL)) <= width;
    let whole = format!("{name}{number}");
    if fits(&whole) {
        return whole;
    }
    let ends = name.char_indices().rev();
    let cut = ends.map(|(end, _)| format!("{}…{number}", &name[..end])).find(fits);
    cut.unwrap_or(whole)
}

/// A box of rows beside a place, within the frame, and where there is room not beyond the lines' end.
fn rows_ui(painter: &Painter, rows: Vec<Arc<Galley>>, (at, end): (Pos2, f32), frame: Rect, ink: Ink) {
    let width = rows.iter().map(|row| row.size().x).fold(0.0, f32::max);
    let size = vec2(width + PAD, rows.len() as f32 * 16.0 + 8.0);
    let [before, after] = [at.x - BESIDE - size.x, at.x + BESIDE];
    let left = if after + size.x <= end || before < frame.left() {
        after
    } else {
        before
    };
    let left = left.min(frame.right() - size.x).max(frame.left());
    let rect = Rect::from_min_size(pos2(left, at.y), size);
    let edge = Stroke::new(1.0, ink.line);
    painter.rect(rect, 4.0, ink.paper.gamma_multiply(0.94), edge, StrokeKind::Inside);
    for (index, row) in rows.into_iter().enumerate() {
        let corner = rect.min + vec2(6.0, 4.0 + 16.0 * index as f32);
        painter.galley(corner, row, ink.text);
    }
}
