//! Lecture mode: Space reveals one thing after the other, in both rooms.

use depthscope::run::{Command, Phase};
use depthscope::ui::{Action, Panel, Preset, Room};
use eframe::egui::{Key, Modifiers, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, PLAIN, Page, history, pictures};

/// 1920 x 1080 pixels.
const SCALE: f32 = 28.0 / 13.0;
const SCREEN: Vec2 = Vec2::new(1920.0 / SCALE, 1080.0 / SCALE);

fn lecture<'a>(room: Room, nets: crate::page::Nets<'_>, steps: usize) -> Harness<'a, Page> {
    let mut page = Page::new(room, nets, steps);
    page.lecture = true;
    page.lab.begin_lecture();
    page.open(SCREEN, Theme::Light, 1.0)
}

#[test]
fn after_a_lecture_the_panels_stand_as_before() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.arrange(Preset::Inspect);
    let before = page.lab.tiling.shown();
    page.lecture = true;
    page.lab.begin_lecture();
    let mut page = page.open(SCREEN, Theme::Light, 1.0);
    // Through all pictures, to all that fit together.
    for _ in 0..6 {
        page.key_press(Key::Space);
        page.run();
    }
    assert_ne!(page.state().lab.tiling.shown(), before);
    page.state_mut().lab.end_lecture();
    assert_eq!(page.state().lab.tiling.shown(), before);
}

#[test]
fn space_reveals_the_first_minute() {
    let mut page = lecture(Room::FirstMinute, PLAIN, 0);
    let tower = "Predict that plain-20 reaches the lower training loss";
    assert!(page.query_by_label(tower).is_none());
    page.key_press(Key::Space);
    page.run();
    page.get_by_label(tower);
    assert!(page.query_by_label_contains("Empty chart").is_none());
    page.key_press(Key::Space);
    page.run();
    page.get_by_label_contains("Empty chart");
    page.key_press(Key::Space);
    page.run();
    assert_eq!(page.state().actions, [Action::Send(Command::Run)]);
    page.state_mut().history = history(PLAIN, 120);
    page.run();
    assert!(page.query_by_label_contains("deeper, yet worse").is_none());
    page.key_press(Key::Space);
    page.run();
    assert!(page.query_all_by_label_contains("deeper, yet worse").count() > 0);
    page.key_press(Key::Space);
    page.step();
    let added = page
        .state()
        .actions
        .iter()
        .any(|action| matches!(action, Action::Add(_)));
    assert!(added, "{:?}", page.state().actions);
    page.state_mut().history = history(ALL, 200);
    page.run_steps(4);
    assert!(page.query_by_label_contains("below plain-56").is_none());
    for _ in 0..2 {
        page.key_press(Key::Space);
        page.run_steps(4);
    }
    assert!(page.query_all_by_label_contains("below plain-56").count() > 0);
    assert_eq!(page.state().actions.last(), Some(&Action::Open(Room::Lab)));
}

#[test]
fn space_goes_from_picture_to_picture() {
    let mut page = lecture(Room::Lab, ALL, 250);
    let mut seen = vec![page.state().lab.tiling.focus];
    for _ in 0..5 {
        page.key_press(Key::Space);
        page.run();
        seen.push(page.state().lab.tiling.focus);
        assert!(page.state().lab.tiling.maximised);
    }
    let order = [
        Panel::Curves,
        Panel::Slope,
        Panel::Weather,
        Panel::Fading,
        Panel::Maps,
        Panel::Architecture,
    ];
    assert_eq!(seen, order);
    page.key_press_modifiers(Modifiers::SHIFT, Key::Space);
    page.run();
    assert_eq!(page.state().lab.tiling.focus, Panel::Maps);
    for _ in 0..2 {
        page.key_press(Key::Space);
        page.run();
    }
    assert!(!page.state().lab.tiling.maximised, "all together");
    let sent = |action: &Action| matches!(action, Action::Send(Command::Run | Command::Pause));
    assert!(!page.state().actions.iter().any(sent), "Space does not pause a lecture");
}

#[test]
fn space_starts_what_is_untrained() {
    let mut page = lecture(Room::Lab, PLAIN, 0);
    assert_eq!(page.state().history.phase, Phase::Paused);
    page.key_press(Key::Space);
    page.run();
    assert!(page.state().actions.contains(&Action::Send(Command::Run)));
}

#[test]
fn a_lecture_on_the_projector() {
    let page = |panel: Option<Panel>| {
        let mut page = Page::new(Room::Lab, ALL, 250);
        page.lecture = true;
        page.lab.begin_lecture();
        match panel {
            Some(panel) => page.lab.tiling.open(panel),
            None => page.lab.tiling.maximised = false,
        }
        page
    };
    pictures([
        (page(Some(Panel::Curves)), SCREEN, Theme::Light, 1.0, "lecture_curves"),
        (page(Some(Panel::Slope)), SCREEN, Theme::Dark, 1.0, "lecture_slope"),
    ]);
}
