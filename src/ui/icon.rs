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
    Up,
    Down,
    Random,
    Draw,
    Open,
    Invert,
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
        let upright = |tip: Pos2, base: f32| {
            let corners = vec![tip, pos2(rect.left(), base), pos2(rect.right(), base)];
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
            Icon::Up => upright(rect.center_top(), rect.bottom()),
            Icon::Down => upright(rect.center_bottom(), rect.top()),
            Icon::Random => {
                painter.rect_stroke(rect, 2.0, stroke, StrokeKind::Middle);
                for share in [0.25, 0.5, 0.75] {
                    painter.circle_filled(rect.min + share * rect.size(), 1.2, stroke.color);
                }
            }
            Icon::Draw => {
                let (tip, end) = (rect.left_bottom(), rect.right_top());
                line(tip, end);
                line(tip + vec2(0.0, -3.5), tip + vec2(3.5, 0.0));
                line(end + vec2(-3.0, 0.0), end + vec2(0.0, 3.0));
            }
            Icon::Open => {
                let (left, right, top) = (rect.left(), rect.right(), rect.top() + 2.5);
                line(pos2(left, rect.bottom()), pos2(left, rect.top()));
                line(rect.left_top(), pos2(left + 4.0, rect.top()));
                line(pos2(left + 4.0, rect.top()), pos2(left + 5.5, top));
                line(pos2(left + 5.5, top), pos2(right, top));
                line(pos2(right, top), rect.right_bottom());
                line(rect.right_bottom(), rect.left_bottom());
            }
            Icon::Invert => {
                painter.rect_stroke(rect, 1.0, stroke, StrokeKind::Middle);
                let half = Rect::from_min_max(rect.min, pos2(rect.center().x, rect.bottom()));
                painter.rect_filled(half, 0.0, stroke.color);
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
