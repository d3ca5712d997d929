//! Lecture mode: the window's scale follows its size, so that the smallest text can be read from the back row.

use eframe::egui;

use crate::ui::theme;

/// Whether a lecture is held, and the scale to go back to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lecture {
    pub on: bool,
    /// The window's own scale.
    pub zoom: f32,
}

impl Lecture {
    /// Begins or ends it.
    pub fn switch(&mut self, ctx: &egui::Context) {
        self.on = !self.on;
        if !self.on {
            ctx.set_zoom_factor(self.zoom);
        }
        theme::set_lecture(ctx, self.on);
    }

    /// Called as a frame begins: a window that was resized needs another scale.
    pub fn rescale(&mut self, ctx: &egui::Context) {
        if !self.on {
            self.zoom = ctx.zoom_factor();
            return;
        }
        let pixels = ctx.content_rect().size() * ctx.pixels_per_point();
        let zoom = theme::lecture_zoom(pixels, ctx.native_pixels_per_point().unwrap_or(1.0));
        if (zoom - ctx.zoom_factor()).abs() > 0.01 {
            ctx.set_zoom_factor(zoom);
        }
    }
}
