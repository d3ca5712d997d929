//! Names at the ends of a chart's lines, and the bracket between two of them.

use std::ops::RangeInclusive;
use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{
    Align2, Color32, FontId, Galley, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use egui_plot::{PlotPoint, PlotTransform};

use super::chart::{Bracket, Curve};
use super::series::pieces;
use super::theme::{self, SMALL};
use crate::export::spread;

const LABEL_GAP: f64 = 17.0;
/// Distance of a name from the line's end, without and with a bracket between them.
const NAME_GAP: [f32; 2] = [8.0, 22.0];
/// Distance of a name from the chart's right edge.
const AIR: f32 = 8.0;
/// The axis and its numbers beside the chart, about.
pub const AXIS: f32 = 48.0;
/// The axis and its numbers beneath it.
const FOOT: f32 = 38.0;
/// The largest share of a chart's width that names take; longer ones lose their details, and then stand above it.
const MOST: f32 = 0.6;
/// The share that even names alone may take.
const HALF: f32 = 0.5;
/// Least height of a chart that has room for names above it; in a lower one they lose their ends.
const LEGEND_ROOM: f32 = 115.0;

/// Distance of two names above the chart, the height of a line of them, and the share of the height that they take at
/// most with what stands after them.
const BETWEEN: f32 = 12.0;
const LEGEND_LINE: f32 = 16.0;
const MOST_LEGEND: f32 = 0.25;

/// Length of the piece of line before a name above the chart, the dashes of a dashed one, and where the name begins.
const LINE: f32 = 14.0;
const DASHES: [RangeInclusive<f32>; 2] = [0.0..=5.5, 8.5..=14.0];
const SWATCH: f32 = 18.0;

/// Names as they fit beside the lines.
pub struct Names {
    /// Share of the chart's width that they take.
    pub share: f64,
    /// Width that they need, with their distances.
    pub room: f32,
    /// Whether what stands after the names fits, too.
    details: bool,
    /// Width of the longest name with what stands after it.
    widest: f32,
    place: Place,
}

/// How a chart names its nets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Naming {
    /// At the lines or above the chart, with what stands after the names where there is room.
    Whole,
    /// By names alone.
    Bare,
    /// The panel has them elsewhere.
    Elsewhere,
}

/// Where names stand.
#[derive(PartialEq)]
enum Place {
    /// At the lines' ends.
    Ends,
    /// Above the chart, which is too narrow or too low for them.
    Above,
    /// Not in the chart.
    Elsewhere,
}

/// A line whose name is written.
struct End<'c, 'a> {
    at: Pos2,
    curve: &'c Curve<'a>,
    /// The name and what stands after it.
    texts: [Arc<Galley>; 2],
    /// Whether the place is the line's end.
    led: bool,
}

impl End<'_, '_> {
    fn width(&self) -> f32 {
        let [name, detail] = self.texts.each_ref().map(|text| text.size().x);
        name + if detail > 0.0 { 6.0 + detail } else { 0.0 }
    }
}

