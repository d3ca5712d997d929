//! "Why?": what the literature says, each statement with its source.

use std::borrow::Cow;

use eframe::egui::{self, Button, Id, Modal, Ui, vec2};
use rust_i18n::t;

use super::theme::{self, GRID};
use super::widgets::primary_button_ui;
use super::{Action, Room};

/// A statement, what it means, and where it is from.
fn facts() -> [[Cow<'static, str>; 3]; 3] {
    [
        [
            t!("It is not over-fitting."),
            t!("The deeper net is worse on the very images it is trained on."),
            t!("paper: He et al. 2015, arXiv 1512.03385"),
        ],
        [
            t!("It is probably not vanishing gradients."),
            t!(
                "These nets are batch-normalised; back-propagated gradients keep healthy norms, and three times more iterations still degrade."
            ),
            t!("paper: He et al. 2015, section 4.1"),
        ],
        [
            t!("Identity is hard to learn, and free to add."),
            t!(
                "A deeper net could copy the shallower one and let its other layers pass their input on, so it need never be worse. \
         Stacked layers find that identity hard to reach; a shortcut hands it over."
            ),
            t!("paper: He et al. 2015, section 3.1"),
        ],
    ]
}

/// Draws the sheet; answers whether it was closed.
pub fn why_ui(ctx: &egui::Context, actions: &mut Vec<Action>) -> bool {
    let modal = Modal::new(Id::unique("why")).show(ctx, |ui: &mut Ui| {
        ui.set_width(460.0f32.min(ui.ctx().content_rect().width() - 64.0));
        ui.heading(t!("Why does depth hurt the plain net?"));
        for [title, text, source] in facts() {
            ui.add_space(GRID);
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.label(theme::strong(title, theme::BODY));
            ui.label(text);
            ui.label(theme::caption(source));
        }
        ui.add_space(GRID);
        ui.label(t!("What you saw holds at equal steps: the deep plain net is far slower, which is not to say that it can never fit."));
        ui.label(t!("Each of these is a lesson: you predict, your machine measures."));
        ui.add_space(GRID);
        ui.horizontal(|ui| {
            let lessons = primary_button_ui(ui, &t!("Open the lessons"), vec2(176.0, 36.0)).clicked();
            if lessons {
                actions.push(Action::Open(Room::Lessons));
            }
            ui.add(Button::new(t!("Back")).min_size(vec2(96.0, 36.0))).clicked() || lessons
        })
        .inner
    });
    modal.inner || modal.should_close()
}
