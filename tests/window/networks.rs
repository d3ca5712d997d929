//! The networks panel: nets are added, changed, refused, undone and started, by pointer and by keyboard.

use depthscope::run::Command;
use depthscope::ui::{Action, Panel, Room};
use eframe::egui::{Event, Key, Modifiers, Role, Theme, Vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};

use crate::page::{PLAIN, Page, pictures};

const TALL: Vec2 = Vec2::new(420.0, 1180.0);

fn page() -> Page {
    let mut page = Page::new(Room::Lab, PLAIN, 250);
    page.lab.tiling.open(Panel::Networks);
    page.lab.tiling.maximised = true;
    page
}

fn networks<'a>() -> Harness<'a, Page> {
    page().open(TALL, Theme::Light, 1.0)
}

fn enter(page: &mut Harness<'_, Page>, field: &str, value: f64) {
    page.get_by_role_and_label(Role::SpinButton, field)
        .set_value_accesskit(value);
    page.run();
}

fn actions_for(page: &mut Harness<'_, Page>, net: &str, action: &str) {
    page.get_by_label(&format!("Actions for {net}")).click();
    page.run();
    page.get_by_label(action).click();
    page.run();
}

fn started(page: &Harness<'_, Page>) -> Vec<String> {
    let start = page.state().actions.iter().rev().find_map(|action| match action {
        Action::Start(experiment, _) => Some(experiment.runs.iter().map(|plan| plan.net.clone()).collect()),
        _ => None,
    });
    start.unwrap_or_default()
}

#[test]
fn a_twin_joins_the_training() {
    let mut page = networks();
    actions_for(&mut page, "plain-56", "Add residual twin");
    page.get_by_label("Not running yet: new resnet-56");
    page.get_by_label("Add to this training").click();
    page.run();
    let added = page.state().actions.iter().find_map(|action| match action {
        Action::Add(plan) => Some(plan.net.clone()),
        _ => None,
    });
    assert_eq!(added.as_deref(), Some("resnet-56:width=8"));
    actions_for(&mut page, "resnet-56", "Add plain twin");
    assert!(page.query_by_label("Name of plain-56.2").is_none(), "its twin is there");
}

#[test]
fn a_key_adds_a_twin_that_undo_takes_back() {
    let mut page = networks();
    page.key_press(Key::X);
    page.run();
    page.get_by_label("Not running yet: new resnet-20");
    page.key_press(Key::X);
    page.run();
    assert_eq!(page.state().lab.cursor.run, "resnet-20", "it is there and is looked at");
    page.key_press(Key::X);
    page.run();
    assert_eq!(page.state().lab.cursor.run, "plain-20");
    page.get_by_label("Not running yet: new resnet-20");
    page.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    page.run();
    assert!(page.query_by_label_contains("Not running yet: new").is_none());
}

#[test]
fn what_waits_stays_in_sight() {
    let mut page = page().open(Vec2::new(420.0, 640.0), Theme::Light, 1.0);
    let batch = page.get_by_role_and_label(Role::SpinButton, "Batch");
    batch.scroll_to_me();
    page.run_steps(60);
    let batch = page.get_by_role_and_label(Role::SpinButton, "Batch");
    batch.set_value_accesskit(64.0);
    page.run_steps(60);
    let restart = page.get_by_label("Restart with these").rect();
    assert!(restart.top() > 0.0 && restart.bottom() < 640.0, "{restart:?}");
}

#[test]
fn enter_ends_a_name() {
    let mut page = networks();
    page.get_by_label("Name of plain-20").focus();
    page.run();
    page.key_press(Key::Enter);
    page.run();
    assert!(!page.get_by_label("Name of plain-20").is_focused());
}

#[test]
fn a_field_shows_its_effect_and_needs_a_restart() {
    let mut page = networks();
    enter(&mut page, "Depth of plain-20", 32.0);
    page.get_by_label("Name of plain-32");
    page.get_by_label_contains("67\u{a0}906 → 116\u{a0}738 parameters\n631\u{a0}616 → ");
    page.get_by_label("runs with 20");
    page.get_by_label("restart");
    page.get_by_label("Not running yet: changed plain-32");
    page.get_by_label("Restart with these").click();
    page.run();
    assert_eq!(started(&page), ["plain-32:width=8", "plain-56:width=8"]);
    // As the application does: the experiment that was asked for is the one that runs.
    let restarted = page.state().actions.iter().rev().find_map(|action| match action {
        Action::Start(experiment, _) => Some(experiment.clone()),
        _ => None,
    });
    page.state_mut().experiment = *restarted.unwrap();
    page.state_mut().lab.restart();
    page.run();
    assert!(page.query_by_label("restart").is_none() && page.query_by_label_contains("runs with").is_none());
    page.get_by_label("Name of plain-32");
}

