//! What the user sees: one panel a file. Panels read messages and history and ask for [`Action`]s; none knows an engine.

mod amount_axis;
mod architecture;
mod at_right;
pub mod axis;
mod block_bench;
mod block_stages;
mod block_tower;
mod cells;
mod chart;
mod chart_lines;
mod chart_marks;
mod chart_names;
mod choice;
mod controls;
pub mod cursor;
mod curves;
mod data;
mod depths;
pub mod draft;
mod empty;
mod fading;
mod finder;
mod first_minute;
mod fonts;
mod form;
mod forms;
mod fuzzy;
mod icon;
mod insertion;
mod keys;
mod lab;
mod landscape;
pub mod language;
mod layers;
mod lecture;
mod lesions;
mod lesson;
mod losses;
mod maps;
mod measure;
mod net_card;
mod net_field;
mod net_name;
mod networks;
mod outlook;
mod pane;
mod panels;
mod paper;
mod preset;
mod recipe_field;
mod recipe_form;
mod remedy;
mod runs;
pub mod series;
mod shattering;
mod shortcuts;
mod sizes;
mod slope;
mod standing;
mod status;
pub mod story;
mod task;
pub mod theme;
mod ticks;
mod tile;
mod tiling;
mod timeline;
mod tower;
mod traces;
mod transfer;
mod undo;
mod verdict;
mod weather;
mod weather_strip;
mod why;
mod widgets;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::{Color32, Ui};

pub use first_minute::{FirstMinute, Picture};
pub use lab::Lab;
pub use lesson::{Lessons, Origin};
pub use maps::Shown;
pub use panels::{Panel, Panes};
pub use paper::{Delivery, Print};
pub use preset::Preset;
pub use remedy::remedy;
pub use shortcuts::shortcuts_ui;
pub use story::Guess;
pub use task::{PaneKey, Task};

use crate::net::Spec;
use crate::palette;
use crate::run::shelf::Errand;
use crate::run::{Command, Experiment, Findings, History, RunPlan, Shelf};

/// What a panel wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Tell the trainer.
    Send(Command),
    /// Add a run to the experiment and the trainer.
    Add(RunPlan),
    /// Start this experiment anew on the engine of that name.
    Start(Box<Experiment>, String),
    /// Start an experiment that comes with the program, on the engine in use.
    StartNamed(&'static str),
    /// Deliver a figure.
    Export(Print),
    /// Break off the figure being delivered.
    StopFigure,
    /// Put the experiment on the clipboard as a Python file, or as the file it is.
    CopyCode,
    CopyExperiment,
    /// Do something with runs on the disk.
    Shelf(Errand),
    /// Ask for a folder of data with the system's dialog.
    ChooseData,
    /// Have an experiment of the open lesson in front, as it was left here or in that run folder; the user's own is set aside.
    Teach(Box<Experiment>, Option<PathBuf>),
    /// The lab has closed a lesson, perhaps for another one: back to the user's own training.
    LeaveLesson,
    /// Close the open lesson, and go back to the user's own panels and training.
    CloseLesson,
    /// Go to another room.
    Open(Room),
    /// Show the keys.
    ShowKeys,
    /// From light to dark to high contrast and around.
    SwitchTheme,
    /// From English to Chinese or back.
    SwitchLanguage,
    /// Into lecture mode or out of it.
    SwitchLecture,
}

impl Action {
    /// Whether it asks the trainer for something and changes nothing of the training.
    pub fn is_question(&self) -> bool {
        matches!(self, Self::Send(Command::Ask(_) | Command::Watch(_) | Command::Dismiss))
    }
}

/// The rooms of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Room {
    #[default]
    FirstMinute,
    Lab,
    Lessons,
}

/// How fast the training goes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Speed {
    /// All runs together.
    pub images_per_second: Option<f64>,
    pub seconds_left: Option<f64>,
    /// The last that was measured, in this training or before a pause.
    pub usual_images_per_second: Option<f64>,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doing {
    /// 0..=1
    pub share: f32,
    /// Estimated, once there is something to estimate from.
    pub left: Option<Duration>,
}

/// What there is to say beside the measurements.
#[derive(Debug, Clone, Copy, Default)]
pub struct News<'a> {
    /// The latest sentence.
    pub notice: Option<&'a str>,
    /// A figure that takes long.
    pub figure: Option<Doing>,
}

/// What every panel reads.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What was started, runs added since included.
    pub experiment: &'a Experiment,
    pub history: &'a History,
    /// Answers to questions about weights.
    pub findings: &'a Findings,
    /// The runs on the disk.
    pub shelf: &'a Shelf,
    /// "failed: reason", when the trainer has ended.
    pub failure: Option<&'a str>,
    /// Name of the engine asked for, and all names that can be.
    pub engine: &'a str,
    pub engines: &'a [&'a str],
}

/// Colour and line width of a net in a picture that shows the nets `among`.
fn line_style(ui: &Ui, spec: &Spec, among: &[&Spec]) -> (Color32, f32) {
    styled(ui, palette::run_style(spec, among))
}

/// The same of a style that is known.
fn styled(ui: &Ui, style: palette::Style) -> (Color32, f32) {
    let width = if theme::lecture(ui) { 1.5 } else { 1.0 } * style.width;
    (theme::pick(ui, style.light, style.dark), width)
}
