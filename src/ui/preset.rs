//! Ready-made arrangements of the lab's panels.

use std::borrow::Cow;

use eframe::egui::Id;
use egui_tiles::{Container, Linear, LinearDir, TileId, Tiles, Tree};
use rust_i18n::t;

use super::panels::Panel;

/// A ready-made arrangement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Few large pictures for a projector.
    Lecture,
    /// The nets beside the pictures that compare them.
    Compare,
    /// One net from within.
    Inspect,
}

/// A tile and what is in it.
enum Part {
    /// Panels behind one another.
    Tabs(&'static [Panel]),
    /// Tiles beside each other, with their shares of the width.
    Row(&'static [(f32, Part)]),
    /// Tiles above each other, with their shares of the height.
    Column(&'static [(f32, Part)]),
}

use Panel::{Architecture, Curves, Fading, Maps, Networks, Slope, Timeline, Weather};
use Part::{Column, Row, Tabs};

const LECTURE: Part = Row(&[
    (0.6, Tabs(&[Curves])),
    (
        0.4,
        Column(&[(0.55, Tabs(&[Slope, Weather])), (0.45, Tabs(&[Architecture]))]),
    ),
]);

const COMPARE: Part = Row(&[
    (0.23, Tabs(&[Networks])),
    (
        0.77,
        Column(&[
            (0.5, Tabs(&[Curves])),
            (
                0.5,
                Row(&[(0.5, Tabs(&[Slope, Weather])), (0.5, Tabs(&[Maps, Architecture]))]),
            ),
        ]),
    ),
]);

const INSPECT: Part = Column(&[
    (0.56, Row(&[(0.5, Tabs(&[Architecture])), (0.5, Tabs(&[Fading, Maps]))])),
    (
        0.44,
        Row(&[(0.5, Tabs(&[Weather, Slope])), (0.5, Tabs(&[Timeline, Curves]))]),
    ),
]);

impl Preset {
    /// In the order of menus and keys.
    pub const ALL: [Preset; 3] = [Preset::Lecture, Preset::Compare, Preset::Inspect];

    /// Stands in menus.
    pub fn title(self) -> Cow<'static, str> {
        match self {
            Preset::Lecture => t!("Lecture"),
            Preset::Compare => t!("Compare"),
            Preset::Inspect => t!("Inspect"),
        }
    }

    /// What it is for, in a sentence.
    pub fn hint(self) -> Cow<'static, str> {
        match self {
            Preset::Lecture => t!("Curves, slope and architecture, large enough for the back row"),
            Preset::Compare => t!("The nets beside curves, gradients and feature maps"),
            Preset::Inspect => t!("One net from within: architecture, maps and gradients"),
        }
    }

    /// The arrangement; panels that are not in it can be opened into it.
    pub fn tree(self) -> Tree<Panel> {
        let part = match self {
            Preset::Lecture => LECTURE,
            Preset::Compare => COMPARE,
            Preset::Inspect => INSPECT,
        };
        let mut tiles = Tiles::default();
        let root = part.build(&mut tiles);
        Tree::new(Id::unique("lab"), root, tiles)
    }
}

/// Just these panels: up to three above each other, more in two columns.
pub fn tree_of(panels: &[Panel]) -> Tree<Panel> {
    let mut tiles = Tiles::default();
    let tabs: Vec<TileId> = panels
        .iter()
        .map(|&panel| {
            let pane = tiles.insert_pane(panel);
            tiles.insert_tab_tile(vec![pane])
        })
        .collect();
    let columns = if tabs.len() > 3 { 2 } else { 1 };
    let mut rows: Vec<TileId> = Vec::new();
    for row in tabs.chunks(columns) {
        rows.push(match row {
            [one] => *one,
            more => tiles.insert_container(Linear::new(LinearDir::Horizontal, more.to_vec())),
        });
    }
    let id = Id::unique("lab");
    match rows.as_slice() {
        [] => Tree::empty(id),
        [one] => Tree::new(id, *one, tiles),
        _ => {
            let root = tiles.insert_container(Linear::new(LinearDir::Vertical, rows));
            Tree::new(id, root, tiles)
        }
    }
}

impl Part {
    fn build(&self, tiles: &mut Tiles<Panel>) -> TileId {
        let (dir, parts) = match self {
            Tabs(panels) => {
                let panes = panels.iter().map(|&panel| tiles.insert_pane(panel)).collect();
                return tiles.insert_tab_tile(panes);
            }
            Row(parts) => (LinearDir::Horizontal, parts),
            Column(parts) => (LinearDir::Vertical, parts),
        };
        let children: Vec<TileId> = parts.iter().map(|(_, part)| part.build(tiles)).collect();
        let mut linear = Linear::new(dir, children.clone());
        for ((share, _), child) in parts.iter().zip(children) {
            linear.shares.set_share(child, *share);
        }
        tiles.insert_container(Container::Linear(linear))
    }
}
