//! One net of the experiment as a card: colour, name, text form, fields, what it costs and where it stands.

use std::borrow::Cow;
use std::collections::BTreeSet;

use eframe::egui::{
    self, Align, Button, CornerRadius, FontId, Frame, Key, Label, Layout, Margin, Modifiers, Response, RichText, Sense,
    Stroke, TextEdit, Ui, UiBuilder, WidgetInfo, vec2,
};
use rust_i18n::t;

use super::at_right::AtRight;
use super::draft::{Card, Draft, Facts};
use super::form::{Refusal, Row, badge_ui, choice_ui, number_ui};
use super::line_style;
use super::net_field::{hint, meaning};
use super::pane::View;
use super::sizes::{Sizes, costs, costs_ui, effect};
use super::standing;
use super::theme::{self, BODY, SMALL};
use super::widgets::{grouped, menu_space, quiet_button_ui};
use crate::net::{Family, Field, Spec};
use crate::run::RunPlan;

/// What a card asks for.
pub enum Edit {
    Copy,
    Twin,
    Remove,
    Rename(String),
    /// Another text form.
    Text(String),
    /// Another net.
    Spec(Box<Spec>),
    Refuse(Field, String),
    ShowAll,
    CopyText,
}

/// What cards are drawn from.
pub struct Deck<'a> {
    pub draft: &'a Draft,
    /// Specs of all readable cards.
    pub among: &'a [&'a Spec],
    /// Those of the nets that run: as long as they do, their cards have the colours of their lines.
    pub running: &'a [&'a Spec],
    /// Cards that show every field.
    pub open: &'a BTreeSet<usize>,
    pub refused: Option<&'a Refusal>,
    /// The card whose text was copied last.
    pub copied: Option<usize>,
}

/// Width that the button for more fields takes.
const MORE: f32 = 48.0;
/// Width that stands beside a name where a badge is: swatch, badge and menu.
const BESIDE_NAME: f32 = 140.0;
/// Fields that a card shows at first.
const FIRST: [Field; 2] = [Field::Depth, Field::Width];

