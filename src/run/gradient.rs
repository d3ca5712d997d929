//! Which gradient norms are looked at: of which moment, under which names, on which scale.

use std::borrow::Cow;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::history::{History, Measured, Series};
use crate::net::{Graph, Spec};

/// Which gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Gradient {
    /// dL/d(activation) at the stem's and each block's output.
    #[default]
    Activation,
    /// dL/d(weight) of each convolution and of the linear layer.
    Weight,
    /// The same over the norm of the weight itself: by which part of itself a unit learning rate would move it.
    Ratio,
}

impl Gradient {
    pub const ALL: [Gradient; 3] = [Gradient::Activation, Gradient::Weight, Gradient::Ratio];

    /// Stands on its button.
    pub fn word(self) -> Cow<'static, str> {
        match self {
            Gradient::Activation => t!("activations"),
            Gradient::Weight => t!("weights"),
            Gradient::Ratio => t!("to weight"),
        }
    }

    /// What exactly it is.
    pub fn title(self) -> Cow<'static, str> {
        match self {
            Gradient::Activation => t!("norm of dL/d(block output)"),
            Gradient::Weight => t!("norm of dL/d(weight), layer by layer"),
            Gradient::Ratio => t!("norm of dL/d(weight) over the norm of the weight, layer by layer"),
        }
    }

    /// The norms, input first; nothing where they were not measured.
    pub fn of(self, measured: &Measured) -> Cow<'_, [f32]> {
        let norms = &measured.norms;
        match self {
            Gradient::Activation => Cow::Borrowed(&norms.activation),
            Gradient::Weight => Cow::Borrowed(&norms.weight),
            Gradient::Ratio if norms.parameter.len() == norms.weight.len() => {
                let pairs = norms.weight.iter().zip(&norms.parameter);
                Cow::Owned(pairs.map(|(gradient, weight)| gradient / weight).collect())
            }
            Gradient::Ratio => Cow::Borrowed(&[]),
        }
    }

    /// The newest measurement of it that is not after `step`; the newest of all where there is none.
    pub fn at(self, series: &Series, step: Option<usize>) -> Option<&Measured> {
        let end = step.map_or(series.measured.len(), |step| {
            series.measured.partition_point(|measured| measured.step <= step)
        });
        series.measured[..end]
            .iter()
            .rfind(|measured| !self.of(measured).is_empty())
    }

    /// Names of the nodes they belong to.
    pub fn names(self, spec: &Spec) -> Vec<String> {
        let graph = Graph::new(spec);
        let nodes = match self {
            Gradient::Activation => graph.trunk(),
            Gradient::Weight | Gradient::Ratio => graph.weighted(),
        };
        nodes.into_iter().map(|node| graph.nodes[node].name.clone()).collect()
    }

    /// One scale for everything that was measured of it, so that magnitudes compare between nets and moments.
    pub fn scale(self, history: &History, robust: bool) -> Option<[f64; 2]> {
        let measured = history.runs.iter().flat_map(|run| &run.measured);
        scale(measured.flat_map(|measured| self.of(measured).into_owned()), robust)
    }
}

/// Decimal logarithms from the lowest to the highest positive norm; `robust` leaves out the outermost fiftieths.
pub fn scale(norms: impl Iterator<Item = f32>, robust: bool) -> Option<[f64; 2]> {
    let mut logs: Vec<f64> = norms
        .filter(|norm| norm.is_finite() && *norm > 0.0)
        .map(|norm| f64::from(norm).log10())
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
    use crate::run::Norms;

    #[test]
    fn a_robust_scale_leaves_out_the_extremes() {
        let norms: Vec<f32> = [1e-9, 1e3].into_iter().chain([1.0; 98]).collect();
        let near = |scale: Option<[f64; 2]>, wanted: [f64; 2]| {
            let scale = scale.unwrap();
            assert!((0..2).all(|end| (scale[end] - wanted[end]).abs() < 1e-6), "{scale:?}");
        };
        near(scale(norms.iter().copied(), false), [-9.0, 3.0]);
        near(scale(norms.iter().copied(), true), [-0.5, 0.5]);
        assert_eq!(scale([0.0, f32::NAN].into_iter(), false), None);
    }
    #[test]
    fn the_ratio_is_known_where_the_weights_were_measured() {
        let measured = |parameter: Vec<f32>| Measured {
            step: 3,
            norms: Norms {
                weight: vec![1.0, 6.0],
                parameter,
                ..Norms::default()
            },
        };
        assert_eq!(*Gradient::Ratio.of(&measured(vec![4.0, 2.0])), [0.25, 3.0]);
        assert!(Gradient::Ratio.of(&measured(Vec::new())).is_empty());
    }
}
