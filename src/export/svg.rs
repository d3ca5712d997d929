//! SVG: Latin text as text, other text as outlines, since few programs have its fonts or take them from the file.

use plotters::prelude::SVGBackend;

use super::canvas::{Canvas, Picture};
use super::figure::Figure;
use super::fonts::LATIN;
use super::{Size, png, sheet};
use crate::error::Result;
use crate::palette::Rgb;

/// Units a point: plotters counts in whole units, which alone would make lines rough.
const SCALE: f64 = 8.0;
/// Pixels of the longer side that a picture has at least, or half of them.
const SHARP: usize = 256;
/// plotters writes text this much smaller than its size.
const SMALLER: f64 = 1.24;

/// What letters that are not Latin become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    Outlines,
    /// Text, for a reader that has the shipped fonts.
    Text,
}

/// The figure as an SVG file, in millimetres where the paper has them.
pub fn svg(figure: &Figure, size: Size, letters: Letters) -> Result<String> {
    let [width, height] = sheet::size(figure, size).map(f64::ceil);
    let mut text = String::new();
    let units = [width, height].map(|side| (side * SCALE) as u32);
    let backend = SVGBackend::with_string(&mut text, (units[0], units[1]));
    let mut canvas = Canvas::new(backend, SCALE, SMALLER / LATIN.line_height);
    if letters == Letters::Outlines {
        canvas = canvas.outlining();
    }
    let pictures = sheet::draw(figure, size, &mut canvas)?;
    canvas.present()?;
    let outlines = canvas.into_outlines();
    let images = pictures.iter().map(element).collect::<Result<String>>()?;
    let text = text.replacen(
        &format!("<svg width=\"{}\" height=\"{}\"", units[0], units[1]),
        &match size.millimetres() {
            None => format!("<svg width=\"{width}\" height=\"{height}\""),
            Some(across) => format!("<svg width=\"{across}mm\" height=\"{:.3}mm\"", across * height / width),
        },
        1,
    );
    let body = text.trim_end().strip_suffix("</svg>").unwrap_or(&text);
    Ok(format!("{body}{outlines}{images}</svg>\n"))
}

/// An embedded picture whose pixels stay sharp: as many programs blur what they enlarge, it is enlarged here.
fn element(picture: &Picture) -> Result<String> {
    let rows = picture.pixels.len() / picture.columns;
    let times = (SHARP / picture.columns.max(rows)).max(1);
    let wide = picture.columns * times;
    let source = |at: usize| picture.pixels[at / wide / times * picture.columns + at % wide / times];
    let pixels: Vec<Rgb> = (0..wide * rows * times).map(source).collect();
    let bytes = png::encode(pixels.as_flattened(), wide, rows * times)?;
    let [left, top, width, height] = picture.place.map(|value| value * SCALE);
    Ok(format!(
        "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
         style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>\n",
        base64(&bytes)
    ))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0, |word, i| word << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= chunk.len() { digit as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        let pairs = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
