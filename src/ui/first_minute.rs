//! The first minute: one digit, two towers, one empty chart and a question.

use eframe::egui::{
    self, Align, Button, Color32, Key, Layout, Rect, RichText, Stroke, TextFormat, Ui, UiBuilder,
    epaint::CubicBezierShape, pos2, text::LayoutJob, vec2,
};
use egui_plot::PlotPoint;
use rust_i18n::t;

use super::axis::{Height, Time};
use super::chart::{Across, Chart, Curve};
use super::controls::language_ui;
use super::series::{Grid, pieces};
use super::story::{self, Cast, Guess, Stage};
use super::theme::{self, BODY, GRID, HEADING, QUESTION, SMALL};
use super::tower::{self, Tower, image_ui, tower_ui};
use super::traces::Trace;
use super::widgets::{card_ui, header_ui, primary_button_ui, quiet_button_ui};
use super::{Action, Room, Scene, line_style, why};
use crate::net::{Family, Spec};
use crate::run::{Command, Series};

/// Seconds the arcs take to spring up.
const SPRING_SECS: f64 = 1.6;
/// Steps that the curves are smoothed over.
const WINDOW: f32 = 20.0;
/// Points of a curve that are worth drawing.
const COLUMNS: usize = 1024;
/// Room beside the question for the language and the way to the lab.
const SKIP_WIDTH: f32 = 200.0;

/// What a lecture has shown once it has revealed so many things.
const TOWERS: usize = 1;
const CHART: usize = 2;
const VERDICT: usize = 3;
const REPAIR: usize = 4;

/// A grey image to look at, `[H, W]` in 0..=1.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub values: Vec<f32>,
    pub size: [usize; 2],
    /// Its class.
    pub label: String,
}

/// The room's own state.
#[derive(Debug, Clone, Default)]
pub struct FirstMinute {
    pub guess: Option<Guess>,
    /// Window time in seconds when "+ x" was pressed.
    added_at: Option<f64>,
    why: bool,
    /// How much of it a lecture has shown.
    revealed: usize,
}

struct Layouted {
    question: Rect,
    towers: [Rect; 2],
    digit: Rect,
    chart: Rect,
    strip: Rect,
}

