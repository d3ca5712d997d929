//! The lab: controls above, the panels as tiles, one status line beneath, and one cursor for all of it.

use eframe::egui::{Frame, Key, Margin, Modifiers, Panel as Side, Ui};
use serde::{Deserialize, Serialize};

use super::cursor::Cursor;
use super::pane::View;
use super::panels::{Panel, Panes};
use super::preset::Preset;
use super::theme;
use super::tiling::Tiling;
use super::{Action, Scene, Shown, Speed, controls, lecture, status};
use crate::net::Graph;
use crate::run::Command;

/// What the lab remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lab {
    pub tiling: Tiling,
    pub panes: Panes,
    pub cursor: Cursor,
}

/// Keys of the first panels, in the order of [`Panel::ALL`].
const NUMBERS: [Key; 9] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
];

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

    /// The keys of the lab.
    pub fn keys(&mut self, ui: &Ui, scene: Scene<'_>, shown: Option<&Shown>, actions: &mut Vec<Action>) {
        let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
        let with = |modifiers: Modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if scene.failure.is_none() {
            // A focused button takes Space for itself.
            let free = ui.memory(|memory| memory.focused().is_none());
            if theme::lecture(ui) {
                let space = free && ui.input(|input| input.key_pressed(Key::Space));
                if space && lecture::reveal(&mut self.tiling, scene, ui.input(|input| input.modifiers.shift)) {
                    actions.push(Action::Send(Command::Run));
                }
            } else if pressed(Key::Space) && free {
                actions.push(Action::Send(controls::run_or_pause(scene)));
            }
            if pressed(Key::S) {
                actions.push(Action::Send(Command::Step(1)));
            }
            if pressed(Key::R) {
                actions.push(Action::Send(Command::Reset));
            }
        }
        for (preset, key) in Preset::ALL.into_iter().zip(NUMBERS) {
            if with(Modifiers::ALT, key) {
                self.tiling.arrange(preset);
            }
        }
        for (&panel, key) in Panel::ALL.iter().zip(NUMBERS) {
            if pressed(key) {
                self.tiling.open(panel);
            }
        }
        if pressed(Key::W) {
            self.tiling.close(self.tiling.focus);
        }
        if pressed(Key::F) {
            self.tiling.maximised = !self.tiling.maximised;
        }
        if pressed(Key::Escape) {
            self.tiling.maximised = false;
        }
        if pressed(Key::E)
            && let Some(kind) = self.panes.figure(self.tiling.focus)
        {
            actions.push(Action::Export(kind, self.cursor.step));
        }
        if pressed(Key::V) {
            self.tiling.open(Panel::Slope);
            actions.push(Action::StartNamed("vanishing"));
        }
        if ui.input(|input| input.key_pressed(Key::F6)) {
            let backward = ui.input(|input| input.modifiers.shift);
            self.tiling.walk(!backward);
        }
        if pressed(Key::End) {
            self.cursor.live();
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
}

/// Layers with left and right (every node with Shift), images with up and down.
fn arrow_keys(ui: &Ui, view: &mut View<'_>) {
    if ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let (pressed, shift) = ui.input(|input| {
        let keys = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
        (keys.map(|key| input.key_pressed(key)), input.modifiers.shift)
    });
    let [left, right, up, down] = pressed;
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