#[test]
fn every_field_says_in_plain_words_what_it_is() {
    let mut page = networks();
    page.get_by_label("All fields of plain-20").click();
    page.run();
    for (field, words) in [
        ("Family", "blocks that add their input"),
        ("Depth", "Layers with weights: 6n+2"),
        ("Width", "Channels of the first stage"),
        ("Shortcut", "How a shortcut gets past a block that changes the shape"),
        ("Scale", "What every shortcut is multiplied by"),
        ("Normalisation", "followed by batch normalisation"),
        ("Initial values", "How large the random weights are"),
        ("Block", "What stands between two shortcuts"),
        ("Order", "come after each convolution or before it"),
        ("Zero start", "Each branch starts at zero"),
        (
            "Cardinality",
            "Groups that a bottleneck's 3×3 convolution is split into",
        ),
        ("Group width", "Channels of each group"),
    ] {
        page.get_all_by_label(field).next().unwrap().hover();
        page.run_steps(6);
        let tooltip = page.query_all_by_label_contains(words).next();
        assert!(tooltip.is_some(), "{field} does not say {words:?}");
        page.remove_cursor();
        page.run();
    }
}

#[test]
fn a_net_is_added_and_named() {
    let mut page = networks();
    page.get_by_label("Add a net").click();
    page.run();
    page.get_by_label("Name of plain-20.2");
    page.get_by_label("new");
    page.get_by_label("Name of plain-20.2").focus();
    page.run();
    page.get_by_label("Name of plain-20.2").type_text("-mine");
    page.run();
    page.get_by_label("Add to this training").click();
    page.run();
    let added = page.state().actions.iter().find_map(|action| match action {
        Action::Add(plan) => Some(plan.name.clone()),
        _ => None,
    });
    assert!(added.as_deref().is_some_and(|name| name.contains("mine")), "{added:?}");
    page.get_by_label("Actions for plain-56").click();
    page.run();
    page.get_by_label("Copy the text").click();
    page.run();
    page.get_by_label("text copied");
}

#[test]
fn an_impossible_choice_explains_itself_and_changes_nothing() {
    let mut page = networks();
    enter(&mut page, "Depth of plain-20", 21.0);
    page.get_by_label_contains("depth 21 is not 6n+2");
    assert!(page.query_by_label_contains("Not running yet").is_none());
    page.get_by_label("All fields of plain-20").click();
    page.run();
    page.get_by_label("Shortcut of plain-20").click();
    page.run();
    page.get_by_label("B").click();
    page.run();
    page.get_by_label_contains("a plain net has no shortcut");
    enter(&mut page, "Batch", 0.0);
    page.get_by_label_contains("batch must be at least 1");
    enter(&mut page, "Batch", 64.0);
    assert!(page.query_by_label_contains("must be at least").is_none());
    page.get_by_label("Not running yet: recipe changed");
}

#[test]
fn words_are_chosen_from_lists() {
    let mut page = networks();
    page.get_by_label("All fields of plain-56").click();
    page.run();
    page.get_by_label("Family of plain-56").click();
    page.run();
    page.get_by_label("resnet").click();
    page.run();
    page.get_by_label("Shortcut of resnet-56").click();
    page.run();
    page.get_by_label("C").click();
    page.run();
    page.get_by_label("Restart with these").click();
    page.run();
    assert_eq!(started(&page)[1], "resnet-56:shortcut=C,width=8");
}

#[test]
fn what_was_removed_comes_back() {
    let mut page = networks();
    actions_for(&mut page, "plain-20", "Remove");
    page.get_by_label("Not running yet: removed plain-20");
    assert!(page.query_by_label("Name of plain-20").is_none());
    page.get_by_label("Undo").click();
    page.run();
    page.get_by_label("Name of plain-20");
    page.get_by_label("Redo").click();
    page.run();
    assert!(page.query_by_label("Name of plain-20").is_none());
    page.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    page.run();
    page.get_by_label("Name of plain-20");
    actions_for(&mut page, "plain-20", "Duplicate");
    page.get_by_label("Name of plain-20.2");
    page.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    page.run();
    assert!(page.query_by_label("Name of plain-20.2").is_none());
    page.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    page.run();
    page.get_by_label("Name of plain-20.2");
}