impl FirstMinute {
    /// Draws the room; answers with what the user asks for.
    pub fn room_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, digit: Option<&Picture>) -> Vec<Action> {
        let mut actions = Vec::new();
        let stage = story::stage(scene.history, self.guess);
        let shown = |place| !theme::lecture(ui) || self.guess.is_some() || self.revealed >= place;
        let [towers, chart] = [TOWERS, CHART].map(shown);
        let nets = plain_nets(scene);
        let [Some(shallow), Some(deep)] = &nets else {
            return actions;
        };
        let words = self.words(scene, stage, theme::lecture(ui));
        let rects = layout(ui, &words);
        question_ui(ui, rects.question, scene, &mut actions);
        if towers {
            self.towers_ui(ui, &rects, scene, stage, [shallow, deep], &mut actions);
        }
        if let Some(digit) = digit {
            digit_ui(ui, &rects, digit, towers);
        }
        if chart {
            chart_card_ui(ui, rects.chart, scene, stage, &words);
        }
        self.strip_ui(ui, rects.strip, scene, stage, &words, &mut actions);
        self.keys(ui, scene, stage, &mut actions);
        if self.why {
            self.why = !why::why_ui(ui.ctx());
        }
        actions
    }

    fn predict(&mut self, guess: Guess, actions: &mut Vec<Action>) {
        if self.guess.is_none() {
            self.guess = Some(guess);
            actions.push(Action::Send(Command::Run));
        }
    }

    fn add(&mut self, ui: &Ui, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let plan = Cast::of(scene.history).and_then(|cast| cast.twin_plan(&scene.experiment.runs));
        if let Some(plan) = plan {
            self.added_at = Some(ui.input(|input| input.time));
            actions.push(Action::Add(plan));
            actions.push(Action::Send(Command::Run));
        }
    }

    fn keys(&mut self, ui: &Ui, scene: Scene<'_>, stage: Stage, actions: &mut Vec<Action>) {
        let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
        if theme::lecture(ui) && pressed(Key::Space) && ui.memory(|memory| memory.focused().is_none()) {
            self.reveal(ui, scene, stage, actions);
        }
        if pressed(Key::Num1) {
            self.predict(Guess::Shallow, actions);
        } else if pressed(Key::Num2) {
            self.predict(Guess::Deep, actions);
        }
        if stage == Stage::Offer && (pressed(Key::X) || pressed(Key::Plus)) {
            self.add(ui, scene, actions);
        }
        if pressed(Key::L) {
            actions.push(Action::Open(Room::Lab));
        }
    }

    /// The next thing of a lecture: the towers, the chart, the training, what it showed, "+ x", what that changed, the lab.
    fn reveal(&mut self, ui: &Ui, scene: Scene<'_>, stage: Stage, actions: &mut Vec<Action>) {
        match stage {
            Stage::Ask if self.guess.is_none() && self.revealed < CHART => self.revealed += 1,
            Stage::Ask if scene.failure.is_none() => actions.push(Action::Send(Command::Run)),
            Stage::Ask | Stage::Watch => {}
            Stage::Offer if self.revealed < VERDICT => self.revealed = VERDICT,
            Stage::Offer => self.add(ui, scene, actions),
            Stage::Repair | Stage::Verdict if self.revealed < REPAIR => self.revealed = REPAIR,
            Stage::Repair | Stage::Verdict => actions.push(Action::Open(Room::Lab)),
        }
    }

    /// The sentences of the strip beneath the picture.
    fn words(&self, scene: Scene<'_>, stage: Stage, lecture: bool) -> String {
        if let Some(failure) = scene.failure {
            return t!(
                "%{failure} Open the lab to change the experiment, or start the program again.",
                failure = failure
            )
            .into();
        }
        let Some(cast) = Cast::of(scene.history) else {
            return t!("Preparing the data and the two nets.").into();
        };
        match stage {
            Stage::Ask => {
                t!("Click a tower, or press 1 or 2: that is your prediction, and both nets start training.").into()
            }
            Stage::Watch => t!(
                "Both train on the same batches. Step %{step} of %{steps}; at step %{offer} you may change one thing.",
                step = cast.shallow.step().min(cast.deep.step()),
                steps = scene.experiment.steps,
                offer = story::OFFER_STEP
            )
            .into(),
            Stage::Offer | Stage::Repair | Stage::Verdict => {
                let said = |place| !lecture || self.revealed >= place;
                let sentences = [
                    story::degradation(&cast, self.guess).filter(|_| said(VERDICT)),
                    story::repair(&cast).filter(|_| said(REPAIR)),
                ];
                sentences.into_iter().flatten().collect::<Vec<_>>().join("\n")
            }
        }
    }

    fn towers_ui(
        &mut self,
        ui: &mut Ui,
        rects: &Layouted,
        scene: Scene<'_>,
        stage: Stage,
        nets: [&(String, Spec); 2],
        actions: &mut Vec<Action>,
    ) {
        let among = [&nets[0].1, &nets[1].1];
        let pitch = tower::pitch(rects.towers[1].height(), 3 * nets[1].1.blocks_per_stage());
        let share = self
            .added_at
            .map(|at| ((ui.input(|input| input.time) - at) / SPRING_SECS) as f32);
        if share.is_some_and(|share| share < 1.0) {
            ui.ctx().request_repaint();
        }
        for (index, (name, spec)) in nets.into_iter().enumerate() {
            let guess = [Guess::Shallow, Guess::Deep][index];
            let (colour, _) = line_style(ui, spec, &among);
            let twin = Cast::of(scene.history)
                .and_then(|cast| cast.twin)
                .filter(|_| index == 1);
            let arcs = twin.map(|twin| {
                let (colour, _) = line_style(ui, &twin.track.spec, &[&twin.track.spec]);
                (colour, share.unwrap_or(1.0).clamp(0.0, 1.0))
            });
            let tower = Tower {
                spec,
                name: twin.map_or(name, |twin| &twin.track.name),
                note: t!("%{count} blocks", count = 3 * spec.blocks_per_stage()).into(),
                colour,
                arcs,
                pitch,
                action: (stage == Stage::Ask && scene.failure.is_none())
                    .then(|| t!("Predict that %{net} reaches the lower training loss", net = name).into()),
                chosen: self.guess == Some(guess),
                corner: match self.guess {
                    None => ["1", "2"][index].into(),
                    Some(chosen) if chosen == guess => t!("your prediction"),
                    Some(_) => "".into(),
                },
            };
            let response = tower_ui(ui, rects.towers[index], &tower);
            if index == 0 && stage == Stage::Ask && ui.memory(|memory| memory.focused().is_none()) {
                let arrows = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
                if ui.input(|input| arrows.iter().any(|&key| input.key_pressed(key))) {
                    response.request_focus();
                }
            }
            if response.clicked() && stage == Stage::Ask {
                self.predict(guess, actions);
            }
        }
    }

    fn strip_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        scene: Scene<'_>,
        stage: Stage,
        words: &str,
        actions: &mut Vec<Action>,
    ) {
        let ink = theme::ink(ui);
        let (left, right) = halves(rect);
        ui.scope_builder(UiBuilder::new().max_rect(left), |ui| {
            let colour = if scene.failure.is_some() { ink.error } else { ink.text };
            ui.label(RichText::new(words).size(words_size(rect.width())).color(colour));
        });
        let large = vec2(right.width().min(440.0), 64.0);
        ui.scope_builder(
            UiBuilder::new()
                .max_rect(right)
                .layout(Layout::right_to_left(Align::Min)),
            |ui| match stage {
                Stage::Ask | Stage::Watch => {}
                Stage::Offer => {
                    if primary_button_ui(ui, &t!("+ x: let each block add its input"), large).clicked() {
                        self.add(ui, scene, actions);
                    }
                }
                Stage::Repair | Stage::Verdict => {
                    if primary_button_ui(ui, &t!("Open the lab"), vec2(140.0, 44.0)).clicked() {
                        actions.push(Action::Open(Room::Lab));
                    }
                    if ui.add_sized(vec2(72.0, 44.0), Button::new(t!("Why?"))).clicked() {
                        self.why = true;
                    }
                }
            },
        );
    }
}

