//! Small parts that several panels share.

use eframe::egui::containers::menu::{MenuButton, MenuConfig, is_in_menu};
use eframe::egui::{
    self, Align, Button, Color32, ComboBox, CornerRadius, Frame, Layout, Margin, Mesh, Painter, PopupCloseBehavior,
    Rect, Response, Role, Stroke, Ui, WidgetInfo, pos2,
};
use rust_i18n::t;

use super::theme::{self, BODY, HEADING};
use crate::palette::Rgb;
pub use crate::run::amounts::{apart, grouped, large, percent, short};

/// A colour table along the longer side of `bar`, its first colour at the left or at the foot.
pub fn colour_bar_ui(painter: &Painter, bar: Rect, table: &[Rgb; 256]) {
    let mut mesh = Mesh::default();
    for (index, &[r, g, b]) in table.iter().enumerate().step_by(5) {
        let share = index as f32 / 255.0;
        let colour = Color32::from_rgb(r, g, b);
        let ends = if bar.width() > bar.height() {
            let x = bar.left() + bar.width() * share;
            [pos2(x, bar.top()), pos2(x, bar.bottom())]
        } else {
            let y = bar.bottom() - bar.height() * share;
            [pos2(bar.left(), y), pos2(bar.right(), y)]
        };
        for end in ends {
            mesh.colored_vertex(end, colour);
        }
    }
    for quad in 0..mesh.vertices.len() as u32 / 2 - 1 {
        mesh.add_triangle(2 * quad, 2 * quad + 1, 2 * quad + 2);
        mesh.add_triangle(2 * quad + 1, 2 * quad + 2, 2 * quad + 3);
    }
    painter.add(mesh);
}

/// The one button that matters now: ink on paper, inverted, unless it cannot be pressed.
pub fn primary_button_ui(ui: &mut Ui, text: &str, size: egui::Vec2) -> Response {
    let ink = theme::ink(ui);
    let font = if size.y >= 56.0 { HEADING } else { BODY };
    let mut text = theme::strong(text, font);
    ui.scope(|ui| {
        if ui.is_enabled() {
            text = text.color(ink.paper);
            let widgets = &mut ui.visuals_mut().widgets;
            for (widget, toward) in [
                (&mut widgets.inactive, 0.0),
                (&mut widgets.hovered, 0.15),
                (&mut widgets.active, 0.25),
            ] {
                widget.weak_bg_fill = ink.text.lerp_to_gamma(ink.paper, toward);
                widget.bg_stroke = Stroke::new(2.0, if toward > 0.2 { ink.weak } else { Color32::TRANSPARENT });
            }
        }
        let button = Button::new(text).corner_radius(CornerRadius::same(8));
        if size.x > 0.0 {
            ui.add_sized(size, button.wrap())
        } else {
            ui.add(button.min_size(size))
        }
    })
    .inner
}

/// A frameless button for what is rarely needed.
pub fn quiet_button_ui(ui: &mut Ui, text: &str, hint: &str) -> Response {
    let button = Button::new(theme::caption(text)).frame_when_inactive(false);
    ui.add(button).on_hover_text(hint)
}

/// Entries of a menu keep off its edge and stand close.
pub fn menu_space(ui: &mut Ui) {
    ui.spacing_mut().button_padding = egui::vec2(10.0, 4.0);
    ui.spacing_mut().item_spacing.y = 2.0;
}

/// Controls in the row, or behind one button where there is no room for them.
pub fn folded_ui(ui: &mut Ui, fold: bool, contents: impl FnOnce(&mut Ui)) {
    if !fold {
        return contents(ui);
    }
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    MenuButton::from_button(Button::new(theme::caption(t!("Options"))))
        .config(config)
        .ui(ui, |ui| {
            menu_space(ui);
            contents(ui);
        });
}

/// One of several words in a list that opens; within what is itself open, which cannot open another, all of them.
pub fn list_ui(ui: &mut Ui, name: &str, words: &str, hint: &str, contents: impl FnOnce(&mut Ui)) {
    if is_in_menu(ui) {
        ui.label(theme::caption(name)).on_hover_text(hint);
        ui.style_mut().override_font_id = Some(egui::FontId::proportional(theme::SMALL));
        contents(ui);
        return;
    }
    let combo = ComboBox::from_id_salt(name).selected_text(theme::caption(words));
    let response = combo.show_ui(ui, contents).response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, name));
    response.on_hover_text(hint);
}

/// Within what scrolls: brings the control into sight that the focus has just gone to.
pub fn reveal_focus(ui: &Ui) {
    let followed = ui.scope_id().with("followed");
    let focused = ui.memory(|memory| memory.focused());
    if ui.data(|data| data.get_temp(followed)) == Some(focused) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(followed, focused));
    let response = focused.and_then(|id| ui.ctx().read_response(id));
    let mine = |response: &Response| response.layer_id == ui.layer_id() && ui.min_rect().intersects(response.rect);
    if let Some(response) = response.filter(mine) {
        ui.scroll_to_rect(response.rect.expand(theme::GRID), None);
    }
}

/// A sheet of paper that fills the space there is; the active one has a darker edge.
pub fn card_ui<R>(ui: &mut Ui, active: bool, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let ink = theme::ink(ui);
    let edge = if active { ink.weak } else { ink.line };
    let frame = Frame::new()
        .fill(ink.paper)
        .stroke(Stroke::new(1.0, edge))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(12, 8));
    frame
        .show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            contents(ui)
        })
        .inner
}

/// A title at the left and controls at the right, first things outermost.
pub fn header_ui(ui: &mut Ui, title: &str, controls: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.set_min_height(30.0);
        let title = ui.painter().layout_no_wrap(
            title.to_owned(),
            egui::FontId::new(BODY, theme::semibold()),
            theme::ink(ui).text,
        );
        let left = ui.available_rect_before_wrap().left_center() - egui::vec2(0.0, title.size().y / 2.0);
        ui.painter().galley(left, title.clone(), theme::ink(ui).text);
        ui.add_space(title.size().x);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            controls(ui);
        });
    });
}
