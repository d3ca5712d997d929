//! The line at the bottom: engine, step, speed, time left, and what there is to say.

use eframe::egui::{Align, Label, Layout, RichText, Ui};

use super::theme::{self, SMALL};
use super::widgets::{grouped, short};
use super::{Scene, Speed};
use crate::run::{History, Phase};

/// The measured part of the line.
pub fn words(scene: Scene<'_>, speed: Speed) -> String {
    let history = scene.history;
    let mut parts = Vec::new();
    if let Some(engine) = history.runs.first().map(|series| series.engine.clone()) {
        parts.push(engine);
    }
    parts.push(phase(history).to_owned());
    if !history.runs.is_empty() {
        let step = history.runs.iter().map(|series| series.step()).max().unwrap_or(0);
        let steps = grouped(scene.experiment.steps as u64);
        parts.push(format!("step {} of {steps}", grouped(step as u64)));
    }
    if history.phase == Phase::Running {
        if let Some(images) = speed.images_per_second {
            parts.push(format!("{} images/s", images_words(images)));
        }
        if let Some(seconds) = speed.seconds_left {
            parts.push(format!("{} left", duration(seconds)));
        }
    }
    parts.join("  ·  ")
}

fn images_words(images: f64) -> String {
    if images >= 1000.0 {
        return grouped((images / 10.0).round() as u64 * 10);
    }
    short(images)
}

fn phase(history: &History) -> &'static str {
    match history.phase {
        Phase::Preparing => "preparing",
        Phase::Paused => "paused",
        Phase::Running => "training",
        Phase::Finishing => "finishing",
        Phase::Done => "done",
    }
}

/// `8 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// Draws the line.
pub fn status_ui(ui: &mut Ui, scene: Scene<'_>, speed: Speed, notice: Option<&str>) {
    let ink = theme::ink(ui);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        if let Some(failure) = scene.failure {
            let text = format!("{failure} Change the experiment and restart it; what was measured is kept.");
            ui.add(Label::new(RichText::new(text).size(SMALL).color(ink.error)).truncate());
            return;
        }
        let words = theme::caption(words(scene, speed));
        if ui.available_width() < 640.0 {
            // Little room: news first.
            let words = notice.map_or(words, theme::caption);
            ui.add(Label::new(words).truncate());
            return;
        }
        ui.label(words);
        ui.add_space(16.0);
        if let Some(notice) = notice {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let text = RichText::new(notice).size(SMALL).color(ink.text);
                ui.add(Label::new(text).truncate()).on_hover_text(notice);
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Event, Experiment};
    use crate::ui::story::tests::history;

    #[test]
    fn the_line_says_what_is_known() {
        let experiment = Experiment::named("quick").unwrap();
        let mut history = history(&[("plain-20:width=8", 1.0)], 120);
        history.apply(&Event::Phase(Phase::Running));
        let scene = Scene {
            experiment: &experiment,
            history: &history,
            findings: &crate::run::Findings::default(),
            failure: None,
            engine: "auto",
            engines: &["auto"],
        };
        let speed = Speed {
            images_per_second: Some(2344.0),
            seconds_left: Some(75.2),
        };
        assert_eq!(
            words(scene, speed),
            "test  ·  training  ·  step 120 of 400  ·  2\u{a0}340 images/s  ·  1 min 16 s left"
        );
        assert!(!words(scene, Speed::default()).contains("left"));
    }

    #[test]
    fn durations() {
        for (seconds, words) in [(7.2, "8 s"), (200.0, "3 min 20 s"), (7500.0, "2 h 5 min")] {
            assert_eq!(duration(seconds), words);
        }
    }
}
