//! Initial values, each from a generator of its own seeded by (seed, parameter name): adding or removing a block
//! shifts nothing else, and a plain net starts from the same values as its option-A residual twin.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::graph::{Graph, Param, ParamKind};
use super::spec::Init;
use super::weights::{Array, Weights};

/// The values a net starts from, buffers included.
///
/// Convolutions: He et al. 2015b, eq. 10 (fan-in), or Glorot & Bengio 2010 in its normal form; the linear layer:
/// standard deviation `sqrt(1 / fan_in)`; biases 0; normalisation weight 1, running mean 0 and variance 1.
pub fn initial_weights(graph: &Graph, seed: u64) -> Weights {
    let value = |param: &Param| match param.kind {
        _ if param.zeroed => Array::filled(param.shape.clone(), 0.0),
        ParamKind::ConvWeight => normal(param, seed, deviation(graph.spec.init, &param.shape)),
        ParamKind::LinearWeight => normal(param, seed, (1.0 / param.shape[1] as f64).sqrt()),
        ParamKind::Bias | ParamKind::NormBias | ParamKind::RunningMean => Array::filled(param.shape.clone(), 0.0),
        ParamKind::NormWeight | ParamKind::RunningVar => Array::filled(param.shape.clone(), 1.0),
    };
    graph
        .params
        .iter()
        .map(|param| (param.name.clone(), value(param)))
        .collect()
}

/// Fans as PyTorch counts them: of a grouped convolution, `fan_out` is not divided by the groups.
fn deviation(init: Init, shape: &[usize]) -> f64 {
    let area: usize = shape[2..].iter().product();
    let (fan_in, fan_out) = ((shape[1] * area) as f64, (shape[0] * area) as f64);
    match init {
        Init::He => (2.0 / fan_in).sqrt(),
        Init::Xavier => (2.0 / (fan_in + fan_out)).sqrt(),
    }
}

fn normal(param: &Param, seed: u64, deviation: f64) -> Array {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(fnv1a(&param.name));
    let draw = |_| {
        let value: f64 = StandardNormal.sample(&mut generator);
        (value * deviation) as f32
    };
    Array {
        shape: param.shape.clone(),
        data: (0..param.len()).map(draw).collect(),
    }
}

/// Fowler-Noll-Vo 1a, 64 bits: stable across platforms and versions, unlike the standard library's hasher.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(text: &str, seed: u64) -> Weights {
        initial_weights(&Graph::new(&text.parse().unwrap()), seed)
    }

    #[test]
    fn twins_start_alike_and_blocks_do_not_shift_each_other() {
        let (plain, residual) = (weights("plain-20", 3), weights("resnet-20", 3));
        assert_eq!(plain, residual);
        let deeper = weights("plain-32", 3);
        for name in ["conv1.weight", "layer1.2.conv1.weight", "layer3.0.conv2.weight"] {
            assert_eq!(plain[name], deeper[name], "{name}");
        }
        assert_ne!(plain["layer1.1.conv1.weight"], plain["layer1.1.conv2.weight"]);
        assert_ne!(plain["conv1.weight"], weights("plain-20", 4)["conv1.weight"]);
    }

    #[test]
    fn deviations_are_the_papers() {
        for (text, name, expected) in [
            ("resnet-20", "layer3.1.conv1.weight", (2.0f64 / (64.0 * 9.0)).sqrt()),
            (
                "resnet-20:init=xavier",
                "layer3.1.conv1.weight",
                (2.0f64 / (128.0 * 9.0)).sqrt(),
            ),
            (
                "resnext-29:init=xavier",
                "layer3.1.conv2.weight",
                (2.0f64 / ((256.0 + 2048.0) * 9.0)).sqrt(),
            ),
            ("resnet-20:classes=100", "fc.weight", (1.0f64 / 64.0).sqrt()),
        ] {
            let array = &weights(text, 0)[name];
            let measured = f64::from(array.norm()) / (array.data.len() as f64).sqrt();
            assert!(
                (measured / expected - 1.0).abs() < 0.03,
                "{text} {name}: {measured} against {expected}"
            );
        }
    }

    #[test]
    fn zeroed_weights_are_zero() {
        let weights = weights("resnet-8:zero_last=true", 0);
        assert!(weights["layer1.0.bn2.weight"].data.iter().all(|&value| value == 0.0));
        assert!(weights["layer1.0.bn1.weight"].data.iter().all(|&value| value == 1.0));
    }
}
