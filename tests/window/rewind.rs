//! Time travel, the fading digit and the tower with scissors.

use std::time::Duration;

use depthscope::net::{Array, Cut, Surgery};
use depthscope::probe::{Reading, Subject};
use depthscope::run::{Command, Event, Finding, Phase, Question, Work};
use depthscope::ui::{Action, Panel, Room};
use eframe::egui::{Key, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Page, pictures};

const SIZE: Vec2 = Vec2::new(840.0, 420.0);
const KEPT: [usize; 10] = [0, 1, 2, 4, 8, 16, 32, 64, 128, 250];

/// A maximised panel of a lab whose runs have kept moments.
pub fn page(panel: Panel) -> Page {
    let mut page = Page::new(Room::Lab, ALL, 250);
    for run in 0..ALL.len() {
        for step in KEPT {
            page.history.apply(&Event::Kept { run, step });
        }
    }
    page.history.apply(&Event::Phase(Phase::Paused));
    page.lab.tiling.open(panel);
    page.lab.tiling.maximised = true;
    page
}

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

fn scissors() -> Page {
    let mut page = page(Panel::Architecture);
    page.lab.cursor.run = "resnet-56".into();
    page
}

fn asked(page: &Harness<Page>) -> Vec<Question> {
    let question = |action: &Action| match action {
        Action::Send(Command::Ask(question)) => Some(question.clone()),
        _ => None,
    };
    page.state().actions.iter().filter_map(question).collect()
}

#[test]
fn pictures_in_light_and_dark() {
    let cut = || {
        let mut page = scissors();
        page.lab.cursor.layer = "layer1.3".into();
        page
    };
    pictures([
        (fading(), SIZE, Theme::Light, 1.0, "panel_fading_light"),
        (fading(), SIZE, Theme::Dark, 1.0, "panel_fading_dark"),
        (page(Panel::Timeline), SIZE, Theme::Light, 1.0, "panel_timeline_light"),
        (page(Panel::Timeline), SIZE, Theme::Dark, 1.0, "panel_timeline_dark"),
        (cut(), SIZE, Theme::Dark, 1.0, "panel_scissors_dark"),
    ]);
}

#[test]
fn the_lesion_chart_builds_itself() {
    let mut page = scissors().open(SIZE, Theme::Light, 1.0);
    page.get_by_label("Remove each in turn").click();
    page.run();
    let questions = asked(&page);
    assert_eq!(questions.len(), 27);
    for (block, question) in questions.into_iter().enumerate() {
        let Question::Lesion { run, surgery, .. } = question else {
            panic!()
        };
        assert_eq!((run, &surgery), (2, &Surgery::one(block, Cut::Removed)));
        let after = if block == 0 { 0.28 } else { 0.95 - 0.01 * block as f32 };
        let finding = Finding::Lesion {
            run,
            step: 250,
            surgery,
            before: 0.967,
            after,
        };
        page.state_mut().findings.apply(finding);
    }
    page.run();
    page.get_by_label("layer1.0, shortcut of block 1 of 27, identity, times 1")
        .click();
    page.run();
    page.get_by_label("layer1.0, shortcut of block 1 of 27, identity, cut through");
    page.get_by_label("layer3.8, block 27 of 27, in its place").click();
    page.run();
    page.get_by_label("layer3.8, block 27 of 27, removed");
    let mut both = Surgery::one(0, Cut::Shortcut(0.0));
    both.cuts.insert(26, Cut::Removed);
    let newest = asked(&page).pop().unwrap();
    assert_eq!(
        newest,
        Question::Lesion {
            run: 2,
            step: None,
            surgery: both.clone()
        }
    );
    let finding = Finding::Lesion {
        run: 2,
        step: 250,
        surgery: both,
        before: 0.967,
        after: 0.31,
    };
    page.state_mut().findings.apply(finding);
    page.run();
    page.get_by_label_contains("31.0\u{a0}% after these cuts");
    page.snapshot("panel_scissors_light");
    page.key_press(Key::Z);
    page.run();
    page.get_by_label("layer3.8, block 27 of 27, in its place");
}

