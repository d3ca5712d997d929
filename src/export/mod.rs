//! Figures and data for others: a [`Figure`] is plain data, and each format writes the same one. One figure a file,
//! one exporter a file.

mod architecture;
mod bundle;
mod canvas;
mod csv;
mod curves;
mod dashes;
mod data;
mod depth;
mod effort;
mod endings;
mod error;
mod figure;
mod film;
mod fonts;
mod forms;
mod gradients;
mod grid;
mod heat;
mod information;
mod insertion;
mod labels;
mod landscape;
mod lesions;
mod loss;
mod maps;
mod nets;
mod networks;
mod outline;
mod pdf;
mod plot;
mod png;
mod progress;
pub mod pytorch;
pub mod relief;
mod runs;
#[cfg(test)]
mod samples;
mod shattering;
mod sheet;
mod size;
mod svg;
mod table;
#[cfg(test)]
mod tests;
mod ticks;
mod timeline;
mod tower;
mod transfer;
mod typeset;
mod weather;
mod words;
mod write;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use rust_i18n::t;

pub use dashes::dashes;
pub use figure::{
    Axis, Body, Bracket, Curve, Figure, Film, Ground, HeatMap, MapGrid, Panel, Plot, Point, Relief, Samples, Scale,
    Strip, Tower, Towers, logarithmic,
};
pub use fonts::CHINESE as CHINESE_FONT;
pub use labels::spread;
pub use progress::Progress;
pub use size::Size;
pub use table::{Cell, Heading, Row, Table};
pub use write::{write_figures, write_file};

use crate::error::{Error, Result};
use crate::net::Surgery;
use crate::run::shelf::Line;
use crate::run::{Experiment, Findings, Gradient, History, Maps, Measure, Preview, RunId, Series};

/// What a figure shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Step against training loss.
    Loss,
    /// Step against training loss and training error, side by side.
    Curves,
    /// Step against training and test error.
    Error,
    /// Block or layer against the norm of its gradient.
    Gradients,
    /// Feature maps of one image.
    Maps,
    /// Final error and loss against depth.
    Depth,
    /// What is left of the input, block by block.
    Information,
    /// Accuracy after cuts.
    Lesions,
    /// Every layer's gradient over training time.
    Weather,
    /// The moments whose weights are kept.
    Timeline,
    /// One block in its equivalent forms.
    Forms,
    /// Nets made deeper by identities, and trained on.
    Insertion,
    /// Autocorrelation of input gradients.
    Shattering,
    /// Accuracy with few labels, and which layers move.
    Transfer,
    /// The loss around the weights.
    Landscape,
    /// The nets, with what they cost and came to.
    Networks,
    /// Runs of one or many trainings.
    Runs,
    /// What the nets learn from.
    Data,
    /// The nets' blocks and shortcuts.
    Architecture,
}

impl Kind {
    pub const ALL: [Kind; 19] = [
        Kind::Loss,
        Kind::Curves,
        Kind::Error,
        Kind::Gradients,
        Kind::Maps,
        Kind::Depth,
        Kind::Information,
        Kind::Lesions,
        Kind::Weather,
        Kind::Timeline,
        Kind::Forms,
        Kind::Insertion,
        Kind::Shattering,
        Kind::Transfer,
        Kind::Landscape,
        Kind::Networks,
        Kind::Runs,
        Kind::Data,
        Kind::Architecture,
    ];

    /// The word for it on the command line and in file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Loss => "loss",
            Kind::Curves => "curves",
            Kind::Error => "error",
            Kind::Gradients => "gradients",
            Kind::Maps => "maps",
            Kind::Depth => "depth",
            Kind::Information => "information",
            Kind::Lesions => "lesions",
            Kind::Weather => "weather",
            Kind::Timeline => "timeline",
            Kind::Forms => "forms",
            Kind::Insertion => "insertion",
            Kind::Shattering => "shattering",
            Kind::Transfer => "transfer",
            Kind::Landscape => "landscape",
            Kind::Networks => "networks",
            Kind::Runs => "runs",
            Kind::Data => "data",
            Kind::Architecture => "architecture",
        }
    }

    /// As the panel is called that it shows, in the language spoken.
    pub fn title(self) -> Cow<'static, str> {
        match self {
            Kind::Loss => t!("Training loss"),
            Kind::Curves => t!("Curves"),
            Kind::Error => t!("Training and test error"),
            Kind::Gradients => t!("Gradient slope"),
            Kind::Maps => t!("Feature maps"),
            Kind::Depth => t!("Depth and what it does"),
            Kind::Information => t!("Fading digit"),
            Kind::Lesions => t!("Lesions"),
            Kind::Weather => t!("Gradient weather"),
            Kind::Timeline => t!("Timeline"),
            Kind::Forms => t!("Block forms"),
            Kind::Insertion => t!("Identity insertion"),
            Kind::Shattering => t!("Shattering"),
            Kind::Transfer => t!("Transfer"),
            Kind::Landscape => t!("Landscape"),
            Kind::Networks => t!("Networks"),
            Kind::Runs => t!("Runs"),
            Kind::Data => t!("Data"),
            Kind::Architecture => t!("Architecture"),
        }
    }
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Svg,
    Png,
    Pdf,
    /// The figure's numbers.
    Csv,
    /// All of these with the experiment, ready to run again.
    Zip,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Svg, Format::Png, Format::Pdf, Format::Csv, Format::Zip];
    /// Those of the figure alone.
    pub const DRAWN: [Format; 4] = [Format::Svg, Format::Png, Format::Pdf, Format::Csv];

    /// The file extension.
    pub fn name(self) -> &'static str {
        match self {
            Format::Svg => "svg",
            Format::Png => "png",
            Format::Pdf => "pdf",
            Format::Csv => "csv",
            Format::Zip => "zip",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        one_of(text, "figure", Kind::ALL, Kind::name)
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        one_of(text, "format", Format::ALL, Format::name)
    }
}

