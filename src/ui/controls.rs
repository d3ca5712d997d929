//! The bar at the top of the lab: which experiment, and what its training shall do.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{Align, Button, ComboBox, Label, Layout, ScrollArea, Ui, vec2};
use rust_i18n::t;

use super::cursor::Cursor;
use super::language::Language;
use super::panels::Panel;
use super::preset::Preset;
use super::theme::{self, GRID, HEADING};
use super::tiling::Tiling;
use super::widgets::{grouped, menu_space, primary_button_ui, quiet_button_ui};
use super::{Action, Room, Scene};
use crate::run::{Command, Experiment, Phase};

/// Room that a menu leaves free: the bar that it hangs from, its own edge.
const BELOW_THE_BAR: f32 = 64.0;

/// What Space does now.
pub fn run_or_pause(scene: Scene<'_>) -> Command {
    if scene.history.phase == Phase::Running {
        Command::Pause
    } else {
        Command::Run
    }
}

/// Draws the bar.
///
/// The experiment has a title; while a lesson is `taught` and something is still to be predicted, the lesson says what is
/// trained. Without a place there are no panels to arrange and no moment to look at.
pub fn controls_ui(
    ui: &mut Ui,
    scene: Scene<'_>,
    (title, taught): (&str, bool),
    place: Option<(&mut Tiling, &mut Cursor)>,
    actions: &mut Vec<Action>,
) {
    let (mut tiling, cursor) = place.unzip();
    if theme::lecture(ui) {
        return lecture_ui(ui, scene, taught, cursor, actions);
    }
    ui.horizontal_wrapped(|ui| {
        let wide = ui.available_width() > 760.0;
        if wide {
            ui.label(theme::strong("depthscope", HEADING));
            ui.add_space(8.0);
        }
        // A lesson's text alone says what is trained.
        if !taught && cursor.is_some() {
            training_ui(ui, scene, title, actions);
        }
        if let Some(cursor) = cursor {
            live_ui(ui, cursor);
        }
        let beneath = ui.available_size_before_wrap().x < 400.0;
        if beneath {
            ui.end_row();
        }
        let roomy = ui.available_size_before_wrap().x > 500.0;
        let mut way = |ui: &mut Ui, way: Way| match (way, &mut tiling) {
            (Way::FirstMinute, _) if !roomy => {}
            (Way::Panels, Some(tiling)) => panels_ui(ui, tiling),
            (Way::Panels, None) => {}
            (other, _) => other.show_ui(ui, actions),
        };
        if beneath {
            Way::ALL.into_iter().for_each(|next| way(ui, next));
            return;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            Way::ALL.into_iter().rev().for_each(|next| way(ui, next));
            let words = theme::paragraph(ui, t!(title).into_owned(), f32::INFINITY);
            if wide && words.size().x + GRID < ui.available_width() {
                ui.label(words);
            }
        });
    });
}

/// What the bar leads to, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Lessons,
    FirstMinute,
    Lecture,
    Language,
    Theme,
    Keys,
    Panels,
}

impl Way {
    const ALL: [Way; 7] = [
        Way::Lessons,
        Way::FirstMinute,
        Way::Lecture,
        Way::Language,
        Way::Theme,
        Way::Keys,
        Way::Panels,
    ];

    fn show_ui(self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let (words, hint, action) = match self {
            Way::Lessons => return lessons_ui(ui, actions),
            Way::Language => return language_ui(ui, actions),
            Way::Panels => return,
            Way::FirstMinute => (
                t!("First minute"),
                t!("The question this began with (M)"),
                Action::Open(Room::FirstMinute),
            ),
            Way::Lecture => (
                t!("Lecture"),
                t!("Lecture mode: large text, few controls (F5)"),
                Action::SwitchLecture,
            ),
            Way::Theme => (t!("Theme"), t!("Light, dark or high contrast (T)"), Action::SwitchTheme),
            Way::Keys => (t!("Keys"), t!("All keyboard shortcuts (?)"), Action::ShowKeys),
        };
        if quiet_button_ui(ui, &words, &hint).clicked() {
            actions.push(action);
        }
    }
}

/// The way to the lessons.
pub fn lessons_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    if quiet_button_ui(
        ui,
        &t!("Lessons"),
        &t!("Predict, run, see: short lessons on what is measured (K)"),
    )
    .clicked()
    {
        actions.push(Action::Open(Room::Lessons));
    }
}

