//! The arrangement of the lab's panels as tiles that can be moved, resized, maximised, closed and opened again.

use eframe::egui::{
    self, Align, CornerRadius, Rect, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, epaint::RectShape, pos2, vec2,
};
use egui_tiles::{Container, Linear, LinearDir, SimplificationOptions, Tile, TileId, Tree};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::pane::View;
use super::panels::{Panel, Panes};
use super::preset::{Preset, tree_of};
use super::theme::{self, Ink};
use super::tile::{Asked, Frame, Titles};
use crate::export::Size;

/// Smallest useful size of a tile in points, with and without its buttons and options; where there is less, the panels
/// stand in one column that scrolls.
const LEAST: [egui::Vec2; 2] = [vec2(325.0, 235.0), vec2(232.0, 170.0)];
/// A tile is halved for a new panel where each half keeps that much; elsewhere the new one stands before another.
const ROOMY: egui::Vec2 = vec2(400.0, 270.0);
/// What the tiles stand in before they were first drawn.
const UNKNOWN: egui::Vec2 = vec2(1256.0, 726.0);
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
    /// The panel in focus was just opened or walked to: it has to come into sight.
    #[serde(skip)]
    summoned: bool,
    /// The window was too small for tiles in the last frame.
    #[serde(skip)]
    stacked: bool,
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
            summoned: false,
            stacked: false,
            paper: Size::default(),
        }
    }
}

