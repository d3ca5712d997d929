//! The loss landscape: the loss around the weights of two nets on one scale, as colours and lines of equal height, and the
//! training's way across it.

mod plane;
mod scale;
mod words;

use std::sync::Arc;

use eframe::egui::{
    self, Color32, ColorImage, FontId, Painter, Pos2, Rect, Role, Sense, Stroke, TextureHandle, TextureOptions, Ui,
    WidgetInfo, pos2, vec2,
};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use self::scale::{bar_ui, bar_width};
use self::words::{about_looking, heading, legend};
use super::choice::choice_ui;
use super::cursor::pair;
use super::empty::Empty;
use super::net_name::{beside_name_ui, net_name_ui};
use super::outlook::{FORWARD, takes};
use super::pane::{Pane, View};
use super::theme::{self, GRID, SMALL};
use super::widgets::short;
use super::work::{self, button_ui, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::export::relief::{levels, range};
use crate::net::Spec;
use crate::palette;
use crate::probe::{Landscape as Map, contour};
use crate::run::{Command, LandscapeView, PlaneKind, Question, RunId, Series};

/// Points a side: a power of two and one.
const SIDE: usize = 33;
/// What an image costs among many that go forward at once, over one of a small batch.
const MANY: f64 = 0.55;
/// Images that the loss at a point is of.
const IMAGES: usize = 256;
/// Room above a map for its title, and beneath it for the ends of its axis.
const TITLE: f32 = 22.0;
const FOOT: f32 = 22.0;
/// Width of a map's title, and distance of two maps.
const HEADING: f32 = 310.0;
const APART: f32 = 16.0;
/// Height of a panel that has no room for its choices.
const LITTLE: f32 = 220.0;
/// Least height of the maps above the legend.
const LEAST: f32 = 200.0;

/// What a map reaches that is not known yet.
const SQUARE: [[f32; 2]; 2] = [[-1.0, 1.0]; 2];

/// The panel.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Landscape {
    pub plane: PlaneKind,
    /// Of each net shown.
    #[serde(skip)]
    drawn: Vec<Drawn>,
}

/// A picture, and what it was made from.
#[derive(Clone)]
struct Drawn {
    run: RunId,
    view: Arc<LandscapeView>,
    range: [f32; 2],
    texture: TextureHandle,
    /// Lines of equal height, in the landscape's places.
    lines: Vec<[[f32; 2]; 2]>,
}

impl std::fmt::Debug for Landscape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Landscape")
            .field("plane", &self.plane)
            .finish_non_exhaustive()
    }
}

