//! The timeline: every moment whose weights are kept, to go back to, to play through and to continue from.

use std::collections::BTreeSet;

use eframe::egui::{FontId, Key, Label, Modifiers, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::cursor::newest;
use super::icon::{Icon, icon_button_ui};
use super::keys;
use super::losses::{self, Losses};
use super::pane::{Pane, View};
use super::task::PaneKey;
use super::theme::{self, GRID, SMALL};
use super::traces::groups;
use super::widgets::grouped;
use super::{Action, Scene};
use crate::export::Kind;
use crate::run::{Command, Series};

/// Seconds that each moment stays when it is played.
const PACE: f64 = 0.45;
/// Room beside the track for its first and last number, and at its left for the numbers of the losses over it.
const ENDS: f32 = 12.0;
const NUMBERS: f32 = 48.0;
/// Height of the track with its numbers.
const TRACK: f32 = 44.0;
/// Height that the losses take at least, with their title.
const LOSSES: f32 = 76.0;
const TITLE: f32 = 26.0;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeline {
    #[serde(skip)]
    playing: Option<Playing>,
    #[serde(skip)]
    losses: Losses,
}

#[derive(Debug, Clone, Copy)]
struct Playing {
    forward: bool,
    /// When the next moment is shown, in the window's seconds.
    next: f64,
}

/// Steps kept by any run, ascending.
fn moments(scene: Scene<'_>) -> Vec<usize> {
    let kept = scene.history.runs.iter().flat_map(|series| series.kept.iter().copied());
    kept.collect::<BTreeSet<usize>>().into_iter().collect()
}

/// The moment before (after) `at`, which is `None` for now; `None` behind the last one.
fn neighbour(moments: &[usize], at: Option<usize>, forward: bool) -> Option<usize> {
    match (at, forward) {
        (None, true) => None,
        (None, false) => moments.len().checked_sub(2).map(|place| moments[place]),
        (Some(at), true) => moments.iter().copied().find(|&moment| moment > at),
        (Some(at), false) => {
            let before = moments.iter().rev().copied().find(|&moment| moment < at);
            before.or(moments.first().copied())
        }
    }
}

impl Pane for Timeline {
    const TITLE: &'static str = "Timeline";
    const HINT: &'static str = "Go back to any kept moment of the training, play it, or continue from it";
    const KEYS: &'static [PaneKey] = &[
        PaneKey::new(Modifiers::NONE, Key::Comma, "the kept moment before"),
        PaneKey::new(Modifiers::NONE, Key::Period, "the next kept moment"),
        PaneKey::new(Modifiers::NONE, Key::P, "play the training"),
        PaneKey::new(Modifiers::SHIFT, Key::P, "play the training backward"),
    ];

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let moments = moments(view.scene);
        if moments.is_empty() {
            ui.label(theme::caption(t!(
                "The moments appear as the nets are built and trained."
            )));
            return;
        }
        self.play(ui, &moments, view);
        ui.horizontal_wrapped(|ui| self.buttons_ui(ui, &moments, view));
        let now = grouped(newest(view.scene.history) as u64);
        let sentence = match view.cursor.step {
            None if moments.len() == 1 => t!(
                "Live, step %{step}. More moments are kept as the training goes on.",
                step = now
            ),
            None => t!(
                "Live, step %{step}. %{moments} moments are kept; drag to go back to one.",
                step = now,
                moments = moments.len()
            ),
            Some(step) => match moments.iter().rev().find(|&&moment| moment <= step) {
                Some(&kept) if kept < step => t!(
                    "Curves show step %{step}; what takes weights shows step %{kept}, the last moment before it.",
                    step = grouped(step as u64),
                    kept = grouped(kept as u64)
                ),
                _ => t!(
                    "Every picture shows step %{step}, computed again from the weights kept there.",
                    step = grouped(step as u64)
                ),
            },
        };
        let unsaved = view.scene.findings.unsaved.as_ref().map(|why| {
            t!(
                "The moments are kept in memory only and end with this window: %{why}",
                why = why
            )
        });
        let height = |words: &str| {
            let lines = theme::paragraph(ui, words.to_owned(), ui.available_width());
            lines.size().y + ui.spacing().item_spacing.y
        };
        let words = height(&sentence) + unsaved.as_deref().map_or(0.0, height);
        self.track_ui(ui, &moments, view, words);
        ui.add(Label::new(theme::caption(sentence)).wrap());
        if let Some(words) = unsaved {
            ui.add(Label::new(theme::caption(words).color(theme::ink(ui).error)).wrap());
        }
    }

    fn keys(&mut self, ui: &Ui, view: &mut View<'_>) {
        let moments = moments(view.scene);
        let pressed = |key| keys::pressed(ui, Modifiers::NONE, key);
        let (before, after) = (pressed(Key::Comma), pressed(Key::Period));
        let (play, back) = (pressed(Key::P), keys::pressed(ui, Modifiers::SHIFT, Key::P));
        if before || after {
            self.playing = None;
            self.go(neighbour(&moments, view.cursor.step, after), view);
        }
        match self.playing {
            Some(_) if play || back => self.playing = None,
            _ if play || back => self.toggle(ui, !back, view, &moments),
            _ => {}
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Timeline)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        !moments(view.scene).is_empty()
    }

    fn restart(&mut self) {
        self.playing = None;
        self.losses.restart();
    }
}

