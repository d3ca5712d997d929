//! The weights that come with the program: a small residual net that has learned the digits of MNIST.
//! `assets/weights/README.md` tells how they were trained.

use std::path::Path;

use crate::engine::weights_file;
use crate::error::Result;
use crate::net::{Spec, Weights};

/// What experiment files call them.
pub const NAME: &str = "mnist-5k-8x8";
const FILE: &str = "assets/weights/mnist-5k-8x8.safetensors";
const BYTES: &[u8] = include_bytes!("../../assets/weights/mnist-5k-8x8.safetensors");
/// What was trained.
const NET: &str = "resnet-14:width=8,input=1x8x8";

/// Whether the backbone is of this net, so that it can start from it.
pub fn fits(spec: &Spec) -> bool {
    NET.parse::<Spec>().is_ok_and(|backbone| backbone == *spec)
}

/// Its weights.
///
/// # Errors
/// When the file is damaged.
pub fn backbone() -> Result<Weights> {
    weights_file::from_bytes(Path::new(FILE), BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Graph;

    #[test]
    fn it_holds_every_parameter_of_its_net() {
        let graph = Graph::new(&NET.parse().unwrap());
        let weights = backbone().unwrap();
        for param in &graph.params {
            assert_eq!(weights[&param.name].shape, param.shape, "{}", param.name);
        }
        assert!(fits(&graph.spec) && !fits(&graph.spec.twin()));
    }
}
