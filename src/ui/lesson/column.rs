//! What the column of an open lesson draws.

use eframe::egui::{
    Align, CentralPanel, Frame, Label, Layout, Margin, Panel as Side, ProgressBar, RichText, Role, ScrollArea, Ui,
    WidgetInfo, vec2,
};
use rust_i18n::t;

use super::note::note_ui;
use super::outcome::{box_ui, claim_ui, prediction_ui};
use super::prose::{TEXT, blocks_ui, line_ui, table_ui, title_ui};
use super::reader::{Left, Reader, answer_field, note_field};
use super::trainings::Standing;
use crate::error::Result;
use crate::lesson::markdown::spans;
use crate::lesson::{Record, Table};
use crate::net::Spec;
use crate::run::amounts::duration;
use crate::run::{Command, Experiment};
use crate::ui::icon::{Icon, icon_button_ui};
use crate::ui::outlook::seconds;
use crate::ui::theme::{self, BODY, GRID};
use crate::ui::widgets::{primary_button_ui, quiet_button_ui, reveal_focus};
use crate::ui::{Action, Scene, Speed};

/// Lines longer than this are hard to read.
const WIDEST: f32 = 660.0;

impl Reader {
    /// Draws the lesson into all the space there is; answers whether, and for what, it was left.
    pub fn column_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        speed: Speed,
        actions: &mut Vec<Action>,
    ) -> Option<Left> {
        self.field_keys(ui, scene, actions);
        let ink = theme::ink(ui);
        let frame = |top, bottom| {
            let margin = Margin {
                left: 16,
                right: 16,
                top,
                bottom,
            };
            Frame::new().fill(ink.paper).inner_margin(margin)
        };
        let mut left = None;
        Side::top("lesson head")
            .frame(frame(8, 4))
            .show_separator_line(false)
            .show(ui, |ui| left = self.head_ui(ui).then_some(Left::ForTheList));
        Side::bottom("lesson foot")
            .frame(frame(8, 10))
            .show_separator_line(true)
            .show(ui, |ui| {
                self.progress_ui(ui, (scene, speed), actions);
                left = self.foot_ui(ui).or_else(|| self.next_by_key(ui)).or(left.take());
            });
        CentralPanel::no_frame().frame(frame(0, 0)).show(ui, |ui| {
            let area = ScrollArea::vertical().id_salt("lesson").auto_shrink(false);
            let drawn = self.page.area(area, ui.scope_id()).show(ui, |ui| {
                let width = (ui.available_width() - 8.0).min(WIDEST);
                // A narrow column begins where its head does.
                let before = (ui.available_width() - width) / 2.0;
                let before = if width < WIDEST { 0.0 } else { before };
                ui.with_layout(Layout::left_to_right(Align::TOP), |ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    ui.add_space(before);
                    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                        ui.set_width(width);
                        ui.spacing_mut().item_spacing = vec2(GRID, GRID + 2.0);
                        self.step_ui(ui, (scene, speed));
                        ui.add_space(2.0 * GRID);
                    });
                });
                reveal_focus(ui);
            });
            self.page.note(&drawn);
        });
        left
    }

    fn head_ui(&mut self, ui: &mut Ui) -> bool {
        let mut closed = false;
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let hint = t!("Back to the list; your own panels and nets are as you left them");
                closed = icon_button_ui(ui, Icon::Close, &t!("Leave the lesson"), &hint).clicked();
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let title = &self.lesson.title;
                    let words = match self.origin.number() {
                        Some(number) => t!("%{number}. %{title}", number = number, title = title).into_owned(),
                        None => title.clone(),
                    };
                    ui.add(Label::new(theme::strong(words, BODY)).wrap());
                });
            });
        });
        closed
    }

    /// Steps back and forth, and at the end the next lesson.
    fn foot_ui(&mut self, ui: &mut Ui) -> Option<Left> {
        let (here, steps) = (self.kept.step, self.lesson.steps.len());
        let mut left = None;
        ui.horizontal(|ui| {
            ui.add_enabled_ui(here > 0, |ui| {
                if ui.button(t!("Previous step")).on_hover_text(t!("Page Up")).clicked() {
                    self.turn(false);
                }
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                match &self.after {
                    Some((origin, title)) if here + 1 == steps => {
                        let hint = t!("%{title} (Ctrl+Page Down)", title = title);
                        if ui.button(t!("Next lesson")).on_hover_text(hint).clicked() {
                            left = Some(Left::For(origin.clone()));
                        }
                    }
                    _ => {
                        ui.add_enabled_ui(here + 1 < steps, |ui| {
                            let next = ui.button(t!("Next step")).on_hover_text(t!("Page Down"));
                            if next.clicked() {
                                self.turn(true);
                            }
                        });
                    }
                }
                ui.with_layout(Layout::top_down(Align::Center), |ui| {
                    ui.add_space(4.0);
                    ui.label(theme::caption(t!(
                        "Step %{step} of %{steps}",
                        step = here + 1,
                        steps = steps
                    )));
                });
            });
        });
        left
    }

    fn step_ui(&mut self, ui: &mut Ui, at: (Scene<'_>, Speed)) {
        let here = self.kept.step;
        let step = self.lesson.steps[here].clone();
        title_ui(ui, &step.title);
        blocks_ui(ui, &self.pages[here][0]);
        for (place, table) in step.tables.iter().enumerate() {
            ui.push_id(("figures", place), |ui| self.figures_ui(ui, table));
        }
        for (index, note) in step.notes.iter().enumerate() {
            let text = self.kept.notes.entry((here, index)).or_default();
            ui.push_id(("note", index), |ui| note_ui(ui, note, text, note_field(here, index)));
        }
        let mut entered = false;
        for (index, prediction) in step.predictions.iter().enumerate() {
            let Some(draft) = self.drafts.get_mut(&(here, index)) else {
                continue;
            };
            ui.push_id(index, |ui| {
                box_ui(ui, |ui| {
                    let guess = self.kept.guesses.get(&(here, index));
                    ui.label(theme::caption(match guess {
                        Some(_) => t!("Your prediction, locked"),
                        None if self.lesson.measured_in(&prediction.expressions()).is_empty() => {
                            t!("Answer; it is graded at once")
                        }
                        None => t!("Predict; it is locked before anything is measured"),
                    }));
                    line_ui(ui, prediction.question(), TEXT);
                    match guess {
                        Some(guess) => {
                            let (evidence, all) = (&self.trainings.evidence, &self.lesson.experiments);
                            prediction_ui(ui, prediction, guess, draft, evidence, all);
                        }
                        None => entered |= draft.draft_ui(ui, prediction, answer_field(here, index)),
                    }
                });
            });
        }
        if entered {
            self.predict_and_run();
        }
        self.run_ui(ui, at);
        let under_way = self.trainings.under_way().is_some();
        if !step.claims.is_empty() && self.missing().is_empty() && !under_way {
            box_ui(ui, |ui| {
                let recorded = step
                    .claims
                    .iter()
                    .all(|claim| claim.is_recorded(&self.trainings.evidence));
                ui.label(theme::caption(if recorded {
                    t!("Claims, checked on what was recorded")
                } else {
                    t!("Claims, checked on what was measured")
                }));
                ui.spacing_mut().item_spacing.y = 2.0;
                for (place, claim) in step.claims.iter().enumerate() {
                    ui.add_space(if place > 0 { 12.0 } else { 4.0 });
                    ui.push_id(place, |ui| claim_ui(ui, claim, &self.trainings.evidence));
                }
            });
            ui.push_id("after", |ui| blocks_ui(ui, &self.pages[here][1]));
        }
        if !under_way {
            self.recorded_ui(ui, at);
        }
        if here + 1 == self.lesson.steps.len() {
            self.report_ui(ui);
        }
    }

    /// A table of measured figures, and where they come from.
    fn figures_ui(&self, ui: &mut Ui, table: &Table) {
        let read = table.read(&self.trainings.evidence, &self.trainings.recording);
        let cells = read.cells.iter();
        let rows: Vec<Vec<_>> = cells.map(|row| row.iter().map(|cell| spans(cell)).collect()).collect();
        table_ui(ui, &rows);
        for tag in read.tags {
            ui.add(Label::new(theme::caption(tag)).wrap());
        }
        if let Some(record) = self.trainings.record.as_ref().filter(|_| read.recorded) {
            ui.add(Label::new(theme::caption(words_of_record(record))).wrap());
        }
    }

    /// What is to be trained, or how far it is.
    fn run_ui(&mut self, ui: &mut Ui, (scene, speed): (Scene<'_>, Speed)) {
        if let Some(failure) = scene.failure {
            ui.add(Label::new(RichText::new(failure).color(theme::ink(ui).error)).wrap());
        }
        if self.trainings.under_way().is_some() {
            return;
        }
        let (open, missing, first) = (self.open_predictions(), self.missing(), self.asks_first());
        if open.is_empty() && missing.is_empty() && first.is_none() {
            if let Some(place) = self.broken_off(scene) {
                let hint = t!("Something this step is judged on was broken off or could not be measured");
                if ui.button(t!("Measure it again")).on_hover_text(hint).clicked() {
                    self.trainings.ask_again(place);
                }
            }
            return;
        }
        let still = missing.iter().all(|&place| is_still(&self.lesson.experiments[place]));
        let words = match (open.is_empty(), missing.is_empty(), first) {
            (true, _, Some(step)) => t!("Predict in step %{step} first", step = step + 1),
            (false, false, None) if still => t!("Predict and measure"),
            (false, false, None) => t!("Predict and run"),
            (false, ..) => t!("Predict"),
            (true, ..) if still => t!("Measure"),
            (true, ..) if self.has_begun() => t!("Go on with the training"),
            (true, ..) => t!("Run the training"),
        };
        let lacks = self.lacks();
        let width = if words.chars().count() > 18 { 200.0 } else { 160.0 };
        ui.horizontal_wrapped(|ui| {
            ui.add_enabled_ui(lacks.is_none(), |ui| {
                let button = primary_button_ui(ui, &words, vec2(width, 36.0));
                let button = button.on_hover_text(t!("Space; where a field has the keys, Ctrl+Enter"));
                let button = match &lacks {
                    Some(lacks) => button.on_disabled_hover_text(lacks),
                    None => button,
                };
                if button.clicked() {
                    match first {
                        Some(step) if open.is_empty() => self.go_to(step),
                        _ => self.predict_and_run(),
                    }
                }
            });
            let recorded = self.trainings.is_recorded(&self.lesson, &missing) && lacks.is_none() && first.is_none();
            let record = self.trainings.record.as_ref().filter(|_| recorded);
            if let Some(words) = record.map(words_of_record)
                && ui.button(t!("Show the recording")).on_hover_text(words).clicked()
            {
                self.lock();
                self.trainings.recall(&self.lesson, &missing);
            }
            if !missing.is_empty() && (first.is_some() || !open.is_empty()) {
                let hint = t!("The report will say that nothing was predicted");
                let words = if still {
                    t!("Measure without predicting")
                } else {
                    t!("Run without predicting")
                };
                if quiet_button_ui(ui, &words, &hint).clicked() {
                    self.run_unpredicted();
                }
            }
        });
        let to_train = missing.iter().map(|&place| &self.lesson.experiments[place]);
        let lines: Vec<String> = if open.is_empty() && first.is_none() {
            to_train.map(|next| timed(words_of(next), next, scene, speed)).collect()
        } else {
            // The recipes could give an answer away.
            let words = |next: &Experiment| {
                if is_still(next) {
                    return t!("nets to measure: %{nets}", nets = next.runs.len()).into_owned();
                }
                timed(nets_to_train(next.runs.len(), next.seeds.len()), next, scene, speed)
            };
            let numbered = |(place, words): (usize, String)| match missing.len() {
                1 => words,
                _ => t!("training %{number}: %{words}", number = place + 1, words = words).into_owned(),
            };
            to_train.map(words).enumerate().map(numbered).collect()
        };
        for line in lines {
            ui.add(Label::new(theme::caption(line)).wrap());
        }
    }

    /// What stands in for trainings of this step, and the way to train them here.
    fn recorded_ui(&mut self, ui: &mut Ui, (scene, speed): (Scene<'_>, Speed)) {
        let places = self.recalled();
        let Some(record) = self.trainings.record.as_ref().filter(|_| !places.is_empty()) else {
            return;
        };
        ui.add(Label::new(theme::caption(words_of_record(record))).wrap());
        for &place in &places {
            let experiment = &self.lesson.experiments[place];
            let words = timed(words_of(experiment), experiment, scene, speed);
            ui.add(Label::new(theme::caption(words)).wrap());
        }
        let hint = t!("Trains it here; what is measured here takes the place of the recording");
        if ui.button(t!("Run it again")).on_hover_text(hint).clicked() {
            self.trainings.train(places);
        }
    }

    /// How far the training under way is, wherever the text is scrolled to.
    fn progress_ui(&mut self, ui: &mut Ui, (scene, speed): (Scene<'_>, Speed), actions: &mut Vec<Action>) {
        let under_way = self.trainings.under_way();
        if self.busy != under_way.is_some() {
            // The foot is another height from now on, which its panel knows only in the next frame.
            self.busy = under_way.is_some();
            ui.ctx().request_repaint();
        }
        let Some((place, more)) = under_way else {
            return;
        };
        let experiment = &self.lesson.experiments[place];
        let standing = self.trainings.standing(experiment, scene);
        ui.add(Label::new(theme::caption(words_of(experiment))).wrap());
        let bar = ProgressBar::new(standing.share())
            .desired_height(10.0)
            .fill(theme::ink(ui).text);
        let mut words = standing.words(speed);
        if more > 0 {
            words = format!("{words}  ·  {}", t!("%{count} more to train", count = more));
        }
        let bar = ui.add(bar);
        bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &words));
        ui.horizontal(|ui| {
            let (button, hint, asked) = match standing {
                Standing::Training(_) => (t!("Pause"), t!("Space"), Command::Pause),
                Standing::Stopped(_) => (t!("Go on"), t!("Space"), Command::Run),
                Standing::Examining(..) => (t!("Break off"), t!("Keeps what is known so far"), Command::Dismiss),
                Standing::Preparing => {
                    ui.label(theme::caption(words));
                    return;
                }
            };
            if ui.button(button).on_hover_text(hint).clicked() {
                actions.push(Action::Send(asked));
            }
            ui.add(Label::new(theme::caption(words)).wrap());
        });
        ui.add_space(GRID);
    }
}

/// Where and when a recording was made.
fn words_of_record(record: &Record) -> String {
    let (device, date) = (&record.device, &record.date);
    t!("recorded on %{device} on %{date}", device = device, date = date).into()
}

/// Whether it is about nets as they are initialised.
fn is_still(experiment: &Experiment) -> bool {
    experiment.steps <= 1
}

fn nets_to_train(nets: usize, seeds: usize) -> String {
    match (nets, seeds) {
        (1, 1) => t!("one net to train"),
        (1, seeds) => t!("one net to train, with %{seeds} seeds", seeds = seeds),
        (nets, 1) => t!("%{nets} nets to train", nets = nets),
        (nets, seeds) => t!(
            "%{nets} nets to train, each with %{seeds} seeds",
            nets = nets,
            seeds = seeds
        ),
    }
    .into()
}

/// With how long the training will take, once something has trained here.
fn timed(words: String, experiment: &Experiment, scene: Scene<'_>, speed: Speed) -> String {
    let Some(trained) = scene.history.trained().first() else {
        return words;
    };
    let Spec { input, classes, .. } = trained.track.spec;
    let specs = experiment
        .runs
        .iter()
        .map(|plan| Spec::for_data(&plan.net, input, classes));
    let Ok(specs) = specs.collect::<Result<Vec<_>>>() else {
        return words;
    };
    let images = (experiment.steps * experiment.batch * experiment.seeds.len()) as f64;
    let work: Vec<(&Spec, f64)> = specs.iter().map(|spec| (spec, images)).collect();
    match seconds(scene, speed, &work) {
        Some(seconds) => t!("%{words}; about %{time}", words = words, time = duration(seconds)).into(),
        None => words,
    }
}

/// What a training is, in a line.
fn words_of(experiment: &Experiment) -> String {
    let recipe = experiment.recipe_line();
    match experiment.runs.len() {
        1 => t!("one net: %{recipe}", recipe = recipe),
        nets => t!("%{nets} nets: %{recipe}", nets = nets, recipe = recipe),
    }
    .into()
}
