//! Panels as tiles: opened, closed, maximised, moved, arranged and found again.

use depthscope::ui::{Lab, Panel, Preset, Room};
use eframe::egui::{Event, Key, Modifiers, PointerButton, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Page, WINDOW};

const WIDE: Vec2 = Vec2::new(1280.0, 800.0);

fn lab<'a>() -> Harness<'a, Page> {
    Page::new(Room::Lab, ALL, 250).open(WIDE, Theme::Light, 1.0)
}

fn shown(page: &Harness<'_, Page>) -> Vec<Panel> {
    page.state().lab.tiling.shown()
}

#[test]
fn panels_are_closed_and_opened_where_they_were() {
    let mut page = lab();
    let before = shown(&page);
    page.get_by_label("Close Gradient slope").click();
    page.run();
    assert!(!shown(&page).contains(&Panel::Slope));
    assert!(page.query_by_label("Close Gradient slope").is_none());
    page.get_by_label("Panels").click();
    page.run();
    page.get_by_role_and_label(Role::Button, "Gradient slope 3").click();
    page.run();
    assert_eq!(shown(&page), before);
    assert_eq!(page.state().lab.tiling.focus, Panel::Slope);
}

#[test]
fn a_panel_whose_place_was_given_away_comes_where_there_is_room() {
    let mut page = lab();
    let change = |page: &mut Harness<'_, Page>, open: bool, panel: Panel| {
        let tiling = &mut page.state_mut().lab.tiling;
        match open {
            true => tiling.open(panel),
            false => tiling.close(panel),
        }
        page.run();
    };
    change(&mut page, true, Panel::Transfer);
    change(&mut page, false, Panel::Transfer);
    for panel in [Panel::Landscape, Panel::Transfer] {
        change(&mut page, true, panel);
        assert!(shown(&page).contains(&panel));
        let tabs = page.query_all_by_role(Role::Tab).count();
        assert!(tabs > 0, "the panels stand in one column");
    }
}

/// A slow frame sees the button go down and up again at once.
#[test]
fn a_tab_that_is_clicked_within_a_frame_has_the_focus() {
    let mut page = lab();
    let place = page.get_by_role_and_label(Role::Tab, "Architecture").rect().center();
    page.hover_at(place);
    page.run();
    for pressed in [true, false] {
        page.event(Event::PointerButton {
            pos: place,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    page.run();
    assert!(shown(&page).contains(&Panel::Architecture));
    assert_eq!(page.state().lab.tiling.focus, Panel::Architecture);
}

#[test]
fn a_tab_comes_to_the_front() {
    let mut page = lab();
    page.get_by_role_and_label(Role::Tab, "Architecture").click();
    page.run();
    let front = shown(&page);
    assert!(
        front.contains(&Panel::Architecture) && !front.contains(&Panel::Maps),
        "{front:?}"
    );
}

#[test]
fn one_panel_fills_the_window_and_goes_back() {
    let mut page = lab();
    page.get_by_label("Maximise Curves").click();
    page.run();
    assert!(page.query_by_label("Close Gradient slope").is_none());
    page.get_by_label("Put back Curves").click();
    page.run();
    assert!(page.query_by_label("Close Gradient slope").is_some());
}

#[test]
fn a_boundary_can_be_dragged() {
    let mut page = lab();
    let width = |page: &Harness<'_, Page>| page.get_by_label("Close Networks").rect().right();
    let before = width(&page);
    let rect = page.get_by_label("Close Networks").rect();
    let grip = rect.right_center() + Vec2::new(12.0, 300.0);
    page.drag_at(grip);
    page.run();
    page.hover_at(grip + Vec2::new(80.0, 0.0));
    page.run();
    page.drop_at(grip + Vec2::new(80.0, 0.0));
    page.run();
    assert!(width(&page) > before + 60.0, "{} {before}", width(&page));
}

#[test]
fn a_tile_is_dragged_to_another_place() {
    let mut page = lab();
    let from = page.get_by_role_and_label(Role::Tab, "Gradient slope").rect().center();
    let to = page.get_by_label("Close Curves").rect().center() + Vec2::new(-120.0, 150.0);
    page.drag_at(from);
    page.run();
    page.hover_at(to);
    page.run();
    page.drop_at(to);
    page.run();
    let order = shown(&page);
    let place = |panel| order.iter().position(|&other| other == panel);
    assert_eq!(
        place(Panel::Slope),
        place(Panel::Curves).map(|place| place + 1),
        "{order:?}"
    );
    let [slope, curves] = ["Close Gradient slope", "Close Curves"].map(|label| page.get_by_label(label).rect());
    assert!(
        (slope.top() - curves.top()).abs() < 2.0,
        "beside the curves: {slope:?} {curves:?}"
    );
}

#[test]
fn number_keys_open_and_w_closes_until_nothing_is_left() {
    let mut page = lab();
    for _ in 0..8 {
        page.key_press(Key::W);
        page.run();
    }
    assert_eq!(shown(&page), []);
    page.get_by_label_contains("Every panel is closed");
    page.key_press(Key::Num2);
    page.run();
    assert_eq!(shown(&page), [Panel::Curves]);
}

#[test]
fn presets_arrange_the_panels() {
    let mut page = lab();
    page.key_press_modifiers(Modifiers::ALT, Key::Num1);
    page.run();
    assert_eq!(shown(&page), [Panel::Curves, Panel::Slope, Panel::Architecture]);
    page.get_by_label("Panels").click();
    page.run();
    page.get_by_label_contains("Compare").click();
    page.run();
    assert!(shown(&page).contains(&Panel::Networks));
    page.state_mut().lab.tiling.arrange(Preset::Lecture);
    page.key_press(Key::Num1);
    page.run();
    assert!(
        shown(&page).contains(&Panel::Networks),
        "opened into an arrangement without it"
    );
}

#[test]
fn the_arrangement_survives_a_restart() {
    let mut lab = Lab::default();
    lab.tiling.arrange(Preset::Inspect);
    lab.tiling.close(Panel::Curves);
    lab.cursor.layer = "layer3.1".into();
    let text = serde_json::to_string(&lab).unwrap();
    let again: Lab = serde_json::from_str(&text).unwrap();
    assert_eq!(again.tiling.shown(), lab.tiling.shown());
    assert_eq!(again.cursor, lab.cursor);
}

#[test]
fn a_small_window_stacks_the_panels() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW / 2.0, Theme::Light, 1.0);
    page.run();
    assert!(page.query_by_label("Close Networks").is_some());
}

#[test]
fn an_arrangement_gives_the_focus_to_a_panel_that_is_seen() {
    let mut page = lab();
    page.get_by_role_and_label(Role::Tab, "Architecture").click();
    page.run();
    page.state_mut().lab.tiling.arrange(Preset::Compare);
    page.key_press(Key::F);
    page.run();
    let tiling = &page.state().lab.tiling;
    assert!(tiling.shown().contains(&tiling.focus), "{:?}", tiling.focus);
    assert!(page.query_by_label("Put back Curves").is_some());
    assert!(page.query_by_label("Close Networks").is_none());
}

#[test]
fn in_a_narrow_panel_no_control_is_cut_off() {
    for (panel, last) in [(Panel::Curves, "rate"), (Panel::Weather, "Options")] {
        let mut page = Page::new(Room::Lab, ALL, 250);
        page.lab.tiling.show(&[panel]);
        page.lab.tiling.maximised = true;
        let size = Vec2::new(280.0, 480.0);
        let page = page.open(size, Theme::Light, 1.0);
        let control = page.get_by_label(last).rect();
        assert!(control.right() < size.x, "{last}: {control:?}");
    }
}
