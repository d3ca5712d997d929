//! Parameters and buffers outside any engine: named `f32` arrays in PyTorch's layout.

use std::collections::BTreeMap;

/// A dense row-major `f32` array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Sizes, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// `shape.iter().product()` values.
    pub data: Vec<f32>,
}

impl Array {
    /// An array of one value.
    pub fn filled(shape: Vec<usize>, value: f32) -> Self {
        let data = vec![value; shape.iter().product()];
        Self { shape, data }
    }

    /// The Euclidean norm, accumulated in `f64`.
    pub fn norm(&self) -> f32 {
        self.data
            .iter()
            .map(|&v| f64::from(v) * f64::from(v))
            .sum::<f64>()
            .sqrt() as f32
    }
}

/// Arrays by PyTorch name (`layer1.0.conv1.weight`), in the order of their names.
pub type Weights = BTreeMap<String, Array>;
