//! PNG, at two pixels a point or more. Lines and text are anti-aliased here: plotters' own bitmap lines are not.

use std::collections::BTreeMap;
use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use plotters::prelude::BitMapBackend;
use plotters::style::text_anchor::HPos;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};
use rust_i18n::t;

use super::canvas::{Canvas, Picture};
use super::figure::Figure;
use super::fonts::{HALF_LETTER, LATIN, runs};
use super::progress::Progress;
use super::{Size, effort, sheet};
use crate::error::{Error, Result};

/// Share of the time that drawing takes; the rest packs the pixels into the file.
const DRAWING: f64 = 0.9;
/// Text is drawn this much larger and averaged down: plotters places letters on whole pixels.
const FINE: i32 = 4;

/// The figure as a PNG file.
pub fn png(figure: &Figure, size: Size, progress: &Progress) -> Result<Vec<u8>> {
    let (pixels, [width, height]) = pixels(figure, size, progress)?;
    encode(&pixels, width, height)
}

/// The figure as rows of RGB pixels, with width and height.
pub fn pixels(figure: &Figure, size: Size, progress: &Progress) -> Result<(Vec<u8>, [usize; 2])> {
    let scale = size.pixels();
    let [width, height] = sheet::size(figure, size).map(|side| (side.ceil() * scale).round() as usize);
    let whole = effort::of_figure(figure, size, [width, height], scale, f64::from(FINE))?;
    let mut pixels = vec![255; width * height * 3];
    let backend = Bitmap {
        plain: BitMapBackend::with_buffer(&mut pixels, (width as u32, height as u32)),
        progress,
        done: 0.0,
        whole,
    };
    let mut canvas = Canvas::new(backend, scale, f64::from(FINE));
    let pictures = sheet::draw(figure, size, &mut canvas)?;
    canvas.present()?;
    drop(canvas);
    for picture in &pictures {
        paste(&mut pixels, width, picture, scale);
    }
    Ok((pixels, [width, height]))
}

/// RGB pixels as a PNG file.
pub fn encode(pixels: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    PngEncoder::new(&mut bytes)
        .write_image(pixels, width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|reason| Error::Export(t!("the figure could not be encoded as PNG: %{reason}", reason = reason)))?;
    Ok(bytes.into_inner())
}

/// Enlarges a picture into its place, each of its pixels a rectangle.
fn paste(pixels: &mut [u8], row_width: usize, picture: &Picture, scale: f64) {
    let [left, top, width, height] = picture.place.map(|value| (value * scale).round() as usize);
    let rows = picture.pixels.len() / picture.columns;
    for y in 0..height {
        for x in 0..width {
            let source = (y * rows / height) * picture.columns + x * picture.columns / width;
            let target = 3 * ((top + y) * row_width + left + x);
            if let Some(pixel) = pixels.get_mut(target..target + 3) {
                pixel.copy_from_slice(&picture.pixels[source]);
            }
        }
    }
}

/// plotters' bitmap with smooth lines and with text on the same baseline as in an SVG file.
struct Bitmap<'a> {
    plain: BitMapBackend<'a>,
    progress: &'a Progress,
    /// Effort spent, and of the whole figure.
    done: f64,
    whole: f64,
}

impl<'a> Bitmap<'a> {
    /// Before something is drawn: tells how far it is, and ends the drawing where it was broken off.
    fn spend(&mut self, effort: f64) -> Drawn<'a> {
        if self.progress.is_stopped() {
            let broken_off = std::io::Error::from(std::io::ErrorKind::Interrupted);
            return Err(DrawingErrorKind::FontError(Box::new(broken_off)));
        }
        self.progress
            .set((DRAWING * self.done / self.whole.max(1.0)).min(DRAWING) as f32);
        self.done += effort;
        Ok(())
    }
}

type Drawn<'a> = Result<(), DrawingErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>>;

impl<'a> DrawingBackend for Bitmap<'a> {
    type ErrorType = <BitMapBackend<'a> as DrawingBackend>::ErrorType;

