//! One tile as it is drawn: its title, its buttons, and the panel in it.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{
    self, Button, Color32, CursorIcon, Id, Margin, Rect, Response, Role, Sense, Stroke, StrokeKind, Style, Ui,
    UiBuilder, Vec2, Visuals, WidgetInfo, WidgetText, vec2,
};
use egui_tiles::{Behavior, ResizeState, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles, UiResponse};
use rust_i18n::t;

use super::at_right::AtRight;
use super::icon::{Icon, icon_button_ui};
use super::pane::View;
use super::panels::{Panel, Panes};
use super::paper;
use super::theme::{self, BODY, GRID};
use super::widgets::{card_ui, header_ui, menu_space};
use crate::export::{Kind, Size};

/// Height of a tile's title.
const HEADER: f32 = 38.0;
/// Room that the buttons of a tile and the tag beside them take.
const TAG_ROOM: f32 = 180.0;
/// Room beside a title, both sides together.
const PADDING: f32 = 16.0;
/// Width of the menu of those that have no room.
const MORE: f32 = 44.0;
const MARGIN: Margin = Margin {
    left: 12,
    right: 12,
    top: 0,
    bottom: 8,
};

/// What a tab is called: its panel, or the panels that were put beside each other in it.
fn title(tiles: &Tiles<Panel>, tile: TileId) -> String {
    match tiles.get(tile) {
        Some(Tile::Pane(panel)) => panel.title().into_owned(),
        Some(Tile::Container(container)) => {
            let shown = container.children().filter(|&&child| tiles.is_visible(child));
            let titles: Vec<String> = shown.map(|&child| title(tiles, child)).collect();
            titles.join(", ")
        }
        None => String::new(),
    }
}

fn title_width(ui: &Ui, tiles: &Tiles<Panel>, tile: TileId) -> f32 {
    let font = egui::FontId::new(BODY, theme::semibold());
    theme::width(ui, &title(tiles, tile), font) + PADDING
}

/// How wide the titles of the tile are that is being drawn; those without a width are in a menu.
#[derive(Debug, Clone, Default)]
pub struct Titles(Vec<(TileId, f32)>);

impl Titles {
    /// Fits titles of those widths into a row: the one in front, and the others as far as they are whole.
    fn fit(own: Vec<(TileId, f32)>, front: Option<TileId>, room: f32) -> Self {
        let all = Self::fill(&own, front, room);
        if all.behind().next().is_none() {
            return all;
        }
        Self::fill(&own, front, room - MORE)
    }

    fn fill(own: &[(TileId, f32)], front: Option<TileId>, room: f32) -> Self {
        let first = own.iter().find(|(tab, _)| Some(*tab) == front);
        let mut left = room - first.map_or(0.0, |(_, width)| *width);
        let width = |&(tab, own): &(TileId, f32)| {
            if Some(tab) == front {
                return (tab, own.min(room));
            }
            let width = if left >= own { own } else { 0.0 };
            // None after one that has no room, so that they stay in order.
            left = if width < own { 0.0 } else { left - own };
            (tab, width)
        };
        Self(own.iter().map(width).collect())
    }

    fn width(&self, tab: TileId) -> f32 {
        self.0
            .iter()
            .find(|(other, _)| *other == tab)
            .map_or(0.0, |(_, width)| *width)
    }

    fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// Those in the menu.
    fn behind(&self) -> impl Iterator<Item = TileId> {
        self.0.iter().filter(|(_, width)| *width == 0.0).map(|(tab, _)| *tab)
    }
}

/// What was asked of a tile by its buttons.
pub enum Asked {
    Close(Panel),
    Maximise(Panel),
    /// To the front of its tile.
    Bring(Panel),
}

/// One frame of the tiles.
pub struct Frame<'a, 'v> {
    pub panes: &'a mut Panes,
    pub view: &'a mut View<'v>,
    pub focus: Panel,
    pub maximised: bool,
    pub paper: Size,
    pub asked: Option<Asked>,
    pub titles: Titles,
}

impl Frame<'_, '_> {
    /// A panel outside the tiling, with its title and buttons.
    pub fn card_ui(&mut self, ui: &mut Ui, rect: Rect, panel: Panel) {
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

    /// Buttons at the right of a tile's title, and the tag where there is `room` points for all.
    fn buttons_ui(&mut self, ui: &mut Ui, panel: Panel, room: f32) {
        if theme::lecture(ui) || theme::withheld(ui) {
            return;
        }
        AtRight::new(ui, "buttons").show_ui(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            let kind = self.panes.figure(panel);
            if kind.is_some() && room > TAG_ROOM && self.panes.measured(panel, self.view) {
                ui.label(theme::caption(t!("measured")))
                    .on_hover_text(t!("Every number here was measured on this machine, in this run"));
                ui.add_space(4.0);
            }
            self.icons_ui(ui, panel, kind);
        });
    }

