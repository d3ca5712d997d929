//! The lab as a whole: what it looks like, what its keys do.

use depthscope::export::{Kind, Size};
use depthscope::run::{Command, Event};
use depthscope::ui::{Action, Delivery, Panel, Print, Room, shortcuts_ui, theme};
use eframe::egui::{self, Key, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, NodeT, Queryable};

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
            kind: Kind::Curves,
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

#[test]
fn comfort_is_a_click_or_a_key_away() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW * 1.25, Theme::Light, 1.0);
    for (label, key, wanted) in [
        ("Theme", Key::T, Action::SwitchTheme),
        ("中文", Key::G, Action::SwitchLanguage),
        ("Lecture", Key::F5, Action::SwitchLecture),
        ("Keys", Key::Questionmark, Action::ShowKeys),
        ("Lessons", Key::K, Action::Open(Room::Lessons)),
        ("First minute", Key::M, Action::Open(Room::FirstMinute)),
    ] {
        page.state_mut().actions.clear();
        page.get_by_label(label).click();
        page.run();
        page.key_press(key);
        page.run();
        assert_eq!(
            page.state().actions.iter().filter(|action| **action == wanted).count(),
            2,
            "{label}"
        );
    }
}

#[test]
fn the_training_is_started_stepped_and_stopped_by_its_buttons() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Light, 1.0);
    for (label, wanted) in [
        ("Pause", Command::Pause),
        ("Step", Command::Step(1)),
        ("Reset", Command::Reset),
        ("Stop", Command::Stop),
    ] {
        page.get_by_label(label).click();
        page.run();
        assert!(page.state().actions.contains(&Action::Send(wanted)), "{label}");
    }
    page.get_by_label("Experiment quick").click();
    page.run();
    page.get_by_label("faithful").click();
    page.run();
    assert!(page.state().actions.contains(&Action::StartNamed("faithful")));
}

/// The sheet of keys, open or closed.
struct Sheet(bool);

impl eframe::App for Sheet {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.0 = self.0 && !shortcuts_ui(ui.ctx());
    }
}

#[test]
fn every_key_stands_on_the_sheet() {
    let mut sheet = Harness::builder().with_size(WINDOW).build_eframe(|context| {
        theme::install(&context.egui_ctx);
        Sheet(true)
    });
    sheet.run();
    for &panel in Panel::ALL {
        for key in panel.keys() {
            let words = format!("{}: {}", panel.name(), key.words);
            assert!(sheet.query_by_label(&words).is_some(), "{words}");
        }
    }
    for words in [
        "Find a command",
        "Lecture mode: large text, few controls",
        "One training step",
    ] {
        sheet.get_by_label(words);
    }
    sheet.key_press(Key::Escape);
    sheet.run();
    assert!(!sheet.state().0);
}

#[test]
fn tab_goes_in_reading_order_to_what_has_a_name_and_is_seen() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Light, 1.0);
    let mut stops: Vec<(String, egui::Rect)> = Vec::new();
    for _ in 0..60 {
        page.key_press(Key::Tab);
        page.run();
        let focused = page.get(By::new().predicate(|node| node.is_focused()));
        stops.push((focused.accesskit_node().label().unwrap_or_default(), focused.rect()));
    }
    let window = egui::Rect::from_min_size(egui::Pos2::ZERO, WINDOW);
    for (name, rect) in &stops {
        assert!(!name.is_empty(), "a stop without a name at {rect:?}");
        assert!(window.contains_rect(*rect), "{name} is not seen at {rect:?}");
    }
    let place = |name: &str| stops.iter().position(|(other, _)| other == name);
    let row = [
        "Pause",
        "Live",
        "Lessons",
        "Panels",
        "Export Networks",
        "Close Networks",
        "Add a net",
        "Export Curves",
    ];
    let places: Vec<_> = row
        .iter()
        .map(|name| place(name).unwrap_or_else(|| panic!("no {name}")))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let (_, last) = &stops[place("Seeds").unwrap()];
    assert!(last.bottom() < window.bottom() - 28.0, "the tile scrolls: {last:?}");
}

#[test]
fn nothing_moves_when_a_moment_is_held() {
    for width in [1024.0, 1100.0, 1180.0, 1280.0, 1440.0] {
        let mut page = Page::new(Room::Lab, ALL, 250).open(Vec2::new(width, 640.0), Theme::Light, 1.0);
        let chart = |page: &Harness<'_, Page>| page.get_by_label_contains("Chart: Training loss").rect().min;
        let live = chart(&page);
        for step in [7, 57, 249] {
            page.state_mut().lab.cursor.step = Some(step);
            page.run();
            assert_eq!(chart(&page), live, "{width}, step {step}");
        }
        let told = page.query_by_label("at step 249").is_some();
        assert!(told || width < 1200.0, "{width}");
    }
}

#[test]
fn escape_closes_a_list_before_the_full_size() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.maximised = true;
    let mut page = page.open(WINDOW, Theme::Light, 1.0);
    page.get_by_label("Experiment quick").click();
    page.run();
    page.get_by_label("depth");
    page.key_press(Key::Escape);
    page.run();
    assert!(page.query_by_label("depth").is_none() && page.state().lab.tiling.maximised);
    page.key_press(Key::Escape);
    page.run();
    assert!(!page.state().lab.tiling.maximised);
}

#[test]
fn a_reset_follows_the_training_again() {
    for by_key in [false, true] {
        let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Light, 1.0);
        page.state_mut().lab.cursor.step = Some(57);
        page.run();
        if by_key {
            page.key_press(Key::R);
        } else {
            page.get_by_label("Reset").click();
        }
        page.run();
        assert!(page.state().actions.contains(&Action::Send(Command::Reset)));
        page.state_mut().history.apply(&Event::Reset);
        page.state_mut().findings.resets += 1;
        page.run();
        assert_eq!(page.state().lab.cursor.step, None, "what was held is gone");
    }
}
