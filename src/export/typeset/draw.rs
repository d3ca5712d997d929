//! Draws a table as it is set.

use plotters_backend::DrawingBackend;

use super::super::canvas::{Align, Canvas, Ink, Picture};
use super::super::figure::Point;
use super::super::fonts::{balanced, shortened};
use super::super::grid;
use super::super::sheet::{DARK, GREY, PALE};
use super::super::table::{Cell, Row};
use super::{
    AIR, BETWEEN, HEAD, HEAD_LINE, IMAGE, LINE, MARK, Setting, TALL_LINE, TEXT, TEXT_LINE, at_right, fits, marked,
};
use crate::error::Result;
use crate::palette::Rgb;

impl Setting<'_> {
    /// Draws it from that corner; the pictures in it come back.
    pub fn draw<B: DrawingBackend>(&self, canvas: &mut Canvas<B>, [left, top]: Point) -> Result<Vec<Picture>> {
        let mut pictures = Vec::new();
        let step = self.block_width + 2.0 * AIR * self.size;
        let rows = &self.table.rows[..self.shown];
        for (block, rows) in rows.chunks(self.lines.max(1)).enumerate() {
            pictures.extend(self.block(canvas, [left + block as f64 * step, top], rows)?);
        }
        Ok(pictures)
    }

    fn block<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        [left, top]: Point,
        rows: &[Row],
    ) -> Result<Vec<Picture>> {
        let (mut pictures, line) = (Vec::new(), self.line);
        let right = left + self.block_width;
        let rule = |canvas: &mut Canvas<B>, y: f64, colour: Rgb, width: f64| {
            canvas.path(&[[left, y], [right, y]], colour, width)
        };
        rule(canvas, top, DARK, 1.25)?;
        rule(canvas, top + self.head, DARK, 0.75)?;
        for index in 1..rows.len() {
            rule(canvas, top + self.head + index as f64 * line, PALE, 0.75)?;
        }
        rule(canvas, top + self.head + rows.len() as f64 * line, DARK, 1.25)?;
        let middle = |index: usize| top + self.head + (index as f64 + 0.5) * line;
        let mut at = left + if marked(self.table) { MARK * self.size } else { 0.0 };
        for &(column, width) in &self.columns {
            self.heading(canvas, column, [at, width, top])?;
            for (index, row) in rows.iter().enumerate() {
                pictures.extend(self.cell(canvas, row, column, [at, width, middle(index)])?);
            }
            at += width + BETWEEN * self.size;
        }
        for (index, row) in rows.iter().enumerate() {
            if let Some((colour, width)) = row.mark {
                let ends = [left, left + 14.0 * self.size].map(|x| [x, middle(index)]);
                canvas.path(&ends, colour, 1.6 * f64::from(width) * self.size)?;
            }
        }
        Ok(pictures)
    }

    fn heading<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        column: usize,
        [at, width, top]: [f64; 3],
    ) -> Result<()> {
        let size = HEAD * self.size;
        let title = balanced(&self.table.columns[column].title, size, width + 2.0, 2);
        let (x, align) = match at_right(self.table, column) {
            true => (at + width, Align::Right),
            false => (at, Align::Left),
        };
        // The last line stands on the rule.
        for (place, line) in title.iter().rev().enumerate() {
            let y = top + self.head - self.size * (10.0 + place as f64 * HEAD_LINE);
            canvas.text(line, [x, y], size, align, GREY)?;
        }
        Ok(())
    }

    /// Logarithms of the lowest and the highest value of a column's curves, which share a scale.
    fn reach(&self, column: usize) -> [f64; 2] {
        let values = self.table.column(column).flat_map(|cell| match cell {
            Cell::Curve(values, _) => values.as_slice(),
            _ => &[],
        });
        values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &value| {
            [low.min(logarithm(value)), high.max(logarithm(value))]
        })
    }

    fn cell<B: DrawingBackend>(
        &self,
        canvas: &mut Canvas<B>,
        row: &Row,
        column: usize,
        [at, width, middle]: [f64; 3],
    ) -> Result<Vec<Picture>> {
        let size = TEXT * self.size;
        match row.cells.get(column) {
            None => {}
            Some(Cell::Text(text)) => {
                let lines = match fits(text, size, width + 2.0, 1) || !fits(text, size, width + 2.0, self.texts) {
                    true => vec![shortened(text, size, width + 2.0)],
                    false => balanced(text, size, width + 2.0, self.texts),
                };
                let step = TEXT_LINE * self.size;
                let first = middle - 0.5 * step * (lines.len() - 1) as f64;
                for (place, line) in lines.iter().enumerate() {
                    canvas.text(line, [at, first + step * place as f64], size, Align::Left, DARK)?;
                }
            }
            Some(Cell::Number(text, _)) => canvas.text(text, [at + width, middle], size, Align::Right, DARK)?,
            Some(Cell::Curve(values, extent)) => {
                let place = [at, middle - 0.36 * LINE * self.size, width, 0.72 * LINE * self.size];
                let colour = row.mark.map_or(GREY, |(colour, _)| colour);
                let reach = self.reach(column);
                canvas.path(&curve(values, *extent, reach, place), Ink::from(colour), 1.25)?;
            }
            Some(Cell::Bar(text, value, of)) => {
                let length = self.bar * (value / of.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
                let bar = [at, middle - 5.0 * self.size, length.max(1.0), 10.0 * self.size];
                canvas.rect(bar, Ink(GREY, 0.55))?;
                canvas.text(text, [at + length + 5.0, middle], size, Align::Left, DARK)?;
            }
            Some(Cell::Images(images)) => {
                let side = IMAGE * (self.line / TALL_LINE).min(self.size);
                let step = side + 3.0 * self.size;
                let room = ((width + 3.0 * self.size) / step) as usize;
                let placed = |(index, image)| grid::own(image, [at + index as f64 * step, middle - side / 2.0, side]);
                return Ok(images.iter().take(room.max(1)).enumerate().map(placed).collect());
            }
        }
        Ok(Vec::new())
    }
}

fn logarithm(value: f32) -> f64 {
    f64::from(value.max(1e-6)).ln()
}

/// The line of a curve whose logarithms lie in that reach.
fn curve(values: &[f32], extent: [f32; 2], [low, high]: [f64; 2], [left, top, width, height]: [f64; 4]) -> Vec<Point> {
    let logs: Vec<f64> = values.iter().copied().map(logarithm).collect();
    if logs.len() < 2 {
        return Vec::new();
    }
    let reach = (high - low).max(0.05);
    let [from, to] = extent.map(f64::from);
    let share = (to - from).max(0.1) / (logs.len() - 1) as f64;
    let point = |(index, log): (usize, f64)| {
        let x = left + width * (from + share * index as f64).min(1.0);
        [x, top + height * (1.0 - (log - low) / reach)]
    };
    logs.iter().copied().enumerate().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_goes_from_its_highest_to_its_lowest_value() {
        let points = curve(
            &[4.0, 2.0, 1.0],
            [0.0, 0.5],
            [0.0, 4.0_f64.ln()],
            [10.0, 0.0, 100.0, 20.0],
        );
        assert_eq!(points[0], [10.0, 0.0]);
        assert_eq!(points[1], [35.0, 10.0]);
        assert_eq!(points[2], [60.0, 20.0]);
        assert!(curve(&[1.0], [0.0, 1.0], [0.0, 1.0], [0.0; 4]).is_empty());
    }
}
