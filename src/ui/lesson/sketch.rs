//! A curve drawn by hand into an empty chart, by mouse or by keys, and the measured one beside it.

use eframe::egui::{
    Align2, FontId, Id, Key, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};
use rust_i18n::t;

use crate::lesson::CurveOf;
use crate::ui::keys::ARROWS;
use crate::ui::theme::{self, GRID, SMALL};

/// Places across the chart that have a height.
const KNOTS: usize = 49;
/// log10 of the losses at the chart's foot and top.
const LOW: f64 = -3.0;
const HIGH: f64 = 0.7;
/// How far an arrow key moves the pen: knots across, decades up.
const STRIDE: usize = 4;
const LIFT: f64 = 0.1;
/// The least and the largest height of the chart.
const HEIGHTS: [f32; 2] = [220.0, 320.0];
/// Room for the numbers at the left and beneath.
const LEFT: f32 = 44.0;
const BELOW: f32 = 22.0;

/// The drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// First and last place of the x axis.
    span: [f64; 2],
    /// What the places are.
    of: CurveOf,
    /// log10 of the loss by knot, where something was drawn.
    heights: [Option<f64>; KNOTS],
    /// Where the keys hold the pen.
    pen: usize,
    /// Where the pointer was last, while it draws.
    last: Option<(usize, f64)>,
}

/// A measured curve to stand beside the drawing: name, colour, `[x, loss]`.
pub struct Measured<'a> {
    pub name: &'a str,
    pub colour: eframe::egui::Color32,
    pub points: &'a [[f64; 2]],
}

impl Sketch {
    /// An empty chart: of the loss over so many steps, or along a direction.
    pub fn new(of: CurveOf, steps: usize) -> Self {
        Self {
            span: match of {
                CurveOf::TrainLoss => [0.0, steps.max(1) as f64],
                CurveOf::Slice => [-1.0, 1.0],
            },
            of,
            heights: [None; KNOTS],
            pen: 0,
            last: None,
        }
    }

    /// A chart with what was drawn into it earlier.
    pub fn of(of: CurveOf, points: &[[f64; 2]], steps: usize) -> Self {
        let mut sketch = Self::new(of, steps);
        for &[x, loss] in points {
            let knot = (sketch.share(x) * (KNOTS - 1) as f64).round();
            if loss > 0.0 && (0.0..KNOTS as f64).contains(&knot) {
                sketch.heights[knot as usize] = Some(loss.log10());
            }
        }
        sketch
    }

    /// `[x, loss]` of what was drawn, once it covers at least half of the chart.
    pub fn points(&self) -> Option<Vec<[f64; 2]>> {
        let drawn = self.heights.iter().enumerate();
        let points: Vec<[f64; 2]> = drawn
            .filter_map(|(knot, height)| Some([self.x(knot), 10f64.powf((*height)?)]))
            .collect();
        let (first, last) = (points.first()?[0], points.last()?[0]);
        (last - first >= (self.span[1] - self.span[0]) / 2.0).then_some(points)
    }

    /// Wipes everything.
    pub fn clear(&mut self) {
        self.heights = [None; KNOTS];
        self.pen = 0;
    }

    fn x(&self, knot: usize) -> f64 {
        let [first, last] = self.span;
        let x = first + knot as f64 / (KNOTS - 1) as f64 * (last - first);
        match self.of {
            CurveOf::TrainLoss => x.round(),
            CurveOf::Slice => x,
        }
    }

    /// How far along the axis a place is, 0..=1 within the chart.
    fn share(&self, x: f64) -> f64 {
        (x - self.span[0]) / (self.span[1] - self.span[0])
    }

    /// Where the pen begins: a training at the loss of guessing among ten classes.
    fn start(&self) -> f64 {
        match self.of {
            CurveOf::TrainLoss => 10f64.ln().log10(),
            CurveOf::Slice => (LOW + HIGH) / 2.0,
        }
    }

    /// A straight line between two knots.
    fn stroke(&mut self, from: (usize, f64), to: (usize, f64)) {
        let (low, high) = if from.0 <= to.0 { (from, to) } else { (to, from) };
        for knot in low.0..=high.0 {
            let share = (knot - low.0) as f64 / (high.0 - low.0).max(1) as f64;
            self.heights[knot] = Some(low.1 + share * (high.1 - low.1));
        }
        self.heights[to.0] = Some(to.1);
    }

