//! What can be done with the chosen run, above the table.

use eframe::egui::{Button, FontId, Key, TextEdit, Ui, Vec2, vec2};
use rust_i18n::t;

use super::{Runs, compare, marked};
use crate::run::shelf::{Errand, Item};
use crate::ui::at_right::AtRight;
use crate::ui::pane::View;
use crate::ui::theme::{self, BODY, GRID, SMALL};
use crate::ui::{Action, Scene};

/// Distance of buttons, and the room around their words.
const SPACING: Vec2 = vec2(4.0, 4.0);
const PADDING: Vec2 = vec2(8.0, 4.0);
/// Width of the field that finds runs.
const FIND: f32 = 110.0;
/// Width of the field that names a run where that suffices, and of the buttons beside it.
const LEAST_NAME: f32 = 220.0;
const BUTTONS: f32 = 180.0;

impl Runs {
    pub(super) fn tools_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = SPACING;
            ui.spacing_mut().button_padding = PADDING;
            if self.naming.is_some() {
                self.naming_ui(ui, view);
                return;
            }
            self.find_ui(ui);
            match self.chosen_item().cloned() {
                Some(item) => self.chosen_ui(ui, &item, view),
                None => self.idle_ui(ui, view.scene),
            }
            // Not where the chosen run's buttons stand: a second click on Undo would throw it away again.
            let trash = AtRight::new(ui, "trash");
            if trash.width(ui) > ui.available_size_before_wrap().x {
                ui.end_row();
                ui.set_row_height(ui.spacing().interact_size.y);
            }
            trash.show_ui(ui, |ui| self.trash_ui(ui, view));
        });
    }

    fn find_ui(&mut self, ui: &mut Ui) {
        let words = t!("Find runs");
        let edit = TextEdit::singleline(&mut self.find)
            .hint_text(words.clone())
            .desired_width(FIND);
        let response = ui.add(edit);
        response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::SearchInput, true, &words));
        if self.order.hidden > 0 {
            let text = theme::caption(t!("hidden (%{n})", n = self.order.hidden));
            ui.toggle_value(&mut self.hidden, text)
                .on_hover_text(t!("Show hidden runs too"));
        }
        ui.add_space(GRID);
    }

    /// The buttons of a chosen run while none is, so that the table does not move when one is, and how many there are.
    fn idle_ui(&self, ui: &mut Ui, scene: Scene<'_>) {
        let hint = t!("Choose a run in the table first");
        for words in [
            t!("Compare"),
            t!("Rename"),
            t!("Pin"),
            t!("Hide"),
            t!("Trash"),
            t!("Open folder"),
        ] {
            button_ui(ui, false, &words, &hint);
        }
        let (runs, beside) = (self.order.items.len(), scene.shelf.opened.len());
        let words = match beside {
            0 if runs == 1 => t!("one run"),
            0 => t!("%{runs} runs", runs = runs),
            _ => t!(
                "%{runs} runs, %{beside} beside the live ones",
                runs = runs,
                beside = beside
            ),
        };
        if theme::width(ui, &words, FontId::proportional(SMALL)) < ui.available_size_before_wrap().x {
            ui.label(theme::caption(words));
        }
    }

    fn chosen_ui(&mut self, ui: &mut Ui, item: &Item, view: &mut View<'_>) {
        let scene = view.scene;
        let readable = item.row.is_ok();
        let live = super::line_of(item, scene, 0).live.is_some();
        let beside = scene.shelf.opened.contains_key(&item.key);
        let hint = match beside {
            true => t!("Take it away from the live runs"),
            false => t!("Draw its curves and gradients beside the live runs"),
        };
        // One word for both ways, so that the buttons beside it stay where they are.
        let button = Button::new(theme::caption(t!("Compare"))).selected(beside);
        let response = ui.add_enabled(readable && !live, button).on_hover_text(&*hint);
        if response.on_disabled_hover_text(hint).clicked() {
            view.actions.push(Action::Shelf(compare(scene, item)));
        }
        if button_ui(
            ui,
            readable,
            &t!("Rename"),
            &t!("A name to show; the run itself stays as it is (F2)"),
        ) {
            self.naming = Some((item.key.clone(), item.title()));
        }
        let words = if item.mark.pinned { t!("Unpin") } else { t!("Pin") };
        if button_ui(ui, true, &words, &t!("Pinned runs stand above all others")) {
            view.actions.push(marked(item, |mark| mark.pinned = !mark.pinned));
        }
        let words = if item.mark.hidden { t!("Show") } else { t!("Hide") };
        if button_ui(
            ui,
            true,
            &words,
            &t!("Leave it out of the list until hidden runs are shown"),
        ) {
            view.actions.push(marked(item, |mark| mark.hidden = !mark.hidden));
        }
        // Those that are hidden or not found, too.
        let all = scene.shelf.items.iter();
        let runs = all.filter(|other| other.key.folder == item.key.folder).count();
        let words = match runs {
            0 | 1 => t!("Trash"),
            _ => t!("Trash %{runs} runs", runs = runs),
        };
        let hint = match (self.can_throw(scene, item), runs) {
            (false, _) => t!("It is in use: start another experiment first"),
            (true, 0 | 1) => t!("Move its folder to the trash (Delete)"),
            (true, runs) => t!(
                "Move its folder with all its %{runs} runs to the trash (Delete)",
                runs = runs
            ),
        };
        if button_ui(ui, self.can_throw(scene, item), &words, &hint) {
            view.actions.push(Action::Shelf(Errand::Trash(item.key.folder.clone())));
        }
        let there = !item.key.folder.as_os_str().is_empty();
        if button_ui(
            ui,
            there,
            &t!("Open folder"),
            &t!("Show the run folder in the file manager"),
        ) {
            view.actions
                .push(Action::Shelf(Errand::Reveal(item.key.folder.clone())));
        }
    }

    fn naming_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let Some((key, name)) = &mut self.naming else { return };
        let words = t!("Name of %{run}", run = key.name);
        let room = ui.available_size_before_wrap().x;
        let width = (room - BUTTONS).clamp(FIND, theme::width(ui, name, FontId::proportional(BODY)).max(LEAST_NAME));
        let response = ui.add(TextEdit::singleline(name).desired_width(width).char_limit(80));
        response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::TextInput, true, &words));
        if !response.has_focus() && !response.lost_focus() {
            response.request_focus();
        }
        let (enter, escape) = ui.input(|input| (input.key_pressed(Key::Enter), input.key_pressed(Key::Escape)));
        let saved = ui.button(theme::caption(t!("Save name"))).clicked() || enter;
        let left = ui.button(theme::caption(t!("Cancel"))).clicked() || escape;
        if !(saved || left) {
            return;
        }
        let (key, name) = (key.clone(), name.trim().to_owned());
        self.naming = None;
        let item = self.order.items.iter().find(|item| item.key == key);
        if let (true, Some(item)) = (saved, item) {
            let label = Some(name).filter(|name| !name.is_empty() && *name != item.key.name);
            view.actions.push(marked(item, |mark| mark.label = label));
        }
    }

    fn trash_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let shelf = view.scene.shelf;
        if shelf.trashed == 0 {
            self.emptying = false;
            return;
        }
        if self.emptying {
            let words = match shelf.trashed {
                1 => t!("Delete one folder for good?"),
                n => t!("Delete %{n} folders for good?", n = n),
            };
            ui.label(theme::caption(words));
            if ui.button(theme::caption(t!("Delete"))).clicked() {
                view.actions.push(Action::Shelf(Errand::Empty));
                self.emptying = false;
            }
            if ui.button(theme::caption(t!("Keep"))).clicked() {
                self.emptying = false;
            }
            return;
        }
        if let Some(folder) = &shelf.undo {
            let hint = t!("Take %{folder} out of the trash again", folder = folder);
            if ui.button(theme::caption(t!("Undo"))).on_hover_text(hint).clicked() {
                view.actions.push(Action::Shelf(Errand::Undo));
            }
        }
        let words = theme::caption(t!("Empty trash (%{n})", n = shelf.trashed));
        if ui
            .button(words)
            .on_hover_text(t!("Delete what is in the trash"))
            .clicked()
        {
            self.emptying = true;
        }
    }
}

fn button_ui(ui: &mut Ui, on: bool, words: &str, hint: &str) -> bool {
    let button = Button::new(theme::caption(words));
    let button = ui.add_enabled(on, button).on_hover_text(hint);
    button.on_disabled_hover_text(hint).clicked()
}
