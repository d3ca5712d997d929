//! Draws one plot: grounds, grid, axes, curves, and the names at their ends.

use plotters_backend::DrawingBackend;

use super::canvas::{Align, Canvas, Ink};
use super::dashes::dashes;
use super::endings::Endings;
use super::figure::{Axis, Bracket, Curve, Ground, Plot, Point};
use super::fonts::{balanced, room_for, text_width};
use super::labels;
use super::sheet::{DARK, GREY, PALE, WHITE};
use super::ticks::{Tick, ticks};
use crate::error::Result;
use crate::palette::Rgb;

const TICK_SIZE: f64 = 11.0;
const LABEL_SIZE: f64 = 12.0;
const LABEL_LINE: f64 = 14.0;
const AXIS: Rgb = [0x8a; 3];
/// Opacity of the raw line.
const FAINT: f64 = 0.15;
/// Opacity of what the points are compared with.
const WHOLE: f64 = 0.7;
/// The share of the plot's width that leads from a line's end to its name at most.
const NEAR: f64 = 0.35;
/// Opacity of the band over seeds.
const BAND: f64 = 0.18;

/// The inner rectangle, and how values fall into it.
struct Frame<'a> {
    plot: &'a Plot,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: [f64; 2],
    y: [f64; 2],
}

impl Frame<'_> {
    fn x(&self, value: f64) -> f64 {
        self.left + share(&self.plot.x, self.x, value) * (self.right - self.left)
    }

    /// Clamped to the frame; what a logarithm cannot show lies on the lower edge.
    fn y(&self, value: f64) -> f64 {
        self.bottom - share(&self.plot.y, self.y, value) * (self.bottom - self.top)
    }

    fn point(&self, [x, y]: Point) -> Point {
        [self.x(x), self.y(y)]
    }
}

fn share(axis: &Axis, [low, high]: [f64; 2], value: f64) -> f64 {
    let (low, high) = (axis.position(low), axis.position(high));
    ((axis.position(value) - low) / (high - low)).clamp(0.0, 1.0)
}

/// What stands around the lines of a plot.
struct Around {
    x_label: Vec<String>,
    y_label: Vec<String>,
    y_ticks: Vec<Tick>,
    endings: Endings,
    gutter: f64,
    foot: f64,
}

impl Around {
    fn of(plot: &Plot, [width, height]: [f64; 2]) -> Self {
        let x_label = balanced(&plot.x.words(), LABEL_SIZE, width, 2);
        let foot = 30.0 + LABEL_LINE * x_label.len() as f64;
        let inner_height = height - foot - header(plot);
        let endings = Endings::of(plot, [width, inner_height]);
        Self {
            x_label,
            y_label: balanced(&plot.y.words(), LABEL_SIZE, inner_height, 3),
            y_ticks: ticks(&plot.y, plot.y_range(), (inner_height / 40.0) as usize),
            gutter: if endings.bracketed { 24.0 } else { 10.0 },
            endings,
            foot,
        }
    }

    /// What is left free at the left and at the right.
    fn margins(&self) -> [f64; 2] {
        let tick_width = |tick: &Tick| text_width(&tick.label, TICK_SIZE);
        let tick_width = self.y_ticks.iter().map(tick_width).fold(0.0, f64::max);
        let beside = 16.0 + LABEL_LINE * self.y_label.len() as f64;
        [tick_width + beside, self.endings.width + self.gutter]
    }
}

/// Room for the axis and for the names that a plot of that width and height needs at its left and its right.
pub fn margins(plot: &Plot, size: [f64; 2]) -> [f64; 2] {
    Around::of(plot, size).margins()
}

