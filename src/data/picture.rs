//! One image of the user's own, a file or a drawing, brought to a data set's shape.

use std::io::Cursor;
use std::path::Path;

use image::error::{LimitError, LimitErrorKind};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};
use rust_i18n::t;

use super::file;
use super::resize::Resizer;
use crate::error::{Error, Result};

const LARGEST_FILE: u64 = 64 << 20;
const LARGEST_SIDE: u32 = 1 << 14;
/// Of one decoded image: 40 million pixels in colour.
const LARGEST_IMAGE: u64 = 128 << 20;
/// How bright red, green and blue are (ITU-R BT.601).
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Whether the file's name is one of an image that can be read.
pub fn is_image(path: &Path) -> bool {
    let known = |extension: &str| ["png", "jpg", "jpeg", "bmp"].contains(&extension.to_ascii_lowercase().as_str());
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(known)
}

/// A png, jpeg or bmp file as `[C, H, W]` in 0..=1, squeezed into that shape as an image folder's files are.
///
/// # Errors
/// One sentence that says why it cannot be read.
pub fn read_picture(path: &Path, [channels, height, width]: [usize; 3]) -> Result<Vec<f32>> {
    let name = path.display();
    let colours = load(path, [height, width]).map_err(|why| {
        Error::Data(t!(
            "%{name} cannot be read as a png, jpeg or bmp image: %{why}",
            name = name,
            why = why
        ))
    })?;
    if channels == LUMA.len() {
        return Ok(colours);
    }
    let area = height * width;
    let grey = |at: usize| {
        LUMA.iter()
            .zip(colours.iter().skip(at).step_by(area))
            .map(|(share, value)| share * value)
            .sum()
    };
    let plane: Vec<f32> = (0..area).map(grey).collect();
    Ok(plane.repeat(channels))
}

/// A grey drawing, `[side, side]` in 0..=1, as `[C, H, W]`: each pixel the mean of what it covers.
pub fn fit_drawing(drawing: &[f32], side: usize, [channels, height, width]: [usize; 3]) -> Vec<f32> {
    let plane = Resizer::new([side, side], [height, width]).plane(|y, x| drawing[y * side + x]);
    plane.repeat(channels)
}

/// A file of a data set as `[3, H, W]` in 0..=1, upright, laid on white where it is transparent; or why not.
pub(super) fn load(path: &Path, to: [usize; 2]) -> Result<Vec<f32>, String> {
    let bytes = file::read(path, LARGEST_FILE).map_err(|error| error.to_string())?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(LARGEST_IMAGE);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| error.to_string())?;
    reader.limits(limits);
    let decoded = reader.into_decoder().and_then(|mut decoder| {
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        if decoder.total_bytes() > LARGEST_IMAGE {
            return Err(ImageError::Limits(LimitError::from_kind(
                LimitErrorKind::InsufficientMemory,
            )));
        }
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(image.into_rgba8())
    });
    let image = decoded.map_err(|error| reason(&error))?;
    let from = [image.height() as usize, image.width() as usize];
    if from.contains(&0) {
        return Err(t!("has no pixels").into());
    }
    let resizer = Resizer::new(from, to);
    let plane = |channel: usize| {
        resizer.plane(|y, x| {
            let pixel = image.get_pixel(x as u32, y as u32);
            let opacity = f32::from(pixel[3]) / 255.0;
            f32::from(pixel[channel]) / 255.0 * opacity + (1.0 - opacity)
        })
    };
    Ok((0..3).flat_map(plane).collect())
}

/// Why a file is no image to us; the library's own words are English.
fn reason(error: &ImageError) -> String {
    match error {
        ImageError::Unsupported(_) => t!("is not a png, jpeg or bmp file"),
        ImageError::Limits(_) => t!(
            "is larger than %{side} pixels in a direction or %{megabytes} MB in memory",
            side = LARGEST_SIDE,
            megabytes = LARGEST_IMAGE >> 20
        ),
        _ => t!("is damaged or cut short"),
    }
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_shape_of_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("half red.png");
        let image = image::RgbImage::from_fn(8, 4, |x, _| image::Rgb([if x < 4 { 255 } else { 0 }, 0, 0]));
        image.save(&path).unwrap();
        let colour = read_picture(&path, [3, 2, 2]).unwrap();
        assert_eq!(colour[..4], [1.0, 0.0, 1.0, 0.0]);
        assert!(colour[4..].iter().all(|&value| value == 0.0));
        assert_eq!(read_picture(&path, [1, 2, 2]).unwrap(), [0.299, 0.0, 0.299, 0.0]);
        std::fs::write(&path, "no image").unwrap();
        let why = read_picture(&path, [1, 2, 2]).unwrap_err().to_string();
        assert!(why.contains("half red.png cannot be read"), "{why}");
    }

    #[test]
    fn a_drawing_is_averaged() {
        let mut drawing = vec![0.0; 16];
        drawing[..2].fill(1.0);
        assert_eq!(
            fit_drawing(&drawing, 4, [2, 2, 2]),
            [0.5, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0]
        );
    }
}
