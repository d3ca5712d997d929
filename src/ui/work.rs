//! A long question under way: how far it is, how long it will take, and a button that breaks it off.

use std::time::Duration;

use eframe::egui::{ProgressBar, Ui};
use rust_i18n::t;

use super::Action;
use super::pane::View;
use super::theme;
use super::widgets::quiet_button_ui;
use crate::run::{Command, Question, Work};

/// Draws the work on the panel's own questions; answers whether there is any.
pub fn work_ui(ui: &mut Ui, view: &mut View<'_>, is_mine: impl Fn(&Question) -> bool) -> bool {
    let mine = |work: &&Work| is_mine(&work.question);
    let mut works = view.scene.findings.working.iter().filter(mine);
    let Some(first) = works.next() else {
        return false;
    };
    let others = works.count();
    let mut words = match first.left {
        Some(left) => t!(
            "%{percent} %, about %{time} left",
            percent = (100.0 * first.share).round(),
            time = clock(left)
        ),
        None => t!("waiting for its turn"),
    }
    .into_owned();
    if others > 0 {
        words = t!("%{words}; %{count} more after it", words = words, count = others).into_owned();
    }
    let bar = ProgressBar::new(first.share).desired_width(96.0).desired_height(8.0);
    ui.add(bar);
    ui.label(theme::caption(words));
    if quiet_button_ui(ui, &t!("Break off"), &t!("Keeps what is known so far")).clicked() {
        view.actions.push(Action::Send(Command::Dismiss));
    }
    true
}

/// The button that begins long work; answers whether it was clicked.
pub fn button_ui(ui: &mut Ui, text: &str, hint: &str) -> bool {
    ui.button(theme::caption(text)).on_hover_text(hint).clicked()
}

/// `8 s`, `2 min 05 s`.
fn clock(left: Duration) -> String {
    let seconds = left.as_secs_f32().ceil() as u64;
    match seconds / 60 {
        0 => t!("%{seconds} s", seconds = seconds),
        minutes => t!(
            "%{minutes} min %{seconds} s",
            minutes = minutes,
            seconds = format!("{:02}", seconds % 60)
        ),
    }
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        assert_eq!(clock(Duration::from_millis(7200)), "8 s");
        assert_eq!(clock(Duration::from_secs(125)), "2 min 05 s");
    }
}
