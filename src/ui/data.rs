//! Data before training: a sheet of samples, the balance of classes, and a button that puts it into the experiment.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use eframe::egui::{
    Align2, Color32, ColorImage, Context, DragValue, FontId, Id, Label, Rect, RichText, Role, ScrollArea, Sense,
    TextEdit, TextureHandle, TextureOptions, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::empty::Empty;
use super::pane::{Pane, View};
use super::theme::{self, GRID, SMALL};
use super::widgets::{grouped, primary_button_ui};
use super::{Action, Scene};
use crate::error::Result;
use crate::export::Kind;
use crate::run::{Preview, Wanted};

/// Side of a sample on the sheet, least and where there is room; room of its label, and between rows.
const SAMPLE: f32 = 52.0;
const LARGE: f32 = 112.0;
const LABEL: f32 = 18.0;
const BETWEEN: f32 = 4.0;
/// Width of a panel in which the balance has room beside the samples.
const BESIDE: f32 = 480.0;
/// Least heights of the samples and of the balance, whose title takes a line.
const SHEET: f32 = SAMPLE + LABEL + 6.0;
const BALANCE: f32 = 4.0 * BAR + 20.0;
const BAR: f32 = 22.0;

/// The panel.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Data {
    /// As typed.
    path: String,
    #[serde(skip)]
    reading: Option<Receiver<Result<Preview>>>,
    #[serde(skip)]
    found: Option<Found>,
    /// Why it cannot be read.
    #[serde(skip)]
    problem: Option<String>,
}

/// What was found, with its samples in one texture beneath each other.
#[derive(Clone)]
struct Found {
    preview: Preview,
    sheet: TextureHandle,
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found")
            .field("data", &self.preview.name)
            .finish_non_exhaustive()
    }
}

impl Clone for Data {
    /// Without what is being read: an answer goes to one.
    fn clone(&self) -> Self {
        Self {
            path: self.path.clone(),
            reading: None,
            found: self.found.clone(),
            problem: self.problem.clone(),
        }
    }
}

impl Pane for Data {
    const TITLE: &'static str = "Data";
    const HINT: &'static str = "What the nets learn from, and your own images in its place";

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Data)
    }

    /// Counted, not measured.
    fn measured(&self, _view: &View<'_>) -> bool {
        false
    }

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        self.listen(ui.ctx());
        self.path_ui(ui, view);
        if let Some(problem) = &self.problem {
            let text = RichText::new(problem).size(SMALL).color(theme::ink(ui).error);
            ui.add(Label::new(text).wrap());
        }
        if self.reading.is_some() {
            ui.label(theme::caption(t!("Reading the data …")));
        }
        if self.found.is_some() {
            self.found_ui(ui, view);
        } else if self.reading.is_none() && self.problem.is_none() {
            let source = view.scene.experiment.data.clone();
            let empty = Empty {
                shows: t!("The nets learn from %{data}.", data = source.to_string()),
                takes: t!("A sheet of its images, and how many there are of each class.").into_owned(),
                button: t!("Data in use"),
                hint: t!("Look at what the nets learn from"),
            };
            if empty.show_ui(ui) {
                self.look(ui.ctx(), Wanted::Source(source));
            }
        }
    }
}

impl Data {
    /// The data that was looked at last.
    pub fn preview(&self) -> Option<&Preview> {
        self.found.as_ref().map(|found| &found.preview)
    }

    /// Looks at a folder or file of the user's.
    pub fn offer(&mut self, ctx: &Context, path: PathBuf) {
        self.path = path.display().to_string();
        self.look(ctx, Wanted::Path(path));
    }

    fn look(&mut self, ctx: &Context, wanted: Wanted) {
        self.problem = None;
        let ctx = ctx.clone();
        match Preview::read(wanted, Arc::new(move || ctx.request_repaint())) {
            Ok(answer) => self.reading = Some(answer),
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    fn listen(&mut self, ctx: &Context) {
        let Some(answer) = self.reading.as_ref().and_then(|answer| answer.try_recv().ok()) else {
            return;
        };
        self.reading = None;
        match answer {
            Ok(preview) => {
                let sheet = sheet(ctx, &preview);
                self.found = Some(Found { preview, sheet });
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    fn path_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.spacing_mut().button_padding = vec2(8.0, 4.0);
            let words = t!("Folder of your data");
            let edit = TextEdit::singleline(&mut self.path)
                .hint_text(t!("CIFAR, IDX or a folder of images"))
                .desired_width(280.0);
            let response = ui.add(edit);
            response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &words));
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
            let look = ui
                .button(theme::caption(t!("Look")))
                .on_hover_text(t!("Show what is in it; nothing is trained yet"));
            if (look.clicked() || entered) && !self.path.trim().is_empty() {
                self.offer(ui.ctx(), PathBuf::from(self.path.trim()));
            }
            let hint =
                t!("The system's own dialog; where there is none, type the path or drop the folder onto the window");
            if ui.button(theme::caption(t!("Choose …"))).on_hover_text(hint).clicked() {
                view.actions.push(Action::ChooseData);
            }
            let source = view.scene.experiment.data.clone();
            let other = self.found.as_ref().is_some_and(|found| found.preview.source != source);
            if (other || self.problem.is_some())
                && ui
                    .button(theme::caption(t!("Data in use")))
                    .on_hover_text(t!("Look at what the nets learn from"))
                    .clicked()
            {
                self.look(ui.ctx(), Wanted::Source(source));
            }
        });
    }