fn one_of<T: Copy, const N: usize>(text: &str, what: &str, all: [T; N], name: fn(T) -> &'static str) -> Result<T> {
    let unknown = || {
        let names = all.map(name).join(", ");
        Error::Export(format!("{what} '{text}' is not one of {names}").into())
    };
    all.into_iter().find(|&item| name(item) == text).ok_or_else(unknown)
}

/// A net's recipe, or what else there is to say about it.
pub fn said_of(net: &str, recipe: &str) -> String {
    t!("%{net}: %{recipe}", net = net, recipe = recipe).into()
}

/// What stands above and beneath a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// The experiment in a line.
    pub title: String,
    /// Data, optimiser, schedule, steps and seeds: a line for each experiment.
    pub recipe: Vec<String>,
    /// What was measured in.
    pub experiments: Vec<Experiment>,
}

impl Caption {
    pub fn of(experiment: &Experiment) -> Self {
        let title = if experiment.title.is_empty() {
            &experiment.name
        } else {
            &experiment.title
        };
        let branches = experiment.branches.iter();
        let continued = branches.map(|branch| said_of(&branch.name, &branch.words()));
        Self {
            title: t!(title.as_str()).into_owned(),
            recipe: std::iter::once(experiment.recipe_line()).chain(continued).collect(),
            experiments: vec![experiment.clone()],
        }
    }
}

/// What figures are made from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    pub caption: &'a Caption,
    pub history: &'a History,
    /// The moment of a gradients figure; initialisation and the end unless given.
    pub step: Option<usize>,
    /// What a figure of curves shows.
    pub measures: &'a [Measure],
    /// Which gradients those of gradients and weather show.
    pub gradient: Gradient,
    /// The nets of a weather figure, upper and lower; the deepest plain and the deepest residual one unless given.
    pub sides: Option<[&'a Series; 2]>,
    /// What a maps figure shows.
    pub maps: Option<&'a Maps>,
    /// What figures of information and lesions show.
    pub findings: Option<&'a Findings>,
    /// What a runs figure lists, in its order.
    pub runs: Option<&'a [Line<'a>]>,
    /// What a data figure shows.
    pub data: Option<&'a Preview>,
    /// The net that an architecture figure is about, and what is cut in it.
    pub looked: Option<(RunId, Option<&'a Surgery>)>,
}

impl<'a> Material<'a> {
    /// What the runs themselves tell.
    pub fn of(caption: &'a Caption, history: &'a History) -> Self {
        Self {
            caption,
            history,
            step: None,
            measures: &[Measure::TrainingLoss, Measure::TrainingError],
            gradient: Gradient::default(),
            sides: None,
            maps: None,
            findings: None,
            runs: None,
            data: None,
            looked: None,
        }
    }
}

/// Makes the figure of what was measured.
///
/// # Errors
/// One sentence that says what was not measured.
pub fn figure(kind: Kind, material: &Material) -> Result<Figure> {
    match kind {
        Kind::Loss => loss::figure(material),
        Kind::Curves => curves::figure(material),
        Kind::Error => error::figure(material),
        Kind::Gradients => gradients::figure(material),
        Kind::Maps => maps::figure(material),
        Kind::Depth => depth::figure(material),
        Kind::Information => information::figure(material),
        Kind::Lesions => lesions::figure(material),
        Kind::Weather => weather::figure(material),
        Kind::Timeline => timeline::figure(material),
        Kind::Forms => forms::figure(material),
        Kind::Insertion => insertion::figure(material),
        Kind::Shattering => shattering::figure(material),
        Kind::Transfer => transfer::figure(material),
        Kind::Landscape => landscape::figure(material),
        Kind::Networks => networks::figure(material),
        Kind::Runs => runs::figure(material),
        Kind::Data => data::figure(material),
        Kind::Architecture => architecture::figure(material),
    }
}

impl Material<'_> {
    fn figure(&self, title: Cow<str>, panels: Vec<Panel>, notes: Vec<String>) -> Figure {
        let mut engines: Vec<&str> = self.history.runs.iter().map(|run| run.engine.as_str()).collect();
        engines.sort_unstable();
        engines.dedup();
        Figure {
            title: title.into(),
            subtitle: self.caption.title.clone(),
            tag: t!("measured: %{engines}", engines = engines.join(", ")).into(),
            panels,
            notes,
            recipe: self.caption.recipe.clone(),
            experiments: self.caption.experiments.clone(),
        }
    }
}

fn missing(kind: &str, what: &str) -> Error {
    Error::Export(t!("no %{figure} figure: %{what}", figure = t!(kind), what = what))
}
