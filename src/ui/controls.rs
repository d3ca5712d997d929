//! The bar at the top of the lab: which experiment, and what its training shall do.

use eframe::egui::containers::menu::MenuButton;
use eframe::egui::{Button, ComboBox, FontId, Response, ScrollArea, Ui, vec2};
use rust_i18n::t;

use super::at_right::AtRight;
use super::cursor::Cursor;
use super::keys::written;
use super::language::Language;
use super::panels::Panel;
use super::preset::Preset;
use super::task::Task;
use super::theme::{self, GRID, HEADING, SMALL};
use super::tiling::Tiling;
use super::widgets::{grouped, menu_space, primary_button_ui, quiet_button_ui};
use super::{Action, Room, Scene};
use crate::run::{Command, Experiment, Phase};

/// Room that a menu leaves free: the bar that it hangs from, its own edge.
const BELOW_THE_BAR: f32 = 64.0;
/// Room for the program's name.
const NAME_ROOM: f32 = 136.0;

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
        let ways = AtRight::new(ui, "ways");
        let name = theme::strong("depthscope", HEADING);
        let gap = ui.spacing().item_spacing.x;
        let whole = ui.available_width();
        // The program's name stands where the row has room for it.
        let named = ui.scope_id().with("row");
        let needed: f32 = ui.data(|data| data.get_temp(named)).unwrap_or_default();
        let beneath = needed + gap + ways.width(ui) > whole;
        let others = if beneath { 0.0 } else { ways.width(ui) + gap };
        if needed + others + NAME_ROOM < whole {
            ui.label(name);
            ui.add_space(GRID);
        }
        let begin = ui.cursor().min;
        // A lesson's text alone says what is trained.
        if !taught && cursor.is_some() {
            training_ui(ui, scene, title, actions);
        }
        let held = cursor.and_then(|cursor| live_ui(ui, cursor));
        let end = ui.cursor().min;
        // What takes two rows by itself leaves none of them for others.
        let taken = if end.y > begin.y {
            f32::INFINITY
        } else {
            end.x - begin.x
        };
        if taken != needed {
            ui.data_mut(|data| data.insert_temp(named, taken));
            ui.ctx().request_repaint();
        }
        let room = ui.available_size_before_wrap().x - others;
        // A bar that has no room for the moment does not become higher for it; the button says it.
        if let Some(held) = held.filter(|held| theme::width(ui, held, FontId::proportional(SMALL)) < room) {
            ui.label(theme::caption(held));
        }
        let words = theme::paragraph(ui, t!(title).into_owned(), f32::INFINITY);
        if !beneath && words.size().x + 4.0 * GRID + ways.width(ui) < ui.available_size_before_wrap().x {
            ui.add_space(GRID);
            ui.label(words);
        }
        if beneath {
            ui.end_row();
            if ways.width(ui) > whole {
                ui.spacing_mut().item_spacing.x = GRID / 2.0;
            }
            return Way::ALL
                .into_iter()
                .for_each(|way| way.show_ui(ui, tiling.as_deref_mut(), actions));
        }
        ways.show_ui(ui, |ui| {
            Way::ALL
                .into_iter()
                .for_each(|way| way.show_ui(ui, tiling.as_deref_mut(), actions));
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

    /// There is a menu of panels where there is a `tiling`.
    fn show_ui(self, ui: &mut Ui, tiling: Option<&mut Tiling>, actions: &mut Vec<Action>) {
        let (words, hint, action) = match self {
            Way::Lessons => return lessons_ui(ui, actions),
            Way::Language => return language_ui(ui, actions),
            Way::Panels => return tiling.into_iter().for_each(|tiling| panels_ui(ui, tiling)),
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
        .height(ui.ctx().content_rect().height() - BELOW_THE_BAR)
        .selected_text(scene.experiment.name.as_str())
        .show_ui(ui, |ui| {
            for name in Experiment::names() {
                let chosen = scene.experiment.name == name;
                let title = t!(Experiment::title_of(name).unwrap_or_default());
                if ui.selectable_label(chosen, name).on_hover_text(title).clicked() {
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
    // More steps need a restart with them; a lesson says itself what is next.
    let over = match theme::taught(ui) {
        Some(_) => t!("The training has ended: Reset begins again"),
        None => t!("The training has ended: Reset begins again, and Networks has the number of steps"),
    };
    let over = |response: Response| match scene.history.phase {
        Phase::Done => response.on_disabled_hover_text(&*over),
        _ => response,
    };
    ui.add_enabled_ui(alive && scene.history.phase != Phase::Done, |ui| {
        over(run_ui(ui, scene, actions));
        let step = ui.button(t!("Step")).on_hover_text(t!("One training step (S)"));
        if over(step).clicked() {
            actions.push(Action::Send(Command::Step(1)));
        }
    });
    ui.add_enabled_ui(alive, |ui| {
        // A lesson's own training begins again where it is.
        let hint = match theme::taught(ui) {
            Some(_) => t!("Back to the initial weights (R)"),
            None => t!("Back to the initial weights (R); a training that has ended stays under Runs"),
        };
        if ui.button(t!("Reset")).on_hover_text(hint).clicked() {
            actions.push(Action::Send(Command::Reset));
        }
    });
    ui.add_enabled_ui(alive && scene.history.phase != Phase::Done, |ui| {
        let hint = t!("Finish now: test the nets, save them and write the summary");
        if over(ui.button(t!("Stop")).on_hover_text(hint)).clicked() {
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
        if let Some(held) = cursor.and_then(|cursor| live_ui(ui, cursor)) {
            ui.label(theme::caption(held));
        }
        let leave = AtRight::new(ui, "leave");
        // In a lesson Space does what the lesson waits for.
        let words = match taught {
            true => "".into(),
            false => t!("Space reveals the next thing; with Shift the one before"),
        };
        let room = ui.available_width() - leave.width(ui) - 2.0 * GRID;
        let words = theme::elided(ui, &words, FontId::proportional(SMALL), theme::ink(ui).weak, room);
        ui.add_space((room - words.size().x).max(0.0));
        ui.label(words);
        leave.show_ui(ui, |ui| {
            let hint = t!("Leave lecture mode (F5)");
            if quiet_button_ui(ui, &t!("Leave the lecture"), &hint).clicked() {
                actions.push(Action::SwitchLecture);
            }
        });
    });
}

/// Run or pause.
fn run_ui(ui: &mut Ui, scene: Scene<'_>, actions: &mut Vec<Action>) -> Response {
    let run = run_or_pause(scene);
    let (words, hint) = match run {
        Command::Pause => (t!("Pause"), t!("Hold the training (Space)")),
        _ => (t!("Run"), t!("Train to the last step (Space)")),
    };
    let response = primary_button_ui(ui, &words, vec2(72.0, 30.0)).on_hover_text(hint);
    if response.clicked() {
        actions.push(Action::Send(run));
    }
    response
}

/// Whether the panels follow the training; answers which moment they show where they do not.
fn live_ui(ui: &mut Ui, cursor: &mut Cursor) -> Option<String> {
    let held = cursor
        .step
        .map(|step| t!("at step %{step}", step = grouped(step as u64)));
    let mut hint = t!("Follow the training; a click in a chart holds another moment (End)");
    if let Some(held) = &held {
        hint = t!("%{hint}; now %{held}", hint = hint, held = held);
    }
    if ui
        .selectable_label(held.is_none(), t!("Live"))
        .on_hover_text(hint)
        .clicked()
    {
        cursor.live();
    }
    held.map(Into::into)
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
    for preset in Preset::ALL {
        let keys = Task::Arrange(preset).keys();
        let keys = keys.map(|keys| written(ui.ctx(), &keys)).unwrap_or_default();
        let entry = Button::new(preset.title()).shortcut_text(keys);
        if ui.add(entry).on_hover_text(preset.hint()).clicked() {
            tiling.arrange(preset);
        }
    }
}
