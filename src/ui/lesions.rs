//! The lesion study: what every net is worth without each of its blocks, a bar a block.

use std::borrow::Cow;
use std::collections::BTreeMap;

use eframe::egui::{self, Align2, Color32, FontId, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::empty::Empty;
use super::net_name::{beside_name_ui, net_name_ui};
use super::outlook::{FORWARD, takes};
use super::pane::{Pane, View};
use super::theme::{self, SMALL};
use super::widgets::{grouped, percent};
use super::work::{self, button_ui, work_ui};
use super::{Action, line_style};
use crate::export::Kind;
use crate::net::{Cut, Graph, Spec};
use crate::run::{Command, Question, Removals, RunId, Series};

/// Room at the left for the numbers of the axis, and at the right for the names of the lines.
const AXIS: f32 = 46.0;
const NAMES: f32 = 84.0;
/// Least height of a net's bars; where there is no room for all nets, the panel scrolls.
const LEAST: f32 = 84.0;
/// Distance of the names of two lines.
const APART: f32 = 16.0;
/// Training images where their number is not known yet.
const USUAL: usize = 2000;

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Lesions {
    /// Nets by run, built once.
    #[serde(skip)]
    graphs: BTreeMap<RunId, Graph>,
}

impl Pane for Lesions {
    const TITLE: &'static str = "Lesions";
    const HINT: &'static str = "What every net is worth without each of its blocks, nothing trained after the cut";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let trained = view.scene.history.trained();
        let is_first = |series: &&Series| {
            let first = trained.iter().find(|other| other.track.name == series.track.name);
            first.is_some_and(|first| std::ptr::eq(first, *series))
        };
        let runs: Vec<&Series> = trained.iter().filter(is_first).collect();
        if runs.is_empty() {
            ui.label(theme::caption(t!("The bars appear once the nets are built.")));
            return;
        }
        let is_mine = |question: &Question| matches!(question, Question::Lesions { .. });
        let working = view.scene.findings.working.iter().any(|work| is_mine(&work.question));
        if !working && !self.measured(view) {
            return empty_ui(ui, &runs, view);
        }
        if !theme::bare(ui) || working || stale(&runs, view) {
            ui.horizontal(|ui| {
                let [text, hint] = about_removing();
                if !work_ui(ui, view, is_mine) && button_ui(ui, &text, &hint) {
                    ask(&runs, view);
                }
            });
        }
        let among = view.scene.history.specs();
        let gap = ui.spacing().item_spacing.y;
        let legend = t!(
            "Bars, from the input to the output: test accuracy with that block removed and nothing trained after it. Solid line: the whole net; dashed: chance. A triangle marks a block that halves the map, × one that cannot be removed; framed is the block that every panel shows."
        );
        let foot = theme::foot(ui, &legend, LEAST * runs.len() as f32);
        let each = ((ui.available_height() - foot) / runs.len() as f32 - gap).max(LEAST);
        let scrolling = egui::ScrollArea::vertical()
            .max_height(ui.available_height() - foot)
            .auto_shrink(false);
        scrolling.show(ui, |ui| {
            for series in &runs {
                let (colour, _) = line_style(ui, &series.track.spec, &among);
                let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), each), Sense::hover());
                self.net_ui(ui, rect, series, colour, view);
            }
        });
        if foot > 0.0 {
            ui.add(egui::Label::new(theme::caption(legend)).wrap());
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Lesions)
    }

    fn measured(&self, view: &View<'_>) -> bool {
        !view.scene.findings.lesions.is_empty()
    }

    fn restart(&mut self) {
        self.graphs.clear();
    }
}

