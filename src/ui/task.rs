//! Everything that can be asked for by key or by name: the one list that keys, the command palette and the sheet of keys
//! read.

use std::borrow::Cow;

use eframe::egui::{Event, Key, KeyboardShortcut, Modifiers, Ui};
use rust_i18n::t;

use super::controls::run_or_pause;
use super::keys::{DIGITS, pressed};
use super::panels::Panel;
use super::preset::Preset;
use super::{Room, Scene};
use crate::export::Kind;
use crate::run::{Command, Experiment, Phase};

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    RunOrPause,
    Step,
    Reset,
    Stop,
    Vanishing,
    /// Follow the training.
    Live,
    Show(Panel),
    Close,
    Maximise,
    NextPanel,
    PanelBefore,
    Arrange(Preset),
    /// Write the figure of the panel in focus, or this one.
    Export(Option<Kind>),
    /// Copy the figure of the panel in focus.
    Copy,
    /// Put the experiment on the clipboard as code, or as the file it is.
    CopyCode,
    CopyExperiment,
    Open(Room),
    Theme,
    Lecture,
    Language,
    Keys,
    Palette,
    /// Start an experiment that comes with the program.
    Start(&'static str),
    /// Start anew on that engine.
    Engine(String),
    /// Look at the net of that name most closely.
    LookAt(String),
    /// Press a key of a panel.
    Press(Panel, PaneKey),
}

/// A key that speaks to one panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaneKey {
    pub keys: KeyboardShortcut,
    /// What it does, in a few words.
    pub words: &'static str,
}

impl PaneKey {
    pub const fn new(modifiers: Modifiers, key: Key, words: &'static str) -> Self {
        Self {
            keys: KeyboardShortcut::new(modifiers, key),
            words,
        }
    }
}

impl Task {
    /// Tasks of every room.
    pub const GLOBAL: [Task; 8] = [
        Task::Palette,
        Task::Open(Room::Lessons),
        Task::Open(Room::Lab),
        Task::Open(Room::FirstMinute),
        Task::Theme,
        Task::Lecture,
        Task::Language,
        Task::Keys,
    ];

    /// The lab's own tasks, in the order of the sheet of keys.
    pub fn of_lab() -> Vec<Task> {
        let mut tasks = vec![
            Task::RunOrPause,
            Task::Step,
            Task::Live,
            Task::Reset,
            Task::Stop,
            Task::Vanishing,
        ];
        tasks.extend(Panel::ALL.iter().copied().map(Task::Show));
        tasks.extend([Task::NextPanel, Task::PanelBefore, Task::Close, Task::Maximise]);
        tasks.extend(Preset::ALL.map(Task::Arrange));
        tasks.extend([Task::Export(None), Task::Copy]);
        tasks
    }

    /// Everything that can be done now.
    pub fn all(scene: Scene<'_>) -> Vec<Task> {
        let mut tasks = Task::of_lab();
        tasks.extend(Task::GLOBAL);
        tasks.extend(Experiment::names().map(Task::Start));
        tasks.extend(
            scene
                .history
                .runs
                .iter()
                .map(|run| run.track.name.clone())
                .map(Task::LookAt),
        );
        tasks.extend(Kind::ALL.map(|kind| Task::Export(Some(kind))));
        tasks.extend([Task::CopyCode, Task::CopyExperiment]);
        tasks.extend(scene.engines.iter().map(|&engine| Task::Engine(engine.to_owned())));
        let press = |panel: Panel| panel.keys().iter().map(move |&key| Task::Press(panel, key));
        tasks.extend(Panel::ALL.iter().copied().flat_map(press));
        let mut known: Vec<Task> = Vec::new();
        tasks.retain(|task| {
            let new = !known.contains(task) && *task != Task::Palette && task.possible(scene);
            known.push(task.clone());
            new
        });
        tasks
    }

    /// Whether it makes sense now.
    pub fn possible(&self, scene: Scene<'_>) -> bool {
        let (alive, phase) = (scene.failure.is_none(), scene.history.phase);
        match self {
            Task::RunOrPause | Task::Step | Task::Stop => alive && phase != Phase::Done,
            Task::Reset => alive,
            _ => true,
        }
    }

