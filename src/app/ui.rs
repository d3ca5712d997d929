//! What the window draws.

use std::time::Duration;

use eframe::egui::{self, CentralPanel, Event, Frame, Key};

use super::{App, SAVE_EVERY};
use crate::data::Source;
use crate::ui::{Action, Panel, Room, Scene, shortcuts_ui};

impl App {
    pub(super) fn window_ui(&mut self, ui: &mut egui::Ui) {
        self.lecture.rescale(ui.ctx());
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::COMMAND, Key::Q)) {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
        let mut actions = Vec::new();
        if !self.lab.take_dropped(ui.ctx(), &mut actions) {
            self.take_dropped(ui.ctx());
        }
        let (session, engines) = (&self.session, self.engines.names());
        let scene = Scene {
            experiment: &session.experiment,
            history: &session.history,
            findings: &session.findings,
            shelf: &self.shelf,
            failure: session.failure.as_deref(),
            engine: &session.engine,
            engines: &engines,
        };
        let shown = session.shown.as_ref();
        if !ui.ctx().text_edit_focused() && !self.keys && !self.lab.finding() {
            self.lab.keys(ui, self.room, scene, shown, &mut actions);
        }
        let fill = ui.visuals().panel_fill;
        CentralPanel::no_frame().frame(Frame::new().fill(fill)).show(ui, |ui| {
            actions.extend(match self.room {
                Room::FirstMinute => self.first_minute.room_ui(ui, scene, self.digit.as_ref()),
                Room::Lab => self.lab.room_ui(ui, scene, session.speed(), session.news(), shown),
                Room::Lessons => self.lab.lessons_ui(ui),
            });
        });
        self.lab.finder_ui(ui, self.room, scene, &mut actions);
        if self.keys {
            self.keys = !shortcuts_ui(ui.ctx());
        }
        self.unsaved |= !actions.is_empty();
        if self.unsaved {
            // An idle window draws nothing and so would not store what just changed.
            ui.ctx().request_repaint_after(SAVE_EVERY + Duration::from_secs(1));
        }
        if let Some(librarian) = &self.librarian {
            librarian.watch(self.room == Room::Lab && self.lab.tiling.shown().contains(&Panel::Runs));
        }
        // A question is about the training that was drawn, not about one that another action brings to the front.
        let (questions, others): (Vec<_>, Vec<_>) = actions.into_iter().partition(Action::is_question);
        for action in questions.into_iter().chain(others) {
            self.act(ui.ctx(), action);
        }
        let acted = |event: &Event| matches!(event, Event::Key { .. } | Event::PointerButton { .. });
        if ui.input(|input| input.events.iter().any(acted)) {
            // What a key or a click has changed may be seen only in the next frame.
            ui.ctx().request_repaint();
        }
    }
}

impl App {
    /// A folder or file of data that was dropped onto the window is looked at; pictures are left to the feature maps.
    fn take_dropped(&mut self, ctx: &egui::Context) {
        let dropped = ctx.input(|input| {
            let paths = input.raw.dropped_files.iter().map(|file| file.path().to_path_buf());
            paths.collect::<Vec<_>>()
        });
        if let Some(path) = dropped.into_iter().find(|path| Source::may_be(path)) {
            self.offer(ctx, path);
        }
    }
}
