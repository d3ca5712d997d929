//! One chart with names at its lines' ends, linear or logarithmic, on egui_plot.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use eframe::egui::{Color32, FontId, Id, Key, Modifiers, Rect, RichText, Role, Ui, Vec2b, WidgetInfo, pos2, vec2};
use egui_plot::{AxisHints, Plot, PlotBounds, PlotPoint, PlotTransform};

use super::axis::{Height, Time};
use super::chart_lines::height_at;
use super::chart_marks::{crosshair_ui, point_ui, spans_ui};
use super::chart_names::{AXIS, Names, Naming};
use super::cursor::Cursor;
use super::keys::pressed;
use super::theme::{self, Ink, SMALL};
use super::ticks::{linear_marks, log_marks, plain, power_of_ten, whole};
use crate::run::History;

/// Height of the spans' names above the lines, that of the axis beneath, and their share of the lines' height.
const SPAN_NAMES: f32 = 18.0;
const BENEATH: f32 = 44.0;
const SPAN_SHARE: std::ops::RangeInclusive<f64> = 0.1..=0.4;
/// How near the pointer must be to a line to mean it, in points.
pub const NEAR: f32 = 12.0;
/// Share of the width before the first of lines with dots, so that its dot is whole.
const DOT: f64 = 0.012;
/// Least distance of marks on the x axis in points, and its part where a narrow chart would have too few.
const MARKS_APART: f64 = 64.0;
const CLOSER: f64 = 0.6;
/// The same of a logarithmic axis of short numbers, and from which number on they are long.
const LOG_APART: f64 = 44.0;
const LONG: f64 = 10_000.0;
/// Least distance of marks on a linear y axis, in heights of a label.
const ROWS_APART: f64 = 1.6;
/// Height of lines over which values stand while a moment is held.
const TALL: f32 = 100.0;
/// Room beneath the label of an axis, in its heights, as egui_plot keeps it.
const LABEL_GAP: f32 = 0.25;
/// A frame of a window that trains.
const SOON: Duration = Duration::from_millis(33);

/// A line with everything that belongs to it, in plot space.
#[derive(Debug, Clone, Default)]
pub struct Curve<'a> {
    /// What it belongs to: a net's name.
    pub name: String,
    /// Stands at the line's end; may be empty.
    pub label: String,
    /// After the label, quieter: a final value, a number of seeds.
    pub detail: String,
    pub colour: Color32,
    pub width: f32,
    pub dashed: bool,
    /// Drawn faintly beneath the line.
    pub raw: Vec<&'a [PlotPoint]>,
    pub line: Cow<'a, [PlotPoint]>,
    /// The steps and values that the line was thinned from; may be empty.
    pub values: (&'a [u32], &'a [f32]),
    /// Lower and upper edge of a band, point by point; may be empty.
    pub band: [Cow<'a, [PlotPoint]>; 2],
    /// Each point of the line is a circle.
    pub dots: bool,
    /// Where runs were last finite.
    pub crosses: Vec<PlotPoint>,
}

/// Two heights whose difference has a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Bracket {
    pub from: f64,
    pub to: f64,
    pub text: String,
    /// Has room in its place, so that nothing moves when it stands there.
    pub instead: String,
}

/// Ties a chart over training steps to the cursor and to all charts that share it.
pub struct Link<'a> {
    pub cursor: &'a mut Cursor,
    pub history: &'a History,
}

/// What the x axis is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Across {
    Time(Time),
    /// Whole numbers.
    Count,
    /// From the one end, 0, to the other, 1.
    Share,
}

/// What a net's point is called, by its place on the line.
pub type PointName<'a> = &'a dyn Fn(&str, usize) -> String;

/// A chart of curves.
pub struct Chart<'a> {
    pub id: &'a str,
    pub x_label: &'a str,
    pub across: Across,
    pub height: Height,
    /// First and last place of the x axis.
    pub x: Range<f64>,
    /// Always visible heights, in plot space.
    pub y: Range<f64>,
    /// The axis shows just those heights with some air, though lines may leave them.
    pub exact: bool,
    /// Shaded spans of x with names at their top.
    pub spans: &'a [(Range<f64>, String)],
    pub bracket: Option<Bracket>,
    pub naming: Naming,
    /// Least room for the names, with which charts beneath each other have one scale.
    pub room: f32,
    /// What a net's point is called, asked where the pointer is at it.
    pub point_name: Option<PointName<'a>>,
    /// Name of the net that the pointer is over, in this panel or another.
    pub focus: Option<&'a str>,
    /// Zoom and pan by mouse; double click goes back.
    pub interactive: bool,
    /// What a screen reader says.
    pub summary: String,
}

