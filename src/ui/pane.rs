//! What a panel of the lab is, and what it is given to draw from.

use eframe::egui::Ui;

use super::cursor::Cursor;
use super::task::PaneKey;
use super::{Action, Scene, Shown, Speed};
use crate::export::Kind;

/// What a panel reads and may change in a frame.
pub struct View<'a> {
    pub scene: Scene<'a>,
    /// Where every panel looks.
    pub cursor: &'a mut Cursor,
    /// How fast the nets train.
    pub speed: Speed,
    /// The newest feature maps.
    pub shown: Option<&'a Shown>,
    /// What the panel wants done.
    pub actions: &'a mut Vec<Action>,
}

impl View<'_> {
    /// Goes to the next image of the test split or to the one before, around its ends; from an own image, back to them.
    pub fn turn_image(&mut self, forward: bool) {
        if self.cursor.own.take().is_some() {
            return;
        }
        let count = self.shown.map_or(usize::MAX, |shown| shown.maps.images.max(1));
        let image = self.cursor.image;
        self.cursor.image = match forward {
            true if image + 1 < count => image + 1,
            true => 0,
            false if image > 0 => image - 1,
            false if count < usize::MAX => count - 1,
            false => 0,
        };
    }
}

/// A panel: one picture or one set of controls in a tile of its own. What it remembers between starts is its fields.
///
/// To add one, write it in a file and give it a line in [`super::panels`].
pub trait Pane {
    /// Stands on the tile, in menus and in the names that assistive technology reads. English, which is the key of its
    /// translation.
    const TITLE: &'static str;
    /// What it shows, in a sentence; a key, too.
    const HINT: &'static str;
    /// What [`Pane::keys`] listens to, for the sheet of keys and the command palette.
    const KEYS: &'static [PaneKey] = &[];

    /// Draws the panel into all the space there is.
    fn pane_ui(&mut self, ui: &mut Ui, view: &mut View<'_>);

    /// The figure that shows the same on paper; `None` where there is nothing to export.
    fn figure(&self) -> Option<Kind> {
        None
    }

    /// Whether anything is shown yet that was measured.
    fn measured(&self, view: &View<'_>) -> bool {
        view.scene.history.runs.iter().any(|series| series.step() > 0)
    }

    /// Keys that speak to the panel while it has the focus.
    fn keys(&mut self, _ui: &Ui, _view: &mut View<'_>) {}

    /// The nets are back at their initial weights: forgets what was done with those they had.
    fn reset(&mut self) {}

    /// Another experiment was started: forgets what belongs to the old one.
    fn restart(&mut self) {}
}
