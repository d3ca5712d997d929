//! The arrangement of the lab's panels as tiles that can be moved, resized, maximised, closed and opened again.

use eframe::egui::{self, CornerRadius, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, epaint::RectShape, vec2};
use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tree};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::pane::View;
use super::panels::{Panel, Panes};
use super::preset::{Preset, tree_of};
use super::theme::{self, Ink};
use super::tile::{Asked, Frame};
use crate::export::Size;

/// Smallest useful size of a tile in points; where there is less, the panels stand in one column that scrolls.
const LEAST: egui::Vec2 = vec2(232.0, 190.0);
/// Height of a panel in that column.
const STACKED: f32 = 290.0;

/// The arrangement of the panels.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Tiling {
    tree: Tree<Panel>,
    /// The panel that keys speak to.
    pub focus: Panel,
    /// It fills the space of all.
    pub maximised: bool,
    /// What figures are printed on.
    #[serde(default)]
    pub paper: Size,
}

impl Default for Tiling {
    fn default() -> Self {
        Self {
            tree: Preset::Compare.tree(),
            focus: Panel::Curves,
            maximised: false,
            paper: Size::default(),
        }
    }
}

impl Tiling {
    /// Arranges the panels as a preset does.
    pub fn arrange(&mut self, preset: Preset) {
        self.tree = preset.tree();
        self.maximised = false;
        let shown = self.shown();
        if !shown.contains(&self.focus) {
            self.focus = shown.first().copied().unwrap_or(self.focus);
        }
    }

    /// Arranges just these panels.
    pub fn show(&mut self, panels: &[Panel]) {
        self.tree = tree_of(panels);
        self.maximised = false;
        self.focus = panels.first().copied().unwrap_or(self.focus);
    }

    /// Whether the panel has a tile, be it behind another.
    pub fn is_open(&self, panel: Panel) -> bool {
        self.tree
            .tiles
            .find_pane(&panel)
            .is_some_and(|tile| self.tree.tiles.is_visible(tile))
    }

    /// Brings the panel to the front, where it last was or beside the largest tile, and gives it the focus.
    pub fn open(&mut self, panel: Panel) {
        match self.tree.tiles.find_pane(&panel) {
            Some(tile) => self.tree.set_visible(tile, true),
            None => self.insert(panel),
        }
        self.tree
            .make_active(|_, tile| matches!(tile, Tile::Pane(other) if *other == panel));
        self.focus = panel;
    }

    /// Takes the panel away; its place is kept for it.
    pub fn close(&mut self, panel: Panel) {
        let shown = self.shown();
        if let Some(tile) = self.tree.tiles.find_pane(&panel) {
            self.tree.set_visible(tile, false);
        }
        if self.focus == panel {
            self.maximised = false;
            let next = shown.into_iter().find(|&other| other != panel);
            self.focus = next.unwrap_or(panel);
        }
    }

    /// Gives the focus to the panel after (before) the one that has it.
    pub fn walk(&mut self, forward: bool) {
        let shown = self.shown();
        let Some(last) = shown.len().checked_sub(1) else { return };
        let here = shown.iter().position(|&panel| panel == self.focus);
        self.focus = shown[match (here, forward) {
            (None, _) => 0,
            (Some(here), true) => (here + 1) % shown.len(),
            (Some(here), false) => here.checked_sub(1).unwrap_or(last),
        }];
    }

    /// The panels in front, in reading order.
    pub fn shown(&self) -> Vec<Panel> {
        let mut panels = Vec::new();
        if let Some(root) = self.tree.root {
            self.collect(root, &mut panels);
        }
        panels
    }

    fn collect(&self, tile: TileId, panels: &mut Vec<Panel>) {
        let tiles = &self.tree.tiles;
        if !tiles.is_visible_in_layout(tile) {
            return;
        }
        match tiles.get(tile) {
            Some(Tile::Pane(panel)) => panels.push(*panel),
            Some(Tile::Container(Container::Tabs(tabs))) => {
                if let Some(active) = tabs.next_active(tiles) {
                    self.collect(active, panels);
                }
            }
            Some(Tile::Container(container)) => {
                for &child in container.children() {
                    self.collect(child, panels);
                }
            }
            None => {}
        }
    }