impl Deck<'_> {
    /// Draws a card. A click on it makes its net the one that every panel looks at most closely.
    pub fn card_ui(&self, ui: &mut Ui, view: &mut View<'_>, card: &Card) -> Option<Edit> {
        let ink = theme::ink(ui);
        let chosen = view.cursor.run == card.plan.name;
        let edge = match (chosen, view.cursor.points_at(&card.plan.name)) {
            (true, _) => ink.text,
            (false, true) => ink.weak,
            (false, false) => ink.line,
        };
        let frame = Frame::new()
            .fill(ink.paper)
            .stroke(Stroke::new(1.0, edge))
            .corner_radius(CornerRadius::same(8))
            .inner_margin(Margin::symmetric(10, 8));
        let mut edit = None;
        let builder = UiBuilder::new().id_salt(("card", card.id)).sense(Sense::click());
        let scope = ui.scope_builder(builder, |ui| {
            frame.show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 4.0;
                edit = self.contents_ui(ui, view, card);
            });
        });
        let response = scope.response;
        response.widget_info(|| {
            WidgetInfo::selected(
                egui::Role::Group,
                true,
                chosen,
                t!("Card of %{net}", net = card.plan.name),
            )
        });
        if response.hovered() {
            view.cursor.hover_run(card.plan.name.clone());
        }
        if response.clicked() {
            view.cursor.run.clone_from(&card.plan.name);
        }
        edit
    }

    fn contents_ui(&self, ui: &mut Ui, view: &View<'_>, card: &Card) -> Option<Edit> {
        let ink = theme::ink(ui);
        let branch = view.scene.experiment.branch(&card.plan.name);
        let mut edit = self.title_ui(ui, card, branch.is_some());
        if let Some(sentence) = &card.trouble {
            ui.label(RichText::new(sentence).size(SMALL).color(ink.error));
        }
        if let Some(branch) = branch {
            ui.label(theme::caption(branch.words()));
        }
        let mut text = card.plan.net.clone();
        let field = TextEdit::multiline(&mut text)
            .id(egui::Id::unique(("spec", card.id)))
            .return_key(None)
            .desired_rows(1)
            .font(FontId::proportional(SMALL))
            .desired_width(f32::INFINITY);
        let field = ui.add(field).on_hover_text(t!(
            "The net in one line, family-depth:key=value,… as on the command line and in experiment files. Ctrl+C copies it."
        ));
        field.widget_info(|| {
            WidgetInfo::labeled(egui::Role::TextInput, true, t!("Spec of %{net}", net = card.plan.name))
        });
        leave_on_enter(ui, &field);
        if field.changed() {
            // A pasted line break is no part of a spec.
            text.retain(|c| !c.is_control());
            edit = Some(Edit::Text(text));
        }
        if let Some(file) = card.plan.weights.as_ref().and_then(|source| source.file_name()) {
            ui.label(theme::caption(t!("from weights %{file}", file = file.display())));
        }
        match &card.check {
            Ok(facts) => {
                edit = self.fields_ui(ui, card, facts).or(edit);
                costs_ui(ui, facts.sizes, card.before);
            }
            Err(sentence) => {
                ui.label(RichText::new(sentence).size(SMALL).color(ink.error));
            }
        }
        let state = self.state(view, card);
        let lines = |width: f32| theme::paragraph(ui, standing::parted(ui, &state, width), width);
        let (whole, beside) = (lines(ui.available_width()), lines(ui.available_width() - MORE));
        let cramped = beside.rows.len() > 2;
        if cramped {
            ui.add(Label::new(whole));
        }
        ui.horizontal(|ui| {
            if !cramped {
                ui.add(Label::new(beside));
            }
            let end = Layout::right_to_left(Align::Center);
            edit = ui.with_layout(end, |ui| self.more_ui(ui, card)).inner.or(edit.take());
        });
        edit
    }

    /// Shows all fields, or a few.
    fn more_ui(&self, ui: &mut Ui, card: &Card) -> Option<Edit> {
        let open = self.open.contains(&card.id);
        let words = if open { t!("Less") } else { t!("More") };
        let name = if open {
            t!("Fewer fields of %{net}", net = card.plan.name)
        } else {
            t!("All fields of %{net}", net = card.plan.name)
        };
        ui.spacing_mut().interact_size.y = 20.0;
        let more = quiet_button_ui(ui, &words, &name);
        more.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &*name));
        more.clicked().then_some(Edit::ShowAll)
    }

    /// Where it stands, in a few words.
    fn state(&self, view: &View<'_>, card: &Card) -> String {
        if self.copied == Some(card.id) {
            return t!("text copied").into_owned();
        }
        match self.draft.ran(card) {
            None => return t!("not running yet").into_owned(),
            Some(ran) if *ran != card.plan => return t!("changed, not running yet").into_owned(),
            Some(_) => {}
        }
        let all = &view.scene.history.runs;
        let mut seeds = all.iter().filter(|run| run.track.name == card.plan.name);
        let Some(first) = seeds.next() else {
            return t!("preparing").into_owned();
        };
        if let (Some(branch), 0) = (view.scene.experiment.branch(&card.plan.name), first.step()) {
            return t!("begins at step %{step}", step = grouped(branch.step as u64)).into_owned();
        }
        let standing = standing::words(first);
        if seeds.next().is_none() {
            return standing;
        }
        t!(
            "%{standing} · seed %{seed}",
            standing = standing,
            seed = first.track.seed
        )
        .into_owned()
    }

    fn title_ui(&self, ui: &mut Ui, card: &Card, dashed: bool) -> Option<Edit> {
        let mut edit = None;
        let badge = self.badge(card);
        // The name comes first.
        let name = theme::width(ui, &card.plan.name, FontId::new(BODY, theme::semibold()));
        let beside = ui.available_width() - name > BESIDE_NAME;
        ui.horizontal(|ui| {
            let (swatch, _) = ui.allocate_exact_size(vec2(14.0, 22.0), Sense::hover());
            if let Ok(facts) = &card.check {
                let runs = self.running.contains(&&facts.spec);
                let among = if runs { self.running } else { self.among };
                let (colour, width) = line_style(ui, &facts.spec, among);
                let parts: &[_] = if dashed {
                    &[(0.0, 5.5), (8.5, 14.0)]
                } else {
                    &[(0.0, 14.0)]
                };
                for (from, to) in parts {
                    let across = swatch.left() + from..=swatch.left() + to;
                    let stroke = Stroke::new(1.6 * width, colour);
                    ui.painter().hline(across, swatch.center().y, stroke);
                }
            }
            let tools = AtRight::new(ui, "tools");
            let room = ui.available_width() - tools.width(ui) - ui.spacing().item_spacing.x;
            edit = self.name_ui(ui, card, room);
            let chosen = tools.show_ui(ui, |ui| {
                ui.spacing_mut().button_padding = vec2(8.0, 0.0);
                ui.spacing_mut().interact_size.y = 22.0;
                let mut edit = None;
                if let Some((word, hint)) = badge.as_ref().filter(|_| beside) {
                    badge_ui(ui, word, hint);
                }
                let menu = ui.menu_button("…", |ui| edit = menu_ui(ui, card, self.draft.twin_of(card)));
                let name = t!("Actions for %{net}", net = card.plan.name);
                let menu = menu.response.on_hover_text(&*name);
                menu.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &*name));
                edit
            });
            edit = chosen.or(edit.take());
        });
        if let Some((word, hint)) = badge.filter(|_| !beside) {
            ui.horizontal(|ui| badge_ui(ui, &word, &hint));
        }
        edit
    }

    /// What a restart would change about it, in a word and in a sentence.
    fn badge(&self, card: &Card) -> Option<(Cow<'static, str>, Cow<'static, str>)> {
        match self.draft.ran(card) {
            None => Some((
                t!("new"),
                t!("Not running yet: it can join the training or start with a restart"),
            )),
            Some(ran) if *ran != card.plan => Some((
                t!("restart"),
                t!("Changed: it runs as before until the experiment is restarted"),
            )),
            Some(_) => None,
        }
    }

    fn name_ui(&self, ui: &mut Ui, card: &Card, room: f32) -> Option<Edit> {
        let mut name = card.plan.name.clone();
        // A long one takes a second line.
        let field = TextEdit::multiline(&mut name)
            .return_key(None)
            .desired_rows(1)
            .id(egui::Id::unique(("name", card.id)))
            .font(FontId::new(BODY, theme::semibold()))
            .frame(Frame::NONE)
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(room);
        let field = ui.add(field).on_hover_text(t!("Name on curves and in folders"));
        field.widget_info(|| {
            WidgetInfo::labeled(egui::Role::TextInput, true, t!("Name of %{net}", net = card.plan.name))
        });
        leave_on_enter(ui, &field);
        if field.has_focus() {
            let around = field.rect.expand2(vec2(4.0, 2.0));
            let stroke = egui::Stroke::new(1.0, theme::ink(ui).text);
            ui.painter().rect_stroke(around, 4.0, stroke, egui::StrokeKind::Outside);
        }
        name.retain(|c| !c.is_control());
        field.changed().then_some(Edit::Rename(name))
    }

    fn fields_ui(&self, ui: &mut Ui, card: &Card, facts: &Facts) -> Option<Edit> {
        let fields = if self.open.contains(&card.id) {
            &Field::ALL[..]
        } else {
            &FIRST[..]
        };
        let ran: Option<Spec> = self.draft.ran(card).and_then(|plan| plan.net.parse().ok());
        let mut edit = None;
        for &field in fields {
            let now = facts.spec.value(field);
            let was = ran.as_ref().map(|ran| ran.value(field)).filter(|was| *was != now);
            let row = Row {
                label: field.label(),
                hint: hint(field),
                was,
                refused: Refusal::of(self.refused, Some(card.id), field.key()),
            };
            let name = t!("%{field} of %{net}", field = field.label(), net = card.plan.name);
            let value = row.show_ui(ui, |ui| field_ui(ui, field, &facts.spec, &name));
            if let Some(value) = value {
                edit = Some(match facts.spec.with(field, &value) {
                    Ok(spec) => Edit::Spec(Box::new(spec)),
                    Err(sentence) => Edit::Refuse(field, sentence),
                });
            }
        }
        if self.open.contains(&card.id) {
            let [channels, height, width] = facts.spec.input;
            let row = Row {
                label: t!("Input"),
                hint: t!("Channels, height and width of an image, and the classes: the data decides"),
                was: None,
                refused: None,
            };
            let words = t!(
                "%{size}, %{classes} classes",
                size = format!("{channels}×{height}×{width}"),
                classes = facts.spec.classes
            );
            row.show_ui(ui, |ui| ui.add(egui::Label::new(theme::caption(words)).wrap()));
        }
        edit
    }
}

