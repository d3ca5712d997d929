//! The block forms: one block of a net drawn in the ways that it can be written, with what each computes and takes here.

use std::collections::BTreeMap;

use eframe::egui::{self, Align2, Color32, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::empty::Empty;
use super::pane::{Pane, View};
use super::theme::{self, GRID, Ink, SMALL};
use super::traces::groups;
use super::widgets::{grouped, short};
use super::work::{button_ui, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::{Form, Graph, Split};
use crate::probe::{Formed, Forms};
use crate::run::{Command, Question, RunId, RunPlan, Series};

/// A net whose blocks split, for a lab that has none.
const EXAMPLE: &str = "resnext-20:width=16,cardinality=8,group_width=4";
/// Least and largest height of a block as it is drawn.
const DRAWING: [f32; 2] = [110.0, 340.0];
/// Height of a convolution in a block of the least height.
const LAYER: f32 = 17.0;
/// Paths that are drawn; the others are dots.
const DRAWN: usize = 4;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlockForms {
    /// By run, how its block splits, or why it does not.
    #[serde(skip)]
    splits: BTreeMap<RunId, Result<Split, String>>,
}

impl Pane for BlockForms {
    const TITLE: &'static str = "Block forms";
    const HINT: &'static str = "One ResNeXt block written in several ways: the same function, and what each takes here";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let history = view.scene.history;
        let runs: Vec<&Series> = groups(history).iter().map(|group| group.runs[0]).collect();
        if runs.is_empty() {
            ui.label(theme::caption(t!("The forms appear once the nets are built.")));
            return;
        }
        let Some((series, split)) = self.chosen(&runs, view) else {
            Self::nothing_splits_ui(ui, view);
            return;
        };
        let among = history.specs();
        let (colour, _) = line_style(ui, &series.track.spec, &among);
        let run = series.track.id;
        let found = view
            .scene
            .findings
            .forms_at(run, view.cursor.step.unwrap_or(usize::MAX));
        let mut working = false;
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::strong(&series.track.name, SMALL).color(colour));
            ui.label(theme::caption(t!(
                "block %{block}: %{paths} paths of %{width} channels, between %{channels}",
                block = split.block,
                paths = split.paths,
                width = split.path_width(),
                channels = split.channels
            )));
            working = work_ui(ui, view, |question| matches!(question, Question::Forms { .. }));
            let hint = t!("Computes the block in every form with its weights, and times each form's training steps");
            if !working && !theme::withheld(ui) && button_ui(ui, &t!("Compare the forms"), &hint) {
                let step = view.cursor.step.and_then(|step| series.kept_at(step));
                view.actions
                    .push(Action::Send(Command::Ask(Question::Forms { run, step })));
            }
        });
        // The drawing takes what the words beneath it leave.
        let known = ui.scope_id().with("words");
        let room = ui.available_height();
        let words = ui.data(|data| data.get_temp(known)).unwrap_or(0.6 * room);
        let high = (room - words)
            .clamp(DRAWING[0], DRAWING[1])
            .min((0.5 * room).max(DRAWING[0]));
        let shown = egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let forms = found.map(|(_, forms)| forms.as_ref());
            finding_ui(ui, forms);
            forms_ui(ui, &split, forms, (colour, high));
            match found {
                None if !working => promise_ui(ui),
                _ => legend_ui(ui),
            }
        });
        let drawn = shown.content_size.y - high;
        if (drawn - words).abs() > 0.5 {
            ui.data_mut(|data| data.insert_temp(known, drawn));
            ui.ctx().request_repaint();
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Forms)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        !view.scene.findings.forms.is_empty()
    }

    fn restart(&mut self) {
        self.splits.clear();
    }
}