    /// The keys that ask for it.
    pub fn keys(&self) -> Option<KeyboardShortcut> {
        let plain = |key| Some(KeyboardShortcut::new(Modifiers::NONE, key));
        match self {
            Task::RunOrPause => plain(Key::Space),
            Task::Step => plain(Key::S),
            Task::Reset => plain(Key::R),
            Task::Vanishing => plain(Key::V),
            Task::Live => plain(Key::End),
            Task::Show(panel) => {
                let place = Panel::ALL.iter().position(|other| other == panel)?;
                plain(*DIGITS.get(place)?)
            }
            Task::Close => plain(Key::W),
            Task::Maximise => plain(Key::F),
            Task::NextPanel => plain(Key::F6),
            Task::PanelBefore => Some(KeyboardShortcut::new(Modifiers::SHIFT, Key::F6)),
            Task::Arrange(preset) => {
                let place = Preset::ALL.iter().position(|other| other == preset)?;
                Some(KeyboardShortcut::new(Modifiers::ALT, *DIGITS.get(place)?))
            }
            Task::Export(None) => plain(Key::E),
            Task::Open(Room::Lessons) => plain(Key::K),
            Task::Open(Room::Lab) => plain(Key::L),
            Task::Open(Room::FirstMinute) => plain(Key::M),
            Task::Theme => plain(Key::T),
            Task::Lecture => plain(Key::F5),
            Task::Language => plain(Key::G),
            Task::Keys => plain(Key::Questionmark),
            Task::Palette => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::K)),
            Task::Press(_, key) => Some(key.keys),
            Task::Stop
            | Task::Copy
            | Task::CopyCode
            | Task::CopyExperiment
            | Task::Export(Some(_))
            | Task::Start(_)
            | Task::Engine(_)
            | Task::LookAt(_) => None,
        }
    }

    /// What the command line calls the panel or figure that it is about.
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Task::Show(panel) => Some(panel.name()),
            Task::Export(kind) => kind.map(Kind::name),
            _ => None,
        }
    }

    /// Whether its keys were pressed in this frame.
    pub fn pressed(&self, ui: &Ui) -> bool {
        // The system's way to copy is an event, which a panel with other things to copy reads for itself.
        if *self == Task::Copy {
            return ui.input(|input| input.events.contains(&Event::Copy));
        }
        let Some(keys) = self.keys() else { return false };
        // A focused button takes Space for itself.
        let taken = keys.logical_key == Key::Space && ui.memory(|memory| memory.focused().is_some());
        // Where the question mark is, Shift depends on the keyboard.
        let free = keys.logical_key == Key::Questionmark;
        !taken
            && (pressed(ui, keys.modifiers, keys.logical_key)
                || free && pressed(ui, Modifiers::SHIFT, keys.logical_key))
    }

    /// What it does, in a few words.
    pub fn words(&self, scene: Option<Scene<'_>>) -> Cow<'static, str> {
        match self {
            Task::RunOrPause => match scene.map(run_or_pause) {
                Some(Command::Pause) => t!("Pause the training"),
                Some(_) => t!("Run the training"),
                None => t!("Run or pause; in a lecture, reveal the next thing"),
            },
            Task::Step => t!("One training step"),
            Task::Reset => t!("Back to the initial weights"),
            Task::Stop => t!("Finish now: test the nets and save them"),
            Task::Vanishing => t!("Vanishing gradients: the same nets without normalisation"),
            Task::Live => t!("Follow the training live"),
            Task::Show(panel) => t!("Show the panel %{panel}", panel = panel.title()),
            Task::Close => t!("Close the panel"),
            Task::Maximise => t!("Maximise the panel, or put it back"),
            Task::NextPanel => t!("Next panel"),
            Task::PanelBefore => t!("Panel before"),
            Task::Arrange(preset) => t!("Arrange the panels: %{preset}", preset = preset.title()),
            Task::Export(None) => t!("Export the panel's figure"),
            Task::Copy => t!("Copy the panel's figure"),
            Task::CopyCode => t!("Copy as PyTorch"),
            Task::CopyExperiment => t!("Copy the experiment"),
            Task::Export(Some(kind)) => t!("Export the figure: %{figure}", figure = kind.title()),
            Task::Open(Room::Lessons) => t!("Go to the lessons"),
            Task::Open(Room::Lab) => t!("Go to the lab"),
            Task::Open(Room::FirstMinute) => t!("Go to the first minute"),
            Task::Theme => t!("Light, dark, high contrast"),
            Task::Lecture => t!("Lecture mode: large text, few controls"),
            Task::Language => t!("English or Chinese"),
            Task::Keys => t!("Show all keys"),
            Task::Palette => t!("Find a command"),
            Task::Start(name) => t!(
                "Start experiment: %{name} (%{title})",
                name = name,
                title = t!(Experiment::title_of(name).unwrap_or_default())
            ),
            Task::Engine(name) => t!("Restart on engine: %{name}", name = name),
            Task::LookAt(name) => t!("Look at net: %{name}", name = name),
            Task::Press(panel, key) => t!("%{panel}: %{words}", panel = panel.title(), words = t!(key.words)),
        }
    }

    /// Whether it decides what is trained and how far, which an open lesson does for itself.
    pub fn trains(&self) -> bool {
        matches!(
            self,
            Task::RunOrPause
                | Task::Step
                | Task::Reset
                | Task::Stop
                | Task::Vanishing
                | Task::Start(_)
                | Task::Engine(_)
        )
    }

    /// Whether it is done in the lab.
    pub fn in_lab(&self) -> bool {
        !Task::GLOBAL.contains(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tasks_share_a_key() {
        let tasks: Vec<Task> = Task::of_lab().into_iter().chain(Task::GLOBAL).collect();
        for (index, task) in tasks.iter().enumerate() {
            for other in &tasks[..index] {
                let keys = task.keys().filter(|keys| other.keys() == Some(*keys));
                assert_eq!(keys, None, "{task:?} and {other:?}");
            }
        }
    }

    #[test]
    fn no_panel_takes_a_key_of_the_lab() {
        let lab: Vec<_> = Task::of_lab()
            .iter()
            .chain(&Task::GLOBAL)
            .filter_map(Task::keys)
            .collect();
        for panel in Panel::ALL {
            for key in panel.keys() {
                assert!(!lab.contains(&key.keys), "{panel:?}: {}", key.words);
            }
        }
    }
}