    fn found_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let Some(found) = &self.found else { return };
        let preview = &found.preview;
        ui.add(Label::new(theme::caption(preview.facts())).wrap());
        let mut again = None;
        ui.horizontal_wrapped(|ui| {
            again = options_ui(ui, preview);
            use_ui(ui, preview, view);
        });
        let beside = ui.available_width() > BESIDE;
        let space = ui.available_rect_before_wrap();
        let least = if beside { SHEET } else { SHEET + BALANCE + GRID };
        if space.height() >= least {
            self.pictures_ui(ui, space, beside);
        } else {
            // Both as high as they are, and one scroll bar for them.
            let rows = preview.samples.len().div_ceil(columns(space.width(), SAMPLE));
            let [sheet, balance] = [
                rows as f32 * (SAMPLE + LABEL + BETWEEN),
                BALANCE + BAR * preview.classes.len() as f32,
            ];
            let height = if beside {
                sheet.max(balance)
            } else {
                2.0 * sheet.max(balance) + GRID
            };
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let (_, space) = ui.allocate_space(vec2(ui.available_width(), height));
                self.pictures_ui(ui, space, beside);
            });
        }
        if let Some(wanted) = again {
            self.look(ui.ctx(), wanted);
        }
    }
}

impl Data {
    /// The samples and the balance, beside each other or not.
    fn pictures_ui(&self, ui: &mut Ui, space: Rect, beside: bool) {
        let Some(found) = &self.found else { return };
        let across = if beside { 0.55 * space.width() } else { space.width() };
        let down = if beside {
            space.height()
        } else {
            (0.5 * space.height()).max(SHEET)
        };
        let left = Rect::from_min_size(space.min, vec2(across, down));
        let right = if beside {
            Rect::from_min_max(pos2(left.right() + 2.0 * GRID, space.top()), space.max)
        } else {
            Rect::from_min_max(pos2(space.left(), left.bottom() + GRID), space.max)
        };
        ui.scope_builder(UiBuilder::new().id_salt("sheet").max_rect(left), |ui| {
            samples_ui(ui, found)
        });
        ui.scope_builder(UiBuilder::new().id_salt("balance").max_rect(right), |ui| {
            balance_ui(ui, &found.preview);
        });
    }
}

/// Size and pooling of the user's own images; answers with what to read again.
fn options_ui(ui: &mut Ui, preview: &Preview) -> Option<Wanted> {
    preview.path()?;
    let mut source = preview.source.clone();
    let [_, height, width] = preview.shape;
    let id = Id::unique(("data size", &source.path));
    let now = source.size.unwrap_or(height.max(width) * source.pool.unwrap_or(1));
    let mut side = ui.data_mut(|data| *data.get_temp_mut_or(id, now));
    let label = ui.label(theme::caption(t!("side")));
    let drag = ui
        .add(DragValue::new(&mut side).range(4..=256).speed(0.25))
        .on_hover_text(t!("Images are resized to squares of this many pixels"));
    drag.clone().labelled_by(label.id);
    ui.data_mut(|data| data.insert_temp(id, side));
    if (drag.drag_stopped() || drag.lost_focus()) && side != now {
        source.size = Some(side);
        return Some(Wanted::Source(source));
    }
    None
}

/// The button that puts the data into the experiment, or the sentence that says why that cannot be.
fn use_ui(ui: &mut Ui, preview: &Preview, view: &mut View<'_>) {
    let Scene { experiment, engine, .. } = view.scene;
    if experiment.data == preview.source {
        ui.label(theme::caption(t!("The nets learn from this data.")));
        return;
    }
    match preview.put_into(experiment) {
        Ok(changed) => {
            let hint = t!("Starts the experiment anew: the nets take on the shape and the classes of this data");
            if primary_button_ui(ui, &t!("Use this data"), vec2(0.0, 28.0))
                .on_hover_text(hint)
                .clicked()
            {
                view.actions.push(Action::Start(Box::new(changed), engine.to_owned()));
            }
        }
        Err(error) => {
            let text = RichText::new(error.to_string()).size(SMALL).color(theme::ink(ui).error);
            ui.add(Label::new(text).wrap());
        }
    }
}

