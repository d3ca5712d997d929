//! The page that a lesson ends in: where it shall stand, and what came of it.

use std::path::PathBuf;

use eframe::egui::{Key, Label, Modifiers, RichText, Role, TextEdit, Ui, WidgetInfo};
use rust_i18n::t;

use super::files::{Chosen, Order, Told, choose_report, show_report, write_report};
use super::reader::Reader;
use crate::run::Slot;
use crate::ui::theme::{self, BODY, GRID};

/// Where the report shall stand.
#[derive(Debug, Clone, Default)]
pub struct ReportForm {
    pub path: String,
    pub chosen: Chosen,
    pub said: Slot<Told>,
    pub told: Option<Told>,
}

impl ReportForm {
    /// In the user's own folder.
    pub fn of(lesson: &str) -> Self {
        let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("."));
        let name = ["depthscope-", lesson, ".html"].concat();
        Self {
            path: home.join(name).display().to_string(),
            ..Self::default()
        }
    }
}

impl Reader {
    /// The page that a lesson ends in.
    pub(super) fn report_ui(&mut self, ui: &mut Ui) {
        if let Some(Some(path)) = self.report.chosen.take() {
            self.report.path = path.display().to_string();
            self.write_report(ui);
        }
        let said = self.report.said.take();
        let just_told = said.is_some();
        self.report.told = said.or(self.report.told.take());
        ui.add_space(GRID);
        ui.label(theme::strong(t!("Your report"), BODY));
        let words = t!("What you predicted, what was measured and how, on one page that any browser shows.");
        ui.add(Label::new(theme::caption(words)).wrap());
        if self.lesson.steps.iter().any(|step| !step.notes.is_empty()) {
            let words = t!("What you wrote stands in it, and the nets of your own that you trained last.");
            ui.add(Label::new(theme::caption(words)).wrap());
        }
        let field = TextEdit::singleline(&mut self.report.path).desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, t!("File of the report")));
        ui.horizontal(|ui| {
            let key = ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::S));
            if ui.button(t!("Save the report")).on_hover_text(t!("Ctrl+S")).clicked() || key {
                self.write_report(ui);
            }
            if ui.button(t!("Choose …")).clicked() {
                choose_report(ui.ctx(), &self.report.chosen, &PathBuf::from(&self.report.path));
            }
        });
        let told = match &self.report.told {
            Some(Ok(path)) => {
                let words = t!("Report written: %{path}", path = path.display());
                ui.add(Label::new(words).wrap());
                let open = ui.button(t!("Open the report"));
                if open.clicked() {
                    show_report(ui.ctx(), &self.report.said, path.clone());
                }
                open
            }
            Some(Err(why)) => ui.add(Label::new(RichText::new(why).color(theme::ink(ui).error)).wrap()),
            None => return,
        };
        if just_told {
            told.scroll_to_me(None);
        }
    }

    fn write_report(&mut self, ui: &Ui) {
        let order = Order {
            lesson: self.lesson.clone(),
            evidence: self.trainings.evidence.clone(),
            guesses: self.kept.guesses.clone(),
            notes: self.kept.notes.clone(),
            own: self.kept.own.clone(),
            record: self.trainings.recalled(),
        };
        let path = PathBuf::from(self.report.path.trim());
        write_report(ui.ctx(), &self.report.said, order, path);
    }
}
