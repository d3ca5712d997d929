//! Long work under way: how far it is, how long it will take, and a button that breaks it off.

use std::borrow::Cow;
use std::time::Duration;

use eframe::egui::{FontId, ProgressBar, Role, Ui, WidgetInfo};
use rust_i18n::t;

use super::at_right::AtRight;
use super::pane::View;
use super::theme::{self, SMALL};
use super::widgets::quiet_button_ui;
use super::{Action, News, Scene};
use crate::run::{Command, Question};

/// Width of the bar.
const BAR: f32 = 96.0;

/// Draws the work on the panel's own questions; answers whether there is any.
pub fn work_ui(ui: &mut Ui, view: &mut View<'_>, is_mine: impl Fn(&Question) -> bool) -> bool {
    let works = &view.scene.findings.working;
    let Some(first) = works.iter().find(|work| is_mine(&work.question)) else {
        return false;
    };
    let others = works.len() - 1;
    let stop = stopping(works.len());
    let width = |words: &str| theme::width(ui, words, FontId::proportional(SMALL)) + ui.spacing().item_spacing.x;
    let beside = BAR + width(&stop) + 2.0 * (ui.spacing().button_padding.x + ui.spacing().item_spacing.x);
    let (row, rest) = (
        ui.max_rect().width() - beside,
        ui.available_size_before_wrap().x - beside,
    );
    let said = [
        words(first.share, first.left, others),
        words(first.share, first.left, 0),
        format!("{} %", (100.0 * first.share).round()),
    ];
    // All of it stands in one row: this one, where the time left has room, or the next.
    let here = said[..2].iter().find(|words| width(words) <= rest);
    let there = said.iter().find(|words| width(words) <= row);
    let words = here.or(there).unwrap_or(&said[2]);
    if ui.layout().main_wrap && width(words) > rest {
        ui.end_row();
        ui.set_row_height(ui.spacing().interact_size.y);
    }
    bar_ui(ui, first.share);
    ui.label(theme::caption(words));
    if quiet_button_ui(ui, &stop, &t!("Keeps what is known so far")).clicked() {
        view.actions.push(Action::Send(Command::Dismiss));
    }
    true
}

fn bar_ui(ui: &mut Ui, share: f32) {
    let ink = theme::ink(ui);
    // Its track is seen on any ground.
    let ground = std::mem::replace(&mut ui.visuals_mut().extreme_bg_color, ink.line);
    let bar = ProgressBar::new(share).desired_width(BAR).desired_height(8.0);
    ui.add(bar.fill(ink.weak));
    ui.visuals_mut().extreme_bg_color = ground;
}

fn words(share: f32, left: Option<Duration>, others: usize) -> String {
    let words = match left {
        Some(left) => t!(
            "%{percent} %, about %{time} left",
            percent = (100.0 * share).round(),
            time = clock(left)
        ),
        None => t!("waiting for its turn"),
    };
    match others {
        0 => words.into_owned(),
        _ => t!("%{words}; %{count} more after it", words = words, count = others).into_owned(),
    }
}

/// The button's word: it breaks off whatever is asked.
fn stopping(works: usize) -> Cow<'static, str> {
    match works {
        0 | 1 => t!("Break off"),
        _ => t!("Break off all"),
    }
}

/// The work of the whole lab, for one line: what is under way and what is behind it.
pub struct Works {
    name: Cow<'static, str>,
    share: f32,
    left: Option<Duration>,
    others: usize,
    /// Breaks it off, in a word and as what is asked for.
    stop: (Cow<'static, str>, Action),
}

impl Works {
    /// A figure that takes long, or else the first of the questions.
    pub fn of(scene: Scene<'_>, news: News<'_>) -> Option<Self> {
        let working = &scene.findings.working;
        if let Some(figure) = news.figure {
            return Some(Self {
                name: t!("Drawing the figure"),
                share: figure.share,
                left: figure.left,
                others: working.len(),
                stop: (stopping(1), Action::StopFigure),
            });
        }
        let first = working.iter().find(|work| work.left.is_some()).or(working.first())?;
        Some(Self {
            name: name(&first.question),
            share: first.share,
            left: first.left,
            others: working.len() - 1,
            stop: (stopping(working.len()), Action::Send(Command::Dismiss)),
        })
    }

    /// Width of all that it says.
    pub fn width(&self, ui: &Ui) -> f32 {
        let words = named(&self.name, &words(self.share, self.left, self.others));
        let line = theme::width(ui, &words, FontId::proportional(SMALL));
        let tools = AtRight::new(ui, "work");
        line + tools.width(ui) + 2.0 * ui.spacing().item_spacing.x
    }

    /// Draws the line at the right end of the row.
    pub fn line_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Self {
            name,
            share,
            left,
            others,
            stop: (stop, action),
        } = self;
        let tools = AtRight::new(ui, "work");
        let room = ui.available_width() - tools.width(ui) - 2.0 * ui.spacing().item_spacing.x;
        let whole = named(name, &words(*share, *left, *others));
        let laid = |words: &str| theme::elided(ui, words, FontId::proportional(SMALL), theme::ink(ui).text, room);
        // Where there is little room, it is not said what follows, and then not what is done.
        let brief = words(*share, *left, 0);
        let shorter = [&whole, &named(name, &brief), &brief].map(|words| laid(words));
        let line = shorter.iter().find(|line| !line.elided).unwrap_or(&shorter[2]).clone();
        ui.add_space((room - line.size().x).max(0.0));
        let line = ui.label(line);
        line.widget_info(|| WidgetInfo::labeled(Role::Label, true, &whole));
        tools.show_ui(ui, |ui| {
            ui.spacing_mut().interact_size.y = 22.0;
            bar_ui(ui, *share);
            let button = quiet_button_ui(ui, stop, &t!("Keeps what is known so far"));
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, named(stop, name)));
            if button.clicked() {
                actions.push(action.clone());
            }
        });
    }
}

/// A net's or a picture's name before what is said of it.
pub fn named(name: &str, words: &str) -> String {
    t!("%{panel}: %{words}", panel = name, words = words).into()
}

/// What is being found out.
fn name(question: &Question) -> Cow<'static, str> {
    match question {
        Question::Information { .. } => t!("Reading the images back"),
        Question::Lesion { .. } => t!("Testing a cut"),
        Question::Lesions { .. } => t!("Removing each block"),
        Question::Transfer { .. } => t!("Training with few labels"),
        Question::Landscape { .. } => t!("Looking around the weights"),
        Question::Forms { .. } => t!("Comparing the forms of a block"),
        Question::Insertion { .. } => t!("Inserting identities"),
        Question::Shattering { .. } => t!("Measuring how gradients shatter"),
        Question::Slope { .. } => t!("Measuring at another depth"),
    }
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
