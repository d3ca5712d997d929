//! The lines of a chart with their bands, dots and crosses, and the shaded spans behind them.

use eframe::egui::Color32;
use egui_plot::{FilledArea, Line, MarkerShape, PlotPoint, PlotPoints, PlotUi, Points, Span};

use super::axis::{Height, Time};
use super::chart::{Across, Chart, Curve};
use super::chart_marks::SHADE;
use super::series::pieces;
use super::theme::Ink;
use crate::export::dashes;

/// Opacity of a raw line, where they are no more than that; of more, all together are as opaque.
const FAINT: f32 = 0.15;
const FEW: f32 = 6.0;
/// Opacity of the band over seeds.
const BAND: f32 = 0.18;
/// How much a dot is larger than half its line.
const DOT: f32 = 1.2;
/// A faint line whose points stand closer than this, in points of the screen, is the area it sweeps over.
const DENSE: f32 = 2.0;
impl Chart<'_> {
    /// Colour and width of a line: the one that is pointed at stands out, the others step back.
    fn style(&self, curve: &Curve<'_>, curves: &[Curve<'_>], ink: Ink) -> (Color32, f32) {
        let here = |name: &&str| curves.iter().any(|curve| curve.name == *name);
        match self.focus.filter(here) {
            Some(name) if name == curve.name => (curve.colour, curve.width + 1.0),
            Some(_) => (ink.paper.lerp_to_gamma(curve.colour, ink.back), curve.width),
            None => (curve.colour, curve.width),
        }
    }

    /// The points that can be told apart where they are seen, and those behind them that cannot. Over logarithmic time the
    /// first ones can.
    fn told_apart<'p>(&self, plot: &PlotUi<'_>, points: &'p [PlotPoint]) -> (&'p [PlotPoint], &'p [PlotPoint]) {
        match self.across {
            Across::Time(time) if time.log => {
                // Where the next step is so far on.
                let step = plot.transform().dpos_dvalue_x() / (f64::from(DENSE) * std::f64::consts::LN_10) - 1.0;
                let end = points.partition_point(|point| point.x < time.place(step));
                (&points[..end], &points[end.saturating_sub(1)..])
            }
            _ if is_dense(plot, points) => (&[], points),
            _ => (points, &[]),
        }
    }

    /// Draws everything that stands in plot space.
    pub(super) fn lines<'c>(&self, plot: &mut PlotUi<'c>, curves: &'c [Curve<'c>], ink: Ink) {
        for (range, _) in self.spans.iter().step_by(2) {
            let shade = Span::new("", range.start..=range.end);
            plot.span(shade.fill(ink.line.gamma_multiply(SHADE)).border_width(0.0));
        }
        let raws = curves.iter().map(|curve| curve.raw.len()).sum::<usize>().max(1);
        let faint = FAINT * (FEW / raws as f32).min(1.0);
        for curve in curves {
            let (colour, _) = self.style(curve, curves, ink);
            let faint = colour.gamma_multiply(faint);
            for piece in curve.raw.iter().flat_map(|raw| pieces(raw)) {
                let (lone, dense) = self.told_apart(plot, piece);
                if dense.len() > 1 {
                    plot.add(swept(plot, dense).fill_color(faint));
                }
                if lone.len() > 1 {
                    plot.line(line(curve, PlotPoints::Borrowed(lone)).color(faint).width(1.0));
                }
            }
            band(plot, curve, colour);
        }
        // The one that is pointed at lies over all others.
        let pointed = |curve: &&Curve<'_>| self.focus == Some(&curve.name);
        let others = curves.iter().filter(|curve| !pointed(curve));
        for curve in others.chain(curves.iter().filter(pointed)) {
            let (colour, width) = self.style(curve, curves, ink);
            for piece in pieces(&curve.line) {
                if curve.dashed {
                    for dash in dashed(plot, piece) {
                        plot.line(line(curve, dash).color(colour).width(width));
                    }
                } else {
                    plot.line(line(curve, PlotPoints::Borrowed(piece)).color(colour).width(width));
                }
                if piece.len() == 1 || curve.dots && apart(plot, piece) > 2.0 * (curve.width + DOT) {
                    let dots = Points::new("", PlotPoints::Borrowed(piece));
                    plot.points(
                        dots.radius(width + DOT)
                            .color(colour)
                            .filled(!curve.dashed)
                            .allow_hover(false),
                    );
                }
            }
            if !curve.crosses.is_empty() {
                let crosses = Points::new("", PlotPoints::Borrowed(&curve.crosses));
                let crosses = crosses.radius(7.0).color(curve.colour).shape(MarkerShape::Cross);
                plot.points(crosses.allow_hover(false));
            }
        }
    }
}