    fn icons_ui(&mut self, ui: &mut Ui, panel: Panel, kind: Option<Kind>) {
        let title = panel.title();
        let name = t!("Export %{panel}", panel = title);
        let hint = t!("Export: a file, the clipboard, or PyTorch code (E, Ctrl+C)");
        let button = icon_button_ui(ui, Icon::Export, &name, &hint);
        let figure = kind.map(|kind| (kind, self.view.cursor.step));
        let copy = if panel.copies() { "" } else { "Ctrl+C" };
        paper::menu_ui(&button, figure, copy, &mut self.paper, self.view.actions);
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
        let name = t!("Close %{panel}", panel = title);
        let hint = t!("Close; the Panels menu opens it again (W)");
        if icon_button_ui(ui, Icon::Close, &name, &hint).clicked() {
            self.asked = Some(Asked::Close(panel));
        }
    }

    fn take_focus(&mut self, ui: &Ui, rect: Rect, panel: Panel) {
        let pressed = ui.input(|input| input.pointer.any_pressed());
        if pressed && ui.ctx().rect_contains_pointer(ui.layer_id(), rect) {
            self.focus = panel;
        }
    }
}

impl Behavior<Panel> for Frame<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, panel: &mut Panel) -> UiResponse {
        let mut whole = ui.max_rect();
        whole.min.y -= HEADER;
        self.take_focus(ui, whole, *panel);
        egui::Frame::new().inner_margin(MARGIN).show(ui, |ui| {
            self.panes.pane_ui(*panel, ui, self.view);
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, panel: &Panel) -> WidgetText {
        theme::strong(panel.title(), BODY).into()
    }

    fn tab_ui(&mut self, tiles: &mut Tiles<Panel>, ui: &mut Ui, id: Id, tile: TileId, state: &TabState) -> Response {
        let ink = theme::ink(ui);
        let panel = tiles.get_pane(&tile).copied();
        let name = title(tiles, tile);
        let colour = if state.active { ink.text } else { ink.weak };
        let font = egui::FontId::new(BODY, theme::semibold());
        let width = self.titles.width(tile);
        if width == 0.0 {
            return ui.interact(Rect::from_min_size(ui.cursor().min, Vec2::ZERO), id, Sense::hover());
        }
        let title = theme::elided(ui, &name, font, colour, width - PADDING);
        let size = vec2(width, ui.available_height());
        let (_, rect) = ui.allocate_space(size);
        let response = ui
            .interact(rect, id, Sense::click_and_drag())
            .on_hover_cursor(CursorIcon::Grab)
            .on_hover_text(panel.map_or_else(|| name.clone().into(), Panel::hint));
        response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), state.active, &name));
        if ui.is_rect_visible(rect) && !state.is_being_dragged {
            let left = rect.left() + 8.0;
            let top = rect.center().y - title.size().y / 2.0;
            let width = title.size().x;
            ui.painter().galley(egui::pos2(left, top), title, colour);
            if state.active && self.titles.are_several() {
                ui.painter()
                    .hline(left..=left + width, rect.bottom() - 5.0, Stroke::new(2.0, ink.text));
            }
            if response.has_focus() {
                let around = rect.shrink2(vec2(2.0, 6.0));
                ui.painter()
                    .rect_stroke(around, 4.0, Stroke::new(1.0, ink.text), StrokeKind::Inside);
            }
        }
        if let (true, Some(panel)) = (response.clicked(), panel) {
            // After the tile's panel, which takes the focus where the pointer was pressed.
            self.asked = Some(Asked::Bring(panel));
        }
        response
    }

    fn drag_ui(&mut self, tiles: &Tiles<Panel>, ui: &mut Ui, tile: TileId) {
        egui::Frame::popup(ui.style()).show(ui, |ui| {
            if let Some(panel) = tiles.get_pane(&tile) {
                ui.label(theme::strong(panel.title(), BODY));
            }
        });
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<Panel>, ui: &mut Ui, _tile: TileId, tabs: &Tabs, scroll: &mut f32) {
        let shown = tabs.children.iter().filter(|tab| tiles.is_visible(**tab));
        let own: Vec<(TileId, f32)> = shown.map(|&tab| (tab, title_width(ui, tiles, tab))).collect();
        if let Some(&panel) = tabs.active.and_then(|active| tiles.get_pane(&active)) {
            ui.add_space(GRID);
            let whole: f32 = own.iter().map(|(_, width)| width).sum();
            self.buttons_ui(ui, panel, ui.available_width() - whole);
        }
        self.titles = Titles::fit(own, tabs.active, ui.available_width() - GRID);
        *scroll = 0.0;
        let behind: Vec<Panel> = self
            .titles
            .behind()
            .filter_map(|tab| tiles.get_pane(&tab).copied())
            .collect();
        if !behind.is_empty() {
            let name = t!("%{count} more panels in this tile", count = behind.len());
            let button = Button::new(theme::caption(format!("+{}", behind.len()))).frame_when_inactive(false);
            let (menu, _) = MenuButton::from_button(button).ui(ui, |ui| {
                menu_space(ui);
                for panel in behind {
                    if ui.button(panel.title()).on_hover_text(panel.hint()).clicked() {
                        self.asked = Some(Asked::Bring(panel));
                        ui.close();
                    }
                }
            });
            menu.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            menu.on_hover_text(name);
        }
    }

    /// Panels are moved by their titles; what lies behind these is no stop of the Tab key.
    fn is_tile_draggable(&self, tiles: &Tiles<Panel>, tile: TileId) -> bool {
        tiles.get_pane(&tile).is_some()
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