/// Widths of the numbers beside the chart: the least, and one that lets charts beneath each other begin alike.
const NUMBERS: [f32; 2] = [38.0, 45.0];
/// Share of the height at whose foot a number would meet those of the other axis, and at whose top the title.
const CORNER: f64 = 0.015;

impl Chart<'_> {
    /// Draws the chart in all the space there is; answers with the net whose line the pointer is at. Without a `link`
    /// no cursor follows the pointer.
    pub fn show_ui(&self, ui: &mut Ui, curves: &[Curve<'_>], mut link: Option<Link<'_>>) -> Option<String> {
        let ink = theme::ink(ui);
        let zoom = link
            .as_ref()
            .and_then(|link| link.cursor.zoom)
            .and_then(|steps| self.places(steps));
        let names = Names::fit(ui, curves, self.bracket.as_ref(), self.naming, zoom.is_some()).with_room(ui, self.room);
        let told = names.legend_ui(ui, curves);
        let end = self.x.start + (self.x.end - self.x.start) / (1.0 - names.share);
        let dots = !matches!(self.across, Across::Time(_)) && curves.iter().any(|curve| curve.dots);
        let before = if dots { DOT * (end - self.x.start) } else { 0.0 };
        let wish_x = zoom.unwrap_or([self.x.start - before, end]);
        let lifted = ui.scope_id().with((self.id, "heights", self.height.log));
        // Heights hold until everything is to be seen again, in whichever chart that was wished.
        let whole = link.as_ref().map_or(0, |link| link.cursor.whole);
        let kept: Option<(usize, [f64; 2])> = ui.data(|data| data.get_temp(lifted));
        let kept = kept.filter(|(since, _)| *since == whole).map(|(_, heights)| heights);
        let wish_y = kept.unwrap_or_else(|| self.heights(curves, &(wish_x[0]..wish_x[1]), ui.available_height()));
        let wish = PlotBounds::from_min_max([wish_x[0], wish_y[0]], [wish_x[1], wish_y[1]]);

        let place = ui.available_rect_before_wrap();
        let response = self.plot(ink).show(ui, |plot| {
            plot.set_plot_bounds(wish);
            self.lines(plot, curves, ink);
        });
        response
            .response
            .widget_info(|| WidgetInfo::labeled(Role::Image, true, &self.summary));
        let transform = &response.transform;
        settle(ui, response.response.id.with("drawn"), Drawn::new(ui, place, transform));
        self.label_ui(ui, transform, place, ink);
        spans_ui(ui, transform, self.spans, ink);
        let pointer = &response.response;
        let named = names.names_ui(ui, transform, curves, self.bracket.as_ref(), pointer.hover_pos());
        if !self.interactive {
            return None;
        }
        let pointed = told.or(named).or_else(|| pointed(&response, curves));
        let reset = pointer.double_clicked() || link.is_some() && whole_asked(ui);
        if reset {
            ui.data_mut(|data| data.remove::<(usize, [f64; 2])>(lifted));
            if let Some(link) = &mut link {
                link.cursor.show_all();
            }
        } else {
            let (bounds, moved) = (transform.bounds(), |a: f64, b: f64, by: f64| {
                (a - b).abs() > 1e-9 * by.abs().max(1e-9)
            });
            let (min, max) = (bounds.min(), bounds.max());
            if moved(min[1], wish_y[0], bounds.height()) || moved(max[1], wish_y[1], bounds.height()) {
                ui.data_mut(|data| data.insert_temp(lifted, (whole, [min[1], max[1]])));
            }
            let across = moved(min[0], wish_x[0], bounds.width()) || moved(max[0], wish_x[1], bounds.width());
            if let (true, Some(link), Across::Time(time)) = (across, &mut link, self.across) {
                link.cursor.zoom = Some([time.step(min[0]), time.step(max[0])]);
            }
        }
        if let (Some(name), Some(at)) = (self.point_name, pointer.hover_pos()) {
            point_ui(ui, transform, (curves, self.height), (name, at), ink);
        }
        if let (Some(link), Across::Time(time)) = (link, self.across) {
            self.follow(ui, &response, link, time, curves, ink);
        }
        pointed
    }

    /// The pointer moves the cursor; every chart shows where it is.
    fn follow(
        &self,
        ui: &Ui,
        response: &egui_plot::PlotResponse<()>,
        link: Link<'_>,
        time: Time,
        curves: &[Curve<'_>],
        ink: Ink,
    ) {
        let (transform, pointer) = (&response.transform, &response.response);
        // Beyond the last step stand the names.
        let places = self.x.start..=self.x.end;
        let hovered = pointer.hover_pos().filter(|pos| transform.frame().contains(*pos));
        let place = hovered.map(|pos| transform.value_from_position(pos).x);
        if let Some(place) = place.filter(|place| places.contains(place)) {
            let step = time.step(place);
            link.cursor.hover_step(step);
            let before = pointer.id.with("before");
            if pointer.double_clicked() {
                // The first of the two clicks was none for itself.
                link.cursor.step = ui.data(|data| data.get_temp(before)).unwrap_or(link.cursor.step);
            } else if pointer.clicked() {
                ui.data_mut(|data| data.insert_temp(before, link.cursor.step));
                link.cursor.go_to(step, link.history);
            }
        }
        let cursor = link.cursor;
        for (step, firm) in [(cursor.step, true), (cursor.preview.step, false)] {
            let covered = firm && cursor.preview.step.is_some();
            if let Some(step) = step {
                // In a low chart the values would cover the lines for as long as a moment is held.
                let told = !(covered || firm && transform.frame().height() < TALL);
                let chart = (curves, self.height, self.focus);
                crosshair_ui(ui, transform, chart, (time, step), [firm, told], ink);
            }
        }
    }

    /// Places of a zoom given in steps.
    fn places(&self, steps: [f64; 2]) -> Option<[f64; 2]> {
        match self.across {
            Across::Time(time) => Some(steps.map(|step| time.place(step.max(0.0)))),
            Across::Count | Across::Share => None,
        }
    }

    /// From the lowest to the highest of what must be seen between two places, with some air, in a chart that has so many
    /// points of `room` with its axis; raw lines may leave it.
    pub(super) fn heights(&self, curves: &[Curve<'_>], places: &Range<f64>, room: f32) -> [f64; 2] {
        let lines: &[Curve<'_>] = if self.exact { &[] } else { curves };
        let within = |points: &[PlotPoint]| {
            let inside = points
                .iter()
                .filter(|point| point.x >= places.start && point.x <= places.end);
            let finite = inside.map(|point| point.y).filter(|y| y.is_finite());
            finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], y| {
                [low.min(y), high.max(y)]
            })
        };
        let lines = lines
            .iter()
            .flat_map(|curve| [&*curve.line, &*curve.band[0], &*curve.band[1], &*curve.crosses]);
        let [mut low, mut high] = lines
            .map(within)
            .fold([self.y.start, self.y.end], |[a, b], [low, high]| {
                [a.min(low), b.max(high)]
            });
        if high - low < 1e-9 {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let air = 0.06 * (high - low);
        let share = f64::from(SPAN_NAMES / (room - BENEATH - SPAN_NAMES).max(1.0));
        let names = match self.spans {
            [] => 0.0,
            _ => share.clamp(*SPAN_SHARE.start(), *SPAN_SHARE.end()) * (high - low),
        };
        [low - air, high + air + names]
    }

    /// What the x axis is, in the middle beneath what is seen of it.
    fn label_ui(&self, ui: &Ui, transform: &PlotTransform, place: Rect, ink: Ink) {
        let room = place.width() - AXIS;
        let laid = |words: &str| theme::elided(ui, words, FontId::proportional(SMALL), ink.weak, room);
        let whole = laid(self.x_label);
        // Where there is little room, its first clause.
        let clause = self.x_label.split([';', '；']).next();
        let label = match clause {
            Some(clause) if whole.elided => laid(clause),
            _ => whole,
        };
        let frame = transform.frame();
        let edge = |x: f64| transform.position_from_point_x(x).clamp(frame.left(), frame.right());
        let middle = (edge(self.x.start) + edge(self.x.end)) / 2.0;
        let most = (place.right() - label.size().x).max(place.left());
        let left = (middle - label.size().x / 2.0).clamp(place.left(), most);
        let top = place.bottom() - (1.0 + LABEL_GAP) * label.size().y;
        ui.painter().galley(pos2(left, top), label, ink.weak);
    }

    fn plot<'p>(&'p self, ink: Ink) -> Plot<'p> {
        let axis = |hints: AxisHints<'p>| {
            hints
                .tick_label_font(FontId::proportional(SMALL))
                .tick_label_color(ink.weak)
                .label_spacing(10.0..=12.0)
        };
        let across = self.across;
        let mut x_axis = axis(AxisHints::new_x()).formatter(move |mark, _| match across {
            Across::Time(time) if time.per_step < 1.0 => plain(time.value(mark.value)),
            Across::Time(time) => whole(time.value(mark.value).round()),
            Across::Count => whole(mark.value),
            Across::Share => format!("{} %", whole(100.0 * mark.value)),
        });
        if !self.x_label.is_empty() {
            // It is written beneath the lines, not beneath the names.
            x_axis = x_axis.label(RichText::new(" ").size(SMALL));
        }
        let log = self.height.log;
        let y_axis = axis(AxisHints::new_y())
            .min_thickness(NUMBERS[usize::from(self.room > 0.0)])
            .formatter(move |mark, _| {
                if log {
                    power_of_ten(mark.value)
                } else {
                    plain(mark.value)
                }
            });
        let last = self.x.end;
        let plot = Plot::new(self.id)
            .custom_x_axes(vec![x_axis])
            .custom_y_axes(vec![y_axis])
            .show_background(false)
            .show_crosshair(false)
            .grid_color(ink.line)
            .grid_spacing(20.0..=40.0)
            .auto_bounds(Vec2b::FALSE)
            .allow_scroll(false)
            .allow_zoom(self.interactive)
            .allow_drag(self.interactive)
            .allow_axis_zoom_drag(self.interactive)
            .allow_boxed_zoom(self.interactive)
            .allow_double_click_reset(false)
            .min_size(vec2(48.0, 48.0))
            .label_formatter(|_| None)
            .x_grid_spacer(move |input| {
                let marks: Vec<egui_plot::GridMark> = match across {
                    Across::Time(time) => {
                        let (low, high) = input.bounds;
                        let point = input.base_step_size / 20.0;
                        let dense = time.log && time.value(last) < LONG;
                        let apart = point * if dense { LOG_APART } else { MARKS_APART };
                        let few = time.marks(low, high, apart);
                        let marks = if few.len() > 2 {
                            few
                        } else {
                            time.marks(low, high, point * MARKS_APART * CLOSER)
                        };
                        marks
                            .into_iter()
                            .map(|value| egui_plot::GridMark {
                                value,
                                step_size: apart,
                            })
                            .collect()
                    }
                    Across::Count => linear_marks(input, 2.5),
                    // At least the ends.
                    Across::Share => {
                        let ends = 0.999 / input.base_step_size;
                        linear_marks(input, ends.min(6.0))
                    }
                };
                // Names stand beyond the last step; no line and no number crosses them.
                marks.into_iter().filter(|mark| mark.value <= last + 1e-9).collect()
            });
        let percent = self.height.factor == 100.0;
        plot.y_grid_spacer(move |input| {
            let (low, high) = input.bounds;
            let mut marks = match log {
                true => log_marks(input),
                false => linear_marks(input, ROWS_APART),
            };
            marks.retain(|mark| !percent || (-1e-9..100.0 + 1e-9).contains(&mark.value));
            // No line without its number.
            let edge = CORNER * (high - low);
            marks.retain(|mark| mark.value - low >= edge && high - mark.value >= edge);
            marks
        })
    }
}

