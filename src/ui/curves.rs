//! Crossing fates: loss, error and learning rate against training time, with the verdict in words.

mod lines;
mod words;

use std::collections::BTreeMap;

use eframe::egui::{Rect, RichText, ScrollArea, Sense, Slider, Ui, UiBuilder, Vec2, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use self::lines::label;
use self::words::{foot_ui, legend_ui, note_ui, title_ui};
use super::Scene;
use super::axis::{Height, Time, Unit};
use super::cells::cells;
use super::chart::{Across, Bracket, Chart, Curve, Link};
use super::chart_names::{Names, Naming, crowded, has_room_for_details};
use super::pane::{Pane, View};
use super::series::Grid;
use super::theme::{self, GRID, SMALL};
use super::traces::{Trace, groups, has_seeds};
use super::verdict::{Gap, Verdict, verdict};
use super::widgets::{folded_ui, list_ui};
use crate::export::Kind;
use crate::run::{LAST, Measure};

/// The panel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Curves {
    /// Shown, in the order of [`Measure::ALL`].
    pub measures: Vec<Measure>,
    /// Steps that are averaged over.
    pub window: f32,
    /// Logarithmic axis of losses and rates.
    pub log: bool,
    /// Logarithmic axis of training time.
    pub log_x: bool,
    pub unit: Unit,
    #[serde(skip)]
    traces: BTreeMap<(Measure, String), Trace>,
    /// What the names of charts beneath each other needed when they were drawn last.
    #[serde(skip)]
    room: f32,
}

impl Default for Curves {
    fn default() -> Self {
        Self {
            measures: vec![Measure::TrainingLoss, Measure::TrainingError],
            window: LAST as f32,
            log: true,
            log_x: false,
            unit: Unit::default(),
            traces: BTreeMap::new(),
            room: 0.0,
        }
    }
}

/// Room that the options need beside the measures.
const OPTIONS_ROOM: f32 = 690.0;

/// Width of a column of which a line's lowest and highest value are drawn, in points.
const COLUMN: f32 = 3.0;

/// Height of a chart's title.
const TITLE: f32 = 18.0;
/// Height of a panel in which there is room to say what bands are.
const LEGEND_ROOM: f32 = 240.0;

/// Width of a chart that has room for the bracket's words.
const BRACKET_ROOM: f32 = 390.0;

impl Pane for Curves {
    const TITLE: &'static str = "Curves";
    const HINT: &'static str = "Loss, error and learning rate against training time";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        if !theme::bare(ui) {
            self.controls_ui(ui);
        }
        let verdict = verdict(view.scene.history, view.cursor.step);
        let mut space = ui.available_rect_before_wrap();
        // Where a lesson is about something else, it says nothing.
        let silent = verdict.idle && theme::taught(ui).is_some();
        if space.height() > LEGEND_ROOM && has_seeds(view.scene.history) {
            let legend = t!("Lines: means over seeds; bands: lowest to highest seed; ±: standard deviation.");
            space = foot_ui(ui, "legend", space, theme::caption(legend));
        }
        if space.height() > 150.0 && !silent {
            space = foot_ui(ui, "verdict", space, RichText::new(&verdict.words).size(SMALL));
        }
        let naming = self.naming(ui, view, space);
        if naming == Naming::Elsewhere {
            space = legend_ui(ui, space, view);
        }
        let (cells, height) = cells(space, self.measures.len());
        let stacked = cells.iter().skip(1).any(|cell| cell.left() == space.left());
        let mut charts = |ui: &mut Ui, shift: Vec2| {
            let mut room = 0.0f32;
            for (measure, rect) in self.measures.clone().into_iter().zip(&cells) {
                let builder = UiBuilder::new().id_salt(measure.id()).max_rect(rect.translate(shift));
                let chart = |ui: &mut Ui| self.chart_ui(ui, view, measure, (&verdict, naming, stacked));
                room = room.max(ui.scope_builder(builder, chart).inner);
            }
            if (room - self.room).abs() > 0.5 {
                self.room = room;
                ui.ctx().request_repaint();
            }
        };
        if height <= space.height() + 0.5 {
            charts(ui, Vec2::ZERO);
            return;
        }
        // More charts than there is room for.
        ui.scope_builder(UiBuilder::new().id_salt("scrolling").max_rect(space), |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let (whole, _) = ui.allocate_exact_size(vec2(space.width(), height), Sense::hover());
                charts(ui, whole.min - space.min);
            });
        });
    }

    fn figure(&self) -> Option<Kind> {
        Some(match self.measures[..] {
            [Measure::TrainingLoss] => Kind::Loss,
            [Measure::TrainingError, Measure::TestError] => Kind::Error,
            _ => Kind::Curves,
        })
    }

    fn restart(&mut self) {
        self.traces.clear();
    }
}

