//! Feature maps: the channels of one node for one image, two nets side by side.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, ColorImage, ComboBox, FontId, Rect, Role, Sense, TextureHandle, TextureOptions, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};
use eframe::egui_wgpu::Callback;
use serde::{Deserialize, Serialize};

use super::cursor::find;
use super::pane::{Pane, View};
use super::theme::{self, GRID, SMALL};
use super::widgets::short;
use super::{Action, Scene};
use crate::export::Kind;
use crate::net::Graph;
use crate::paint::{GridLayout, MapGrid};
use crate::palette;
use crate::probe::Subject;
use crate::run::{Command, MapRequest, Maps, Series};

/// The panel.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeatureMaps {
    /// Names of the runs chosen for the left and the right; where there is no such run, one is found.
    pub runs: [String; 2],
    #[serde(skip)]
    sent: Option<MapRequest>,
}

/// Maps that have arrived, ready to be drawn.
pub struct Shown {
    /// As they came.
    pub maps: Maps,
    image: TextureHandle,
    grids: Vec<Grid>,
}

struct Grid {
    step: usize,
    shape: [usize; 3],
    values: Arc<[f32]>,
    low: f32,
    high: f32,
}

impl Shown {
    /// Prepares maps for drawing.
    pub fn new(ctx: &egui::Context, maps: Maps) -> Self {
        let image = ctx.load_texture(
            "map image",
            picture(&maps.image.shape, &maps.image.data),
            TextureOptions::NEAREST,
        );
        let grids = maps.maps.iter().map(|(step, array)| {
            let finite = || array.data.iter().copied().filter(|value| value.is_finite());
            Grid {
                step: *step,
                low: finite().fold(f32::INFINITY, f32::min).min(0.0),
                high: finite().fold(f32::NEG_INFINITY, f32::max),
                shape: <[usize; 3]>::try_from(array.shape.as_slice()).unwrap_or([0; 3]),
                values: array.data.as_slice().into(),
            }
        });
        Self {
            image,
            grids: grids.collect(),
            maps,
        }
    }
}

/// `[C, H, W]` in 0..=1, grey unless it has three channels.
fn picture(shape: &[usize], values: &[f32]) -> ColorImage {
    let &[channels, height, width] = shape else {
        return ColorImage::filled([1, 1], Color32::GRAY);
    };
    let size = height * width;
    let byte = |channel: usize, at: usize| (values[channel * size + at].clamp(0.0, 1.0) * 255.0).round() as u8;
    let pixels = (0..size).map(|at| match channels {
        3 => Color32::from_rgb(byte(0, at), byte(1, at), byte(2, at)),
        _ => Color32::from_gray(byte(0, at)),
    });
    ColorImage::new([width, height], pixels.collect())
}

impl Pane for FeatureMaps {
    const TITLE: &'static str = "Feature maps";
    const HINT: &'static str = "What the channels of a layer answer to one image, two nets side by side";

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        if scene.history.runs.is_empty() {
            ui.label(theme::caption("The maps appear once the nets are built."));
            return;
        }
        let names = self.sides(scene);
        let sides = names
            .clone()
            .map(|name| find(scene.history, &name).map(|series| (series, Graph::new(&series.track.spec))));
        let [Some(left), Some(right)] = &sides else { return };
        self.choice_ui(ui, view, &left.1, &names);
        let nodes: Vec<_> = [left, right]
            .map(|(series, graph)| (series.track.id, view.cursor.layer_in(graph)))
            .into();
        let request = MapRequest {
            nodes,
            image: Subject::Test(view.cursor.image),
            step: view.cursor.step.and_then(|step| left.0.kept_at(step)),
        };
        if self.sent.as_ref() != Some(&request) {
            self.sent = Some(request.clone());
            view.actions.push(Action::Send(Command::Watch(Some(request.clone()))));
        }
        match view.shown.filter(|shown| shown.maps.request.nodes == request.nodes) {
            Some(shown) => draw_ui(ui, view, [left.0, right.0], shown),
            None => drop(ui.label(theme::caption("Waiting for the trainer to compute these maps."))),
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Maps)
    }

    /// Another trainer has to be asked again.
    fn restart(&mut self) {
        self.sent = None;
    }
}

