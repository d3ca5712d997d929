//! Gradient slope and weather: quantities, scales, and a click that moves the cursor.

use depthscope::engine::Norms;
use depthscope::run::{Event, Finding, Question};
use depthscope::ui::{Panel, Room};
use eframe::egui::{Key, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::legible;
use crate::page::{ALL, Page};
use crate::rewind::asked;

fn open<'a>(panel: Panel) -> Harness<'a, Page> {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(panel);
    page.lab.tiling.maximised = true;
    page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0)
}

#[test]
fn a_click_on_the_weather_chooses_moment_and_layer() {
    let mut page = open(Panel::Weather);
    page.get_by_label_contains("Gradient weather of plain-56 over resnet-56");
    let strip = page.get_by_label_contains("Gradient weather of plain-56: now").rect();
    let place = strip.lerp_inside(Vec2::new(0.6, 0.98));
    page.hover_at(place);
    page.run();
    page.drag_at(place);
    page.drop_at(place);
    page.run();
    let cursor = &page.state().lab.cursor;
    assert_eq!(cursor.layer, "layer3.8");
    assert!(
        cursor.step.is_some_and(|step| (20..60).contains(&step)),
        "{:?}",
        cursor.step
    );
}

#[test]
fn the_slope_shows_the_moment_of_the_cursor() {
    let mut page = open(Panel::Slope);
    page.get_by_label("step 250");
    page.state_mut().lab.cursor.step = Some(57);
    page.run();
    page.get_by_label("step 50");
    page.key_press(Key::End);
    page.run();
    page.get_by_label("step 250");
    page.get_by_label("weights").click();
    page.run();
    assert!(
        page.query_all_by_label_contains("norm of dL/d(weight)")
            .next()
            .is_some()
    );
}

#[test]
fn gradients_are_shown_over_the_weights_they_move() {
    let mut page = open(Panel::Slope);
    page.get_by_label("to weight").click();
    page.run();
    let title = "norm of dL/d(weight) over the norm of the weight, layer by layer";
    assert!(page.query_all_by_label(title).next().is_some());
    let mut page = open(Panel::Weather);
    page.get_by_label("to weight").click();
    page.run();
    page.get_by_label("Gradient weather of resnet-56: now 0.029 at the input, 0.050 at the output");
}

#[test]
fn one_run_is_compared_with_another_block_by_block() {
    let mut page = open(Panel::Slope);
    page.get_by_label("Ratio").click();
    page.run();
    page.get_by_label("over resnet-56").click();
    page.run();
    page.get_by_label("norm of dL/d(block output), as a multiple of resnet-56's; nets of other depths are left out");
    page.get_by_label_contains("resnet-56: first block 1.00, last block 1.00");
    let shallow = page.query_by_label_contains("plain-20: first block");
    assert!(shallow.is_none(), "another depth has no counterpart");
}

#[test]
fn every_net_is_drawn_on_one_scale() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.panes.weather.runs = ["resnet-56".into(), "resnet-56".into()];
    page.lab.tiling.open(Panel::Weather);
    page.lab.tiling.maximised = true;
    let mut page = page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0);
    page.run();
    page.snapshot("weather_alone");
}

#[test]
fn a_robust_slope_says_what_it_leaves_out() {
    let mut page = open(Panel::Slope);
    assert!(page.query_by_label_contains("lie beyond this scale").is_none());
    page.get_by_label("robust").click();
    page.run();
    assert!(
        page.query_by_label_contains("lie beyond this scale").is_none(),
        "the outermost are within the air around the others"
    );
    let history = &mut page.state_mut().history;
    let last = history.runs[0].measured.last().unwrap();
    let (step, mut norms) = (last.step + 1, last.norms.clone());
    norms.activation[0] = 1e6;
    history.apply(&Event::Measured { run: 0, step, norms });
    page.run();
    page.get_by_label_contains("; 1 of 66 norms lie beyond this scale");
    assert!(page.state().lab.panes.slope.robust);
}

