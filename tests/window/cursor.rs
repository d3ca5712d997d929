//! One cursor for every panel: what is hovered over is seen in all of them, a click moves them all, "Live" lets them follow
//! the training again, and a stretch of training is looked at in all of them.

use depthscope::probe::Subject;
use depthscope::run::{Command, MapRequest};
use depthscope::ui::{Action, Panel};
use eframe::egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, Pos2, Rect, Shape, Theme, TouchPhase, Vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::Page;
use crate::{legible, rewind};

fn lab<'a>() -> Harness<'a, Page> {
    let mut page = rewind::page(Panel::Curves);
    page.lab.tiling.show(&[
        Panel::Curves,
        Panel::Slope,
        Panel::Weather,
        Panel::Maps,
        Panel::Timeline,
    ]);
    let mut page = page.open(Vec2::new(1600.0, 1000.0), Theme::Light, 1.0);
    page.run();
    page
}

fn chart(page: &Harness<'_, Page>) -> Rect {
    page.get_by_label_contains("Chart: Training loss").rect()
}

fn weather(page: &Harness<'_, Page>) -> Rect {
    page.get_by_label_contains("Gradient weather of plain-56: now").rect()
}

fn timeline(page: &Harness<'_, Page>) -> Rect {
    page.get_by_label_contains("Timeline of 10 kept moments").rect()
}

/// Upright lines within `rect`, as tall as half of it.
fn upright(page: &Harness<'_, Page>, rect: Rect) -> usize {
    fn count(shape: &Shape, rect: Rect) -> usize {
        match shape {
            Shape::Vec(shapes) => shapes.iter().map(|shape| count(shape, rect)).sum(),
            Shape::LineSegment { points: [a, b], .. } => {
                let tall = (a.y - b.y).abs() > 0.5 * rect.height();
                usize::from(a.x == b.x && tall && rect.expand(1.0).contains(a.lerp(*b, 0.5)))
            }
            _ => 0,
        }
    }
    page.output()
        .shapes
        .iter()
        .map(|clipped| count(&clipped.shape, rect))
        .sum()
}

fn click(page: &mut Harness<'_, Page>, place: Pos2) {
    page.hover_at(place);
    page.run();
    page.drag_at(place);
    page.drop_at(place);
    page.run();
}

fn watched(page: &Harness<'_, Page>) -> MapRequest {
    let request = |action: &Action| match action {
        Action::Send(Command::Watch(Some(request))) => Some(request.clone()),
        _ => None,
    };
    page.state().actions.iter().rev().find_map(request).unwrap()
}

#[test]
fn what_is_hovered_over_in_one_panel_is_marked_in_the_others() {
    let mut page = lab();
    let places = [chart(&page), weather(&page), timeline(&page)];
    let lines = |page: &Harness<'_, Page>| places.map(|rect| upright(page, rect));
    let still = lines(&page);
    for (over, rect) in places.into_iter().enumerate() {
        page.hover_at(rect.lerp_inside(Vec2::new(0.4, 0.5)));
        page.run();
        let now = lines(&page);
        for (panel, (now, still)) in now.iter().zip(still).enumerate() {
            assert!(*now > still, "hovering over {over} is not seen in {panel}");
        }
        assert_eq!(page.state().lab.cursor.step, None, "it is only a preview");
        page.remove_cursor();
        page.run();
        assert_eq!(lines(&page), still, "it ends with the pointer's leaving");
    }
}

#[test]
fn a_click_in_any_panel_moves_every_panel() {
    for over in [chart, weather, timeline] {
        let mut page = lab();
        let place = over(&page).lerp_inside(Vec2::new(0.35, 0.5));
        click(&mut page, place);
        let step = page.state().lab.cursor.step.expect("a moment is chosen");
        assert!((2..250).contains(&step), "{step}");
        page.get_by_label(&format!("step {}", step / 10 * 10));
        page.get_by_label(&format!("Timeline of 10 kept moments, at step {step}"));
        page.get_by_label(&format!("at step {step}"));
        let kept = [0, 1, 2, 4, 8, 16, 32, 64, 128].into_iter().rfind(|kept| *kept <= step);
        let request = watched(&page);
        assert_eq!(
            (request.image, request.step),
            (Subject::Test(0), kept),
            "the maps of that moment"
        );
        page.get_by_label("Live").click();
        page.run();
        page.get_by_label("step 250");
        page.get_by_label("Timeline of 10 kept moments, at step 250");
        assert_eq!(watched(&page).step, None);
    }
}

#[test]
fn a_layer_chosen_in_one_panel_is_that_of_the_others() {
    let mut page = lab();
    let place = weather(&page).lerp_inside(Vec2::new(0.5, 0.98));
    click(&mut page, place);
    assert_eq!(watched(&page).nodes, [(1, "layer3.8".into()), (2, "layer3.8".into())]);
    page.state_mut().lab.tiling.open(Panel::Architecture);
    page.run();
    page.get_by_label_contains("32×2×2 → 32×2×2");
}

#[test]
fn a_stretch_of_training_is_looked_at_in_every_panel() {
    let mut page = lab();
    // The numbers beneath the chart and beneath the weather.
    let numbers = |page: &Harness<'_, Page>| {
        let near = |rect: Rect| {
            Rect::from_min_max(
                rect.left_bottom() - Vec2::new(0.0, 60.0),
                rect.right_bottom() + Vec2::new(0.0, 60.0),
            )
        };
        let last = page
            .get_by_label_contains("Gradient weather of plain-56 over resnet-56")
            .rect();
        [chart(page), last].map(|rect| {
            let texts = legible::texts(page).into_iter();
            let within = texts.filter(|text| near(rect).contains(text.ink.center()));
            within.map(|text| text.words).collect::<Vec<_>>()
        })
    };
    let whole = numbers(&page);
    page.hover_at(chart(&page).center());
    page.run();
    page.event_modifiers(
        Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: Vec2::new(0.0, 6.0),
            phase: TouchPhase::Move,
            source: MouseWheelSource::Wheel,
            modifiers: Modifiers::COMMAND,
        },
        Modifiers::COMMAND,
    );
    page.remove_cursor();
    page.run();
    let near = numbers(&page);
    assert!(near[0] != whole[0] && near[1] != whole[1], "{near:?}");
    page.key_press(Key::Home);
    page.run();
    assert_eq!(numbers(&page), whole);
}
