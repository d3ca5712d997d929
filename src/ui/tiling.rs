//! The lab's panels as tiles that can be moved, resized, maximised, closed and opened again.

use eframe::egui::{
    self, Color32, CornerRadius, CursorIcon, Frame, Id, Margin, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke,
    StrokeKind, Style, Ui, UiBuilder, Visuals, WidgetInfo, WidgetText, epaint::RectShape, vec2,
};
use egui_tiles::{
    Behavior, Container, Linear, LinearDir, ResizeState, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles,
    Tree, UiResponse,
};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::icon::{Icon, icon_button_ui};
use super::pane::View;
use super::panels::{Panel, Panes};
use super::paper;
use super::preset::{Preset, tree_of};
use super::theme::{self, BODY, GRID, Ink};
use super::widgets::{card_ui, header_ui};
use crate::export::Size;

/// Height of a tile's title.
const HEADER: f32 = 38.0;
/// Smallest useful size of a tile in points; where there is less, the panels stand in one column that scrolls.
const LEAST: egui::Vec2 = vec2(232.0, 190.0);
/// Height of a panel in that column.
const STACKED: f32 = 290.0;
/// Room that the buttons of a tile and the tag beside them take.
const TAG_ROOM: f32 = 180.0;
const MARGIN: Margin = Margin {
    left: 12,
    right: 12,
    top: 0,
    bottom: 8,
};

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
        if !self.is_open(self.focus) {
            self.focus = self.shown().first().copied().unwrap_or(self.focus);
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
        let mut frame = Drawn {
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
fn column_ui(ui: &mut Ui, shown: &[Panel], frame: &mut Drawn<'_, '_>) {
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

fn title_width(ui: &Ui, panel: Panel) -> f32 {
    let font = egui::FontId::new(BODY, theme::semibold());
    let title = ui
        .painter()
        .layout_no_wrap(panel.title().into(), font, Color32::PLACEHOLDER);
    title.size().x + 16.0
}

/// What was asked of a tile by its buttons.
enum Asked {
    Close(Panel),
    Maximise(Panel),
}

/// One frame of the tiles.
struct Drawn<'a, 'v> {
    panes: &'a mut Panes,
    view: &'a mut View<'v>,
    focus: Panel,
    maximised: bool,
    paper: Size,
    asked: Option<Asked>,
}

impl Drawn<'_, '_> {
    /// A panel outside the tiling, with its title and buttons.
    fn card_ui(&mut self, ui: &mut Ui, rect: Rect, panel: Panel) {
        self.take_focus(ui, rect, panel);
        let active = self.focus == panel;
        let builder = UiBuilder::new().id_salt(panel).max_rect(rect);
        ui.scope_builder(builder, |ui| {
            card_ui(ui, active, |ui| {
                header_ui(ui, &panel.title(), |ui| {
                    self.buttons_ui(ui, panel, ui.available_width());
                });
                self.panes.pane_ui(panel, ui, self.view);
            });
        });
    }

    /// Buttons at the right of a tile's title, from the right, and the tag where there is `room` points for all.
    fn buttons_ui(&mut self, ui: &mut Ui, panel: Panel, room: f32) {
        if theme::bare(ui) {
            return;
        }
        ui.spacing_mut().item_spacing.x = 2.0;
        let title = panel.title();
        let name = t!("Close %{panel}", panel = title);
        let hint = t!("Close; the Panels menu opens it again (W)");
        if icon_button_ui(ui, Icon::Close, &name, &hint).clicked() {
            self.asked = Some(Asked::Close(panel));
        }
        let (icon, name, hint) = if self.maximised {
            (
                Icon::PutBack,
                t!("Put back %{panel}", panel = title),
                t!("Back among the others (F)"),
            )
        } else {
            (
                Icon::Maximise,
                t!("Maximise %{panel}", panel = title),
                t!("Fill the window (F)"),
            )
        };
        if icon_button_ui(ui, icon, &name, &hint).clicked() {
            self.asked = Some(Asked::Maximise(panel));
        }
        let kind = self.panes.figure(panel);
        let name = t!("Export %{panel}", panel = title);
        let hint = t!("Export: a file, the clipboard, or PyTorch code (E, Ctrl C)");
        let button = icon_button_ui(ui, Icon::Export, &name, &hint);
        let figure = kind.map(|kind| (kind, self.view.cursor.step));
        paper::menu_ui(&button, figure, &mut self.paper, self.view.actions);
        if kind.is_some() && room > TAG_ROOM && self.panes.measured(panel, self.view) {
            ui.add_space(4.0);
            ui.label(theme::caption(t!("measured")))
                .on_hover_text(t!("Every number here was measured on this machine, in this run"));
        }
    }

    fn take_focus(&mut self, ui: &Ui, rect: Rect, panel: Panel) {
        let pressed = ui.input(|input| input.pointer.any_pressed());
        if pressed && ui.ctx().rect_contains_pointer(ui.layer_id(), rect) {
            self.focus = panel;
        }
    }
}

impl Behavior<Panel> for Drawn<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, panel: &mut Panel) -> UiResponse {
        let mut whole = ui.max_rect();
        whole.min.y -= HEADER;
        self.take_focus(ui, whole, *panel);
        Frame::new().inner_margin(MARGIN).show(ui, |ui| {
            self.panes.pane_ui(*panel, ui, self.view);
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, panel: &Panel) -> WidgetText {
        theme::strong(panel.title(), BODY).into()
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Panel>, ui: &mut Ui, id: Id, tile: TileId, state: &TabState) -> Response {
        let ink = theme::ink(ui);
        let Some(&panel) = tiles.get_pane(&tile) else {
            return ui.allocate_response(egui::Vec2::ZERO, Sense::hover());
        };
        let alone = tiles
            .parent_of(tile)
            .and_then(|parent| tiles.get_container(parent))
            .is_none_or(|tabs| tabs.children().filter(|&&tab| tiles.is_visible(tab)).count() < 2);
        let colour = if state.active { ink.text } else { ink.weak };
        let font = egui::FontId::new(BODY, theme::semibold());
        let title = ui.painter().layout_no_wrap(panel.title().into(), font, colour);
        let size = vec2(title_width(ui, panel), ui.available_height());
        let (_, rect) = ui.allocate_space(size);
        let response = ui
            .interact(rect, id, Sense::click_and_drag())
            .on_hover_cursor(CursorIcon::Grab)
            .on_hover_text(panel.hint());
        response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), state.active, panel.title()));
        if ui.is_rect_visible(rect) && !state.is_being_dragged {
            let left = rect.left() + 8.0;
            let top = rect.center().y - title.size().y / 2.0;
            let width = title.size().x;
            ui.painter().galley(egui::pos2(left, top), title, colour);
            if state.active && !alone {
                ui.painter()
                    .hline(left..=left + width, rect.bottom() - 5.0, Stroke::new(2.0, ink.text));
            }
            if response.has_focus() {
                let around = rect.shrink2(vec2(2.0, 6.0));
                ui.painter()
                    .rect_stroke(around, 4.0, Stroke::new(1.0, ink.text), StrokeKind::Inside);
            }
        }
        if response.clicked() {
            self.focus = panel;
        }
        response
    }

    fn drag_ui(&mut self, tiles: &Tiles<Panel>, ui: &mut Ui, tile: TileId) {
        Frame::popup(ui.style()).show(ui, |ui| {
            if let Some(panel) = tiles.get_pane(&tile) {
                ui.label(theme::strong(panel.title(), BODY));
            }
        });
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<Panel>, ui: &mut Ui, _tile: TileId, tabs: &Tabs, _scroll: &mut f32) {
        let panes = |id: &TileId| tiles.get_pane(id).copied().filter(|_| tiles.is_visible(*id));
        let titles: f32 = tabs
            .children
            .iter()
            .filter_map(panes)
            .map(|panel| title_width(ui, panel))
            .sum();
        if let Some(&panel) = tabs.active.and_then(|active| tiles.get_pane(&active)) {
            ui.add_space(GRID);
            self.buttons_ui(ui, panel, ui.available_width() - titles);
        }
    }

    fn tab_bar_left_ui(&mut self, _tiles: &Tiles<Panel>, ui: &mut Ui, _tile: TileId, _tabs: &Tabs) {
        ui.add_space(4.0);
    }

    fn tab_bar_height(&self, _style: &Style) -> f32 {
        HEADER
    }

    fn gap_width(&self, _style: &Style) -> f32 {
        GRID
    }

    fn min_size(&self) -> f32 {
        120.0
    }

    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        Color32::TRANSPARENT
    }

    fn resize_stroke(&self, style: &Style, state: ResizeState) -> Stroke {
        match state {
            ResizeState::Idle => Stroke::NONE,
            ResizeState::Hovering => Stroke::new(2.0, style.visuals.window_stroke.color),
            ResizeState::Dragging => Stroke::new(2.0, style.visuals.text_color()),
        }
    }

    fn drag_preview_color(&self, visuals: &Visuals) -> Color32 {
        visuals.text_color().gamma_multiply(0.12)
    }

    fn dragged_overlay_color(&self, visuals: &Visuals) -> Color32 {
        visuals.panel_fill.gamma_multiply(0.6)
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions {
            all_panes_must_have_tabs: true,
            ..SimplificationOptions::default()
        }
    }
}
