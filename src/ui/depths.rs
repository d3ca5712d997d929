//! Nets at another depth, before their first step: what a slider of depths asks for, and what came of it.

use eframe::egui::{Slider, Ui};
use rust_i18n::t;

use super::pane::View;
use super::{Action, Scene, theme};
use crate::net::Spec;
use crate::run::{Command, History, Measured, Question, Series};

/// Most blocks a stage: ResNet-110 of He et al. 2016, section 4.2.
const MOST: usize = 18;

/// The depth that is wished for, and the one that is known.
#[derive(Debug, Clone, Default)]
pub struct Depths {
    /// Blocks a stage; `None` for the nets as they are.
    wish: Option<usize>,
    /// What was asked last, and how often all had been forgotten then.
    asked: Option<(usize, usize)>,
    /// The last depth at which every net was measured.
    known: Option<usize>,
}

impl Depths {
    /// Back to the nets as they are.
    pub fn leave(&mut self) {
        (self.wish, self.known) = (None, None);
    }

    /// The slider, with the depth that the deepest of the nets would have.
    pub fn slider_ui(&mut self, ui: &mut Ui, history: &History) {
        let nets = nets(history);
        let Some(spec) = nets.iter().map(|net| &net.track.spec).max_by_key(|spec| spec.depth) else {
            return;
        };
        let own = spec.blocks_per_stage();
        let mut blocks = self.wish.unwrap_or(own);
        ui.spacing_mut().slider_width = 80.0;
        let slider = Slider::new(&mut blocks, 1..=MOST.max(own)).show_value(false);
        let hint = t!("These nets at another depth, measured at their initial weights; “start” shows them as they are");
        let slider = ui.add(slider).on_hover_text(hint);
        let words = match self.wish {
            Some(blocks) => t!("depth %{depth}", depth = spec.with_blocks(blocks).depth),
            None => t!("depth"),
        };
        let label = ui.label(theme::caption(words));
        if slider.changed() {
            self.wish = Some(blocks);
        }
        slider.labelled_by(label.id);
    }

    /// Asks for what is wished and not known, when the question before is answered.
    pub fn ask(&mut self, view: &mut View<'_>) {
        let Some(wish) = self.wish else { return };
        let Scene { findings, history, .. } = view.scene;
        let nets = nets(history);
        let answered = |blocks| {
            nets.iter()
                .all(|net| findings.slopes.contains_key(&(net.track.id, blocks)))
        };
        if answered(wish) {
            self.known = Some(wish);
            return;
        }
        let question = |net: &Series, blocks| Question::Slope {
            run: net.track.id,
            blocks,
        };
        let over = |blocks| nets.iter().all(|net| findings.over.contains(&question(net, blocks)));
        let waits = |(resets, blocks)| resets == findings.resets && (blocks == wish || !over(blocks));
        if !self.asked.is_some_and(waits) {
            self.asked = Some((findings.resets, wish));
            let questions = nets.iter().map(|net| question(net, wish));
            view.actions
                .extend(questions.map(|question| Action::Send(Command::Ask(question))));
        }
    }

    /// The nets at the depth that is known, and their norms; nothing where they are shown as they are.
    pub fn measured<'a>(&self, scene: Scene<'a>) -> Option<Vec<(Spec, &'a Measured)>> {
        let blocks = self.known?;
        let measured = |net: &Series| {
            let measured = scene.findings.slopes.get(&(net.track.id, blocks))?;
            Some((net.track.spec.with_blocks(blocks), measured))
        };
        nets(scene.history).into_iter().map(measured).collect()
    }
}

/// The nets that differ in more than their depth and seed, each once.
fn nets(history: &History) -> Vec<&Series> {
    let mut nets: Vec<&Series> = Vec::new();
    for series in history.trained() {
        let kind = |series: &Series| series.track.spec.with_blocks(1);
        if nets.iter().all(|net| kind(net) != kind(series)) {
            nets.push(series);
        }
    }
    nets
}
