//! Questions asked of a net.

mod information;
mod maps;
mod ridge;
mod subject;

pub use information::{Information, Reading, information};
pub use maps::{ImageMaps, feature_maps};
pub use subject::Subject;
