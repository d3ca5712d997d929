//! Data sources, all brought to one form: seeded training and test splits of normalised `f32` images.

mod augment;
mod batch;
mod dataset;
mod source;

pub use augment::Augment;
pub use batch::Batch;
pub use dataset::{Dataset, Skipped, Split};
pub use source::Source;