impl Tiling {
    /// Arranges the panels as a preset does.
    pub fn arrange(&mut self, preset: Preset) {
        self.tree = preset.tree();
        self.maximised = false;
        self.summoned = true;
        let shown = self.shown();
        let first = shown.iter().find(|panel| **panel == Panel::Curves).or(shown.first());
        self.focus = first.copied().unwrap_or(self.focus);
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

    /// Brings the panel to the front, where it last was or else where there is room, and gives it the focus.
    pub fn open(&mut self, panel: Panel) {
        match self.tree.tiles.find_pane(&panel) {
            Some(tile) => self.reopen(panel, tile),
            None => self.insert(panel),
        }
        self.tree
            .make_active(|_, tile| matches!(tile, Tile::Pane(other) if *other == panel));
        self.focus = panel;
        self.summoned = true;
    }

    /// Gives the panel its place again, or another one where that has become too small.
    fn reopen(&mut self, panel: Panel, tile: TileId) {
        let had_room = self.has_room();
        self.tree.set_visible(tile, true);
        if had_room && !self.has_room() {
            self.tree.remove_recursively(tile);
            // Else the place that it leaves goes on taking room.
            self.tree.simplify(&SimplificationOptions {
                prune_empty_tabs: true,
                prune_empty_containers: true,
                ..SimplificationOptions::OFF
            });
            self.insert(panel);
        }
    }

    /// Whether every panel in front has a tile of useful size, as far as the space is known.
    fn has_room(&self) -> bool {
        let Some(root) = self.tree.root else { return true };
        let space = self.tree.tiles.rect(root).map_or(UNKNOWN, |rect| rect.size());
        let least = self.least(root, LEAST[0]);
        least.x <= space.x && least.y <= space.y
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
        self.summoned = true;
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

    /// Gives a new panel half of the largest tile that can be halved, or the front of the one of largest breadth.
    fn insert(&mut self, panel: Panel) {
        let mut places = Vec::new();
        if let Some(root) = self.tree.root {
            let space = self
                .tree
                .tiles
                .rect(root)
                .unwrap_or(Rect::from_min_size(pos2(0.0, 0.0), UNKNOWN));
            self.places(root, space, &mut places);
        }
        let area = |place: &&(TileId, Rect)| place.1.area();
        let largest = places
            .iter()
            .filter(|(_, rect)| (halves(*rect).1 - ROOMY).min_elem() >= 0.0)
            .max_by(|a, b| area(a).total_cmp(&area(b)));
        let broadest = places
            .iter()
            .max_by(|a, b| a.1.size().min_elem().total_cmp(&b.1.size().min_elem()));
        let tiles = &mut self.tree.tiles;
        let pane = tiles.insert_pane(panel);
        let (largest, dir) = match (largest, broadest) {
            (Some(&(tile, rect)), _) => (tile, halves(rect).0),
            (None, Some(&(tile, _))) => {
                if let Some(Tile::Container(container)) = tiles.get_mut(tile) {
                    container.add_child(pane);
                }
                return;
            }
            (None, None) => {
                self.tree.root = Some(tiles.insert_tab_tile(vec![pane]));
                return;
            }
        };
        let new = tiles.insert_tab_tile(vec![pane]);
        let parent = tiles.parent_of(largest);
        let pair = tiles.insert_container(Linear::new(dir, vec![largest, new]));
        match parent.and_then(|parent| tiles.get_mut(parent)) {
            Some(Tile::Container(container)) => drop(container.replace_child(largest, pair)),
            _ => self.tree.root = Some(pair),
        }
    }

    /// Where the tiles in `space` will stand; those opened since the last frame have no place yet that the tree knows.
    fn places(&self, tile: TileId, space: Rect, places: &mut Vec<(TileId, Rect)>) {
        let tiles = &self.tree.tiles;
        let Some(Tile::Container(Container::Linear(linear))) = tiles.get(tile) else {
            return places.push((tile, space));
        };
        let seen = |child: &&TileId| tiles.is_visible_in_layout(**child);
        let whole: f32 = linear
            .children
            .iter()
            .filter(seen)
            .map(|&child| linear.shares[child])
            .sum();
        let mut rest = space;
        for &child in linear.children.iter().filter(seen) {
            let share = linear.shares[child] / whole;
            let part = match linear.dir {
                LinearDir::Horizontal => {
                    let (part, after) = rest.split_left_right_at_x(rest.left() + share * space.width());
                    rest = after;
                    part
                }
                LinearDir::Vertical => {
                    let (part, after) = rest.split_top_bottom_at_y(rest.top() + share * space.height());
                    rest = after;
                    part
                }
            };
            self.places(child, part, places);
        }
    }

    /// The width and height that the panels need to be of use, where `one` needs so much.
    fn least(&self, tile: TileId, one: egui::Vec2) -> egui::Vec2 {
        let tiles = &self.tree.tiles;
        let Some(Tile::Container(Container::Linear(linear))) = tiles.get(tile) else {
            return one;
        };
        let children = linear
            .children
            .iter()
            .filter(|&&child| tiles.is_visible_in_layout(child));
        children
            .map(|&child| self.least(child, one))
            .fold(egui::Vec2::ZERO, |sum, child| match linear.dir {
                LinearDir::Horizontal => vec2(sum.x + child.x, sum.y.max(child.y)),
                LinearDir::Vertical => vec2(sum.x.max(child.x), sum.y + child.y),
            })
    }

    /// Draws the tiles into all the space there is.
    pub fn tiles_ui(&mut self, ui: &mut Ui, panes: &mut Panes, view: &mut View<'_>) {
        // Never wider than the window, whatever stands around it.
        let space = ui.available_rect_before_wrap().intersect(ui.ctx().content_rect());
        let shown = self.shown();
        let mut frame = Frame {
            panes,
            view,
            focus: self.focus,
            maximised: self.maximised,
            paper: self.paper,
            asked: None,
            titles: Titles::default(),
        };
        let stacked = std::mem::take(&mut self.stacked);
        let one = LEAST[usize::from(theme::bare(ui))];
        let least = self.tree.root.map_or(one, |root| self.least(root, one));
        if shown.is_empty() {
            ui.centered_and_justified(|ui| {
                let words = t!("Every panel is closed. Open one from the Panels menu, or press a number key.");
                ui.label(theme::caption(words))
            });
        } else if self.maximised && shown.contains(&self.focus) {
            frame.card_ui(ui, space, self.focus);
        } else if space.width() < least.x || space.height() < least.y {
            match shown[..] {
                // Alone it has what room there is.
                [panel] => frame.card_ui(ui, space, panel),
                _ => {
                    self.stacked = true;
                    column_ui(ui, &shown, self.summoned || !stacked, &mut frame);
                }
            }
        } else {
            let ground = ui.painter().add(Shape::Noop);
            self.tree.ui(&mut frame, ui);
            let ink = theme::ink(ui);
            let cards = self.cards(frame.focus, ink);
            ui.painter().set(ground, Shape::Vec(cards));
        }
        let (focus, paper, asked) = (frame.focus, frame.paper, frame.asked);
        (self.focus, self.paper, self.summoned) = (focus, paper, false);
        match asked {
            Some(Asked::Close(panel)) => self.close(panel),
            Some(Asked::Bring(panel)) => self.open(panel),
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

/// The direction in which a tile is halved, and the size of a half.
fn halves(rect: Rect) -> (LinearDir, egui::Vec2) {
    if rect.height() > rect.width() {
        (LinearDir::Vertical, vec2(rect.width(), rect.height() / 2.0))
    } else {
        (LinearDir::Horizontal, vec2(rect.width() / 2.0, rect.height()))
    }
}

/// A window too small for tiles: the panels in front, one beneath the other; the one in focus comes into sight where it
/// was `summoned`.
fn column_ui(ui: &mut Ui, shown: &[Panel], summoned: bool, frame: &mut Frame<'_, '_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for &panel in shown {
            let size = vec2(ui.available_width(), STACKED);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            if summoned && panel == frame.focus {
                ui.scroll_to_rect(rect, Some(Align::Min));
            }
            if ui.is_rect_visible(rect) {
                frame.card_ui(ui, rect, panel);
            }
        }
    });
}
