//! The bar at the top of the lab: which experiment, and what its training shall do.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{Align, Button, ComboBox, Label, Layout, Ui, vec2};

use super::cursor::Cursor;
use super::panels::Panel;
use super::preset::Preset;
use super::theme::{self, HEADING};
use super::tiling::Tiling;
use super::widgets::{grouped, primary_button_ui, quiet_button_ui};
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
pub fn controls_ui(ui: &mut Ui, scene: Scene<'_>, tiling: &mut Tiling, cursor: &mut Cursor, actions: &mut Vec<Action>) {
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
        live_ui(ui, cursor);
        let mut rooms = |ui: &mut Ui| {
            panels_ui(ui, tiling);
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
        if ui.available_size_before_wrap().x < 330.0 {
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

/// Whether the panels follow the training, or which moment they show.
fn live_ui(ui: &mut Ui, cursor: &mut Cursor) {
    let live = cursor.step.is_none();
    let hint = "Follow the training; a click in a chart holds another moment (End)";
    if ui.selectable_label(live, "Live").on_hover_text(hint).clicked() {
        cursor.live();
    }
    if let Some(step) = cursor.step {
        ui.label(theme::caption(format!("at step {}", grouped(step as u64))));
    }
}

/// The menu of panels and arrangements.
fn panels_ui(ui: &mut Ui, tiling: &mut Tiling) {
    let button = Button::new(theme::caption("Panels")).frame_when_inactive(false);
    let menu = MenuButton::from_button(button).ui(ui, |ui| {
        ui.set_min_width(190.0);
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
        ui.label(theme::caption("Arrange for"));
        for (index, preset) in Preset::ALL.into_iter().enumerate() {
            let entry = Button::new(preset.title()).shortcut_text(format!("Alt {}", index + 1));
            if ui.add(entry).on_hover_text(preset.hint()).clicked() {
                tiling.arrange(preset);
            }
        }
    });
    menu.0.on_hover_text("Open and close panels, or arrange them all");
}
