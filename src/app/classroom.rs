//! The trainings of an open lesson, and the user's own, which is set aside for it.

use std::path::Path;

use eframe::egui;

use super::App;
use super::session::Session;
use crate::run::{Command, Experiment};

/// While a lesson is open.
pub struct Classroom {
    /// The user's own training, paused.
    pub own: Session,
    /// It is the first minute's.
    first: bool,
    /// The lesson's experiment in front.
    pub taught: Experiment,
    /// Those that were in front before, as they were left.
    others: Vec<(Experiment, Session)>,
}

impl App {
    /// Brings a lesson's experiment to the front: as it was left, as a folder of an earlier start holds it, or anew.
    pub(super) fn teach(&mut self, ctx: &egui::Context, experiment: Experiment, folder: Option<&Path>) {
        let others = self.classroom.as_mut().map(|room| &mut room.others);
        let left = others.and_then(|others| {
            let place = others.iter().position(|(known, _)| *known == experiment)?;
            Some(others.swap_remove(place).1)
        });
        let next = left.unwrap_or_else(|| {
            let (engine, every) = (self.session.engine.clone(), self.repaint_every);
            let earlier = folder.and_then(|folder| Session::revisit(experiment.clone(), folder, &engine, ctx, every));
            earlier.unwrap_or_else(|| Session::start(experiment.clone(), &engine, ctx, every))
        });
        let before = std::mem::replace(&mut self.session, next);
        before.send(Command::Pause);
        match &mut self.classroom {
            Some(room) => {
                let known = std::mem::replace(&mut room.taught, experiment);
                room.others.push((known, before));
            }
            None => {
                self.classroom = Some(Classroom {
                    own: before,
                    first: std::mem::take(&mut self.first),
                    taught: experiment,
                    others: Vec::new(),
                });
            }
        }
        self.shelf.live.clone_from(&self.session.folder);
        self.lab.restart();
    }

    /// Puts the user's own training back; the lesson's are ended and stay among the runs on the disk.
    pub(super) fn leave_lesson(&mut self) {
        if let Some(room) = self.classroom.take() {
            (self.session, self.first) = (room.own, room.first);
            self.shelf.live.clone_from(&self.session.folder);
        }
    }

    /// The user's own training, be it set aside.
    pub(super) fn own_session(&self) -> &Session {
        let aside = self.aside.as_ref().filter(|_| !self.session.has_trained());
        let set_aside = self.classroom.as_ref().map(|room| &room.own).or(aside);
        set_aside.unwrap_or(&self.session)
    }
}