impl BlockForms {
    /// The net looked at if its block splits, otherwise the first that does.
    fn chosen<'a>(&mut self, runs: &[&'a Series], view: &View<'_>) -> Option<(&'a Series, Split)> {
        for series in runs {
            self.splits
                .entry(series.track.id)
                .or_insert_with(|| Split::of(&Graph::new(&series.track.spec)));
        }
        let split = |series: &&&Series| self.splits.get(&series.track.id).is_some_and(Result::is_ok);
        let looked_at = |series: &&&Series| series.track.name == view.cursor.run;
        let mut fitting = runs.iter().filter(split);
        let series = fitting.clone().find(looked_at).or_else(|| fitting.next())?;
        let split = self.splits.get(&series.track.id)?.clone().ok()?;
        Some((series, split))
    }

    fn nothing_splits_ui(ui: &mut Ui, view: &mut View<'_>) {
        let why = t!(
            "No net here has blocks that split into paths. In blocks of two convolutions the split is trivial: the paths together equal a wider dense block."
        );
        let hint = t!("Adds %{net} to the training", net = EXAMPLE);
        let empty = Empty {
            shows: why,
            takes: String::new(),
            button: t!("Add a ResNeXt"),
            hint,
        };
        if empty.show_ui(ui) {
            view.actions.push(Action::Add(RunPlan::new("resnext-20", EXAMPLE)));
        }
    }
}

/// Before anything is measured: what will stand under the forms.
fn promise_ui(ui: &mut Ui) {
    ui.add_space(GRID);
    let words = t!(
        "Measured in some seconds: how far each form's outputs and gradients are from the others', and how long a training step of the block takes here."
    );
    ui.add(egui::Label::new(theme::caption(words)).wrap());
}

/// The four columns, with blocks drawn in a colour and as high as that.
fn forms_ui(ui: &mut Ui, split: &Split, found: Option<&Forms>, style: (Color32, f32)) {
    let gap = 2.0 * GRID;
    let width = ((ui.available_width() - 3.0 * gap) / 4.0).max(96.0);
    let heading = |form: &Form| {
        let font = FontId::new(SMALL, theme::semibold());
        let ink = theme::ink(ui).text;
        ui.painter().layout(title(*form), font, ink, width).size().y
    };
    let heading = Form::ALL.iter().map(heading).fold(0.0, f32::max);
    let slowest = found
        .map(|forms| {
            forms
                .formed
                .iter()
                .filter_map(|formed| formed.seconds)
                .fold(0.0, f64::max)
        })
        .unwrap_or(0.0);
    egui::ScrollArea::horizontal()
        .id_salt("columns")
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                for form in Form::ALL {
                    ui.allocate_ui(vec2(width, 0.0), |ui| {
                        ui.vertical(|ui| {
                            ui.set_width(width);
                            ui.spacing_mut().item_spacing.y = 3.0;
                            let formed = found.and_then(|forms| forms.of(form));
                            let (title, _) = ui.allocate_exact_size(vec2(width, heading), Sense::hover());
                            title_ui(ui, title, form);
                            form_ui(ui, split, form, formed, slowest, style);
                        });
                    });
                }
            });
        });
}

fn title_ui(ui: &mut Ui, place: Rect, form: Form) {
    let font = FontId::new(SMALL, theme::semibold());
    let ink = theme::ink(ui).text;
    let words = ui.painter().layout(title(form), font, ink, place.width());
    ui.painter().galley(place.min, words, ink);
}

