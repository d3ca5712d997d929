//! Gradient weather: how the gradients of every layer change with training time, two nets on one scale, and their
//! difference.

use std::borrow::Cow;

use eframe::egui::{ComboBox, Role, Ui, WidgetInfo, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::cursor::{deepest, find};
use super::language::Language;
use super::pane::{Pane, View};
use super::theme;
use super::traces::groups;
use super::weather_strip::{COLUMNS, Strip, TIME, strips_ui};
use super::widgets::folded_ui;
use crate::export::Kind;
use crate::run::{Gradient, History, Series};

/// Width of a panel that has room for all controls in a row.
const ROOM: f32 = 500.0;

/// The panel.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Weather {
    /// Names of the nets above and beneath; where there is no such net, one is found.
    pub runs: [String; 2],
    pub quantity: Gradient,
    /// The scale leaves out the outermost fiftieths.
    pub robust: bool,
    #[serde(skip)]
    drawn: Option<Drawn>,
}

impl std::fmt::Debug for Weather {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weather")
            .field("runs", &self.runs)
            .finish_non_exhaustive()
    }
}

/// What the pictures were made from, and the pictures.
#[derive(Clone)]
struct Drawn {
    key: Key,
    strips: Vec<Strip>,
}

#[derive(Debug, Clone, PartialEq)]
struct Key {
    runs: [String; 2],
    /// Measurements of every run, whose scale is one.
    measured: usize,
    quantity: Gradient,
    robust: bool,
    range: [f64; 2],
    /// Of the titles.
    language: Language,
}

impl Pane for Weather {
    const TITLE: &'static str = "Gradient weather";
    const HINT: &'static str = "The gradient of every layer over training time, input on top, two nets on one scale";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let history = view.scene.history;
        let Some(sides) = self.sides(history) else {
            ui.label(theme::caption(t!("The weather appears once the nets are built.")));
            return;
        };
        if !theme::bare(ui) {
            self.controls_ui(ui, history, &sides);
        }
        let all = [0.0, view.scene.experiment.steps as f64];
        let range = view.cursor.zoom.unwrap_or(all).map(|step| TIME.place(step));
        let key = Key {
            measured: history.runs.iter().map(|run| run.measured.len()).sum(),
            runs: sides.map(|series| series.track.name.clone()),
            quantity: self.quantity,
            robust: self.robust,
            range,
            language: Language::spoken(),
        };
        if self.drawn.as_ref().is_none_or(|drawn| drawn.key != key) {
            let strips = strips(ui, history, sides, &key);
            self.drawn = Some(Drawn { key, strips });
        }
        if let Some(drawn) = &self.drawn {
            strips_ui(ui, view, &drawn.strips, &self.quantity.title(), range);
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Weather)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        view.scene.history.runs.iter().any(|series| !series.measured.is_empty())
    }

    fn restart(&mut self) {
        self.drawn = None;
    }
}

impl Weather {
    /// The nets above and beneath: those chosen, or the deepest plain net and its residual twin.
    pub fn sides<'a>(&self, history: &'a History) -> Option<[&'a Series; 2]> {
        let deepest = |residual| deepest(history, residual);
        let first = find(history, &self.runs[0])
            .or_else(|| deepest(false))
            .or(history.trained().first())?;
        let other = || history.trained().iter().find(|run| run.track.name != first.track.name);
        let second = find(history, &self.runs[1]).or_else(|| deepest(true)).or_else(other);
        let second = second.unwrap_or(first);
        Some([first, second])
    }

    fn controls_ui(&mut self, ui: &mut Ui, history: &History, sides: &[&Series; 2]) {
        let narrow = ui.available_width() < ROOM;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            ui.spacing_mut().combo_width = 64.0;
            let alone = groups(history).len() < 2;
            let names = [t!("Upper net"), t!("Lower net")];
            for (side, what) in names.into_iter().enumerate().take(if alone { 1 } else { 2 }) {
                let combo = ComboBox::from_id_salt(side)
                    .selected_text(theme::caption(&sides[side].track.name))
                    .show_ui(ui, |ui| {
                        for group in groups(history) {
                            ui.selectable_value(&mut self.runs[side], group.name.to_owned(), group.name);
                        }
                    });
                combo
                    .response
                    .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &*what));
            }
            folded_ui(ui, narrow, |ui| {
                for quantity in Gradient::ALL {
                    ui.selectable_value(&mut self.quantity, quantity, theme::caption(quantity.word()))
                        .on_hover_text(quantity.title());
                }
                ui.toggle_value(&mut self.robust, theme::caption(t!("robust")))
                    .on_hover_text(t!("The scale leaves out the lowest and the highest fiftieth"));
            });
        });
    }
}

/// Logarithms of the norms in effect at each column.
fn values(series: &Series, quantity: Gradient, range: [f64; 2]) -> Vec<Vec<f64>> {
    let moments: Vec<(usize, Cow<'_, [f32]>)> = series
        .measured
        .iter()
        .map(|at| (at.step, quantity.of(at)))
        .filter(|(_, norms)| !norms.is_empty())
        .collect();
    let rows = moments.iter().map(|(_, norms)| norms.len()).max().unwrap_or(0);
    let mut values = vec![vec![f64::NAN; COLUMNS]; rows];
    let newest = series.step().max(moments.last().map_or(0, |&(step, _)| step));
    for column in 0..COLUMNS {
        let place = range[0] + (range[1] - range[0]) * (column as f64 + 0.5) / COLUMNS as f64;
        let step = TIME.step(place);
        if step > newest as f64 + 0.5 {
            break;
        }
        let end = moments.partition_point(|&(at, _)| at as f64 <= step + 0.5);
        let norms = moments[..end].last().map_or(&[][..], |(_, norms)| norms);
        for (row, &norm) in values.iter_mut().zip(norms) {
            row[column] = f64::from(norm).log10();
        }
    }
    values
}

fn strips(ui: &Ui, history: &History, sides: [&Series; 2], key: &Key) -> Vec<Strip> {
    let quantity = key.quantity;
    let range = quantity.scale(history, key.robust).unwrap_or([-1.0, 0.0]);
    let same = std::ptr::eq(sides[0], sides[1]);
    let shown = if same { &sides[..1] } else { &sides[..] };
    let mut strips = Vec::new();
    for series in shown {
        let net = series.track.name.clone();
        let seeds = history.runs.iter().filter(|run| run.track.name == net).count();
        let title = match seeds > 1 {
            true => t!("%{net} (seed %{seed})", net = net, seed = series.track.seed).into(),
            false => net.clone(),
        };
        let names = quantity.names(&series.track.spec);
        let values = values(series, quantity, key.range);
        strips.push(Strip::new(ui, title, Some(net), names, values, range));
    }
    if let [upper, lower] = &strips[..]
        && upper.values.len() == lower.values.len()
        && !upper.values.is_empty()
    {
        let apart = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let values: Vec<Vec<f64>> = upper.values.iter().zip(&lower.values).map(apart).collect();
        let largest = values.iter().flatten().filter(|value| value.is_finite());
        let largest = largest.fold(0.1f64, |most, value| most.max(value.abs()));
        let title = t!("%{upper} over %{lower}", upper = upper.title, lower = lower.title).into();
        let names = upper.names.clone();
        strips.push(Strip::new(ui, title, None, names, values, [-largest, largest]));
    }
    strips
}
