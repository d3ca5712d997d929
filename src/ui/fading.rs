//! The fading digit: one image as each block's maps give it back, two nets beneath each other, and how much is left.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, ColorImage, FontId, Rect, Role, Sense, Shape, Stroke, TextureHandle, TextureOptions, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::cursor::pair;
use super::net_name::{beside_name_ui, net_name_ui};
use super::pane::{Pane, View};
use super::theme::{self, GRID, SMALL};
use super::widgets::grouped;
use super::work::{button_ui, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::Array;
use crate::probe::Subject;
use crate::run::amounts::decimals;
use crate::run::{Command, Question, RunId, Seen, Series};

/// Room at the left for the image itself and for the numbers of the bars.
const AXIS: f32 = 52.0;
/// Distance of what stands beside the bars.
const BESIDE: f32 = 6.0;
/// Largest and smallest side of a frame; where there is no room for all, some are left out.
const FRAME: f32 = 64.0;
const SMALL_FRAME: f32 = 26.0;
/// Height of bars that have room for a number at each end.
const TWO_LINES: f32 = 32.0;

/// Height of bars that have room for the blocks' numbers beneath them, and width of such a number.
const ROOM_FOR_NUMBERS: f32 = 48.0;
/// Distance of the bars from the frames, and height that bars with their numbers are kept.
const GAP: f32 = 8.0;
const NUMBERED: f32 = 52.0;
const BLOCK_NUMBER: f32 = 24.0;
/// Height of a block's number, and of a net that surely has such beneath it.
const NUMBER: f32 = SMALL + 2.0;
const OWN_NUMBERS: f32 = 106.0;
/// Least height of a net.
const LEAST: f32 = 60.0;

/// Every how many blocks something so wide stands: so that it stands at the last, where that can be.
fn stride(last: usize, column: f32, width: f32) -> usize {
    let roomy = |stride: &usize| *stride as f32 * column >= width;
    let even = (1..=last).filter(|stride| last.is_multiple_of(*stride)).find(roomy);
    even.filter(|stride| *stride < last)
        .unwrap_or_else(|| (width / column).ceil().max(1.0) as usize)
}

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FadingDigit {
    /// What was asked last of each run.
    #[serde(skip)]
    asked: BTreeMap<RunId, (usize, Subject)>,
    #[serde(skip)]
    films: BTreeMap<RunId, Film>,
}

/// A film strip as a texture, its frames side by side.
#[derive(Clone)]
struct Film {
    frames: Arc<[Array]>,
    texture: TextureHandle,
    original: TextureHandle,
}

impl std::fmt::Debug for Film {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} frames", self.frames.len())
    }
}

impl Pane for FadingDigit {
    const TITLE: &'static str = "Fading digit";
    const HINT: &'static str = "What is left of the image in each block's maps, at initialisation already";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let sides = pair(view.scene.history);
        if sides.is_empty() {
            ui.label(theme::caption(t!("The digit fades once the nets are built.")));
            return;
        }
        let among = view.scene.history.specs();
        let legend = t!(
            "Above: the image as a linear reader gives it back from each block's maps. Bars: R² of all test images read back. Dots: share of classes read right. Dashed: chance. Framed: the block that every panel shows."
        );
        let legend = theme::paragraph(ui, legend.into_owned(), ui.available_width());
        let count = sides.len() as f32;
        let high = |foot: f32| (ui.available_height() - foot) / count - ui.spacing().item_spacing.y;
        // In low strips of nets as deep as each other the numbers of the blocks stand once, beneath the last.
        let deep = |series: &Series| series.track.spec.depth;
        let alike = sides.windows(2).all(|pair| deep(pair[0]) == deep(pair[1]));
        let numbered = |each: f32| each >= if alike { LEAST + NUMBER } else { OWN_NUMBERS };
        // The sentence gives way to the numbers.
        let foot = legend.size().y + GRID;
        let roomy = ui.available_height() > 230.0 && (numbered(high(foot)) || !numbered(high(0.0)));
        let each = high(if roomy { foot } else { 0.0 });
        let shared = alike && numbered(each) && each < OWN_NUMBERS;
        let each = if shared { each - NUMBER / count } else { each };
        for (place, series) in sides.iter().enumerate() {
            let (colour, _) = line_style(ui, &series.track.spec, &among);
            let last = shared && place + 1 == sides.len();
            let high = each.max(LEAST) + if last { NUMBER } else { 0.0 };
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), high), Sense::hover());
            self.net_ui(ui, (rect, last), series, colour, view);
        }
        if roomy {
            ui.label(legend);
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Information)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        !view.scene.findings.information.is_empty()
    }

    fn reset(&mut self) {
        self.asked.clear();
    }

    fn restart(&mut self) {
        self.asked.clear();
        self.films.clear();
    }
}