fn form_ui(
    ui: &mut Ui,
    split: &Split,
    form: Form,
    formed: Option<&Formed>,
    slowest: f64,
    (colour, high): (Color32, f32),
) {
    let ink = theme::ink(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), high), Sense::hover());
    draw(ui, rect, split, form, colour);
    let milliseconds = |seconds: f64| format!("{:.2}", 1000.0 * seconds);
    let seconds = formed.and_then(|formed| formed.seconds);
    let time = seconds.map(|seconds| t!("a step: %{time} ms", time = milliseconds(seconds)));
    // What all forms have comes first, so that it stands in one row.
    let mut lines = Vec::new();
    if let Some(seconds) = formed.and_then(|formed| formed.window_seconds) {
        lines.push(t!("of it 3×3: %{time} ms", time = milliseconds(seconds)));
    }
    lines.push(t!(
        "3×3: %{count} parameters",
        count = grouped(split.window_parameters(form) as u64)
    ));
    if let Some(formed) = formed {
        if form == Form::Grouped {
            lines.push(t!("compared with the others"));
        } else {
            lines.push(t!("outputs: %{off} apart", off = short(formed.output.into())));
            lines.push(t!("gradients: %{off} apart", off = short(formed.gradient.into())));
        }
    }
    let parts: Vec<&str> = time.iter().chain(&lines).map(|line| &**line).collect();
    let about = format!("{}. {}", title(form), parts.join(". "));
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &about));
    if let (Some(seconds), Some(time)) = (seconds, time) {
        ui.add(egui::Label::new(theme::caption(time)).wrap());
        let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 10.0), Sense::hover());
        let share = (seconds / slowest.max(f64::MIN_POSITIVE)) as f32;
        ui.painter().rect_filled(bar, 2.0, ink.line.gamma_multiply(0.5));
        let filled = Rect::from_min_size(bar.min, vec2(bar.width() * share, bar.height()));
        ui.painter()
            .rect_filled(filled, 2.0, ink.paper.lerp_to_gamma(colour, 0.7));
        ui.add_space(GRID / 2.0);
    }
    for line in lines {
        ui.add(egui::Label::new(theme::caption(line)).wrap());
    }
}

fn title(form: Form) -> String {
    match form {
        Form::Paths => t!("(a) paths, added up"),
        Form::Concatenated => t!("(b) paths, side by side"),
        Form::Grouped => t!("(c) one grouped 3×3"),
        Form::Dense => t!("dense 3×3, with zeros"),
    }
    .into_owned()
}

/// The block from above: what it reads, its convolutions, the sum with the shortcut.
fn draw(ui: &Ui, rect: Rect, split: &Split, form: Form, colour: Color32) {
    let ink = theme::ink(ui);
    let pen = Pen {
        painter: ui.painter_at(rect),
        ink,
        colour,
        half: LAYER / 2.0 * rect.height() / DRAWING[0],
    };
    let top = rect.top() + 10.0;
    let bottom = rect.bottom() - 12.0;
    let row = |at: usize| top + (bottom - top) * [0.18, 0.46, 0.74][at];
    let shortcut = rect.right() - 8.0;
    let (left, right) = (rect.left() + 4.0, shortcut - 14.0);
    let middle = (left + right) / 2.0;
    let sum = pos2(middle, bottom);
    pen.line(pos2(middle, top), pos2(shortcut, top));
    pen.line(pos2(shortcut, top), pos2(shortcut, bottom));
    pen.line(pos2(shortcut, bottom), sum);
    match form {
        Form::Grouped | Form::Dense => {
            pen.line(pos2(middle, top), sum);
            let half = (right - left) / 2.0;
            pen.layer(middle, row(0), half * 0.6, "1×1");
            pen.layer(middle, row(1), half * 0.6, "");
            if form == Form::Grouped {
                pen.groups(middle, row(1), half * 0.6, split.paths.min(8));
            }
            pen.name(middle, row(1), half * 0.6, "3×3");
            pen.layer(middle, row(2), half, "1×1");
        }
        Form::Paths | Form::Concatenated => {
            let count = split.paths.min(DRAWN);
            let step = (right - left) / count as f32;
            for path in 0..count {
                let x = left + step * (path as f32 + 0.5);
                if path + 2 == count && split.paths > DRAWN {
                    let rows = if form == Form::Paths { 3 } else { 2 };
                    (0..rows).for_each(|at| pen.dots(pos2(x, row(at))));
                    continue;
                }
                let half = step * 0.4;
                pen.line(pos2(middle, top), pos2(x, row(0) - pen.half));
                pen.line(pos2(x, row(0)), pos2(x, row(2)));
                pen.layer(x, row(0), half, "1×1");
                pen.layer(x, row(1), half, "3×3");
                if form == Form::Paths {
                    pen.line(pos2(x, row(2) + pen.half), sum);
                    pen.layer(x, row(2), half, "1×1");
                }
            }
            if form == Form::Concatenated {
                pen.layer(middle, row(2), (right - left) / 2.0, "1×1");
                pen.line(pos2(middle, row(2) + pen.half), sum);
            }
        }
    }
    pen.sum(sum);
}

