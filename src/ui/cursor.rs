//! The one cursor: what step, layer, image and net every panel looks at.

use std::sync::Arc;

use eframe::egui::Ui;
use serde::{Deserialize, Serialize};

use super::layers::{counterpart, neighbour};
use crate::net::Graph;
use crate::probe::Subject;
use crate::run::{History, Series};

/// Where every panel looks. A click in any panel moves it for all; what the pointer hovers over is only a [`Preview`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cursor {
    /// Steps done at the moment looked at; `None` is live: the newest there is.
    pub step: Option<usize>,
    /// Name of a node; in each net its counterpart is meant (`counterpart`).
    pub layer: String,
    /// Position in the test split.
    pub image: usize,
    /// The user's own image, looked at in place of that one: `[C, H, W]`, 0..=1.
    #[serde(skip)]
    pub own: Option<Arc<[f32]>>,
    /// Name of the net that is looked at most closely; empty before anyone has chosen one.
    pub run: String,
    /// First and last step that charts over time show; all of them where there is none.
    #[serde(skip)]
    pub zoom: Option<[f64; 2]>,
    /// How often everything was to be seen again.
    #[serde(skip)]
    pub whole: usize,
    /// What was hovered over in the last frame, for every panel to show.
    #[serde(skip)]
    pub preview: Preview,
    /// What is hovered over in this frame.
    #[serde(skip)]
    next: Preview,
}

/// What the pointer is over, in any panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Preview {
    pub step: Option<usize>,
    pub layer: Option<String>,
    pub run: Option<String>,
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            step: None,
            layer: "layer1.0".into(),
            image: 0,
            own: None,
            run: String::new(),
            zoom: None,
            whole: 0,
            preview: Preview::default(),
            next: Preview::default(),
        }
    }
}

impl Cursor {
    /// Begins a frame: what was hovered over in the last one can be shown now.
    pub fn turn_frame(&mut self) {
        self.preview = std::mem::take(&mut self.next);
    }

    /// Charts show everything again.
    pub fn show_all(&mut self) {
        self.zoom = None;
        self.whole += 1;
    }

    /// The pointer is over this moment.
    pub fn hover_step(&mut self, step: f64) {
        self.next.step = Some(step.max(0.0).round() as usize);
    }

    /// The pointer is over this node.
    pub fn hover_layer(&mut self, layer: impl Into<String>) {
        self.next.layer = Some(layer.into());
    }

    /// The pointer is over something of this net.
    pub fn hover_run(&mut self, run: impl Into<String>) {
        self.next.run = Some(run.into());
    }

    /// Whether the pointer is over something of this net, in any panel.
    pub fn points_at(&self, run: &str) -> bool {
        self.preview.run.as_deref() == Some(run)
    }

    /// The pointer is at the line or the name of a net in a chart; a click there chooses the net.
    pub fn point_at(&mut self, ui: &Ui, run: Option<String>) {
        let Some(run) = run else { return };
        if ui.input(|input| input.pointer.primary_clicked()) {
            self.run.clone_from(&run);
        }
        self.hover_run(run);
    }

    /// Moves everything to a moment. At or behind the end of a training that goes on it is live.
    pub fn go_to(&mut self, step: f64, history: &History) {
        let step = step.max(0.0).round() as usize;
        self.step = (step < newest(history)).then_some(step);
    }

    /// Follows the training.
    pub fn live(&mut self) {
        self.step = None;
    }

    /// The net looked at most closely: the chosen one, or the deepest plain one, or the first.
    pub fn series<'a>(&self, history: &'a History) -> Option<&'a Series> {
        let runs = history.trained();
        let chosen = runs.iter().find(|series| series.track.name == self.run);
        chosen.or_else(|| deepest(history, false)).or_else(|| runs.first())
    }

    /// The image looked at.
    pub fn subject(&self) -> Subject {
        match &self.own {
            Some(pixels) => Subject::Own(Arc::clone(pixels)),
            None => Subject::Test(self.image),
        }
    }

    /// The chosen layer's name in that net.
    pub fn layer_in(&self, graph: &Graph) -> String {
        counterpart(&self.layer, graph)
    }

    /// Goes on along the trunk of `graph` (`blocks`) or through all its nodes.
    pub fn walk(&mut self, graph: &Graph, by: isize, blocks: bool) {
        self.layer = neighbour(&self.layer_in(graph), graph, by, blocks);
    }
}

/// The first run of that name.
pub fn find<'a>(history: &'a History, name: &str) -> Option<&'a Series> {
    history.runs.iter().find(|series| series.track.name == name)
}

/// The deepest residual net, or the deepest of the others; of several seeds and what continues them the first.
pub fn deepest(history: &History, residual: bool) -> Option<&Series> {
    let family = history.trained().iter().rev();
    let family = family.filter(|series| series.track.spec.residual() == residual);
    family.max_by_key(|series| series.track.spec.depth)
}

/// Two nets to compare: the deepest plain one and the deepest residual one, or the deepest and another of one family.
pub fn pair(history: &History) -> Vec<&Series> {
    let both = [false, true].map(|residual| deepest(history, residual));
    let mut pair: Vec<&Series> = both.into_iter().flatten().collect();
    if let [only] = pair[..] {
        let other = history
            .trained()
            .iter()
            .find(|series| series.track.name != only.track.name);
        pair.splice(0..0, other);
    }
    pair
}

/// The step that the run furthest ahead has done.
pub fn newest(history: &History) -> usize {
    history.trained().iter().map(Series::step).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::story::tests::history;

    #[test]
    fn live_until_a_moment_before_the_end_is_chosen() {
        let history = history(&[("plain-20:width=8", 1.0)], 120);
        let mut cursor = Cursor::default();
        cursor.go_to(60.4, &history);
        assert_eq!(cursor.step, Some(60));
        cursor.go_to(500.0, &history);
        assert_eq!(cursor.step, None);
        cursor.go_to(-3.0, &history);
        assert_eq!(cursor.step, Some(0));
        cursor.live();
        assert_eq!(cursor.step, None);
    }

    #[test]
    fn of_several_seeds_and_what_continues_them_the_first_is_looked_at() {
        let mut history = history(&[("plain-20", 1.0), ("plain-56", 1.0), ("plain-56", 1.0)], 1);
        history.runs[2].track.seed = 1;
        assert!(std::ptr::eq(deepest(&history, false).unwrap(), &history.runs[1]));
        assert!(deepest(&history, true).is_none());
    }

    #[test]
    fn hovering_is_seen_by_all_panels_in_the_next_frame_only() {
        let mut cursor = Cursor::default();
        cursor.hover_step(12.0);
        cursor.turn_frame();
        assert_eq!(cursor.preview.step, Some(12));
        cursor.turn_frame();
        assert_eq!(cursor.preview, Preview::default());
    }

    #[test]
    fn the_net_in_focus_is_the_chosen_one_or_the_deepest_plain_one() {
        let history = history(&[("resnet-56", 1.0), ("plain-20", 1.0), ("plain-56", 1.0)], 1);
        let mut cursor = Cursor::default();
        let name = |cursor: &Cursor| cursor.series(&history).unwrap().track.name.clone();
        assert_eq!(name(&cursor), "plain-56");
        cursor.run = "resnet-56".into();
        assert_eq!(name(&cursor), "resnet-56");
        cursor.run = "gone".into();
        assert_eq!(name(&cursor), "plain-56");
    }
}
