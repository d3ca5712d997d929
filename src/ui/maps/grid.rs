//! All channels of one node as a grid of tiles.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, FontId, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use eframe::egui_wgpu::Callback;
use rust_i18n::t;

use super::shown::Grid;
use crate::paint::{GridLayout, MapGrid};
use crate::palette;
use crate::probe::Statistics;
use crate::ui::cursor::Cursor;
use crate::ui::net_name::net_name_ui;
use crate::ui::theme::{self, GRID, SMALL};
use crate::ui::widgets::{colour_bar_ui, short};

/// Height of the line above the maps, and of the one beneath.
pub const LINE: f32 = 22.0;

/// One net's maps, and how they are drawn.
pub struct Side<'a> {
    pub name: &'a str,
    pub colour: Color32,
    pub node: &'a str,
    pub grid: &'a Grid,
    /// Every map has colours of its own.
    pub each: bool,
    /// The channel the keys are at.
    pub channel: usize,
    /// Which of the grids on screen this is.
    pub place: u64,
    /// What the net computes is no number any more.
    pub lost: bool,
}

/// `mean 0.41, sd 0.62, from 0 to 3.1`.
pub fn described(of: &Statistics) -> String {
    let [mean, sd, low, high] = [of.mean, of.deviation, of.low, of.high].map(|value| short(f64::from(value)));
    t!(
        "mean %{mean}, sd %{sd}, from %{low} to %{high}",
        mean = mean,
        sd = sd,
        low = low,
        high = high
    )
    .into_owned()
}

/// `mean 0.41, sd 0.62`.
pub fn moments(of: &Statistics) -> String {
    let [mean, sd] = [of.mean, of.deviation].map(|value| short(f64::from(value)));
    t!("mean %{mean}, sd %{sd}", mean = mean, sd = sd).into_owned()
}

/// `row 2, column 5: 0.41`, counted from 1.
pub fn pixel(x: usize, y: usize, value: f32) -> String {
    t!(
        "row %{row}, column %{column}: %{value}",
        row = y + 1,
        column = x + 1,
        value = short(f64::from(value))
    )
    .into_owned()
}

/// Draws the first of these texts that fits between `left` and `right`.
pub fn fitting_ui(ui: &Ui, left: egui::Pos2, right: f32, texts: impl IntoIterator<Item = String>) {
    let ink = theme::ink(ui);
    let painter = ui.painter();
    let fits = texts.into_iter().find_map(|text| {
        let galley = painter.layout_no_wrap(text, FontId::proportional(SMALL), ink.weak);
        (left.x + galley.size().x <= right).then_some(galley)
    });
    if let Some(galley) = fits {
        painter.galley(left, galley, ink.weak);
    }
}