/// How a plot was drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Drawn {
    place: Rect,
    scale: f32,
    /// Its lines, without the axes, and what is within them.
    frame: Rect,
    bounds: [[f64; 2]; 2],
}

impl Drawn {
    fn new(ui: &Ui, place: Rect, transform: &PlotTransform) -> Self {
        Self {
            place,
            scale: ui.ctx().pixels_per_point(),
            frame: *transform.frame(),
            bounds: [transform.bounds().min(), transform.bounds().max()],
        }
    }
}

/// A plot knows the width of its tick labels only after it was drawn with them: where anything has changed it is drawn
/// once more.
fn settle(ui: &Ui, id: Id, now: Drawn) {
    let before = ui.data_mut(|data| {
        let before = data.get_temp::<Drawn>(id);
        data.insert_temp(id, now);
        before
    });
    if before == Some(now) {
        return;
    }
    match before {
        None => {
            ui.ctx().request_discard("the axes' widths are known now");
            ui.ctx().request_repaint();
        }
        // While a tile or the window is resized, each frame has another place: one drawing a frame is enough.
        Some(before) if (before.place, before.scale, before.frame) != (now.place, now.scale, now.frame) => {
            ui.ctx().request_repaint();
        }
        Some(_) => ui.ctx().request_repaint_after(SOON),
    }
}

/// The net whose line is nearest above or beneath the pointer.
fn pointed(response: &egui_plot::PlotResponse<()>, curves: &[Curve<'_>]) -> Option<String> {
    let transform = &response.transform;
    let pointer = response.response.hover_pos()?;
    let place = transform.value_from_position(pointer).x;
    let distance = |curve: &Curve<'_>| {
        let spans = curve.line.first()?.x <= place && place <= curve.line.last()?.x;
        let y = height_at(&curve.line, place).filter(|y| spans && y.is_finite())?;
        let distance = (transform.position_from_point_y(y) - pointer.y).abs();
        (distance <= NEAR).then_some(distance)
    };
    let near = curves.iter().filter_map(|curve| Some((distance(curve)?, &curve.name)));
    near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name.clone())
}

/// Home shows the whole training again.
fn whole_asked(ui: &Ui) -> bool {
    ui.memory(|memory| memory.focused().is_none()) && pressed(ui, Modifiers::NONE, Key::Home)
}
