//! Letters as outlines, alike in programs that have not the fonts.

use ab_glyph::{Font as _, FontRef, OutlineCurve};

use super::canvas::Align;
use super::figure::Point;
use super::fonts::{HALF_LETTER, runs};
use crate::palette::Rgb;

/// The text as an SVG path that says what it reads, where a text element would stand; `em` is in the file's units.
pub fn element(text: &str, [x, y]: Point, em: f64, align: Align, [r, g, b]: Rgb) -> String {
    let (path, width) = path(text, em);
    let left = match align {
        Align::Left => 0.0,
        Align::Middle | Align::Upright => -width / 2.0,
        Align::Right => -width,
    };
    let turn = if align == Align::Upright { "rotate(-90) " } else { "" };
    let label = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<path role=\"img\" aria-label=\"{}\" transform=\"translate({x:.1} {y:.1}) {turn}translate({left:.1} {:.1})\" \
         fill=\"#{r:02x}{g:02x}{b:02x}\" d=\"{path}\"/>\n",
        label.replace('"', "&quot;"),
        HALF_LETTER * em
    )
}

/// The outlines from the left end of the baseline on, and how far they reach.
fn path(text: &str, em: f64) -> (String, f64) {
    let (mut data, mut pen) = (String::new(), 0.0);
    for (font, run) in runs(text) {
        let Ok(face) = FontRef::try_from_slice(font.file) else {
            continue;
        };
        let scale = em / f64::from(face.units_per_em().unwrap_or(1000.0));
        for character in run.chars() {
            let glyph = face.glyph_id(character);
            let curves = face.outline(glyph).map(|outline| outline.curves);
            trace(&mut data, &curves.unwrap_or_default(), [pen, scale]);
            pen += scale * f64::from(face.h_advance_unscaled(glyph));
        }
    }
    (data, pen)
}

/// Adds the curves of one letter, a subpath for each of its contours.
fn trace(data: &mut String, curves: &[OutlineCurve], [left, scale]: [f64; 2]) {
    let mut end = None;
    for curve in curves {
        let (from, command, points) = match *curve {
            OutlineCurve::Line(from, to) => (from, 'L', vec![to]),
            OutlineCurve::Quad(from, bend, to) => (from, 'Q', vec![bend, to]),
            OutlineCurve::Cubic(from, first, second, to) => (from, 'C', vec![first, second, to]),
        };
        let place = |point: &ab_glyph::Point| {
            let [x, y] = [left + scale * f64::from(point.x), -scale * f64::from(point.y)];
            format!("{x:.1} {y:.1}")
        };
        if end != Some(from) {
            *data += &format!("M{}", place(&from));
        }
        end = points.last().copied();
        let places: Vec<String> = points.iter().map(place).collect();
        *data += &format!("{command}{}", places.join(" "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_their_contours_and_widths() {
        let (path, width) = path("步", 100.0);
        assert!((width - 100.0).abs() < 1e-6, "{width}");
        assert!(path.starts_with('M') && path.contains('C'), "{path}");
        assert_eq!(
            self::path("0", 100.0).0.matches('M').count(),
            2,
            "its outer and its inner edge"
        );
        assert_eq!(self::path(" ", 100.0).0, "");
    }

    #[test]
    fn an_outline_says_what_it_reads() {
        let element = element("损失 <1 & \"2\"", [8.0, 16.0], 88.0, Align::Upright, [0x22; 3]);
        assert!(
            element.contains("aria-label=\"损失 &lt;1 &amp; &quot;2&quot;\""),
            "{element}"
        );
        assert!(
            element.contains("translate(8.0 16.0) rotate(-90) translate("),
            "{element}"
        );
    }
}