    fn get_size(&self) -> (u32, u32) {
        self.plain.get_size()
    }

    fn ensure_prepared(&mut self) -> Drawn<'a> {
        self.plain.ensure_prepared()
    }

    fn present(&mut self) -> Drawn<'a> {
        self.plain.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn<'a> {
        self.plain.draw_pixel(point, color)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn<'a> {
        self.spend(effort::of_rect(upper_left, (right, bottom)))?;
        // plotters fills the last row and column too.
        self.plain.draw_rect(upper_left, (right - 1, bottom - 1), style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn<'a> {
        let points: Vec<[f32; 2]> = path.into_iter().map(|(x, y)| [x as f32, y as f32]).collect();
        self.spend(effort::of_path(&points, self.get_size()))?;
        let color = style.color();
        let mask = Mask::stroke(&points, style.stroke_width() as f32 / 2.0, self.get_size());
        for (point, coverage) in mask.covered() {
            let alpha = color.alpha * f64::from(coverage);
            self.plain.draw_pixel(point, BackendColor { alpha, ..color })?;
        }
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn<'a> {
        self.spend(effort::of_text(text, style.size()))?;
        let em = style.size() / LATIN.line_height;
        let width: i32 = runs(text).map(|(font, run)| font.pixels(run, em)).sum();
        let mut left = match style.anchor().h_pos {
            HPos::Left => 0,
            HPos::Center => -width / 2,
            HPos::Right => -width,
        };
        let mut coverage: BTreeMap<BackendCoord, f64> = BTreeMap::new();
        for (font, run) in runs(text) {
            // plotters puts the baseline half the size below the point; half of the letters' x-height is wanted.
            let lift = ((0.5 * font.line_height - HALF_LETTER) * em).round() as i32;
            font.draw(run, em, [left, lift], &mut |x, y, alpha| {
                let pixel = (x.div_euclid(FINE), y.div_euclid(FINE));
                *coverage.entry(pixel).or_default() += f64::from(alpha) / f64::from(FINE * FINE);
            });
            left += font.pixels(run, em);
        }
        let (turn, (columns, rows)) = (style.transform(), self.get_size());
        for ((dx, dy), alpha) in coverage {
            let (dx, dy) = turn.transform(dx, dy);
            let (x, y) = (x + dx, y + dy);
            if (0..columns as i32).contains(&x) && (0..rows as i32).contains(&y) {
                let alpha = alpha.min(1.0) * style.color().alpha;
                self.plain.draw_pixel((x, y), BackendColor { alpha, ..style.color() })?;
            }
        }
        Ok(())
    }
}

/// How much of each pixel a stroke covers, so that a translucent line is as faint where it crosses itself.
struct Mask {
    left: i32,
    top: i32,
    columns: usize,
    coverage: Vec<f32>,
}

impl Mask {
    /// A polyline with round joints and ends, cut to the bitmap.
    fn stroke(points: &[[f32; 2]], radius: f32, (width, height): (u32, u32)) -> Self {
        let reach = radius + 1.0;
        let bound = |axis: usize, limit: u32| {
            let values = points.iter().map(|point| point[axis]);
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
            let limit = limit as f32;
            (
                (low - reach).floor().clamp(0.0, limit) as i32,
                (high + reach).ceil().clamp(0.0, limit) as i32,
            )
        };
        let ((left, right), (top, bottom)) = (bound(0, width), bound(1, height));
        let columns = (right - left).max(0) as usize;
        let mut mask = Self {
            left,
            top,
            columns,
            coverage: vec![0.0; columns * (bottom - top).max(0) as usize],
        };
        for pair in points.windows(2) {
            mask.add(pair[0], pair[1], radius);
        }
        mask
    }

