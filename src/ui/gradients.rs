//! What the gradient panels share: which norms, of which moment, under which names.

use std::borrow::Cow;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use crate::net::{Graph, Spec};
use crate::run::{Measured, Series};

/// Which gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Quantity {
    /// dL/d(activation) at the stem's and each block's output.
    #[default]
    Activation,
    /// dL/d(weight) of each convolution and of the linear layer.
    Weight,
}

impl Quantity {
    pub const ALL: [Quantity; 2] = [Quantity::Activation, Quantity::Weight];

    /// Stands on its button.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Quantity::Activation => t!("activations"),
            Quantity::Weight => t!("weights"),
        }
    }

    /// What exactly it is.
    pub fn title(self) -> Cow<'static, str> {
        match self {
            Quantity::Activation => t!("norm of dL/d(block output)"),
            Quantity::Weight => t!("norm of dL/d(weight), layer by layer"),
        }
    }

    /// The norms, input first.
    pub fn of(self, measured: &Measured) -> &[f32] {
        match self {
            Quantity::Activation => &measured.norms.activation,
            Quantity::Weight => &measured.norms.weight,
        }
    }

    /// Names of the nodes they belong to.
    pub fn names(self, spec: &Spec) -> Vec<String> {
        let graph = Graph::new(spec);
        let nodes = match self {
            Quantity::Activation => graph.trunk(),
            Quantity::Weight => graph.weighted(),
        };
        nodes.into_iter().map(|node| graph.nodes[node].name.clone()).collect()
    }
}

/// The newest measurement that is not after `step`; the newest of all where there is none.
pub fn measured_at(series: &Series, step: Option<usize>) -> Option<&Measured> {
    match step {
        None => series.measured.last(),
        Some(step) => {
            let end = series.measured.partition_point(|measured| measured.step <= step);
            series.measured[..end].last()
        }
    }
}

/// Decimal logarithms from the lowest to the highest positive norm; `robust` leaves out the outermost fiftieths.
pub fn scale<'a>(norms: impl Iterator<Item = &'a f32>, robust: bool) -> Option<[f64; 2]> {
    let mut logs: Vec<f64> = norms
        .filter(|norm| norm.is_finite() && **norm > 0.0)
        .map(|norm| f64::from(*norm).log10())
        .collect();
    logs.sort_by(f64::total_cmp);
    let last = logs.len().checked_sub(1)?;
    let cut = if robust { last / 50 } else { 0 };
    let [low, high] = [logs[cut], logs[last - cut]];
    Some(if high - low < 1e-6 {
        [low - 0.5, high + 0.5]
    } else {
        [low, high]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_robust_scale_leaves_out_the_extremes() {
        let norms: Vec<f32> = [1e-9, 1e3].into_iter().chain([1.0; 98]).collect();
        let near = |scale: Option<[f64; 2]>, wanted: [f64; 2]| {
            let scale = scale.unwrap();
            assert!((0..2).all(|end| (scale[end] - wanted[end]).abs() < 1e-6), "{scale:?}");
        };
        near(scale(norms.iter(), false), [-9.0, 3.0]);
        near(scale(norms.iter(), true), [-0.5, 0.5]);
        assert_eq!(scale([0.0, f32::NAN].iter(), false), None);
    }
}
