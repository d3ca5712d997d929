//! What a net's layers make of one image.

use std::collections::BTreeMap;

use rust_i18n::t;

use super::Subject;
use crate::data::Dataset;
use crate::engine::{BnMode, Engine, ProbeRequest, Select};
use crate::error::{Error, Result};
use crate::net::Array;

/// The last node of every net.
const LOGITS: &str = "logits";

/// The activations of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageMaps {
    /// The image, 0..=1, `[C, H, W]`.
    pub image: Array,
    /// Absent from an image that is not of the data set.
    pub label: Option<u32>,
    /// Test images there are.
    pub images: usize,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Of each class, by the softmax of the logits.
    pub probabilities: Vec<f32>,
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
    let mut probed = nodes.to_vec();
    if !nodes.iter().any(|node| node == LOGITS) {
        probed.push(LOGITS.to_owned());
    }
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::Nodes(probed),
        activation_gradients: Select::None,
        weight_gradients: false,
    };
    let mut maps: BTreeMap<String, Array> = engine
        .probe(&batch, &request)?
        .activations
        .iter()
        .map(|(node, array)| (node.clone(), first_image(array)))
        .collect();
    let logits = maps
        .get(LOGITS)
        .ok_or_else(|| Error::Engine(t!("the engine did not report the logits")))?;
    let probabilities = softmax(&logits.data);
    maps.retain(|node, _| nodes.contains(node));
    let pixels: usize = batch.shape.iter().product();
    Ok(ImageMaps {
        image: Array {
            shape: batch.shape.to_vec(),
            data: dataset.denormalised(&batch.images[..pixels]),
        },
        label: subject.label(dataset),
        images: dataset.test.len(),
        classes: dataset.classes.clone(),
        probabilities,
        maps,
    })
}

/// `[C, H, W]` of the batch's first image.
fn first_image(array: &Array) -> Array {
    let mut shape = array.shape[1..].to_vec();
    shape.resize(3, 1);
    let data = array.data[..shape.iter().product()].to_vec();
    Array { shape, data }
}

/// Probabilities of the classes.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let odds: Vec<f32> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f32 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `torch.softmax(torch.tensor([1., 2., 4.]), 0)`
    #[test]
    fn probabilities_are_pytorchs() {
        for (ours, theirs) in softmax(&[1.0, 2.0, 4.0]).into_iter().zip([0.0420, 0.1142, 0.8438]) {
            assert!((ours - theirs).abs() < 1e-4, "{ours} {theirs}");
        }
        assert_eq!(softmax(&[1000.0, 0.0]), [1.0, 0.0]);
    }
}
