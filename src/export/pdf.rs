//! PDF: the SVG file as pages know it, with its text as text in the shipped fonts.

use std::sync::Arc;

use rust_i18n::t;
use svg2pdf::usvg::{Options, Tree, fontdb::Database};
use svg2pdf::{ConversionOptions, PageOptions};

use super::Size;
use super::figure::Figure;
use super::fonts::{CHINESE, LATIN};
use super::svg::{Letters, svg};
use crate::error::{Error, Result};

/// Points an inch.
const POINTS: f32 = 72.0;

/// The figure as a PDF file of one page.
pub fn pdf(figure: &Figure, size: Size) -> Result<Vec<u8>> {
    let failed =
        |reason: String| Error::Export(t!("the figure could not be written as PDF: %{reason}", reason = reason));
    let mut fonts = Database::new();
    for font in [&LATIN, &CHINESE] {
        fonts.load_font_data(font.file.to_vec());
    }
    fonts.set_sans_serif_family("Roboto");
    let options = Options {
        dpi: POINTS,
        font_family: "Roboto".into(),
        fontdb: Arc::new(fonts),
        ..Options::default()
    };
    let text = svg(figure, size, Letters::Text)?;
    let tree = Tree::from_str(&text, &options).map_err(|reason| failed(reason.to_string()))?;
    let page = PageOptions { dpi: POINTS };
    svg2pdf::to_pdf(&tree, ConversionOptions::default(), page).map_err(|reason| failed(reason.to_string()))
}
