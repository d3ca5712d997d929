//! The image looked at, the ways to others, and what the nets take it for.

use eframe::egui::{self, Align2, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use rust_i18n::t;

use super::grid::Side;
use super::own::{self, Own};
use super::shown::Shown;
use crate::ui::icon::{Icon, icon_button_ui};
use crate::ui::pane::View;
use crate::ui::theme::{self, GRID, SMALL};
use crate::ui::widgets::percent;
use crate::ui::work;

/// Height of a net's name, and of a line with a class.
const ROW: f32 = 18.0;
/// How much of a net's colour lies behind the text of a bar.
const TINT: f32 = 0.45;

/// The column: image, predictions.
pub fn image_ui(ui: &mut Ui, view: &View<'_>, shown: &Shown, sides: &[Side<'_>]) {
    ui.spacing_mut().item_spacing = vec2(2.0, 3.0);
    let room = ui.available_rect_before_wrap();
    let side = room.width().min(room.height() * 0.36).max(24.0);
    let image = ui.add(egui::Image::new(&shown.image).fit_to_exact_size(vec2(side, side)));
    let edge = Stroke::new(1.0, theme::ink(ui).line);
    ui.painter().rect_stroke(image.rect, 0.0, edge, StrokeKind::Outside);
    let about = match (&view.cursor.own, shown.maps.label) {
        (Some(_), _) => t!("your own image"),
        (None, Some(label)) => t!(
            "image %{image}, class %{class}",
            image = view.cursor.image,
            class = class(shown, label as usize)
        ),
        (None, None) => t!("image %{image}", image = view.cursor.image),
    };
    ui.add(egui::Label::new(theme::caption(about)).wrap());
    let left = room.bottom() - ui.cursor().top() - GRID;
    let each = left / sides.len().max(1) as f32;
    for (place, (side, probabilities)) in sides.iter().zip(&shown.maps.predictions).enumerate() {
        let again = place > 0 && side.name == sides[0].name;
        let rows = ((each - ROW) / ROW) as usize;
        if rows > 0 && !again {
            prediction_ui(ui, side, shown, probabilities, rows.min(3));
        }
    }
}

/// The ways to other images, in that panel; nets read them in that shape.
pub fn buttons_ui(ui: &mut Ui, panel: Rect, view: &mut View<'_>, shape: [usize; 3], own: &mut Own) {
    let pressed = |ui: &mut Ui, icon, name: &str, hint: &str| icon_button_ui(ui, icon, name, hint).clicked();
    if pressed(ui, Icon::Up, &t!("Image before"), &t!("Image before (Up)")) {
        view.turn_image(false);
    }
    if pressed(ui, Icon::Down, &t!("Next image"), &t!("Next image (Down)")) {
        view.turn_image(true);
    }
    if pressed(
        ui,
        Icon::Random,
        &t!("Random image"),
        &t!("Any image of the test split (N)"),
    ) {
        random(view);
    }
    let draw = icon_button_ui(ui, Icon::Draw, &t!("Draw an image"), &t!("Draw an image by hand (D)"));
    own.drawing ^= draw.clicked();
    own.canvas_ui(ui, panel, shape, view);
    let hint = t!("Show the nets an image of your own: a png, jpeg or bmp, dropped here or chosen (O)");
    if pressed(ui, Icon::Open, &t!("Open an image"), &hint) {
        own.choose_file(ui, shape);
    }
    if view.cursor.own.is_some() && pressed(ui, Icon::Invert, &t!("Invert the image"), &t!("Dark to bright (I)")) {
        own::invert(view);
    }
}

/// Goes to any other image of the test split.
pub fn random(view: &mut View<'_>) {
    let count = view.shown.map_or(0, |shown| shown.maps.images);
    view.cursor.own = None;
    if count > 1 {
        let on = rand::random_range(1..count);
        view.cursor.image = (view.cursor.image + on) % count;
    }
}

fn class(shown: &Shown, class: usize) -> String {
    shown
        .maps
        .classes
        .get(class)
        .cloned()
        .unwrap_or_else(|| class.to_string())
}

/// The net's name and the classes it finds most probable.
fn prediction_ui(ui: &mut Ui, side: &Side<'_>, shown: &Shown, probabilities: &[f32], rows: usize) {
    let ink = theme::ink(ui);
    let mut order: Vec<usize> = match side.lost {
        true => Vec::new(),
        false => (0..probabilities.len()).collect(),
    };
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    order.truncate(rows);
    let size = vec2(ui.available_width(), ROW * (1 + order.len().max(1)) as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter_at(rect);
    let font = FontId::new(SMALL, theme::semibold());
    let name = theme::elided(ui, side.name, font, side.colour, rect.width());
    painter.galley(rect.min, name, side.colour);
    for (row, &index) in order.iter().enumerate() {
        let top = rect.top() + ROW * (row + 1) as f32;
        let bar = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), ROW - 2.0));
        painter.rect_filled(bar, 2.0, ink.button);
        let filled = Rect::from_min_size(bar.min, vec2(bar.width() * probabilities[index], bar.height()));
        painter.rect_filled(filled, 2.0, ink.paper.lerp_to_gamma(side.colour, TINT));
        // The right class stands out.
        let face = if shown.maps.label == Some(index as u32) {
            theme::semibold()
        } else {
            egui::FontFamily::Proportional
        };
        let font = FontId::new(SMALL, face);
        let inner = bar.shrink2(vec2(4.0, 0.0));
        let share = format!("{:.0} %", 100.0 * probabilities[index]);
        let share = painter.text(
            inner.right_center(),
            Align2::RIGHT_CENTER,
            share,
            font.clone(),
            ink.text,
        );
        let room = share.left() - inner.left() - 4.0;
        let name = theme::elided(ui, &class(shown, index), font, ink.text, room);
        let corner = pos2(inner.left(), inner.center().y - name.size().y / 2.0);
        painter.galley(corner, name, ink.text);
    }
    let Some(&first) = order.first() else {
        let words = t!("not finite");
        let place = rect.left_top() + vec2(0.0, ROW);
        painter.text(place, Align2::LEFT_TOP, &words, FontId::proportional(SMALL), ink.weak);
        let about = work::named(side.name, &words);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &about));
        return;
    };
    let about = t!(
        "%{net} takes it for %{class}, %{percent} percent",
        net = side.name,
        class = class(shown, first),
        percent = format!("{:.0}", 100.0 * probabilities[first])
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &about));
    let list = |&index: &usize| format!("{}: {}", class(shown, index), percent(f64::from(probabilities[index])));
    let lines: Vec<String> = (0..probabilities.len()).take(12).map(|index| list(&index)).collect();
    response.on_hover_text(format!(
        "{}\n{}",
        t!("Softmax of the logits, batch statistics"),
        lines.join("\n")
    ));
}