/// Draws `plot` into the rectangle left, top, width, height, with those margins at its left and its right.
pub fn draw<B: DrawingBackend>(
    plot: &Plot,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
    margins: [f64; 2],
) -> Result<()> {
    let (x, y) = (plot.x_range(), plot.y_range());
    let Around {
        x_label,
        y_label,
        y_ticks,
        endings,
        gutter,
        foot,
    } = Around::of(plot, [width, height]);
    let frame = Frame {
        plot,
        left: left + margins[0],
        right: left + width - margins[1],
        top: top + header(plot),
        bottom: top + height - foot,
        x,
        y,
    };
    if !plot.title.is_empty() {
        canvas.text(&plot.title, [frame.left, top], 13.0, Align::Left, DARK)?;
    }
    grounds(&frame, canvas)?;
    axes(&frame, canvas, &y_ticks)?;
    for (place, line) in y_label.iter().enumerate() {
        let y = middle([frame.top, frame.bottom], line, [frame.top, top + height]);
        let at = [left + 6.0 + LABEL_LINE * place as f64, y];
        canvas.text(line, at, LABEL_SIZE, Align::Upright, DARK)?;
    }
    for (place, line) in x_label.iter().enumerate() {
        let x = middle([frame.left, frame.right], line, [left, left + width]);
        let y = frame.bottom + 34.0 + LABEL_LINE * place as f64;
        canvas.text(line, [x, y], LABEL_SIZE, Align::Middle, DARK)?;
    }
    lines(&frame, canvas)?;
    end_labels(&frame, canvas, &endings, gutter)
}

/// The middle of an axis, or as near to it as a label has room.
fn middle([from, to]: [f64; 2], label: &str, [first, last]: [f64; 2]) -> f64 {
    let half = room_for(label, LABEL_SIZE) / 2.0;
    ((from + to) / 2.0).min(last - half).max(first + half)
}

/// The faint lines first, then bands and what is compared with, then the lines themselves.
fn lines<B: DrawingBackend>(frame: &Frame, canvas: &mut Canvas<B>) -> Result<()> {
    let curves = &frame.plot.curves;
    for curve in curves {
        for samples in curve.faint() {
            strokes(frame, canvas, &samples.points, Ink(curve.colour, FAINT), (1.0, false))?;
        }
    }
    for curve in curves {
        band(frame, canvas, curve)?;
        if let Some(whole) = curve.whole {
            canvas.dashes([frame.left, frame.right], frame.y(whole), Ink(curve.colour, WHOLE), 1.0)?;
        }
    }
    for curve in curves {
        let (ink, width) = (Ink(curve.colour, 1.0), f64::from(curve.width));
        strokes(frame, canvas, &curve.points, ink, (width, curve.dashed))?;
        if curve.dots {
            let radius = dot_radius(frame, curve);
            for &point in curve.points.iter().filter(|[_, y]| y.is_finite()) {
                canvas.dot(frame.point(point), radius, curve.colour)?;
                if curve.dashed {
                    canvas.dot(frame.point(point), 0.6 * radius, WHITE)?;
                }
            }
        }
    }
    for curve in curves {
        for &point in &curve.diverged {
            canvas.cross(frame.point(point), 5.0, curve.colour, 2.0)?;
        }
    }
    Ok(())
}

/// As large as leaves the dots apart, and visible on the line.
fn dot_radius(frame: &Frame, curve: &Curve) -> f64 {
    let apart = curve
        .points
        .windows(2)
        .map(|pair| frame.x(pair[1][0]) - frame.x(pair[0][0]));
    let nearest = apart.filter(|apart| *apart > 0.0).fold(f64::INFINITY, f64::min);
    let width = f64::from(curve.width);
    (width + 1.2).min(0.35 * nearest).max(0.5 * width)
}

/// Room above the frame: for the title, and for the grounds' names.
fn header(plot: &Plot) -> f64 {
    let title = if plot.title.is_empty() { 0.0 } else { 16.0 };
    let names = if plot.bands.is_empty() { 0.0 } else { 18.0 };
    4.0 + title + names
}

fn grounds<B: DrawingBackend>(frame: &Frame, canvas: &mut Canvas<B>) -> Result<()> {
    let has_room =
        |ground: &Ground| room_for(&ground.name, TICK_SIZE) <= frame.x(ground.to) - frame.x(ground.from) + 2.0;
    let named = frame.plot.bands.iter().all(has_room);
    for (i, ground) in frame.plot.bands.iter().enumerate() {
        let (from, to) = (frame.x(ground.from), frame.x(ground.to));
        let shade = [[0xf1; 3], [0xf8; 3]][i % 2];
        canvas.rect([from, frame.top, to - from, frame.bottom - frame.top], shade)?;
        if named {
            let at = [(from + to) / 2.0, frame.top - 7.0];
            canvas.text(&ground.name, at, TICK_SIZE, Align::Middle, GREY)?;
        }
    }
    Ok(())
}

