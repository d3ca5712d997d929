//! The list of lessons: what each is about, how far one got, and where others come from.

use std::path::PathBuf;

use eframe::egui::{
    CornerRadius, Frame, Key, Label, Margin, RichText, Role, ScrollArea, Stroke, TextEdit, Ui, WidgetInfo, vec2,
};
use rust_i18n::t;

use super::files::choose_lesson;
use super::progress::{Kept, Origin};
use super::{Action, Language, Lessons};
use crate::lesson::lessons;
use crate::ui::Room;
use crate::ui::theme::{self, BODY, GRID, HEADING, QUESTION};
use crate::ui::widgets::quiet_button_ui;

const WIDEST: f32 = 860.0;

/// A lesson of the list.
#[derive(Debug, Clone)]
pub struct Entry {
    origin: Origin,
    /// Title and summary, or why it cannot be read.
    read: Result<(String, String), String>,
}

/// What was asked of the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    Open(Origin),
    /// A file or folder, as typed or chosen.
    Add(PathBuf),
}

impl Lessons {
    /// Draws the list; answers with what was asked of it.
    pub fn list_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) -> Option<Asked> {
        let language = Language::spoken();
        if self.entries.as_ref().is_none_or(|(of, _)| *of != language) {
            self.entries = Some((language, entries(language, &self.files)));
        }
        let entries = self
            .entries
            .as_ref()
            .map(|(_, entries)| entries.clone())
            .unwrap_or_default();
        let mut asked = self.chosen.take().flatten().map(Asked::Add);
        let open = |entry: &&Entry| entry.read.is_ok() && !self.kept(&entry.origin).is_done();
        let next = entries.iter().find(open).map(|entry| entry.origin.clone());
        let free = ui.memory(|memory| memory.focused().is_none());
        if free && ui.input(|input| input.key_pressed(Key::Enter)) {
            asked = asked.or(next.clone().map(Asked::Open));
        }
        let frame = Frame::new().inner_margin(Margin::symmetric(24, 16));
        frame.show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let width = (ui.available_width() - 8.0).min(WIDEST);
                let before = (ui.available_width() - width) / 2.0;
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    ui.add_space(before);
                    ui.vertical(|ui| {
                        ui.set_width(width);
                        ui.spacing_mut().item_spacing = vec2(GRID, GRID);
                        head_ui(ui, actions);
                        if let Some(problem) = &self.problem {
                            let words = RichText::new(problem).color(theme::ink(ui).error);
                            ui.add(Label::new(words).wrap());
                        }
                        for entry in &entries {
                            ui.push_id(&entry.origin, |ui| {
                                let open = self.is_open_at(&entry.origin);
                                let kept = self.kept(&entry.origin);
                                match entry_ui(ui, entry, &kept, [open, next.as_ref() == Some(&entry.origin)]) {
                                    Some(Choice::Open) => asked = Some(Asked::Open(entry.origin.clone())),
                                    Some(Choice::Anew) => {
                                        self.reader = None;
                                        self.forget(&entry.origin);
                                        asked = Some(Asked::Open(entry.origin.clone()));
                                    }
                                    Some(Choice::Remove) => {
                                        self.files.retain(|file| Origin::File(file.clone()) != entry.origin);
                                        self.entries = None;
                                    }
                                    None => {}
                                }
                            });
                        }
                        asked = self.own_ui(ui).or(asked.take());
                    });
                });
            });
        });
        asked
    }

    /// Where a lesson of the user's own comes from.
    fn own_ui(&mut self, ui: &mut Ui) -> Option<Asked> {
        ui.add_space(GRID);
        ui.label(theme::strong(t!("A lesson of your own"), BODY));
        let words = t!(
            "Drop a .md file or a folder of them onto the window, or give its path. The guide to writing one is assets/lessons/README.md."
        );
        ui.add(Label::new(theme::caption(words)).wrap());
        let mut asked = None;
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut self.path)
                .hint_text(t!("path of a lesson or a folder"))
                .desired_width((ui.available_width() - 220.0).clamp(140.0, 460.0));
            let field = ui.add(edit);
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, t!("Path of a lesson")));
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let open = ui.button(t!("Open")).clicked() || entered;
            if open && !self.path.trim().is_empty() {
                asked = Some(Asked::Add(PathBuf::from(self.path.trim())));
            }
            if ui.button(t!("Choose …")).clicked() {
                choose_lesson(ui.ctx(), &self.chosen);
            }
        });
        asked
    }
}

