//! Experiments and how they run: the file, the trainer thread, what it says, what is kept.

pub mod amounts;
pub mod audition;
mod beginning;
pub mod checkpoint;
mod course;
mod crew;
mod event_log;
mod experiment;
#[cfg(test)]
mod failure_tests;
#[cfg(test)]
mod fake;
mod files;
mod flight;
#[cfg(test)]
mod flight_tests;
mod folder;
mod gradient;
mod history;
mod lane;
mod layout;
mod library;
mod lockstep;
mod log_reader;
mod measure;
mod message;
mod outbox;
mod past;
mod preview;
mod recipe;
mod recorder;
mod rehearsal;
mod rewind;
mod schedule;
mod seeds;
pub mod shelf;
mod sketch;
mod slope;
mod slot;
mod start;
mod step_times;
mod summary;
mod telling;
#[cfg(test)]
mod tests;
mod tfevent;
mod trailing;
mod trainer;
mod watch;

pub use crate::engine::{Decay, Norms, OptimizerKind};
pub use beginning::is_shipped;
pub use experiment::{Branch, Experiment, RunId, RunPlan, Track, check_name};
pub use folder::RunFolder;
pub use gradient::{Gradient, scale};
pub use history::{Evaluated, History, Measured, Series};
pub use layout::Layout;
pub use measure::Measure;
pub use message::{Command, Event, MapRequest, Maps, Phase};
pub use preview::{Preview, Sample, Wanted};
pub use rewind::{
    Answers, Finding, Findings, LandscapeView, Lesion, Origin, PlaneKind, Question, RemovalStatistics, Removals, Seen,
    Work,
};
pub use schedule::{Schedule, ScheduleKind};
pub use seeds::over_seeds;
pub use shelf::Shelf;
pub use slope::slope_factor;
pub use slot::Slot;
pub use summary::{RunSummary, Status, Summary};
pub use trailing::{ENOUGH, LAST, Trailing};
pub use trainer::{Trainer, TrainerOptions};