fn axes<B: DrawingBackend>(frame: &Frame, canvas: &mut Canvas<B>, y_ticks: &[Tick]) -> Result<()> {
    for tick in y_ticks {
        let y = frame.y(tick.value);
        canvas.path(&[[frame.left, y], [frame.right, y]], PALE, 0.75)?;
        if !tick.label.is_empty() {
            canvas.text(&tick.label, [frame.left - 7.0, y], TICK_SIZE, Align::Right, GREY)?;
        }
    }
    let count = ((frame.right - frame.left) / 75.0) as usize;
    for tick in ticks(&frame.plot.x, frame.x, count) {
        let x = frame.x(tick.value);
        canvas.path(&[[x, frame.bottom], [x, frame.bottom + 4.0]], AXIS, 1.0)?;
        canvas.text(&tick.label, [x, frame.bottom + 14.0], TICK_SIZE, Align::Middle, GREY)?;
    }
    canvas.path(
        &[
            [frame.left, frame.top],
            [frame.left, frame.bottom],
            [frame.right, frame.bottom],
        ],
        AXIS,
        1.0,
    )
}

/// Draws a line, split where it is not finite.
fn strokes<B: DrawingBackend>(
    frame: &Frame,
    canvas: &mut Canvas<B>,
    points: &[Point],
    ink: Ink,
    (width, dashed): (f64, bool),
) -> Result<()> {
    for piece in pieces(points) {
        let piece: Vec<Point> = piece.iter().map(|&point| frame.point(point)).collect();
        let line = thinned(&piece);
        let parts = match dashed {
            true => dashes(&line, frame.right - frame.left),
            false => vec![line],
        };
        for part in parts {
            canvas.path(&part, ink, width)?;
        }
    }
    Ok(())
}

/// The stretches of finite points.
fn pieces(points: &[Point]) -> impl Iterator<Item = &[Point]> {
    points.split(|[_, y]| !y.is_finite()).filter(|piece| !piece.is_empty())
}

/// Of the points in each half point of width: the first, the lowest, the highest and the last.
fn thinned(points: &[Point]) -> Vec<Point> {
    let column = |point: &Point| (point[0] * 2.0).floor();
    let mut kept = Vec::new();
    for same in points.chunk_by(|a, b| column(a) == column(b)) {
        let mut picks = [0, same.len() - 1, 0, 0];
        for (i, point) in same.iter().enumerate() {
            if point[1] < same[picks[2]][1] {
                picks[2] = i;
            }
            if point[1] > same[picks[3]][1] {
                picks[3] = i;
            }
        }
        picks.sort_unstable();
        kept.extend(
            picks
                .iter()
                .enumerate()
                .filter(|&(k, pick)| k == 0 || picks[k - 1] != *pick)
                .map(|(_, &i)| same[i]),
        );
    }
    kept
}

fn band<B: DrawingBackend>(frame: &Frame, canvas: &mut Canvas<B>, curve: &Curve) -> Result<()> {
    let finite = |[_, low, high]: &[f64; 3]| low.is_finite() && high.is_finite();
    for piece in curve
        .spread
        .split(|place| !finite(place))
        .filter(|piece| piece.len() > 1)
    {
        let lower: Vec<Point> = piece.iter().map(|&[x, low, _]| frame.point([x, low])).collect();
        let upper: Vec<Point> = piece.iter().map(|&[x, _, high]| frame.point([x, high])).collect();
        let mut outline = thinned(&upper);
        outline.extend(thinned(&lower).into_iter().rev());
        canvas.polygon(&outline, Ink(curve.colour, BAND))?;
    }
    Ok(())
}

