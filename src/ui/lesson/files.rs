//! Lesson files that are looked for, and reports that are written, on threads of their own.

use std::path::{Path, PathBuf};
use std::thread;

use eframe::egui::Context;
use rfd::AsyncFileDialog;
use rust_i18n::t;

use crate::export::write_file;
use crate::lesson::{Evidence, Guesses, Lesson, Notes, Record, Report, remember};
use crate::run::shelf::reveal;
use crate::run::{Experiment, RunFolder, Slot};

/// A file that was chosen; nothing where none was, or where the system has no such dialog.
pub type Chosen = Slot<Option<PathBuf>>;

/// Asks for a lesson.
pub fn choose_lesson(ctx: &Context, chosen: &Chosen) {
    let dialog = AsyncFileDialog::new()
        .set_title(t!("A lesson"))
        .add_filter(t!("Lessons"), &["md"])
        .pick_file();
    wait(ctx, chosen, dialog);
}

/// Asks where a report shall stand.
pub fn choose_report(ctx: &Context, chosen: &Chosen, suggested: &Path) {
    let name = suggested.file_name().unwrap_or_default().to_string_lossy();
    let dialog = AsyncFileDialog::new()
        .set_title(t!("Save the report"))
        .add_filter("HTML", &["html"])
        .set_file_name(name)
        .save_file();
    wait(ctx, chosen, dialog);
}

/// The dialog is made here, where some systems want it, and waited for elsewhere.
fn wait(ctx: &Context, chosen: &Chosen, dialog: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static) {
    let (slot, ctx) = (chosen.clone(), ctx.clone());
    work("dialog", move || {
        slot.put(pollster::block_on(dialog).map(|file| file.path().to_path_buf()));
        ctx.request_repaint();
    });
}

/// What a report is made from.
pub struct Order {
    pub lesson: Lesson,
    pub evidence: Evidence,
    pub guesses: Guesses,
    pub notes: Notes,
    /// The run folder of the learner's own experiment.
    pub own: Option<PathBuf>,
    pub record: Option<Record>,
}

/// What came of a report: where it stands, or why not.
pub type Told = std::result::Result<PathBuf, String>;

/// Writes the report.
pub fn write_report(ctx: &Context, said: &Slot<Told>, order: Order, path: PathBuf) {
    let (slot, ctx) = (said.clone(), ctx.clone());
    work("report", move || {
        let own = order.own.as_deref().map(RunFolder::open).and_then(|opened| {
            let told = opened.inspect_err(|error| log::warn!("the own experiment is not reported: {error}"));
            told.ok()
        });
        let report = Report {
            lesson: &order.lesson,
            evidence: &order.evidence,
            guesses: &order.guesses,
            notes: &order.notes,
            own: own.as_ref(),
            record: order.record.as_ref(),
        };
        let written = report.html().and_then(|page| write_file(&path, page.as_bytes()));
        slot.put(written.map(|()| path).map_err(|error| error.to_string()));
        ctx.request_repaint();
    });
}

/// Has the system show a report; a sentence says why it cannot.
pub fn show_report(ctx: &Context, said: &Slot<Told>, path: PathBuf) {
    let (slot, ctx) = (said.clone(), ctx.clone());
    work("show", move || {
        if let Err(error) = reveal(&path) {
            slot.put(Err(error.to_string()));
            ctx.request_repaint();
        }
    });
}

/// Notes in a run folder what was read off its runs.
pub fn note(lesson: &Lesson, experiment: &Experiment, evidence: &Evidence, folder: &Path) {
    let (lesson, experiment) = (lesson.clone(), experiment.clone());
    let (evidence, folder) = (evidence.clone(), folder.to_path_buf());
    work("readings", move || {
        if let Err(error) = remember(&lesson, &experiment, &evidence, &folder) {
            log::warn!("{error}");
        }
    });
}

fn work(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = thread::Builder::new().name(name.into()).spawn(work) {
        log::warn!("no thread for the {name}: {error}");
    }
}