    fn add(&mut self, [ax, ay]: [f32; 2], [bx, by]: [f32; 2], radius: f32) {
        let (dx, dy) = (bx - ax, by - ay);
        let length_squared = (dx * dx + dy * dy).max(1e-6);
        let reach = radius + 1.0;
        let rows = self.coverage.len() / self.columns.max(1);
        let rows = span(ay.min(by) - reach, ay.max(by) + reach, self.top, rows);
        for row in rows {
            let y = (self.top + row as i32) as f32;
            // Of a long steep segment only the stretch near this row matters.
            let (mut from, mut to) = (ax.min(bx), ax.max(bx));
            if dy.abs() > 1e-6 {
                let near = [(y - reach - ay) / dy, (y + reach - ay) / dy].map(|t| ax + t.clamp(0.0, 1.0) * dx);
                (from, to) = (near[0].min(near[1]), near[0].max(near[1]));
            }
            for column in span(from - reach, to + reach, self.left, self.columns) {
                let x = (self.left + column as i32) as f32;
                let along = (((x - ax) * dx + (y - ay) * dy) / length_squared).clamp(0.0, 1.0);
                let distance = (x - ax - along * dx).hypot(y - ay - along * dy);
                let covered = (radius + 0.5 - distance).clamp(0.0, 1.0);
                let cell = &mut self.coverage[row * self.columns + column];
                *cell = cell.max(covered);
            }
        }
    }

    fn covered(&self) -> impl Iterator<Item = (BackendCoord, f32)> + '_ {
        let cells = self.coverage.iter().enumerate();
        cells.filter(|&(_, &coverage)| coverage > 0.0).map(|(i, &coverage)| {
            let (row, column) = (i / self.columns, i % self.columns);
            ((self.left + column as i32, self.top + row as i32), coverage)
        })
    }
}

/// The cells between two coordinates, of `count` that start at `first`.
fn span(from: f32, to: f32, first: i32, count: usize) -> std::ops::Range<usize> {
    let cell = |value: f32| (value - first as f32).clamp(0.0, count as f32) as usize;
    cell(from.floor())..cell(to.ceil() + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_cover_their_width_once() {
        let points = [[10.0, 10.0], [40.0, 10.0], [10.0, 10.0], [25.0, 30.0]];
        let mask = Mask::stroke(&points, 2.0, (50, 50));
        let at = |x: i32, y: i32| {
            mask.covered()
                .find(|&(point, _)| point == (x, y))
                .map_or(0.0, |(_, coverage)| coverage)
        };
        assert_eq!(at(30, 10), 1.0);
        assert_eq!(at(30, 12), 0.5);
        assert_eq!(at(30, 13), 0.0);
        assert_eq!(at(10, 10), 1.0);
        assert!(at(18, 20) > 0.5, "the slanted stretch is there");
        assert!(mask.covered().all(|(_, coverage)| coverage <= 1.0));
    }

    #[test]
    fn strokes_are_cut_to_the_bitmap() {
        let mask = Mask::stroke(&[[-1e6, -1e6], [1e6, 1e6]], 1.0, (20, 20));
        assert!(
            mask.covered()
                .all(|((x, y), _)| (0..20).contains(&x) && (0..20).contains(&y))
        );
        assert_eq!(
            Mask::stroke(&[[-50.0, 5.0], [-40.0, 5.0]], 1.0, (20, 20))
                .covered()
                .count(),
            0
        );
    }

    #[test]
    fn pictures_are_enlarged_into_place() {
        let mut pixels = vec![0; 8 * 8 * 3];
        let picture = Picture {
            place: [1.0, 1.0, 2.0, 2.0],
            columns: 2,
            pixels: vec![[1; 3], [2; 3], [3; 3], [4; 3]],
        };
        paste(&mut pixels, 8, &picture, 2.0);
        let at = |x: usize, y: usize| pixels[3 * (y * 8 + x)];
        assert_eq!(
            [at(2, 2), at(3, 3), at(4, 2), at(2, 4), at(5, 5), at(6, 6)],
            [1, 1, 2, 3, 4, 0]
        );
    }
}
