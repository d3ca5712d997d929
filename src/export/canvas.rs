//! A sheet to draw on, in points from the upper left corner, over any backend of plotters.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend};
use rust_i18n::t;

use super::figure::Point;
use super::fonts::{LATIN, balanced, is_chinese, room_for};
use super::outline;
use crate::error::{Error, Result};
use crate::palette::Rgb;

/// The em of what stands beneath a colour bar, the height of its lines, and the least room between its words.
const SMALL: f64 = 11.0;
const LINE: f64 = 14.0;
const GAP: f64 = 12.0;
/// From the beginning of a dash to that of the next one.
const DASH: f64 = 8.0;

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Middle,
    Right,
    /// Centred on the point and turned to be read from the right.
    Upright,
}

/// A translucent colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink(pub Rgb, pub f64);

impl From<Rgb> for Ink {
    fn from(colour: Rgb) -> Self {
        Ink(colour, 1.0)
    }
}

/// A picture that is not drawn stroke by stroke.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Left, top, width, height in points.
    pub place: [f64; 4],
    /// Pixels a row.
    pub columns: usize,
    /// Row-major.
    pub pixels: Vec<Rgb>,
}

/// What figures are drawn with.
pub struct Canvas<B: DrawingBackend> {
    backend: B,
    /// The backend's units a point.
    scale: f64,
    /// The em that the backend is told over the one it shall draw.
    font_unit: f64,
    /// Texts that are not all Latin, as SVG paths; `None` where the backend draws these too.
    outlines: Option<String>,
}

impl<B: DrawingBackend> Canvas<B> {
    pub fn new(backend: B, scale: f64, font_unit: f64) -> Self {
        Self {
            backend,
            scale,
            font_unit,
            outlines: None,
        }
    }

    /// Keeps texts that are not all Latin from the backend, and draws them as outlines.
    pub fn outlining(self) -> Self {
        Self {
            outlines: Some(String::new()),
            ..self
        }
    }

    /// The outlines that were drawn instead of texts.
    pub fn into_outlines(self) -> String {
        self.outlines.unwrap_or_default()
    }

    /// Finishes the drawing.
    pub fn present(&mut self) -> Result<()> {
        self.backend.present().map_err(failed)
    }

    fn at(&self, [x, y]: Point) -> BackendCoord {
        let unit = |value: f64| (value * self.scale).clamp(-1e6, 1e6).round() as i32;
        (unit(x), unit(y))
    }

    fn style(&self, Ink(colour, alpha): Ink, width: f64) -> ShapeStyle {
        let [r, g, b] = colour;
        ShapeStyle {
            color: RGBAColor(r, g, b, alpha),
            filled: true,
            stroke_width: (width * self.scale).round().max(1.0) as u32,
        }
    }

    /// A line through the points; one point is a dot.
    pub fn path(&mut self, points: &[Point], ink: impl Into<Ink>, width: f64) -> Result<()> {
        let style = self.style(ink.into(), width);
        match points {
            [] => Ok(()),
            [point] => self
                .backend
                .draw_circle(self.at(*point), style.stroke_width / 2, &style, true)
                .map_err(failed),
            points => {
                let path: Vec<BackendCoord> = points.iter().map(|&point| self.at(point)).collect();
                self.backend.draw_path(path, &style).map_err(failed)
            }
        }
    }

    /// A dashed line at that height.
    pub fn dashes(&mut self, [from, to]: [f64; 2], y: f64, ink: impl Into<Ink>, width: f64) -> Result<()> {
        let ink = ink.into();
        let starts = (0..)
            .map(|dash| from + DASH * f64::from(dash))
            .take_while(|start| *start < to);
        starts
            .into_iter()
            .try_for_each(|start| self.path(&[[start, y], [(start + DASH / 2.0).min(to), y]], ink, width))
    }

    /// Two short lines across each other.
    pub fn cross(&mut self, [x, y]: Point, arm: f64, colour: Rgb, width: f64) -> Result<()> {
        self.path(&[[x - arm, y - arm], [x + arm, y + arm]], colour, width)?;
        self.path(&[[x - arm, y + arm], [x + arm, y - arm]], colour, width)
    }

    /// A filled shape.
    pub fn polygon(&mut self, points: &[Point], ink: impl Into<Ink>) -> Result<()> {
        let style = self.style(ink.into(), 1.0);
        let corners: Vec<BackendCoord> = points.iter().map(|&point| self.at(point)).collect();
        self.backend.fill_polygon(corners, &style).map_err(failed)
    }

    /// A filled rectangle.
    pub fn rect(&mut self, [left, top, width, height]: [f64; 4], ink: impl Into<Ink>) -> Result<()> {
        let style = self.style(ink.into(), 1.0);
        let (from, to) = (self.at([left, top]), self.at([left + width, top + height]));
        self.backend.draw_rect(from, to, &style, true).map_err(failed)
    }

    /// A filled circle.
    pub fn dot(&mut self, centre: Point, radius: f64, ink: impl Into<Ink>) -> Result<()> {
        let style = self.style(ink.into(), 1.0);
        let radius = (radius * self.scale).round() as u32;
        self.backend
            .draw_circle(self.at(centre), radius, &style, true)
            .map_err(failed)
    }

    /// Text whose lower-case letters are centred on the point's height; `size` is the em.
    pub fn text(&mut self, text: &str, at: Point, size: f64, align: Align, colour: Rgb) -> Result<()> {
        // XML has no place for these.
        let drawable = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
        let text: String = text.chars().map(|c| if drawable(c) { c } else { ' ' }).collect();
        if let Some(outlines) = self.outlines.as_mut().filter(|_| text.chars().any(is_chinese)) {
            let at = at.map(|place| place * self.scale);
            *outlines += &outline::element(&text, at, size * self.scale, align, colour);
            return Ok(());
        }
        let [r, g, b] = colour;
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Middle | Align::Upright => HPos::Center,
            Align::Right => HPos::Right,
        };
        let mut font = LATIN.at(size * self.scale * self.font_unit);
        if align == Align::Upright {
            font = font.transform(FontTransform::Rotate270);
        }
        let colour = RGBAColor(r, g, b, 1.0);
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(horizontal, VPos::Center));
        self.backend.draw_text(&text, &style, self.at(at)).map_err(failed)
    }

    /// The values at the ends of a colour bar, and what they are values of: between them, or in up to two lines beneath where
    /// that has no room. `left`, height and width of the line.
    pub fn scale(&mut self, [low, of, high]: [&str; 3], [left, y, width]: [f64; 3], colour: Rgb) -> Result<()> {
        self.text(low, [left, y], SMALL, Align::Left, colour)?;
        self.text(high, [left + width, y], SMALL, Align::Right, colour)?;
        let [low, middle, high] = [low, of, high].map(|text| room_for(text, SMALL));
        let between = width - 2.0 * low.max(high) - GAP >= middle;
        if between {
            return self.text(of, [left + width / 2.0, y], SMALL, Align::Middle, colour);
        }
        for (place, line) in balanced(of, SMALL, width, 2).iter().enumerate() {
            let below = y + LINE * (place + 1) as f64;
            self.text(line, [left + width / 2.0, below], SMALL, Align::Middle, colour)?;
        }
        Ok(())
    }
}

fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Export(t!("the figure could not be drawn: %{reason}", reason = reason))
}