impl Side<'_> {
    /// Draws into `rect`; answers the channel that was clicked.
    pub fn grid_ui(&self, ui: &mut Ui, rect: Rect, cursor: &mut Cursor) -> Option<usize> {
        let grid = self.grid;
        if !grid.is_whole() {
            return None;
        }
        let [channels, height, width] = grid.shape;
        let shape = format!("{channels} × {height}×{width}");
        let step = t!("step %{step}", step = grid.step);
        let step = match self.lost {
            true => [&*step, &*t!("not finite")].join(&t!(", ")),
            false => step.into_owned(),
        };
        self.heading_ui(
            ui,
            rect,
            [
                [self.node, &shape, &step].join(&t!(", ")),
                [self.node, &step].join(&t!(", ")),
                step.clone(),
            ],
            cursor,
        );
        let space = Rect::from_min_max(rect.min + vec2(0.0, LINE - 2.0), rect.max - vec2(0.0, LINE));
        if space.height() < 8.0 || space.width() < 8.0 {
            return None;
        }
        let pixels = ui.pixels_per_point();
        let size = [height, width];
        let layout = GridLayout::fit(channels, size, [space.width() * pixels, space.height() * pixels]);
        let whole = |at: f32| (at * pixels).round() / pixels;
        let corner = pos2(whole(space.left()), whole(space.top()));
        let drawn = Rect::from_min_size(corner, vec2(layout.size[0], layout.size[1]) / pixels);
        let [low, high] = if self.each { [0.0, 1.0] } else { grid.range(None) };
        let callback = MapGrid {
            place: 2 * self.place + u64::from(self.each),
            layout,
            shape: grid.shape,
            values: if self.each {
                grid.stretched()
            } else {
                Arc::clone(&grid.values)
            },
            low,
            high,
        };
        ui.painter().add(Callback::new_paint_callback(drawn, callback));
        let response = ui.interact(drawn, ui.scope_id().with(self.place), Sense::hover());
        let about = t!(
            "Feature maps of %{net}, %{node}, %{shape}, step %{step}: %{statistics}, %{dead} all zero",
            net = self.name,
            node = self.node,
            shape = shape,
            step = grid.step,
            statistics = described(&grid.layer),
            dead = grid.dead()
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
        let mut clicked = None;
        for channel in 0..channels {
            let [left, top, across, down] = layout.tile(channel, size).map(|length| length / pixels);
            let tile = Rect::from_min_size(corner + vec2(left, top), vec2(across, down));
            if self.tile_ui(ui, tile, channel).clicked() {
                clicked = Some(channel);
            }
        }
        self.scale_ui(ui, rect, drawn.bottom());
        clicked
    }

    /// The net's name and the longest of the texts that fits.
    pub fn heading_ui(&self, ui: &Ui, rect: Rect, texts: [String; 3], cursor: &mut Cursor) {
        let name = net_name_ui(ui, rect.min, self.place, self.name, self.colour, cursor);
        fitting_ui(ui, name.right_top() + vec2(GRID, 0.0), rect.right(), texts);
    }

    fn tile_ui(&self, ui: &Ui, tile: Rect, channel: usize) -> Response {
        let ink = theme::ink(ui);
        let statistics = &self.grid.channels[channel];
        // Not a stop of the Tab key: there may be hundreds, and keys go through them.
        let response = ui.interact(tile, ui.scope_id().with((self.place, channel)), Sense::CLICK);
        let name = t!("Channel %{channel} of %{net}", channel = channel + 1, net = self.name);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, channel == self.channel, &name));
        let painter = ui.painter();
        if statistics.is_dead() && tile.width() > 6.0 {
            let stroke = Stroke::new(1.0, Color32::from_white_alpha(130));
            // Strokes of neighbours do not join.
            let stroked = tile.scale_from_center(0.6);
            painter.line_segment([stroked.left_bottom(), stroked.right_top()], stroke);
        }
        let chosen = channel == self.channel;
        if chosen || response.hovered() {
            // Seen on bright maps and on dark ones; what is chosen more than what is pointed at.
            let outer = if chosen { ink.text } else { ink.weak };
            let inner = if chosen { Color32::WHITE } else { ink.paper };
            for (off, colour) in [(0.0, inner), (1.5, outer)] {
                let stroke = Stroke::new(1.5, colour);
                painter.rect_stroke(tile.expand(off), 0.0, stroke, StrokeKind::Outside);
            }
        }
        let Some(pointer) = response.hover_pos() else {
            return response;
        };
        let [_, height, width] = self.grid.shape;
        let inside = (pointer - tile.min) / tile.size();
        let at = |share: f32, count: usize| ((share * count as f32) as usize).min(count.saturating_sub(1));
        let (x, y) = (at(inside.x, width), at(inside.y, height));
        let value = self.grid.map(channel).get(y * width + x).copied().unwrap_or(f32::NAN);
        let mut lines = vec![name.into_owned(), pixel(x, y, value), described(statistics)];
        if statistics.is_dead() {
            lines.push(t!("All zero for this image: dead behind its ReLU").into_owned());
        }
        lines.push(t!("A click shows it large, with its values").into_owned());
        response.on_hover_text_at_pointer(lines.join("\n"))
    }

    /// The colour map with the values at its ends, and what can be said of the layer.
    fn scale_ui(&self, ui: &Ui, rect: Rect, above: f32) {
        let (statistics, grid) = (&self.grid.layer, self.grid);
        let line = (above + 12.0).min(rect.bottom() - 8.0);
        let ends = if self.each {
            [t!("least").into_owned(), t!("most").into_owned()]
        } else {
            grid.range(None).map(|value| short(f64::from(value)))
        };
        let right = colours_ui(ui, rect, line, ends);
        let moments = moments(statistics);
        let channels = grid.channels.len();
        let dead = match grid.dead() {
            0 => String::new(),
            dead => t!("%{dead} of %{channels} all zero", dead = dead, channels = channels).into_owned(),
        };
        let both = match dead.as_str() {
            "" => moments.clone(),
            dead => t!("%{first}, %{second}", first = dead, second = moments).into_owned(),
        };
        let texts = [both, dead, moments].into_iter().filter(|text| !text.is_empty());
        fitting_ui(ui, pos2(right + 2.0 * GRID, line - 8.0), rect.right(), texts);
    }
}

/// The colour map from left to right with the texts at its ends; answers where it ends.
pub fn colours_ui(ui: &Ui, rect: Rect, line: f32, [low, high]: [String; 2]) -> f32 {
    let ink = theme::ink(ui);
    let painter = ui.painter_at(rect);
    let font = FontId::proportional(SMALL);
    let low = painter.text(
        pos2(rect.left(), line),
        Align2::LEFT_CENTER,
        low,
        font.clone(),
        ink.weak,
    );
    let size = vec2((rect.width() * 0.25).min(90.0), 8.0);
    let bar = Rect::from_min_size(pos2(low.right() + 6.0, line - 4.0), size);
    colour_bar_ui(&painter, bar, palette::cividis());
    let place = pos2(bar.right() + 6.0, line);
    painter.text(place, Align2::LEFT_CENTER, high, font, ink.weak).right()
}
