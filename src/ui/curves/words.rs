//! What is written around the charts: their titles, the nets' names, and sentences.

use eframe::egui::{Label, Rect, RichText, Ui, UiBuilder, pos2};
use rust_i18n::t;

use super::lines::label;
use crate::run::{LAST, Measure};
use crate::ui::axis::Height;
use crate::ui::chart::Curve;
use crate::ui::pane::View;
use crate::ui::theme::{self, GRID};
use crate::ui::traces::{Group, groups, repeats};
use crate::ui::{Scene, chart_names, line_style};

/// Largest share of the panel's height that the verdict takes.
const MOST_WORDS: f32 = 0.4;

/// Share of the lines' height from which on a number and the end of its line look apart.
const APART: f64 = 0.05;

/// Height of a chart that has room for a title of two lines.
const TWO_LINES_ROOM: f32 = 190.0;

/// What the chart shows, in as many words as it has room for; as high as the titles of `all` that stand beside it.
pub fn title_ui(ui: &mut Ui, measure: Measure, all: &[Measure]) {
    let lines = |ui: &Ui, measure: &Measure| {
        let title = theme::paragraph(ui, measure.title().into_owned(), ui.available_width());
        (title.rows.len(), title.size().y)
    };
    let (rows, height) = lines(ui, &measure);
    let highest = all.iter().map(|other| lines(ui, other).1).fold(height, f32::max);
    let roomy = ui.available_height() > TWO_LINES_ROOM;
    if roomy {
        ui.add_space(highest - height);
    }
    let label = match roomy || rows == 1 {
        true => Label::new(theme::caption(measure.title())).wrap(),
        false => Label::new(theme::caption(measure.brief())).truncate(),
    };
    let mut hint = vec![measure.title()];
    if measure.series().is_some() && measure != Measure::Rate {
        hint.push(t!("The number after a name is the mean of the last 50 steps"));
    }
    ui.add(label.show_tooltip_when_elided(false))
        .on_hover_text(hint.join("\n"));
}

/// The nets' names above all charts; answers what is left beneath them.
pub fn legend_ui(ui: &mut Ui, space: Rect, view: &mut View<'_>) -> Rect {
    let history = view.scene.history;
    let among = history.specs();
    let groups = groups(history);
    let named = |(place, group): (usize, &Group<'_>)| {
        let (colour, width) = line_style(ui, &group.runs[0].track.spec, &among);
        Curve {
            name: group.name.to_owned(),
            label: label(group),
            colour,
            width,
            dashed: repeats(&groups, place),
            ..Curve::default()
        }
    };
    let curves: Vec<Curve<'_>> = groups.iter().enumerate().map(named).collect();
    let builder = UiBuilder::new().id_salt("names").max_rect(space);
    let names = ui.scope_builder(builder, |ui| chart_names::legend_ui(ui, &curves, false));
    view.cursor.point_at(ui, names.inner);
    space.with_min_y(names.response.rect.bottom() + GRID / 2.0)
}

/// A sentence at the foot of the panel, known by `id`; answers what is left above it.
pub fn foot_ui(ui: &mut Ui, id: &str, space: Rect, words: RichText) -> Rect {
    let lines = theme::paragraph(ui, words.text().to_owned(), space.width());
    let top = space.bottom() - lines.size().y.min(MOST_WORDS * space.height());
    let foot = Rect::from_min_max(pos2(space.left(), top), space.max);
    ui.scope_builder(UiBuilder::new().id_salt(id).max_rect(foot), |ui| {
        ui.add(Label::new(words).wrap());
    });
    Rect::from_min_max(space.min, pos2(space.right(), top - 4.0))
}

/// Why a chart is empty.
pub fn note_ui(ui: &Ui, place: Rect, measure: Measure, scene: Scene<'_>) {
    let tested = matches!(measure, Measure::TestLoss | Measure::TestError);
    let words = match scene.experiment.eval_every {
        _ if !tested => return,
        0 => t!("The test split is evaluated at the end."),
        every => t!("The test split is evaluated every %{every} steps.", every = every),
    };
    let words = theme::paragraph(ui, words.into_owned(), place.width() * 0.7);
    let corner = place.center() - words.size() / 2.0;
    ui.painter().galley(corner, words, theme::ink(ui).weak);
}

/// Says what a number is: of every net where the lines are other means, else where a line visibly ends elsewhere.
pub fn tell_means(curves: &mut [Curve<'_>], groups: &[Group<'_>], measure: Measure, (height, window): (Height, usize)) {
    let all = curves.iter().flat_map(|curve| curve.line.iter());
    let heights = all.map(|point| point.y).filter(|y| y.is_finite());
    let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| {
        (low.min(y), high.max(y))
    });
    for curve in curves {
        let group = groups.iter().find(|group| group.name == curve.name);
        let mean = group.and_then(|group| measure.mean(group));
        let (Some(mean), Some(end)) = (mean, curve.line.last()) else {
            continue;
        };
        if window != LAST {
            curve.detail = t!("mean of %{steps}: %{value}", steps = LAST, value = curve.detail).into_owned();
        } else if (height.place(mean) - end.y).abs() > APART * (high - low) {
            curve.detail = t!("mean %{value}", value = curve.detail).into_owned();
        }
    }
}