impl Lesions {
    fn net_ui(&mut self, ui: &Ui, rect: Rect, series: &Series, colour: Color32, view: &mut View<'_>) {
        let ink = theme::ink(ui);
        let run = series.track.id;
        let graph = self.graphs.entry(run).or_insert_with(|| Graph::new(&series.track.spec));
        let removals = view
            .scene
            .findings
            .removals_at(run, view.cursor.step.unwrap_or(usize::MAX));
        let painter = ui.painter_at(rect);
        let small = FontId::proportional(SMALL);
        if ui.rect_contains_pointer(rect) {
            view.cursor.hover_run(series.track.name.clone());
        }
        let name = net_name_ui(ui, rect.min, run, &series.track.name, colour, view.cursor);
        let words = sentences(graph, removals.as_ref());
        beside_name_ui(ui, name, rect.right(), &words);
        let picture = ui.interact(rect, ui.scope_id().with(("lesions", run)), Sense::hover());
        let label = work::named(&series.track.name, &words[0]);
        picture.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
        let names = theme::width(ui, &whole_words(1.0), small.clone()) + 8.0;
        let bars = Rect::from_min_max(
            pos2(rect.left() + AXIS, name.bottom() + 10.0),
            rect.max - vec2(names.max(NAMES), 16.0),
        );
        let high = |share: f32| bars.bottom() - bars.height() * share.clamp(0.0, 1.0);
        for (share, text) in [(0.0, "0 %"), (1.0, "100 %")] {
            let y = high(share);
            painter.hline(bars.x_range(), y, Stroke::new(1.0, ink.line));
            painter.text(
                pos2(bars.left() - 6.0, y),
                Align2::RIGHT_CENTER,
                text,
                small.clone(),
                ink.weak,
            );
        }
        let column = bars.width() / graph.blocks.len() as f32;
        for (at, block) in graph.blocks.iter().enumerate() {
            let centre = bars.left() + column * (at as f32 + 0.5);
            let half = (column * 0.38).clamp(1.0, 18.0);
            let [from, to] = [block.input, block.output].map(|node| graph.nodes[node].output);
            let without = removals.as_ref().and_then(|removals| removals.without.get(&at));
            let refused = Cut::Removed.check(graph, at).err();
            let foot = pos2(centre, bars.bottom() + 2.0);
            if refused.is_some() {
                painter.text(foot, Align2::CENTER_TOP, "×", small.clone(), ink.weak);
            } else if removals.is_some() && without.is_none() {
                painter.text(foot, Align2::CENTER_TOP, "?", small.clone(), ink.weak);
            } else if from != to {
                let corners = [vec2(-3.5, 3.0), vec2(3.5, 3.0), vec2(0.0, 9.0)].map(|corner| foot + corner);
                painter.add(Shape::convex_polygon(corners.to_vec(), ink.weak, Stroke::NONE));
            }
            if let Some(&accuracy) = without {
                let bar = Rect::from_min_max(pos2(centre - half, high(accuracy)), pos2(centre + half, bars.bottom()));
                painter.rect_filled(bar, 1.0, ink.paper.lerp_to_gamma(colour, 0.7));
            }
            let whole = Rect::from_x_y_ranges(centre - column / 2.0..=centre + column / 2.0, bars.y_range());
            if view.cursor.layer == block.name || view.cursor.preview.layer.as_ref() == Some(&block.name) {
                painter.rect_stroke(
                    whole.shrink(0.5),
                    2.0,
                    Stroke::new(1.0, ink.weak),
                    egui::StrokeKind::Inside,
                );
            }
            let response = ui.interact(whole, ui.scope_id().with((run, at)), Sense::click());
            let about = match (refused, without) {
                (Some(why), _) => why,
                (None, None) => t!("%{block}: not tried yet", block = block.name).into_owned(),
                (None, Some(accuracy)) => t!(
                    "without %{block}: %{percent} of the test images right",
                    block = block.name,
                    percent = percent((*accuracy).into())
                )
                .into_owned(),
            };
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}, {about}", series.track.name)));
            let response = response.on_hover_text(&about);
            if response.hovered() {
                view.cursor.hover_layer(block.name.clone());
            }
            if response.clicked() {
                view.cursor.layer.clone_from(&block.name);
                view.cursor.run.clone_from(&series.track.name);
            }
        }
        let guess = 1.0 / series.track.spec.classes as f32;
        let line = [pos2(bars.left(), high(guess)), pos2(bars.right(), high(guess))];
        painter.extend(Shape::dashed_line(&line, Stroke::new(1.0, ink.weak), 4.0, 4.0));
        let beside = |y: f32| pos2(bars.right() + 6.0, y);
        painter.text(
            beside(high(guess)),
            Align2::LEFT_CENTER,
            t!("chance"),
            small.clone(),
            ink.weak,
        );
        if let Some(Removals { whole, .. }) = removals {
            painter.hline(bars.x_range(), high(whole), Stroke::new(1.5, colour));
            let words = whole_words(whole);
            let clear = if whole < guess {
                high(whole).max(high(guess) + APART)
            } else {
                high(whole).min(high(guess) - APART)
            };
            painter.text(beside(clear), Align2::LEFT_CENTER, words, small, ink.weak);
        }
    }
}

