//! The nets of the experiment as cards, and the recipe they share.

use eframe::egui::{
    self, ComboBox, CornerRadius, DragValue, Frame, Grid, Margin, RichText, ScrollArea, Sense, Stroke, TextEdit, Ui,
};
use serde::{Deserialize, Serialize};

use super::draft::{Change, Draft, Facts};
use super::pane::{Pane, View};
use super::theme::{self, BODY, GRID, SMALL};
use super::widgets::{grouped, primary_button_ui, short};
use super::{Action, Scene, line_style};
use crate::net::{Family, Spec};
use crate::run::{Command, RunPlan, Series};

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Networks {
    #[serde(skip)]
    draft: Option<Draft>,
}

impl Pane for Networks {
    const TITLE: &'static str = "Networks";
    const HINT: &'static str = "The nets that are compared, and the recipe they share";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        let draft = self
            .draft
            .get_or_insert_with(|| Draft::new(scene.experiment, scene.engine));
        ScrollArea::vertical()
            .auto_shrink(false)
            .show(ui, |ui| networks_ui(ui, scene, draft, view.actions));
    }

    fn restart(&mut self) {
        self.draft = None;
    }
}

enum Edit {
    Copy(usize),
    Twin(usize),
    Remove(usize),
}

/// Cards, recipe, and what to do with changes.
fn networks_ui(ui: &mut Ui, scene: Scene<'_>, draft: &mut Draft, actions: &mut Vec<Action>) {
    draft.learn(scene.history);
    changes_ui(ui, scene, draft, actions);
    let specs: Vec<Spec> = draft
        .cards
        .iter()
        .filter_map(|card| card.check.as_ref().ok())
        .map(|facts| facts.spec.clone())
        .collect();
    let among: Vec<&Spec> = specs.iter().collect();
    let mut edit = None;
    for index in 0..draft.cards.len() {
        edit = card_ui(ui, scene, draft, index, &among).or(edit);
    }
    match edit {
        Some(Edit::Copy(index)) => draft.derive(index, false),
        Some(Edit::Twin(index)) => draft.derive(index, true),
        Some(Edit::Remove(index)) => drop(draft.cards.remove(index)),
        None => {}
    }
    if ui
        .button("Add a net")
        .on_hover_text("A plain net of depth 20 to change as you like")
        .clicked()
    {
        let width = among.first().map_or(16, |spec| spec.width);
        draft.push(RunPlan {
            name: "new".into(),
            net: format!("plain-20:width={width}"),
        });
    }
    ui.add_space(GRID);
    recipe_ui(ui, scene, draft, actions);
}

fn card_ui(ui: &mut Ui, scene: Scene<'_>, draft: &mut Draft, index: usize, among: &[&Spec]) -> Option<Edit> {
    let ink = theme::ink(ui);
    let card = &mut draft.cards[index];
    let running = scene.experiment.runs.contains(&card.plan);
    let series = scene
        .history
        .runs
        .iter()
        .find(|series| series.track.name == card.plan.name);
    let mut changed = false;
    let mut edit = None;
    let frame = Frame::new()
        .fill(ink.paper)
        .stroke(Stroke::new(1.0, ink.line))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.horizontal(|ui| {
            let (swatch, _) = ui.allocate_exact_size(egui::vec2(14.0, 22.0), Sense::hover());
            if let Ok(facts) = &card.check {
                let (colour, width) = line_style(ui, &facts.spec, among);
                let line = egui::Rect::from_center_size(swatch.center(), egui::vec2(14.0, 1.6 * width));
                ui.painter().rect_filled(line, 1.0, colour);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().button_padding = egui::vec2(8.0, 0.0);
                ui.spacing_mut().interact_size.y = 22.0;
                let menu = ui.menu_button("…", |ui| {
                    if ui.button("Duplicate").clicked() {
                        edit = Some(Edit::Copy(index));
                    }
                    if let Ok(facts) = &card.check
                        && ui.button(twin_words(facts)).clicked()
                    {
                        edit = Some(Edit::Twin(index));
                    }
                    if ui.button("Remove").clicked() {
                        edit = Some(Edit::Remove(index));
                    }
                });
                let label = format!("Actions for {}", card.plan.name);
                menu.response
                    .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
                let name = TextEdit::singleline(&mut card.plan.name)
                    .font(egui::FontId::new(BODY, theme::semibold()))
                    .frame(Frame::NONE)
                    .desired_width(f32::INFINITY);
                ui.add(name).on_hover_text("Name on curves and in folders");
            });
        });
        let spec = TextEdit::multiline(&mut card.plan.net)
            .return_key(None)
            .desired_rows(1)
            .font(egui::FontId::proportional(SMALL))
            .desired_width(f32::INFINITY);
        let spec = ui
            .add(spec)
            .on_hover_text("family-depth:key=value,... as on the command line");
        let label = format!("Spec of {}", card.plan.name);
        spec.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
        changed = spec.changed();
        match &card.check {
            Ok(facts) => {
                let sizes = format!(
                    "{} params · {} multiply-adds",
                    grouped(facts.parameters as u64),
                    count(facts.multiply_adds)
                );
                ui.label(theme::caption(sizes));
            }
            Err(sentence) => {
                ui.label(RichText::new(sentence).size(SMALL).color(ink.error));
            }
        }
        let state = match series {
            _ if !running => "not running yet".to_owned(),
            Some(series) => standing(series),
            None => "preparing".to_owned(),
        };
        ui.label(theme::caption(state));
    });
    if changed {
        // A pasted line break is no part of a spec.
        draft.cards[index].plan.net.retain(|c| !c.is_control());
        draft.recheck(index);
    }
    edit
}