/// Which experiment, and what its training shall do.
fn training_ui(ui: &mut Ui, scene: Scene<'_>, title: &str, actions: &mut Vec<Action>) {
    let combo = ComboBox::from_id_salt("experiment")
        .selected_text(scene.experiment.name.as_str())
        .show_ui(ui, |ui| {
            for name in Experiment::names() {
                let chosen = scene.experiment.name == name;
                if ui.selectable_label(chosen, name).clicked() {
                    actions.push(Action::StartNamed(name));
                }
            }
        });
    combo.response.widget_info(|| {
        let label = t!("Experiment %{name}", name = scene.experiment.name);
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::ComboBox, true, label)
    });
    combo.response.on_hover_text(t!(title));
    let alive = scene.failure.is_none();
    ui.add_enabled_ui(alive && scene.history.phase != Phase::Done, |ui| {
        run_ui(ui, scene, actions);
        if ui
            .button(t!("Step"))
            .on_hover_text(t!("One training step (S)"))
            .clicked()
        {
            actions.push(Action::Send(Command::Step(1)));
        }
    });
    ui.add_enabled_ui(alive, |ui| {
        if ui
            .button(t!("Reset"))
            .on_hover_text(t!("Back to the initial weights (R)"))
            .clicked()
        {
            actions.push(Action::Send(Command::Reset));
        }
    });
    ui.add_enabled_ui(alive && scene.history.phase != Phase::Done, |ui| {
        let hint = t!("Finish now: test the nets, save them and write the summary");
        if ui.button(t!("Stop")).on_hover_text(hint).clicked() {
            actions.push(Action::Send(Command::Stop));
        }
    });
}

/// The other language, in its own name.
pub fn language_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    let name = Language::spoken().other().name();
    if quiet_button_ui(ui, name, &t!("English or Chinese (G)")).clicked() {
        actions.push(Action::SwitchLanguage);
    }
}

/// The bar of a lecture: what Space does not do.
fn lecture_ui(ui: &mut Ui, scene: Scene<'_>, taught: bool, cursor: Option<&mut Cursor>, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        if !taught {
            let possible = scene.failure.is_none() && scene.history.phase != Phase::Done;
            ui.add_enabled_ui(possible, |ui| run_ui(ui, scene, actions));
        }
        if let Some(cursor) = cursor {
            live_ui(ui, cursor);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let hint = t!("Leave lecture mode (F5)");
            if quiet_button_ui(ui, &t!("Leave the lecture"), &hint).clicked() {
                actions.push(Action::SwitchLecture);
            }
            let words = t!("Space reveals the next thing; with Shift the one before");
            ui.add(Label::new(theme::caption(words)).truncate());
        });
    });
}

/// Run or pause.
fn run_ui(ui: &mut Ui, scene: Scene<'_>, actions: &mut Vec<Action>) {
    let run = run_or_pause(scene);
    let words = if run == Command::Pause { t!("Pause") } else { t!("Run") };
    if primary_button_ui(ui, &words, vec2(72.0, 30.0))
        .on_hover_text(t!("Space"))
        .clicked()
    {
        actions.push(Action::Send(run));
    }
}

/// Whether the panels follow the training, or which moment they show.
fn live_ui(ui: &mut Ui, cursor: &mut Cursor) {
    let live = cursor.step.is_none();
    let hint = t!("Follow the training; a click in a chart holds another moment (End)");
    if ui.selectable_label(live, t!("Live")).on_hover_text(hint).clicked() {
        cursor.live();
    }
    if let Some(step) = cursor.step {
        ui.label(theme::caption(t!("at step %{step}", step = grouped(step as u64))));
    }
}

/// The menu of panels and arrangements.
fn panels_ui(ui: &mut Ui, tiling: &mut Tiling) {
    let button = Button::new(theme::caption(t!("Panels"))).frame_when_inactive(false);
    let menu = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(190.0);
        menu_space(ui);
        let most = ui.ctx().content_rect().height() - BELOW_THE_BAR;
        ScrollArea::vertical()
            .max_height(most)
            .min_scrolled_height(most)
            .show(ui, |ui| entries_ui(ui, tiling));
    });
    menu.0.on_hover_text(t!("Open and close panels, or arrange them all"));
}

fn entries_ui(ui: &mut Ui, tiling: &mut Tiling) {
    for (index, &panel) in Panel::ALL.iter().enumerate() {
        let mut open = tiling.is_open(panel);
        let key = if index < 9 {
            (index + 1).to_string()
        } else {
            String::new()
        };
        let entry = Button::selectable(open, panel.title()).shortcut_text(key);
        if ui.add(entry).on_hover_text(panel.hint()).clicked() {
            open = !open;
            if open {
                tiling.open(panel);
            } else {
                tiling.close(panel);
            }
        }
    }
    ui.separator();
    ui.label(theme::caption(t!("Arrange for")));
    for (index, preset) in Preset::ALL.into_iter().enumerate() {
        let entry = Button::new(preset.title()).shortcut_text(format!("Alt {}", index + 1));
        if ui.add(entry).on_hover_text(preset.hint()).clicked() {
            tiling.arrange(preset);
        }
    }
}
