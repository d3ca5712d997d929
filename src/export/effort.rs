//! What a drawing takes, found out by going through it without a pixel: the measure of its progress.

use std::convert::Infallible;

use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind};

use super::canvas::Canvas;
use super::figure::Figure;
use super::{Size, sheet};
use crate::error::Result;

/// What a letter takes, in areas of its own size.
const LETTER: f64 = 30.0;

/// What filling a rectangle takes, in pixels.
pub fn of_rect((left, top): BackendCoord, (right, bottom): BackendCoord) -> f64 {
    f64::from((right - left).abs()) * f64::from((bottom - top).abs())
}

/// What a stroke takes: the rectangle around it is looked through.
pub fn of_path(points: &[[f32; 2]], (width, height): (u32, u32)) -> f64 {
    let reach = |axis: usize, limit: u32| {
        let values = points
            .iter()
            .map(|point| f64::from(point[axis]).clamp(0.0, f64::from(limit)));
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        (high - low).max(0.0) + 2.0
    };
    reach(0, width) * reach(1, height)
}

/// What a text takes.
pub fn of_text(text: &str, size: f64) -> f64 {
    LETTER * text.len() as f64 * size
}

/// Of all that the figure draws on a sheet of `shape` pixels at `scale` pixels a point.
///
/// # Errors
/// When the figure cannot be drawn.
pub fn of_figure(figure: &Figure, size: Size, shape: [usize; 2], scale: f64, font_unit: f64) -> Result<f64> {
    let mut effort = 0.0;
    let backend = Counter {
        shape: (shape[0] as u32, shape[1] as u32),
        effort: &mut effort,
    };
    sheet::draw(figure, size, &mut Canvas::new(backend, scale, font_unit))?;
    Ok(effort)
}

struct Counter<'a> {
    shape: (u32, u32),
    effort: &'a mut f64,
}

type Counted = std::result::Result<(), DrawingErrorKind<Infallible>>;

impl DrawingBackend for Counter<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.shape
    }

    fn ensure_prepared(&mut self) -> Counted {
        Ok(())
    }

    fn present(&mut self) -> Counted {
        Ok(())
    }

    fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Counted {
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, _: &S, _: bool) -> Counted {
        *self.effort += of_rect(from, to);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, _: &S) -> Counted {
        let points: Vec<[f32; 2]> = path.into_iter().map(|(x, y)| [x as f32, y as f32]).collect();
        *self.effort += of_path(&points, self.shape);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, _: BackendCoord) -> Counted {
        *self.effort += of_text(text, style.size());
        Ok(())
    }
}
