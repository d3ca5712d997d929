//! All runs, on the disk and in memory: sorted, named, pinned, hidden, thrown away, and set beside the live ones.

mod curves;
mod table;
mod tools;

use std::path::Path;

use eframe::egui::{Color32, Key, Modifiers, Ui, UiBuilder};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use self::table::{Table, Touch};
use super::pane::{Pane, View};
use super::task::PaneKey;
use super::theme::{self, GRID};
use super::{Action, Scene, line_style, styled};
use crate::export::Kind;
use crate::net::{Family, Spec};
use crate::palette::{Style, run_style};
use crate::run::shelf::{Column, Errand, Item, Line, Mark, RunKey, columns, now};
use crate::run::{Experiment, History, Shelf};

/// Least height of the chart beneath the table.
const CHART: f32 = 230.0;
/// Least height of a part of the table above it.
const ROWS: f32 = 220.0;

/// The panel.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Runs {
    sort: Column,
    downwards: bool,
    /// Hidden runs are shown.
    hidden: bool,
    /// Only runs are shown that have this in their names.
    #[serde(skip)]
    find: String,
    #[serde(skip)]
    chosen: Option<RunKey>,
    /// The run that is being named, and its name so far.
    #[serde(skip)]
    naming: Option<(RunKey, String)>,
    /// Asked whether the trash should be emptied.
    #[serde(skip)]
    emptying: bool,
    #[serde(skip)]
    order: Order,
}

/// The lines in order, as long as nothing changes.
#[derive(Debug, Clone, Default)]
struct Order {
    /// Edition of the list, live runs, and what was asked for.
    of: Option<(u64, usize, Asked)>,
    /// Those on the disk, and live ones of which nothing is there yet.
    items: Vec<Item>,
    columns: Vec<Column>,
    widths: Vec<f32>,
    /// A net of each family and depth among them, with its style.
    depths: Vec<(Spec, Style)>,
    /// How many are hidden.
    hidden: usize,
}

/// A net of that family and depth, whatever else it is.
fn by_depth(spec: &Spec) -> Spec {
    let family = if spec.residual() { Family::Resnet } else { Family::Plain };
    Spec::new(family, spec.depth)
}

/// What the user wants to see.
type Asked = (Column, bool, bool, String, String);

impl Default for Runs {
    fn default() -> Self {
        Self {
            sort: Column::Written,
            downwards: false,
            hidden: false,
            find: String::new(),
            chosen: None,
            naming: None,
            emptying: false,
            order: Order::default(),
        }
    }
}

impl Pane for Runs {
    const TITLE: &'static str = "Runs";
    const HINT: &'static str = "Every run on this computer: compare, name, pin, hide, throw away";
    const KEYS: &'static [PaneKey] = &[
        PaneKey::new(Modifiers::NONE, Key::F2, "rename the chosen run"),
        PaneKey::new(Modifiers::NONE, Key::Delete, "move the chosen run to the trash"),
    ];

    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>) {
        let scene = view.scene;
        self.sort_out(ui, scene);
        self.tools_ui(ui, view);
        if self.order.items.is_empty() {
            ui.label(theme::caption(if self.find.is_empty() {
                t!("No runs yet. What is trained here or in the terminal (depthscope train) appears by itself.")
            } else {
                t!("No run has this in its name.")
            }));
            return;
        }
        ui.spacing_mut().item_spacing.y = GRID / 2.0;
        if let Some(touch) = self.table_ui(ui, view) {
            self.touched(touch, view);
        }
    }

    fn figure(&self) -> Option<Kind> {
        Some(Kind::Runs)
    }

    /// Runs of other days and other machines stand in it, too.
    fn measured(&self, _view: &View<'_>) -> bool {
        false
    }

    fn keys(&mut self, ui: &Ui, view: &mut View<'_>) {
        let pressed = |key| ui.input(|input| input.modifiers.is_none() && input.key_pressed(key));
        let Some(item) = self.chosen_item().cloned() else {
            return;
        };
        if pressed(Key::F2) {
            self.naming = Some((item.key.clone(), item.title()));
        }
        if pressed(Key::Delete) && self.can_throw(view.scene, &item) {
            view.actions.push(Action::Shelf(Errand::Trash(item.key.folder)));
        }
    }
}