fn whole_words(accuracy: f32) -> String {
    t!("whole %{percent} %", percent = (100.0 * accuracy).round()).into()
}

fn about_removing() -> [Cow<'static, str>; 2] {
    [
        t!("Remove each block of each net"),
        t!("Tries every block alone, at the step looked at"),
    ]
}

fn ask(runs: &[&Series], view: &mut View<'_>) {
    for series in runs {
        let step = view.cursor.step.and_then(|step| series.kept_at(step));
        let run = series.track.id;
        view.actions
            .push(Action::Send(Command::Ask(Question::Lesions { run, step })));
    }
}

/// Whether some net has not been tried at the step looked at.
fn stale(runs: &[&Series], view: &View<'_>) -> bool {
    runs.iter().any(|series| {
        let kept = |step| series.kept_at(step).unwrap_or(0);
        let step = view.cursor.step.map_or(series.step(), kept);
        let known = view.scene.findings.removals_at(series.track.id, step);
        known.is_none_or(|known| known.step < step)
    })
}

fn empty_ui(ui: &mut Ui, runs: &[&Series], view: &mut View<'_>) {
    // A fifth of the images are the test split.
    let images = view.scene.history.train_images.unwrap_or(USUAL) as f64 / 4.0;
    let specs = runs.iter().map(|series| &series.track.spec);
    let work: Vec<(&Spec, f64)> = specs
        .map(|spec| (spec, FORWARD * images * (3 * spec.blocks_per_stage() + 1) as f64))
        .collect();
    let [button, hint] = about_removing();
    let empty = Empty {
        shows: t!(
            "A bar for each block of each net: its accuracy on the test images with that block taken out and nothing trained after it. In Veit et al. (2016) that hardly mattered to a ResNet and left VGG at chance."
        ),
        takes: takes(view, &work),
        button,
        hint,
    };
    if empty.show_ui(ui) {
        ask(runs, view);
    }
}

/// What a net's bars show, in ever fewer words.
fn sentences(graph: &Graph, removals: Option<&Removals>) -> Vec<String> {
    let Some((removals, found)) = removals.and_then(|removals| Some((removals, removals.statistics()?))) else {
        return vec![t!("no block has been removed at this moment").into()];
    };
    let [mean, least, whole] = [found.mean, found.least, removals.whole].map(|share| percent(share.into()));
    let worst = graph.blocks.get(found.worst).map_or("", |block| &block.name);
    let whole = t!(
        "at step %{step}: %{whole} whole; a block removed: mean %{mean}, least %{least} (%{worst})",
        step = grouped(removals.step as u64),
        whole = whole,
        mean = mean,
        least = least,
        worst = worst
    );
    let brief = t!(
        "a block removed: mean %{mean}, least %{least}",
        mean = mean,
        least = least
    );
    let mean = t!("one removed: mean %{mean}", mean = mean);
    let possible = (0..graph.blocks.len()).filter(|&at| Cut::Removed.check(graph, at).is_ok());
    let (tried, all) = (removals.without.len(), possible.count());
    let partly = |words: Cow<'_, str>| match tried < all {
        true => t!(
            "%{words} (of %{tried} of %{all} blocks)",
            words = words,
            tried = tried,
            all = all
        )
        .into_owned(),
        false => words.into_owned(),
    };
    [whole, brief, mean].map(partly).into()
}
