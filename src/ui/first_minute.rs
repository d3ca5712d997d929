//! The first minute: one digit, two towers, one empty chart and a question.

mod chart;
mod layout;

use eframe::egui::{
    self, Align, Button, Color32, Key, Layout, Modifiers, Rect, RichText, Stroke, Ui, UiBuilder,
    epaint::CubicBezierShape, pos2, vec2,
};
use rust_i18n::t;

use self::chart::chart_card_ui;
use self::layout::{Layouted, WAYS, halves, layout, question_size, question_words, words_size};
use super::at_right::AtRight;
use super::controls::{language_ui, lessons_ui};
use super::keys;
use super::story::{self, Cast, Guess, Stage};
use super::theme::{self, GRID, QUESTION, SMALL};
use super::tower::{self, Tower, image_ui, tower_ui};
use super::widgets::{primary_button_ui, quiet_button_ui};
use super::{Action, Room, Scene, line_style, why};
use crate::net::{Family, Spec};
use crate::run::Command;

/// Seconds the arcs take to spring up.
const SPRING_SECS: f64 = 1.6;

/// Width of the button that goes on, where it stands beside another.
const GO_ON: f32 = 132.0;

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

impl FirstMinute {
    /// As it was left, with that prediction.
    pub fn with(guess: Option<Guess>) -> Self {
        Self {
            guess,
            ..Self::default()
        }
    }

    /// Draws the room; answers with what the user asks for.
    pub fn room_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, digit: Option<&Picture>) -> Vec<Action> {
        let mut actions = Vec::new();
        let stage = story::stage(scene.history, self.guess);
        let begun = self.guess.is_some() || stage != Stage::Ask;
        let shown = |place| !theme::lecture(ui) || begun || self.revealed >= place;
        let [towers, chart] = [TOWERS, CHART].map(shown);
        let nets = plain_nets(scene);
        let [Some(shallow), Some(deep)] = &nets else {
            return actions;
        };
        let words = self.words(scene, stage, theme::lecture(ui));
        let rects = layout(ui, &words, stage);
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
            self.why = !why::why_ui(ui.ctx(), &mut actions);
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
        let pressed = |key| keys::pressed(ui, Modifiers::NONE, key);
        if pressed(Key::Space) && ui.memory(|memory| memory.focused().is_none()) {
            let offered = theme::lecture(ui) && stage == Stage::Offer;
            if story::rests(scene.history) && !offered {
                actions.push(Action::Send(Command::Run));
            } else if theme::lecture(ui) {
                self.reveal(ui, scene, stage, actions);
            }
        }
        let guesses = [(Key::Num1, Guess::Shallow), (Key::Num2, Guess::Deep)];
        for (_, guess) in guesses
            .into_iter()
            .filter(|&(key, _)| stage == Stage::Ask && pressed(key))
        {
            self.predict(guess, actions);
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
            Stage::Ask if lecture && self.revealed < CHART => t!("Space shows the next thing.").into(),
            Stage::Ask => {
                let ask = t!("Click a tower, or press 1 or 2: that is your prediction, and both nets start training.");
                let without = t!("Space starts them without a prediction.");
                if lecture {
                    format!("{ask}\n{without}")
                } else {
                    ask.into()
                }
            }
            Stage::Watch if story::rests(scene.history) => t!(
                "The training rests at step %{step} of %{steps}.",
                step = cast.shallow.step().min(cast.deep.step()),
                steps = scene.experiment.steps
            )
            .into(),
            Stage::Watch => t!(
                "Both train on the same batches. Step %{step} of %{steps}; at step %{offer} you may change one thing.",
                step = cast.shallow.step().min(cast.deep.step()),
                steps = scene.experiment.steps,
                offer = story::OFFER_STEP
            )
            .into(),
            Stage::Offer | Stage::Repair | Stage::Verdict => {
                let said = |place| !lecture || self.revealed >= place;
                let degradation = story::degradation(&cast, self.guess);
                let repair = story::repair(&cast);
                let more = degradation.is_some() && !said(VERDICT) || repair.is_some() && !said(REPAIR);
                let sentences = [
                    degradation.filter(|_| said(VERDICT)),
                    repair.filter(|_| said(REPAIR)),
                    more.then(|| t!("Space shows the next thing.").into()),
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
                chosen: self.guess == Some(guess) && twin.is_none(),
                corner: match self.guess {
                    None => ["1", "2"][index].into(),
                    Some(chosen) if chosen == guess && twin.is_none() => t!("your prediction"),
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
        let (left, right) = halves(rect, stage);
        let (rests, go_on) = (story::rests(scene.history), t!("Go on with the training"));
        let alone = stage == Stage::Ask || stage == Stage::Watch && !rests;
        let left = if alone { rect } else { left };
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
                Stage::Watch | Stage::Repair if rests => {
                    if primary_button_ui(ui, &go_on, large).clicked() {
                        actions.push(Action::Send(Command::Run));
                    }
                }
                Stage::Ask | Stage::Watch => {}
                Stage::Offer => {
                    let beside = if rests { GO_ON + GRID } else { 0.0 };
                    let size = vec2(large.x.min(right.width() - beside), large.y);
                    if primary_button_ui(ui, &t!("+ x: let each block add its input"), size).clicked() {
                        self.add(ui, scene, actions);
                    }
                    if rests && ui.add_sized(vec2(GO_ON, large.y), Button::new(go_on).wrap()).clicked() {
                        actions.push(Action::Send(Command::Run));
                    }
                }
                Stage::Repair | Stage::Verdict => AtRight::new(ui, "ends").show_ui(ui, |ui| {
                    if ui.add_sized(vec2(72.0, 44.0), Button::new(t!("Why?"))).clicked() {
                        self.why = true;
                    }
                    if primary_button_ui(ui, &t!("Open the lab"), vec2(140.0_f32.min(right.width() - 80.0), 44.0))
                        .clicked()
                    {
                        actions.push(Action::Open(Room::Lab));
                    }
                }),
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

fn question_ui(ui: &mut Ui, rect: Rect, scene: Scene<'_>, actions: &mut Vec<Action>) {
    let ink = theme::ink(ui);
    let size = question_size(rect.width());
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.set_max_width(rect.width() - WAYS);
                ui.label(question_words(size, ink.text, rect.width() - WAYS));
                if size == QUESTION {
                    ui.label(theme::caption(scene.experiment.recipe_line()));
                }
            });
            AtRight::new(ui, "ways").show_ui(ui, |ui| {
                language_ui(ui, actions);
                lessons_ui(ui, actions);
                if quiet_button_ui(ui, &t!("Skip to the lab"), &t!("All experiments and controls (L)")).clicked() {
                    actions.push(Action::Open(Room::Lab));
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
