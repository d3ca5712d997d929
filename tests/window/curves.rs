//! The curves: what is shown, how it is scaled, and where the cursor is.

use depthscope::run::{Event, Measure};
use depthscope::ui::{Panel, Room};
use eframe::egui::{Key, Modifiers, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::legible;
use crate::page::{ALL, Nets, Page, WINDOW, pictures};

fn curves<'a>() -> Harness<'a, Page> {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(Panel::Curves);
    page.lab.tiling.maximised = true;
    page.open(Vec2::new(1024.0, 560.0), Theme::Light, 1.0)
}

#[test]
fn measures_are_shown_and_taken_away() {
    let mut page = curves();
    assert!(page.query_by_label_contains("Chart: Test error").is_none());
    page.get_by_label("test error").click();
    page.run();
    page.get_by_label_contains("Chart: Test error");
    page.get_by_label("rate").click();
    page.run();
    page.get_by_label_contains("Chart: Learning rate; now plain-20 0.020");
    page.get_by_label("error").click();
    page.run();
    assert!(page.query_by_label_contains("Chart: Training error").is_none());
}

#[test]
fn a_click_moves_the_cursor_and_live_follows_again() {
    let mut page = curves();
    let chart = page.get_by_label_contains("Chart: Training loss").rect();
    let place = chart.left_center() + Vec2::new(110.0, 0.0);
    page.hover_at(place);
    page.run();
    let hovered = page.state().lab.cursor.preview.step.unwrap();
    assert!((20..250).contains(&hovered), "{hovered}");
    assert_eq!(page.state().lab.cursor.step, None);
    page.drag_at(place);
    page.drop_at(place);
    page.run();
    assert_eq!(page.state().lab.cursor.step, Some(hovered));
    page.get_by_label("Live").click();
    page.run();
    assert_eq!(page.state().lab.cursor.step, None);
}

/// Turns the wheel with Ctrl over the chart of the training loss.
fn zoom_in(page: &mut Harness<'_, Page>) {
    let chart = page.get_by_label_contains("Chart: Training loss").rect();
    page.hover_at(chart.center());
    page.run();
    page.event_modifiers(
        eframe::egui::Event::MouseWheel {
            unit: eframe::egui::MouseWheelUnit::Line,
            delta: Vec2::new(0.0, 4.0),
            phase: eframe::egui::TouchPhase::Move,
            source: eframe::egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::COMMAND,
        },
        Modifiers::COMMAND,
    );
    page.run();
}

#[test]
fn zoom_is_shared_and_home_takes_it_back() {
    let mut page = curves();
    zoom_in(&mut page);
    let [from, to] = page.state().lab.cursor.zoom.expect("the wheel zooms with Ctrl");
    assert!(from > 0.0 && to - from < 500.0, "{from} {to}");
    page.key_press(Key::Home);
    page.run();
    assert_eq!(page.state().lab.cursor.zoom, None);
}

#[test]
fn another_training_is_seen_whole() {
    let mut page = curves();
    let numbers = |page: &Harness<'_, Page>| {
        let texts = legible::texts(page).into_iter().map(|text| text.words);
        let is_number = |words: &String| words.chars().all(|c| c.is_ascii_digit() || c == '.');
        texts.filter(is_number).collect::<Vec<_>>()
    };
    let whole = numbers(&page);
    zoom_in(&mut page);
    assert_ne!(numbers(&page), whole);
    page.state_mut().lab.restart();
    page.run();
    assert_eq!(numbers(&page), whole);
}

#[test]
fn the_verdict_is_words_made_from_the_curves() {
    let page = curves();
    // Beneath the charts, and in what a screen reader says of them.
    let words = "Degradation. After 250 steps the training loss of plain-56 is";
    assert_eq!(page.query_all_by_label_contains(words).count(), 2);
}

#[test]
fn the_pointer_over_a_line_brings_its_net_forward_everywhere() {
    let mut page = curves();
    let chart = page.get_by_label_contains("Chart: Training error").rect();
    let find = |page: &mut Harness<'_, Page>| {
        (0..40).find_map(|part| {
            let place = chart.lerp_inside(Vec2::new(0.4, part as f32 / 40.0));
            page.hover_at(place);
            page.run();
            let net = page.state().lab.cursor.preview.run.clone()?;
            Some((place, net))
        })
    };
    let (place, net) = find(&mut page).expect("there is a line");
    page.drag_at(place);
    page.drop_at(place);
    page.run();
    assert_eq!(page.state().lab.cursor.run, net, "a click chooses it");
}

const SEEDS: Nets<'_> = &[
    ("plain-20:width=8", 2.4, 0.10),
    ("plain-20:width=8", 2.3, 0.16),
    ("plain-20:width=8", 2.5, 0.13),
    ("plain-56:width=8", 2.5, 1.4),
    ("plain-56:width=8", 2.4, 1.9),
    ("plain-56:width=8", 2.6, 1.7),
];

/// Curves of three seeds over logarithmic time, one of them diverged.
fn seeds() -> Page {
    let mut page = Page::new(Room::Lab, SEEDS, 250);
    page.history.apply(&Event::Diverged { run: 5, step: 250 });
    page.lab.panes.curves.log_x = true;
    page.lab.tiling.open(Panel::Curves);
    page.lab.tiling.maximised = true;
    page
}

