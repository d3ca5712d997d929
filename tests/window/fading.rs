//! The fading digit.

use std::time::Duration;

use depthscope::net::Array;
use depthscope::probe::{Reading, Subject};
use depthscope::run::{Event, Finding, Question, Work};
use depthscope::ui::Panel;
use eframe::egui::{Key, Theme};
use egui_kittest::kittest::Queryable;

use crate::page::{Page, pictures};
use crate::rewind::{SIZE, asked, page};
/// The image fades by that factor a block.
fn information(run: usize, step: usize, image: usize, factor: f32) -> Finding {
    let left = |block: usize| factor.powi(block as i32);
    let digit = |share: f32| Array {
        shape: vec![1, 8, 8],
        data: (0..64)
            .map(|at| 0.4 + share * if at / 8 == at % 8 { 0.6 } else { -0.4 })
            .collect(),
    };
    let reading = |block: usize| Reading {
        block,
        node: match block {
            0 => "relu".into(),
            block => format!("layer{}.{}", (block - 1) / 9 + 1, (block - 1) % 9),
        },
        reconstruction: left(block),
        accuracy: 0.1 + 0.88 * left(block),
    };
    Finding::Information {
        run,
        step,
        readings: (0..28).map(reading).collect(),
        chance: 0.11,
        image: Subject::Test(image),
        original: digit(1.0),
        film: (0..28).map(|block| digit(left(block))).collect(),
    }
}

pub fn fading() -> Page {
    let mut page = page(Panel::Fading);
    page.findings.apply(information(1, 250, 0, 0.8));
    page.findings.apply(information(2, 250, 0, 0.97));
    page
}

#[test]
fn pictures_in_light_and_dark() {
    pictures([
        (fading(), SIZE, Theme::Light, 1.0, "panel_fading_light"),
        (fading(), SIZE, Theme::Dark, 1.0, "panel_fading_dark"),
    ]);
}

#[test]
fn the_digit_is_read_at_the_kept_step_and_for_the_image_of_the_cursor() {
    let mut page = fading().open(SIZE, Theme::Light, 1.0);
    assert!(asked(&page).is_empty(), "it is known");
    page.key_press(Key::ArrowDown);
    page.run();
    page.state_mut().lab.cursor.step = Some(100);
    page.run();
    let questions = asked(&page);
    let wanted = |run, step| Question::Information {
        run,
        step: Some(step),
        image: Subject::Test(1),
    };
    assert_eq!(questions, [wanted(1, 250), wanted(2, 250)], "one at a time of each run");
    for (run, factor) in [(1, 0.8), (2, 0.97)] {
        page.state_mut().findings.apply(information(run, 250, 1, factor));
    }
    page.run();
    assert_eq!(asked(&page)[2..], [wanted(1, 64), wanted(2, 64)]);
}

#[test]
fn a_reading_that_was_broken_off_can_begin_again() {
    let mut page = page(Panel::Fading);
    let question = |run| Question::Information {
        run,
        step: Some(250),
        image: Subject::Test(0),
    };
    page.findings.apply(Finding::Working(Work {
        question: question(1),
        share: 0.5,
        left: Some(Duration::from_secs(2)),
    }));
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.run_steps(3);
    page.get_by_label("50 %, about 2 s left");
    page.get_by_label("Reading the images back: 50 %, about 2 s left");
    page.state_mut().findings.apply(Finding::Over(question(1)));
    page.state_mut().actions.clear();
    page.run_steps(3);
    page.get_by_label("Read the images").click();
    page.run_steps(3);
    assert_eq!(asked(&page), [question(1)]);
}

#[test]
fn after_a_reset_the_reading_is_asked_for_anew() {
    let mut page = page(Panel::Fading).open(SIZE, Theme::Light, 1.0);
    page.run();
    let of = |step| {
        move |run| Question::Information {
            run,
            step: Some(step),
            image: Subject::Test(0),
        }
    };
    assert_eq!(asked(&page), [1, 2].map(of(250)));
    // Nobody answers that any more.
    page.state_mut().history.apply(&Event::Reset);
    page.state_mut().findings.resets += 1;
    page.run();
    for run in [1, 2] {
        page.state_mut().history.apply(&Event::Kept { run, step: 0 });
    }
    page.run();
    assert_eq!(asked(&page)[2..], [1, 2].map(of(0)));
}
