//! Figures of what is on screen, written into the run folder or put on the clipboard without making the window wait.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::{self, ColorImage};
use rust_i18n::t;

use crate::error::{Error, Result};
use crate::export::{Figure, Format, Kind, Progress, Size, said_of, write_file};
use crate::run::{Branch, Layout};
use crate::ui::{Delivery, Doing, Print};

/// How long a figure may take before its progress is shown.
const PATIENCE: Duration = Duration::from_millis(600);

/// What came of it.
pub enum Outcome {
    /// What was written, or why not.
    Said(String),
    /// An image for the clipboard.
    Image(ColorImage),
}

/// A figure being delivered.
pub struct Delivering {
    outcome: Receiver<Outcome>,
    progress: Arc<Progress>,
    began: Instant,
}

impl Delivering {
    /// What came of it, once it is over.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome.try_recv().ok()
    }

    /// Breaks it off.
    pub fn stop(&self) {
        self.progress.stop();
    }

    /// How far it is, where it takes so long that someone may wonder.
    pub fn doing(&self) -> Option<Doing> {
        let (since, share) = (self.began.elapsed(), self.progress.share());
        let left = (share > 0.0).then(|| since.mul_f32((1.0 - share) / share));
        (since > PATIENCE).then_some(Doing { share, left })
    }
}

/// The folder of a run that is none of the training's, with its name in the figure and its own, unless the figure says its
/// recipe itself.
pub type Other = (Option<(String, String)>, PathBuf);

/// Has a thread make and deliver the figure, with the recipes of the `others` in it.
///
/// # Errors
/// When no thread can be started.
pub fn deliver(
    ctx: &egui::Context,
    make: impl FnOnce() -> Result<Figure> + Send + 'static,
    print: Print,
    others: Vec<Other>,
    folder: &Path,
) -> Result<Delivering> {
    let (sender, outcome) = mpsc::channel();
    let progress = Arc::<Progress>::default();
    let watched = Arc::clone(&progress);
    let (ctx, folder) = (ctx.clone(), folder.to_path_buf());
    let work = move || {
        let delivered = make().and_then(|mut figure| {
            take_in(&mut figure, others);
            match print.delivery {
                Delivery::Clipboard => image(&figure, print.size, &watched).map(Outcome::Image),
                Delivery::File(format) => files(&figure, print, &[format], &folder, &watched).map(Outcome::Said),
                Delivery::Files => files(&figure, print, &Format::DRAWN, &folder, &watched).map(Outcome::Said),
            }
        });
        // The window may have closed meanwhile; then nobody is told.
        let _ = sender.send(delivered.unwrap_or_else(|error| {
            Outcome::Said(if watched.is_stopped() {
                t!("The figure was broken off and not written.").into()
            } else {
                error.to_string()
            })
        }));
        ctx.request_repaint();
    };
    let spawned = thread::Builder::new().name("figure".into()).spawn(work);
    spawned.map_err(|error| Error::Export(t!("cannot start writing the figure: %{error}", error = error)))?;
    Ok(Delivering {
        outcome,
        progress,
        began: Instant::now(),
    })
}

/// Adds the recipes and the experiments of other run folders.
fn take_in(figure: &mut Figure, others: Vec<Other>) {
    for (name, folder) in others {
        // Whoever stands in the figure was read from there; without its recipe the figure still says its name.
        let Ok(experiment) = Layout::new(&folder).read_experiment() else {
            continue;
        };
        if let Some((name, run)) = name {
            let branch = experiment.branch(&run).map(Branch::words);
            let parts: Vec<String> = std::iter::once(experiment.recipe_line()).chain(branch).collect();
            figure.recipe.push(said_of(&name, &parts.join(&t!(", "))));
        }
        if !figure.experiments.contains(&experiment) {
            figure.experiments.push(experiment);
        }
    }
}

fn files(figure: &Figure, print: Print, formats: &[Format], folder: &Path, progress: &Progress) -> Result<String> {
    let path = folder.join("figures").join(stem(print.kind, print.size));
    for &format in formats {
        let bytes = figure.watched(format, print.size, progress)?;
        write_file(&path.with_extension(format.name()), &bytes)?;
    }
    let endings: Vec<String> = formats.iter().map(|format| format!(".{format}")).collect();
    let (path, endings) = (brief(&path), endings.join(", "));
    Ok(t!("Figure written: %{path}%{endings}", path = path, endings = endings).into())
}

/// From the user's own folder on, where it is in there.
fn brief(path: &Path) -> String {
    let inside = std::env::home_dir().and_then(|home| Some(path.strip_prefix(home).ok()?.display().to_string()));
    inside.map_or_else(
        || path.display().to_string(),
        |inside| format!("~{}{inside}", std::path::MAIN_SEPARATOR),
    )
}

/// `loss`, `loss-column`
fn stem(kind: Kind, size: Size) -> String {
    match size {
        Size::Screen => kind.to_string(),
        size => format!("{kind}-{size}"),
    }
}

fn image(figure: &Figure, size: Size, progress: &Progress) -> Result<ColorImage> {
    let (pixels, shape) = figure.pixels(size, progress)?;
    Ok(ColorImage::from_rgb(shape, &pixels))
}