impl Curves {
    fn controls_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            let wide = ui.available_width() > OPTIONS_ROOM;
            for measure in Measure::ALL {
                let on = self.measures.contains(&measure);
                let button = ui.selectable_label(on, theme::caption(measure.word()));
                if button.on_hover_text(measure.title()).clicked() {
                    self.toggle(measure);
                }
            }
            ui.add_space(GRID);
            folded_ui(ui, !wide, |ui| self.options_ui(ui));
        });
    }

    /// Shows a chart or takes it away; the last one stays.
    fn toggle(&mut self, measure: Measure) {
        if !self.measures.contains(&measure) {
            self.measures.push(measure);
            self.measures.sort_unstable();
        } else if self.measures.len() > 1 {
            self.measures.retain(|other| *other != measure);
        }
    }

    fn options_ui(&mut self, ui: &mut Ui) {
        ui.spacing_mut().slider_width = 80.0;
        let slider = Slider::new(&mut self.window, 1.0..=200.0)
            .logarithmic(true)
            .integer()
            .show_value(false);
        let hint = t!("Smoothing: steps that are averaged over; the raw line stays, faint");
        let slider = ui.add(slider).on_hover_text(hint);
        let label = ui.label(theme::caption(t!("mean of %{steps}", steps = self.window.round())));
        slider.labelled_by(label.id);
        ui.toggle_value(&mut self.log, theme::caption(t!("log y")))
            .on_hover_text(t!("Logarithmic axis for losses and rates"));
        ui.toggle_value(&mut self.log_x, theme::caption(t!("log x")))
            .on_hover_text(t!("Logarithmic training time, so that the first steps have room"));
        let word = |unit: Unit| match unit {
            Unit::Step => t!("steps"),
            Unit::Epoch => t!("epochs"),
            Unit::Image => t!("images"),
        };
        ui.spacing_mut().combo_width = 56.0;
        let hint = t!("Training time counted in");
        list_ui(ui, &hint, &word(self.unit), &hint, |ui| {
            for unit in [Unit::Step, Unit::Epoch, Unit::Image] {
                ui.selectable_value(&mut self.unit, unit, word(unit));
            }
        });
    }

    /// The x axis; epochs need the size of the training split, which is known once the data is read.
    fn time(&self, scene: Scene<'_>) -> Time {
        let batch = scene.experiment.batch as f64;
        let (unit, per_step) = match (self.unit, scene.history.train_images) {
            (Unit::Epoch, Some(images)) => (Unit::Epoch, batch / images.max(1) as f64),
            (Unit::Image, _) => (Unit::Image, batch),
            (Unit::Epoch, None) | (Unit::Step, _) => (Unit::Step, 1.0),
        };
        Time {
            log: self.log_x,
            unit,
            per_step,
        }
    }

    /// How each chart names its nets: all alike, and where one has no room for names, the panel has them once.
    fn naming(&self, ui: &Ui, view: &View<'_>, space: Rect) -> Naming {
        if self.measures.len() < 2 {
            return Naming::Whole;
        }
        let (cells, _) = cells(space, self.measures.len());
        let groups = groups(view.scene.history);
        let labels: Vec<String> = groups.iter().map(label).collect();
        let size = cells[0].size() - vec2(0.0, TITLE);
        if view.cursor.zoom.is_some() || crowded(ui, size, labels.iter().map(String::as_str)) {
            return Naming::Elsewhere;
        }
        let of = |&measure: &Measure| groups.iter().map(move |group| (label(group), measure.detail(group)));
        match has_room_for_details(ui, size.x, self.measures.iter().flat_map(of)) {
            true => Naming::Whole,
            false => Naming::Bare,
        }
    }

    /// A chart with its title and its nets' names; answers the room that these need where charts are `stacked`.
    fn chart_ui(
        &mut self,
        ui: &mut Ui,
        view: &mut View<'_>,
        measure: Measure,
        (verdict, naming, stacked): (&Verdict, Naming, bool),
    ) -> f32 {
        ui.spacing_mut().item_spacing.y = 2.0;
        title_ui(ui, measure, &self.measures);
        let scene = view.scene;
        let time = self.time(scene);
        let height = Height {
            log: self.log && !measure.is_error(),
            factor: if measure.is_error() { 100.0 } else { 1.0 },
        };
        let all = [0.0, scene.experiment.steps as f64];
        let range = view.cursor.zoom.unwrap_or(all).map(|step| time.place(step));
        let grid = Grid {
            time,
            height,
            range,
            columns: ((ui.available_width() / COLUMN) as usize).max(64),
        };
        let y = match measure {
            Measure::TrainingError | Measure::TestError => 0.0..100.0,
            Measure::Rate if height.log => f64::INFINITY..f64::NEG_INFINITY,
            Measure::Rate => 0.0..f64::NEG_INFINITY,
            Measure::TrainingLoss | Measure::TestLoss => {
                height.place(if height.log { 0.1 } else { 0.0 })..height.place(2.5)
            }
        };
        let room = self.room;
        let curves = self.curves(ui, scene, measure, grid, y.end);
        let empty = curves.iter().all(|curve| curve.line.is_empty());
        // It stands at the lines' ends and says what is there, whatever moment is held.
        let held = view.cursor.step.is_some();
        let newest = match measure {
            Measure::TrainingLoss if held => super::verdict::verdict(scene.history, None).gap,
            Measure::TrainingLoss => verdict.gap.clone(),
            _ => None,
        };
        let narrow = ui.available_width() < BRACKET_ROOM;
        let bracket = newest.and_then(|gap| bracket(gap, &curves, held, narrow));
        let focus = view.cursor.preview.run.clone();
        let chart = Chart {
            id: measure.id(),
            x_label: &time.label(),
            across: Across::Time(time),
            height,
            x: time.place(all[0])..time.place(all[1]),
            y: if empty && y.start > y.end { 0.0..1.0 } else { y },
            exact: false,
            spans: &[],
            bracket,
            naming,
            room,
            point_name: None,
            focus: focus.as_deref(),
            interactive: true,
            summary: summary(scene, measure, verdict),
        };
        let zoomed = view.cursor.zoom.is_some();
        let link = Link {
            cursor: view.cursor,
            history: scene.history,
        };
        let needed = match stacked {
            true => Names::fit(ui, &curves, chart.bracket.as_ref(), naming, zoomed).room,
            false => 0.0,
        };
        let place = ui.available_rect_before_wrap();
        let pointed = chart.show_ui(ui, &curves, Some(link));
        view.cursor.point_at(ui, pointed);
        if empty {
            note_ui(ui, place, measure, scene);
        }
        needed
    }
}

