//! Controls at the right end of a row, in reading order, so that Tab goes through them from left to right.

use eframe::egui::{Id, Layout, Rect, Ui, UiBuilder};

/// A group of them; it takes the width that it had in the last frame.
#[derive(Debug, Clone, Copy)]
pub struct AtRight(Id);

impl AtRight {
    /// The group of that name in this part of the window.
    pub fn new(ui: &Ui, name: &str) -> Self {
        Self(ui.scope_id().with(name))
    }

    /// Its width; zero before it was drawn.
    pub fn width(self, ui: &Ui) -> f32 {
        ui.data(|data| data.get_temp(self.0)).unwrap_or_default()
    }

    /// Draws it, aligned as the row is.
    pub fn show_ui<R>(self, ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
        let mut place = ui.available_rect_before_wrap();
        let width = self.width(ui);
        place.min.x = (place.right() - width).max(place.left());
        let layout = Layout::left_to_right(ui.layout().vertical_align());
        let builder = UiBuilder::new().id_salt(self.0).max_rect(place).layout(layout);
        let shown = ui.scope_builder(builder, contents);
        self.settle(ui, width, shown.response.rect);
        shown.inner
    }

    /// Where it has another width than was thought, it is drawn again.
    fn settle(self, ui: &Ui, thought: f32, drawn: Rect) {
        if (drawn.width() - thought).abs() < 0.5 {
            return;
        }
        ui.data_mut(|data| data.insert_temp(self.0, drawn.width()));
        if thought == 0.0 {
            ui.ctx()
                .request_discard("the width of what stands at the right is known now");
        }
        ui.ctx().request_repaint();
    }
}