impl Timeline {
    fn go(&mut self, moment: Option<usize>, view: &mut View<'_>) {
        match moment {
            Some(step) => view.cursor.go_to(step as f64, view.scene.history),
            None => view.cursor.live(),
        }
    }

    fn toggle(&mut self, ui: &Ui, forward: bool, view: &mut View<'_>, moments: &[usize]) {
        self.playing = match self.playing {
            Some(playing) if playing.forward == forward => None,
            _ => {
                if forward && view.cursor.step.is_none() {
                    self.go(moments.first().copied(), view);
                }
                let next = ui.input(|input| input.time) + PACE;
                Some(Playing { forward, next })
            }
        };
    }

    fn play(&mut self, ui: &Ui, moments: &[usize], view: &mut View<'_>) {
        let Some(playing) = &mut self.playing else { return };
        let now = ui.input(|input| input.time);
        if now >= playing.next {
            playing.next = now + PACE;
            let forward = playing.forward;
            let next = neighbour(moments, view.cursor.step, forward);
            let over = if forward {
                next.is_none()
            } else {
                next == view.cursor.step
            };
            if over {
                self.playing = None;
            }
            self.go(next, view);
        }
        ui.ctx().request_repaint_after_secs(PACE as f32);
    }

    fn buttons_ui(&mut self, ui: &mut Ui, moments: &[usize], view: &mut View<'_>) {
        ui.spacing_mut().item_spacing.x = GRID / 2.0;
        let pressed = |ui: &mut Ui, icon, name: &str, hint: &str| icon_button_ui(ui, icon, name, hint).clicked();
        if pressed(
            ui,
            Icon::Before,
            &t!("Moment before"),
            &t!("The kept moment before (comma)"),
        ) {
            self.playing = None;
            self.go(neighbour(moments, view.cursor.step, false), view);
        }
        let directions = [
            (
                false,
                Icon::PlayBack,
                t!("Play backward"),
                t!("Play the training backward (Shift P)"),
            ),
            (
                true,
                Icon::Play,
                t!("Play forward"),
                t!("Play the training forward (P)"),
            ),
        ];
        for (forward, icon, name, hint) in directions {
            let playing = self.playing.is_some_and(|playing| playing.forward == forward);
            let (icon, name, hint) = match playing {
                true => (Icon::Stop, t!("Stay here"), t!("Stay at this moment (P)")),
                false => (icon, name, hint),
            };
            if pressed(ui, icon, &name, &hint) {
                self.toggle(ui, forward, view, moments);
            }
        }
        if pressed(
            ui,
            Icon::After,
            &t!("Next moment"),
            &t!("The next kept moment (full stop)"),
        ) {
            self.playing = None;
            self.go(neighbour(moments, view.cursor.step, true), view);
        }
        let live = view.cursor.step.is_none();
        let follow = ui
            .selectable_label(live, t!("Live"))
            .on_hover_text(t!("Follow the training (End)"));
        follow.widget_info(|| WidgetInfo::selected(Role::Button, true, live, t!("Follow the training")));
        if follow.clicked() {
            self.playing = None;
            view.cursor.live();
        }
        self.continue_ui(ui, view);
    }