#[test]
fn the_text_form_is_copied_by_a_key() {
    let mut page = networks();
    page.state_mut().lab.cursor.run = "plain-56".into();
    page.event(Event::Copy);
    page.run();
    page.get_by_label("text copied");
}

#[test]
fn the_rate_of_now_is_changed_live() {
    let mut page = networks();
    enter(&mut page, "Rate now", 0.005);
    let set = Action::Send(Command::SetRate(0.005));
    assert!(page.state().actions.contains(&set));
    assert!(page.query_by_label_contains("Not running yet").is_none(), "no restart");
    enter(&mut page, "Learning rate", 0.1);
    page.get_by_label("Not running yet: recipe changed");
    page.get_by_label("runs with 0.02");
}

#[test]
fn seeds_are_typed() {
    let mut page = networks();
    page.get_by_role_and_label(Role::TextInput, "Seeds").focus();
    page.run();
    page.key_press(Key::End);
    page.get_by_role_and_label(Role::TextInput, "Seeds").type_text("-2");
    page.run();
    page.key_press(Key::Enter);
    page.run();
    page.get_by_label("Restart with these").click();
    page.run();
    let seeds = page.state().actions.iter().find_map(|action| match action {
        Action::Start(experiment, _) => Some(experiment.seeds.clone()),
        _ => None,
    });
    assert_eq!(seeds, Some(vec![0, 1, 2]));
}

#[test]
fn every_field_in_light_and_dark() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [
        (Theme::Light, "networks_fields_light"),
        (Theme::Dark, "networks_fields_dark"),
    ] {
        let mut page = page().open(TALL, theme, 1.0);
        page.get_by_label("All fields of plain-20").click();
        page.run();
        page.get_by_label("All fields of the recipe").click();
        page.run();
        enter(&mut page, "Depth of plain-20", 56.0);
        enter(&mut page, "Cardinality of plain-56.2", 4.0);
        page.snapshot(name);
        results.extend(page.take_snapshot_results());
    }
}

#[test]
fn a_narrow_column_cuts_nothing_off() {
    let mut page = page();
    page.lab.tiling.maximised = false;
    pictures([(page, Vec2::new(1024.0, 640.0), Theme::Light, 1.0, "lab_networks_narrow")]);
}

#[test]
fn the_fields_of_the_data_are_those_of_its_source() {
    let mut page = networks();
    page.get_by_label("All fields of the recipe").click();
    page.run();
    assert!(page.query_by_role_and_label(Role::SpinButton, "Difficulty").is_none());
    page.get_by_role_and_label(Role::ComboBox, "Source").click();
    page.run();
    page.get_by_label("textures").click();
    page.run();
    enter(&mut page, "Difficulty", 1.5);
    page.get_by_label_contains("difficulty must be a number from 0 to 1");
    enter(&mut page, "Difficulty", 0.3);
    enter(&mut page, "Size", 24.0);
    enter(&mut page, "Images", 1000.0);
    enter(&mut page, "Shift", 1.0);
    page.get_by_label("Restart with these").click();
    page.run();
    let data = page.state().actions.iter().rev().find_map(|action| match action {
        Action::Start(experiment, _) => Some((experiment.data.clone(), experiment.augment.shift)),
        _ => None,
    });
    let (data, shift) = data.unwrap();
    assert_eq!((data.source.as_str(), data.difficulty), ("textures", Some(0.3)));
    assert_eq!((data.size, data.images, shift), (Some(24), Some(1000), 1));
}

#[test]
fn a_spec_keeps_the_keys_while_it_cannot_be_read() {
    let mut page = networks();
    let field = "Spec of plain-20";
    page.get_by_label(field).focus();
    page.run();
    page.key_press_modifiers(Modifiers::COMMAND, Key::A);
    for letter in ["r", "e", "s"] {
        page.event(Event::Text(letter.into()));
        page.run();
    }
    assert!(page.get_by_label(field).is_focused());
    assert_eq!(page.get_by_label(field).value().as_deref(), Some("res"));
}

#[test]
fn cards_stand_beside_each_other_where_there_is_room() {
    let rects = |size: Vec2| {
        let page = page().open(size, Theme::Light, 1.0);
        ["Spec of plain-20", "Spec of plain-56"].map(|label| page.get_by_label(label).rect())
    };
    let [left, right] = rects(Vec2::new(1280.0, 700.0));
    assert!(
        left.top() == right.top() && left.right() < right.left(),
        "{left:?} {right:?}"
    );
    let [upper, lower] = rects(TALL);
    assert!(upper.bottom() < lower.top(), "{upper:?} {lower:?}");
}
