//! Figures of what is on screen, written into the run folder without making the window wait.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use eframe::egui;
use rust_i18n::t;

use crate::error::{Error, Result};
use crate::export::{Caption, Figure, Format, Kind, Material, figure};
use crate::run::{Experiment, Findings, History, Maps};

/// What was written or why not, when it is over.
pub type Outcome = Receiver<String>;

/// Makes a figure, of that step where it is of one, and has a thread write it as SVG, PNG and CSV into `folder`.
pub fn write(
    ctx: &egui::Context,
    kind: Kind,
    step: Option<usize>,
    experiment: &Experiment,
    (history, findings): (&History, &Findings),
    maps: Option<&Maps>,
    folder: &Path,
) -> Result<Outcome> {
    let material = Material {
        caption: &Caption::of(experiment),
        history,
        step,
        maps,
        findings: Some(findings),
    };
    let figure = figure(kind, &material)?;
    let path = folder.join("figures").join(kind.name());
    let (sender, outcome) = mpsc::channel();
    let ctx = ctx.clone();
    let work = move || {
        // The window may have closed meanwhile; then nobody is told.
        let _ = sender.send(match files(&figure, &path) {
            Ok(()) => t!("Figure written: %{path}.svg, .png and .csv", path = path.display()).into(),
            Err(error) => error.to_string(),
        });
        ctx.request_repaint();
    };
    let spawned = thread::Builder::new().name("figure".into()).spawn(work);
    spawned.map_err(|error| Error::Export(format!("cannot start writing the figure: {error}")))?;
    Ok(outcome)
}

fn files(figure: &Figure, path: &Path) -> Result<()> {
    Format::ALL
        .into_iter()
        .try_for_each(|format| figure.write(&path.with_extension(format.name()), format))
}
