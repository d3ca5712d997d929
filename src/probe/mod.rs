//! Questions asked of a trained net.

mod maps;

pub use maps::{ImageMaps, feature_maps};
