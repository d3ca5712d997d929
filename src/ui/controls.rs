//! The bar at the top of the lab: which experiment, and what its training shall do.

use eframe::egui::{Align, ComboBox, Label, Layout, Ui, vec2};

use super::theme::{self, HEADING};
use super::widgets::{primary_button_ui, quiet_button_ui};
use super::{Action, Room, Scene};
use crate::run::{Command, Experiment, Phase};

/// What Space does now.
pub fn run_or_pause(scene: Scene<'_>) -> Command {
    if scene.history.phase == Phase::Running {
        Command::Pause
    } else {
        Command::Run
    }
}

/// Draws the bar.
pub fn controls_ui(ui: &mut Ui, scene: Scene<'_>, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        let wide = ui.available_width() > 760.0;
        if wide {
            ui.label(theme::strong("depthscope", HEADING));
            ui.add_space(8.0);
        }
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
            let label = format!("Experiment {}", scene.experiment.name);
            eframe::egui::WidgetInfo::labeled(eframe::egui::Role::ComboBox, true, label)
        });
        let run = run_or_pause(scene);
        let words = if run == Command::Pause { "Pause" } else { "Run" };
        let alive = scene.failure.is_none();
        ui.add_enabled_ui(alive && scene.history.phase != Phase::Done, |ui| {
            if primary_button_ui(ui, words, vec2(72.0, 30.0))
                .on_hover_text("Space")
                .clicked()
            {
                actions.push(Action::Send(run));
            }
            if ui.button("Step").on_hover_text("One training step (S)").clicked() {
                actions.push(Action::Send(Command::Step(1)));
            }
        });
        ui.add_enabled_ui(alive, |ui| {
            if ui
                .button("Reset")
                .on_hover_text("Back to the initial weights (R)")
                .clicked()
            {
                actions.push(Action::Send(Command::Reset));
            }
        });
        ui.add_enabled_ui(alive && scene.history.phase != Phase::Done, |ui| {
            let hint = "Finish now: test the nets, save them and write the summary";
            if ui.button("Stop").on_hover_text(hint).clicked() {
                actions.push(Action::Send(Command::Stop));
            }
        });
        let mut rooms = |ui: &mut Ui| {
            if quiet_button_ui(ui, "Keys", "All keyboard shortcuts (?)").clicked() {
                actions.push(Action::ShowKeys);
            }
            if quiet_button_ui(ui, "Theme", "Light or dark (T)").clicked() {
                actions.push(Action::SwitchTheme);
            }
            if quiet_button_ui(ui, "First minute", "The question this began with (M)").clicked() {
                actions.push(Action::Open(Room::FirstMinute));
            }
        };
        if ui.available_size_before_wrap().x < 260.0 {
            ui.end_row();
            rooms(ui);
            return;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            rooms(ui);
            if wide && ui.available_width() > 80.0 {
                ui.add(Label::new(theme::caption(&scene.experiment.title)).truncate());
            }
        });
    });
}
