//! What the window draws.

use std::time::Duration;

use eframe::egui::{self, CentralPanel, Frame, Key};

use super::{App, SAVE_EVERY};
use crate::ui::{Action, Room, Scene, shortcuts_ui};

impl App {
    pub(super) fn window_ui(&mut self, ui: &mut egui::Ui) {
        self.lecture.rescale(ui.ctx());
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::Q)) {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
        let mut actions = Vec::new();
        let (session, engines) = (&self.session, self.engines.names());
        let scene = Scene {
            experiment: &session.experiment,
            history: &session.history,
            findings: &session.findings,
            failure: session.failure.as_deref(),
            engine: &session.engine,
            engines: &engines,
        };
        let shown = session.shown.as_ref();
        if !ui.ctx().text_edit_focused() && !self.keys {
            keys(ui, self.room, &mut actions);
            if self.room == Room::Lab {
                self.lab.keys(ui, scene, shown, &mut actions);
            }
        }
        let fill = ui.visuals().panel_fill;
        CentralPanel::no_frame().frame(Frame::new().fill(fill)).show(ui, |ui| {
            actions.extend(match self.room {
                Room::FirstMinute => self.first_minute.room_ui(ui, scene, self.digit.as_ref()),
                Room::Lab => self
                    .lab
                    .room_ui(ui, scene, session.speed(), session.notice.as_deref(), shown),
            });
        });
        if self.keys {
            self.keys = !shortcuts_ui(ui.ctx());
        }
        self.unsaved |= !actions.is_empty();
        if self.unsaved {
            // An idle window draws nothing and so would not store what just changed.
            ui.ctx().request_repaint_after(SAVE_EVERY + Duration::from_secs(1));
        }
        for action in actions {
            self.act(ui.ctx(), action);
        }
    }
}

/// Keys that work in every room.
fn keys(ui: &egui::Ui, room: Room, actions: &mut Vec<Action>) {
    let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    if pressed(Key::T) {
        actions.push(Action::SwitchTheme);
    }
    if pressed(Key::G) {
        actions.push(Action::SwitchLanguage);
    }
    if pressed(Key::F5) {
        actions.push(Action::SwitchLecture);
    }
    if ui.input(|input| input.key_pressed(Key::Questionmark)) {
        actions.push(Action::ShowKeys);
    }
    if pressed(Key::L) && room != Room::Lab {
        actions.push(Action::Open(Room::Lab));
    }
    if pressed(Key::M) && room != Room::FirstMinute {
        actions.push(Action::Open(Room::FirstMinute));
    }
}