/// The control of a field; answers with a new value.
fn field_ui(ui: &mut Ui, field: Field, spec: &Spec, name: &str) -> Option<String> {
    let now = spec.value(field);
    if field.choices().is_empty() {
        let value: f64 = now.parse().unwrap_or_default();
        let pace = if field == Field::Scale { (0.01, 4) } else { (0.1, 0) };
        let entered = number_ui(ui, name, value, pace, &hint(field))?;
        return Some(match field {
            Field::Scale => (entered.value as f32).to_string(),
            Field::Depth if entered.pulled => nearest_depth(spec, entered.value).to_string(),
            _ => (entered.value.max(0.0).round() as usize).to_string(),
        });
    }
    let shown = if spec.has(field) { now.as_str() } else { "–" };
    let chosen = choice_ui(ui, name, shown, field.choices(), |choice| {
        match effect(spec, field, choice) {
            Ok(sizes) => format!("{}\n{}", meaning(field, choice), costs(sizes, Some(Sizes::of(spec)))),
            Err(sentence) => sentence,
        }
    });
    chosen.map(str::to_owned)
}

/// A field of one line is done with Enter, also where a long text takes several.
fn leave_on_enter(ui: &Ui, field: &Response) {
    if field.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
        field.surrender_focus();
    }
}