impl FadingDigit {
    /// Draws a net into its place, which may have `room` for the numbers of the blocks beneath the bars.
    fn net_ui(
        &mut self,
        ui: &mut Ui,
        (rect, room): (Rect, bool),
        series: &Series,
        colour: Color32,
        view: &mut View<'_>,
    ) {
        let run = series.track.id;
        let Some(step) = series.kept_at(view.cursor.step.unwrap_or(usize::MAX)) else {
            return;
        };
        let image = view.cursor.subject();
        self.ask(run, step, &image, view);
        if ui.rect_contains_pointer(rect) {
            view.cursor.hover_run(series.track.name.clone());
        }
        let name = net_name_ui(ui, rect.min, run, &series.track.name, colour, view.cursor);
        let found = view
            .scene
            .findings
            .information_at(run, view.cursor.step.unwrap_or(usize::MAX));
        let heading = match found {
            Some((at, _)) => vec![t!("at step %{step}, batch statistics", step = grouped(at as u64)).into()],
            None if self.broken_off(run, view) => vec![t!("not read").into()],
            None => {
                let words = t!(
                    "Reading step %{step}; this takes a moment.",
                    step = grouped(step as u64)
                );
                vec![
                    words.into(),
                    t!("Reading step %{step}", step = grouped(step as u64)).into(),
                ]
            }
        };
        beside_name_ui(ui, name, rect.right(), &heading);
        let Some((_, seen)) = found else {
            let place = rect.with_min_y(name.bottom() + GRID);
            return self.again_ui(ui, place, (run, step, image), view);
        };
        let space = Rect::from_min_max(
            pos2(rect.left() + AXIS, name.bottom() + 4.0),
            rect.max
                - vec2(
                    BESIDE + theme::width(ui, &t!("chance"), FontId::proportional(SMALL)),
                    0.0,
                ),
        );
        self.strip_ui(ui, (space, room), series, seen, colour, view);
    }

    /// Asks about a moment unless an answer is there or under way.
    fn ask(&mut self, run: RunId, step: usize, image: &Subject, view: &mut View<'_>) {
        let known = |step: usize, image: &Subject| {
            let seen = view.scene.findings.information.get(&(run, step));
            seen.is_some_and(|seen| seen.image == *image)
        };
        let wanted = (step, image.clone());
        let waiting = !self.broken_off(run, view);
        let waiting = waiting && self.asked.get(&run).is_some_and(|(step, image)| !known(*step, image));
        let refused = view.scene.findings.refusal.is_some();
        if known(step, image) || self.asked.get(&run) == Some(&wanted) || waiting && !refused {
            return;
        }
        self.asked.insert(run, wanted);
        view.actions
            .push(Action::Send(Command::Ask(question(run, step, image))));
    }

    /// Whether the answer to what was asked last of a run was broken off.
    fn broken_off(&self, run: RunId, view: &View<'_>) -> bool {
        let asked = self.asked.get(&run).map(|(step, image)| question(run, *step, image));
        let findings = view.scene.findings;
        asked.is_some_and(|asked| {
            let working = findings.working.iter().any(|work| work.question == asked);
            findings.over.contains(&asked) && !working
        })
    }

    /// Where nothing is known yet: how far the reading is, or the way to begin it again after it was broken off.
    fn again_ui(&mut self, ui: &mut Ui, rect: Rect, wanted: (RunId, usize, Subject), view: &mut View<'_>) {
        let (of, step, image) = wanted;
        let builder = UiBuilder::new().id_salt(("reading", of)).max_rect(rect);
        // Its place is taken already.
        ui.new_child(builder).horizontal_wrapped(|ui| {
            let is_mine = |other: &Question| matches!(other, Question::Information { run, .. } if *run == of);
            work_ui(ui, view, is_mine);
            let hint = t!("Begins once more what was broken off");
            if self.broken_off(of, view) && button_ui(ui, &t!("Read the images"), &hint) {
                view.actions
                    .push(Action::Send(Command::Ask(question(of, step, &image))));
                self.asked.insert(of, (step, image));
            }
        });
    }