impl Runs {
    /// Brings the lines into order where something has changed.
    fn sort_out(&mut self, ui: &Ui, scene: Scene<'_>) {
        let trained = scene.history.trained();
        let language = rust_i18n::locale().to_string();
        let asked = (
            self.sort.clone(),
            self.downwards,
            self.hidden,
            self.find.clone(),
            language,
        );
        let of = Some((scene.shelf.edition, trained.len(), asked));
        if self.order.of == of {
            return;
        }
        let (items, hidden) = self.listed(scene.experiment, scene.history, scene.shelf);
        let now = now();
        let mut columns = columns(items.iter().filter_map(|item| item.row.as_ref().ok()));
        if items.windows(2).all(|pair| pair[0].key.folder == pair[1].key.folder) {
            columns.retain(|column| *column != Column::Folder);
        }
        // What is "just now" will be "50 min ago", and "20 h ago".
        let moments = [0, 50 * 60, 20 * 3600].map(|later| now + later);
        let lines = moments
            .iter()
            .flat_map(|moment| items.iter().map(|item| line_of(item, scene, *moment)));
        let widths = table::widths(ui, &columns, lines);
        let mut depths: Vec<Spec> = Vec::new();
        for row in items.iter().filter_map(|item| item.row.as_ref().ok()) {
            let spec = row.net.parse::<Spec>().ok().map(|spec| by_depth(&spec));
            depths.extend(spec.filter(|spec| !depths.contains(spec)));
        }
        let among: Vec<&Spec> = depths.iter().collect();
        let style = |spec: &Spec| (spec.clone(), run_style(spec, &among));
        let depths = depths.iter().map(style).collect();
        self.order = Order {
            of,
            items,
            columns,
            widths,
            depths,
            hidden,
        };
    }

    /// The runs as the panel lists them, and how many of all are hidden.
    pub fn listed(&self, experiment: &Experiment, history: &History, shelf: &Shelf) -> (Vec<Item>, usize) {
        let folder = shelf.live.as_deref();
        let mut items = shelf.items.clone();
        for series in history.trained() {
            let fresh = Item::fresh(series, experiment, folder.unwrap_or(Path::new("")));
            if !items.iter().any(|item| item.key == fresh.key) {
                items.push(fresh);
            }
        }
        let hidden = items.iter().filter(|item| item.mark.hidden).count();
        items.retain(|item| (self.hidden || !item.mark.hidden) && self.is_found(item));
        let now = now();
        items.sort_by(|a, b| {
            let fixed = |item: &Item| (!item.mark.pinned, item.row.is_err());
            let [left, right] = [a, b].map(|item| Line::new(item, folder, history, now));
            let within = self.sort.compare(left, right);
            let within = if self.downwards { within.reverse() } else { within };
            fixed(a).cmp(&fixed(b)).then(within).then_with(|| a.key.cmp(&b.key))
        });
        (items, hidden)
    }

    fn is_found(&self, item: &Item) -> bool {
        let wanted = self.find.trim().to_lowercase();
        let net = item.row.as_ref().map_or("", |row| row.net.as_str());
        wanted.is_empty()
            || [item.title(), item.key.folder_name(), net.to_owned()]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
    }

    fn chosen_item(&self) -> Option<&Item> {
        let chosen = self.chosen.as_ref()?;
        self.order.items.iter().find(|item| item.key == *chosen)
    }

    /// What is being trained cannot be thrown away.
    fn can_throw(&self, scene: Scene<'_>, item: &Item) -> bool {
        let live = scene.shelf.live.as_ref() == Some(&item.key.folder) || item.key.folder.as_os_str().is_empty();
        !live && !line_of(item, scene, now()).trains_elsewhere()
    }