/// The possible depth next to `wish` in the direction it was pulled.
fn nearest_depth(spec: &Spec, wish: f64) -> usize {
    let step = 3 * spec.convolutions_per_block();
    let blocks = (spec.depth - 2) / step;
    let wished = (wish - 2.0) / step as f64;
    let blocks = if wished > blocks as f64 {
        wished.ceil()
    } else {
        wished.floor()
    };
    blocks.max(1.0) as usize * step + 2
}

fn menu_ui(ui: &mut Ui, card: &Card, twin: Option<&str>) -> Option<Edit> {
    let mut edit = None;
    menu_space(ui);
    if ui.button(t!("Duplicate")).clicked() {
        edit = Some(Edit::Copy);
    }
    if let Ok(facts) = &card.check {
        let words = if facts.spec.family == Family::Plain {
            t!("Add residual twin")
        } else {
            t!("Add plain twin")
        };
        let hint =
            t!("The same layers with or without shortcuts, from the same initial weights where the shapes agree");
        let button = ui.add_enabled(twin.is_none(), Button::new(words)).on_hover_text(hint);
        let there = t!("%{net} is its twin", net = twin.unwrap_or_default());
        if button.on_disabled_hover_text(there).clicked() {
            edit = Some(Edit::Twin);
        }
    }
    if ui.button(t!("Copy the text")).clicked() {
        edit = Some(Edit::CopyText);
    }
    if ui.button(t!("Remove")).clicked() {
        edit = Some(Edit::Remove);
    }
    edit
}

/// A plain net to begin with, as wide as the others.
pub fn beginning(among: &[&Spec]) -> RunPlan {
    let width = among.first().map_or(16, |spec| spec.width);
    RunPlan::new("plain-20", format!("plain-20:width={width}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulled_depth_goes_to_the_next_possible_one() {
        let spec: Spec = "plain-20".parse().unwrap();
        for (wish, depth) in [(21.0, 26), (26.0, 26), (27.0, 32), (19.0, 14), (-5.0, 8)] {
            assert_eq!(nearest_depth(&spec, wish), depth, "{wish}");
        }
    }
}
