//! The lab: controls above, the panels as tiles, one status line beneath, and one cursor for all of it.

use eframe::egui::{Event, Frame, Key, KeyboardShortcut, Margin, Modifiers, Panel as Side, Ui};
use serde::{Deserialize, Serialize};

use super::cursor::Cursor;
use super::finder::Finder;
use super::keys::pressed;
use super::pane::View;
use super::panels::{Panel, Panes};
use super::paper::{Delivery, Print};
use super::task::Task;
use super::theme;
use super::tiling::Tiling;
use super::{Action, Room, Scene, Shown, Speed, controls, lecture, status};
use crate::export::Kind;
use crate::net::Graph;
use crate::run::Command;

/// What the lab remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lab {
    pub tiling: Tiling,
    pub panes: Panes,
    pub cursor: Cursor,
    #[serde(skip)]
    finder: Finder,
    /// Keys that the palette presses in the next frame.
    #[serde(skip)]
    pressed: Option<KeyboardShortcut>,
}

impl Lab {
    /// Another experiment was started: what was edited or asked for belongs to the old one.
    pub fn restart(&mut self) {
        self.panes.restart();
        self.cursor.live();
        self.cursor.own = None;
    }

    /// A lecture begins with its first picture.
    pub fn begin_lecture(&mut self) {
        lecture::begin(&mut self.tiling);
    }

