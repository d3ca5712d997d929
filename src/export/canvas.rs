//! A sheet to draw on, in points from the upper left corner, over any backend of plotters.

use std::sync::LazyLock;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{
    FontDesc, FontFamily, FontStyle, FontTransform, RGBAColor, ShapeStyle, TextStyle, register_font,
};
use plotters_backend::{BackendCoord, DrawingBackend};
use rust_i18n::t;

use super::figure::Point;
use crate::error::{Error, Result};
use crate::palette::Rgb;

/// The shipped font first, then what other machines have. The bitmap's font is registered under the whole list, which
/// is also what an SVG file names.
const FONT: &str = "Roboto, Arial, 'Liberation Sans', 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', sans-serif";

/// The shipped font's file.
pub const FONT_FILE: &[u8] = include_bytes!("../../assets/fonts/Roboto-Regular.ttf");

/// The font's line height over its em: the unit of its sizes in `ab_glyph`.
pub const LINE_HEIGHT: f64 = 1.171_875;

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
    /// The backend's font size over the em.
    font_unit: f64,
}

impl<B: DrawingBackend> Canvas<B> {
    pub fn new(backend: B, scale: f64, font_unit: f64) -> Self {
        LazyLock::force(&FONT_IS_REGISTERED);
        Self {
            backend,
            scale,
            font_unit,
        }
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
        let [r, g, b] = colour;
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Middle | Align::Upright => HPos::Center,
            Align::Right => HPos::Right,
        };
        let mut font = font(size * self.scale * self.font_unit);
        if align == Align::Upright {
            font = font.transform(FontTransform::Rotate270);
        }
        let colour = RGBAColor(r, g, b, 1.0);
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(horizontal, VPos::Center));
        // XML has no place for these.
        let drawable = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
        let text: String = text.chars().map(|c| if drawable(c) { c } else { ' ' }).collect();
        self.backend.draw_text(&text, &style, self.at(at)).map_err(failed)
    }
}

/// The room a text needs in points, also in the wider fonts that stand in for ours; `size` is the em.
pub fn room_for(text: &str, size: f64) -> f64 {
    1.16 * text_width(text, size)
}

/// The width of a text in points; `size` is the em.
pub fn text_width(text: &str, size: f64) -> f64 {
    LazyLock::force(&FONT_IS_REGISTERED);
    const FINE: f64 = 16.0;
    let width = font(size * LINE_HEIGHT * FINE)
        .box_size(text)
        .map_or(0, |(width, _)| width);
    f64::from(width) / FINE
}

/// Breaks a text into at most `lines` lines of at most `width` points; what does not fit ends in an ellipsis.
pub fn wrap(text: &str, size: f64, width: f64, lines: usize) -> Vec<String> {
    let mut result: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match result.last_mut() {
            Some(line) if room_for(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => result.push(word.to_owned()),
        }
    }
    let too_many = result.len() > lines;
    result.truncate(lines);
    for (i, line) in result.iter_mut().enumerate() {
        let cut = too_many && i + 1 == lines;
        if !cut && room_for(line, size) <= width {
            continue;
        }
        while !line.is_empty() && room_for(&format!("{line}\u{2026}"), size) > width {
            line.pop();
        }
        line.push('\u{2026}');
    }
    result
}

fn font(size: f64) -> FontDesc<'static> {
    FontDesc::new(FontFamily::Name(FONT), size, FontStyle::Normal)
}

static FONT_IS_REGISTERED: LazyLock<()> = LazyLock::new(|| {
    let registered = register_font(FONT, FontStyle::Normal, FONT_FILE);
    assert!(registered.is_ok(), "the shipped font is a font");
});

fn failed(reason: impl std::fmt::Display) -> Error {
    Error::Export(t!("the figure could not be drawn: %{reason}", reason = reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_grow_with_text_and_size() {
        assert!(text_width("plain-56", 13.0) > text_width("plain", 13.0));
        let (small, large) = (text_width("plain-56", 10.0), text_width("plain-56", 20.0));
        assert!((large / small - 2.0).abs() < 0.05, "{small} {large}");
        assert!(
            (40.0..60.0).contains(&text_width("plain-56", 13.0)),
            "{}",
            text_width("plain-56", 13.0)
        );
    }

    #[test]
    fn long_texts_wrap_and_end_in_an_ellipsis() {
        let text = "digits 8x8, width 8, SGD .9, lr .02 constant, batch 32, 400 steps, seed 0";
        let lines = wrap(text, 12.0, 200.0, 3);
        assert_eq!(lines.join(" "), text);
        assert!(lines.len() > 1 && lines.iter().all(|line| room_for(line, 12.0) <= 200.0));
        let cut = wrap(text, 12.0, 200.0, 1);
        assert!(cut.len() == 1 && cut[0].ends_with('\u{2026}'), "{cut:?}");
        assert_eq!(wrap("x".repeat(500).as_str(), 12.0, 50.0, 2).len(), 1);
        assert!(wrap("", 12.0, 50.0, 2).is_empty());
    }
}
