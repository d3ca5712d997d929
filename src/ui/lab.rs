//! The lab: controls above, the panels as tiles, one status line beneath, and one cursor for all of it.

use std::path::Path;

use eframe::egui::{Context, Event, Frame, IdSalt, Key, KeyboardShortcut, Margin, Modifiers, Panel as Side, Popup, Ui};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::cursor::Cursor;
use super::finder::Finder;
use super::keys::{pressed, typed_after};
use super::lesson::{Asked, Left, Lessons, Origin};
use super::pane::View;
use super::panels::{Panel, Panes};
use super::paper::{Delivery, Print};
use super::task::Task;
use super::theme;
use super::tiling::Tiling;
use super::{Action, News, Room, Scene, Shown, Speed, controls, lecture, status};
use crate::error::Result;
use crate::export::Kind;
use crate::net::Graph;
use crate::run::Command;

/// What the lab remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lab {
    pub tiling: Tiling,
    pub panes: Panes,
    pub cursor: Cursor,
    #[serde(skip)]
    finder: Finder,
    /// A field had the keys in the last frame.
    #[serde(skip)]
    edited: bool,
    /// How often the nets were reset until the last frame.
    #[serde(skip)]
    resets: usize,
    /// Keys that the palette presses in the next frame.
    #[serde(skip)]
    pressed: Option<KeyboardShortcut>,
    /// Kept under a key of their own.
    #[serde(skip)]
    pub lessons: Lessons,
    /// The user's own lab, while a lesson has the panels.
    #[serde(skip)]
    desk: Option<Box<Desk>>,
    /// The panels as they stood before a lecture.
    #[serde(skip)]
    before_lecture: Option<Tiling>,
}

/// What a lesson sets aside.
#[derive(Debug, Clone)]
struct Desk {
    tiling: Tiling,
    panes: Panes,
    cursor: Cursor,
}

/// Widths of a lesson's column in points: least, usual, and its largest share of the window.
const COLUMN: [f32; 2] = [300.0, 400.0];
const MOST_OF_WINDOW: f32 = 0.6;
/// Width in points from which a lesson's text and its panels stand beside each other.
const BOTH: f32 = 620.0;

impl Lab {
    /// Another experiment was started: what was edited or asked for belongs to the old one.
    pub fn restart(&mut self) {
        self.panes.restart();
        self.cursor.live();
        self.cursor.show_all();
        self.cursor.own = None;
        // A lesson says for itself which moment is looked at.
        self.lessons.arrange_anew();
    }

