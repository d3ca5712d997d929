//! Time travel: weights kept on the way, and questions about them answered beside the training.

mod findings;
mod grid;
mod keeps;
mod question;
mod study;

pub use findings::{Findings, Lesion, Seen};
pub use grid::grid;
pub use keeps::Keeps;
pub use question::{Finding, Question};
pub use study::{Setup as StudySetup, Snapshot, Study, Task};
