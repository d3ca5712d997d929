//! Experiments and how they run: the file, the trainer thread, what it says, what is kept.

mod experiment;
mod history;
mod message;
mod schedule;
mod slot;

pub use experiment::{Experiment, RunId, RunPlan, Track};
pub use history::{Evaluated, History, Measured, Series};
pub use message::{Command, Event, MapRequest, Maps, Phase};
pub use schedule::{Schedule, ScheduleKind};
pub use slot::Slot;