fn twin_words(facts: &Facts) -> &'static str {
    if facts.spec.family == Family::Plain {
        "Add residual twin"
    } else {
        "Add plain twin"
    }
}

/// Where a run stands, in a few words.
fn standing(series: &Series) -> String {
    if let Some(step) = series.diverged {
        return format!("diverged at step {}", grouped(step as u64));
    }
    let test = series
        .evaluated
        .last()
        .map(|point| format!(" · test error {:.1} %", 100.0 * point.error))
        .unwrap_or_default();
    match series.final_loss() {
        Some(loss) => format!(
            "step {} · loss {}{test}",
            grouped(series.step() as u64),
            short(f64::from(loss))
        ),
        None => "at its initial weights".into(),
    }
}

/// `1.4 M`, `40.6 M`, `125 M`.
fn count(number: u64) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{} k", short(number as f64 / 1e3)),
        1_000_000..1_000_000_000 => format!("{} M", short(number as f64 / 1e6)),
        _ => format!("{} G", short(number as f64 / 1e9)),
    }
}

fn recipe_ui(ui: &mut Ui, scene: Scene<'_>, draft: &mut Draft, actions: &mut Vec<Action>) {
    ui.label(theme::strong("Recipe", BODY));
    let before = scene.experiment.schedule.rate;
    Grid::new("recipe").num_columns(2).spacing([GRID, 6.0]).show(ui, |ui| {
        let experiment = &mut draft.experiment;
        let label = ui.label("Steps");
        ui.add(DragValue::new(&mut experiment.steps).range(1..=1_000_000).speed(10))
            .labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Learning rate");
        ui.horizontal(|ui| {
            let rate = DragValue::new(&mut experiment.schedule.rate)
                .range(1e-6..=10.0)
                .speed(0.001)
                .max_decimals(6);
            ui.add(rate).labelled_by(label.id);
            let differs = experiment.schedule.rate != before;
            if differs
                && ui
                    .button("Use now")
                    .on_hover_text("From the next step on, without a restart")
                    .clicked()
            {
                actions.push(Action::Send(Command::SetRate(experiment.schedule.rate)));
            }
        });
        ui.end_row();
        let label = ui.label("Batch");
        ui.add(DragValue::new(&mut experiment.batch).range(2..=4096))
            .labelled_by(label.id);
        ui.end_row();
        let label = ui.label("Seed");
        if let Some(seed) = experiment.seeds.first_mut() {
            ui.add(DragValue::new(seed)).labelled_by(label.id);
        }
        ui.end_row();
        let label = ui.label("Engine");
        ComboBox::from_id_salt("engine")
            .selected_text(draft.engine.as_str())
            .show_ui(ui, |ui| {
                for engine in scene.engines {
                    ui.selectable_value(&mut draft.engine, (*engine).to_owned(), *engine);
                }
            })
            .response
            .labelled_by(label.id);
        ui.end_row();
    });
    ui.label(theme::caption(scene.experiment.recipe_line()));
}

fn changes_ui(ui: &mut Ui, scene: Scene<'_>, draft: &mut Draft, actions: &mut Vec<Action>) {
    let change = draft.change(scene.experiment, scene.engine);
    if change == Change::None {
        return;
    }
    let ink = theme::ink(ui);
    let frame = Frame::new()
        .stroke(Stroke::new(1.0, ink.weak))
        .corner_radius(CornerRadius::same(8))
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let obstacle = draft.obstacle();
        ui.label(match &obstacle {
            None => RichText::new("Changed, not running yet.").size(SMALL),
            Some(sentence) => RichText::new(sentence).size(SMALL).color(ink.error),
        });
        ui.horizontal_wrapped(|ui| {
            ui.add_enabled_ui(obstacle.is_none(), |ui| {
                if let Change::Added(plans) = change
                    && primary_button_ui(ui, "Add to this training", egui::vec2(0.0, 30.0)).clicked()
                {
                    actions.extend(plans.into_iter().map(Action::Add));
                }
                if ui.button("Restart with it").clicked() {
                    actions.push(Action::Start(Box::new(draft.experiment()), draft.engine.clone()));
                }
            });
            if ui.button("Undo").clicked() {
                draft.undo(scene.experiment, scene.engine);
            }
        });
    });
}