    /// Runs that go on from the kept weights.
    fn continue_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let Some(series) = view.cursor.series(view.scene.history) else {
            return;
        };
        let Some(step) = view.cursor.step.and_then(|step| series.kept_at(step)) else {
            return;
        };
        if step >= view.scene.experiment.steps || view.scene.failure.is_some() {
            return;
        }
        let history = view.scene.history;
        let name = series.track.name.as_str();
        let kept = |run: &Series| run.track.id < history.trained().len() && run.kept_at(step) == Some(step);
        let groups = groups(history);
        let others = groups.iter().filter(|group| group.name != name && kept(group.runs[0]));
        let mut chosen = None;
        ui.menu_button(t!("Continue from here"), |ui| {
            chosen = rates_ui(ui, name, step);
            for other in others {
                ui.menu_button(other.name, |ui| {
                    chosen = rates_ui(ui, other.name, step).or(chosen.take())
                });
            }
        });
        let Some((name, rate)) = chosen else { return };
        view.actions.push(Action::Send(Command::Branch { name, step, rate }));
        view.actions.push(Action::Send(Command::Run));
        view.cursor.live();
        self.playing = None;
    }

    /// The track, above so many points for `words`.
    fn track_ui(&mut self, ui: &mut Ui, moments: &[usize], view: &mut View<'_>, words: f32) {
        let ink = theme::ink(ui);
        let steps = view.scene.experiment.steps.max(newest(view.scene.history)).max(1);
        let history = view.scene.history;
        let room = ui.available_height() - TRACK - words;
        let charted = room >= LOSSES && newest(history) > 0;
        let above = if charted { room } else { 0.0 };
        let size = vec2(ui.available_width(), above + TRACK);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
        let names = Losses::names(ui, history, size.x);
        let [left, right] = if charted {
            [NUMBERS, 3.0 * GRID + names]
        } else {
            [ENDS, ENDS]
        };
        let track = rect.top() + above + 14.0;
        let line = Rect::from_min_max(pos2(rect.left() + left, track), pos2(rect.right() - right, track));
        let width = (1.0 + steps as f32).ln();
        let place = |step: usize| line.left() + line.width() * (1.0 + step as f32).ln() / width;
        let nearest = |x: f32| {
            let distance = |step: &usize| ((place(*step) - x).abs() * 16.0) as i64;
            moments.iter().copied().min_by_key(distance)
        };
        let now = newest(view.scene.history);
        let shown = view.cursor.step.unwrap_or(now);
        response.widget_info(|| {
            let words = t!(
                "Timeline of %{moments} kept moments, at step %{step}",
                moments = moments.len(),
                step = grouped(shown as u64)
            );
            WidgetInfo::slider(true, shown as f64, words)
        });
        if let Some(step) = response.hover_pos().and_then(|pointer| nearest(pointer.x)) {
            view.cursor.hover_step(step as f64);
        }
        // A quick drag ends in the frame of its last move.
        if (response.clicked() || response.dragged() || response.drag_stopped())
            && let Some(pointer) = response.interact_pointer_pos()
        {
            self.playing = None;
            self.go(nearest(pointer.x), view);
        }
        if charted {
            let title = losses::title();
            let font = FontId::proportional(SMALL);
            let title = theme::elided(ui, &title, font, ink.weak, rect.width());
            ui.painter().galley(rect.min, title, ink.weak);
            let space = Rect::from_x_y_ranges(line.x_range(), rect.top() + TITLE..=track - 14.0);
            self.losses.lines_ui(ui, (space, names), history, steps, shown);
        }
        let painter = ui.painter_at(rect);
        painter.line_segment([line.left_top(), line.right_top()], Stroke::new(2.0, ink.line));
        painter.line_segment(
            [line.left_top(), pos2(place(now), line.top())],
            Stroke::new(2.0, ink.weak),
        );
        // The last moment first, and before it every one that has room.
        let mut free = rect.right();
        for &step in moments.iter().rev() {
            let x = place(step);
            painter.circle_filled(pos2(x, line.top()), 3.5, ink.weak);
            let text = painter.layout_no_wrap(grouped(step as u64), FontId::proportional(SMALL), ink.weak);
            let half = text.size().x / 2.0;
            let left = (x - half).min(rect.right() - 2.0 * half);
            if left >= rect.left() && left + 2.0 * half <= free {
                free = left - GRID;
                painter.galley(pos2(left, line.top() + 9.0), text, ink.weak);
            }
        }
        if let Some(step) = view.cursor.preview.step {
            let x = place(step.min(steps));
            let stroke = Stroke::new(1.0, ink.weak);
            let top = rect.top() + if charted { TITLE } else { 0.0 };
            painter.line_segment([pos2(x, top), pos2(x, line.top() + 8.0)], stroke);
        }
        let handle = pos2(place(shown), line.top());
        painter.circle(handle, 7.0, ink.paper, Stroke::new(2.0, ink.text));
        if response.has_focus() {
            painter.circle_stroke(handle, 10.0, Stroke::new(1.0, ink.text));
        }
        if view.cursor.step.is_none() {
            painter.circle_filled(handle, 3.5, ink.text);
        }
    }
}

fn carry_on(run: &str, step: &str, rate: f32) -> String {
    match rate {
        1.0 => t!("Train %{run} on from step %{step} as it was", run = run, step = step),
        _ => t!(
            "Train %{run} on from step %{step} with %{rate} times the learning rate",
            run = run,
            step = step,
            rate = rate
        ),
    }
    .into_owned()
}

/// The learning rates to go on with; answers with the net and the factor that were clicked.
fn rates_ui(ui: &mut Ui, name: &str, step: usize) -> Option<(String, f32)> {
    let clicked = |ui: &mut Ui, rate| ui.button(carry_on(name, &grouped(step as u64), rate)).clicked();
    let rate = [1.0, 0.1, 10.0]
        .into_iter()
        .fold(None, |chosen, rate| clicked(ui, rate).then_some(rate).or(chosen))?;
    ui.close();
    Some((name.to_owned(), rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_through_the_moments() {
        let moments = [0, 1, 4, 16];
        assert_eq!(neighbour(&moments, Some(1), true), Some(4));
        assert_eq!(neighbour(&moments, Some(3), false), Some(1));
        assert_eq!(neighbour(&moments, Some(0), false), Some(0));
        assert_eq!(neighbour(&moments, Some(16), true), None, "live");
        assert_eq!(neighbour(&moments, None, false), Some(4));
        assert_eq!(neighbour(&[], None, false), None);
    }
}
