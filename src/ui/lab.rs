//! The lab: nets and recipe at the left, four pictures at the right, one status line beneath.

use eframe::egui::{
    self, CursorIcon, Frame, Key, Margin, Panel as Side, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2,
};
use serde::{Deserialize, Serialize};

use super::curves::Curves;
use super::draft::Draft;
use super::maps::{MapChoice, Shown};
use super::networks::networks_ui;
use super::slope::{Moment, slope_ui};
use super::theme::{self, GRID};
use super::widgets::{card_ui, header_ui, quiet_button_ui};
use super::{Action, Scene, Speed, controls, status};
use crate::run::Command;

/// A picture of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Panel {
    #[default]
    Loss,
    Error,
    Slope,
    Maps,
}

impl Panel {
    /// In reading order.
    pub const ALL: [Panel; 4] = [Panel::Loss, Panel::Error, Panel::Slope, Panel::Maps];

    fn title(self) -> &'static str {
        match self {
            Panel::Loss => "Training loss",
            Panel::Error => "Error, percent",
            Panel::Slope => "Gradient slope",
            Panel::Maps => "Feature maps",
        }
    }
}

/// What the lab remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Lab {
    /// The panel that keys speak to.
    pub active: Panel,
    /// It fills the space of all four.
    pub enlarged: bool,
    pub curves: Curves,
    pub moment: Moment,
    pub maps: MapChoice,
    /// Where the four panels meet, as shares of width and height.
    split: [f32; 2],
    #[serde(skip)]
    draft: Option<Draft>,
}

impl Default for Lab {
    fn default() -> Self {
        Self {
            active: Panel::default(),
            enlarged: false,
            curves: Curves::default(),
            moment: Moment::default(),
            maps: MapChoice::default(),
            split: [0.5, 0.5],
            draft: None,
        }
    }
}

/// Smallest useful size of a panel in points.
const LEAST: egui::Vec2 = vec2(300.0, 210.0);

impl Lab {
    /// Another experiment was started: what was edited or asked for belongs to the old one.
    pub fn restart(&mut self) {
        self.draft = None;
        self.maps.forget();
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
        let ground = Frame::new().fill(theme::ink(ui).ground);
        let margin = |x, y| ground.inner_margin(Margin::symmetric(x, y));
        Side::top("controls")
            .frame(margin(12, 8))
            .show_separator_line(false)
            .show(ui, |ui| controls::controls_ui(ui, scene, &mut actions));
        Side::bottom("status")
            .frame(margin(12, 0))
            .exact_size(28.0)
            .show_separator_line(false)
            .show(ui, |ui| status::status_ui(ui, scene, speed, notice));
        let draft = self
            .draft
            .get_or_insert_with(|| Draft::new(scene.experiment, scene.engine));
        let rail = (ui.available_width() * 0.23).clamp(232.0, 340.0);
        Side::left("networks")
            .frame(ground.inner_margin(Margin {
                left: 12,
                right: 8,
                top: 0,
                bottom: 0,
            }))
            .default_size(rail)
            .size_range(216.0..=(ui.available_width() * 0.45).max(216.0))
            .show_separator_line(false)
            .show(ui, |ui| {
                ScrollArea::vertical()
                    .auto_shrink(false)
                    .show(ui, |ui| networks_ui(ui, scene, draft, &mut actions));
            });
        egui::CentralPanel::no_frame()
            .frame(ground.inner_margin(Margin {
                left: 0,
                right: 12,
                top: 0,
                bottom: 0,
            }))
            .show(ui, |ui| self.panels_ui(ui, scene, shown, &mut actions));
        actions
    }

