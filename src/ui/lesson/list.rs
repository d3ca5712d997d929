//! The list of lessons: what each is about, how far one got, and where others come from.

use std::path::PathBuf;

use eframe::egui::{
    Align, Button, CornerRadius, FocusDirection, Frame, Key, Label, Layout, Margin, Modifiers, Response, RichText,
    Role, ScrollArea, Stroke, TextEdit, Ui, Vec2, WidgetInfo, vec2,
};
use rust_i18n::t;

use super::files::choose_lesson;
use super::outcome::yes;
use super::progress::{Kept, Origin};
use super::{Action, Language, Lessons};
use crate::export::write_file;
use crate::lesson::{CORE, lessons, template};
use crate::ui::Room;
use crate::ui::at_right::AtRight;
use crate::ui::keys::{ARROWS, pressed};
use crate::ui::theme::{self, BODY, GRID, HEADING, QUESTION, SMALL};
use crate::ui::widgets::{primary_button_ui, quiet_button_ui};

const WIDEST: f32 = 920.0;
/// Width of the column of numbers, and size of the buttons.
const NUMBER: f32 = 36.0;
const BUTTON: Vec2 = vec2(104.0, 34.0);

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
    /// The lab without the open lesson.
    Leave,
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
        let next = self.next(&entries);
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
                        ui.spacing_mut().item_spacing = vec2(GRID, GRID - 2.0);
                        asked = self.head_ui(ui, &entries, actions).or(asked.take());
                        if let Some(problem) = &self.problem {
                            let words = RichText::new(problem).color(theme::ink(ui).error);
                            ui.add(Label::new(words).wrap());
                        }
                        asked = self.rows_ui(ui, &entries, next.as_ref()).or(asked.take());
                        asked = self.own_ui(ui).or(asked.take());
                    });
                });
            });
        });
        asked
    }

    /// The lessons beneath each other; `next` is the one that Enter opens.
    fn rows_ui(&mut self, ui: &mut Ui, entries: &[Entry], next: Option<&Origin>) -> Option<Asked> {
        let mut asked = None;
        let mut rows = Vec::new();
        for (place, entry) in entries.iter().enumerate() {
            section_ui(ui, entries[..place].last(), entry);
            let stands = Stands {
                kept: self.kept(&entry.origin),
                open: self.is_open_at(&entry.origin),
                next: next == Some(&entry.origin),
            };
            let (choice, button) = ui.push_id(&entry.origin, |ui| entry_ui(ui, entry, &stands)).inner;
            rows.push((button, stands.next));
            match choice {
                Some(Choice::Open) => asked = Some(Asked::Open(entry.origin.clone())),
                Some(Choice::Anew) => {
                    if self.is_open_at(&entry.origin) {
                        self.reader = None;
                    }
                    self.forget(&entry.origin);
                    asked = Some(Asked::Open(entry.origin.clone()));
                }
                Some(Choice::Remove) => {
                    self.files.retain(|file| Origin::File(file.clone()) != entry.origin);
                    self.entries = None;
                }
                None => {}
            }
        }
        arrow_keys(ui, &rows);
        asked
    }

    /// What this is, how much of it is done, and the ways out.
    fn head_ui(&self, ui: &mut Ui, entries: &[Entry], actions: &mut Vec<Action>) -> Option<Asked> {
        let mut leaves = false;
        let done = |entry: &&Entry| self.kept(&entry.origin).is_done();
        let done = entries.iter().filter(done).count();
        ui.horizontal(|ui| {
            ui.label(theme::strong(t!("Lessons"), QUESTION));
            if done > 0 {
                ui.label(theme::caption(t!(
                    "%{done} of %{all} done",
                    done = done,
                    all = entries.len()
                )));
            }
            AtRight::new(ui, "ways").show_ui(ui, |ui| {
                if quiet_button_ui(ui, &t!("First minute"), &t!("The question this began with (M)")).clicked() {
                    actions.push(Action::Open(Room::FirstMinute));
                }
                if !self.is_open() {
                    let hint = t!("All experiments and controls (L)");
                    if quiet_button_ui(ui, &t!("To the lab"), &hint).clicked() {
                        actions.push(Action::Open(Room::Lab));
                    }
                    return;
                }
                let hint = t!("Close the open lesson: all experiments and controls");
                leaves = quiet_button_ui(ui, &t!("To the lab"), &hint).clicked();
                let hint = t!("The open lesson, where it was left (L)");
                if quiet_button_ui(ui, &t!("Back to the lesson"), &hint).clicked() {
                    actions.push(Action::Open(Room::Lab));
                }
            });
        });
        let words = t!(
            "Predict, run, see: each takes about eight minutes, and every claim in it is checked on what your machine measures. The arrow keys choose a lesson, Enter opens it."
        );
        ui.add(Label::new(theme::caption(words)).wrap());
        leaves.then_some(Asked::Leave)
    }

    /// A template in the home folder, beside those that are there.
    fn begin_template(&mut self) {
        let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("."));
        let named = |number: usize| match number {
            1 => home.join("my-lesson.md"),
            number => home.join(["my-lesson-", &number.to_string(), ".md"].concat()),
        };
        let free = (1..).map(named).find(|path| !path.exists());
        if let Some(path) = free {
            let written = template(Language::spoken().tag()).and_then(|text| write_file(&path, text.as_bytes()));
            match written {
                Ok(()) => {
                    drop(self.add(&path));
                    self.written = Some(path);
                }
                Err(error) => self.problem = Some(error.to_string()),
            }
        }
    }

    /// The lesson that is open and not finished, or else the first one that was begun and not finished, or the first that was not begun.
    fn next(&self, entries: &[Entry]) -> Option<Origin> {
        let readable = || entries.iter().filter(|entry| entry.read.is_ok());
        let open = readable().find(|entry| self.is_open_at(&entry.origin) && !self.kept(&entry.origin).is_done());
        let stands = |begun: bool| {
            readable().find(move |entry| {
                let kept = self.kept(&entry.origin);
                !kept.is_done() && (kept.steps > 0) == begun
            })
        };
        let next = open.or_else(|| stands(true)).or_else(|| stands(false));
        next.map(|entry| entry.origin.clone())
    }

    /// Where a lesson of the user's own comes from.
    fn own_ui(&mut self, ui: &mut Ui) -> Option<Asked> {
        ui.add_space(GRID);
        ui.label(theme::strong(t!("A lesson of your own"), BODY));
        let words = t!(
            "Drop a .md file or a folder of them onto the window, or give its path. A template to begin from can be written to your home folder; depthscope lessons guide prints the guide."
        );
        ui.add(Label::new(theme::caption(words)).wrap());
        let mut asked = None;
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut self.path)
                .hint_text(t!("path of a lesson or a folder"))
                .desired_width((ui.available_width() - 360.0).clamp(140.0, 460.0));
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
            let hint = t!("Writes a small lesson that works, and lists it here; change it with any editor");
            if ui.button(t!("Write a template")).on_hover_text(hint).clicked() {
                self.begin_template();
            }
        });
        if let Some(path) = &self.written {
            let words = t!("Template written: %{path}", path = path.display());
            ui.add(Label::new(words).wrap()).scroll_to_me(None);
        }
        asked
    }
}