    /// The chart to draw into; answers whether something was drawn.
    pub fn draw_ui(&mut self, ui: &mut Ui, name: &str, field: Id) -> bool {
        let (rect, _) = ui.allocate_exact_size(size(ui), Sense::hover());
        let response = ui.interact(rect, field, Sense::click_and_drag());
        let drawn = if self.points().is_some() {
            t!("drawn")
        } else {
            t!("nothing drawn yet")
        };
        let label = t!(
            "Chart to draw the training loss of %{net} into: %{state}",
            net = name,
            state = drawn
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &label));
        let frame = frame(rect);
        let changed = self.pointer(&response, frame) | self.keys(ui, &response);
        self.paint(ui, rect, None);
        let ink = theme::ink(ui);
        if response.has_focus() {
            ui.painter()
                .rect_stroke(frame, 2.0, Stroke::new(2.0, ink.text), StrokeKind::Outside);
            let height = self.heights[self.pen].unwrap_or(self.start());
            let at = place(frame, self.pen as f32 / (KNOTS - 1) as f32, height);
            ui.painter().circle_stroke(at, 6.0, Stroke::new(2.0, ink.text));
        } else if self.heights.iter().all(Option::is_none) {
            let font = FontId::proportional(SMALL);
            let words = t!("Draw here with the pointer, or with the arrow keys");
            let words = ui.painter().layout_no_wrap(words.into(), font, ink.weak);
            let place = Rect::from_center_size(frame.center(), words.size());
            // No line of the grid goes through them.
            ui.painter().rect_filled(place.expand(4.0), 0.0, ink.paper);
            ui.painter().galley(place.min, words, ink.weak);
        }
        changed
    }

    /// The drawing beside the measurement.
    pub fn compare_ui(&self, ui: &mut Ui, measured: Option<&Measured<'_>>) {
        let (rect, response) = ui.allocate_exact_size(size(ui), Sense::hover());
        let label = match measured {
            Some(measured) => t!("The curve drawn beside the measured one of %{net}", net = measured.name),
            None => t!("The curve drawn"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
        self.paint(ui, rect, measured);
    }

    fn pointer(&mut self, response: &Response, frame: Rect) -> bool {
        let held = response.is_pointer_button_down_on();
        let Some(pointer) = response.interact_pointer_pos().filter(|_| held) else {
            self.last = None;
            return false;
        };
        let share = ((pointer.x - frame.left()) / frame.width()).clamp(0.0, 1.0);
        let up = f64::from(((frame.bottom() - pointer.y) / frame.height()).clamp(0.0, 1.0));
        let at = ((share * (KNOTS - 1) as f32).round() as usize, LOW + up * (HIGH - LOW));
        self.stroke(self.last.unwrap_or(at), at);
        (self.last, self.pen) = (Some(at), at.0);
        true
    }

    /// Left and right move the pen, up and down lift the curve from there on.
    fn keys(&mut self, ui: &Ui, response: &Response) -> bool {
        if !response.has_focus() {
            return false;
        }
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, ARROWS));
        let pressed = |key| ui.input(|input| input.num_presses(key)) as isize;
        let across = pressed(Key::ArrowRight) - pressed(Key::ArrowLeft);
        let up = pressed(Key::ArrowUp) - pressed(Key::ArrowDown);
        let pen = self.pen as isize + across * STRIDE as isize;
        self.pen = pen.clamp(0, (KNOTS - 1) as isize) as usize;
        if up == 0 {
            return false;
        }
        let height = self.heights[self.pen].unwrap_or(self.start()) + LIFT * up as f64;
        let height = height.clamp(LOW, HIGH);
        let before = self.pen.saturating_sub(STRIDE);
        let from = self.heights[before].unwrap_or(height);
        self.stroke((before, from), (self.pen, height));
        self.stroke((self.pen, height), (KNOTS - 1, height));
        true
    }

    fn paint(&self, ui: &Ui, rect: Rect, measured: Option<&Measured<'_>>) {
        let ink = theme::ink(ui);
        let frame = frame(rect);
        let painter = ui.painter();
        let font = FontId::proportional(SMALL);
        for power in LOW as i32..=0 {
            let at = place(frame, 0.0, f64::from(power));
            painter.hline(frame.x_range(), at.y, Stroke::new(1.0, ink.line));
            let mark = crate::ui::ticks::power_of_ten(f64::from(power));
            painter.text(at - vec2(6.0, 0.0), Align2::RIGHT_CENTER, mark, font.clone(), ink.weak);
        }
        let corner = frame.right_top() + vec2(-4.0, 2.0);
        painter.text(corner, Align2::RIGHT_TOP, t!("training loss"), font.clone(), ink.weak);
        for share in [0.0, 0.5, 1.0] {
            let at = pos2(frame.left() + share * frame.width(), frame.bottom());
            painter.vline(at.x, frame.y_range(), Stroke::new(1.0, ink.line));
            let align = [Align2::LEFT_TOP, Align2::CENTER_TOP, Align2::RIGHT_TOP][(2.0 * share) as usize];
            let x = self.span[0] + f64::from(share) * (self.span[1] - self.span[0]);
            let words = match self.of {
                CurveOf::TrainLoss if share == 1.0 => t!("step %{step}", step = x.round()).into_owned(),
                CurveOf::TrainLoss => x.round().to_string(),
                CurveOf::Slice if share == 1.0 => t!("distance %{place}", place = x).into_owned(),
                CurveOf::Slice => x.to_string(),
            };
            painter.text(at + vec2(0.0, 4.0), align, words, font.clone(), ink.weak);
        }
        if let Some(measured) = measured {
            let points = measured.points.iter().filter(|point| point[1] > 0.0);
            let at = |[x, loss]: [f64; 2]| {
                let share = self.share(x).clamp(0.0, 1.0) as f32;
                place(frame, share, loss.log10().clamp(LOW, HIGH))
            };
            let line: Vec<Pos2> = points.copied().map(at).collect();
            if let Some(end) = line.last().copied() {
                let font = FontId::new(SMALL, theme::semibold());
                let name = painter.layout_no_wrap(measured.name.to_owned(), font, measured.colour);
                // Above all of the line that it stands over, or else beneath it.
                let left = end.x - name.size().x - 2.0;
                let over = line.iter().filter(|at| at.x >= left).map(|at| at.y);
                let [top, foot] = over.fold([end.y; 2], |[top, foot], y| [top.min(y), foot.max(y)]);
                let above = top - name.size().y - 2.0;
                let y = if above > frame.top() { above } else { foot + 2.0 };
                painter.galley(pos2(left, y), name, measured.colour);
            }
            painter.add(Shape::line(line, Stroke::new(2.0, measured.colour)));
        }
        let drawn = self.heights.iter().enumerate();
        let points: Vec<Pos2> = drawn
            .filter_map(|(knot, height)| Some(place(frame, knot as f32 / (KNOTS - 1) as f32, (*height)?)))
            .collect();
        let stroke = Stroke::new(2.5, ink.weak);
        if measured.is_some() {
            painter.extend(Shape::dashed_line(&points, stroke, 6.0, 4.0));
        } else {
            painter.add(Shape::line(points, stroke));
        }
    }
}