    /// Gives a new panel half of the largest tile.
    fn insert(&mut self, panel: Panel) {
        let tiles = &mut self.tree.tiles;
        let pane = tiles.insert_pane(panel);
        let new = tiles.insert_tab_tile(vec![pane]);
        let area = |id: TileId| tiles.rect(id).map_or(0.0f32, |rect| rect.area());
        let is_tabs = |tile: &Tile<Panel>| matches!(tile, Tile::Container(Container::Tabs(_)));
        let largest = tiles
            .iter()
            .filter(|&(&id, tile)| id != new && is_tabs(tile) && tiles.is_visible_in_layout(id))
            .map(|(&id, _)| id)
            .max_by(|&a, &b| area(a).total_cmp(&area(b)));
        let Some(largest) = largest else {
            self.tree.root = Some(new);
            return;
        };
        let tall = tiles.rect(largest).is_some_and(|rect| rect.height() > rect.width());
        let dir = if tall {
            LinearDir::Vertical
        } else {
            LinearDir::Horizontal
        };
        let parent = tiles.parent_of(largest);
        let pair = tiles.insert_container(Linear::new(dir, vec![largest, new]));
        match parent.and_then(|parent| tiles.get_mut(parent)) {
            Some(Tile::Container(container)) => drop(container.replace_child(largest, pair)),
            _ => self.tree.root = Some(pair),
        }
    }

    /// The width and height that the panels need to be of use.
    fn least(&self, tile: TileId) -> egui::Vec2 {
        let tiles = &self.tree.tiles;
        let Some(Tile::Container(Container::Linear(linear))) = tiles.get(tile) else {
            return LEAST;
        };
        let children = linear
            .children
            .iter()
            .filter(|&&child| tiles.is_visible_in_layout(child));
        children
            .map(|&child| self.least(child))
            .fold(egui::Vec2::ZERO, |sum, child| match linear.dir {
                LinearDir::Horizontal => vec2(sum.x + child.x, sum.y.max(child.y)),
                LinearDir::Vertical => vec2(sum.x.max(child.x), sum.y + child.y),
            })
    }

    /// Draws the tiles into all the space there is.
    pub fn tiles_ui(&mut self, ui: &mut Ui, panes: &mut Panes, view: &mut View<'_>) {
        let space = ui.available_rect_before_wrap();
        let shown = self.shown();
        let mut frame = Frame {
            panes,
            view,
            focus: self.focus,
            maximised: self.maximised,
            paper: self.paper,
            asked: None,
        };
        let least = self.tree.root.map_or(LEAST, |root| self.least(root));
        if shown.is_empty() {
            ui.centered_and_justified(|ui| {
                let words = t!("Every panel is closed. Open one from the Panels menu, or press a number key.");
                ui.label(theme::caption(words))
            });
        } else if self.maximised && shown.contains(&self.focus) {
            frame.card_ui(ui, space, self.focus);
        } else if space.width() < least.x || space.height() < least.y {
            column_ui(ui, &shown, &mut frame);
        } else {
            let ground = ui.painter().add(Shape::Noop);
            self.tree.ui(&mut frame, ui);
            let ink = theme::ink(ui);
            let cards = self.cards(frame.focus, ink);
            ui.painter().set(ground, Shape::Vec(cards));
        }
        let (focus, paper, asked) = (frame.focus, frame.paper, frame.asked);
        (self.focus, self.paper) = (focus, paper);
        match asked {
            Some(Asked::Close(panel)) => self.close(panel),
            Some(Asked::Maximise(panel)) => {
                self.maximised = !self.maximised;
                self.focus = panel;
            }
            None => {}
        }
    }

    /// Paper beneath each tile, with a darker edge around the one that has the focus.
    fn cards(&self, focus: Panel, ink: Ink) -> Vec<Shape> {
        let tiles = &self.tree.tiles;
        let card = |(&id, tile): (&TileId, &Tile<Panel>)| {
            let Tile::Container(Container::Tabs(tabs)) = tile else {
                return None;
            };
            let rect = tiles.rect(id)?;
            let front = tabs.active.and_then(|active| tiles.get_pane(&active));
            let edge = if front == Some(&focus) { ink.weak } else { ink.line };
            let radius = CornerRadius::same(8);
            let shape = RectShape::new(rect, radius, ink.paper, Stroke::new(1.0, edge), StrokeKind::Inside);
            Some(Shape::Rect(shape))
        };
        tiles.iter().filter_map(card).collect()
    }
}

/// A window too small for tiles: the panels in front, one beneath the other.
fn column_ui(ui: &mut Ui, shown: &[Panel], frame: &mut Frame<'_, '_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for &panel in shown {
            let size = vec2(ui.available_width(), STACKED);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            if ui.is_rect_visible(rect) {
                frame.card_ui(ui, rect, panel);
            }
        }
    });
}