enum Choice {
    Open,
    Anew,
    Remove,
}

/// How a lesson stands: how far one got, whether it is `open`, and whether it is the `next`, which Enter opens.
struct Stands {
    kept: Kept,
    open: bool,
    next: bool,
}

/// A line above the first lesson of the course, of the others, and of the user's own.
fn section_ui(ui: &mut Ui, before: Option<&Entry>, entry: &Entry) {
    let shipped = |entry: &Entry| entry.origin.number().is_some();
    let words = match entry.origin.number() {
        Some(1) => t!("The course, in this order"),
        Some(number) if number == CORE + 1 => t!("Further lessons, in any order"),
        None if before.is_some_and(shipped) => t!("Your own"),
        _ => return,
    };
    ui.add_space(GRID);
    ui.label(theme::strong(words, BODY));
}

/// A lesson, with the button that opens it.
fn entry_ui(ui: &mut Ui, entry: &Entry, stands: &Stands) -> (Option<Choice>, Response) {
    let ink = theme::ink(ui);
    let frame = Frame::new()
        .fill(ink.paper)
        .stroke(Stroke::new(1.0, if stands.open { ink.weak } else { ink.line }))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(16, 8));
    let mut choice = None;
    let (title, summary) = match &entry.read {
        Ok((title, summary)) => (title.clone(), RichText::new(summary)),
        Err(why) => (entry.origin.to_string(), RichText::new(why).color(ink.error)),
    };
    let button = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            if let Some(number) = entry.origin.number() {
                let number = theme::strong(number.to_string(), HEADING).color(ink.weak);
                let layout = Layout::left_to_right(Align::Center);
                ui.allocate_ui_with_layout(vec2(NUMBER, HEADING + 8.0), layout, |ui| {
                    ui.set_min_width(NUMBER);
                    ui.label(number);
                });
            }
            let width = ui.available_width() - BUTTON.x - 12.0;
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing = vec2(GRID, 2.0);
                ui.horizontal_wrapped(|ui| {
                    ui.label(theme::strong(&title, HEADING));
                    choice = standing_ui(ui, entry, &stands.kept);
                });
                ui.add(Label::new(summary).wrap());
            });
            ui.add_space(12.0);
            ui.add_enabled_ui(entry.read.is_ok(), |ui| open_ui(ui, stands)).inner
        })
        .inner
    });
    let button = button.inner;
    button.widget_info(|| {
        let label = t!("Open the lesson %{title}", title = title);
        WidgetInfo::labeled(Role::Button, entry.read.is_ok(), label)
    });
    if button.clicked() {
        choice = Some(Choice::Open);
    }
    (choice, button)
}