/// As high as leaves the button beneath it in sight.
fn size(ui: &Ui) -> Vec2 {
    let width = ui.available_width();
    let height = (0.5 * width).min(0.45 * ui.clip_rect().height());
    vec2(width, height.clamp(HEIGHTS[0], HEIGHTS[1]))
}

/// The chart itself, within the numbers.
fn frame(rect: Rect) -> Rect {
    Rect::from_min_max(rect.min + vec2(LEFT, GRID), rect.max - vec2(GRID, BELOW))
}

fn place(frame: Rect, share: f32, height: f64) -> Pos2 {
    let up = ((height - LOW) / (HIGH - LOW)) as f32;
    pos2(
        frame.left() + share * frame.width(),
        frame.bottom() - up * frame.height(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_fills_the_knots_between() {
        let mut sketch = Sketch::new(CurveOf::TrainLoss, 400);
        assert_eq!(sketch.points(), None);
        sketch.stroke((0, 0.0), (10, -1.0));
        assert_eq!(sketch.points(), None, "less than half of the chart");
        sketch.stroke((48, -2.0), (10, -1.0));
        let points = sketch.points().unwrap();
        assert_eq!((points.len(), points[0], points[48][0]), (KNOTS, [0.0, 1.0], 400.0));
        assert!((points[5][1] - 10f64.powf(-0.5)).abs() < 1e-9);
        assert!((points[48][1] - 0.01).abs() < 1e-9);
    }

    #[test]
    fn a_drawing_is_found_again() {
        let mut sketch = Sketch::new(CurveOf::TrainLoss, 400);
        sketch.stroke((0, 0.3), (48, -2.0));
        let again = Sketch::of(CurveOf::TrainLoss, &sketch.points().unwrap(), 400);
        for (a, b) in again.heights.iter().zip(sketch.heights) {
            assert!((a.unwrap() - b.unwrap()).abs() < 1e-9);
        }
        let damaged = [[f64::NAN, 1.0], [-5.0, 1.0], [9e9, 1.0], [1.0, -1.0]];
        assert_eq!(Sketch::of(CurveOf::TrainLoss, &damaged, 400).points(), None);
        let slice = Sketch::of(CurveOf::Slice, &[[-1.0, 2.0], [0.0, 0.1], [1.0, 2.0]], 400);
        assert_eq!(slice.points().unwrap().len(), 3);
    }
}
