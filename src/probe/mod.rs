//! Questions asked of a net.

mod backbone;
mod contour;
mod forms;
mod information;
mod insertion;
mod landscape;
mod lesion;
mod maps;
mod path;
mod ridge;
mod shattering;
mod statistics;
mod subject;
mod transfer;

use std::sync::Arc;

pub use backbone::{NAME as BACKBONE, backbone, fits as backbone_fits};
pub use contour::contour;
pub use forms::{Formed, Forms, forms};
pub use information::{Information, Reading, information};
pub use insertion::{Growth, Insertion, insertion};
pub use landscape::{Landscape, Plane, landscape, rescaled, slice};
pub use lesion::{Patient, Removal, accuracy, lesions, removable};
pub use maps::{ImageMaps, feature_maps};
pub use path::Path;
pub use shattering::{Correlation, Shattering, autocorrelation, mean_cosine, shattering};
pub use statistics::Statistics;
pub use subject::Subject;
pub use transfer::{Target, Trial, Way};

pub use crate::data::is_image;
use crate::engine::{Engine, Optimizer};
use crate::error::Result;
use crate::net::{Graph, Weights};

/// Builds an engine for a net, at these weights.
pub type Open<'a> = dyn Fn(&Arc<Graph>, &Weights, Optimizer) -> Result<Box<dyn Engine>> + 'a;

/// Sees what a long probe has found so far, and the share of its work that is done, 0..=1; answers whether to go on.
pub type Watch<'a, T> = dyn FnMut(&T, f32) -> bool + 'a;