    /// Draws the room; answers with what the user asks for.
    pub fn room_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        speed: Speed,
        notice: Option<&str>,
        shown: Option<&Shown>,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        self.cursor.turn_frame();
        let ground = Frame::new().fill(theme::ink(ui).ground);
        let margin = |x, y| ground.inner_margin(Margin::symmetric(x, y));
        Side::top("controls")
            .frame(margin(12, 8))
            .show_separator_line(false)
            .show(ui, |ui| {
                controls::controls_ui(ui, scene, &mut self.tiling, &mut self.cursor, &mut actions)
            });
        Side::bottom("status")
            .frame(margin(12, 0))
            .exact_size(28.0)
            .show_separator_line(false)
            .show(ui, |ui| status::status_ui(ui, scene, speed, notice));
        let middle = eframe::egui::CentralPanel::no_frame().frame(margin(12, 0));
        middle.show(ui, |ui| {
            let mut view = View {
                scene,
                cursor: &mut self.cursor,
                shown,
                actions: &mut actions,
            };
            self.tiling.tiles_ui(ui, &mut self.panes, &mut view);
        });
        actions
    }

    /// The keys of a room.
    pub fn keys(&mut self, ui: &Ui, room: Room, scene: Scene<'_>, shown: Option<&Shown>, actions: &mut Vec<Action>) {
        if room == Room::Lab {
            if let Some(keys) = self.pressed.take() {
                press(ui, keys);
            }
            let lecture = theme::lecture(ui);
            if lecture {
                self.reveal_by_key(ui, scene, actions);
            }
            for task in Task::of_lab() {
                if task.pressed(ui) && !(lecture && task == Task::RunOrPause) {
                    self.carry_out(&task, scene, actions);
                }
            }
            if pressed(ui, Modifiers::NONE, Key::Escape) {
                self.tiling.maximised = false;
            }
            let mut view = View {
                scene,
                cursor: &mut self.cursor,
                shown,
                actions,
            };
            arrow_keys(ui, &mut view);
            self.panes.keys(self.tiling.focus, ui, &mut view);
        }
        for task in Task::GLOBAL
            .iter()
            .filter(|task| **task != Task::Open(room) && task.pressed(ui))
        {
            self.carry_out(task, scene, actions);
        }
    }

    /// In a lecture Space brings the next picture, with Shift the one before.
    fn reveal_by_key(&mut self, ui: &Ui, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let free = scene.failure.is_none() && ui.memory(|memory| memory.focused().is_none());
        let back = pressed(ui, Modifiers::SHIFT, Key::Space);
        let space = back || pressed(ui, Modifiers::NONE, Key::Space);
        if free && space && lecture::reveal(&mut self.tiling, scene, back) {
            actions.push(Action::Send(Command::Run));
        }
    }

    /// Draws the command palette over any room; what is chosen in it and belongs to the lab leads there.
    pub fn finder_ui(&mut self, ui: &Ui, room: Room, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let Some(task) = self.finder.finder_ui(ui.ctx(), scene) else {
            return;
        };
        if task.in_lab() && room != Room::Lab {
            actions.push(Action::Open(Room::Lab));
        }
        self.carry_out(&task, scene, actions);
        ui.ctx().request_repaint();
    }

    /// Whether the command palette is open, so that keys are letters.
    pub fn finding(&self) -> bool {
        self.finder.is_open()
    }

    /// The figure, or else that of the panel in focus, on the paper that was last chosen.
    fn print(&self, kind: Option<Kind>, delivery: Delivery) -> Option<Action> {
        let kind = kind.or_else(|| self.panes.figure(self.tiling.focus))?;
        Some(Action::Export(Print {
            kind,
            step: self.cursor.step,
            delivery,
            size: self.tiling.paper,
        }))
    }

    fn carry_out(&mut self, task: &Task, scene: Scene<'_>, actions: &mut Vec<Action>) {
        if !task.possible(scene) {
            return;
        }
        let mut send = |command| actions.push(Action::Send(command));
        match task {
            Task::RunOrPause => send(controls::run_or_pause(scene)),
            Task::Step => send(Command::Step(1)),
            Task::Reset => send(Command::Reset),
            Task::Stop => send(Command::Stop),
            Task::Vanishing => {
                self.tiling.open(Panel::Slope);
                actions.push(Action::StartNamed("vanishing"));
            }
            Task::Live => self.cursor.live(),
            Task::Show(panel) => self.tiling.open(*panel),
            Task::Close => self.tiling.close(self.tiling.focus),
            Task::Maximise => self.tiling.maximised = !self.tiling.maximised,
            Task::NextPanel => self.tiling.walk(true),
            Task::PanelBefore => self.tiling.walk(false),
            Task::Arrange(preset) => self.tiling.arrange(*preset),
            Task::Export(kind) => actions.extend(self.print(*kind, Delivery::Files)),
            Task::Copy => actions.extend(self.print(None, Delivery::Clipboard)),
            Task::Open(room) => actions.push(Action::Open(*room)),
            Task::Theme => actions.push(Action::SwitchTheme),
            Task::Lecture => actions.push(Action::SwitchLecture),
            Task::Language => actions.push(Action::SwitchLanguage),
            Task::Keys => actions.push(Action::ShowKeys),
            Task::Palette => self.finder.open(),
            Task::Start(name) => actions.push(Action::StartNamed(name)),
            Task::Engine(engine) => {
                actions.push(Action::Start(Box::new(scene.experiment.clone()), engine.clone()));
            }
            Task::LookAt(name) => self.cursor.run.clone_from(name),
            Task::Press(panel, key) => {
                self.tiling.open(*panel);
                self.pressed = Some(key.keys);
            }
        }
    }
}

/// As if the keys had been pressed in this frame.
fn press(ui: &Ui, keys: KeyboardShortcut) {
    ui.ctx().input_mut(|input| {
        input.events.push(Event::Key {
            key: keys.logical_key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: keys.modifiers,
        });
    });
}

/// Layers with left and right (every node with Shift), images with up and down.
fn arrow_keys(ui: &Ui, view: &mut View<'_>) {
    if ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let held = |modifiers| {
        let keys = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
        keys.map(|key| pressed(ui, modifiers, key))
    };
    let [mut left, mut right, up, down] = held(Modifiers::NONE);
    let [left_node, right_node, ..] = held(Modifiers::SHIFT);
    let shift = left_node || right_node;
    (left, right) = (left || left_node, right || right_node);
    if (left || right)
        && let Some(series) = view.cursor.series(view.scene.history)
    {
        let graph = Graph::new(&series.track.spec);
        view.cursor.walk(&graph, if right { 1 } else { -1 }, !shift);
    }
    if up || down {
        view.turn_image(down);
    }
}