#[test]
fn seeds_are_a_mean_with_a_band_and_their_number() {
    let page = seeds().open(WINDOW, Theme::Light, 1.0);
    for words in [", n = 3; plain-56", ", n = 2)", "plain-56 diverged in 1 of 3 runs"] {
        assert!(page.query_all_by_label_contains(words).next().is_some(), "{words}");
    }
}

#[test]
fn seeds_in_light_and_dark_and_twice_as_large() {
    pictures([
        (seeds(), WINDOW, Theme::Light, 1.0, "curves_seeds_light"),
        (seeds(), WINDOW, Theme::Dark, 1.0, "curves_seeds_dark"),
        (seeds(), WINDOW / 2.0, Theme::Light, 2.0, "curves_seeds_large"),
    ]);
}

#[test]
fn the_pointer_over_a_name_brings_its_net_forward_and_a_click_chooses_it() {
    let mut page = Page::new(Room::Lab, ALL, 250).open(WINDOW, Theme::Light, 1.0);
    page.get_by_label("Look at net: resnet-56").hover();
    page.run();
    assert_eq!(page.state().lab.cursor.preview.run.as_deref(), Some("resnet-56"));
    assert_eq!(page.state().lab.cursor.run, "");
    page.get_by_label("Look at net: resnet-56").click();
    page.run();
    assert_eq!(page.state().lab.cursor.run, "resnet-56");
}

#[test]
fn names_are_whole_at_twice_the_size() {
    let mut curves = Page::new(Room::Lab, ALL, 250);
    curves.lab.panes.curves.measures = Measure::ALL[..4].into();
    curves.lab.tiling.open(Panel::Curves);
    curves.lab.tiling.maximised = true;
    let (laptop, projector) = (Vec2::new(640.0, 400.0), Vec2::new(960.0, 540.0));
    pictures([
        (curves, laptop, Theme::Light, 2.0, "curves_names_large"),
        (
            Page::new(Room::Lab, ALL, 250),
            projector,
            Theme::Dark,
            2.0,
            "lab_projector_dark",
        ),
    ]);
}

/// Whether that is written somewhere.
fn written(page: &Harness<'_, Page>, words: &str) -> bool {
    legible::texts(page).iter().any(|text| text.words == words)
}

#[test]
fn training_time_is_counted_in_steps_epochs_or_images() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.history.train_images = Some(1438);
    page.lab.tiling.open(Panel::Curves);
    page.lab.tiling.maximised = true;
    let mut page = page.open(Vec2::new(1024.0, 560.0), Theme::Light, 1.0);
    // 400 steps of 32 images of 1438.
    for (unit, label, last) in [
        ("steps", "training step", "400"),
        ("images", "images seen", "10\u{a0}000"),
        ("epochs", "epoch", "8"),
    ] {
        page.get_by_role_and_label(Role::ComboBox, "Training time counted in")
            .click();
        page.run();
        page.get_by_role_and_label(Role::Button, unit).click();
        page.run();
        assert!(written(&page, label) && written(&page, last), "{unit}");
    }
    page.get_by_label("log x").click();
    page.run();
    assert!(written(&page, "epoch, log scale"));
}

#[test]
fn both_axes_can_be_logarithmic() {
    let mut page = curves();
    let numbers = |page: &Harness<'_, Page>| {
        let texts = legible::texts(page).into_iter().map(|text| text.words);
        let is_number = |words: &String| words.chars().all(|c| c.is_ascii_digit() || c == '.');
        texts.filter(is_number).collect::<Vec<_>>()
    };
    let before = numbers(&page);
    for axis in ["log y", "log x"] {
        page.get_by_label(axis).click();
        page.run();
        let other = numbers(&page);
        assert_ne!(other, before, "{axis}");
        page.get_by_label(axis).click();
        page.run();
        assert_eq!(numbers(&page), before, "{axis}");
    }
}

#[test]
fn smoothing_is_a_slider_that_keys_move() {
    let mut page = curves();
    let slider = page.get_by_role_and_label(Role::Slider, "mean of 50");
    slider.focus();
    page.run();
    for _ in 0..3 {
        page.key_press(Key::ArrowRight);
        page.run();
    }
    let window = page.state().lab.panes.curves.window;
    assert!(window > 50.5, "{window}");
    page.get_by_role_and_label(Role::Slider, &format!("mean of {}", window.round()));
}

#[test]
fn what_is_no_number_is_said_and_marked() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.history.apply(&Event::Stepped {
        run: 1,
        step: 251,
        loss: f32::NAN,
        error: 0.9,
        rate: 0.02,
    });
    page.history.apply(&Event::Diverged { run: 1, step: 251 });
    page.lab.tiling.open(Panel::Curves);
    page.lab.tiling.maximised = true;
    let mut page = page.open(Vec2::new(1024.0, 560.0), Theme::Light, 1.0);
    page.run();
    assert!(
        written(&page, "plain-56 diverged"),
        "its name says so at the line's end"
    );
    page.get_by_label_contains(
        "Chart: Training loss, minibatch, batch statistics; now plain-20 0.16; plain-56 diverged",
    );
}
