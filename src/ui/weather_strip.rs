//! A strip of gradient weather: the picture of one net or of a difference, with what the pointer finds in it.

use eframe::egui::{
    Align2, Color32, ColorImage, FontId, Rect, Role, Sense, Stroke, TextureHandle, TextureOptions, Ui, WidgetInfo,
    pos2, vec2,
};
use rust_i18n::t;

use super::axis::{Time, Unit};
use super::net_name::{beside_name_ui, net_name_ui};
use super::pane::View;
use super::theme::{self, GRID, SMALL};
use super::ticks::power_of_ten;
use super::widgets::{colour_bar_ui, grouped, short};
use crate::palette::{self, Rgb};

/// Columns of a picture.
pub const COLUMNS: usize = 360;
/// The axis beneath it.
pub const TIME: Time = Time {
    log: true,
    unit: Unit::Step,
    per_step: 1.0,
};
/// Heights of a strip's title, and of the axis beneath all of them.
const TITLE: f32 = 18.0;
const AXIS: f32 = 34.0;
/// Least height of a strip with its title; the last ones are left out where there is less.
const LEAST: f32 = 38.0;
/// Height that the two numbers of a colour bar need, and how far each may stand beyond the bar's end.
const TWO_LINES: f32 = 34.0;
const BEYOND: f32 = 8.0;
/// Width of the colour bar with its numbers.
const BAR: f32 = 80.0;

/// One picture: rows are layers, input on top; columns are equal lengths of logarithmic time.
#[derive(Clone)]
pub struct Strip {
    pub title: String,
    /// The net whose gradients these are; nothing of a difference.
    pub net: Option<String>,
    pub names: Vec<String>,
    /// `[row][column]`: log10 of the norm, or of the ratio of two.
    pub values: Vec<Vec<f64>>,
    range: [f64; 2],
    /// Whether values lie beneath that, and above it.
    beyond: [bool; 2],
    texture: TextureHandle,
}

impl Strip {
    /// Makes the picture of `values`, whose colours span `range`.
    pub fn new(
        ui: &Ui,
        title: String,
        net: Option<String>,
        names: Vec<String>,
        values: Vec<Vec<f64>>,
        range: [f64; 2],
    ) -> Self {
        let table = table(net.is_none());
        let pixels = values.iter().flatten().map(|&value| pixel(value, range, table));
        let image = ColorImage::new([COLUMNS, values.len().max(1)], {
            let mut pixels: Vec<Color32> = pixels.collect();
            pixels.resize(COLUMNS * values.len().max(1), Color32::TRANSPARENT);
            pixels
        });
        let [low, high] = range;
        let any = |is: &dyn Fn(f64) -> bool| values.iter().flatten().any(|&value| value.is_finite() && is(value));
        Self {
            beyond: [any(&|value| value < low - 1e-6), any(&|value| value > high + 1e-6)],
            texture: ui
                .ctx()
                .load_texture("gradient weather", image, TextureOptions::NEAREST),
            title,
            net,
            names,
            values,
            range,
        }
    }
}

fn table(difference: bool) -> &'static [Rgb; 256] {
    if difference {
        palette::diverging()
    } else {
        palette::cividis()
    }
}

/// Nothing where nothing was measured; the lowest colour for a norm of zero; red for what is not finite.
fn pixel(value: f64, [low, high]: [f64; 2], table: &[Rgb; 256]) -> Color32 {
    if value.is_nan() {
        return Color32::TRANSPARENT;
    }
    if value == f64::INFINITY {
        return Color32::from_rgb(0xd0, 0x30, 0x30);
    }
    let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
    let [r, g, b] = table[(share * 255.0).round() as usize];
    Color32::from_rgb(r, g, b)
}

