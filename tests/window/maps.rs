//! Feature maps: any layer, image and channel, by keyboard, by pointer, drawn by hand and dropped on the panel.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use depthscope::probe::Subject;
use depthscope::run::{Command, Event, MapRequest};
use depthscope::ui::{Action, Panel, Room, Shown};
use eframe::egui::{self, Key, Modifiers, PointerButton, Pos2, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::desk::Dropped;
use crate::page::{ALL, Page, maps};

const SIZE: Vec2 = Vec2::new(840.0, 420.0);

fn page() -> Page {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(Panel::Maps);
    page.lab.tiling.maximised = true;
    page
}

fn opened<'a>() -> Harness<'a, Page> {
    page().open(SIZE, Theme::Light, 1.0)
}

fn watched(page: &Harness<Page>) -> MapRequest {
    let request = |action: &Action| match action {
        Action::Send(Command::Watch(Some(request))) => Some(request.clone()),
        _ => None,
    };
    page.state().actions.iter().rev().find_map(request).unwrap()
}

/// Drops a file and gives the thread that reads it time.
fn drop_file(page: &mut Harness<Page>, path: &Path, seen: impl Fn(&Harness<Page>) -> bool) {
    page.input_mut().dropped_files.push(Arc::new(Dropped(path.to_owned())));
    for _ in 0..500 {
        page.step();
        if seen(page) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the file was not taken in");
}

#[test]
fn one_map_large_in_light_and_dark() {
    let large = |theme, name| {
        let mut page = page().open(SIZE, theme, 1.0);
        page.get_by_label("Channel 3 of resnet-56").click();
        page.run();
        page.snapshot(name);
        page.take_snapshot_results()
    };
    let mut results = large(Theme::Light, "panel_map_large_light");
    results.extend(large(Theme::Dark, "panel_map_large_dark"));
}

#[test]
fn channels_by_keyboard_and_pointer() {
    let mut page = opened();
    for key in [Key::CloseBracket, Key::CloseBracket, Key::PageUp, Key::Enter] {
        page.key_press(key);
        page.run();
    }
    page.get_by_label_contains("Channel 2 of layer1.0 in plain-56, large: mean");
    page.get_by_label("Next channel").click();
    page.run();
    page.get_by_label_contains("Channel 3 of layer1.0 in resnet-56, large: mean");
    page.get_by_label("One map").click();
    page.run();
    page.get_by_label("Channel 7 of plain-56").click();
    page.run();
    page.get_by_label_contains("Channel 7 of layer1.0 in resnet-56, large: mean");
}

#[test]
fn values_and_statistics_are_told() {
    let mut page = opened();
    page.get_by_label_contains("Feature maps of resnet-56, layer1.0, 8 × 8×8, step 400: mean");
    assert_eq!(
        page.query_all_by_label_contains(" 1 all zero").count(),
        1,
        "the dead channel"
    );
    page.get_by_label("resnet-56 takes it for 3, 98 percent");
    page.get_by_label("plain-56 takes it for 3, 40 percent");
    let tile = page.get_by_label("Channel 1 of plain-56").rect();
    page.hover_at(tile.min + Vec2::splat(3.0));
    for _ in 0..10 {
        page.step();
    }
    page.get_by_label_contains("row 1, column 1: ");
    page.get_by_label("Scale each map").click();
    page.run();
    page.get_by_label_contains("Feature maps of resnet-56");
}

#[test]
fn maps_of_a_net_that_is_lost_are_told() {
    let mut page = opened();
    let mut lost = maps(&page.state().history);
    lost.maps[0].1.data.fill(f32::NAN);
    lost.predictions[0].fill(f32::NAN);
    page.state_mut().shown = Some(Shown::new(&page.ctx, lost));
    page.run();
    page.get_by_label("plain-56: not finite");
    page.get_by_label("resnet-56 takes it for 3, 98 percent");
    assert_eq!(page.query_all_by_label_contains("all zero: ").count(), 0);
    page.get_by_label_contains("Feature maps of plain-56, layer1.0, 8 × 8×8, step 400: mean not finite");
    page.key_press(Key::Enter);
    page.run();
    page.get_by_label_contains("Channel 1 of layer1.0 in plain-56, large: mean not finite");
}

#[test]
fn one_draws_from_any_panel() {
    let mut page = opened();
    page.state_mut().lab.tiling.open(Panel::Curves);
    page.run();
    page.key_press(Key::D);
    page.run();
    page.get_by_label("Canvas to draw on");
    assert_eq!(page.state().lab.tiling.focus, Panel::Maps);
    page.key_press(Key::Escape);
    page.run();
    assert!(page.query_by_label("Canvas to draw on").is_none());
    assert!(page.state().lab.tiling.maximised, "the canvas only");
    page.key_press(Key::Escape);
    page.run();
    assert!(!page.state().lab.tiling.maximised);
}

#[test]
fn an_image_is_drawn_by_hand() {
    let mut page = opened();
    page.key_press(Key::D);
    page.run();
    let canvas = page.get_by_label("Canvas to draw on").rect();
    let button = |page: &Harness<Page>, pos: Pos2, pressed| {
        page.event(egui::Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    };
    let (top, bottom) = (canvas.center_top() + Vec2::new(0.0, 20.0), canvas.center_bottom());
    page.hover_at(top);
    page.step();
    button(&page, top, true);
    page.step();
    page.hover_at(canvas.center());
    page.step();
    page.hover_at(bottom - Vec2::new(0.0, 20.0));
    page.step();
    button(&page, bottom - Vec2::new(0.0, 20.0), false);
    page.run();
    let own = page.state().lab.cursor.own.clone().unwrap();
    assert_eq!(own.len(), 64);
    assert!(
        own[4 * 8 + 3] > 0.4 && own[4 * 8 + 4] > 0.4 && own[4 * 8] == 0.0,
        "{own:?}"
    );
    assert_eq!(watched(&page).image, Subject::Own(own.clone()));

    page.get_by_label("Clear").click();
    page.run();
    assert!(
        page.state()
            .lab
            .cursor
            .own
            .as_ref()
            .unwrap()
            .iter()
            .all(|&pixel| pixel == 0.0)
    );
    let canvas = page.get_by_label("Canvas to draw on");
    canvas.focus();
    page.run();
    page.key_down(Key::Space);
    page.run();
    page.key_up(Key::Space);
    page.run();
    assert!(
        page.state().lab.cursor.own.as_ref().unwrap()[3 * 8 + 3] > 0.2,
        "by keyboard"
    );
    page.get_by_label("Done").click();
    page.run();
    assert!(page.query_by_label("Canvas to draw on").is_none());
    page.key_press(Key::ArrowDown);
    page.run();
    assert_eq!(watched(&page).image, Subject::Test(0), "back to the data");
}

#[test]
fn a_dropped_file_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.png");
    let half = image::GrayImage::from_fn(16, 16, |x, _| image::Luma([if x < 8 { 255 } else { 0 }]));
    half.save(&path).unwrap();
    let mut page = opened();
    drop_file(&mut page, &path, |page| page.state().lab.cursor.own.is_some());
    page.run();
    let own = page.state().lab.cursor.own.clone().unwrap();
    assert_eq!((own[0], own[7]), (1.0, 0.0));
    assert_eq!(watched(&page).image, Subject::Own(own));
    page.get_by_label("your own image");
    page.get_by_label("Invert the image").click();
    page.run();
    let own = page.state().lab.cursor.own.clone().unwrap();
    assert_eq!((own[0], own[7]), (0.0, 1.0));

    std::fs::write(&path, "no image").unwrap();
    let refused = |page: &Harness<Page>| page.query_by_label_contains("mine.png cannot be read").is_some();
    drop_file(&mut page, &path, refused);
}

#[test]
fn any_image_at_the_cursors_step() {
    let mut page = page();
    for run in 0..ALL.len() {
        for step in [0, 8, 64, 250] {
            page.history.apply(&Event::Kept { run, step });
        }
    }
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.get_by_label("Random image").click();
    page.run();
    let image = page.state().lab.cursor.image;
    assert!((1..359).contains(&image), "{image}");
    page.state_mut().lab.cursor.step = Some(100);
    page.key_press(Key::ArrowRight);
    page.run();
    let request = watched(&page);
    assert_eq!((request.image, request.step), (Subject::Test(image), Some(64)));
    assert_eq!(request.nodes[0].1, "layer1.1");
}

#[test]
fn colours_of_each_map() {
    let mut page = page().open(SIZE, Theme::Light, 1.0);
    page.get_by_label("Scale each map").click();
    page.run();
    page.snapshot("panel_maps_each_light");
}

#[test]
fn layer_nets_and_image_are_chosen_by_name() {
    let mut page = opened();
    let press = |page: &mut Harness<Page>, label: &str| {
        page.get_by_label(label).click();
        page.run();
    };
    press(&mut page, "Next layer");
    press(&mut page, "Next layer");
    press(&mut page, "Layer before");
    assert_eq!(watched(&page).nodes[0].1, "layer1.1");
    for (combo, choice) in [
        ("Layer", "layer1.0.conv1"),
        ("Left net", "plain-20"),
        ("Right net", "plain-56"),
    ] {
        page.get_by_role_and_label(Role::ComboBox, combo).click();
        page.run();
        press(&mut page, choice);
    }
    assert_eq!(
        watched(&page).nodes,
        [(0, "layer1.0.conv1".into()), (1, "layer1.0.conv1".into())]
    );
    press(&mut page, "Image before");
    assert_eq!(watched(&page).image, Subject::Test(358), "around the end");
    press(&mut page, "Next image");
    press(&mut page, "Next image");
    assert_eq!(watched(&page).image, Subject::Test(1));
}
