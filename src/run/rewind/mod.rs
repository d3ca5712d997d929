//! Time travel: weights kept on the way, and questions about them answered beside the training.

mod answers;
mod block_work;
mod findings;
mod grid;
mod keeps;
mod question;
mod study;
mod worker;

pub use answers::Answers;
pub use findings::{Findings, Lesion, RemovalStatistics, Removals, Seen};
pub use grid::grid;
pub use keeps::Keeps;
pub use question::{Finding, LandscapeView, Origin, PlaneKind, Question, Work};
pub use study::{Setup as StudySetup, Snapshot, Study, Task};
