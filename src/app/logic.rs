//! What the window does between frames: drain the trainer, carry out what panels asked for.

use eframe::egui;

use super::session::Session;
use super::{App, DEFAULT_ENGINE, first_experiment};
use crate::run::Experiment;
use crate::ui::language::Language;
use crate::ui::{Action, FirstMinute, Room};

impl App {
    pub(super) fn drain(&mut self, ctx: &egui::Context) {
        self.session.drain(ctx);
        self.engines.drain();
    }

    pub(super) fn act(&mut self, ctx: &egui::Context, action: Action) {
        match action {
            Action::Send(command) => self.session.send(command),
            Action::Add(plan) => self.session.add(plan),
            Action::Start(experiment, engine) => self.start(ctx, *experiment, &engine),
            Action::StartNamed(name) => match Experiment::named(name) {
                Ok(experiment) => {
                    let engine = self.session.engine.clone();
                    self.start(ctx, experiment, &engine);
                }
                Err(error) => self.session.notice = Some(error.to_string()),
            },
            Action::Export(kind, step) => self.session.export(ctx, kind, step),
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
            }
            Action::SwitchLecture => {
                self.lecture.switch(ctx);
                if self.lecture.on {
                    self.lab.begin_lecture();
                }
            }
        }
    }

    fn start(&mut self, ctx: &egui::Context, experiment: Experiment, engine: &str) {
        self.session = Session::start(experiment, engine, ctx, self.repaint_every);
        self.first = false;
        self.lab.restart();
    }

    fn open(&mut self, ctx: &egui::Context, room: Room) {
        self.room = room;
        if room == Room::FirstMinute && !self.first {
            self.first_minute = FirstMinute::default();
            self.start(ctx, first_experiment(), DEFAULT_ENGINE);
            self.first = true;
        }
    }
}