impl Pane for Landscape {
    const TITLE: &'static str = "Landscape";
    const HINT: &'static str = "The training loss around the weights of two nets, on one scale";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let sides = pair(view.scene.history);
        if sides.is_empty() {
            ui.label(theme::caption(t!("The landscape appears once the nets are built.")));
            return;
        }
        // In a small tile of a lecture the maps need the room.
        if !theme::bare(ui) || ui.available_height() > LITTLE {
            ui.horizontal_wrapped(|ui| self.controls_ui(ui, &sides, view));
        }
        let views: Vec<Option<(usize, Arc<LandscapeView>)>> =
            sides.iter().map(|series| self.known(series, view)).collect();
        let working = view.scene.findings.working.iter().any(|work| is_mine(&work.question));
        if views.iter().all(Option::is_none) && !working {
            return self.empty_ui(ui, &sides, view);
        }
        let range = self.range(&sides, view);
        let words = legend(self.plane, range);
        let least = if theme::bare(ui) { 1.5 * LEAST } else { LEAST };
        let foot = theme::foot(ui, &words, least);
        let size = ui.available_size() - vec2(0.0, foot);
        let (space, _) = ui.allocate_exact_size(size, Sense::hover());
        let among = view.scene.history.specs();
        let bar = range.map_or(0.0, |range| 2.0 * GRID + bar_width(ui, range));
        let places = places(space.with_max_x(space.right() - bar), sides.len());
        self.drawn
            .retain(|drawn| sides.iter().any(|series| series.track.id == drawn.run));
        let mut end = space.min + vec2(0.0, TITLE);
        for (at, ((series, known), place)) in sides.iter().zip(&views).zip(places).enumerate() {
            let (colour, _) = line_style(ui, &series.track.spec, &among);
            let words = heading(known.as_ref());
            if ui.rect_contains_pointer(place) {
                view.cursor.hover_run(series.track.name.clone());
            }
            let reach = known.as_ref().map_or(SQUARE, |(_, known)| known.landscape.reach);
            let body = body(place, reach);
            end = end.max(body.max);
            let name = net_name_ui(ui, place.min, at, &series.track.name, colour, view.cursor);
            let brief = &words[words.len() - 1..];
            let needed = name.width() + GRID + theme::width(ui, &brief[0], FontId::proportional(SMALL));
            // Nothing stands beside the last but the colours, which begin lower.
            match at + 1 == sides.len() && needed > place.width() {
                true => beside_name_ui(ui, name, space.right(), brief),
                false => beside_name_ui(ui, name, place.right(), &words),
            }
            if let (Some((_, known)), Some(range)) = (known, range) {
                let id = series.track.id;
                let about = work::named(&series.track.name, &words[0]);
                self.map_ui(ui, body, id, known, range, &about);
            }
        }
        if let Some(range) = range {
            let corner = pos2(end.x + 2.0 * GRID, space.top() + TITLE);
            bar_ui(ui, Rect::from_min_max(corner, pos2(corner.x + bar, end.y)), range);
        }
        if foot > 0.0 {
            ui.add(egui::Label::new(theme::caption(words)).wrap());
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Landscape)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        pair(view.scene.history)
            .iter()
            .any(|series| self.known(series, view).is_some())
    }

    fn restart(&mut self) {
        self.drawn.clear();
    }
}

impl Landscape {
    fn controls_ui(&mut self, ui: &mut Ui, sides: &[&Series], view: &mut View<'_>) {
        ui.spacing_mut().item_spacing.x = 4.0;
        let planes = PlaneKind::ALL.map(|plane| (plane, plane.word(), plane.hint()));
        choice_ui(ui, &t!("Plane"), &mut self.plane, &planes);
        let known = sides.iter().any(|series| self.known(series, view).is_some());
        if !work_ui(ui, view, is_mine) && known && button_ui(ui, &t!("Look around"), &about_looking()) {
            self.ask(sides, view);
        }
    }

    /// What is known of a net's surroundings, not behind the step looked at.
    fn known(&self, series: &Series, view: &View<'_>) -> Option<(usize, Arc<LandscapeView>)> {
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let findings = view.scene.findings;
        let (step, view) = findings.landscape_at(series.track.id, self.plane, until)?;
        Some((step, Arc::clone(view)))
    }

    /// The least and the largest loss. Planes through the weights share their colours, so that they can be compared.
    fn range(&self, sides: &[&Series], view: &View<'_>) -> Option<[f32; 2]> {
        let until = view.cursor.step.unwrap_or(usize::MAX);
        let alike = PlaneKind::ALL
            .into_iter()
            .filter(|other| (*other == PlaneKind::Way) == (self.plane == PlaneKind::Way));
        let all = alike.flat_map(|plane| sides.iter().map(move |series| (series.track.id, plane)));
        let findings = view.scene.findings;
        let known = all.filter_map(|(run, plane)| findings.landscape_at(run, plane, until));
        range(known.map(|(_, known)| &known.landscape))
    }

    fn ask(&self, sides: &[&Series], view: &mut View<'_>) {
        let moment = |series: &Series| view.cursor.step.and_then(|step| series.kept_at(step));
        let known = |series: &Series| {
            let wanted = moment(series).unwrap_or(series.step());
            let found = self.known(series, view);
            found.is_some_and(|(step, found)| step == wanted && found.landscape.known() == 1.0)
        };
        // After work that was broken off, what is whole already is not done again.
        let all = sides.iter().all(|series| known(series));
        let missing: Vec<&Series> = sides.iter().copied().filter(|series| all || !known(series)).collect();
        for series in missing {
            let question = Question::Landscape {
                run: series.track.id,
                step: moment(series),
                plane: self.plane,
                side: SIDE,
            };
            view.actions.push(Action::Send(Command::Ask(question)));
        }
    }