/// The shallowest and the deepest plain net of the experiment, as measured or as planned.
fn plain_nets(scene: Scene<'_>) -> [Option<(String, Spec)>; 2] {
    if let Some(cast) = Cast::of(scene.history) {
        return [cast.shallow, cast.deep].map(|series| Some((series.track.name.clone(), series.track.spec.clone())));
    }
    let mut plain: Vec<Spec> = scene
        .experiment
        .runs
        .iter()
        .filter_map(|plan| plan.net.parse().ok())
        .filter(|spec: &Spec| spec.family == Family::Plain)
        .collect();
    plain.sort_by_key(|spec| spec.depth);
    let named = |spec: &Spec| (spec.short_name(), spec.clone());
    [plain.first().map(named), plain.last().map(named)]
}

fn words_size(width: f32) -> f32 {
    if width >= 800.0 { BODY } else { SMALL }
}

fn halves(strip: Rect) -> (Rect, Rect) {
    let cut = strip.left() + strip.width() * 0.58;
    let (mut left, mut right) = strip.split_left_right_at_x(cut);
    left.max.x -= GRID;
    right.min.x += GRID;
    (left, right)
}

fn layout(ui: &Ui, words: &str) -> Layouted {
    let all = ui.max_rect();
    let margin = vec2(
        (all.width() * 0.04).clamp(16.0, 64.0),
        (all.height() * 0.04).clamp(12.0, 40.0),
    );
    let all = all.shrink2(margin);
    let gap = if all.height() > 480.0 { 3.0 * GRID } else { GRID };

    let size = question_size(all.width());
    let question_text = question_words(size, theme::ink(ui).text, all.width() - SKIP_WIDTH);
    let recipe_height = if size == QUESTION { 24.0 } else { 0.0 };
    let question_height = ui.fonts_mut(|fonts| fonts.layout_job(question_text)).size().y + recipe_height + GRID;
    let question = Rect::from_min_size(all.min, vec2(all.width(), question_height));
    let font = egui::FontId::proportional(words_size(all.width()));
    let wrap = halves(all).0.width();
    let text = ui
        .painter()
        .layout(words.into(), font, Color32::PLACEHOLDER, wrap)
        .size()
        .y;
    let strip = Rect::from_min_max(pos2(all.left(), all.bottom() - text.max(68.0)), all.max);

    let middle = Rect::from_min_max(
        pos2(all.left(), question.bottom() + gap * 0.5),
        pos2(all.right(), strip.top() - gap),
    );
    let column = (middle.width() * 0.4).clamp(220.0, 620.0);
    let (left, mut chart) = middle.split_left_right_at_x(middle.left() + column);
    chart.min.x += gap;
    let digit_height = (middle.height() * 0.2).clamp(36.0, 104.0);
    let (upper, lower) = left.split_top_bottom_at_y(left.bottom() - digit_height);
    let (mut first, mut second) = upper.split_left_right_at_fraction(0.5);
    first.max.x -= gap / 4.0;
    second.min.x += gap / 4.0;
    let digit = Rect::from_center_size(
        pos2(lower.center().x, lower.bottom() - digit_height * 0.36),
        egui::Vec2::splat(digit_height * 0.72),
    );
    Layouted {
        question,
        towers: [first, second],
        digit,
        chart,
        strip,
    }
}