fn open_ui(ui: &mut Ui, stands: &Stands) -> Response {
    let words = if stands.kept.is_done() {
        t!("Look again")
    } else if stands.kept.step > 0 || stands.open {
        t!("Go on")
    } else {
        t!("Open")
    };
    if stands.next {
        return primary_button_ui(ui, &words, BUTTON).on_hover_text(t!("Enter"));
    }
    ui.add_sized(BUTTON, Button::new(words))
}

/// How far one got, and what can be done about it.
fn standing_ui(ui: &mut Ui, entry: &Entry, kept: &Kept) -> Option<Choice> {
    let mut choice = None;
    let words = stand(kept);
    if kept.is_done() {
        ui.label(theme::strong(words, SMALL).color(yes(ui)));
    } else if kept.steps > 0 {
        ui.label(theme::caption(words));
    }
    if kept.steps > 0 && quiet_button_ui(ui, &t!("Begin again"), &t!("Forget the predictions made in it")).clicked() {
        choice = Some(Choice::Anew);
    }
    if matches!(entry.origin, Origin::File(_))
        && quiet_button_ui(ui, &t!("Remove from the list"), &t!("The file stays where it is")).clicked()
    {
        choice = Some(Choice::Remove);
    }
    choice
}

/// Up and down choose a lesson, from the next one where none is chosen.
fn arrow_keys(ui: &Ui, rows: &[(Response, bool)]) {
    let chosen = rows.iter().position(|(button, _)| button.has_focus());
    if let Some(place) = chosen {
        ui.memory_mut(|memory| memory.set_focus_lock_filter(rows[place].0.id, ARROWS));
    } else if ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let [up, down] = [Key::ArrowUp, Key::ArrowDown].map(|key| pressed(ui, Modifiers::NONE, key));
    if !up && !down {
        return;
    }
    let from = chosen.or_else(|| rows.iter().position(|(_, next)| *next)).unwrap_or(0);
    let to = if up { from.saturating_sub(1) } else { from + 1 };
    if let Some((button, _)) = rows.get(to) {
        button.request_focus();
        ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        button.scroll_to_me(None);
    }
}

/// How far one got.
fn stand(kept: &Kept) -> String {
    if kept.is_done() {
        return t!("done").into();
    }
    t!("step %{step} of %{steps}", step = kept.step + 1, steps = kept.steps).into()
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
