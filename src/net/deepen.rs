//! Identity blocks inserted into a trained net: the constructive argument of He et al. 2015 written out. A net that copies a
//! shallower one and passes its maps on unchanged in all further blocks computes what the shallower one computes.

use std::collections::BTreeMap;

use rust_i18n::t;

use super::graph::Graph;
use super::init::initial_weights;
use super::spec::{BlockKind, Norm, Order, Shortcut, Spec};
use super::weights::{Array, Weights};

/// Added to a variance by batch normalisation.
const EPSILON: f32 = 1e-5;

/// A deeper net that can copy a shallower one.
#[derive(Debug, Clone, PartialEq)]
pub struct Deepened {
    pub graph: Graph,
    /// Each inserted block with the block of the shallow net that it stands behind.
    pub inserted: Vec<(String, String)>,
}

impl Deepened {
    /// The net of that depth with further blocks at the end of each stage.
    ///
    /// # Errors
    /// One sentence that says why its further blocks cannot be identities, or why there is no such net.
    pub fn new(shallow: &Graph, depth: usize) -> Result<Self, String> {
        let spec = Spec {
            depth,
            ..shallow.spec.clone()
        };
        spec.validate()?;
        let name = shallow.spec.short_name();
        if depth <= shallow.spec.depth {
            return Err(t!(
                "a net of %{depth} layers is not deeper than %{name}",
                depth = depth,
                name = name
            )
            .into());
        }
        if spec.residual() {
            if spec.shortcut == Shortcut::C || spec.scale != 1.0 {
                return Err(t!(
                    "the shortcuts of %{name} are no identities, so its further blocks are none either",
                    name = name
                )
                .into());
            }
        } else if spec.order == Order::Pre {
            return Err(t!(
                "a block of %{name} begins with a ReLU, which no kernel behind it can undo",
                name = name
            )
            .into());
        } else if spec.block == BlockKind::Bottleneck && spec.inner_width(1) < spec.output_width(1) {
            return Err(t!(
                "a bottleneck of %{name} has fewer channels inside than it must pass on",
                name = name
            )
            .into());
        }
        let graph = Graph::new(&spec);
        let (before, after) = (shallow.spec.blocks_per_stage(), spec.blocks_per_stage());
        let stage = |stage: usize| {
            (before..after).map(move |block| (format!("layer{stage}.{block}"), format!("layer{stage}.{}", before - 1)))
        };
        Ok(Self {
            inserted: (1..=3).flat_map(stage).collect(),
            graph,
        })
    }

    /// Whether its identities need to know what passes through them: the mean and variance of every channel.
    pub fn needs_statistics(&self) -> bool {
        !self.graph.spec.residual() && self.graph.spec.norm == Norm::Batch
    }

    /// The trained weights of the shallow net, with identities in the inserted blocks.
    ///
    /// Residual: the branch's last normalisation (or convolution) is zero; what stands before it starts from `seed`. Plain:
    /// the kernels pass each channel on, and normalisation undoes itself with running statistics: its weight is the
    /// deviation and its bias the mean of `passing`, by block of the shallow net and channel.
    pub fn weights(&self, trained: &Weights, seed: u64, passing: &BTreeMap<String, Vec<[f32; 2]>>) -> Weights {
        let mut weights = initial_weights(&self.graph, seed);
        for (name, value) in trained {
            if let Some(place) = weights.get_mut(name) {
                place.clone_from(value);
            }
        }
        let spec = &self.graph.spec;
        let layers = spec.convolutions_per_block();
        for (block, behind) in &self.inserted {
            let mut set = |name: String, value: &dyn Fn(&mut Array)| {
                if let Some(array) = weights.get_mut(&format!("{block}.{name}")) {
                    value(array);
                }
            };
            if spec.residual() {
                let last = match (spec.norm, spec.order) {
                    (Norm::Batch, Order::Post) => "bn",
                    _ => "conv",
                };
                set(format!("{last}{layers}.weight"), &|array| array.data.fill(0.0));
                continue;
            }
            let channels = passing.get(behind).map_or(&[][..], Vec::as_slice);
            let fill = |array: &mut Array, value: fn([f32; 2]) -> f32| {
                let values = array.data.iter_mut().zip(channels);
                values.for_each(|(place, &channel)| *place = value(channel));
            };
            for layer in 1..=layers {
                set(format!("conv{layer}.weight"), &dirac);
                let norm = format!("bn{layer}");
                set(format!("{norm}.weight"), &|array| {
                    fill(array, |[_, variance]| (variance + EPSILON).sqrt())
                });
                set(format!("{norm}.bias"), &|array| fill(array, |[mean, _]| mean));
                set(format!("{norm}.running_mean"), &|array| fill(array, |[mean, _]| mean));
                set(format!("{norm}.running_var"), &|array| {
                    fill(array, |[_, variance]| variance)
                });
            }
        }
        weights
    }
}

/// A kernel that passes each channel on.
fn dirac(kernel: &mut Array) {
    let [channels, read, height, width] = kernel.shape[..] else {
        return;
    };
    kernel.data.fill(0.0);
    for channel in 0..channels.min(read) {
        let middle = ((channel * read + channel) * height + height / 2) * width + width / 2;
        kernel.data[middle] = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deepened(text: &str, depth: usize) -> Result<Deepened, String> {
        Deepened::new(&Graph::new(&text.parse().unwrap()), depth)
    }

    #[test]
    fn blocks_are_inserted_at_the_end_of_each_stage() {
        let deepened = deepened("plain-8:width=4", 20).unwrap();
        assert_eq!(deepened.inserted.len(), 6);
        assert_eq!(deepened.inserted[1], ("layer1.2".into(), "layer1.0".into()));
        let trained = initial_weights(&Graph::new(&"plain-8:width=4".parse().unwrap()), 7);
        let passing = BTreeMap::from([("layer1.0".to_owned(), vec![[0.5, 0.25]; 4])]);
        let weights = deepened.weights(&trained, 0, &passing);
        for (name, value) in &trained {
            assert_eq!(weights[name], *value, "{name}");
        }
        let kernel = &weights["layer1.1.conv2.weight"];
        assert_eq!(kernel.data.iter().filter(|&&value| value == 1.0).count(), 4);
        assert_eq!(kernel.data[(4 + 1) * 9 + 4], 1.0, "channel 1 reads channel 1");
        assert_eq!(kernel.data.iter().sum::<f32>(), 4.0);
        assert_eq!(weights["layer1.1.bn1.weight"].data, [(0.25f32 + 1e-5).sqrt(); 4]);
        assert_eq!(weights["layer1.2.bn2.running_mean"].data, [0.5; 4]);
    }

    #[test]
    fn what_cannot_be_an_identity_is_told_why() {
        for (text, depth, says) in [
            ("plain-20", 20, "not deeper"),
            ("plain-20", 21, "nearest"),
            ("resnet-20:shortcut=C", 56, "no identities"),
            ("resnet-20:scale=0.5", 56, "no identities"),
            ("plain-20:order=pre", 56, "ReLU"),
            ("plain-20:block=bottleneck", 56, "fewer channels"),
        ] {
            let why = deepened(text, depth).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        assert!(deepened("resnet-20:order=pre", 56).is_ok());
    }
}