    fn panels_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, shown: Option<&Shown>, actions: &mut Vec<Action>) {
        let space = ui.available_rect_before_wrap();
        if self.enlarged {
            return self.panel_ui(ui, space, self.active, scene, shown, actions);
        }
        let columns = if space.width() >= 2.0 * LEAST.x { 2 } else { 1 };
        let rows = 4 / columns;
        let least = rows as f32 * (LEAST.y + 40.0 * (2 - columns) as f32 + GRID);
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let height = space.height().max(least);
            let (all, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
            if columns == 1 {
                let each = (height - 3.0 * GRID) / 4.0;
                for (index, panel) in Panel::ALL.into_iter().enumerate() {
                    let corner = all.min + vec2(0.0, index as f32 * (each + GRID));
                    self.panel_ui(
                        ui,
                        Rect::from_min_size(corner, vec2(all.width(), each)),
                        panel,
                        scene,
                        shown,
                        actions,
                    );
                }
                return;
            }
            let middle = self.split_ui(ui, all);
            let half = GRID / 2.0;
            let corners = [all.left_top(), all.right_top(), all.left_bottom(), all.right_bottom()];
            for (panel, corner) in Panel::ALL.into_iter().zip(corners) {
                let inner = middle
                    + vec2(
                        (corner.x - middle.x).signum() * half,
                        (corner.y - middle.y).signum() * half,
                    );
                self.panel_ui(ui, Rect::from_two_pos(corner, inner), panel, scene, shown, actions);
            }
        });
    }

    /// The gutters between the panels can be dragged; answers where they cross.
    fn split_ui(&mut self, ui: &Ui, all: Rect) -> egui::Pos2 {
        let range = |length: f32, least: f32| (least / length).min(0.5)..=(1.0 - least / length).max(0.5);
        let (x_range, y_range) = (range(all.width(), LEAST.x), range(all.height(), LEAST.y));
        self.split[0] = self.split[0].clamp(*x_range.start(), *x_range.end());
        self.split[1] = self.split[1].clamp(*y_range.start(), *y_range.end());
        let middle = all.min + vec2(self.split[0] * all.width(), self.split[1] * all.height());
        let gutters = [
            Rect::from_min_max(
                pos2(middle.x - GRID / 2.0, all.top()),
                pos2(middle.x + GRID / 2.0, all.bottom()),
            ),
            Rect::from_min_max(
                pos2(all.left(), middle.y - GRID / 2.0),
                pos2(all.right(), middle.y + GRID / 2.0),
            ),
        ];
        for (axis, gutter) in gutters.into_iter().enumerate() {
            let icon = [CursorIcon::ResizeHorizontal, CursorIcon::ResizeVertical][axis];
            let response = ui
                .interact(gutter, ui.scope_id().with(("gutter", axis)), Sense::DRAG)
                .on_hover_cursor(icon);
            if response.dragged() {
                self.split[axis] += response.drag_delta()[axis] / all.size()[axis];
            } else if response.double_clicked() {
                self.split[axis] = 0.5;
            }
        }
        middle
    }

    fn panel_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        panel: Panel,
        scene: Scene<'_>,
        shown: Option<&Shown>,
        actions: &mut Vec<Action>,
    ) {
        if ui.input(|input| input.pointer.any_pressed())
            && ui
                .ctx()
                .pointer_interact_pos()
                .is_some_and(|pos| rect.contains(pos) && ui.clip_rect().contains(pos))
        {
            self.active = panel;
        }
        let active = self.active == panel;
        ui.scope_builder(UiBuilder::new().id_salt(panel.title()).max_rect(rect), |ui| {
            card_ui(ui, active, |ui| {
                header_ui(ui, panel.title(), |ui| self.header_controls_ui(ui, panel, actions));
                match panel {
                    Panel::Loss => self.curves.loss_ui(ui, scene),
                    Panel::Error => self.curves.error_ui(ui, scene),
                    Panel::Slope => slope_ui(ui, scene, &mut self.moment),
                    Panel::Maps => self.maps.maps_ui(ui, scene, shown, actions),
                }
            });
        });
    }

    fn header_controls_ui(&mut self, ui: &mut Ui, panel: Panel, actions: &mut Vec<Action>) {
        let words = if self.enlarged { "Put back" } else { "Enlarge" };
        // A panel too narrow for all three has nothing to gain from being enlarged.
        let roomy = ui.available_width() > 190.0;
        if (roomy || self.enlarged) && quiet_button_ui(ui, words, "F").clicked() {
            (self.active, self.enlarged) = (panel, !self.enlarged);
        }
        if quiet_button_ui(ui, "Export", "Write this figure into the run folder (E)").clicked() {
            actions.push(Action::Export(panel));
        }
        ui.label(theme::caption("measured"));
    }

    /// The keys of the lab.
    pub fn keys(&mut self, ui: &Ui, scene: Scene<'_>, shown: Option<&Shown>, actions: &mut Vec<Action>) {
        let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
        let focused = ui.memory(|memory| memory.focused().is_some());
        if !focused {
            self.maps.keys(ui, scene, shown);
            if pressed(Key::Space) {
                actions.push(Action::Send(controls::run_or_pause(scene)));
            }
        }
        if pressed(Key::S) {
            actions.push(Action::Send(Command::Step(1)));
        }
        if pressed(Key::R) {
            actions.push(Action::Send(Command::Reset));
        }
        if pressed(Key::E) {
            actions.push(Action::Export(self.active));
        }
        if pressed(Key::F) {
            self.enlarged = !self.enlarged;
        }
        if pressed(Key::Escape) {
            self.enlarged = false;
        }
        if pressed(Key::V) {
            self.active = Panel::Slope;
            actions.push(Action::StartNamed("vanishing"));
        }
        if ui.input(|input| input.key_pressed(Key::F6)) {
            let here = Panel::ALL.iter().position(|&panel| panel == self.active).unwrap_or(0);
            let step = if ui.input(|input| input.modifiers.shift) { 3 } else { 1 };
            self.active = Panel::ALL[(here + step) % 4];
        }
    }
}