/// Joins the ends of the two nets' lines, with what there is to say while a moment is `held` and while none is.
fn bracket(gap: Gap, curves: &[Curve<'_>], held: bool, narrow: bool) -> Option<Bracket> {
    let end = |name: &str| {
        let curve = curves.iter().find(|curve| curve.name == name)?;
        Some(curve.line.iter().rfind(|point| point.y.is_finite())?.y)
    };
    let by = gap.by;
    let mut texts = match narrow {
        true => [format!("+{by}"), format!("+{by}")],
        false => [
            t!("deeper, yet worse: +%{gap}", gap = by).into_owned(),
            t!("at the end: +%{gap}", gap = by).into_owned(),
        ],
    };
    if held {
        texts.reverse();
    }
    let [text, instead] = texts;
    Some(Bracket {
        from: end(&gap.shallow)?,
        to: end(&gap.deep)?,
        text,
        instead,
    })
}

/// What a screen reader says of a chart.
fn summary(scene: Scene<'_>, measure: Measure, verdict: &Verdict) -> String {
    let words = measure.summary(scene.history);
    match measure {
        Measure::TrainingLoss => format!("{words}. {}", verdict.words),
        _ => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chart_always_stays() {
        let mut curves = Curves::default();
        curves.toggle(Measure::TrainingError);
        curves.toggle(Measure::TrainingLoss);
        assert_eq!(curves.measures, [Measure::TrainingLoss]);
        curves.toggle(Measure::Rate);
        curves.toggle(Measure::TestError);
        assert_eq!(
            curves.measures,
            [Measure::TrainingLoss, Measure::TestError, Measure::Rate]
        );
    }
}