    fn empty_ui(&self, ui: &mut Ui, sides: &[&Series], view: &mut View<'_>) {
        let images = MANY * FORWARD * (SIDE * SIDE * IMAGES) as f64;
        let work: Vec<(&Spec, f64)> = sides.iter().map(|series| (&series.track.spec, images)).collect();
        let empty = Empty {
            shows: t!(
                "A map of the training loss around the weights of each net, on one scale: a smooth valley, or a country of cliffs and holes."
            ),
            takes: takes(view, &work),
            button: t!("Look around"),
            hint: about_looking(),
        };
        if empty.show_ui(ui) {
            self.ask(sides, view);
        }
    }

    fn map_ui(&mut self, ui: &Ui, body: Rect, run: RunId, view: &Arc<LandscapeView>, range: [f32; 2], about: &str) {
        let known = self.drawn.iter().position(|drawn| drawn.run == run);
        let fresh = known.is_none_or(|at| !Arc::ptr_eq(&self.drawn[at].view, view) || self.drawn[at].range != range);
        if fresh {
            let drawn = Drawn::new(ui, run, view, range);
            match known {
                Some(at) => self.drawn[at] = drawn,
                None => self.drawn.push(drawn),
            }
        }
        let Some(drawn) = self.drawn.iter().find(|drawn| drawn.run == run) else {
            return;
        };
        let ink = theme::ink(ui);
        let map = &view.landscape;
        let scale = body.width() / (map.reach[0][1] - map.reach[0][0]);
        let at = |[x, y]: [f32; 2]| {
            pos2(
                body.left() + (x - map.reach[0][0]) * scale,
                body.bottom() - (y - map.reach[1][0]) * scale,
            )
        };
        // Pixels stand for points, so that the outermost are half outside.
        let half = 0.5 / map.side as f32;
        let uv = Rect::from_min_max(pos2(half, 1.0 - half), pos2(1.0 - half, half));
        ui.painter().image(drawn.texture.id(), body, uv, Color32::WHITE);
        let painter = ui.painter_at(body.expand(1.0));
        // Light on dark and dark on light.
        for stroke in [
            Stroke::new(2.5, Color32::from_black_alpha(70)),
            Stroke::new(1.0, Color32::from_white_alpha(190)),
        ] {
            for line in &drawn.lines {
                painter.line_segment(line.map(at), stroke);
            }
        }
        way_ui(&painter, view, &at);
        let small = FontId::proportional(SMALL);
        let [low, high] = map.reach[0].map(|x| {
            let text = short(f64::from(x));
            ui.painter().layout_no_wrap(text, small.clone(), ink.weak)
        });
        let between = body.width() - low.size().x - high.size().x - 2.0 * GRID;
        if between > 0.0 {
            let foot = body.bottom() + 4.0;
            let last = body.right() - high.size().x;
            let words = theme::elided(ui, &t!("length of a direction"), small, ink.weak, between);
            if !words.elided {
                let left = body.left() + low.size().x + GRID + (between - words.size().x) / 2.0;
                ui.painter().galley(pos2(left, foot), words, ink.weak);
            }
            ui.painter().galley(pos2(body.left(), foot), low, ink.weak);
            ui.painter().galley(pos2(last, foot), high, ink.weak);
        }
        let response = ui.interact(body, ui.scope_id().with(("landscape", run)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, about));
        if let Some(pos) = response.hover_pos() {
            let share = (pos - body.left_bottom()) / vec2(body.width(), -body.height());
            let point = |share: f32| (share.clamp(0.0, 1.0) * (map.side - 1) as f32).round() as usize;
            let loss = map.shown(point(share.x), point(share.y));
            let words = t!("loss %{loss}", loss = short(f64::from(loss)));
            response.on_hover_text_at_pointer(words);
        }
    }
}