    fn table_ui(&self, ui: &mut Ui, view: &mut View<'_>) -> Option<Touch> {
        let scene = view.scene;
        let Order {
            items,
            columns,
            widths,
            depths,
            ..
        } = &self.order;
        let now = now();
        let among = scene.history.specs();
        let weak = theme::ink(ui).weak;
        let live_styles: Vec<(&Spec, (Color32, f32))> =
            among.iter().map(|spec| (*spec, line_style(ui, spec, &among))).collect();
        let stored: Vec<(&Spec, (Color32, f32))> =
            depths.iter().map(|(spec, style)| (spec, styled(ui, *style))).collect();
        let style = |index: usize| {
            let item = &items[index];
            let spec = item.row.as_ref().ok().and_then(|row| row.net.parse::<Spec>().ok());
            let Some(spec) = spec.filter(|_| !item.mark.hidden) else {
                return (weak, 1.0);
            };
            // Those of the window look as they do there, the others by family and depth.
            let live = live_styles.iter().find(|(other, _)| **other == spec);
            let known = live.or_else(|| stored.iter().find(|(other, _)| **other == by_depth(&spec)));
            known.map_or((weak, 1.0), |(_, style)| *style)
        };
        let colour = |index: usize| style(index).0;
        let live = |index: usize| line_of(&items[index], scene, now).live;
        let table = Table {
            columns,
            // The bar at the side stands beside the columns.
            widths: &table::fitted(
                widths,
                ui.available_width() - ui.spacing().scroll.allocated_width() - 1.0,
            ),
            sort: (
                columns
                    .iter()
                    .position(|column| *column == self.sort)
                    .unwrap_or(usize::MAX),
                self.downwards,
            ),
            lines: items.len(),
            line: &|index| line_of(&items[index], scene, now),
            chosen: (self.chosen.as_ref()).and_then(|key| items.iter().position(|item| item.key == *key)),
            checked: &|index| scene.shelf.opened.contains_key(&items[index].key),
            pointed: &|index| live(index).is_some_and(|series| view.cursor.points_at(&series.track.name)),
            reach: table::reach((0..items.len()).map(|index| line_of(&items[index], scene, now))),
            colour: &colour,
        };
        let space = ui.available_rect_before_wrap();
        // Of a long table a part stands above the chart, where both have room.
        let most = space.height() - CHART;
        if most < table.height().min(ROWS) {
            return table.show_ui(ui);
        }
        let (upper, lower) = space.split_top_bottom_at_y(space.top() + table.height().min(most));
        let touch = table.show_ui(&mut ui.new_child(UiBuilder::new().id_salt("table").max_rect(upper)));
        let beneath = UiBuilder::new().id_salt("chart").max_rect(lower);
        let focus = view.cursor.preview.run.clone();
        let lines = (0..items.len()).map(|index| (line_of(&items[index], scene, now), style(index)));
        let pointed = ui.scope_builder(beneath, |ui| curves::curves_ui(ui, lines, focus.as_deref()));
        let known = |name: &String| scene.history.runs.iter().any(|series| series.track.name == *name);
        view.cursor.point_at(ui, pointed.inner.filter(known));
        touch
    }

    fn touched(&mut self, touch: Touch, view: &mut View<'_>) {
        match touch {
            Touch::Sort(index) => {
                let column = self.order.columns[index].clone();
                self.downwards = self.sort == column && !self.downwards;
                self.sort = column;
            }
            Touch::Choose(index) => {
                let item = &self.order.items[index];
                self.naming = None;
                self.chosen = Some(item.key.clone()).filter(|key| self.chosen.as_ref() != Some(key));
                if let Some(series) = line_of(item, view.scene, 0).live {
                    view.cursor.run.clone_from(&series.track.name);
                }
            }
            Touch::Point(index) => {
                if let Some(series) = line_of(&self.order.items[index], view.scene, 0).live {
                    view.cursor.hover_run(series.track.name.clone());
                }
            }
            Touch::Check(index) => {
                let errand = compare(view.scene, &self.order.items[index]);
                view.actions.push(Action::Shelf(errand));
            }
        }
    }
}

/// Has a run stand beside the live ones, or takes it away again.
fn compare(scene: Scene<'_>, item: &Item) -> Errand {
    if scene.shelf.opened.contains_key(&item.key) {
        return Errand::Part(item.key.clone());
    }
    let folder = item.key.folder_name();
    let taken = |name: &str| scene.history.runs.iter().any(|series| series.track.name == name);
    let name = match &item.mark.label {
        Some(label) if !taken(label) => label.clone(),
        _ => format!("{} ({folder})", item.key.name),
    };
    Errand::Compare(item.key.clone(), name)
}

/// Says something else about a run.
fn marked(item: &Item, change: impl FnOnce(&mut Mark)) -> Action {
    let mut mark = item.mark.clone();
    change(&mut mark);
    Action::Shelf(Errand::Mark(item.key.clone(), mark))
}

fn line_of<'a>(item: &'a Item, scene: Scene<'a>, now: u64) -> Line<'a> {
    Line::new(item, scene.shelf.live.as_deref(), scene.history, now)
}