fn question_size(width: f32) -> f32 {
    if width >= 860.0 { QUESTION } else { HEADING }
}

/// The one question, with the word that matters in the stronger face.
fn question_words(size: f32, colour: Color32, width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let regular = TextFormat::simple(egui::FontId::proportional(size), colour);
    let strong = TextFormat::simple(egui::FontId::new(size, theme::semibold()), colour);
    let question = t!("Same data, same recipe: which reaches the lower *training* loss?");
    for (index, part) in question.split('*').enumerate() {
        let format = if index % 2 == 1 { &strong } else { &regular };
        job.append(part, 0.0, format.clone());
    }
    job
}

fn question_ui(ui: &mut Ui, rect: Rect, scene: Scene<'_>, actions: &mut Vec<Action>) {
    let ink = theme::ink(ui);
    let size = question_size(rect.width());
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            if quiet_button_ui(ui, &t!("Skip to the lab"), &t!("All experiments and controls (L)")).clicked() {
                actions.push(Action::Open(Room::Lab));
            }
            language_ui(ui, actions);
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.label(question_words(size, ink.text, rect.width() - SKIP_WIDTH));
                if size == QUESTION {
                    ui.label(theme::caption(scene.experiment.recipe_line()));
                }
            });
        });
    });
}

/// The digit between the towers, with `lines` that feed them.
fn digit_ui(ui: &Ui, rects: &Layouted, picture: &Picture, lines: bool) {
    let ink = theme::ink(ui);
    for tower in rects.towers.into_iter().filter(|_| lines) {
        let (from, to) = (rects.digit.center_top(), pos2(tower.center().x, tower.bottom()));
        let bend = vec2(0.0, (from.y - to.y) * 0.9);
        let points = [rects.digit.center(), from - bend, to + bend, to];
        let stroke = Stroke::new(2.0, ink.line);
        ui.painter().add(CubicBezierShape::from_points_stroke(
            points,
            false,
            Color32::TRANSPARENT,
            stroke,
        ));
    }
    image_ui(ui, rects.digit, &picture.values, picture.size);
    ui.painter()
        .rect_stroke(rects.digit, 2.0, Stroke::new(1.0, ink.line), egui::StrokeKind::Outside);
    let side = pos2(rects.digit.right() + 10.0, rects.digit.bottom());
    let [height, width] = picture.size;
    let text = t!(
        "“%{label}”, %{width}×%{height} pixels",
        label = picture.label,
        width = width,
        height = height
    );
    ui.painter().text(
        side,
        egui::Align2::LEFT_BOTTOM,
        text,
        egui::FontId::proportional(SMALL),
        ink.weak,
    );
}

