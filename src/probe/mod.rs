//! Questions asked of a net.

mod information;
mod maps;
mod ridge;
mod statistics;
mod subject;

pub use information::{Information, Reading, information};
pub use maps::{ImageMaps, feature_maps};
pub use statistics::Statistics;
pub use subject::Subject;

pub use crate::data::is_image;
