//! Data sources, all brought to one form: seeded training and test splits of normalised `f32` images.

mod augment;
mod batch;
mod cifar;
mod dataset;
mod embedded;
mod file;
mod folder;
mod guess;
mod idx;
mod order;
mod picture;
mod random;
mod raw;
mod resize;
mod source;
mod split;
mod textures;

pub use augment::{Augment, Change};
pub use batch::{Batch, Origin, Pick};
pub use dataset::Dataset;
pub use picture::{fit_drawing, is_image, read_picture};
pub use raw::Skipped;
pub use source::Source;
pub use split::Split;