fn chart_card_ui(ui: &mut Ui, rect: Rect, scene: Scene<'_>, stage: Stage, words: &str) {
    let steps = scene.experiment.steps as f64;
    let grid = Grid {
        time: Time::default(),
        height: Height { log: true, factor: 1.0 },
        range: [0.0, steps],
        columns: COLUMNS,
    };
    let drawn = curves(ui, scene, grid);
    let curves: Vec<Curve<'_>> = drawn
        .iter()
        .map(|(raw, curve)| Curve {
            raw: vec![raw],
            ..curve.clone()
        })
        .collect();
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        let tag = |ui: &mut Ui| {
            if stage > Stage::Ask {
                ui.label(theme::caption(t!("measured")));
            }
        };
        card_ui(ui, false, |ui| {
            header_ui(ui, &t!("Training loss"), tag);
            let chart = Chart {
                id: "first minute",
                x_label: &t!("step"),
                across: Across::Time(grid.time),
                height: grid.height,
                x: 0.0..steps,
                y: grid.height.place(0.01)..grid.height.place(3.0),
                spans: &[],
                bracket: None,
                focus: None,
                interactive: false,
                summary: summary(scene, words),
            };
            chart.show_ui(ui, &curves, None);
        });
    });
}

/// Each net's raw line and its curve.
fn curves(ui: &Ui, scene: Scene<'_>, grid: Grid) -> Vec<(Vec<PlotPoint>, Curve<'static>)> {
    let Some(cast) = Cast::of(scene.history) else {
        return Vec::new();
    };
    let plain = [&cast.shallow.track.spec, &cast.deep.track.spec];
    let mut curves = Vec::new();
    for series in [cast.shallow, cast.deep] {
        let (mut colour, width) = line_style(ui, &series.track.spec, &plain);
        if cast.twin.is_some() && std::ptr::eq(series, cast.deep) {
            colour = theme::ink(ui).faded;
        }
        curves.push((series, colour, width));
    }
    if let Some(twin) = cast.twin {
        let (colour, _) = line_style(ui, &twin.track.spec, &[&twin.track.spec]);
        curves.push((twin, colour, curves[1].2));
    }
    let curve = |(series, colour, width): (&Series, _, _)| {
        let mut trace = Trace::default();
        let lines = trace.update(&[series], |run| &run.loss, WINDOW, grid);
        let line = lines.line.to_vec();
        let cross = series.diverged.and_then(|_| pieces(&line).last()?.last().copied());
        let curve = Curve {
            name: series.track.name.clone(),
            label: series.track.name.clone(),
            colour,
            width,
            crosses: cross.into_iter().collect(),
            line: line.into(),
            ..Curve::default()
        };
        (lines.raw[0].to_vec(), curve)
    };
    curves.into_iter().map(curve).collect()
}

/// The curves in `words`, for who does not see them.
fn summary(scene: Scene<'_>, words: &str) -> String {
    let ends: Vec<String> = scene
        .history
        .runs
        .iter()
        .filter_map(|series| {
            Some(format!(
                "{} {}",
                series.track.name,
                super::widgets::short(f64::from(series.final_loss()?))
            ))
        })
        .collect();
    if ends.is_empty() {
        t!("Empty chart of training loss against steps").into()
    } else {
        let ends = t!("Training loss now: %{ends}", ends = ends.join(", "));
        format!("{ends}. {words}")
    }
}
