//! The command palette: every task by a few letters of its name, with its key beside it.

use eframe::egui::{self, Align2, Button, Id, Key, Modal, Modifiers, Role, ScrollArea, TextEdit, WidgetInfo};
use rust_i18n::t;

use super::Scene;
use super::fuzzy::{fit, fit_words};
use super::keys::written;
use super::task::Task;
use super::theme::{self, GRID};

const WIDTH: f32 = 520.0;
/// Height of the list in points.
const HEIGHT: f32 = 340.0;
/// Share of the window's height above it.
const TOP: f32 = 0.12;

/// The palette.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    open: bool,
    query: String,
    /// Place in the list.
    chosen: usize,
}

/// The tasks that fit, best first; without a query all of them in their own order.
fn found(query: &str, scene: Scene<'_>, taught: bool) -> Vec<(Task, String)> {
    let named = |task: Task| {
        let words = task.words(Some(scene)).into_owned();
        // Names that the command line knows are found in every language, and panels are opened as well as shown.
        let known = || match &task {
            Task::Show(panel) => Some(["open", panel.name()].join(" ")),
            _ => task.name().map(str::to_owned),
        };
        // What a panel is for is searched for beginnings of its words only: letters here and there would fit anything.
        let about = || match &task {
            Task::Show(panel) => fit_words(query, &[panel.title(), panel.name().into(), panel.hint()].join(" ")),
            _ => None,
        };
        let fits = [
            fit(query, &words),
            known().and_then(|known| fit(query, &known)),
            about(),
        ];
        let fits = fits.into_iter().flatten().max();
        (fits, task, words)
    };
    let mut found: Vec<(i32, Task, String)> = Task::all(scene)
        .into_iter()
        .filter(|task| !(taught && task.trains()))
        .map(named)
        .filter_map(|(fit, task, words)| Some((fit?, task, words)))
        .collect();
    found.sort_by_key(|(fit, ..)| -fit);
    found.into_iter().map(|(_, task, words)| (task, words)).collect()
}

impl Finder {
    /// Opens it with what was typed so far.
    pub fn open(&mut self, query: String) {
        *self = Self {
            open: true,
            query,
            chosen: 0,
        };
    }

    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Draws it where it is open; answers with what was chosen. While a lesson is `taught`, training is its own affair.
    pub fn finder_ui(&mut self, ctx: &egui::Context, scene: Scene<'_>, taught: bool) -> Option<Task> {
        if !self.open {
            return None;
        }
        // It hangs from the top, so that the field stays where it is while the list gets shorter.
        let id = Id::unique("finder");
        let top = egui::vec2(0.0, TOP * ctx.content_rect().height());
        let area = Modal::default_area(id).anchor(Align2::CENTER_TOP, top);
        let modal = Modal::new(id).area(area).show(ctx, |ui| {
            let width = WIDTH.min(ui.ctx().content_rect().width() - 64.0);
            ui.set_width(width);
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let (up, down, enter) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter));
            let field = TextEdit::singleline(&mut self.query)
                .hint_text(t!("What do you want to do?"))
                .desired_width(f32::INFINITY);
            let field = ui.add(field);
            field.widget_info(|| WidgetInfo::labeled(Role::SearchInput, true, t!("Find a command")));
            field.request_focus();
            if field.changed() {
                self.chosen = 0;
                // The field shows its hint until the next frame.
                ui.ctx().request_repaint();
            }
            let tasks = found(&self.query, scene, taught);
            let last = tasks.len().saturating_sub(1);
            let moved = up || down;
            self.chosen = match (up, down) {
                (true, _) => self.chosen.checked_sub(1).unwrap_or(last),
                (_, true) if self.chosen >= last => 0,
                (_, true) => self.chosen + 1,
                _ => self.chosen.min(last),
            };
            ui.add_space(GRID / 2.0);
            let mut asked = None;
            let height = HEIGHT.min(ui.ctx().content_rect().height() - 140.0);
            let list = ScrollArea::vertical().max_height(height).min_scrolled_height(height);
            list.show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                for (place, (task, words)) in tasks.iter().enumerate() {
                    let chosen = place == self.chosen;
                    let keys = task.keys().map(|keys| written(ui.ctx(), &keys)).unwrap_or_default();
                    let row = Button::selectable(chosen, words.as_str()).shortcut_text(theme::caption(keys));
                    let row = ui.add(row.min_size(egui::vec2(width - 16.0, 0.0)));
                    row.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, words));
                    if chosen && moved {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() || chosen && enter {
                        asked = Some(task.clone());
                    }
                }
                if tasks.is_empty() {
                    ui.label(theme::caption(t!("Nothing is called that.")));
                }
            });
            asked
        });
        self.open = modal.inner.is_none() && !modal.should_close();
        modal.inner
    }
}
