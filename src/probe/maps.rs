//! What a net's layers make of one image.

use std::collections::BTreeMap;

use super::Subject;
use crate::data::Dataset;
use crate::engine::{BnMode, Engine, ProbeRequest, Select};
use crate::error::Result;
use crate::net::Array;

/// The activations of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageMaps {
    /// The image, 0..=1, `[C, H, W]`.
    pub image: Array,
    /// Absent from an image that is not of the data set.
    pub label: Option<u32>,
    /// Test images there are.
    pub images: usize,
    /// `[C, H, W]` by node; a linear output is `[classes, 1, 1]`.
    pub maps: BTreeMap<String, Array>,
}

/// Probes the nodes for an image, with batch statistics over a fixed batch of test images beside it.
///
/// # Errors
/// When there is no such image or node.
pub fn feature_maps(
    engine: &mut dyn Engine,
    dataset: &Dataset,
    subject: &Subject,
    nodes: &[String],
) -> Result<ImageMaps> {
    let batch = subject.in_company(dataset)?;
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
        label: subject.label(dataset),
        images: dataset.test.len(),
        maps: probe
            .activations
            .into_iter()
            .map(|(node, array)| (node, first_image(&array)))
            .collect(),
    })
}

/// `[C, H, W]` of the batch's first image.
fn first_image(array: &Array) -> Array {
    let mut shape = array.shape[1..].to_vec();
    shape.resize(3, 1);
    let data = array.data[..shape.iter().product()].to_vec();
    Array { shape, data }
}
