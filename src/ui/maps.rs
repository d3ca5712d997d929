//! Feature maps: the channels of one node for one image, two nets side by side.

mod canvas;
mod grid;
mod image;
mod own;
mod shown;
mod zoom;

use eframe::egui::{self, ComboBox, Key, Modifiers, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use self::grid::Side;
use self::own::Own;
pub use self::shown::Shown;
use super::cursor::{deepest, find};
use super::keys;
use super::pane::{Pane, View};
use super::task::PaneKey;
use super::theme::{self, GRID};
use super::widgets::folded_ui;
use super::{Action, Scene, line_style};
use crate::export::Kind;
use crate::net::Graph;
use crate::run::{Command, MapRequest, Series};

/// Width of two arrows, which stand in one line.
const ARROWS: f32 = 56.0;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeatureMaps {
    /// Names of the runs chosen for the left and the right; where there is no such run, one is found.
    pub runs: [String; 2],
    /// Every map has colours of its own, not those of its layer.
    each: bool,
    /// The channel the keys are at.
    #[serde(skip)]
    channel: usize,
    /// That channel is shown large.
    #[serde(skip)]
    large: bool,
    #[serde(skip)]
    own: Own,
    #[serde(skip)]
    sent: Option<MapRequest>,
}

/// Height of a panel that has no room for all its controls.
const LITTLE: f32 = 230.0;

impl Pane for FeatureMaps {
    const TITLE: &'static str = "Feature maps";
    const HINT: &'static str = "What the channels of a layer answer to one image, two nets side by side";
    const KEYS: &'static [PaneKey] = &[
        PaneKey::new(Modifiers::NONE, Key::OpenBracket, "the channel before"),
        PaneKey::new(Modifiers::NONE, Key::CloseBracket, "the next channel"),
        PaneKey::new(Modifiers::NONE, Key::Enter, "one map large, or all"),
        PaneKey::new(Modifiers::NONE, Key::N, "any image"),
        PaneKey::new(Modifiers::NONE, Key::D, "draw an image"),
        PaneKey::new(Modifiers::NONE, Key::O, "open an image file"),
        PaneKey::new(Modifiers::NONE, Key::I, "invert your own image"),
    ];

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        if scene.history.trained().is_empty() {
            ui.label(theme::caption(t!("The maps appear once the nets are built.")));
            return;
        }
        let names = self.sides(scene);
        let series = |name: &String| find(scene.history, name);
        let sides: Vec<(&Series, Graph)> = names
            .iter()
            .filter_map(series)
            .map(|series| (series, Graph::new(&series.track.spec)))
            .collect();
        let Some(left) = sides.first() else { return };
        let panel = ui.max_rect();
        ui.set_max_width(self.own.free(panel));
        self.own.take_in_ui(ui, left.1.spec.input, view);
        // In a small tile of a lecture the maps themselves need the room.
        if !theme::bare(ui) || ui.available_height() > LITTLE || self.own.drawing {
            self.choice_ui(ui, view, panel, &left.1, &names);
        }
        if let Some(why) = &self.own.refusal {
            ui.label(theme::caption(why).color(theme::ink(ui).error));
        }
        let nodes: Vec<_> = sides
            .iter()
            .map(|(series, graph)| (series.track.id, view.cursor.layer_in(graph)))
            .collect();
        let request = MapRequest {
            nodes,
            image: view.cursor.subject(),
            step: view.cursor.step.and_then(|step| left.0.kept_at(step)),
        };
        if self.sent.as_ref() != Some(&request) {
            self.sent = Some(request.clone());
            view.actions.push(Action::Send(Command::Watch(Some(request.clone()))));
        }
        match view.shown.filter(|shown| shown.maps.request.nodes == request.nodes) {
            Some(shown) => {
                let sides: Vec<&Series> = sides.iter().map(|(series, _)| *series).collect();
                self.draw_ui(ui, view, &sides, shown);
            }
            None => drop(ui.label(theme::caption(t!("Waiting for the trainer to compute these maps.")))),
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Maps)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        view.shown.is_some()
    }

    fn keys(&mut self, ui: &Ui, view: &mut View<'_>) {
        let pressed = |key| keys::pressed(ui, Modifiers::NONE, key);
        if pressed(Key::OpenBracket) || pressed(Key::PageUp) {
            self.channel = self.channel.saturating_sub(1);
        }
        if pressed(Key::CloseBracket) || pressed(Key::PageDown) {
            self.channel = (self.channel + 1).min(channels(view).saturating_sub(1));
        }
        // A focused button takes Enter for itself.
        if pressed(Key::Enter) && ui.memory(|memory| memory.focused().is_none()) {
            self.large = !self.large;
        }
        if pressed(Key::N) {
            image::random(view);
        }
        if pressed(Key::D) {
            self.own.drawing = !self.own.drawing;
        }
        if pressed(Key::I) {
            own::invert(view);
        }
        if pressed(Key::O)
            && let Some(series) = view.scene.history.trained().first()
        {
            self.own.choose_file(ui, series.track.spec.input);
        }
    }

    /// Another trainer has to be asked again.
    fn restart(&mut self) {
        self.sent = None;
        self.own.restart();
    }
}