impl FeatureMaps {
    /// The runs to show: those that were chosen, or the deepest plain net and the deepest residual one.
    fn sides(&self, scene: Scene<'_>) -> [String; 2] {
        let runs = &scene.history.runs;
        let deepest = |residual: bool| {
            let family = runs.iter().filter(|series| series.track.spec.residual() == residual);
            family.max_by_key(|series| series.track.spec.depth)
        };
        let name = |series: &Series| series.track.name.clone();
        let chosen = |side: usize| find(scene.history, &self.runs[side]).map(name);
        let left = chosen(0).unwrap_or_else(|| name(deepest(false).unwrap_or(&runs[0])));
        let other = || runs.iter().find(|series| series.track.name != left).unwrap_or(&runs[0]);
        let right = chosen(1).unwrap_or_else(|| name(deepest(true).unwrap_or_else(other)));
        [left, right]
    }

    fn choice_ui(&mut self, ui: &mut Ui, view: &mut View<'_>, graph: &Graph, names: &[String; 2]) {
        let layer = view.cursor.layer_in(graph);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            ui.spacing_mut().button_padding = vec2(6.0, 4.0);
            ui.spacing_mut().combo_width = 64.0;
            for (side, what) in ["Left net", "Right net"].into_iter().enumerate() {
                let combo = ComboBox::from_id_salt(what)
                    .selected_text(theme::caption(&names[side]))
                    .show_ui(ui, |ui| {
                        for series in first_seeds(view.scene) {
                            let name = series.track.name.clone();
                            ui.selectable_value(&mut self.runs[side], name.clone(), name);
                        }
                    });
                named(&combo.response, Role::ComboBox, what);
            }
            let back = ui
                .small_button("◀")
                .on_hover_text("Layer before (Left; every node with Shift)");
            named(&back, Role::Button, "Layer before");
            if back.clicked() {
                view.cursor.walk(graph, -1, true);
            }
            let combo = ComboBox::from_id_salt("layer")
                .selected_text(theme::caption(&layer))
                .show_ui(ui, |ui| {
                    for node in &graph.nodes[1..] {
                        if ui.selectable_label(layer == node.name, &node.name).clicked() {
                            view.cursor.layer = node.name.clone();
                        }
                    }
                });
            named(&combo.response, Role::ComboBox, "Layer");
            let on = ui.small_button("▶").on_hover_text("Next layer (Right)");
            named(&on, Role::Button, "Next layer");
            if on.clicked() {
                view.cursor.walk(graph, 1, true);
            }
        });
    }
}

fn draw_ui(ui: &mut Ui, view: &mut View<'_>, sides: [&Series; 2], shown: &Shown) {
    let all = ui.available_rect_before_wrap();
    ui.allocate_rect(all, Sense::hover());
    let column = (all.width() * 0.16).clamp(68.0, 120.0);
    let (left, mut rest) = all.split_left_right_at_x(all.left() + column);
    ui.scope_builder(UiBuilder::new().max_rect(left), |ui| image_ui(ui, view, shown));
    rest.min.x += GRID;
    let (mut first, mut second) = rest.split_left_right_at_fraction(0.5);
    first.max.x -= GRID / 2.0;
    second.min.x += GRID / 2.0;
    for (index, (rect, series)) in [first, second].into_iter().zip(sides).enumerate() {
        if let Some(grid) = shown.grids.get(index) {
            ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
                grid_ui(ui, rect, series, &shown.maps.request.nodes[index].1, grid, index as u64);
            });
        }
    }
}

/// The image with its class, and the way to the others.
fn image_ui(ui: &mut Ui, view: &mut View<'_>, shown: &Shown) {
    ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
    ui.spacing_mut().button_padding = vec2(6.0, 2.0);
    if let Some(label) = shown.maps.label {
        ui.label(theme::caption(format!("class {label}")));
    }
    let side = ui.available_width().min(ui.available_height() - 56.0).max(24.0);
    ui.add(egui::Image::new(&shown.image).fit_to_exact_size(vec2(side, side)));
    ui.label(theme::caption(format!("image {}", view.cursor.image)));
    ui.horizontal(|ui| {
        for (sign, what, hint, forward) in [
            ("▲", "Image before", "Image before (Up)", false),
            ("▼", "Next image", "Next image (Down)", true),
        ] {
            let button = ui.small_button(sign).on_hover_text(hint);
            named(&button, Role::Button, what);
            if button.clicked() {
                view.turn_image(forward);
            }
        }
    });
}

fn named(response: &egui::Response, role: Role, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(role, true, name));
}

