//! Nets at another depth, before their first step: what a slider of depths asks for, and what came of it.

use eframe::egui::{FontId, Slider, Ui, vec2};
use rust_i18n::t;

use super::cursor::find;
use super::pane::View;
use super::theme::{self, SMALL};
use super::{Action, Scene};
use crate::net::Spec;
use crate::run::{Command, Event, Findings, History, Question, Series, Track};

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
        let specs = history.trained().iter().map(|net| &net.track.spec);
        let Some(spec) = specs.max_by_key(|spec| spec.depth) else {
            return;
        };
        let own = spec.blocks_per_stage();
        let most = MOST.max(own);
        let mut blocks = self.wish.unwrap_or(own);
        ui.spacing_mut().slider_width = 80.0;
        let slider = Slider::new(&mut blocks, 1..=most).show_value(false);
        let hint = t!("These nets at another depth, measured at their initial weights; “start” shows them as they are");
        let slider = ui.add(slider).on_hover_text(hint);
        if slider.changed() {
            self.wish = Some(blocks);
            // The arrow keys go on where the pointer left it.
            slider.request_focus();
        }
        let words = match self.wish {
            Some(blocks) => t!("depth %{depth}", depth = spec.with_blocks(blocks).depth),
            None => t!("depth"),
        };
        // What stands behind it stays while it is pulled.
        let widest = t!("depth %{depth}", depth = spec.with_blocks(most).depth);
        let room = theme::width(ui, &widest, FontId::proportional(SMALL));
        let label = ui.allocate_ui(vec2(room, ui.spacing().interact_size.y), |ui| {
            ui.set_min_width(room);
            ui.label(theme::caption(words))
        });
        let label = label.inner;
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

    /// Whether the `own` nets are one at another depth, which has none to be divided by.
    pub fn is_one(&self, own: &History) -> bool {
        self.known.is_some() && nets(own).len() < 2
    }

    /// What one of the `own` nets is called at the depth that is known.
    pub fn renamed(own: &History, elsewhere: &History, name: &str) -> Option<String> {
        let wanted = find(own, name)?;
        let place = nets(own).iter().position(|net| kind(net) == kind(wanted))?;
        Some(elsewhere.runs.get(place)?.track.name.clone())
    }

    /// The nets at the depth that is known, as measured before their first step; nothing where they are shown as they are.
    pub fn history(&self, findings: &Findings, own: &History) -> Option<History> {
        let blocks = self.known?;
        let mut history = History::default();
        for (run, net) in nets(own).into_iter().enumerate() {
            let measured = findings.slopes.get(&(net.track.id, blocks))?;
            let spec = net.track.spec.with_blocks(blocks);
            // Nets of one name differ in more.
            let alike = history.runs.iter().any(|other| other.track.name == spec.short_name());
            history.apply(&Event::Started {
                track: Track {
                    id: run,
                    name: if alike { spec.to_string() } else { spec.short_name() },
                    spec,
                    seed: net.track.seed,
                },
                step: 0,
                engine: net.engine.clone(),
            });
            history.apply(&Event::Measured {
                run,
                step: 0,
                norms: measured.clone(),
            });
        }
        Some(history)
    }
}

/// What a net is but for its depth.
fn kind(series: &Series) -> Spec {
    series.track.spec.with_blocks(1)
}

/// The nets that differ in more than their depth and seed, each once.
fn nets(history: &History) -> Vec<&Series> {
    let mut nets: Vec<&Series> = Vec::new();
    for series in history.trained() {
        if nets.iter().all(|net| kind(net) != kind(series)) {
            nets.push(series);
        }
    }
    nets
}