/// Mean distance of a line's points across the screen, in points of the screen.
fn apart(plot: &PlotUi<'_>, points: &[PlotPoint]) -> f32 {
    let [Some(first), Some(last)] = [points.first(), points.last()] else {
        return 0.0;
    };
    let across = plot.screen_from_plot(*last).x - plot.screen_from_plot(*first).x;
    across / points.len().saturating_sub(1).max(1) as f32
}

/// The dashes of a line, as long on the screen wherever it goes.
fn dashed(plot: &PlotUi<'_>, points: &[PlotPoint]) -> impl Iterator<Item = PlotPoints<'static>> + use<> {
    let transform = plot.transform();
    let [across, down] = [transform.dpos_dvalue_x(), transform.dpos_dvalue_y()];
    let seen: Vec<[f64; 2]> = points.iter().map(|point| [point.x * across, point.y * down]).collect();
    let found = dashes(&seen, f64::from(transform.frame().width()));
    found.into_iter().map(move |dash| {
        let back = |[x, y]: [f64; 2]| PlotPoint::new(x / across, y / down);
        PlotPoints::Owned(dash.into_iter().map(back).collect())
    })
}

fn line<'a>(curve: &Curve<'_>, points: PlotPoints<'a>) -> Line<'a> {
    Line::new("", points)
        .color(curve.colour)
        .width(curve.width)
        // Where points are many, lines stay lines: those that would be too many are swept, or were thinned before.
        .allow_band(false)
        .allow_hover(false)
}

/// Whether the points of a line cannot be told apart where it is seen.
fn is_dense(plot: &PlotUi<'_>, points: &[PlotPoint]) -> bool {
    let seen = plot.plot_bounds().range_x();
    let from = points.partition_point(|point| point.x < *seen.start());
    let to = points.partition_point(|point| point.x <= *seen.end());
    to > from + 2 && apart(plot, &points[from..to]) < DENSE
}

/// The area that a line one point wide sweeps over, from extreme to extreme.
fn swept(plot: &PlotUi<'_>, points: &[PlotPoint]) -> FilledArea {
    let half = 0.5 * plot.transform().dvalue_dpos()[1].abs();
    let extreme =
        |pair: &[PlotPoint], start: f64, pick: fn(f64, f64) -> f64| pair.iter().map(|point| point.y).fold(start, pick);
    let pairs = || points.chunks(2);
    let xs: Vec<f64> = pairs().map(|pair| pair[0].x).collect();
    let low: Vec<f64> = pairs()
        .map(|pair| extreme(pair, f64::INFINITY, f64::min) - half)
        .collect();
    let high: Vec<f64> = pairs()
        .map(|pair| extreme(pair, f64::NEG_INFINITY, f64::max) + half)
        .collect();
    FilledArea::new("", &xs, &low, &high).allow_hover(false)
}

/// The edges of a band have their own places; between them it is filled where both go on.
fn band(plot: &mut PlotUi<'_>, curve: &Curve<'_>, colour: Color32) {
    let [lower, upper] = &curve.band;
    let finite = |points: &[PlotPoint]| -> Vec<PlotPoint> {
        points.iter().copied().filter(|point| point.y.is_finite()).collect()
    };
    let (lower, upper) = (finite(lower), finite(upper));
    if lower.len() < 2 || upper.len() < 2 {
        return;
    }
    let mut xs: Vec<f64> = lower.iter().chain(&upper).map(|point| point.x).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let edge =
        |points: &[PlotPoint]| -> Vec<f64> { xs.iter().map(|&x| height_at(points, x).unwrap_or(f64::NAN)).collect() };
    let (low, high) = (edge(&lower), edge(&upper));
    let fill = colour.gamma_multiply(BAND);
    plot.add(
        FilledArea::new("", &xs, &low, &high)
            .fill_color(fill)
            .allow_hover(false),
    );
}

/// The height of a line at a place: between its points straight, beyond its ends the end.
pub fn height_at(points: &[PlotPoint], x: f64) -> Option<f64> {
    let next = points.partition_point(|point| point.x < x);
    let (before, after) = (points.get(next.wrapping_sub(1)), points.get(next));
    match (before, after) {
        (Some(a), Some(b)) if b.x > a.x => Some(a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x)),
        (Some(point), _) | (_, Some(point)) => Some(point.y),
        (None, None) => None,
    }
}

impl Curve<'_> {
    /// Height of the line over a step: what it was thinned from, else between its points.
    pub fn height_at(&self, time: Time, height: Height, step: u64) -> Option<f64> {
        let (steps, values) = self.values;
        let known = steps.binary_search(&(step as u32)).ok();
        match known.and_then(|place| values.get(place)) {
            Some(&value) => Some(height.place(value.into())),
            None => height_at(&self.line, time.place(step as f64)),
        }
    }
}
