//! The command palette, by keyboard.

use depthscope::export::{Kind, Size};
use depthscope::run::Command;
use depthscope::ui::{Action, Delivery, Panel, Print, Room};
use eframe::egui::{Event, Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Page, WINDOW};

fn open<'a>(room: Room) -> Harness<'a, Page> {
    let mut page = Page::new(room, ALL, 250).open(WINDOW, Theme::Light, 1.0);
    page.key_press_modifiers(Modifiers::COMMAND, Key::K);
    page.run();
    page.get_by_label("Find a command");
    page
}

fn ask(page: &mut Harness<'_, Page>, query: &str) {
    page.get_by_label("Find a command").type_text(query);
    page.run();
    page.key_press(Key::Enter);
    page.run();
    assert!(page.query_by_label("Find a command").is_none(), "it closes");
}

#[test]
fn a_few_letters_open_a_panel() {
    let mut page = open(Room::Lab);
    ask(&mut page, "timel");
    assert_eq!(page.state().lab.tiling.focus, Panel::Timeline);
}

#[test]
fn panels_are_opened_as_well_as_shown() {
    for query in ["open data", "show data"] {
        let mut page = open(Room::Lab);
        ask(&mut page, query);
        assert_eq!(page.state().lab.tiling.focus, Panel::Data, "{query}");
    }
}

#[test]
fn it_covers_the_tooltip_that_stood_there() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Light, 1.0);
    page.get_by_label("Draw an image").hover();
    page.run();
    page.run_steps(20);
    let tooltip = |page: &Harness<'_, Page>| page.query_by_label("Draw an image by hand (D)").is_some();
    assert!(tooltip(&page), "it comes");
    page.key_press_modifiers(Modifiers::COMMAND, Key::K);
    page.run_steps(5);
    page.get_by_label("Find a command");
    assert!(!tooltip(&page), "and goes");
}

#[test]
fn the_training_presets_runs_figures_and_experiments_are_in_it() {
    let mut page = open(Room::Lab);
    ask(&mut page, "pause");
    assert!(page.state().actions.contains(&Action::Send(Command::Pause)));
    for (query, wanted) in [
        ("exp vanishing", Action::StartNamed("vanishing")),
        (
            "figure depth",
            Action::Export(Print {
                kind: Kind::Depth,
                step: None,
                delivery: Delivery::Files,
                size: Size::Screen,
            }),
        ),
        ("light dark", Action::SwitchTheme),
        ("chinese", Action::SwitchLanguage),
        ("lecture mode", Action::SwitchLecture),
        ("first minute", Action::Open(Room::FirstMinute)),
    ] {
        page.key_press_modifiers(Modifiers::COMMAND, Key::K);
        page.run();
        ask(&mut page, query);
        assert!(
            page.state().actions.contains(&wanted),
            "{query}: {:?}",
            page.state().actions
        );
    }
    page.key_press_modifiers(Modifiers::COMMAND, Key::K);
    page.run();
    ask(&mut page, "look resnet-56");
    assert_eq!(page.state().lab.cursor.run, "resnet-56");
    page.key_press_modifiers(Modifiers::COMMAND, Key::K);
    page.run();
    ask(&mut page, "arrange lecture");
    assert!(!page.state().lab.tiling.shown().contains(&Panel::Networks));
}

#[test]
fn arrows_move_and_escape_closes() {
    let mut page = open(Room::Lab);
    page.key_press(Key::ArrowUp);
    page.run();
    page.key_press(Key::ArrowDown);
    page.run();
    page.key_press(Key::ArrowDown);
    page.run();
    page.key_press(Key::Enter);
    page.run();
    assert!(
        page.state().actions.contains(&Action::Send(Command::Step(1))),
        "the second entry"
    );
    page.key_press_modifiers(Modifiers::COMMAND, Key::K);
    page.run();
    page.get_by_label("Find a command").type_text("zzz");
    page.run();
    page.get_by_label("Nothing is called that.");
    page.key_press(Key::Escape);
    page.run();
    assert!(page.query_by_label("Find a command").is_none());
}

#[test]
fn a_panel_s_key_is_pressed_in_that_panel() {
    let mut page = open(Room::Lab);
    ask(&mut page, "architecture remove block");
    page.get_by_label_contains("layer1.0, block 1 of 27, removed");
}

#[test]
fn it_leads_from_the_first_minute_into_the_lab() {
    let mut page = open(Room::FirstMinute);
    ask(&mut page, "weather");
    assert!(page.state().actions.contains(&Action::Open(Room::Lab)));
    assert_eq!(page.state().lab.tiling.focus, Panel::Weather);
}

#[test]
fn what_it_looks_like() {
    let mut page = open(Room::Lab);
    page.get_by_label("Find a command").type_text("grad");
    page.run();
    page.snapshot("finder_light");
}

#[test]
fn what_is_typed_in_the_frame_of_its_keys_is_a_query() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Light, 1.0);
    page.key_press_modifiers(Modifiers::COMMAND, Key::K);
    for (key, letter) in [(Key::R, "r"), (Key::U, "u"), (Key::N, "n"), (Key::S, "s")] {
        page.key_press(key);
        page.event(Event::Text(letter.into()));
    }
    page.step();
    page.run();
    assert!(!page.state().actions.contains(&Action::Send(Command::Reset)));
    page.key_press(Key::Enter);
    page.run();
    assert_eq!(page.state().lab.tiling.focus, Panel::Runs);
}