    /// Opens a lesson; the panels as they are are set aside for it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open_lesson(&mut self, origin: &Origin) -> Result<()> {
        self.leave_lesson();
        self.lessons.open(origin)?;
        self.desk = Some(Box::new(Desk {
            tiling: self.tiling.clone(),
            panes: std::mem::take(&mut self.panes),
            cursor: std::mem::take(&mut self.cursor),
        }));
        Ok(())
    }

    /// Closes the open lesson; every panel is as it was before.
    pub fn leave_lesson(&mut self) {
        self.lessons.close();
        if let Some(desk) = self.desk.take() {
            (self.tiling, self.panes, self.cursor) = (desk.tiling, desk.panes, desk.cursor);
        }
    }

    /// The user's own lab, for a later start.
    pub fn to_keep(&self) -> Self {
        match &self.desk {
            Some(desk) => Self {
                tiling: desk.tiling.clone(),
                panes: desk.panes.clone(),
                cursor: desk.cursor.clone(),
                ..Self::default()
            },
            None => self.clone(),
        }
    }

    /// Draws the list of lessons; answers with what the user asks for.
    pub fn lessons_ui(&mut self, ui: &mut Ui) -> Vec<Action> {
        let mut actions = Vec::new();
        match self.lessons.list_ui(ui, &mut actions) {
            Some(Asked::Open(origin)) => self.begin_lesson(&origin, &mut actions),
            Some(Asked::Add(path)) => self.add_lesson(&path, &mut actions),
            Some(Asked::Leave) => {
                self.leave_lesson();
                actions.extend([Action::LeaveLesson, Action::Open(Room::Lab)]);
            }
            None => {}
        }
        actions
    }

    /// Takes a lesson that was dropped onto the window.
    pub fn take_dropped(&mut self, ctx: &Context, actions: &mut Vec<Action>) -> bool {
        let Some(path) = self.lessons.dropped(ctx) else {
            return false;
        };
        self.add_lesson(&path, actions);
        true
    }

    /// Takes a file or folder into the list, and opens it where it is one lesson; the list says what is wrong with it.
    pub fn add_lesson(&mut self, path: &Path, actions: &mut Vec<Action>) {
        match self.lessons.add(path) {
            Ok(Some(origin)) => self.begin_lesson(&origin, actions),
            Ok(None) | Err(_) => actions.push(Action::Open(Room::Lessons)),
        }
    }

    /// Opens a lesson and goes to it, or to the list, which says what is wrong.
    pub fn begin_lesson(&mut self, origin: &Origin, actions: &mut Vec<Action>) {
        if self.lessons.is_open_at(origin) {
            return actions.push(Action::Open(Room::Lab));
        }
        if self.lessons.is_open() || self.desk.is_some() {
            self.leave_lesson();
            actions.push(Action::LeaveLesson);
        }
        let room = match self.open_lesson(origin) {
            Ok(()) => Room::Lab,
            Err(_) => Room::Lessons,
        };
        actions.push(Action::Open(room));
    }

    /// A lecture begins with its first picture.
    pub fn begin_lecture(&mut self) {
        self.before_lecture = Some(self.tiling.clone());
        lecture::begin(&mut self.tiling);
    }

    /// After a lecture the panels stand as before.
    pub fn end_lecture(&mut self) {
        if let Some(own) = self.before_lecture.take() {
            let tiling = match &mut self.desk {
                Some(desk) => &mut desk.tiling,
                None => &mut self.tiling,
            };
            *tiling = own;
        }
    }

    /// Draws the room; answers with what the user asks for.
    pub fn room_ui(
        &mut self,
        ui: &mut Ui,
        scene: Scene<'_>,
        speed: Speed,
        news: News<'_>,
        shown: Option<&Shown>,
    ) -> Vec<Action> {
        let mut actions = Vec::new();
        theme::cover_tooltips(ui);
        self.cursor.turn_frame();
        // The moments that could be held are gone.
        let before = std::mem::replace(&mut self.resets, scene.findings.resets);
        if before < self.resets {
            self.cursor.live();
            self.panes.reset();
        }
        self.lessons
            .follow(scene, &mut self.tiling, &mut self.cursor, &mut actions);
        theme::set_taught(ui.ctx(), self.lessons.taught());
        let taught = self.lessons.holds();
        let experiment = scene.experiment;
        let title = self.lessons.title_of(&experiment.name).unwrap_or(&experiment.title);
        // Beside a lesson's text alone it could give an answer away.
        let title = if self.lessons.fills() { "" } else { title };
        let ground = Frame::new().fill(theme::ink(ui).ground);
        let margin = |x, y| ground.inner_margin(Margin::symmetric(x, y));
        Side::top("controls")
            .frame(margin(12, 8))
            .show_separator_line(false)
            .show(ui, |ui| {
                let fills = self.lessons.fills();
                let place = (!fills).then_some((&mut self.tiling, &mut self.cursor));
                controls::controls_ui(ui, scene, (title, taught), place, &mut actions)
            });
        Side::bottom("status")
            .frame(margin(12, 0))
            .exact_size(28.0)
            .show_separator_line(false)
            .show(ui, |ui| status::status_ui(ui, scene, speed, news, &mut actions));
        if self.lesson_ui(ui, scene, speed, &mut actions) {
            return actions;
        }
        let middle = eframe::egui::CentralPanel::no_frame().frame(margin(12, 0));
        middle.show(ui, |ui| {
            let mut view = View {
                scene,
                cursor: &mut self.cursor,
                speed,
                shown,
                actions: &mut actions,
            };
            self.tiling.tiles_ui(ui, &mut self.panes, &mut view);
        });
        self.edited = ui.ctx().text_edit_focused();
        actions
    }

    /// Draws the open lesson beside the panels; answers whether it has all the space.
    fn lesson_ui(&mut self, ui: &mut Ui, scene: Scene<'_>, speed: Speed, actions: &mut Vec<Action>) -> bool {
        if !self.lessons.is_open() {
            return false;
        }
        let mut fills = self.lessons.fills();
        let narrow = !fills && ui.available_width() < BOTH;
        if narrow {
            let bar = Side::top("turns").frame(Frame::new().inner_margin(Margin::symmetric(12, 2)));
            fills = !bar.show(ui, |ui| self.lessons.turns_ui(ui)).inner;
        }
        let left = if narrow && !fills {
            None
        } else if fills {
            let middle = eframe::egui::CentralPanel::no_frame();
            let column = middle.show(ui, |ui| self.lessons.column_ui(ui, scene, speed, actions));
            column.inner
        } else {
            let most = (MOST_OF_WINDOW * ui.available_width()).max(COLUMN[0]);
            let side = Side::left("lesson")
                .resizable(true)
                .default_size(COLUMN[1].min(most))
                .size_range(COLUMN[0]..=most)
                .frame(Frame::new());
            let handle = ui.scope_id().with_salt(IdSalt::new("lesson")).with("__resize");
            let column = side.show(ui, |ui| self.lessons.column_ui(ui, scene, speed, actions));
            // egui names it in English.
            let words = t!("Width of the lesson's column");
            ui.ctx().accesskit_node_builder(handle, |node| node.set_label(words));
            column.inner
        };
        let stays = left.is_none();
        match left {
            Some(Left::ForTheList) => {
                self.leave_lesson();
                actions.extend([Action::LeaveLesson, Action::Open(Room::Lessons)]);
            }
            Some(Left::For(origin)) => self.begin_lesson(&origin, actions),
            None => {}
        }
        fills || !stays
    }

    /// The keys of a room.
    pub fn keys(&mut self, ui: &Ui, room: Room, scene: Scene<'_>, shown: Option<&Shown>, actions: &mut Vec<Action>) {
        // What a fast hand types on while the frame is slow is for the palette.
        if let Some(typed) = Task::Palette.keys().and_then(|keys| typed_after(ui, keys)) {
            self.finder.open(typed);
            return;
        }
        if room == Room::Lab {
            if let Some(keys) = self.pressed.take() {
                press(ui, keys);
            }
            let lecture = theme::lecture(ui);
            let taught = self.lessons.holds();
            self.lessons.keys(ui, scene, lecture, actions);
            if lecture && !self.lessons.is_open() {
                self.reveal_by_key(ui, scene, actions);
            }
            for task in Task::of_lab() {
                // A letter must not take a lesson its nets.
                let other = lecture && task == Task::RunOrPause
                    || self.lessons.is_open() && task == Task::Vanishing
                    || taught && task.trains()
                    || task == Task::Copy && self.tiling.focus.copies();
                if task.pressed(ui) && !other {
                    self.carry_out(&task, scene, actions);
                }
            }
            // A list or a field that is open closes first.
            let listed = Popup::is_any_open(ui.ctx());
            let free = !listed && !std::mem::take(&mut self.edited);
            if free && pressed(ui, Modifiers::NONE, Key::Escape) && !self.panes.maps.close_canvas() {
                self.tiling.maximised = false;
            }
            let mut view = View {
                scene,
                cursor: &mut self.cursor,
                speed: Speed::default(),
                shown,
                actions,
            };
            // Its keys are those of the list, not of what lies behind.
            if !listed {
                arrow_keys(ui, &mut view);
                self.panes.keys(self.tiling.focus, ui, &mut view);
            }
            // One draws from anywhere but a lesson, whose panels are chosen.
            let elsewhere = self.tiling.focus != Panel::Maps && !self.lessons.is_open();
            let draw = Panel::Maps.keys().iter().find(|key| key.keys.logical_key == Key::D);
            if let Some(draw) = draw.filter(|_| elsewhere && pressed(ui, Modifiers::NONE, Key::D)) {
                self.carry_out(&Task::Press(Panel::Maps, *draw), scene, actions);
            }
        }
        let taught = self.desk.is_some();
        for task in Task::GLOBAL
            .iter()
            .filter(|task| (**task != Task::Open(room) || taught) && task.pressed(ui))
        {
            self.carry_out(task, scene, actions);
        }
    }

    /// In a lecture Space brings the next picture, with Shift the one before.
    fn reveal_by_key(&mut self, ui: &Ui, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let free = scene.failure.is_none() && ui.memory(|memory| memory.focused().is_none());
        let back = pressed(ui, Modifiers::SHIFT, Key::Space);
        let space = back || pressed(ui, Modifiers::NONE, Key::Space);
        if free && space && lecture::reveal(&mut self.tiling, scene, back) {
            actions.push(Action::Send(Command::Run));
        }
    }

    /// Draws the command palette over any room; what is chosen in it and belongs to the lab leads there.
    pub fn finder_ui(&mut self, ui: &Ui, room: Room, scene: Scene<'_>, actions: &mut Vec<Action>) {
        let Some(task) = self.finder.finder_ui(ui.ctx(), scene, self.lessons.holds()) else {
            return;
        };
        if task.in_lab() && room != Room::Lab {
            actions.push(Action::Open(Room::Lab));
        }
        self.carry_out(&task, scene, actions);
        ui.ctx().request_repaint();
    }

    /// Whether the command palette is open, so that keys are letters.
    pub fn finding(&self) -> bool {
        self.finder.is_open()
    }

    /// The figure, or else that of the panel in focus, on the paper that was last chosen.
    fn print(&self, kind: Option<Kind>, delivery: Delivery) -> Option<Action> {
        let kind = kind.or_else(|| self.panes.figure(self.tiling.focus))?;
        Some(Action::Export(Print {
            kind,
            step: self.cursor.step,
            delivery,
            size: self.tiling.paper,
        }))
    }

    fn carry_out(&mut self, task: &Task, scene: Scene<'_>, actions: &mut Vec<Action>) {
        if !task.possible(scene) {
            return;
        }
        let mut send = |command| actions.push(Action::Send(command));
        match task {
            Task::RunOrPause => send(controls::run_or_pause(scene)),
            Task::Step => send(Command::Step(1)),
            Task::Reset => send(Command::Reset),
            Task::Stop => send(Command::Stop),
            Task::Vanishing => {
                self.tiling.open(Panel::Slope);
                actions.push(Action::StartNamed("vanishing"));
            }
            Task::Live => self.cursor.live(),
            Task::Show(panel) => self.tiling.open(*panel),
            Task::Close => self.tiling.close(self.tiling.focus),
            Task::Maximise => self.tiling.maximised = !self.tiling.maximised,
            Task::NextPanel => self.tiling.walk(true),
            Task::PanelBefore => self.tiling.walk(false),
            Task::Arrange(preset) => self.tiling.arrange(*preset),
            Task::Export(kind) => actions.extend(self.print(*kind, Delivery::Files)),
            Task::Copy => actions.extend(self.print(None, Delivery::Clipboard)),
            Task::CopyCode => actions.push(Action::CopyCode),
            Task::CopyExperiment => actions.push(Action::CopyExperiment),
            Task::Open(Room::Lab) if self.desk.is_some() => {
                actions.extend([Action::CloseLesson, Action::Open(Room::Lab)]);
            }
            Task::Open(room) => actions.push(Action::Open(*room)),
            Task::Theme => actions.push(Action::SwitchTheme),
            Task::Lecture => actions.push(Action::SwitchLecture),
            Task::Language => actions.push(Action::SwitchLanguage),
            Task::Keys => actions.push(Action::ShowKeys),
            Task::Palette => self.finder.open(String::new()),
            Task::Start(name) => actions.push(Action::StartNamed(name)),
            Task::Engine(engine) => {
                actions.push(Action::Start(Box::new(scene.experiment.clone()), engine.clone()));
            }
            Task::LookAt(name) => self.cursor.run.clone_from(name),
            Task::Press(panel, key) => {
                self.tiling.open(*panel);
                self.pressed = Some(key.keys);
            }
        }
    }
}

/// As if the keys had been pressed in this frame.
fn press(ui: &Ui, keys: KeyboardShortcut) {
    ui.ctx().input_mut(|input| {
        input.events.push(Event::Key {
            key: keys.logical_key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: keys.modifiers,
        });
    });
}

/// Layers with left and right (every node with Shift), images with up and down.
fn arrow_keys(ui: &Ui, view: &mut View<'_>) {
    if ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let held = |modifiers| {
        let keys = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown];
        keys.map(|key| pressed(ui, modifiers, key))
    };
    let [mut left, mut right, up, down] = held(Modifiers::NONE);
    let [left_node, right_node, ..] = held(Modifiers::SHIFT);
    let shift = left_node || right_node;
    (left, right) = (left || left_node, right || right_node);
    if (left || right)
        && let Some(series) = view.cursor.series(view.scene.history)
    {
        let graph = Graph::new(&series.track.spec);
        view.cursor.walk(&graph, if right { 1 } else { -1 }, !shift);
    }
    if up || down {
        view.turn_image(down);
    }
}
