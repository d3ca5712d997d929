//! The sets that are part of the program; their sources and licences are in `assets/data/README.md`.

use std::path::Path;

use super::idx;
use super::raw::Raw;
use crate::error::Result;

/// A gzipped IDX file of `assets/data`, by name.
macro_rules! asset {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../assets/data/", $name)).as_slice())
    };
}

type Asset = (&'static str, &'static [u8]);

/// 1,797 handwritten digits, 1x8x8, with pixels in 0..=16.
pub(super) fn digits(seed: u64) -> Result<Raw> {
    unpack(
        asset!("digits-images-idx3-ubyte.gz"),
        asset!("digits-labels-idx1-ubyte.gz"),
        16.0,
        seed,
    )
}

/// 500 images of each digit of MNIST, 1x28x28.
pub(super) fn mnist_5k(seed: u64) -> Result<Raw> {
    unpack(
        asset!("mnist-5k-images-idx3-ubyte.gz"),
        asset!("mnist-5k-labels-idx1-ubyte.gz"),
        255.0,
        seed,
    )
}

fn unpack(images: Asset, labels: Asset, white: f32, seed: u64) -> Result<Raw> {
    let read = |(name, bytes): Asset, dimensions| idx::read(Path::new(name), bytes, bytes.len() as u64, dimensions);
    let (shape, all) = idx::labelled(
        Path::new(images.0),
        read(images, 3)?,
        Path::new(labels.0),
        read(labels, 1)?,
        white,
    )?;
    let classes = idx::class_names(all.labels.iter().copied());
    let (train, test) = all.hold_out(seed);
    Ok(Raw::new(shape, classes, train, test))
}
