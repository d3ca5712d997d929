//! The line at the bottom: engine, step, speed, time left, and what there is to say.

use std::borrow::Cow;

use eframe::egui::{Align, FontId, Label, Layout, RichText, Ui};
use rust_i18n::t;

use super::theme::{self, SMALL};
use super::traces::has_seeds;
use super::widgets::{grouped, short};
use super::work::Works;
use super::{Action, News, Scene, Speed};
use crate::run::amounts::duration;
use crate::run::{History, Phase, Series};

/// Distance of news from what is measured.
const APART: f32 = 16.0;

/// The measured part of the line.
pub fn words(scene: Scene<'_>, speed: Speed) -> String {
    let history = scene.history;
    let mut parts = Vec::new();
    let trained = history.trained();
    if let Some(engine) = trained.first().map(|series| series.engine.clone()) {
        parts.push(engine);
    }
    parts.push(phase(history, scene.experiment.steps).into());
    if !trained.is_empty() {
        // Before its end, that of the net which is behind; a branch waits until its step comes.
        let waits = |series: &Series| series.step() == 0 && scene.experiment.branch(&series.track.name).is_some();
        let trains = |series: &&Series| !series.finished && series.diverged.is_none() && !waits(series);
        let behind = trained.iter().filter(trains).map(Series::step).min();
        let most = trained.iter().map(Series::step).max();
        let begun = matches!(history.phase, Phase::Running | Phase::Paused);
        let step = behind.filter(|_| begun).or(most).unwrap_or(0);
        let steps = grouped(scene.experiment.steps as u64);
        parts.push(t!("step %{step} of %{steps}", step = grouped(step as u64), steps = steps).into());
    }
    if history.phase == Phase::Running {
        if let Some(images) = speed.images_per_second {
            parts.push(t!("%{count} images/s", count = images_words(images)).into());
        }
        if let Some(seconds) = speed.seconds_left {
            parts.push(t!("%{time} left", time = duration(seconds)).into());
        }
    }
    if let (true, Some(first)) = (has_seeds(history), trained.first()) {
        parts.push(t!("pictures show seed %{seed}", seed = first.track.seed).into());
    }
    parts.join("  ·  ")
}

fn images_words(images: f64) -> String {
    if images >= 1000.0 {
        return grouped((images / 10.0).round() as u64 * 10);
    }
    short(images)
}

/// A training of so many steps.
fn phase(history: &History, steps: usize) -> Cow<'static, str> {
    let early = |series: &Series| series.diverged.is_none() && series.step() < steps;
    match history.phase {
        Phase::Done if history.trained().iter().all(|series| series.diverged.is_some()) => t!("diverged"),
        Phase::Done if history.trained().iter().any(early) => t!("stopped"),
        Phase::Preparing => t!("preparing"),
        Phase::Paused => t!("paused"),
        Phase::Running => t!("training"),
        Phase::Finishing => t!("finishing"),
        Phase::Done => t!("done"),
    }
}

/// Draws the line.
pub fn status_ui(ui: &mut Ui, scene: Scene<'_>, speed: Speed, news: News<'_>, actions: &mut Vec<Action>) {
    let ink = theme::ink(ui);
    let notice = news.notice;
    let works = Works::of(scene, news);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        if let Some(failure) = scene.failure {
            let text = t!(
                "%{failure} Change the experiment and restart it; what was measured is kept.",
                failure = failure
            );
            ui.add(Label::new(RichText::new(text).size(SMALL).color(ink.error)).truncate());
            return;
        }
        let words = words(scene, speed);
        let width = |words: &str| theme::width(ui, words, FontId::proportional(SMALL));
        if let Some(works) = &works {
            if width(&words) + APART + works.width(ui) <= ui.available_width() {
                ui.label(theme::caption(words));
                ui.add_space(APART);
            }
            return works.line_ui(ui, actions);
        }
        let Some(notice) = notice else {
            ui.add(Label::new(theme::caption(words)).truncate());
            return;
        };
        // News first.
        let room = ui.available_width() - width(notice) - APART;
        if width(&words) <= room {
            ui.label(theme::caption(words));
            ui.add_space(APART);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = RichText::new(notice).size(SMALL).color(ink.text);
            ui.add(Label::new(text).truncate()).on_hover_text(notice);
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Event, Experiment};
    use crate::ui::story::tests::history;

    /// What the line says of `quick` with that history.
    fn said(history: &History, speed: Speed) -> String {
        let experiment = Experiment::named("quick").unwrap();
        let scene = Scene {
            experiment: &experiment,
            history,
            findings: &crate::run::Findings::default(),
            shelf: &crate::run::Shelf::default(),
            failure: None,
            engine: "auto",
            engines: &["auto"],
        };
        words(scene, speed)
    }

    #[test]
    fn the_line_says_what_is_known() {
        let mut history = history(&[("plain-20:width=8", 1.0)], 120);
        history.apply(&Event::Phase(Phase::Running));
        let speed = Speed {
            images_per_second: Some(2344.0),
            seconds_left: Some(75.2),
            ..Speed::default()
        };
        assert_eq!(
            said(&history, speed),
            "test  ·  training  ·  step 120 of 400  ·  2\u{a0}340 images/s  ·  1 min 16 s left"
        );
        assert!(!said(&history, Speed::default()).contains("left"));
    }

    #[test]
    fn a_pause_tells_the_net_that_is_behind() {
        let mut history = history(&[("plain-20:width=8", 1.0), ("plain-56:width=8", 1.0)], 400);
        history.runs[1].steps.truncate(231);
        history.apply(&Event::Phase(Phase::Paused));
        let said = said(&history, Speed::default());
        assert!(said.ends_with("paused  ·  step 231 of 400"), "{said}");
    }
}
