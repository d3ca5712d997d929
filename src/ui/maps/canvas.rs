//! A small canvas to draw an image on.

use eframe::egui::{
    Color32, ColorImage, Key, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, TextureHandle, TextureOptions, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};
use rust_i18n::t;

use crate::probe::Subject;
use crate::ui::keys::ARROWS;
use crate::ui::theme;

/// Pixels along each side.
const SIDE: usize = 64;
/// Points along each side on the screen.
const POINTS: f32 = 192.0;
/// Half the width of the pen's line in pixels: as thick as the strokes of the digits.
const PEN: f32 = 4.5;
/// How far an arrow key moves the pen.
const STRIDE: f32 = 4.0;

/// White strokes on black.
#[derive(Clone)]
pub struct Canvas {
    pixels: Vec<f32>,
    /// Where the pen was last.
    pen: Option<Pos2>,
    /// Where the keys hold it.
    key_pen: Pos2,
    texture: Option<TextureHandle>,
}

impl Default for Canvas {
    fn default() -> Self {
        Self {
            pixels: vec![0.0; SIDE * SIDE],
            pen: None,
            key_pen: pos2(SIDE as f32 / 2.0, SIDE as f32 / 2.0),
            texture: None,
        }
    }
}

impl std::fmt::Debug for Canvas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "canvas of {SIDE}×{SIDE}")
    }
}

impl Canvas {
    /// The drawing as a net of that input shape is shown it.
    pub fn subject(&self, shape: [usize; 3]) -> Subject {
        Subject::drawn(&self.pixels, SIDE, shape)
    }

    /// Wipes everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Draws the canvas; answers whether something was drawn on it. With the focus, arrow keys move the pen and draw
    /// while Space is held.
    pub fn canvas_ui(&mut self, ui: &mut Ui) -> bool {
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(POINTS), Sense::click_and_drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, t!("Canvas to draw on")));
        let drawn = self.pointer(&response, rect) | self.keys(ui, &response);
        if drawn || self.texture.is_none() {
            let grey = |value: &f32| Color32::from_gray((value * 255.0).round() as u8);
            let image = ColorImage::new([SIDE, SIDE], self.pixels.iter().map(grey).collect());
            match &mut self.texture {
                Some(texture) => texture.set(image, TextureOptions::LINEAR),
                None => self.texture = Some(ui.ctx().load_texture("canvas", image, TextureOptions::LINEAR)),
            }
        }
        let ink = theme::ink(ui);
        if let Some(texture) = &self.texture {
            let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
            ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
        }
        let focused = response.has_focus();
        let edge = if focused {
            Stroke::new(2.0, ink.text)
        } else {
            Stroke::new(1.0, ink.line)
        };
        ui.painter().rect_stroke(rect, 2.0, edge, StrokeKind::Outside);
        if focused {
            let place = rect.min + self.key_pen.to_vec2() * (POINTS / SIDE as f32);
            let stroke = Stroke::new(1.0, Color32::GRAY);
            ui.painter().circle_stroke(place, PEN * POINTS / SIDE as f32, stroke);
        }
        drawn
    }

    fn pointer(&mut self, response: &Response, rect: Rect) -> bool {
        // A quick stroke ends in the frame of its last move.
        let held = response.is_pointer_button_down_on() || response.drag_stopped();
        let Some(pointer) = response.interact_pointer_pos().filter(|_| held) else {
            self.pen = None;
            return false;
        };
        let at = ((pointer - rect.min) * (SIDE as f32 / POINTS)).to_pos2();
        if self.pen == Some(at) {
            return false;
        }
        self.stroke(self.pen.unwrap_or(at), at);
        self.pen = Some(at);
        true
    }

    fn keys(&mut self, ui: &Ui, response: &Response) -> bool {
        if !response.has_focus() {
            return false;
        }
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, ARROWS));
        let (step, drawing) = ui.input(|input| {
            let pressed = |key| f32::from(u8::from(input.key_pressed(key)));
            let step = vec2(
                pressed(Key::ArrowRight) - pressed(Key::ArrowLeft),
                pressed(Key::ArrowDown) - pressed(Key::ArrowUp),
            );
            (step * STRIDE, input.key_down(Key::Space))
        });
        let from = self.key_pen;
        self.key_pen = (from + step).clamp(Pos2::ZERO, pos2(SIDE as f32, SIDE as f32));
        let begins = ui.input(|input| input.key_pressed(Key::Space));
        if drawing && (begins || self.key_pen != from) {
            self.stroke(from, self.key_pen);
            return true;
        }
        false
    }

    /// A line with round ends and soft edges, in pixels.
    fn stroke(&mut self, from: Pos2, to: Pos2) {
        let way = to - from;
        let length = way.length_sq().max(f32::MIN_POSITIVE);
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let centre = pos2((at % SIDE) as f32 + 0.5, (at / SIDE) as f32 + 0.5);
            let along = ((centre - from).dot(way) / length).clamp(0.0, 1.0);
            let distance = centre.distance(from + way * along);
            *pixel = pixel.max((PEN + 0.5 - distance).clamp(0.0, 1.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_is_as_thick_as_the_pen_and_stays_on_the_canvas() {
        let mut canvas = Canvas::default();
        canvas.stroke(pos2(-10.0, 32.0), pos2(100.0, 32.0));
        let column = |x: usize| (0..SIDE).map(|y| canvas.pixels[y * SIDE + x]).sum::<f32>();
        assert!((column(20) - 2.0 * PEN).abs() < 0.6, "{}", column(20));
        let Subject::Own(small) = canvas.subject([1, 8, 8]) else {
            panic!()
        };
        assert_eq!(small.len(), 64);
        assert!(small[3 * 8 + 2] > 0.4 && small[8] == 0.0, "{small:?}");
        canvas.clear();
        assert!(canvas.pixels.iter().all(|&pixel| pixel == 0.0));
    }
}