struct Pen {
    painter: egui::Painter,
    ink: Ink,
    colour: Color32,
    /// Half the height of a convolution.
    half: f32,
}

impl Pen {
    fn line(&self, from: egui::Pos2, to: egui::Pos2) {
        self.painter.line_segment([from, to], Stroke::new(1.0, self.ink.weak));
    }

    fn layer(&self, x: f32, y: f32, half: f32, name: &str) {
        let rect = Rect::from_center_size(pos2(x, y), 2.0 * vec2(half, self.half));
        self.painter.rect_filled(rect, 2.0, self.fill());
        self.name(x, y, half, name);
    }

    fn fill(&self) -> Color32 {
        self.ink.paper.lerp_to_gamma(self.colour, 0.35)
    }

    /// Where it has room between the layer's ends; no cut crosses it.
    fn name(&self, x: f32, y: f32, half: f32, name: &str) {
        let font = FontId::proportional(SMALL);
        let name = self.painter.layout_no_wrap(name.to_owned(), font, self.ink.text);
        let rect = Rect::from_center_size(pos2(x, y), name.size());
        if rect.width() + 4.0 <= 2.0 * half {
            let ground = vec2(rect.width() + 6.0, rect.height().min(2.0 * self.half));
            self.painter
                .rect_filled(Rect::from_center_size(rect.center(), ground), 0.0, self.fill());
            self.painter.galley(rect.min, name, self.ink.text);
        }
    }

    /// Cuts through a layer.
    fn groups(&self, x: f32, y: f32, half: f32, count: usize) {
        for cut in 1..count {
            let at = x - half + 2.0 * half * cut as f32 / count as f32;
            let ends = [y - self.half, y + self.half].map(|y| pos2(at, y));
            self.painter.line_segment(ends, Stroke::new(1.5, self.ink.paper));
        }
    }

    fn dots(&self, at: egui::Pos2) {
        for shift in [-6.0, 0.0, 6.0] {
            self.painter.circle_filled(at + vec2(shift, 0.0), 1.5, self.ink.weak);
        }
    }

    fn sum(&self, at: egui::Pos2) {
        self.painter.circle_filled(at, 7.0, self.ink.paper);
        self.painter.circle_stroke(at, 7.0, Stroke::new(1.0, self.ink.text));
        let font = FontId::proportional(SMALL);
        self.painter.text(at, Align2::CENTER_CENTER, "+", font, self.ink.text);
    }
}

/// How much the zeros of the dense form cost.
fn finding_ui(ui: &mut Ui, found: Option<&Forms>) {
    if let Some(forms) = found
        && let Some(times) = forms.dense_times()
    {
        let sentence = match forms.times(Form::Dense, Form::Grouped) {
            Some(whole) if whole != times => t!(
                "The dense 3×3 has %{paths} times the parameters of the grouped one; alone it takes %{times} times as long here, the whole block %{whole} times.",
                paths = forms.split.paths,
                times = short(times),
                whole = short(whole)
            ),
            _ => t!(
                "The dense 3×3 has %{paths} times the parameters of the grouped one; the block with it takes %{times} times as long here.",
                paths = forms.split.paths,
                times = short(times)
            ),
        };
        ui.add(egui::Label::new(theme::strong(sentence, SMALL)).wrap());
    }
}

/// What the numbers are of.
fn legend_ui(ui: &mut Ui) {
    ui.add_space(GRID);
    let mut legend = t!(
        "Differences are the largest found, as a share of the largest value. Times are the fastest of 15 training steps of this block alone (of the whole step where the engine has no clock for its kernels)."
    )
    .into_owned();
    if !theme::lecture(ui) {
        let more = t!(
            " In (b) the maps are put side by side by convolutions with ones, because the engines know no other way; its time counts them. The last normalisation is left out: it would stand behind the sum."
        );
        legend.push_str(&more);
    }
    ui.add(egui::Label::new(theme::caption(legend)).wrap());
}