impl Names {
    /// Fits the names of these curves into the space there is for the chart; of a part of it (`zoomed`), whose lines may
    /// end elsewhere, they stand above.
    pub fn fit(ui: &Ui, curves: &[Curve<'_>], bracket: Option<&Bracket>, naming: Naming, zoomed: bool) -> Self {
        if naming == Naming::Elsewhere {
            return Self::elsewhere();
        }
        let width = (ui.available_width() - AXIS).max(64.0);
        let gutter = NAME_GAP[usize::from(bracket.is_some())] + AIR;
        let most = MOST * width - gutter;
        let strong = FontId::new(SMALL, theme::semibold());
        let widest = |details: bool| {
            let curves = curves.iter().filter(|curve| !curve.label.is_empty());
            let widths = curves.map(|curve| match details {
                true => whole_width(ui, &curve.label, &curve.detail),
                false => theme::width(ui, &curve.label, strong.clone()),
            });
            widths.fold(0.0, f32::max)
        };
        let gap = bracket.map_or(0.0, |bracket| {
            let width = |words: &str| theme::width(ui, words, strong.clone());
            width(&bracket.text).max(width(&bracket.instead))
        });
        let (whole, bare) = (widest(true), widest(false));
        let details = naming == Naming::Whole && whole <= most;
        let labels = curves.iter().map(|curve| &*curve.label);
        let above = (zoomed || crowded(ui, ui.available_size(), labels)) && ui.available_height() > LEGEND_ROOM;
        let widest = match above {
            true => 0.0,
            false if details => whole.max(gap).min(most),
            false => bare.max(gap).min(most),
        };
        let room = widest + gutter;
        Self {
            share: f64::from((room / width).min(MOST)),
            room,
            details,
            widest,
            place: if above { Place::Above } else { Place::Ends },
        }
    }

    /// With at least so much room.
    pub fn with_room(mut self, ui: &Ui, room: f32) -> Self {
        if self.place == Place::Ends && room > self.room {
            let width = (ui.available_width() - AXIS).max(64.0);
            self.share = f64::from((room / width).min(MOST));
        }
        self
    }

    /// Draws the names that stand above the chart; answers the net whose name the pointer is at.
    pub fn legend_ui(&self, ui: &mut Ui, curves: &[Curve<'_>]) -> Option<String> {
        if self.place != Place::Above {
            return None;
        }
        let details = Self::legend_lines(ui, curves) * LEGEND_LINE <= MOST_LEGEND * ui.available_height();
        legend_ui(ui, curves, details)
    }

    /// Lines that the names take above the chart, with what stands after them.
    fn legend_lines(ui: &Ui, curves: &[Curve<'_>]) -> f32 {
        let room = ui.available_width();
        let (mut lines, mut used) = (1.0, 0.0);
        for curve in curves.iter().filter(|curve| !curve.label.is_empty()) {
            let width = SWATCH + whole_width(ui, &curve.label, &curve.detail);
            if used > 0.0 && used + width > room {
                (lines, used) = (lines + 1.0, 0.0);
            }
            used += width + BETWEEN;
        }
        lines
    }

    /// A little air is left beside the last step.
    fn elsewhere() -> Self {
        Self {
            share: 0.02,
            room: 0.0,
            details: false,
            widest: 0.0,
            place: Place::Elsewhere,
        }
    }

    /// Draws them, moved apart where lines end together, with hairlines back; answers the net whose name the pointer is
    /// at.
    pub fn names_ui(
        &self,
        ui: &Ui,
        transform: &PlotTransform,
        curves: &[Curve<'_>],
        bracket: Option<&Bracket>,
        pointer: Option<Pos2>,
    ) -> Option<String> {
        let frame = *transform.frame();
        let half = (LABEL_GAP / 2.0) as f32;
        let painter = ui.painter_at(frame.expand2(vec2(AIR, half)));
        let position = |x: f64, y: f64| transform.position_from_point(&PlotPoint::new(x, y));
        let mut ends: Vec<End<'_, '_>> = curves
            .iter()
            .filter(|curve| !curve.label.is_empty() && self.place == Place::Ends)
            .filter_map(|curve| {
                // A run that was never finite has its cross only.
                let last = pieces(&curve.line).last().and_then(|piece| piece.last());
                let last = last.or(curve.crosses.last())?;
                let at = position(last.x, last.y);
                let seen = frame.expand(1.0).x_range().contains(at.x) && at.y.is_finite();
                // A line may end above or beneath what the axis shows.
                seen.then(|| End {
                    at: pos2(at.x, at.y.clamp(frame.top(), frame.bottom())),
                    curve,
                    texts: self.texts(ui, curve),
                    led: true,
                })
            })
            .collect();
        // A net that has diverged is named beside the others, not in the midst of their lines; its cross is where it ended.
        let going = ends.iter().filter(|end| end.curve.crosses.is_empty());
        let furthest = going.map(|end| end.at.x).fold(f32::NEG_INFINITY, f32::max);
        for end in ends.iter_mut().filter(|end| end.at.x + NAME_GAP[1] < furthest) {
            if !end.curve.crosses.is_empty() {
                (end.at.x, end.led) = (furthest, false);
            }
        }
        ends.sort_by(|a, b| b.at.x.total_cmp(&a.at.x));
        let gap = NAME_GAP[usize::from(bracket.is_some())];
        let (top, bottom) = (f64::from(frame.top()), f64::from(frame.bottom()));
        // A low chart names as many as it has room for.
        let lines = (((bottom - top) / LABEL_GAP) as usize).max(1);
        let inset = f64::from(half).min((bottom - top) / 2.0);
        let mut pointed = None;
        // Names that could overlap sideways are spread together.
        let apart = self.widest + gap;
        for (number, cluster) in ends.chunk_by(|a, b| (a.at.x - b.at.x).abs() < apart).enumerate() {
            let x = cluster.iter().map(|end| end.at.x).fold(f32::NEG_INFINITY, f32::max);
            let named = &cluster[..cluster.len().min(lines)];
            let mut wishes: Vec<f64> = named.iter().map(|end| f64::from(end.at.y)).collect();
            let spanned = bracket.filter(|_| number == 0).map(|bracket| {
                let edge = |y: f64| position(0.0, y).y.clamp(frame.top(), frame.bottom());
                (edge(bracket.from), edge(bracket.to), bracket)
            });
            let spanned = spanned.filter(|_| named.len() < lines);
            if let Some((from, to, _)) = &spanned {
                wishes.push(f64::from((from + to) / 2.0));
            }
            let places = spread(&wishes, LABEL_GAP, top + inset, bottom - inset);
            for (end, y) in named.iter().zip(&places) {
                let place = pos2((x + gap).min(frame.right() + AIR - end.width()), *y as f32);
                let rect = name_ui(&painter, end, place, theme::ink(ui).paper);
                if pointer.is_some_and(|pointer| rect.contains(pointer)) {
                    pointed = Some(end.curve.name.clone());
                }
            }
            if let (Some((from, to, bracket)), Some(&words_at)) = (spanned, places.last()) {
                bracket_ui(ui, &painter, [from, to], bracket, (x, words_at as f32));
            }
        }
        pointed
    }

    /// The name, cut where there is no room for it, and what stands after it.
    fn texts(&self, ui: &Ui, curve: &Curve<'_>) -> [Arc<Galley>; 2] {
        let strong = FontId::new(SMALL, theme::semibold());
        let mut name = LayoutJob::single_section(curve.label.clone(), TextFormat::simple(strong, curve.colour));
        name.wrap.max_width = self.widest + 1.0;
        name.wrap.max_rows = 1;
        name.wrap.break_anywhere = true;
        let detail = if self.details {
            curve.detail.clone()
        } else {
            String::new()
        };
        let weak = theme::ink(ui).weak;
        let painter = ui.painter();
        [
            painter.layout_job(name),
            painter.layout_no_wrap(detail, FontId::proportional(SMALL), weak),
        ]
    }
}

/// Whether a chart of that size, with its axes, is too narrow or too low for these names at the ends of its lines.
pub fn crowded<'a>(ui: &Ui, size: Vec2, labels: impl Iterator<Item = &'a str>) -> bool {
    let strong = FontId::new(SMALL, theme::semibold());
    let named = labels.filter(|label| !label.is_empty());
    let widths: Vec<f32> = named.map(|label| theme::width(ui, label, strong.clone())).collect();
    // As if it had a bracket, so that charts side by side do alike.
    let widest = widths.iter().copied().fold(0.0, f32::max) + NAME_GAP[1] + AIR;
    let lines = widths.len() as f64 * LABEL_GAP;
    widest > HALF * (size.x - AXIS).max(64.0) || lines > f64::from(size.y - FOOT)
}

/// Whether a chart of that width has room beside its lines for each label with what stands after it.
pub fn has_room_for_details(ui: &Ui, width: f32, mut named: impl Iterator<Item = (String, String)>) -> bool {
    // As if it had a bracket, so that charts side by side do alike.
    let most = MOST * (width - AXIS).max(64.0) - NAME_GAP[1] - AIR;
    named.all(|(label, detail)| whole_width(ui, &label, &detail) <= most)
}

/// Draws names in lines of their own; answers the net whose name the pointer is at.
pub fn legend_ui(ui: &mut Ui, curves: &[Curve<'_>], details: bool) -> Option<String> {
    let mut pointed = None;
    let button = std::mem::take(&mut ui.spacing_mut().interact_size.y);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(BETWEEN, 0.0);
        let alike = |a: &Curve<'_>, b: &Curve<'_>| (&a.label, a.dashed) == (&b.label, b.dashed);
        for (place, curve) in curves.iter().enumerate().filter(|(_, curve)| !curve.label.is_empty()) {
            // Without what tells them apart, runs of one name are said once, with their number.
            if !details && curves[..place].iter().any(|before| alike(before, curve)) {
                continue;
            }
            let many = curves[place..].iter().filter(|other| alike(curve, other)).count();
            let mut text = LayoutJob::default();
            let strong = FontId::new(SMALL, theme::semibold());
            // A name and its number stay together.
            let unbroken = |words: &str| words.replace(' ', "\u{a0}");
            text.append(&unbroken(&curve.label), 0.0, TextFormat::simple(strong, curve.colour));
            let weak = TextFormat::simple(FontId::proportional(SMALL), theme::ink(ui).weak);
            if details {
                text.append(&unbroken(&curve.detail), 6.0, weak);
            } else if many > 1 {
                text.append(&format!("×{many}"), 6.0, weak);
            }
            text.wrap = TextWrapping::truncate_at_width(ui.max_rect().width() - SWATCH);
            let text = ui.painter().layout_job(text);
            let (rect, response) = ui.allocate_exact_size(text.size() + vec2(SWATCH, 0.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text.text()));
            for dash in if curve.dashed { &DASHES[..] } else { &[0.0..=LINE] } {
                let across = rect.left() + dash.start()..=rect.left() + dash.end();
                let stroke = Stroke::new(curve.width, curve.colour);
                ui.painter().hline(across, rect.center().y, stroke);
            }
            ui.painter().galley(rect.min + vec2(SWATCH, 0.0), text, curve.colour);
            if response.hovered() {
                pointed = Some(curve.name.clone());
            }
        }
    });
    ui.spacing_mut().interact_size.y = button;
    pointed
}

/// Width of a name with what stands after it.
fn whole_width(ui: &Ui, label: &str, detail: &str) -> f32 {
    let name = theme::width(ui, label, FontId::new(SMALL, theme::semibold()));
    if detail.is_empty() {
        return name;
    }
    name + 6.0 + theme::width(ui, detail, FontId::proportional(SMALL))
}

/// One name at a place, with a hairline back where that is not the line's end; answers where it stands.
fn name_ui(painter: &eframe::egui::Painter, end: &End<'_, '_>, place: Pos2, paper: Color32) -> Rect {
    if end.led && ((end.at.y - place.y).abs() > 4.0 || place.x - end.at.x > NAME_GAP[1] + 4.0) {
        let hairline = Stroke::new(1.0, end.curve.colour.gamma_multiply(0.5));
        painter.line_segment([end.at, pos2(place.x - 2.0, place.y)], hairline);
    }
    let [name, detail] = &end.texts;
    let after = name.size().x + 6.0;
    let ground = paper.gamma_multiply(0.8);
    let whole = Align2::LEFT_CENTER.anchor_size(place, vec2(end.width(), name.size().y));
    painter.add(Shape::rect_filled(whole.expand2(vec2(2.0, -1.0)), 2.0, ground));
    let mut all = Rect::NOTHING;
    for (text, left) in [(name, 0.0), (detail, after)] {
        if text.is_empty() {
            continue;
        }
        let rect = Align2::LEFT_CENTER.anchor_size(place + vec2(left, 0.0), text.size());
        painter.galley(rect.min, Arc::clone(text), end.curve.colour);
        all = all.union(rect);
    }
    all
}

/// The bracket behind the lines' ends at `x`, from height to height, and its text where there is room for it.
fn bracket_ui(
    ui: &Ui,
    painter: &eframe::egui::Painter,
    [from, to]: [f32; 2],
    bracket: &Bracket,
    (x, words_at): (f32, f32),
) {
    let ink = theme::ink(ui);
    let (near, far) = (x + 5.0, x + 11.0);
    painter.line(
        vec![pos2(near, from), pos2(far, from), pos2(far, to), pos2(near, to)],
        Stroke::new(1.5, ink.text),
    );
    let text = pos2(x + NAME_GAP[1], words_at);
    painter.line_segment(
        [pos2(far, (from + to) / 2.0), text - vec2(2.0, 0.0)],
        Stroke::new(1.0, ink.text),
    );
    let font = FontId::new(SMALL, theme::semibold());
    painter.text(text, Align2::LEFT_CENTER, &bracket.text, font, ink.text);
}