#[test]
fn what_has_no_room_is_among_the_options() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(Panel::Slope);
    page.lab.tiling.maximised = true;
    let mut page = page.open(Vec2::new(480.0, 340.0), Theme::Light, 2.0);
    assert!(page.query_by_label("robust").is_none());
    page.get_by_label("Options").click();
    page.run();
    page.get_by_label("weights").click();
    page.run();
    page.get_by_label("robust").click();
    page.run();
    let slope = &page.state().lab.panes.slope;
    assert!(slope.robust, "the options stay open");
    // What would be a list of its own stands among them.
    page.get_by_label("over plain-20").click();
    page.run();
    page.get_by_label_contains("as a multiple of plain-20's; nets of other depths are left out");
}

#[test]
fn nets_of_several_depths_share_an_axis_without_blocks_of_one() {
    let axis = |nets| {
        let mut page = Page::new(Room::Lab, nets, 250);
        page.lab.tiling.open(Panel::Slope);
        page.lab.tiling.maximised = true;
        let page = page.open(Vec2::new(840.0, 420.0), Theme::Light, 1.0);
        let texts = legible::texts(&page).into_iter().map(|text| text.words);
        texts.collect::<Vec<_>>()
    };
    let several = axis(ALL);
    assert!(several.contains(&"100 %".into()) && several.contains(&"place in the net, input at the left".into()));
    let one = axis(&ALL[1..3]);
    assert!(one.contains(&"10".into()) && one.contains(&"block, input at the left".into()));
}

#[test]
fn a_slider_shows_the_slope_of_another_depth() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(Panel::Slope);
    page.lab.tiling.maximised = true;
    let mut page = page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0);
    assert!(page.query_by_role_and_label(Role::Slider, "depth").is_none());
    page.get_by_label("start").click();
    page.run();
    page.get_by_role_and_label(Role::Slider, "depth").focus();
    page.run();
    page.key_press(Key::ArrowRight);
    page.run();
    // One stands for both plain nets.
    let question = |run, blocks| Question::Slope { run, blocks };
    assert_eq!(asked(&page), [question(0, 10), question(2, 10)]);
    page.get_by_label("depth 62");
    let names = |page: &Harness<'_, Page>| {
        let texts = legible::texts(page).into_iter().map(|text| text.words);
        let nets = texts.filter(|words| words.starts_with("plain-") || words.starts_with("resnet-"));
        nets.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(names(&page).contains("plain-56"), "until it is known");
    for (run, factor) in [(0, 0.9f32), (2, 1.0)] {
        let norms = Norms {
            activation: (0..31).map(|block| factor.powi(block)).collect(),
            weight: Vec::new(),
            parameter: Vec::new(),
        };
        let blocks = 10;
        let findings = &mut page.state_mut().findings;
        findings.apply(Finding::Slope { run, blocks, norms });
        findings.apply(Finding::Over(question(run, blocks)));
    }
    page.run();
    assert_eq!(names(&page), ["plain-62", "resnet-62"].map(String::from).into());
    page.get_by_label_contains("plain-62: first block 0.90, last block 0.042");
    page.state_mut().lab.panes.slope.over = "resnet-56".into();
    page.run();
    page.get_by_label_contains("as a multiple of resnet-62's; at another depth");
    page.get_by_label_contains("resnet-62: first block 1.00, last block 1.00");
    page.state_mut().lab.panes.slope.over.clear();
    // Pulled on while the next is measured, it asks for the last one only.
    for _ in 0..3 {
        page.key_press(Key::ArrowRight);
        page.run();
    }
    assert_eq!(asked(&page)[2..], [question(0, 11), question(2, 11)]);
    for run in [0, 2] {
        page.state_mut().findings.apply(Finding::Over(question(run, 11)));
    }
    page.run();
    assert_eq!(asked(&page)[4..], [question(0, 13), question(2, 13)]);
    page.get_by_label("start").click();
    page.run();
    assert!(names(&page).contains("plain-20"), "as they are");
}