#[test]
fn scissors_by_keyboard() {
    let mut page = scissors();
    page.lab.cursor.layer = "layer2.0.conv1".into();
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.key_press(Key::X);
    page.run();
    page.get_by_label("layer2.0, block 10 of 27, removed");
    page.key_press(Key::C);
    page.run();
    page.get_by_label_contains(
        "layer2.0, shortcut of block 10 of 27, every other pixel, padded with zeros, cut through",
    );
    assert_eq!(asked(&page).len(), 2);
    page.state_mut().lab.cursor.run = "plain-56".into();
    page.key_press(Key::X);
    page.run();
    assert_eq!(
        asked(&page).len(),
        2,
        "a plain block that changes the shape cannot be removed"
    );
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
fn the_timeline_goes_back_plays_and_continues() {
    let mut page = page(Panel::Timeline).open(SIZE, Theme::Light, 1.0);
    page.key_press(Key::Comma);
    page.run();
    assert_eq!(page.state().lab.cursor.step, Some(128));
    page.get_by_label("Moment before").click();
    page.run();
    assert_eq!(page.state().lab.cursor.step, Some(64));
    page.get_by_label("Continue from here").click();
    page.run();
    page.get_by_label("Train plain-56 on from step 64 with 0.1 times the learning rate")
        .click();
    page.run();
    let branch = Command::Branch {
        name: "plain-56".into(),
        step: 64,
        rate: 0.1,
    };
    assert!(page.state().actions.contains(&Action::Send(branch)));
    assert_eq!(page.state().lab.cursor.step, None, "it is live again");
    page.key_press(Key::P);
    page.step();
    assert_eq!(page.state().lab.cursor.step, Some(0), "it plays from the start");
    page.get_by_label("Stay here");
    page.get_by_label("Follow the training").click();
    page.step();
    assert_eq!(page.state().lab.cursor.step, None);
}

#[test]
fn a_shortcut_is_scaled_and_the_accuracy_follows_the_cursor() {
    let mut page = scissors();
    page.lab.cursor.layer = "layer2.0.conv1".into();
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.get_by_label_contains("Why is this dashed? 8×8×8 goes in and 16×4×4 comes out");
    page.get_by_label_contains("8×8×8 → 16×4×4, 3\u{a0}520 parameters");
    let slider = page.get_by_role_and_label(Role::Slider, "× shortcut");
    slider.focus();
    page.run();
    page.key_press(Key::ArrowLeft);
    page.run();
    page.get_by_label_contains(
        "layer2.0, shortcut of block 10 of 27, every other pixel, padded with zeros, times 0.95",
    );
    let scaled = Surgery::one(9, Cut::Shortcut(0.95));
    let about = |step| Question::Lesion {
        run: 2,
        step,
        surgery: scaled.clone(),
    };
    assert_eq!(asked(&page), [about(None)]);
    page.state_mut().lab.cursor.step = Some(100);
    page.run();
    assert_eq!(
        asked(&page),
        [about(None), about(Some(64))],
        "asked again at the kept step"
    );
    page.key_press(Key::ArrowRight);
    page.run();
    page.get_by_label_contains("layer2.0, shortcut of block 10 of 27, every other pixel, padded with zeros, times 1");
    page.get_by_label("Take the block out").click();
    page.run();
    page.get_by_label("Put the block back").click();
    page.run();
    page.get_by_label("Take the block out");
}

#[test]
fn a_full_disk_is_told_where_moments_are_chosen() {
    let mut page = page(Panel::Timeline);
    page.findings
        .apply(Finding::Unsaved(Some("cannot write here: no space left".into())));
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.get_by_label_contains("kept in memory only and end with this window: cannot write here");
    page.state_mut().findings.apply(Finding::Unsaved(None));
    page.run();
    assert!(page.query_by_label_contains("in memory only").is_none());
}

#[test]
fn a_block_is_reached_and_pressed_by_keyboard() {
    let mut page = scissors().open(SIZE, Theme::Light, 1.0);
    page.get_by_label("layer2.0, block 10 of 27, in its place").focus();
    page.run();
    assert_eq!(page.state().lab.cursor.preview.layer.as_deref(), Some("layer2.0"));
    page.key_press(Key::Enter);
    page.run();
    page.get_by_label("layer2.0, block 10 of 27, removed");
    page.get_by_label("layer3.8, shortcut of block 27 of 27, identity, times 1")
        .focus();
    page.run();
    page.key_press(Key::Space);
    page.run();
    page.get_by_label("layer3.8, shortcut of block 27 of 27, identity, cut through");
    page.get_by_label_contains("Tower of resnet-56: 27 blocks, 25 shortcuts that pass the input on as it is, 2 that");
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

#[test]
fn removing_each_in_turn_outlives_other_cuts() {
    let mut page = scissors();
    for (cut, after) in [(Cut::Removed, 0.88), (Cut::Shortcut(0.0), 0.55)] {
        page.findings.apply(Finding::Lesion {
            run: 2,
            step: 250,
            surgery: Surgery::one(3, cut),
            before: 0.9,
            after,
        });
    }
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.get_by_label("Remove each in turn").click();
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 88 % after the cut at layer1.3");
    page.get_by_label_contains("layer1.3, shortcut of block 4").click();
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 55 % after the cut at layer1.3");
    page.get_by_label("Restore all").click();
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 88 % after the cut at layer1.3");
}

#[test]
fn the_training_is_played_forward_and_back() {
    let mut page = page(Panel::Timeline).open(SIZE, Theme::Light, 1.0);
    let seen = |page: &mut Harness<Page>| {
        let mut seen = vec![page.state().lab.cursor.step];
        for _ in 0..60 {
            page.step();
            let step = page.state().lab.cursor.step;
            if seen.last() != Some(&step) {
                seen.push(step);
            }
        }
        seen
    };
    page.get_by_label("Play backward").click();
    page.step();
    let mut back: Vec<Option<usize>> = KEPT.iter().rev().map(|&step| Some(step)).collect();
    back[0] = None;
    assert_eq!(seen(&mut page), back);
    page.get_by_label("Play forward").click();
    page.step();
    back.reverse();
    assert_eq!(seen(&mut page), back, "up to live");
    page.get_by_label("Next moment");
}

#[test]
fn a_kept_moment_is_scrubbed_to() {
    let mut page = page(Panel::Timeline).open(SIZE, Theme::Light, 1.0);
    let track = page.get_by_label_contains("Timeline of 10 kept moments").rect();
    let place = |share: f32| track.lerp_inside(Vec2::new(share, 0.9));
    page.drag_at(place(0.9));
    page.run();
    let mut seen = Vec::new();
    for share in [0.7, 0.5, 0.3] {
        page.hover_at(place(share));
        page.run();
        seen.extend(page.state().lab.cursor.step);
    }
    page.drop_at(place(0.3));
    page.run();
    assert!(seen.len() == 3 && seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    assert!(seen.iter().all(|step| KEPT.contains(step)), "{seen:?}");
}

#[test]
fn a_block_tells_its_receptive_field_where_the_pointer_is_over_it() {
    let mut page = scissors();
    page.lab.cursor.layer = "layer3.0".into();
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    let words = "receptive field 7×7 pixels";
    assert!(page.query_by_label_contains(words).is_none());
    page.get_by_label("layer1.0, block 1 of 27, in its place").hover();
    page.run_steps(6);
    page.get_by_label_contains(words);
    page.get_by_label("layer2.0, shortcut of block 10 of 27, every other pixel, padded with zeros, times 1")
        .hover();
    page.run_steps(6);
    page.get_by_label_contains("Why is this dashed? 8×8×8 goes in and 16×4×4 comes out");
}

#[test]
fn a_plain_net_s_block_is_taken_out_and_put_back() {
    let mut page = page(Panel::Architecture);
    page.lab.cursor.layer = "layer1.4".into();
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    page.get_by_label("plain-56").click();
    page.run();
    page.get_by_label("Take the block out").click();
    page.run();
    page.get_by_label("layer1.4, block 5 of 27, removed");
    let surgery = Surgery::one(4, Cut::Removed);
    let question = Question::Lesion {
        run: 1,
        step: None,
        surgery: surgery.clone(),
    };
    assert_eq!(asked(&page), [question]);
    page.state_mut().findings.apply(Finding::Lesion {
        run: 1,
        step: 250,
        surgery,
        before: 0.41,
        after: 0.12,
    });
    page.run();
    page.get_by_label("Test accuracy at step 250, batch statistics: 41.0\u{a0}% whole, 12.0\u{a0}% after this cut");
    page.get_by_label_contains("test accuracy 41 % → 12 % after the cut at layer1.4");
    page.get_by_label("Restore all").click();
    page.run();
    page.get_by_label("layer1.4, block 5 of 27, in its place");
}
