//! Which image a net is asked about.

use std::path::Path;
use std::sync::Arc;

use rust_i18n::t;

use crate::data::{Batch, Dataset, fit_drawing, read_picture};
use crate::error::{Error, Result};

/// Images probed together, so that batch statistics mean something.
const COMPANY: usize = 32;

/// One image.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// Position in the test split.
    Test(usize),
    /// The user's own: `[C, H, W]`, 0..=1, in the data's shape.
    Own(Arc<[f32]>),
}

impl Default for Subject {
    fn default() -> Self {
        Subject::Test(0)
    }
}

impl Subject {
    /// An image file, squeezed into the data's shape.
    ///
    /// # Errors
    /// One sentence that says why it cannot be read.
    pub fn from_file(path: &Path, shape: [usize; 3]) -> Result<Self> {
        Ok(Subject::Own(read_picture(path, shape)?.into()))
    }

    /// A grey drawing, `[side, side]` in 0..=1.
    pub fn drawn(drawing: &[f32], side: usize, shape: [usize; 3]) -> Self {
        Subject::Own(fit_drawing(drawing, side, shape).into())
    }

    /// Its pixels as the net reads them, normalised.
    ///
    /// # Errors
    /// When there is no such image, or it has another shape than the data.
    pub fn pixels(&self, dataset: &Dataset) -> Result<Vec<f32>> {
        let size: usize = dataset.shape.iter().product();
        match self {
            Subject::Test(image) => match dataset.test.images.get(image * size..(image + 1) * size) {
                Some(pixels) => Ok(pixels.to_vec()),
                None => Err(Error::Data(t!(
                    "there is no test image %{image}: %{data} has %{count}, counted from 0",
                    image = image,
                    data = dataset.name,
                    count = dataset.test.len()
                ))),
            },
            Subject::Own(pixels) if pixels.len() == size => Ok(dataset.normalised_image(pixels)),
            Subject::Own(pixels) => Err(Error::Data(t!(
                "the image has %{values} values, but %{data} has %{size} an image",
                values = pixels.len(),
                data = dataset.name,
                size = size
            ))),
        }
    }

    /// Its class, where that is known.
    pub fn label(&self, dataset: &Dataset) -> Option<u32> {
        match self {
            Subject::Test(image) => dataset.test.labels.get(*image).copied(),
            Subject::Own(_) => None,
        }
    }

    /// The image, and with it others from all over the test split, always the same ones.
    ///
    /// # Errors
    /// As [`Subject::pixels`].
    pub fn in_company(&self, dataset: &Dataset) -> Result<Batch> {
        let test = &dataset.test;
        let size: usize = dataset.shape.iter().product();
        let others = COMPANY.min(test.len()) - 1;
        let mut batch = Batch {
            shape: dataset.shape,
            images: self.pixels(dataset)?,
            labels: vec![self.label(dataset).unwrap_or(0)],
            origin: None,
        };
        for i in (0..others).map(|i| i * test.len() / others) {
            batch.images.extend_from_slice(&test.images[i * size..(i + 1) * size]);
            batch.labels.push(test.labels[i]);
        }
        Ok(batch)
    }
}
