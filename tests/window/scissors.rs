//! The tower with scissors.

use depthscope::net::{Cut, Surgery};
use depthscope::run::{Finding, Question};
use depthscope::ui::Panel;
use eframe::egui::{Key, Role, Theme};
use egui_kittest::kittest::Queryable;

use crate::page::{Page, pictures};
use crate::rewind::{SIZE, asked, page};
fn scissors() -> Page {
    let mut page = page(Panel::Architecture);
    page.lab.cursor.run = "resnet-56".into();
    page
}

#[test]
fn a_chosen_block_in_the_dark() {
    let mut page = scissors();
    page.lab.cursor.layer = "layer1.3".into();
    pictures([(page, SIZE, Theme::Dark, 1.0, "panel_scissors_dark")]);
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
fn a_cut_is_being_measured_and_a_reset_takes_it_back() {
    let mut page = scissors().open(SIZE, Theme::Light, 1.0);
    page.state_mut().findings.lesions.clear();
    page.run();
    page.get_by_label("The whole net; no cut has been tried at this moment.");
    page.key_press(Key::X);
    page.run();
    page.get_by_label("What is cut is being measured.");
    page.state_mut().findings.resets += 1;
    page.run();
    page.get_by_label("The whole net; no cut has been tried at this moment.");
    assert!(page.query_by_label("Restore all").is_none());
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
fn removing_each_in_turn_outlives_other_cuts() {
    let mut page = scissors();
    page.lab.cursor.layer = "layer1.3".into();
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
    page.state_mut().findings.apply(Finding::Lesion {
        run: 2,
        step: 100,
        surgery: Surgery::one(3, Cut::Removed),
        before: 0.5,
        after: 0.4,
    });
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 88 % after the cut at layer1.3");
    page.get_by_label_contains("layer1.3, shortcut of block 4").click();
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 55 % after the cut at layer1.3");
    page.get_by_label_contains("Cut: nothing is added");
    page.get_by_label("Remove each in turn").click();
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 55 % after the cut at layer1.3");
    page.get_by_label("Restore all").click();
    page.run();
    page.get_by_label_contains("test accuracy 90 % → 88 % after the cut at layer1.3");
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