#[test]
fn one_net_at_another_depth_is_divided_by_none() {
    let mut page = Page::new(Room::Lab, &ALL[..2], 250);
    page.lab.tiling.open(Panel::Slope);
    page.lab.tiling.maximised = true;
    page.lab.panes.slope.over = "plain-20".into();
    let mut page = page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0);
    page.get_by_label("start").click();
    page.run();
    page.get_by_role_and_label(Role::Slider, "depth").focus();
    page.run();
    page.key_press(Key::ArrowRight);
    page.run();
    let norms = Norms {
        activation: (0..31).map(|block| 0.9f32.powi(block)).collect(),
        weight: Vec::new(),
        parameter: Vec::new(),
    };
    let (run, blocks) = (0, 10);
    page.state_mut().findings.apply(Finding::Slope { run, blocks, norms });
    page.run();
    page.get_by_label_contains("plain-62: first block 0.90, last block 0.042");
    assert!(page.query_by_label_contains("as a multiple of").is_none());
    let ratio = page.get_by_role_and_label(Role::ComboBox, "Ratio");
    assert!(ratio.accesskit_node().is_disabled());
}

#[test]
fn the_keys_of_an_open_list_are_its_own() {
    let mut page = open(Panel::Slope);
    page.key_press(Key::ArrowDown);
    page.run();
    assert_eq!(page.state().lab.cursor.image, 1);
    page.get_by_role_and_label(Role::ComboBox, "Ratio").click();
    page.run();
    page.key_press(Key::ArrowDown);
    page.run();
    assert_eq!(page.state().lab.cursor.image, 1, "the list's key");
}

#[test]
fn moments_compare_on_one_scale() {
    let mut page = open(Panel::Slope);
    let heights = |page: &Harness<'_, Page>| {
        let texts = legible::texts(page).into_iter().map(|text| text.words);
        texts
            .filter(|words| words.starts_with("10") || words.starts_with("0."))
            .collect::<Vec<_>>()
    };
    let newest = heights(&page);
    page.get_by_label("start").click();
    page.run();
    assert_ne!(heights(&page), newest, "each moment fills the chart");
    page.get_by_label("one scale").click();
    page.run();
    let fixed = heights(&page);
    page.get_by_label("step 250").click();
    page.run();
    assert_eq!(heights(&page), fixed, "now they compare");
}

#[test]
fn the_weather_of_two_nets_and_their_difference() {
    let mut page = open(Panel::Weather);
    page.get_by_role_and_label(Role::ComboBox, "Lower net").click();
    page.run();
    page.get_by_role_and_label(Role::Button, "plain-20").click();
    page.run();
    page.get_by_label_contains("Gradient weather of plain-20: now");
    assert!(
        page.query_by_label_contains("Gradient weather of plain-56 over")
            .is_none(),
        "another depth has no counterpart"
    );
    page.get_by_label("weights").click();
    page.run();
    page.get_by_label_contains("Gradient weather of plain-56: now");
    page.get_by_label("robust").click();
    page.run();
    assert!(page.state().lab.panes.weather.robust);
}

#[test]
fn seeds_are_one_line_with_their_mean() {
    let nets = &[("plain-20:width=8", 2.4, 0.1), ("plain-20:width=8", 2.3, 0.2)];
    let mut page = Page::new(Room::Lab, nets, 250);
    // 0.05 for the first.
    let last = page.history.runs[1]
        .measured
        .last_mut()
        .unwrap()
        .norms
        .activation
        .last_mut();
    *last.unwrap() = 0.15;
    page.lab.tiling.open(Panel::Slope);
    page.lab.tiling.maximised = true;
    let page = page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0);
    page.get_by_label("norm of dL/d(block output); mean over seeds, band: lowest to highest");
    let summary = page.get_by_label_contains("Gradient norms by block. ");
    let summary = summary.accesskit_node().label().unwrap_or_default();
    assert!(summary.ends_with("last block 0.10"), "{summary}");
    assert_eq!(summary.matches("plain-20").count(), 1, "{summary}");
}
