//! The window: an eframe application that owns the run being watched and the rooms that show it.

mod classroom;
mod dialog;
mod engines;
mod exports;
mod figures;
mod icon;
#[cfg(target_os = "linux")]
mod keyboard;
mod launch;
mod lecture;
mod library;
mod logic;
mod pace;
mod session;
mod stored;
mod ui;

use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use eframe::egui;

use classroom::Classroom;
use engines::Engines;
pub use launch::open;
use lecture::Lecture;
use session::{REPAINT_EVERY, REPAINT_EVERY_ON_CPU, Session};

use crate::data::Dataset;
use crate::run::shelf::Librarian;
use crate::run::{Experiment, Shelf};
use crate::ui::language::Language;
use crate::ui::theme::{self, Look};
use crate::ui::{FirstMinute, Lab, Origin, Picture, Room};
use crate::{paint, palette};

const DEFAULT_ENGINE: &str = "auto";
/// Where the user is, is stored this often while something changes.
const SAVE_EVERY: Duration = Duration::from_secs(5);
/// How long a closing window waits for the last checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);

/// The application.
pub struct App {
    room: Room,
    session: Session,
    engines: Engines,
    /// The session is the first minute's.
    first: bool,
    first_minute: FirstMinute,
    digit: Option<Picture>,
    lab: Lab,
    /// The runs on the disk, and who looks after them; nobody where no thread can be had.
    shelf: Shelf,
    librarian: Option<Librarian>,
    /// A dialog that waits for the user.
    dialog: Option<Receiver<Option<PathBuf>>>,
    /// While a lesson is open.
    classroom: Option<Classroom>,
    /// What the lab held before the first minute was opened from it.
    aside: Option<Session>,
    theme: Look,
    /// Chosen by the user; else the system's.
    language: Option<Language>,
    lecture: Lecture,
    /// The sheet of keys is open.
    keys: bool,
    repaint_every: Duration,
    /// Something changed that a later start should find.
    unsaved: bool,
    #[cfg(target_os = "linux")]
    keyboard: keyboard::Keyboard,
}

impl App {
    /// Opens where the user left, or on the first minute, or with that lesson (a name or a file).
    pub fn new(context: &eframe::CreationContext<'_>, lesson: Option<&str>) -> Self {
        let ctx = &context.egui_ctx;
        theme::install(ctx);
        if let Some(render_state) = &context.wgpu_render_state {
            paint::install(render_state, palette::cividis());
        }
        let repaint_every = repaint_every(context);
        let stored = stored::load(context.storage);
        stored.theme.apply(ctx);
        stored.language.unwrap_or_else(Language::of_system).speak();
        let lecture = Lecture {
            on: stored.lecture,
            zoom: stored.zoom,
        };
        // What egui has kept may be a lecture's.
        ctx.set_zoom_factor(lecture.zoom);
        theme::set_lecture(ctx, lecture.on);
        let beginning = first_experiment();
        let digit = picture(&beginning);
        let first = stored.room == Room::FirstMinute || stored.experiment.is_none();
        let experiment = stored.experiment.filter(|_| !first).unwrap_or(beginning);
        let left = stored.folder.as_deref();
        let resumed = left.and_then(|folder| Session::resume(folder, &stored.engine, ctx, repaint_every));
        let first_minute = FirstMinute::with(stored.guess.filter(|_| first && resumed.is_some()));
        let session = resumed.unwrap_or_else(|| Session::start(experiment, &stored.engine, ctx, repaint_every));
        let shelf = Shelf {
            live: session.folder.clone(),
            ..Shelf::default()
        };
        let mut app = Self {
            room: stored.room,
            engines: Engines::look(ctx),
            session,
            shelf,
            librarian: library::librarian(ctx),
            dialog: None,
            first,
            first_minute,
            digit,
            lab: stored.lab,
            classroom: None,
            aside: None,
            theme: stored.theme,
            language: stored.language,
            lecture,
            keys: false,
            repaint_every,
            unsaved: false,
            #[cfg(target_os = "linux")]
            keyboard: keyboard::Keyboard::default(),
        };
        let left = app.lab.lessons.take_left().filter(|_| app.room == Room::Lab);
        match (lesson, left) {
            (Some(lesson), _) => app.open_lesson(ctx, lesson),
            (None, Some(left)) => app.begin_lesson(ctx, &left),
            (None, None) => {}
        }
        app
    }

    /// Opens a lesson by name or from a file; where that fails, the list of lessons says why.
    fn open_lesson(&mut self, ctx: &egui::Context, lesson: &str) {
        let named = Origin::Shipped(lesson.to_owned());
        if named.read().is_ok() && !Path::new(lesson).exists() {
            return self.begin_lesson(ctx, &named);
        }
        let mut actions = Vec::new();
        self.lab.add_lesson(Path::new(lesson), &mut actions);
        actions.into_iter().for_each(|action| self.act(ctx, action));
    }

    fn begin_lesson(&mut self, ctx: &egui::Context, origin: &Origin) {
        let mut actions = Vec::new();
        self.lab.begin_lesson(origin, &mut actions);
        actions.into_iter().for_each(|action| self.act(ctx, action));
    }
}

/// How often training may have the window drawn.
fn repaint_every(context: &eframe::CreationContext<'_>) -> Duration {
    match &context.wgpu_render_state {
        Some(state) if paint::on_gpu(state) => REPAINT_EVERY,
        _ => REPAINT_EVERY_ON_CPU,
    }
}

/// QUICK's two plain nets; the residual twin comes by the user's own hand.
fn first_experiment() -> Experiment {
    let mut experiment = Experiment::named("quick").expect("the quick experiment is embedded");
    experiment
        .runs
        .retain(|run| ["plain-20", "plain-56"].contains(&run.name.as_str()));
    experiment
}

/// One training image to look at.
fn picture(experiment: &Experiment) -> Option<Picture> {
    let data = Dataset::open(&experiment.data)
        .inspect_err(|error| log::warn!("no picture: {error}"))
        .ok()?;
    let [channels, height, width] = data.shape;
    let index = data.train.labels.iter().position(|&label| label == 3).unwrap_or(0);
    let size = channels * height * width;
    let image = data.denormalised(data.train.images.get(index * size..(index + 1) * size)?);
    Some(Picture {
        values: image[..height * width].to_vec(),
        size: [height, width],
        label: data.classes.get(data.train.labels[index] as usize)?.clone(),
    })
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.drain(ctx);
    }

    #[cfg_attr(
        not(target_os = "linux"),
        expect(unused_variables, reason = "other systems focus a new window")
    )]
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        #[cfg(target_os = "linux")]
        self.keyboard.claim(ui.ctx(), frame);
        self.window_ui(ui);
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        stored::save(storage, self);
        self.unsaved = false;
    }

    fn auto_save_interval(&self) -> Duration {
        SAVE_EVERY
    }

    fn on_exit(&mut self) {
        let own = self.classroom.as_mut().and_then(|room| room.own.close());
        let aside = self.aside.as_mut().and_then(Session::close);
        let closing: Vec<_> = [own, aside, self.session.close()].into_iter().flatten().collect();
        let start = Instant::now();
        while !closing.iter().all(|thread| thread.is_finished()) && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