/// All samples beneath each other.
fn sheet(ctx: &Context, preview: &Preview) -> TextureHandle {
    let [channels, height, width] = preview.shape;
    let area = height * width;
    let mut pixels = Vec::with_capacity(preview.samples.len() * area);
    for sample in &preview.samples {
        for pixel in 0..area {
            let value = |channel: usize| {
                let channel = if channels < 3 { 0 } else { channel };
                (255.0 * sample.image[channel * area + pixel]).round() as u8
            };
            pixels.push(Color32::from_rgb(value(0), value(1), value(2)));
        }
    }
    let image = ColorImage::new([width, height * preview.samples.len()], pixels);
    ctx.load_texture("samples", image, TextureOptions::NEAREST)
}

/// Samples beside each other.
fn columns(width: f32, side: f32) -> usize {
    ((width / (side + GRID)) as usize).max(1)
}

/// The largest side at which so many samples are all seen.
fn side(space: Vec2, count: usize) -> f32 {
    let rows = |side: f32| count.div_ceil(columns(space.x, side)) as f32;
    let mut side = LARGE;
    while side > SAMPLE && rows(side) * (side + LABEL + BETWEEN) > space.y {
        side -= 2.0;
    }
    side
}

fn samples_ui(ui: &mut Ui, found: &Found) {
    let preview = &found.preview;
    let ink = theme::ink(ui);
    let side = side(ui.available_size(), preview.samples.len());
    let columns = columns(ui.available_width(), side);
    let rows = preview.samples.len().div_ceil(columns);
    ui.spacing_mut().item_spacing.y = BETWEEN;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, side + LABEL, rows, |ui, range| {
            for row in range {
                let (_, line) = ui.allocate_space(vec2(ui.available_width(), side + LABEL));
                for column in 0..columns {
                    let index = row * columns + column;
                    let Some(sample) = preview.samples.get(index) else {
                        break;
                    };
                    let left = line.left() + column as f32 * (side + GRID);
                    let cell = Rect::from_min_size(pos2(left, line.top()), vec2(side, side));
                    let count = preview.samples.len() as f32;
                    let part = [index as f32 / count, (index + 1) as f32 / count];
                    let uv = Rect::from_min_max(pos2(0.0, part[0]), pos2(1.0, part[1]));
                    ui.painter().image(found.sheet.id(), cell, uv, Color32::WHITE);
                    let name = &preview.classes[sample.label as usize];
                    let response = ui.interact(cell, ui.scope_id().with(index), Sense::hover());
                    response
                        .widget_info(|| WidgetInfo::labeled(Role::Image, true, t!("Sample of %{class}", class = name)));
                    response.on_hover_text(name);
                    let name = theme::elided(ui, name, FontId::proportional(SMALL), ink.weak, side + GRID / 2.0);
                    let at = pos2(cell.center().x, cell.bottom() + LABEL / 2.0);
                    ui.painter().galley(at - name.size() / 2.0, name, ink.weak);
                }
            }
        });
}

/// Bars of training and test images by class.
fn balance_ui(ui: &mut Ui, preview: &Preview) {
    let ink = theme::ink(ui);
    ui.add(Label::new(theme::caption(t!("Images of each class: training, test"))).truncate());
    let most = preview
        .train
        .iter()
        .chain(&preview.test)
        .copied()
        .max()
        .unwrap_or(1)
        .max(1) as f32;
    let font = FontId::proportional(SMALL);
    let widest = preview
        .classes
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(1);
    let names = (widest as f32 * 7.5).clamp(16.0, 0.35 * ui.available_width());
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, BAR, preview.classes.len(), |ui, range| {
            for class in range {
                let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
                let (name, train, test) = (&preview.classes[class], preview.train[class], preview.test[class]);
                let words = t!(
                    "%{class}: %{train} training images, %{test} test images",
                    class = name,
                    train = train,
                    test = test
                );
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
                let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
                let name = theme::elided(ui, name, font.clone(), ink.text, names);
                let corner = rect.left_center() - vec2(0.0, name.size().y / 2.0);
                painter.galley(corner, name, ink.text);
                let from = rect.left() + names + GRID;
                let room = (rect.right() - from - 90.0).max(20.0);
                for (count, top, colour) in [(train, 3.0, ink.text), (test, 12.0, ink.faded)] {
                    let size = vec2((room * count as f32 / most).max(1.0), 7.0);
                    let bar = Rect::from_min_size(pos2(from, rect.top() + top), size);
                    painter.rect_filled(bar, 2.0, colour);
                }
                let text = format!("{}, {}", grouped(train as u64), grouped(test as u64));
                painter.text(rect.right_center(), Align2::RIGHT_CENTER, text, font.clone(), ink.weak);
                response.on_hover_text(words);
            }
        });
}
