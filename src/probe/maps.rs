//! What a net's layers make of one image.

use std::collections::BTreeMap;

use crate::data::{Batch, Dataset};
use crate::engine::{BnMode, Engine, ProbeRequest, Select};
use crate::error::{Error, Result};
use crate::net::Array;

/// Images probed together, so that batch statistics mean something.
const COMPANY: usize = 32;

/// The activations of one test image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageMaps {
    /// The image, 0..=1, `[C, H, W]`.
    pub image: Array,
    pub label: u32,
    /// Test images there are.
    pub images: usize,
    /// `[C, H, W]` by node; a linear output is `[classes, 1, 1]`.
    pub maps: BTreeMap<String, Array>,
}

/// Probes the nodes for test image `image`, with batch statistics over a fixed batch of test images that contains it.
///
/// # Errors
/// When there is no such image or node.
pub fn feature_maps(engine: &mut dyn Engine, dataset: &Dataset, image: usize, nodes: &[String]) -> Result<ImageMaps> {
    let images = dataset.test.len();
    if image >= images {
        return Err(Error::Data(format!(
            "there is no test image {image}: {} has {images}, counted from 0",
            dataset.name
        )));
    }
    let batch = company(dataset, image);
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::Nodes(nodes.to_vec()),
        activation_gradients: Select::None,
        weight_gradients: false,
    };
    let probe = engine.probe(&batch, &request)?;
    let pixels: usize = batch.shape.iter().product();
    Ok(ImageMaps {
        image: Array {
            shape: batch.shape.to_vec(),
            data: dataset.denormalised(&batch.images[..pixels]),
        },
        label: batch.labels[0],
        images,
        maps: probe
            .activations
            .into_iter()
            .map(|(node, array)| (node, first_image(&array)))
            .collect(),
    })
}

/// The image, and with it others from all over the test split, always the same ones.
fn company(dataset: &Dataset, image: usize) -> Batch {
    let (shape, test) = (dataset.shape, &dataset.test);
    let others = COMPANY.min(test.len()) - 1;
    let spread = (0..others).map(|i| i * test.len() / others);
    let chosen: Vec<usize> = std::iter::once(image).chain(spread).collect();
    let pixels: usize = shape.iter().product();
    Batch {
        shape,
        images: chosen
            .iter()
            .flat_map(|&i| &test.images[i * pixels..(i + 1) * pixels])
            .copied()
            .collect(),
        labels: chosen.iter().map(|&i| test.labels[i]).collect(),
    }
}

/// `[C, H, W]` of the batch's first image.
fn first_image(array: &Array) -> Array {
    let mut shape = array.shape[1..].to_vec();
    shape.resize(3, 1);
    let data = array.data[..shape.iter().product()].to_vec();
    Array { shape, data }
}
