//! Small buttons whose signs are drawn, so that they depend on no font.

use eframe::egui::{
    Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::theme;

/// What a button's sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    Close,
    Maximise,
    PutBack,
    Export,
    Before,
    PlayBack,
    Stop,
    Play,
    After,
}

/// Side of an icon button in points.
pub const SIDE: f32 = 24.0;

/// A frameless button; `name` is what assistive technology reads, `hint` explains it under the pointer.
pub fn icon_button_ui(ui: &mut Ui, icon: Icon, name: &str, hint: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(SIDE), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    let ink = theme::ink(ui);
    let lit = response.hovered() || response.has_focus();
    if lit {
        ui.painter().rect_filled(rect, 4.0, ink.button);
    }
    if response.has_focus() {
        ui.painter()
            .rect_stroke(rect, 4.0, Stroke::new(1.0, ink.text), StrokeKind::Inside);
    }
    let stroke = Stroke::new(1.5, if lit { ink.text } else { ink.weak });
    icon.paint(ui.painter(), rect.shrink(7.0), stroke);
    response.on_hover_text(hint)
}

impl Icon {
    fn paint(self, painter: &Painter, rect: Rect, stroke: Stroke) {
        let line = |from: Pos2, to: Pos2| {
            painter.line_segment([from, to], stroke);
        };
        let triangle = |tip: Pos2, base: f32| {
            let corners = vec![tip, pos2(base, rect.top()), pos2(base, rect.bottom())];
            painter.add(Shape::convex_polygon(corners, stroke.color, Stroke::NONE));
        };
        match self {
            Icon::PlayBack => triangle(rect.left_center(), rect.right()),
            Icon::Play => triangle(rect.right_center(), rect.left()),
            Icon::Before => {
                triangle(rect.left_center() + vec2(2.0, 0.0), rect.right());
                line(rect.left_top(), rect.left_bottom());
            }
            Icon::After => {
                triangle(rect.right_center() - vec2(2.0, 0.0), rect.left());
                line(rect.right_top(), rect.right_bottom());
            }
            Icon::Stop => drop(painter.rect_filled(rect.shrink(0.5), 1.0, stroke.color)),
            Icon::Close => {
                line(rect.left_top(), rect.right_bottom());
                line(rect.left_bottom(), rect.right_top());
            }
            Icon::Maximise => drop(painter.rect_stroke(rect, 1.0, stroke, StrokeKind::Middle)),
            Icon::PutBack => {
                let size = rect.size() * 0.7;
                let front = Rect::from_min_size(pos2(rect.left(), rect.bottom() - size.y), size);
                painter.rect_stroke(front, 1.0, stroke, StrokeKind::Middle);
                let (left, top) = (rect.right() - size.x, rect.top());
                line(pos2(left, front.top() - 1.0), pos2(left, top));
                line(pos2(left, top), pos2(rect.right(), top));
                line(pos2(rect.right(), top), pos2(rect.right(), top + size.y));
                line(
                    pos2(rect.right(), top + size.y),
                    pos2(front.right() + 1.0, top + size.y),
                );
            }
            Icon::Export => {
                let (x, tip) = (rect.center().x, rect.bottom() - 3.0);
                line(pos2(x, rect.top() - 0.5), pos2(x, tip));
                line(pos2(x, tip), pos2(x, tip) + vec2(-3.0, -3.0));
                line(pos2(x, tip), pos2(x, tip) + vec2(3.0, -3.0));
                line(rect.left_bottom(), rect.right_bottom());
            }
        }
    }
}