fn first_seeds<'a>(scene: Scene<'a>) -> impl Iterator<Item = &'a Series> {
    let runs = &scene.history.runs;
    runs.iter()
        .enumerate()
        .filter(|(index, series)| !runs[..*index].iter().any(|other| other.track.name == series.track.name))
        .map(|(_, series)| series)
}

fn grid_ui(ui: &mut Ui, rect: Rect, series: &Series, node: &str, grid: &Grid, place: u64) {
    let ink = theme::ink(ui);
    let [channels, height, width] = grid.shape;
    if channels * height * width == 0 || grid.values.len() != channels * height * width {
        return;
    }
    let painter = ui.painter_at(rect);
    let title = painter.layout_no_wrap(
        series.track.name.clone(),
        FontId::new(SMALL, theme::semibold()),
        ink.text,
    );
    let after = rect.min + vec2(title.size().x + GRID, 0.0);
    painter.galley(rect.min, title, ink.text);
    let about = format!("{node}, {channels} × {height}×{width}, step {}", grid.step);
    // The longest description that fits.
    let words = [
        about.clone(),
        format!("{node}, step {}", grid.step),
        format!("step {}", grid.step),
    ];
    let fitting = words.into_iter().find_map(|words| {
        let galley = painter.layout_no_wrap(words, FontId::proportional(SMALL), ink.weak);
        (after.x + galley.size().x <= rect.right()).then_some(galley)
    });
    if let Some(galley) = fitting {
        painter.galley(after, galley, ink.weak);
    }

    let space = Rect::from_min_max(rect.min + vec2(0.0, 20.0), rect.max - vec2(0.0, 22.0));
    if space.height() < 8.0 || space.width() < 8.0 {
        return;
    }
    let pixels = ui.pixels_per_point();
    let layout = GridLayout::fit(
        channels,
        [height, width],
        [space.width() * pixels, space.height() * pixels],
    );
    let corner = pos2(
        (space.left() * pixels).round() / pixels,
        (space.top() * pixels).round() / pixels,
    );
    let drawn = Rect::from_min_size(corner, vec2(layout.size[0] / pixels, layout.size[1] / pixels));
    let callback = MapGrid {
        place,
        layout,
        shape: grid.shape,
        values: Arc::clone(&grid.values),
        low: grid.low,
        high: grid.high,
    };
    painter.add(Callback::new_paint_callback(drawn, callback));
    let response = ui.interact(drawn, ui.scope_id().with(place), Sense::hover());
    let label = format!(
        "Feature maps of {}, {about}, from {} to {}",
        series.track.name, grid.low, grid.high
    );
    named(&response, Role::Image, &label);
    scale_ui(ui, rect, drawn.bottom(), grid);
}

/// The colour map with the values at its ends.
fn scale_ui(ui: &Ui, rect: Rect, above: f32, grid: &Grid) {
    let ink = theme::ink(ui);
    let painter = ui.painter_at(rect);
    let font = FontId::proportional(SMALL);
    let line = (above + 12.0).min(rect.bottom() - 8.0);
    let low = painter.text(
        pos2(rect.left(), line),
        Align2::LEFT_CENTER,
        short(f64::from(grid.low)),
        font.clone(),
        ink.weak,
    );
    let bar = Rect::from_min_size(
        pos2(low.right() + 6.0, line - 4.0),
        vec2((rect.width() * 0.4).min(120.0), 8.0),
    );
    let mut mesh = egui::Mesh::default();
    let table = palette::cividis();
    for (index, &[r, g, b]) in table.iter().enumerate().step_by(5) {
        let x = bar.left() + bar.width() * index as f32 / 255.0;
        let colour = Color32::from_rgb(r, g, b);
        mesh.colored_vertex(pos2(x, bar.top()), colour);
        mesh.colored_vertex(pos2(x, bar.bottom()), colour);
    }
    for quad in 0..mesh.vertices.len() as u32 / 2 - 1 {
        mesh.add_triangle(2 * quad, 2 * quad + 1, 2 * quad + 2);
        mesh.add_triangle(2 * quad + 1, 2 * quad + 2, 2 * quad + 3);
    }
    painter.add(mesh);
    painter.text(
        pos2(bar.right() + 6.0, line),
        Align2::LEFT_CENTER,
        short(f64::from(grid.high)),
        font,
        ink.weak,
    );
}