    fn strip_ui(
        &mut self,
        ui: &mut Ui,
        (space, room): (Rect, bool),
        series: &Series,
        seen: &Seen,
        colour: Color32,
        view: &mut View<'_>,
    ) {
        let ink = theme::ink(ui);
        let count = seen.readings.len().max(1);
        let column = space.width() / count as f32;
        let last = seen.readings.iter().map(|reading| reading.block).max().unwrap_or(0);
        // Where there is no room for all, one of so many stands over its bar.
        let every = stride(last, column, SMALL_FRAME);
        let cell = every as f32 * column;
        let high = space.height() - if room { NUMBER } else { 0.0 };
        // In a low strip the frames give way to the numbers of the bars.
        let most = (0.45 * high).min((high - GAP - NUMBERED).max(0.28 * high));
        let side = (cell - 2.0).min(most).clamp(4.0, FRAME);
        let texture = self.film(ui, series.track.id, seen);
        let overhang = ((side - column) / 2.0).max(0.0);
        self.original_ui(ui, space, side.min(AXIS - GRID - overhang), series.track.id, seen);
        let mut bars = Rect::from_min_max(pos2(space.left(), space.top() + side + GAP), space.max - vec2(0.0, 2.0));
        let numbered = room || bars.height() > ROOM_FOR_NUMBERS;
        if numbered {
            bars.max.y -= NUMBER;
        }
        let high = |value: f32| bars.bottom() - bars.height() * value.clamp(0.0, 1.0);
        let painter = ui.painter().clone();
        let small = FontId::proportional(SMALL);
        for (value, text) in [(0.0, "0"), (1.0, "1")] {
            let y = high(value);
            painter.line_segment(
                [pos2(bars.left(), y), pos2(bars.right(), y)],
                Stroke::new(1.0, ink.line),
            );
            if bars.height() > TWO_LINES {
                let place = pos2(bars.left() - BESIDE, y);
                painter.text(place, Align2::RIGHT_CENTER, text, small.clone(), ink.weak);
            }
        }
        let chance = high(seen.chance);
        let dashes = Shape::dashed_line(
            &[pos2(bars.left(), chance), pos2(bars.right(), chance)],
            Stroke::new(1.0, ink.weak),
            4.0,
            4.0,
        );
        painter.extend(dashes);
        let line_end = pos2(bars.right() + BESIDE, chance.min(bars.bottom() - 6.0));
        painter.text(line_end, Align2::LEFT_CENTER, t!("chance"), small.clone(), ink.weak);
        let here = view
            .cursor
            .preview
            .layer
            .clone()
            .unwrap_or_else(|| view.cursor.layer.clone());
        let stride = stride(last, column, BLOCK_NUMBER);
        if numbered {
            let place = pos2(bars.right() + BESIDE, bars.bottom() + 2.0);
            painter.text(place, Align2::LEFT_TOP, t!("block"), small.clone(), ink.weak);
        }
        for (at, _) in (seen.readings.iter().enumerate()).filter(|(_, reading)| reading.block.is_multiple_of(every)) {
            let middle = space.left() + column * (at as f32 + 0.5);
            let centre = pos2(middle, space.top() + side / 2.0);
            let part = |at: usize| at as f32 / count as f32;
            let uv = Rect::from_min_max(pos2(part(at), 0.0), pos2(part(at + 1), 1.0));
            let frame = Rect::from_center_size(centre, vec2(side, side));
            painter.image(texture.id(), frame, uv, Color32::WHITE);
            let edge = Stroke::new(1.0, ink.line);
            painter.rect_stroke(frame, 0.0, edge, egui::StrokeKind::Outside);
        }
        let mut before = None;
        for (at, reading) in seen.readings.iter().enumerate() {
            let centre = space.left() + column * (at as f32 + 0.5);
            let half = (column * 0.36).clamp(1.0, 14.0);
            let bar = Rect::from_min_max(
                pos2(centre - half, high(reading.reconstruction)),
                pos2(centre + half, bars.bottom()),
            );
            painter.rect_filled(bar, 1.0, ink.paper.lerp_to_gamma(colour, 0.6));
            let dot = pos2(centre, high(reading.accuracy));
            if let Some(before) = before {
                painter.line_segment([before, dot], Stroke::new(1.0, ink.text));
            }
            painter.circle_filled(dot, 2.5, ink.text);
            before = Some(dot);
            if numbered && reading.block.is_multiple_of(stride) {
                let place = pos2(centre, bars.bottom() + 2.0);
                painter.text(place, Align2::CENTER_TOP, reading.block, small.clone(), ink.weak);
            }
            let whole = Rect::from_min_max(
                pos2(centre - column / 2.0, space.top()),
                pos2(centre + column / 2.0, bars.bottom()),
            );
            if reading.node == here {
                // A frame over several bars is not the block's own.
                let own = if every > 1 { whole.with_min_y(bars.top()) } else { whole };
                // Seen on dark frames and on paper.
                for (inset, colour) in [(0.5, ink.text), (1.5, ink.paper)] {
                    let stroke = Stroke::new(1.0, colour);
                    painter.rect_stroke(own.shrink(inset), 2.0, stroke, egui::StrokeKind::Inside);
                }
            }
            let id = ui.scope_id().with((series.track.id, at));
            let response = ui.interact(whole, id, Sense::click());
            let about = format!(
                "{}\n{}",
                reading.node,
                t!(
                    "R² %{r2}, %{percent} % of the classes read right",
                    r2 = decimals(reading.reconstruction.into(), 2),
                    percent = format!("{:.0}", 100.0 * reading.accuracy)
                )
            );
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, about.replace('\n', ": ")));
            let response = response.on_hover_text(&about);
            if response.hovered() {
                view.cursor.hover_layer(reading.node.clone());
            }
            if response.clicked() {
                view.cursor.layer.clone_from(&reading.node);
                view.cursor.run.clone_from(&series.track.name);
            }
        }
        if let (Some(first), Some(last)) = (seen.readings.first(), seen.readings.last()) {
            let id = ui.scope_id().with(("film", series.track.id));
            let strip = Rect::from_min_size(space.min - vec2(AXIS, 0.0), vec2(AXIS - 8.0, 1.0));
            let words = t!(
                "Image read back from %{net}: R squared %{first} at the first block, %{last} at the last, where %{percent} percent of the classes are read right",
                net = series.track.name,
                first = decimals(first.reconstruction.into(), 2),
                last = decimals(last.reconstruction.into(), 2),
                percent = format!("{:.0}", 100.0 * last.accuracy)
            );
            ui.interact(strip, id, Sense::hover())
                .widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
        }
    }

    /// The image itself, before the strip.
    fn original_ui(&self, ui: &mut Ui, space: Rect, side: f32, run: RunId, seen: &Seen) {
        let Some(film) = self.films.get(&run) else { return };
        let rect = Rect::from_min_size(pos2(space.left() - AXIS, space.top()), vec2(side, side));
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(film.original.id(), rect, whole, Color32::WHITE);
        ui.painter().rect_stroke(
            rect,
            0.0,
            Stroke::new(1.0, theme::ink(ui).weak),
            egui::StrokeKind::Outside,
        );
        let response = ui.interact(rect, ui.scope_id().with(("original", run)), Sense::hover());
        let about = match &seen.image {
            Subject::Test(image) => t!("The image itself: test image %{image}", image = image),
            Subject::Own(_) => t!("The image itself: your own"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
        response.on_hover_text(about);
    }

    fn film(&mut self, ui: &Ui, run: RunId, seen: &Seen) -> TextureHandle {
        if let Some(film) = self
            .films
            .get(&run)
            .filter(|film| Arc::ptr_eq(&film.frames, &seen.film))
        {
            return film.texture.clone();
        }
        let load = |name: &str, frames: &[Array]| ui.ctx().load_texture(name, strip(frames), TextureOptions::NEAREST);
        let texture = load("film", &seen.film);
        let film = Film {
            frames: Arc::clone(&seen.film),
            texture: texture.clone(),
            original: load("original", std::slice::from_ref(&seen.original)),
        };
        self.films.insert(run, film);
        texture
    }
}

fn question(run: RunId, step: usize, image: &Subject) -> Question {
    Question::Information {
        run,
        step: Some(step),
        image: image.clone(),
    }
}

/// Frames of equal shape `[C, H, W]`, side by side.
fn strip(frames: &[Array]) -> ColorImage {
    let Some(&[channels, height, width]) = frames.first().map(|frame| frame.shape.as_slice()) else {
        return ColorImage::filled([1, 1], Color32::GRAY);
    };
    let mut pixels = Vec::with_capacity(frames.len() * height * width);
    for y in 0..height {
        for frame in frames {
            for x in 0..width {
                let byte = |channel: usize| (frame.data[(channel * height + y) * width + x] * 255.0).round() as u8;
                pixels.push(match channels {
                    3 => Color32::from_rgb(byte(0), byte(1), byte(2)),
                    _ => Color32::from_gray(byte(0)),
                });
            }
        }
    }
    ColorImage::new([frames.len() * width, height], pixels)
}
