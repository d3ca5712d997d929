//! A net as a tower of its blocks, input below: the shape of the maps narrows from stage to stage.

use std::borrow::Cow;

use eframe::egui::{
    self, Align2, Color32, CornerRadius, FontId, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, epaint::CubicBezierShape, pos2, vec2,
};

use super::theme::{self, BODY, SMALL};
use crate::net::Spec;

/// How a tower is drawn.
pub struct Tower<'a> {
    pub spec: &'a Spec,
    pub name: &'a str,
    /// Second line beneath the name.
    pub note: String,
    pub colour: Color32,
    /// Colour and share 0..=1 of the arcs that carry each block's input around it.
    pub arcs: Option<(Color32, f32)>,
    /// Height of one block in points, the same for towers side by side.
    pub pitch: f32,
    /// What a click means, for the pointer and the screen reader; `None` when it is a picture only.
    pub action: Option<String>,
    /// It was chosen.
    pub chosen: bool,
    /// Stands in the corner: the key that chooses it, or what choosing it meant.
    pub corner: Cow<'a, str>,
}

/// Space for name and note beneath the blocks.
pub const FOOT: f32 = 48.0;
/// Space above and beneath the blocks within the tower's card.
const MARGIN: f32 = 12.0;

/// The height of a block that lets `blocks` of them stand in a tower of that height.
pub fn pitch(height: f32, blocks: usize) -> f32 {
    ((height - FOOT - 2.0 * MARGIN) / blocks.max(1) as f32).clamp(2.0, 16.0)
}

/// Draws the tower in `rect`, standing on its lower edge.
pub fn tower_ui(ui: &mut Ui, rect: Rect, tower: &Tower<'_>) -> Response {
    let sense = if tower.action.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response = ui.interact(rect, ui.scope_id().with(("tower", tower.name)), sense);
    let label = tower
        .action
        .clone()
        .unwrap_or_else(|| format!("{}, {}", tower.name, tower.note));
    response.widget_info(|| {
        let role = if tower.action.is_some() {
            Role::Button
        } else {
            Role::Image
        };
        WidgetInfo::selected(role, true, tower.chosen, &label)
    });

    let ink = theme::ink(ui);
    let painter = ui.painter_at(rect.expand(2.0));
    let lit = response.hovered() || response.has_focus();
    let edge = match () {
        () if response.has_focus() || tower.chosen => Stroke::new(2.0, ink.text),
        () if lit && tower.action.is_some() => Stroke::new(1.0, ink.weak),
        () => Stroke::new(1.0, ink.line),
    };
    painter.rect(rect, CornerRadius::same(10), ink.paper, edge, StrokeKind::Inside);

    let centre = rect.center().x;
    let ground = rect.bottom() - FOOT;
    let blocks = 3 * tower.spec.blocks_per_stage();
    let gap = if tower.pitch > 5.0 { 2.0 } else { 1.0 };
    let full = (rect.width() * 0.42).min(120.0);
    for block in 0..blocks {
        let stage = block / tower.spec.blocks_per_stage();
        let width = full * [1.0, 0.78, 0.6][stage.min(2)];
        let bottom = ground - block as f32 * tower.pitch;
        let body = Rect::from_min_max(
            pos2(centre - width / 2.0, bottom - tower.pitch + gap),
            pos2(centre + width / 2.0, bottom),
        );
        let shade = [0.55, 0.78, 1.0][stage.min(2)];
        // Arcs spring up from the input, one block after the other, and each block takes their colour as its arc grows.
        let (arc_colour, share) = tower.arcs.unwrap_or((tower.colour, 0.0));
        let start = 0.7 * block as f32 / blocks as f32;
        let share = ((share - start) / 0.3).clamp(0.0, 1.0);
        let colour = if share > 0.5 { arc_colour } else { tower.colour };
        let radius = if tower.pitch > 6.0 { 3.0 } else { 1.0 };
        painter.rect_filled(body, radius, ink.paper.lerp_to_gamma(colour, shade));
        if share > 0.0 {
            painter.add(arc(body, full * 0.34 * spring(share), arc_colour));
        }
    }

    let name = FontId::new(BODY, theme::semibold());
    painter.text(
        pos2(centre, ground + 8.0),
        Align2::CENTER_TOP,
        tower.name,
        name,
        ink.text,
    );
    painter.text(
        pos2(centre, ground + 25.0),
        Align2::CENTER_TOP,
        &tower.note,
        FontId::proportional(SMALL),
        ink.weak,
    );
    let corner = rect.right_top() + vec2(-10.0, 8.0);
    painter.text(
        corner,
        Align2::RIGHT_TOP,
        &tower.corner,
        FontId::proportional(SMALL),
        ink.weak,
    );
    if tower.action.is_some() {
        response.on_hover_cursor(egui::CursorIcon::PointingHand)
    } else {
        response
    }
}

/// From a block's input around its right side to its output.
fn arc(body: Rect, reach: f32, colour: Color32) -> Shape {
    let (low, high) = (body.right_bottom() - vec2(0.0, 1.0), body.right_top() - vec2(0.0, 1.0));
    let out = vec2(reach, 0.0);
    let points = [low, low + out, high + out, high];
    let width = (body.height() * 0.16).clamp(1.0, 2.0);
    CubicBezierShape::from_points_stroke(points, false, Color32::TRANSPARENT, Stroke::new(width, colour)).into()
}

/// Overshoots a little before it rests at 1.
fn spring(share: f32) -> f32 {
    if share <= 0.0 || share >= 1.0 {
        return share.clamp(0.0, 1.0);
    }
    1.0 - (1.0 - share).powi(3) * (share * 7.0).cos()
}

/// A grey image as crisp squares, `[H, W]` in 0..=1.
pub fn image_ui(ui: &Ui, rect: Rect, values: &[f32], [height, width]: [usize; 2]) {
    let painter = ui.painter_at(rect);
    let ink = theme::ink(ui);
    let size = vec2(rect.width() / width.max(1) as f32, rect.height() / height.max(1) as f32);
    painter.rect_filled(rect, 2.0, ink.paper);
    for (index, value) in values.iter().take(width * height).enumerate() {
        let (row, column) = (index / width, index % width);
        let min = rect.min + vec2(column as f32 * size.x, row as f32 * size.y);
        let colour = ink.paper.lerp_to_gamma(ink.text, value.clamp(0.0, 1.0));
        painter.rect_filled(Rect::from_min_size(min, size), 0.0, colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_overshoot_and_come_to_rest() {
        assert_eq!((spring(0.0), spring(1.0)), (0.0, 1.0));
        assert!((1..100).any(|i| spring(i as f32 / 100.0) > 1.02));
        assert!((1..100).all(|i| spring(i as f32 / 100.0) < 1.3));
    }

    #[test]
    fn the_tallest_tower_fits() {
        for height in [160.0, 420.0, 900.0] {
            assert!(
                pitch(height, 27) * 27.0 + FOOT + 2.0 * MARGIN <= height + 1.0,
                "{height}"
            );
        }
    }
}
