//! A net's name over a picture: the pointer on it brings the net forward in every panel, a click chooses it.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{AsIdSalt, Color32, FontId, Label, Pos2, Rect, Role, Sense, Ui, WidgetInfo, vec2};
use rust_i18n::t;

use super::cursor::Cursor;
use super::theme::{self, GRID, SMALL};

/// Opacity of what stands behind the name of the net that is pointed at.
const LIT: f32 = 0.2;

/// Draws the name with its upper left corner `at` a point, cut at the right end of `ui`; answers where it stands. `place` tells it from the same name
/// elsewhere in the panel.
pub fn net_name_ui(ui: &Ui, at: Pos2, place: impl AsIdSalt, name: &str, colour: Color32, cursor: &mut Cursor) -> Rect {
    let font = FontId::new(SMALL, theme::semibold());
    let galley = theme::elided(ui, name, font, colour, (ui.max_rect().right() - at.x).max(0.0));
    let rect = Rect::from_min_size(at, galley.size());
    let response = ui.interact(rect, ui.scope_id().with(("net", place)), Sense::click());
    let chosen = cursor.run == name;
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, t!("Look at net: %{name}", name = name)));
    if response.hovered() || response.has_focus() {
        cursor.hover_run(name);
    }
    if response.clicked() {
        name.clone_into(&mut cursor.run);
    }
    if cursor.points_at(name) {
        let behind = rect.expand2(vec2(4.0, 1.0));
        ui.painter().rect_filled(behind, 3.0, colour.gamma_multiply(LIT));
    }
    ui.painter().galley(at, galley, colour);
    rect
}

/// Words about a net behind its `name`, in one line that ends at `right`: the first of them that have room, or else none;
/// those that are not the first stand for it, which the pointer shows.
pub fn beside_name_ui(ui: &Ui, name: Rect, right: f32, words: &[String]) {
    let weak = theme::ink(ui).weak;
    let corner = name.right_top() + vec2(GRID, 0.0);
    let laid = |words: &String| {
        let font = FontId::proportional(SMALL);
        ui.painter().layout_no_wrap(words.clone(), font, weak)
    };
    let mut fitting = words.iter().map(laid).enumerate();
    let Some((place, line)) = fitting.find(|(_, line)| corner.x + line.size().x <= right) else {
        return;
    };
    if place > 0 {
        let rect = Rect::from_min_size(corner, line.size());
        let id = ui.scope_id().with(("beside", corner.x as i32, corner.y as i32));
        ui.interact(rect, id, Sense::hover()).on_hover_text(&words[0]);
    }
    ui.painter().galley(corner, line, weak);
}

/// A net's name with a sentence about it behind, in as many lines as it takes.
pub fn net_line_ui(ui: &mut Ui, name: &str, colour: Color32, sentence: &str) {
    let weak = theme::ink(ui).weak;
    let mut job = LayoutJob::default();
    job.append(
        name,
        0.0,
        TextFormat::simple(FontId::new(SMALL, theme::semibold()), colour),
    );
    job.append(sentence, GRID, TextFormat::simple(FontId::proportional(SMALL), weak));
    ui.add(Label::new(job).wrap());
}
