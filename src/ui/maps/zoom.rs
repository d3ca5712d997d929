//! One channel of one node, large, with its values where there is room for numbers.

use eframe::egui::{
    self, Align2, Color32, FontId, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use rust_i18n::t;

use super::grid::{LINE, Side, colours_ui, described, fitting_ui, moments, pixel};
use crate::palette;
use crate::run::amounts::{decimals, power_of_ten};
use crate::ui::cursor::Cursor;
use crate::ui::theme::{self, GRID, SMALL};
use crate::ui::widgets::short;

/// The smallest square that has room for a short number.
const LEAST: f32 = 24.0;
/// A square is no larger than this.
const MOST: f32 = 160.0;

impl Side<'_> {
    /// Whether each value of the channel has room for its number in `rect`, or none has.
    pub fn is_told_alike(&self, ui: &Ui, rect: Rect) -> bool {
        let (_, cell) = self.squares(rect);
        let fits = |&value: &f32| theme::width(ui, &tight(value), FontId::proportional(SMALL)) <= cell - 2.0;
        !self.grid.is_whole() || cell < LEAST || self.grid.map(self.shown()).iter().all(fits)
    }

    /// Where the values are drawn in `rect`, and the length of their squares' sides.
    fn squares(&self, rect: Rect) -> (Rect, f32) {
        let [_, height, width] = self.grid.shape.map(|count| count as f32);
        let space = Rect::from_min_max(rect.min + vec2(0.0, LINE), rect.max - vec2(0.0, LINE));
        let cell = (space.width() / width).min(space.height() / height).min(MOST);
        (Rect::from_min_size(space.min, vec2(cell * width, cell * height)), cell)
    }

    /// The channel that the keys are at, or the last one.
    fn shown(&self) -> usize {
        self.channel.min(self.grid.channels.len() - 1)
    }

    /// Draws the channel into `rect`, with its `numbers` where squares are large enough.
    pub fn zoom_ui(&self, ui: &mut Ui, rect: Rect, cursor: &mut Cursor, numbers: bool) {
        let grid = self.grid;
        if !grid.is_whole() {
            return;
        }
        let channel = self.shown();
        let [channels, height, width] = grid.shape;
        let name = t!(
            "channel %{channel} of %{channels}",
            channel = channel + 1,
            channels = channels
        );
        let step = t!("step %{step}", step = grid.step);
        let texts = [
            [self.node, &name, &step].join(&t!(", ")),
            [&*name, &step].join(&t!(", ")),
            name.to_string(),
        ];
        self.heading_ui(ui, rect, texts, cursor);
        let (drawn, cell) = self.squares(rect);
        if cell < 1.0 {
            return;
        }
        let range = grid.range(self.each.then_some(channel));
        let share = |value: f32| ((value - range[0]) / (range[1] - range[0]).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        let square = |x: usize, y: usize| {
            let corner = drawn.min + vec2(x as f32, y as f32) * cell;
            Rect::from_min_size(corner, vec2(cell, cell))
        };
        let values = grid.map(channel);
        let painter = ui.painter_at(rect);
        let mut mesh = egui::Mesh::default();
        for (at, &value) in values.iter().enumerate() {
            mesh.add_colored_rect(square(at % width, at / width), colour(share(value)));
        }
        painter.add(mesh);
        if numbers && cell >= LEAST {
            for (at, &value) in values.iter().enumerate() {
                let ink = if share(value) > 0.5 {
                    Color32::BLACK
                } else {
                    Color32::WHITE
                };
                let centre = square(at % width, at / width).center();
                let font = FontId::proportional(SMALL);
                painter.text(centre, Align2::CENTER_CENTER, tight(value), font, ink);
            }
        }
        let statistics = described(&grid.channels[channel]);
        let response = ui.interact(drawn, ui.scope_id().with(("zoom", self.place)), Sense::hover());
        let about = t!(
            "Channel %{channel} of %{node} in %{net}, large: %{statistics}",
            channel = channel + 1,
            node = self.node,
            net = self.name,
            statistics = statistics
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
        if let Some(pointer) = response.hover_pos() {
            let (x, y) = place_of(pointer, drawn.min, cell, [height, width]);
            let edge = Stroke::new(2.0, theme::ink(ui).text);
            ui.painter().rect_stroke(square(x, y), 0.0, edge, StrokeKind::Outside);
            response.on_hover_text_at_pointer(pixel(x, y, values[y * width + x]));
        }
        let line = (drawn.bottom() + 12.0).min(rect.bottom() - 8.0);
        let right = colours_ui(ui, rect, line, range.map(|value| short(f64::from(value))));
        let dead = t!("All zero for this image: dead behind its ReLU");
        let texts = match grid.channels[channel].is_dead() {
            true => vec![dead.into_owned()],
            false => vec![statistics, moments(&grid.channels[channel])],
        };
        fitting_ui(ui, pos2(right + 2.0 * GRID, line - 8.0), rect.right(), texts);
    }
}

fn place_of(pointer: Pos2, corner: Pos2, cell: f32, [height, width]: [usize; 2]) -> (usize, usize) {
    let inside = (pointer - corner) / cell;
    let at = |place: f32, count: usize| (place.max(0.0) as usize).min(count - 1);
    (at(inside.x, width), at(inside.y, height))
}

/// Few signs: `0`, `0.41`, `−1.23`, `12.3`, `1234`, `2·10⁻⁷`.
fn tight(value: f32) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if size < 0.005 => power_of_ten(value.into(), 0),
        size if size < 10.0 => decimals(value.into(), 2),
        size if size < 100.0 => decimals(value.into(), 1),
        _ => decimals(value.into(), 0),
    }
}

fn colour(share: f32) -> Color32 {
    let [r, g, b] = palette::cividis()[(share * 255.0).round() as usize];
    Color32::from_rgb(r, g, b)
}