fn is_mine(question: &Question) -> bool {
    matches!(question, Question::Landscape { .. })
}

impl Drawn {
    fn new(ui: &Ui, run: RunId, view: &Arc<LandscapeView>, range: [f32; 2]) -> Self {
        let map = &view.landscape;
        let points = (0..map.side).flat_map(|row| (0..map.side).map(move |column| (column, row)));
        let pixels = points
            .map(|(column, row)| colour(map.shown(column, row), range))
            .collect();
        let image = ColorImage::new([map.side, map.side], pixels);
        Self {
            run,
            view: Arc::clone(view),
            range,
            texture: ui.ctx().load_texture("landscape", image, TextureOptions::LINEAR),
            lines: match map.known() < 1.0 {
                // Half of a ring is none.
                true => Vec::new(),
                false => levels(range)
                    .into_iter()
                    .flat_map(|level| contour(map, level))
                    .collect(),
            },
        }
    }
}

/// Nothing where nothing is known.
fn colour(loss: f32, range: [f32; 2]) -> Color32 {
    if loss.is_nan() {
        return Color32::TRANSPARENT;
    }
    let [r, g, b] = palette::cividis()[(Map::share(loss, range) * 255.0).round() as usize];
    Color32::from_rgb(r, g, b)
}

/// The training's way, dots at the kept steps, a cross at its end.
fn way_ui(painter: &Painter, view: &LandscapeView, at: &impl Fn([f32; 2]) -> Pos2) {
    let points: Vec<Pos2> = view.way.iter().map(|&(_, point)| at(point)).collect();
    let Some(&last) = points.last() else { return };
    painter.line(points.clone(), Stroke::new(3.0, Color32::from_black_alpha(160)));
    painter.line(points.clone(), Stroke::new(1.5, Color32::WHITE));
    for &point in &points {
        painter.circle(
            point,
            3.0,
            Color32::WHITE,
            Stroke::new(1.0, Color32::from_black_alpha(200)),
        );
    }
    for arm in [vec2(6.0, 6.0), vec2(6.0, -6.0)] {
        painter.line_segment([last - arm, last + arm], Stroke::new(2.5, Color32::WHITE));
    }
}

/// Where the maps stand: beside or above each other, whichever makes them larger; no farther apart than the words above
/// them need.
fn places(space: Rect, count: usize) -> Vec<Rect> {
    let share = |whole: f32| (whole + APART) / count as f32 - APART;
    let beside = vec2(share(space.width()), space.height());
    let above = vec2(space.width(), share(space.height()));
    let side = |size: egui::Vec2| size.x.min(size.y - TITLE - FOOT);
    let (size, step) = if side(above) > side(beside) {
        (vec2(side(above), above.y), vec2(0.0, above.y + APART))
    } else {
        let width = beside.x.min(side(beside).max(HEADING));
        (vec2(width, beside.y), vec2(width + APART, 0.0))
    };
    (0..count)
        .map(|at| Rect::from_min_size(space.min + at as f32 * step, size))
        .collect()
}

/// The map itself, as large as its place and its shape let it be.
fn body(place: Rect, reach: [[f32; 2]; 2]) -> Rect {
    let room = Rect::from_min_max(place.min + vec2(0.0, TITLE), place.max - vec2(0.0, FOOT));
    let [width, height] = reach.map(|[low, high]| high - low);
    let scale = (room.width() / width).min(room.height() / height).max(0.0);
    Rect::from_min_size(room.min, vec2(width, height) * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_stand_where_they_are_largest() {
        let of = |width, height| places(Rect::from_min_size(Pos2::ZERO, vec2(width, height)), 2);
        let wide = of(800.0, 400.0);
        assert!(wide[0].top() == wide[1].top() && wide[0].right() < wide[1].left());
        let tall = of(200.0, 600.0);
        assert!(tall[0].left() == tall[1].left() && tall[0].bottom() < tall[1].top());
        assert!(tall[1].bottom() <= 600.0 + 1e-3 && wide[1].right() <= 800.0 + 1e-3);
    }
}
