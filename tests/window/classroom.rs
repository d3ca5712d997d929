//! A page with a lesson, and someone who does what the application would: starts trainings and ends them at once.

use depthscope::engine::Norms;
use depthscope::net::{Graph, Spec};
use depthscope::run::{Command, Event, Experiment, History, Phase, Summary, Track};
use depthscope::ui::{Action, Origin, Room};
use eframe::egui::{Theme, Vec2};
use egui_kittest::Harness;

use crate::page::{PLAIN, Page};

/// The final loss of a net.
pub type Losses = fn(&str) -> f32;

/// Deeper plain nets end higher, residual ones near zero; scaled shortcuts in between.
pub fn degraded(net: &str) -> f32 {
    match net {
        "plain-8" => 0.013,
        "plain-20" => 0.1,
        "plain-32" => 0.45,
        "plain-56" => 1.7,
        _ => 0.004,
    }
}

/// Every net of an experiment, as it is before or after its training.
pub fn measured(experiment: &Experiment, trained: bool, losses: Losses) -> History {
    let mut history = History::default();
    let plans = experiment.runs.iter();
    let tracks = plans.flat_map(|plan| experiment.seeds.iter().map(move |&seed| (plan, seed)));
    for (id, (plan, seed)) in tracks.enumerate() {
        let spec = Spec::for_data(&plan.net, [1, 8, 8], 10).unwrap();
        let graph = Graph::new(&spec);
        let (blocks, weighted) = (graph.blocks.len(), graph.weighted().len());
        let slope: f32 = if spec.residual() { 0.98 } else { 0.33 };
        let name = plan.name.clone();
        let (from, to) = (2.4, losses(&name));
        let track = Track { id, name, spec, seed };
        let engine = "CPU (AVX-512, 2 threads)".into();
        history.apply(&Event::Started { track, step: 0, engine });
        history.apply(&Event::Measured {
            run: id,
            step: 0,
            norms: Norms {
                activation: (0..=blocks).map(|block| slope.powi((blocks - block) as i32)).collect(),
                weight: vec![0.2; weighted],
                parameter: vec![4.0; weighted],
            },
        });
        for step in 1..=if trained { experiment.steps } else { 0 } {
            let ripple = 1.0 + 0.2 * (step as f32 * 1.7 + seed as f32).sin();
            let loss = (to + (from - to) * (-(step as f32) / 40.0).exp()) * ripple;
            history.apply(&Event::Stepped {
                run: id,
                step,
                loss,
                error: (loss / 2.6).clamp(0.0, 0.9),
                rate: 0.02,
            });
        }
    }
    history.apply(&Event::Phase(if trained { Phase::Done } else { Phase::Paused }));
    history
}

/// A page on a room, before a lesson is open.
pub fn page<'a>(room: Room, size: Vec2, theme: Theme) -> Harness<'a, Page> {
    Page::new(room, PLAIN, 0).open(size, theme, 1.0)
}

/// A page with a lesson at its first step.
pub fn lesson<'a>(name: &str, size: Vec2, theme: Theme) -> Harness<'a, Page> {
    let mut page = page(Room::Lab, size, theme);
    page.state_mut().lab.open_lesson(&Origin::Shipped(name.into())).unwrap();
    serve(&mut page, degraded);
    page
}

/// Does what was asked for since the last call, until nothing more is.
pub fn serve(page: &mut Harness<'_, Page>, losses: Losses) {
    loop {
        page.run_ok();
        let actions = std::mem::take(&mut page.state_mut().actions);
        let state = page.state_mut();
        let mut done = 0;
        for action in actions {
            match action {
                Action::Teach(experiment, _) => {
                    state.history = measured(&experiment, false, losses);
                    state.findings = Default::default();
                    state.experiment = *experiment;
                }
                Action::Send(Command::Run) => {
                    state.history = measured(&state.experiment, true, losses);
                    state.findings.summary = Some(Summary::default());
                }
                Action::Open(room) => state.room = room,
                Action::LeaveLesson => {
                    let before = Page::new(Room::Lab, PLAIN, 0);
                    (state.experiment, state.history) = (before.experiment, before.history);
                }
                _ => continue,
            }
            done += 1;
        }
        if done == 0 {
            return;
        }
    }
}