fn head_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.label(theme::strong(t!("Lessons"), QUESTION));
        ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            if quiet_button_ui(ui, &t!("To the lab"), &t!("All experiments and controls (L)")).clicked() {
                actions.push(Action::Open(Room::Lab));
            }
            if quiet_button_ui(ui, &t!("First minute"), &t!("The question this began with (M)")).clicked() {
                actions.push(Action::Open(Room::FirstMinute));
            }
        });
    });
    let words = t!(
        "Predict, run, see: each takes about eight minutes, and every claim in it is checked on what your machine measures."
    );
    ui.add(Label::new(theme::caption(words)).wrap());
    ui.add_space(GRID / 2.0);
}

enum Choice {
    Open,
    Anew,
    Remove,
}

/// A lesson; `open` where it is, `next` where Enter opens it.
fn entry_ui(ui: &mut Ui, entry: &Entry, kept: &Kept, [open, next]: [bool; 2]) -> Option<Choice> {
    let ink = theme::ink(ui);
    let frame = Frame::new()
        .fill(ink.paper)
        .stroke(Stroke::new(1.0, if open { ink.weak } else { ink.line }))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(16, 12));
    let mut choice = None;
    frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let (title, summary) = match &entry.read {
            Ok((title, summary)) => (title.clone(), RichText::new(summary)),
            Err(why) => (entry.origin.to_string(), RichText::new(why).color(ink.error)),
        };
        let button_room = 112.0;
        ui.horizontal_top(|ui| {
            let width = ui.available_width() - button_room;
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = 4.0;
                ui.add(Label::new(theme::strong(&title, HEADING)).wrap());
                ui.add(Label::new(summary).wrap());
                ui.horizontal(|ui| {
                    ui.label(theme::caption(stand(kept)));
                    if kept.steps > 0
                        && quiet_button_ui(ui, &t!("Begin again"), &t!("Forget the predictions made in it")).clicked()
                    {
                        choice = Some(Choice::Anew);
                    }
                    if matches!(entry.origin, Origin::File(_))
                        && quiet_button_ui(ui, &t!("Remove from the list"), &t!("The file stays where it is")).clicked()
                    {
                        choice = Some(Choice::Remove);
                    }
                });
            });
            let words = if kept.step > 0 || open { t!("Go on") } else { t!("Open") };
            let button = ui.add_enabled_ui(entry.read.is_ok(), |ui| {
                ui.add_sized(vec2(96.0, 34.0), eframe::egui::Button::new(words))
            });
            let mut button = button.inner;
            if next {
                button = button.on_hover_text(t!("Enter"));
            }
            button.widget_info(|| {
                WidgetInfo::labeled(
                    Role::Button,
                    entry.read.is_ok(),
                    t!("Open the lesson %{title}", title = title),
                )
            });
            if button.clicked() {
                choice = Some(Choice::Open);
            }
        });
    });
    choice
}

/// How far one got.
fn stand(kept: &Kept) -> String {
    match (kept.steps, kept.is_done()) {
        (0, _) => t!("not begun"),
        (_, true) => t!("done"),
        (steps, false) => t!("step %{step} of %{steps}", step = kept.step + 1, steps = steps),
    }
    .into()
}

fn entries(language: Language, files: &[PathBuf]) -> Vec<Entry> {
    let shipped = lessons(language.tag())
        .unwrap_or_default()
        .into_iter()
        .map(|lesson| Entry {
            origin: Origin::Shipped(lesson.name),
            read: Ok((lesson.title, lesson.summary)),
        });
    let own = files.iter().map(|file| {
        let origin = Origin::File(file.clone());
        let read = origin.read().map(|lesson| (lesson.title, lesson.summary));
        Entry {
            origin,
            read: read.map_err(|error| error.to_string()),
        }
    });
    shipped.chain(own).collect()
}
