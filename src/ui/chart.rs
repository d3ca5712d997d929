//! One chart with names at its lines' ends, linear or logarithmic, on egui_plot.

use std::ops::Range;

use eframe::egui::{self, Align2, Color32, FontId, Role, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{
    AxisHints, HoverPosition, Line, LineStyle, MarkerShape, Plot, PlotPoint, PlotPoints, PlotTransform, Points, Span,
};

use super::series::split;
use super::theme::{self, Ink, SMALL};
use super::ticks::{linear_marks, log_marks, plain, power_of_ten, whole};
use super::widgets::short;
use crate::export::spread;

const LABEL_GAP: f64 = 17.0;
/// Share of the lines' height that the spans' names take above them.
const SPAN_NAMES: f64 = 0.1;

/// A line with everything that belongs to it. Values are plain; the chart takes logarithms.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    /// Names it under the pointer.
    pub name: String,
    /// Stands at the line's end; may be empty.
    pub label: String,
    pub colour: Color32,
    pub width: f32,
    pub dashed: bool,
    /// Drawn at 15 % opacity beneath the line.
    pub raw: Vec<[f64; 2]>,
    pub line: Vec<[f64; 2]>,
    /// Drawn as circles.
    pub dots: Vec<[f64; 2]>,
    /// Where the run diverged.
    pub cross: Option<[f64; 2]>,
}

impl Curve {
    /// The curve in that colour and width.
    pub fn drawn(self, colour: Color32, width: f32) -> Self {
        Self { colour, width, ..self }
    }
}

/// A chart of curves.
pub struct Chart<'a> {
    pub id: &'a str,
    pub x_label: &'a str,
    /// Logarithmic y axis.
    pub log: bool,
    pub x: Range<f64>,
    /// Always visible part of the y axis.
    pub y: Range<f64>,
    /// Shaded spans of x with names at their top.
    pub spans: &'a [(Range<f64>, String)],
    /// Zoom and pan by mouse; double click goes back.
    pub interactive: bool,
    /// What a screen reader says.
    pub summary: String,
}

