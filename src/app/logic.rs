//! What the window does between frames: drain the trainer, carry out what panels asked for.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError};

use eframe::egui;
use rust_i18n::t;

use super::session::Session;
use super::{App, DEFAULT_ENGINE, dialog, first_experiment};
use crate::export::pytorch;
use crate::run::{Command, Experiment, Phase};
use crate::ui::language::Language;
use crate::ui::{Action, FirstMinute, Panel, Room};

impl App {
    pub(super) fn drain(&mut self, ctx: &egui::Context) {
        self.session.drain(ctx);
        self.engines.drain();
        self.read_news();
        self.read_dialog(ctx);
    }

    pub(super) fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Send(Command::Reset) if self.has_finished_own() => self.train_again(ctx),
            Action::Send(command) => self.session.send(command),
            Action::Add(plan) => self.session.add(plan),
            Action::Start(experiment, engine) => drop(self.start(ctx, *experiment, &engine)),
            Action::StartNamed(name) => match Experiment::named(name) {
                Ok(experiment) => {
                    let engine = self.session.engine.clone();
                    drop(self.start(ctx, experiment, &engine));
                }
                Err(error) => self.session.notice = Some(error.to_string()),
            },
            Action::Export(print) => self.session.export(ctx, print, &self.shelf, &self.lab.panes),
            Action::StopFigure => self.session.stop_figure(),
            Action::CopyCode => {
                ctx.copy_text(pytorch::program(&self.session.experiment));
                self.session.notice = Some(t!("Copied: a Python file that trains these networks with PyTorch.").into());
            }
            Action::CopyExperiment => {
                ctx.copy_text(self.session.experiment.to_toml());
                self.session.notice = Some(t!("Copied: the experiment file, for depthscope train.").into());
            }
            Action::Shelf(errand) => self.run_errand(errand),
            Action::ChooseData => self.dialog = dialog::folder(ctx, &t!("A folder of CIFAR, IDX or images")),
            Action::Teach(experiment, folder) => self.teach(ctx, *experiment, folder.as_deref()),
            Action::LeaveLesson => self.leave_lesson(),
            Action::CloseLesson => {
                self.lab.leave_lesson();
                self.leave_lesson();
            }
            Action::Open(room) => self.open(ctx, room),
            Action::ShowKeys => self.keys = true,
            Action::SwitchTheme => {
                self.theme = self.theme.next(ctx.theme());
                self.theme.apply(ctx);
            }
            Action::SwitchLanguage => {
                let language = Language::spoken().other();
                language.speak();
                self.language = Some(language);
                // It was in the other language.
                self.session.notice = None;
            }
            Action::SwitchLecture => {
                self.lecture.switch(ctx);
                if self.lecture.on && self.classroom.is_none() {
                    self.lab.begin_lecture();
                }
                if !self.lecture.on {
                    self.lab.end_lecture();
                }
                // What was maximised for the projector comes back to its place.
                self.lab.tiling.maximised &= self.lecture.on;
            }
        }
    }

    /// Shows data of the user's before anything is trained on it.
    pub(super) fn offer(&mut self, ctx: &egui::Context, path: PathBuf) {
        self.open(ctx, Room::Lab);
        self.lab.tiling.open(Panel::Data);
        self.lab.panes.data.offer(ctx, path);
    }

    fn read_dialog(&mut self, ctx: &egui::Context) {
        match self.dialog.as_ref().map(Receiver::try_recv) {
            None | Some(Err(TryRecvError::Empty)) => return,
            Some(Ok(Some(path))) => self.offer(ctx, path),
            Some(Ok(None) | Err(TryRecvError::Disconnected)) => {
                let words = t!("No folder was chosen; its path can be typed, or the folder dropped onto the window.");
                self.session.notice = Some(words.into());
            }
        }
        self.dialog = None;
    }

    /// Brings another experiment to the front; gives back what was there.
    fn start(&mut self, ctx: &egui::Context, experiment: Experiment, engine: &str) -> Session {
        let next = Session::start(experiment, engine, ctx, self.repaint_every);
        let before = std::mem::replace(&mut self.session, next);
        for series in before.history.compared() {
            self.session.history.compare(series.clone());
        }
        self.shelf.live.clone_from(&self.session.folder);
        self.first = false;
        self.aside = None;
        if let Some(room) = &mut self.classroom {
            room.taught.clone_from(&self.session.experiment);
        }
        self.lab.restart();
        before
    }

    /// Whether a training of the user's own has come to its end in a run folder.
    fn has_finished_own(&self) -> bool {
        let own = self.room == Room::Lab && self.classroom.is_none();
        own && self.session.history.phase == Phase::Done && self.session.folder.is_some()
    }

    /// Back to the initial weights, in a folder of its own: what was trained stays.
    fn train_again(&mut self, ctx: &egui::Context) {
        let (experiment, engine) = (self.session.experiment.clone(), self.session.engine.clone());
        let (networks, first) = (self.lab.panes.networks.clone(), self.first);
        let branched = !experiment.branches.is_empty();
        drop(self.start(ctx, experiment, &engine));
        self.first = first;
        // Changes that wait go on waiting; what continued another run is no longer there.
        if !branched {
            self.lab.panes.networks = networks;
        }
    }

    fn open(&mut self, ctx: &egui::Context, room: Room) {
        self.room = room;
        if room == Room::FirstMinute && self.classroom.is_some() {
            self.lab.leave_lesson();
            self.leave_lesson();
        }
        if room == Room::FirstMinute && !self.first {
            self.first_minute = FirstMinute::default();
            let own = self.start(ctx, first_experiment(), DEFAULT_ENGINE);
            own.send(Command::Pause);
            (self.first, self.aside) = (true, Some(own));
        }
        if room != Room::FirstMinute {
            self.take_back();
        }
    }

    /// Puts back what the lab held before the first minute, unless that was gone through.
    fn take_back(&mut self) {
        // A lesson may be in front.
        let Some(own) = self.aside.take_if(|_| self.first) else {
            return;
        };
        if !self.session.has_trained() {
            (self.session, self.first) = (own, false);
            self.shelf.live.clone_from(&self.session.folder);
            self.lab.restart();
        } else if own.has_trained() {
            let words = t!("The lab goes on with the first minute's nets; what it held before is under Runs.");
            self.session.notice = Some(words.into());
        }
    }
}
