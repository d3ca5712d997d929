//! Figures of what is on screen, written into the run folder or put on the clipboard without making the window wait.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use eframe::egui::{self, ColorImage};
use rust_i18n::t;

use crate::error::{Error, Result};
use crate::export::{Figure, Format, Kind, Size};
use crate::run::Layout;
use crate::ui::{Delivery, Print};

/// What came of it.
pub enum Outcome {
    /// What was written, or why not.
    Said(String),
    /// An image for the clipboard.
    Image(ColorImage),
}

/// Has a thread deliver the figure; `compared` names the runs in it that are none of the training's, and their folders.
///
/// # Errors
/// When no thread can be started.
pub fn deliver(
    ctx: &egui::Context,
    mut figure: Figure,
    print: Print,
    compared: Vec<(String, PathBuf)>,
    folder: &Path,
) -> Result<Receiver<Outcome>> {
    let (sender, outcome) = mpsc::channel();
    let (ctx, folder) = (ctx.clone(), folder.to_path_buf());
    let work = move || {
        for (name, folder) in compared {
            // Whoever stands in the figure was read from there; without its recipe the figure still says its name.
            if let Ok(experiment) = Layout::new(&folder).read_experiment() {
                let recipe = experiment.recipe_line();
                figure
                    .recipe
                    .push(t!("%{net}: %{recipe}", net = name, recipe = recipe).into());
                if !figure.experiments.contains(&experiment) {
                    figure.experiments.push(experiment);
                }
            }
        }
        let delivered = match print.delivery {
            Delivery::Clipboard => image(&figure, print.size).map(Outcome::Image),
            Delivery::File(format) => files(&figure, print, &[format], &folder).map(Outcome::Said),
            Delivery::Files => files(&figure, print, &Format::DRAWN, &folder).map(Outcome::Said),
        };
        // The window may have closed meanwhile; then nobody is told.
        let _ = sender.send(delivered.unwrap_or_else(|error| Outcome::Said(error.to_string())));
        ctx.request_repaint();
    };
    let spawned = thread::Builder::new().name("figure".into()).spawn(work);
    spawned.map_err(|error| Error::Export(t!("cannot start writing the figure: %{error}", error = error)))?;
    Ok(outcome)
}

fn files(figure: &Figure, print: Print, formats: &[Format], folder: &Path) -> Result<String> {
    let path = folder.join("figures").join(stem(print.kind, print.size));
    for &format in formats {
        figure.write(&path.with_extension(format.name()), format, print.size)?;
    }
    let endings: Vec<String> = formats.iter().map(|format| format!(".{format}")).collect();
    let (path, endings) = (path.display(), endings.join(", "));
    Ok(t!("Figure written: %{path}%{endings}", path = path, endings = endings).into())
}

/// `loss`, `loss-column`
fn stem(kind: Kind, size: Size) -> String {
    match size {
        Size::Screen => kind.to_string(),
        size => format!("{kind}-{size}"),
    }
}

fn image(figure: &Figure, size: Size) -> Result<ColorImage> {
    let (pixels, shape) = figure.pixels(size)?;
    Ok(ColorImage::from_rgb(shape, &pixels))
}