/// Draws the strips of a `quantity` beneath each other into all the space there is, with their axis.
pub fn strips_ui(ui: &mut Ui, view: &mut View<'_>, strips: &[Strip], quantity: &str, range: [f64; 2]) {
    let (space, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    let ink = theme::ink(ui);
    let painter = ui.painter_at(space);
    let height = |count: usize| (space.height() - AXIS - GRID * (count as f32 - 1.0)) / count as f32;
    let count = (1..=strips.len()).rev().find(|&count| height(count) >= LEAST);
    let strips = &strips[..count.unwrap_or(1).min(strips.len())];
    let each = height(strips.len().max(1));
    let [left, right] = [space.left(), space.right() - BAR - GRID];
    let font = FontId::proportional(SMALL);
    let x = |place: f64| left + (right - left) * ((place - range[0]) / (range[1] - range[0])) as f32;
    let mut picked = None;
    let mut named = Vec::new();
    for (index, strip) in strips.iter().enumerate() {
        let top = space.top() + index as f32 * (each + GRID);
        let body = Rect::from_min_max(pos2(left, top + TITLE), pos2(right, top + each));
        if body.height() < 8.0 || body.width() < 32.0 {
            continue;
        }
        let heading = pos2(left, top);
        if let Some(net) = &strip.net {
            named.push(net_name_ui(ui, heading, index, net, ink.text, view.cursor));
        } else {
            let title = FontId::new(SMALL, theme::semibold());
            painter.text(heading, Align2::LEFT_TOP, &strip.title, title, ink.text);
        }
        painter.rect_filled(body, 0.0, ink.ground);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        painter.image(strip.texture.id(), body, whole, Color32::WHITE);
        let response = ui.interact(body, ui.scope_id().with(("strip", index)), Sense::click());
        let beside = Rect::from_min_max(pos2(right + GRID, body.top()), pos2(space.right(), body.bottom()));
        bar_ui(ui, beside, strip, response.hovered());
        let label = summary(strip);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
        if let Some(pos) = response.hover_pos() {
            let share = ((pos - body.min) / body.size()).clamp(vec2(0.0, 0.0), vec2(0.9999, 0.9999));
            let step = TIME.step(range[0] + (range[1] - range[0]) * f64::from(share.x)).round();
            let row = (share.y * strip.values.len() as f32) as usize;
            let column = (share.x * COLUMNS as f32) as usize;
            view.cursor.hover_step(step);
            if let Some(net) = &strip.net {
                view.cursor.hover_run(net.clone());
            }
            if let Some(name) = strip.names.get(row) {
                view.cursor.hover_layer(name.clone());
                if response.clicked() {
                    if let Some(net) = &strip.net {
                        view.cursor.run.clone_from(net);
                    }
                    view.cursor.layer = name.clone();
                    view.cursor.go_to(step, view.scene.history);
                }
                let value = strip.values[row][column];
                picked = Some((top, readout(strip, name, step, value)));
            }
        }
        if let Some(row) = strip.names.iter().position(|name| *name == view.cursor.layer) {
            let height = body.height() / strip.values.len().max(1) as f32;
            let y = body.top() + (row as f32 + 0.5) * height;
            let mark = [
                pos2(left - 1.0, y),
                pos2(left + 7.0, y - 4.0),
                pos2(left + 7.0, y + 4.0),
            ];
            painter.add(eframe::egui::Shape::convex_polygon(
                mark.to_vec(),
                ink.paper,
                Stroke::new(1.0, ink.text),
            ));
        }
        for (step, firm) in [(view.cursor.step, true), (view.cursor.preview.step, false)] {
            if let Some(at) = step
                .map(|step| x(TIME.place(step as f64)))
                .filter(|at| (left..=right).contains(at))
            {
                painter.vline(at, body.y_range(), Stroke::new(if firm { 3.0 } else { 2.0 }, ink.paper));
                painter.vline(at, body.y_range(), Stroke::new(if firm { 1.5 } else { 1.0 }, ink.text));
            }
        }
    }
    let read = picked.map(|(top, words)| {
        let place = painter.text(pos2(right, top), Align2::RIGHT_TOP, words, font.clone(), ink.weak);
        (top, place.left() - GRID)
    });
    for (at, (&name, strip)) in named.iter().zip(strips).enumerate() {
        let end = read.map_or(right, |(top, left)| if top == name.top() { left } else { right });
        let net = strip.net.as_deref().unwrap_or_default();
        let seed = strip.title.strip_prefix(net).unwrap_or_default().trim();
        let first = if at == 0 { quantity } else { "" };
        let words = format!("{seed} {first}");
        beside_name_ui(ui, name, end, &[words.trim().to_owned(), seed.to_owned()]);
    }
    let bottom = space.bottom() - AXIS;
    let apart = (range[1] - range[0]) * 44.0 / f64::from((right - left).max(1.0));
    for mark in TIME.marks(range[0], range[1], apart) {
        let at = x(mark);
        painter.vline(at, bottom..=bottom + 3.0, Stroke::new(1.0, ink.weak));
        let text = grouped(TIME.step(mark).round() as u64);
        let align = if at - left < 8.0 {
            Align2::LEFT_TOP
        } else {
            Align2::CENTER_TOP
        };
        painter.text(pos2(at, bottom + 4.0), align, text, font.clone(), ink.weak);
    }
    let label = t!("training step (logarithmic); rows: layers, input on top");
    let mut label = theme::elided(ui, &label, font.clone(), ink.weak, space.width());
    if label.elided {
        label = theme::elided(ui, &t!("training step (logarithmic)"), font, ink.weak, space.width());
    }
    let middle = ((left + right - label.size().x) / 2.0).max(left);
    let corner = pos2(middle, space.bottom() - label.size().y);
    painter.galley(corner, label, ink.weak);
}

fn readout(strip: &Strip, name: &str, step: f64, value: f64) -> String {
    let step = grouped(step as u64);
    let factor = if strip.net.is_none() { "×" } else { "" };
    if !value.is_finite() {
        return t!("%{layer}, step %{step}", layer = name, step = step).into();
    }
    let value = format!("{factor}{}", short(10f64.powf(value)));
    t!(
        "%{layer}, step %{step}: %{value}",
        layer = name,
        step = step,
        value = value
    )
    .into()
}

fn summary(strip: &Strip) -> String {
    let newest = |row: &Vec<f64>| row.iter().rfind(|value| value.is_finite()).copied();
    let ends = strip
        .values
        .first()
        .and_then(newest)
        .zip(strip.values.last().and_then(newest));
    let title = &strip.title;
    match ends {
        Some((first, last)) => {
            let [first, last] = [first, last].map(|log| short(10f64.powf(log)));
            t!(
                "Gradient weather of %{net}: now %{first} at the input, %{last} at the output",
                net = title,
                first = first,
                last = last
            )
            .into()
        }
        None => t!("Gradient weather of %{net}: nothing measured yet", net = title).into(),
    }
}

/// To two digits.
fn rounded(value: f64) -> f64 {
    let unit = 10f64.powf(value.log10().floor() - 1.0);
    (value / unit).round() * unit
}

/// The colours with the norms (or ratios) at their ends; of a low bar they stand above it, unless the pointer's finding
/// `stands_there`.
fn bar_ui(ui: &Ui, rect: Rect, strip: &Strip, stands_there: bool) {
    let ink = theme::ink(ui);
    let painter = ui.painter();
    let bar = Rect::from_min_max(rect.min, pos2(rect.left() + 8.0, rect.bottom()));
    colour_bar_ui(painter, bar, table(strip.net.is_none()));
    let font = FontId::proportional(SMALL);
    let [low, high] = strip.range;
    let number = |log: f64| match log {
        -3.0..6.0 => short(rounded(10f64.powf(log))),
        _ => power_of_ten(log),
    };
    let [beneath, above] = strip.beyond;
    // The colours' ends stand for all that lies beyond them.
    let words = |log: f64| match (strip.net.is_none(), log == high && above, log == low && beneath) {
        (true, ..) => format!("×{}", number(log)),
        (false, true, _) => format!("≥ {}", number(log)),
        (false, _, true) => format!("≤ {}", number(log)),
        (false, false, false) => number(log),
    };
    let x = bar.right() + 5.0;
    if bar.height() < TWO_LINES - 2.0 * BEYOND {
        if !stands_there {
            let ends = format!("{} … {}", words(low), words(high));
            painter.text(
                rect.right_top() - vec2(0.0, TITLE),
                Align2::RIGHT_TOP,
                ends,
                font,
                ink.weak,
            );
        }
        return;
    }
    // Beyond a low bar's ends, so that its two numbers do not meet.
    let beyond = ((TWO_LINES - bar.height()) / 2.0).clamp(2.0, BEYOND);
    for (log, y, align) in [
        (high, bar.top() - beyond, Align2::LEFT_TOP),
        (low, bar.bottom() + beyond, Align2::LEFT_BOTTOM),
    ] {
        painter.text(pos2(x, y), align, words(log), font.clone(), ink.weak);
    }
    if strip.net.is_none() && bar.height() > 54.0 {
        painter.text(
            pos2(x, bar.center().y),
            Align2::LEFT_CENTER,
            t!("equal"),
            font,
            ink.weak,
        );
    }
}