impl FeatureMaps {
    /// Closes the canvas; answers whether it was open.
    pub fn close_canvas(&mut self) -> bool {
        std::mem::take(&mut self.own.drawing)
    }

    /// The runs to show: those that were chosen, or the deepest plain net and the deepest residual one; the only net alone.
    fn sides(&self, scene: Scene<'_>) -> Vec<String> {
        let runs = scene.history.trained();
        if first_seeds(scene).count() == 1 {
            return vec![runs[0].track.name.clone()];
        }
        let deepest = |residual| deepest(scene.history, residual);
        let name = |series: &Series| series.track.name.clone();
        let chosen = |side: usize| find(scene.history, &self.runs[side]).map(name);
        let left = chosen(0).unwrap_or_else(|| name(deepest(false).unwrap_or(&runs[0])));
        let other = || runs.iter().find(|series| series.track.name != left).unwrap_or(&runs[0]);
        let right = chosen(1).unwrap_or_else(|| name(deepest(true).unwrap_or_else(other)));
        vec![left, right]
    }

    fn choice_ui(&mut self, ui: &mut Ui, view: &mut View<'_>, panel: Rect, graph: &Graph, names: &[String]) {
        let layer = view.cursor.layer_in(graph);
        let cramped = ui.available_height() < LITTLE;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.spacing_mut().button_padding = vec2(6.0, 4.0);
            ui.spacing_mut().combo_width = 64.0;
            let choices = [t!("Left net"), t!("Right net")];
            for (side, what) in choices.into_iter().enumerate().filter(|_| names.len() > 1) {
                let combo = ComboBox::from_id_salt(side)
                    .selected_text(theme::caption(&names[side]))
                    .show_ui(ui, |ui| {
                        for series in first_seeds(view.scene) {
                            let name = series.track.name.clone();
                            ui.selectable_value(&mut self.runs[side], name.clone(), name);
                        }
                    });
                named(&combo.response, Role::ComboBox, &what);
            }
            let back = ui
                .small_button("◀")
                .on_hover_text(t!("Layer before (Left; every node with Shift)"));
            named(&back, Role::Button, &t!("Layer before"));
            if back.clicked() {
                view.cursor.walk(graph, -1, true);
            }
            let combo = ComboBox::from_id_salt("layer")
                .selected_text(theme::caption(&layer))
                .show_ui(ui, |ui| {
                    for node in &graph.nodes[1..] {
                        if ui.selectable_label(layer == node.name, &node.name).clicked() {
                            view.cursor.layer = node.name.clone();
                        }
                    }
                });
            named(&combo.response, Role::ComboBox, &t!("Layer"));
            let on = ui.small_button("▶").on_hover_text(t!("Next layer (Right)"));
            named(&on, Role::Button, &t!("Next layer"));
            if on.clicked() {
                view.cursor.walk(graph, 1, true);
            }
            folded_ui(ui, cramped, |ui| {
                let each = ui
                    .selectable_label(self.each, theme::caption(t!("Scale each map")))
                    .on_hover_text(t!(
                        "Give every map colours of its own; without, all maps of a layer share them"
                    ));
                self.each ^= each.clicked();
                self.large_ui(ui, view);
            });
            image::buttons_ui(ui, panel, view, graph.spec.input, &mut self.own);
        });
    }

    /// The ways into one map, and from one to the next.
    fn large_ui(&mut self, ui: &mut Ui, view: &View<'_>) {
        let hint = t!("Show one map with its values, or all (Enter)");
        let large = ui
            .selectable_label(self.large, theme::caption(t!("One map")))
            .on_hover_text(hint);
        self.large ^= large.clicked();
        if !self.large {
            return;
        }
        if ui.available_size_before_wrap().x < ARROWS {
            ui.end_row();
        }
        let back = ui.small_button("◀").on_hover_text(t!("Channel before ([)"));
        named(&back, Role::Button, &t!("Channel before"));
        if back.clicked() {
            self.channel = self.channel.saturating_sub(1);
        }
        let on = ui.small_button("▶").on_hover_text(t!("Next channel (])"));
        named(&on, Role::Button, &t!("Next channel"));
        if on.clicked() {
            self.channel = (self.channel + 1).min(channels(view).saturating_sub(1));
        }
    }

    fn draw_ui(&mut self, ui: &mut Ui, view: &mut View<'_>, sides: &[&Series], shown: &Shown) {
        let all = ui.available_rect_before_wrap();
        ui.allocate_rect(all, Sense::hover());
        let column = (all.width() * 0.2).clamp(82.0, 160.0);
        let (left, mut rest) = all.split_left_right_at_x(all.left() + column);
        rest.min.x += 2.0 * GRID;
        let (mut first, mut second) = rest.split_left_right_at_fraction(1.0 / sides.len() as f32);
        if sides.len() > 1 {
            first.max.x -= GRID / 2.0;
            second.min.x += GRID / 2.0;
        }
        let among = view.scene.history.specs();
        let lost = |place: usize| {
            let found = shown.maps.predictions.get(place);
            found.is_some_and(|found| found.iter().any(|share| !share.is_finite()))
        };
        let drawn = sides.iter().zip(&shown.grids).zip(&shown.maps.request.nodes);
        let drawn = drawn.enumerate().map(|(place, ((series, grid), (_, node)))| Side {
            name: &series.track.name,
            colour: line_style(ui, &series.track.spec, &among).0,
            node,
            grid,
            each: self.each,
            channel: self.channel,
            place: place as u64,
            lost: lost(place),
        });
        let drawn: Vec<Side<'_>> = drawn.collect();
        ui.scope_builder(UiBuilder::new().max_rect(left), |ui| {
            image::image_ui(ui, view, shown, &drawn);
        });
        let places = [first, second];
        // Two maps side by side have both their numbers or neither.
        let numbers = self.large
            && places
                .iter()
                .zip(&drawn)
                .all(|(&rect, side)| side.is_told_alike(ui, rect));
        for (rect, side) in places.into_iter().zip(&drawn) {
            if ui.rect_contains_pointer(rect) {
                view.cursor.hover_run(side.name);
            }
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                if self.large {
                    side.zoom_ui(ui, rect, view.cursor, numbers);
                } else if let Some(channel) = side.grid_ui(ui, rect, view.cursor) {
                    (self.channel, self.large) = (channel, true);
                }
            });
        }
    }
}

/// Channels of the maps on screen.
fn channels(view: &View<'_>) -> usize {
    let grids = view.shown.into_iter().flat_map(|shown| &shown.grids);
    grids.map(|grid| grid.channels.len()).max().unwrap_or(0)
}

fn named(response: &egui::Response, role: Role, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
}

fn first_seeds<'a>(scene: Scene<'a>) -> impl Iterator<Item = &'a Series> {
    let runs = scene.history.trained();
    runs.iter()
        .enumerate()
        .filter(|(index, series)| !runs[..*index].iter().any(|other| other.track.name == series.track.name))
        .map(|(_, series)| series)
}
