//! The lab as a whole: what it looks like, what its keys do.

use depthscope::export::{Kind, Size};
use depthscope::run::{Command, Event};
use depthscope::ui::{Action, Delivery, Panel, Print, Room};
use eframe::egui::{Key, Theme};
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, PLAIN, Page, WINDOW, pictures};

#[test]
fn lab_in_light_and_dark() {
    let page = || Page::new(Room::Lab, ALL, 250);
    pictures([
        (page(), WINDOW, Theme::Light, 1.0, "lab_light"),
        (page(), WINDOW, Theme::Dark, 1.0, "lab_dark"),
    ]);
}

#[test]
fn failure_and_divergence_are_said_in_place() {
    let mut page = Page::new(Room::Lab, ALL, 120);
    page.history.apply(&Event::Stepped {
        run: 1,
        step: 121,
        loss: f32::NAN,
        error: 0.9,
        rate: 0.02,
    });
    page.history.apply(&Event::Diverged { run: 1, step: 121 });
    page.failure = Some("failed: the device was lost.".into());
    pictures([(page, WINDOW, Theme::Dark, 1.0, "lab_failed")]);
}

#[test]
fn twice_as_large_nothing_is_cut_off() {
    let half = WINDOW / 2.0;
    let question = Page::new(Room::FirstMinute, PLAIN, 0);
    let lab = Page::new(Room::Lab, ALL, 250);
    pictures([
        (question, half, Theme::Light, 2.0, "first_minute_large"),
        (lab, half, Theme::Light, 2.0, "lab_large"),
    ]);
}

#[test]
fn lab_by_keyboard() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Dark, 1.0);
    page.state_mut().actions.clear();
    for key in [
        Key::Space,
        Key::S,
        Key::R,
        Key::E,
        Key::V,
        Key::F6,
        Key::F,
        Key::ArrowRight,
        Key::ArrowDown,
    ] {
        page.key_press(key);
        page.run();
    }
    let state = page.state();
    for wanted in [
        Action::Send(Command::Pause),
        Action::Send(Command::Step(1)),
        Action::Send(Command::Reset),
        Action::Export(Print {
            kind: Kind::Loss,
            step: None,
            delivery: Delivery::Files,
            size: Size::Screen,
        }),
        Action::StartNamed("vanishing"),
    ] {
        assert!(state.actions.contains(&wanted), "{wanted:?} in {:?}", state.actions);
    }
    assert_eq!(
        (state.lab.tiling.focus, state.lab.tiling.maximised),
        (Panel::Maps, true)
    );
    assert_eq!(
        (state.lab.cursor.layer.as_str(), state.lab.cursor.image),
        ("layer1.1", 1)
    );
    let watched = state.actions.iter().rev().find_map(|action| match action {
        Action::Send(Command::Watch(Some(request))) => Some(request.clone()),
        _ => None,
    });
    assert_eq!(watched.unwrap().nodes, [(1, "layer1.1".into()), (2, "layer1.1".into())]);
}

#[test]
fn a_spec_is_edited_in_place() {
    let mut page = Page::new(Room::Lab, PLAIN, 0).open(WINDOW, Theme::Light, 1.0);
    let field = page.get_by_label("Spec of plain-20");
    field.focus();
    page.run();
    page.key_press(Key::End);
    page.get_by_label("Spec of plain-20").type_text("x");
    page.run();
    let sentence = "width '8x' is not a whole number";
    // Beside the spec, and where the changes would be started.
    assert_eq!(page.query_all_by_label_contains(sentence).count(), 2);
}