impl Chart<'_> {
    fn y(&self, value: f64) -> f64 {
        match self.log {
            true if value > 0.0 => value.log10(),
            true => f64::NAN,
            false => value,
        }
    }

    fn points(&self, points: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
        split(points.iter().map(|&[x, y]| [x, self.y(y)]))
    }

    /// Draws the chart in all the space there is.
    pub fn show_ui(&self, ui: &mut Ui, curves: &[Curve]) {
        let ink = theme::ink(ui);
        let font = FontId::new(SMALL, theme::semibold());
        let label_width = curves
            .iter()
            .map(|curve| {
                ui.painter()
                    .layout_no_wrap(curve.label.clone(), font.clone(), curve.colour)
                    .size()
                    .x
            })
            .fold(0.0, f32::max);
        let width = (ui.available_width() - 48.0).max(64.0);
        let room = f64::from(((label_width + 16.0) / width).min(0.6));
        let end = self.x.start + (self.x.end - self.x.start) / (1.0 - room);

        let (low, high) = self.heights(curves);
        let mut plot = self.plot(ink, end);
        if !self.spans.is_empty() {
            // The spans' names stand above the lines.
            plot = plot.include_y(high + SPAN_NAMES * (high - low));
        }
        let response = plot.show(ui, |plot| {
            if !self.interactive {
                let margin = 0.06 * (high - low);
                plot.set_plot_bounds_y(low - margin..=high + margin);
            }
            for (range, _) in self.spans.iter().step_by(2) {
                let shade = Span::new("", range.start..=range.end);
                plot.span(shade.fill(ink.line.gamma_multiply(0.35)).border_width(0.0));
            }
            for curve in curves {
                for piece in self.points(&curve.raw) {
                    plot.line(
                        line(curve, piece)
                            .color(curve.colour.gamma_multiply(0.15))
                            .allow_hover(false),
                    );
                }
            }
            for curve in curves {
                for piece in self.points(&curve.line) {
                    plot.line(line(curve, piece));
                }
                let dots: Vec<[f64; 2]> = self.points(&curve.dots).concat();
                if !dots.is_empty() {
                    plot.points(
                        Points::new(curve.name.clone(), dots)
                            .radius(3.0)
                            .color(curve.colour)
                            .shape(MarkerShape::Circle),
                    );
                }
                if let Some([x, y]) = curve.cross {
                    let y = self.y(y);
                    if y.is_finite() {
                        plot.points(
                            Points::new(format!("{} diverged", curve.name), vec![[x, y]])
                                .radius(7.0)
                                .color(curve.colour)
                                .shape(MarkerShape::Cross),
                        );
                    }
                }
            }
        });
        response
            .response
            .widget_info(|| WidgetInfo::labeled(Role::Image, true, &self.summary));
        // A plot knows the width of its tick labels only after it was drawn once.
        let drawn = response.response.id.with("drawn");
        if !ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(drawn), true)) {
            ui.ctx().request_discard("the axes' widths are known now");
        }
        self.spans_ui(ui, &response.transform, ink);
        self.names_ui(ui, &response.transform, curves, &font, ink);
    }

    /// Plot space between the lowest and the highest of what must be seen; raw lines may leave it.
    fn heights(&self, curves: &[Curve]) -> (f64, f64) {
        let lines = curves
            .iter()
            .flat_map(|curve| curve.line.iter().chain(&curve.dots).chain(&curve.cross));
        lines
            .map(|point| self.y(point[1]))
            .chain([self.y(self.y.start), self.y(self.y.end)])
            .filter(|y| y.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| {
                (low.min(y), high.max(y))
            })
    }

    /// Names of the spans, each in the middle of what is visible of it.
    fn spans_ui(&self, ui: &Ui, transform: &PlotTransform, ink: Ink) {
        let frame = *transform.frame();
        let painter = ui.painter_at(frame);
        for (range, name) in self.spans {
            let edge = |x: f64| transform.position_from_point_x(x).clamp(frame.left(), frame.right());
            let (left, right) = (edge(range.start), edge(range.end));
            let galley = painter.layout_no_wrap(name.clone(), FontId::proportional(SMALL), ink.weak);
            if right - left > galley.size().x + 4.0 {
                let corner = pos2((left + right - galley.size().x) / 2.0, frame.top() + 2.0);
                painter.galley(corner, galley, ink.weak);
            }
        }
    }

    fn plot<'p>(&'p self, ink: Ink, end: f64) -> Plot<'p> {
        let axis = |hints: AxisHints<'p>| {
            hints
                .tick_label_font(FontId::proportional(SMALL))
                .tick_label_color(ink.weak)
        };
        let mut x_axis = axis(AxisHints::new_x())
            .label_spacing(10.0..=12.0)
            .formatter(|mark, _| whole(mark.value));
        if !self.x_label.is_empty() {
            x_axis = x_axis.label(theme::caption(self.x_label).color(ink.weak));
        }
        let log = self.log;
        let y_axis = axis(AxisHints::new_y())
            .label_spacing(10.0..=12.0)
            .formatter(move |mark, _| {
                if log {
                    power_of_ten(mark.value)
                } else {
                    plain(mark.value)
                }
            });
        let plot = Plot::new(self.id)
            .custom_x_axes(vec![x_axis])
            .custom_y_axes(vec![y_axis])
            .show_background(false)
            .show_crosshair(false)
            .grid_color(ink.line)
            .grid_spacing(20.0..=40.0)
            .set_margin_fraction(vec2(0.0, 0.06))
            .include_x(self.x.start)
            .include_x(end)
            .include_y(self.y(self.y.start))
            .include_y(self.y(self.y.end))
            .allow_scroll(false)
            .allow_zoom(self.interactive)
            .allow_drag(self.interactive)
            .allow_axis_zoom_drag(self.interactive)
            .allow_boxed_zoom(self.interactive)
            .allow_double_click_reset(self.interactive)
            .min_size(vec2(48.0, 48.0))
            .label_formatter(move |hover| match hover {
                HoverPosition::NearDataPoint {
                    plot_name, position, ..
                } => {
                    let y = if log { 10f64.powf(position.y) } else { position.y };
                    Some(format!(
                        "{plot_name}\n{} {}\n{}",
                        self.x_label,
                        whole(position.x),
                        short(y)
                    ))
                }
                HoverPosition::Elsewhere { .. } => None,
            });
        let last = self.x.end;
        let plot = plot.x_grid_spacer(move |input| {
            // Names stand beyond the last step; no line and no number crosses them.
            linear_marks(input, 2.5)
                .into_iter()
                .filter(|mark| mark.value <= last)
                .collect()
        });
        if log {
            plot.y_grid_spacer(log_marks)
        } else {
            plot.y_grid_spacer(|input| linear_marks(input, 1.0))
        }
    }

    /// Names at the lines' ends, moved apart where lines end together, with a hairline back to the end.
    fn names_ui(&self, ui: &Ui, transform: &PlotTransform, curves: &[Curve], font: &FontId, ink: Ink) {
        let frame = *transform.frame();
        let painter = ui.painter_at(frame.expand2(vec2(8.0, 0.0)));
        let mut ends: Vec<(egui::Pos2, &Curve)> = curves
            .iter()
            .filter(|curve| !curve.label.is_empty())
            .filter_map(|curve| {
                let pieces = self.points(&curve.line);
                let &[x, y] = pieces.last()?.last()?;
                Some((transform.position_from_point(&PlotPoint::new(x, y)), curve))
            })
            .filter(|(end, _)| frame.expand(1.0).contains(*end))
            .collect();
        ends.sort_by(|a, b| b.0.x.total_cmp(&a.0.x));
        for cluster in ends.chunk_by(|a, b| (a.0.x - b.0.x).abs() < 80.0) {
            let wishes: Vec<f64> = cluster.iter().map(|(end, _)| f64::from(end.y)).collect();
            let half = LABEL_GAP / 2.0;
            let (top, bottom) = (f64::from(frame.top()) + half, f64::from(frame.bottom()) - half);
            let places = spread(&wishes, LABEL_GAP, top, bottom);
            let x = cluster.iter().map(|(end, _)| end.x).fold(f32::NEG_INFINITY, f32::max);
            for ((end, curve), y) in cluster.iter().zip(places) {
                let y = y as f32;
                if (end.y - y).abs() > 4.0 || x - end.x > 4.0 {
                    painter.line_segment(
                        [*end, pos2(x + 6.0, y)],
                        Stroke::new(1.0, curve.colour.gamma_multiply(0.5)),
                    );
                }
                let galley = painter.layout_no_wrap(curve.label.clone(), font.clone(), curve.colour);
                let rect = Align2::LEFT_CENTER.anchor_size(pos2(x + 8.0, y), galley.size());
                painter.add(Shape::rect_filled(
                    rect.expand2(vec2(2.0, -1.0)),
                    2.0,
                    ink.paper.gamma_multiply(0.8),
                ));
                painter.galley(rect.min, galley, curve.colour);
            }
        }
    }
}

fn line<'a>(curve: &Curve, points: Vec<[f64; 2]>) -> Line<'a> {
    let style = if curve.dashed {
        LineStyle::dashed_loose()
    } else {
        LineStyle::Solid
    };
    Line::new(curve.name.clone(), PlotPoints::from(points))
        .color(curve.colour)
        .width(curve.width)
        .style(style)
}
