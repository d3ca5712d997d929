//! Block forms, identity insertion and the shattering meter.

use std::sync::Arc;

use depthscope::net::{Form, Graph, Spec, Split};
use depthscope::probe::{Correlation, Formed, Forms, Insertion, Shattering};
use depthscope::run::{Command, Event, Finding, Phase, Question};
use depthscope::ui::{Action, Panel, Room};
use eframe::egui::{Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Nets, Page, pictures};

const SIZE: Vec2 = Vec2::new(840.0, 460.0);
const SPLIT: Nets<'_> = &[("resnext-20:width=64,cardinality=32,group_width=4", 2.4, 0.02)];

fn page(panel: Panel, nets: Nets<'_>) -> Page {
    let mut page = Page::new(Room::Lab, nets, 250);
    for run in 0..nets.len() {
        for step in [0, 250] {
            page.history.apply(&Event::Kept { run, step });
        }
    }
    page.history.apply(&Event::Phase(Phase::Paused));
    page.lab.tiling.open(panel);
    page.lab.tiling.maximised = true;
    page
}

pub fn forms() -> Page {
    let mut page = page(Panel::Forms, SPLIT);
    let split = Split::of(&Graph::new(&page.history.runs[0].track.spec)).unwrap();
    let formed = |(form, seconds, window): (Form, f64, f64)| Formed {
        form,
        output: if form == Form::Grouped { 0.0 } else { 2.1e-7 },
        gradient: if form == Form::Grouped { 0.0 } else { 8.4e-7 },
        seconds: Some(seconds),
        window_seconds: Some(window),
    };
    let times = [
        (Form::Paths, 0.0082, 0.0011),
        (Form::Concatenated, 0.0121, 0.0012),
        (Form::Grouped, 0.0031, 0.0007),
        (Form::Dense, 0.0078, 0.0054),
    ];
    page.findings.apply(Finding::Forms {
        run: 0,
        step: 250,
        forms: Arc::new(Forms {
            split,
            side: [8, 8],
            images: 32,
            formed: times.map(formed).to_vec(),
        }),
    });
    page
}

pub fn insertion() -> Page {
    let mut page = page(Panel::Insertion, ALL);
    for (run, depths, last) in [(0, [20, 56], 0.05), (2, [56, 110], 0.004f32)] {
        let loss = |step: usize| last + 0.1 * (-(step as f32) / 60.0).exp();
        page.findings.apply(Finding::Insertion {
            run,
            step: 250,
            insertion: Arc::new(Insertion {
                depths,
                inserted: 18,
                difference: 3.8e-6,
                largest: 14.2,
                start: [0.1, 0.11],
                losses: (0..400).map(loss).collect(),
            }),
        });
    }
    page
}

pub fn shattering() -> Page {
    let mut page = page(Panel::Shattering, ALL);
    let fading = |keep: f32, cosine: f32| Correlation {
        by_lag: (0..25).map(|lag| keep.powi(lag)).collect(),
        cosine,
        sample: Vec::new(),
    };
    for (run, keep, cosine) in [(0, 0.8, 0.12), (1, 0.3, 0.02), (2, 0.93, 0.3)] {
        page.findings.apply(Finding::Shattering {
            run,
            step: 250,
            shattering: Arc::new(Shattering {
                net: fading(keep, cosine),
                white: fading(0.0, 0.0),
                brown: fading(0.97, 0.5),
                points: 128,
                lines: 8,
            }),
        });
    }
    page
}

fn asked(page: &Harness<Page>) -> Vec<Question> {
    let question = |action: &Action| match action {
        Action::Send(Command::Ask(question)) => Some(question.clone()),
        _ => None,
    };
    page.state().actions.iter().filter_map(question).collect()
}

#[test]
fn pictures_in_light_and_dark() {
    pictures([
        (forms(), SIZE, Theme::Light, 1.0, "panel_forms_light"),
        (forms(), SIZE, Theme::Dark, 1.0, "panel_forms_dark"),
        (insertion(), SIZE, Theme::Light, 1.0, "panel_insertion_light"),
        (insertion(), SIZE, Theme::Dark, 1.0, "panel_insertion_dark"),
        (
            page(Panel::Insertion, ALL),
            SIZE,
            Theme::Light,
            1.0,
            "panel_insertion_nested_light",
        ),
        (shattering(), SIZE, Theme::Light, 1.0, "panel_shattering_light"),
        (shattering(), SIZE, Theme::Dark, 1.0, "panel_shattering_dark"),
    ]);
}

#[test]
fn the_panels_ask_their_questions() {
    let mut forms = page(Panel::Forms, SPLIT).open(SIZE, Theme::Light, 1.0);
    forms.get_by_label("Compare the forms").click();
    forms.run();
    assert_eq!(asked(&forms), [Question::Forms { run: 0, step: None }]);

    let mut insertion = page(Panel::Insertion, ALL);
    insertion.lab.cursor.run = "plain-20".into();
    let mut insertion = insertion.open(SIZE, Theme::Light, 1.0);
    insertion.get_by_label("Insert identities and train on").click();
    insertion.run();
    let (step, depth) = (None, 56);
    assert_eq!(asked(&insertion), [Question::Insertion { run: 0, step, depth }]);
    insertion.state_mut().lab.cursor.run = "resnet-56".into();
    insertion.run();
    // Where 56 layers are not deeper, the next depth is.
    insertion.get_by_label("Insert identities and train on").click();
    insertion.run();
    let (run, depth) = (2, 62);
    let next = Question::Insertion { run, step, depth };
    assert_eq!(asked(&insertion).pop(), Some(next));

    let mut shattering = page(Panel::Shattering, ALL).open(SIZE, Theme::Light, 1.0);
    shattering.get_by_label("Measure every net").click();
    shattering.run();
    assert_eq!(asked(&shattering).len(), 3);
    shattering.get_by_label("start").click();
    shattering.run();
    shattering.get_by_label("Measure every net").click();
    shattering.run();
    let newest = asked(&shattering).pop();
    assert_eq!(newest, Some(Question::Shattering { run: 2, step: Some(0) }));
}

#[test]
fn a_lab_without_paths_is_offered_some() {
    let mut page = page(Panel::Forms, ALL).open(SIZE, Theme::Light, 1.0);
    page.get_by_label_contains("the split is trivial");
    page.get_by_label("Add a ResNeXt").click();
    page.run();
    let added = page.state().actions.iter().find_map(|action| match action {
        Action::Add(plan) => Some(plan.clone()),
        _ => None,
    });
    let plan = added.unwrap();
    let spec = Spec::for_data(&plan.net, [1, 8, 8], 10).unwrap();
    assert!(Split::of(&Graph::new(&spec)).is_ok());
}