/// Names at the lines' ends and the bracket's text, in one column so that none covers another.
fn end_labels<B: DrawingBackend>(frame: &Frame, canvas: &mut Canvas<B>, endings: &Endings, gutter: f64) -> Result<()> {
    let end = |curve: &Curve| match (curve.end(), curve.whole) {
        (Some(end), _) => frame.point(end),
        (None, Some(whole)) => [frame.right, frame.y(whole)],
        (None, None) => [frame.right, frame.bottom],
    };
    let ends: Vec<Point> = frame.plot.curves.iter().map(end).collect();
    let mut wanted: Vec<f64> = ends.iter().map(|end| end[1]).collect();
    let bracket = frame.plot.bracket.as_ref().filter(|_| endings.bracketed);
    if let Some(&Bracket { from, to, .. }) = bracket {
        wanted.push((frame.y(from) + frame.y(to)) / 2.0);
    }
    let heights = endings.heights();
    let beyond = heights.iter().copied().fold(0.0, f64::max) / 2.0 - 7.0;
    let places = labels::spread_tall(&wanted, &heights, frame.top + beyond, frame.bottom - beyond);
    let left = frame.right + gutter;
    for (place, (curve, (end, &y))) in frame.plot.curves.iter().zip(ends.iter().zip(&places)).enumerate() {
        if end[0] < frame.right - NEAR * (frame.right - frame.left) {
            // A leader across the plot would be taken for a line; the name has the colour, and the height where it can.
        } else if end[0] < frame.right - gutter {
            dotted(canvas, [[end[0] + 6.0, end[1]], [left - 3.0, y]])?;
        } else if (end[1] - y).abs() > 3.0 || end[0] < frame.right - 2.0 {
            canvas.path(
                &[[end[0] + 2.0, end[1]], [left - 3.0, y]],
                Ink(curve.colour, 0.45),
                0.75,
            )?;
        }
        endings.draw(canvas, place, [left, y])?;
    }
    if let (Some(bracket), Some(&y)) = (bracket, places.get(ends.len())) {
        let (from, to) = (frame.y(bracket.from), frame.y(bracket.to));
        let (near, far) = (frame.right + 7.0, frame.right + 12.0);
        let outline = [[near, from], [far, from], [far, to], [near, to]];
        // The leaders pass behind it.
        canvas.path(&outline, WHITE, 4.0)?;
        canvas.path(&outline, DARK, 1.25)?;
        canvas.path(&[[far, (from + to) / 2.0], [left - 3.0, y]], DARK, 0.75)?;
        endings.draw(canvas, ends.len(), [left, y])?;
    }
    Ok(())
}

/// Leads from the early end of a line to its name, unlike anything that was measured.
fn dotted<B: DrawingBackend>(canvas: &mut Canvas<B>, [from, to]: [Point; 2]) -> Result<()> {
    let length = (to[0] - from[0]).hypot(to[1] - from[1]);
    let count = (length / 5.0).floor().max(1.0);
    for place in 0..=count as usize {
        let share = place as f64 / count;
        let at = [0, 1].map(|axis: usize| from[axis] + share * (to[axis] - from[axis]));
        canvas.dot(at, 0.5, GREY)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_split_where_they_are_not_finite() {
        let points = [
            [0.0, 1.0],
            [1.0, f64::NAN],
            [2.0, 3.0],
            [3.0, 4.0],
            [4.0, f64::INFINITY],
        ];
        let pieces: Vec<&[Point]> = pieces(&points).collect();
        assert_eq!(pieces, [&points[..1], &points[2..4]]);
    }

    #[test]
    fn thinning_keeps_the_extremes() {
        let points: Vec<Point> = (0..10_000)
            .map(|i| [f64::from(i) * 0.01, if i == 5_003 { 99.0 } else { f64::from(i % 7) }])
            .collect();
        let kept = thinned(&points);
        assert!(kept.len() <= 4 * 201, "{}", kept.len());
        assert!(kept.contains(&[50.03, 99.0]));
        assert!(kept.is_sorted_by(|a, b| a[0] < b[0]));
        assert_eq!(thinned(&points[..1]), points[..1]);
    }
}
