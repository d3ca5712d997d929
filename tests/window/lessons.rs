//! Lessons: found, read, predicted, graded, kept, by keyboard and by mouse.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use depthscope::run::Command;
use depthscope::ui::{Action, Lessons, Origin, Panel, Room};
use eframe::egui::{Key, Modifiers, Role, Theme, Vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};

use crate::classroom::{degraded, lesson, page, serve};
use crate::desk::{Dropped, Memory};
use crate::page::{Page, WINDOW};

/// Deeper is better, a little.
fn level(net: &str) -> f32 {
    match net {
        "plain-8" => 0.104,
        "plain-20" => 0.103,
        "plain-32" => 0.102,
        _ => 0.101,
    }
}

/// How many labels hold that text.
fn count(page: &Harness<'_, Page>, text: &str) -> usize {
    page.query_all_by_label_contains(text).count()
}

fn press(page: &mut Harness<'_, Page>, key: Key) {
    page.key_press(key);
    serve(page, degraded);
}

fn click(page: &mut Harness<'_, Page>, label: &str) {
    page.get_by_label(label).click();
    serve(page, degraded);
}

#[test]
fn the_list_leads_back_to_the_open_lesson_and_to_the_lab_without_it() {
    let mut page = page(Room::Lessons, WINDOW, Theme::Light);
    let before = page.state().lab.tiling.shown();
    assert_eq!(count(&page, "Back to the lesson"), 0);
    click(&mut page, "Open the lesson Deeper?");
    press(&mut page, Key::K);
    click(&mut page, "Back to the lesson");
    assert_eq!(page.state().room, Room::Lab);
    page.get_by_label("Step 1 of 5");
    press(&mut page, Key::K);
    click(&mut page, "To the lab");
    assert_eq!(page.state().room, Room::Lab);
    assert_eq!(page.query_all_by_label("Step 1 of 5").count(), 0);
    assert_eq!(page.state().lab.tiling.shown(), before);
}

#[test]
fn a_lesson_is_done_by_mouse() {
    let mut page = page(Room::Lessons, WINDOW, Theme::Light);
    let before = page.state().lab.tiling.shown();
    click(&mut page, "Open the lesson Deeper?");
    assert_eq!(
        (page.state().room, page.state().experiment.name.as_str()),
        (Room::Lab, "plain-depth")
    );
    page.get_by_label("Step 1 of 5");
    assert_eq!(count(&page, "Run"), 0, "nothing is trained before it is predicted");
    click(&mut page, "Next step");
    for name in ["plain-8", "plain-8", "plain-20", "plain-20"] {
        click(&mut page, &format!("Move {name} up"));
    }
    assert_eq!(count(&page, "measured:") + count(&page, "reproduced"), 0);
    click(&mut page, "Predict and run");
    page.get_by_label("Right");
    page.get_by_label_contains("6 of 6 pairs in the right order; measured: plain-8");
    assert_eq!(page.state().lab.tiling.shown(), [Panel::Curves]);
    page.get_by_role_and_label(Role::Splitter, "Width of the lesson's column");
    click(&mut page, "Next step");
    assert_eq!(count(&page, "needed\u{a0}>"), 3);
    assert_eq!(page.query_all_by_label("reproduced").count(), 3);
    click(&mut page, "Leave the lesson");
    assert_eq!(
        (page.state().room, page.state().lab.tiling.shown()),
        (Room::Lessons, before)
    );
    page.get_by_label_contains("step 3 of 5");
}

#[test]
fn a_lesson_is_done_by_keyboard() {
    let mut page = page(Room::Lab, WINDOW, Theme::Dark);
    press(&mut page, Key::K);
    assert_eq!(page.state().room, Room::Lessons);
    page.get_by_label("Open the lesson Vanishing, and what it explains")
        .focus();
    page.run_ok();
    press(&mut page, Key::Enter);
    press(&mut page, Key::PageDown);
    // Nothing is predicted yet, so nothing runs.
    press(&mut page, Key::Space);
    assert_eq!(page.state().history.runs[0].step(), 0);
    press(&mut page, Key::Num3);
    press(&mut page, Key::Space);
    page.get_by_label("Right");
    page.get_by_label("measured: about 1e-13: next to nothing");
    press(&mut page, Key::PageDown);
    assert_eq!(page.state().lab.tiling.shown(), [Panel::Slope]);
    press(&mut page, Key::PageUp);
    page.get_by_label("Step 2 of 7");
}

#[test]
fn enter_opens_the_next_lesson() {
    let mut page = page(Room::Lessons, WINDOW, Theme::Light);
    press(&mut page, Key::Enter);
    page.get_by_label("Step 1 of 5");
    for _ in 0..4 {
        press(&mut page, Key::PageDown);
    }
    click(&mut page, "Leave the lesson");
    page.get_by_label("step 5 of 5");
    assert_eq!(count(&page, "of 13 done"), 0, "something is still to be predicted");
    press(&mut page, Key::Enter);
    for _ in 0..3 {
        press(&mut page, Key::PageUp);
    }
    press(&mut page, Key::Space);
    click(&mut page, "Leave the lesson");
    page.get_by_label("done");
    page.get_by_label("1 of 13 done");
    press(&mut page, Key::Enter);
    page.get_by_label("Step 1 of 8");
    // What was begun is gone on with.
    click(&mut page, "Leave the lesson");
    click(&mut page, "Open the lesson One addition");
    click(&mut page, "Leave the lesson");
    press(&mut page, Key::Enter);
    page.get_by_label("Step 1 of 8");
}

#[test]
fn the_arrow_keys_choose_a_lesson() {
    let mut page = page(Room::Lessons, WINDOW, Theme::Light);
    let chosen = |page: &Harness<'_, Page>, title: &str| {
        let label = format!("Open the lesson {title}");
        assert!(page.get_by_label(&label).is_focused(), "{title}");
    };
    // From the one that Enter would open.
    press(&mut page, Key::ArrowDown);
    chosen(&page, "Degradation is not over-fitting");
    for _ in 0..2 {
        press(&mut page, Key::ArrowDown);
    }
    press(&mut page, Key::ArrowUp);
    chosen(&page, "One addition");
    press(&mut page, Key::Enter);
    page.get_by_label("3. One addition");
}

#[test]
fn a_lesson_leads_to_the_next() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    for _ in 0..4 {
        press(&mut page, Key::PageDown);
    }
    click(&mut page, "Next lesson");
    page.get_by_label("2. Degradation is not over-fitting");
    page.get_by_label("Step 1 of 8");
    while page.query_by_label("Step 8 of 8").is_none() {
        press(&mut page, Key::PageDown);
    }
    page.key_press_modifiers(Modifiers::COMMAND, Key::PageDown);
    serve(&mut page, degraded);
    page.get_by_label("3. One addition");
}

#[test]
fn an_order_is_given_by_keys() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    press(&mut page, Key::PageDown);
    // plain-32, plain-56, plain-8, plain-20.
    for key in [
        Key::Num3,
        Key::ArrowUp,
        Key::ArrowUp,
        Key::Num4,
        Key::ArrowUp,
        Key::ArrowUp,
    ] {
        press(&mut page, key);
    }
    press(&mut page, Key::Space);
    page.get_by_label("Right");
}

#[test]
fn what_is_still_to_be_predicted_is_not_shown() {
    let mut page = lesson("what-survives", WINDOW, Theme::Light);
    for _ in 0..3 {
        press(&mut page, Key::PageDown);
    }
    page.get_by_label("The maps themselves");
    assert!(page.state().lab.lessons.fills(), "the maps would answer");
    click(&mut page, "Predict in step 2 first");
    assert_eq!(count(&page, "digits, 8x8"), 0, "nor is the recipe told");
    press(&mut page, Key::Num1);
    press(&mut page, Key::Space);
    assert_eq!(page.state().lab.tiling.shown(), [Panel::Fading]);
}

#[test]
fn a_wrong_answer_and_a_claim_that_does_not_hold_are_said() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    page.key_press(Key::PageDown);
    serve(&mut page, level);
    page.get_by_label("Predict and run").click();
    serve(&mut page, level);
    assert_eq!(count(&page, "% right"), 1, "some pairs are right");
    page.key_press(Key::PageDown);
    serve(&mut page, level);
    assert_eq!(page.query_all_by_label("not reproduced here").count(), 3);
    page.get_by_label("Try: more seeds: a single one can be lucky");
}

#[test]
fn a_curve_is_drawn_by_keys_and_by_the_pointer() {
    for by_keys in [true, false] {
        let mut page = lesson("one-addition", WINDOW, Theme::Light);
        press(&mut page, Key::PageDown);
        let chart = "Chart to draw the training loss of resnet-56 into";
        let canvas = page.get_by_label_contains(chart);
        if by_keys {
            for key in [
                Key::ArrowUp,
                Key::ArrowRight,
                Key::ArrowRight,
                Key::ArrowDown,
                Key::ArrowDown,
            ] {
                page.key_press(key);
                page.run_ok();
            }
            page.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        } else {
            let rect = canvas.rect();
            let at = |x: f32, y: f32| rect.min + Vec2::new(x * rect.width(), y * rect.height());
            page.drag_at(at(0.2, 0.2));
            page.run_ok();
            for share in [0.4, 0.6, 0.8, 0.95] {
                page.hover_at(at(share, share));
                page.run_ok();
            }
            page.drop_at(at(0.95, 0.8));
            page.run_ok();
            page.get_by_label("Predict and run").click();
        }
        serve(&mut page, degraded);
        page.get_by_label_contains("The curve drawn beside the measured one of resnet-56");
        page.get_by_label_contains("typically off by a factor of");
    }
}

#[test]
fn a_digit_takes_a_row_and_arrows_move_it() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    for key in [Key::PageDown, Key::Num3, Key::ArrowUp, Key::ArrowUp] {
        press(&mut page, key);
    }
    page.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    serve(&mut page, degraded);
    page.get_by_label("You predicted: plain-8 < plain-32 < plain-56 < plain-20");
}

#[test]
fn a_row_is_dragged_over_several() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    press(&mut page, Key::PageDown);
    let [from, to] = ["4. plain-20", "1. plain-32"].map(|row| page.get_by_label(row).rect().center());
    page.drag_at(from);
    page.run_ok();
    page.hover_at(to);
    page.run_ok();
    page.drop_at(to);
    page.run_ok();
    page.get_by_label("1. plain-20");
    page.get_by_label("2. plain-32");
}

#[test]
fn a_long_step_is_read_page_by_page() {
    let mut page = lesson("your-own-question", Vec2::new(1024.0, 420.0), Theme::Light);
    let asks = |page: &Harness<'_, Page>| page.query_by_label("Step 5 of 7").is_some();
    while !asks(&page) {
        press(&mut page, Key::PageDown);
    }
    press(&mut page, Key::PageDown);
    assert!(asks(&page), "the rest of the step comes first");
    while asks(&page) {
        press(&mut page, Key::PageDown);
    }
    page.get_by_label("Step 6 of 7");
}

#[test]
fn a_number_is_typed() {
    let mut page = lesson("one-addition", WINDOW, Theme::Light);
    for _ in 0..4 {
        click(&mut page, "Next step");
    }
    press(&mut page, Key::Num3);
    click(&mut page, "Predict");
    click(&mut page, "Predict in step 6 first");
    // The first digit goes to the field.
    page.key_press(Key::Num2);
    page.run_ok();
    page.get_by_label("Your number").type_text("2,752");
    page.run_ok();
    press(&mut page, Key::Enter);
    page.get_by_label("measured: 2752");
    assert_eq!(page.state().experiment.name, "shortcuts");
    click(&mut page, "Previous step");
    page.get_by_label("measured: A at no parameter, B and C at 576");
    click(&mut page, "Previous step");
    assert_eq!(
        page.state().experiment.name,
        "quick",
        "the step's own experiment is in front again"
    );
}

#[test]
fn running_asks_for_the_prediction_first() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    press(&mut page, Key::PageDown);
    press(&mut page, Key::PageDown);
    assert_eq!(count(&page, "Run the training"), 0);
    // Neither the key nor the button trains: both lead to the prediction.
    press(&mut page, Key::Space);
    page.get_by_label("Step 2 of 5");
    press(&mut page, Key::PageDown);
    click(&mut page, "Predict in step 2 first");
    page.get_by_label("Step 2 of 5");
    assert_eq!(page.state().history.runs[0].step(), 0);
    press(&mut page, Key::PageDown);
    click(&mut page, "Run without predicting");
    assert_eq!(page.query_all_by_label("reproduced").count(), 3);
    press(&mut page, Key::PageUp);
    page.get_by_label("You ran it without a prediction.");
    page.get_by_label_contains("measured: plain-8");
    assert_eq!(
        count(&page, "pairs in the right order") + count(&page, "Predict and run"),
        0
    );
}

#[test]
fn training_is_left_to_the_lesson() {
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    for key in [Key::S, Key::R, Key::V, Key::Space] {
        page.key_press(key);
        page.run_ok();
    }
    let asked = &page.state().actions;
    let trains = |action: &&Action| {
        matches!(
            action,
            Action::Send(Command::Run | Command::Step(_) | Command::Reset) | Action::StartNamed(_)
        )
    };
    assert_eq!(asked.iter().filter(trains).count(), 0, "{asked:?}");
}

fn drop_on(page: &mut Harness<'_, Page>, path: &Path) {
    page.input_mut()
        .dropped_files
        .push(Arc::new(Dropped(path.to_path_buf())));
    serve(page, degraded);
}

#[test]
fn a_lesson_is_dropped_on_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string("assets/lessons/en/01-deeper.md").unwrap();
    let mine = folder.path().join("mine.md");
    fs::write(&mine, text.replace("Deeper?", "Mine")).unwrap();
    let mut page = page(Room::FirstMinute, WINDOW, Theme::Light);
    drop_on(&mut page, &mine);
    assert_eq!(page.state().room, Room::Lab);
    page.get_by_label("Mine");
    // A damaged one says where, and a folder lists what it holds.
    fs::write(folder.path().join("damaged.md"), text.replacen("title =", "titel =", 1)).unwrap();
    drop_on(&mut page, &folder.path().join("damaged.md"));
    assert_eq!(page.state().room, Room::Lessons);
    assert!(count(&page, "line 3: unknown field `titel`") >= 1);
    drop_on(&mut page, folder.path());
    page.get_by_label("Open the lesson Mine");
    let panels = text.replace("[\"Curves\"]", "[\"Curvs\"]");
    fs::write(folder.path().join("panels.md"), panels).unwrap();
    drop_on(&mut page, &folder.path().join("panels.md"));
    assert!(
        count(
            &page,
            "line 50: there is no panel called 'Curvs'; the panels are Networks, Curves"
        ) >= 1
    );
}

#[test]
fn every_damaged_lesson_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.md");
    let text = fs::read_to_string("assets/lessons/en/03-one-addition.md").unwrap();
    let mut lessons = Lessons::default();
    for cut in (0..text.len()).filter(|&cut| text.is_char_boundary(cut)).step_by(97) {
        fs::write(&path, &text[..cut]).unwrap();
        if let Ok(Some(origin)) = lessons.add(&path)
            && let Err(error) = lessons.open(&origin)
        {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
    }
    fs::write(&path, [0xff, 0xfe, 0, 1]).unwrap();
    let origin = lessons.add(&path).unwrap().unwrap();
    assert!(lessons.open(&origin).is_err());
}

/// Has the report written there.
fn report(page: &mut Harness<'_, Page>, path: &Path) -> String {
    let field = page.get_by_label("File of the report");
    field.focus();
    page.run_ok();
    page.key_press_modifiers(Modifiers::COMMAND, Key::A);
    page.get_by_label("File of the report")
        .type_text(path.to_str().unwrap());
    page.run_ok();
    page.key_press_modifiers(Modifiers::COMMAND, Key::S);
    serve(page, degraded);
    let start = Instant::now();
    while !path.is_file() {
        assert!(start.elapsed() < Duration::from_secs(20), "no report");
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::read_to_string(path).unwrap()
}

#[test]
fn the_report_is_written_where_the_user_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    let mut page = lesson("deeper", WINDOW, Theme::Light);
    press(&mut page, Key::PageDown);
    click(&mut page, "Predict and run");
    for _ in 0..4 {
        press(&mut page, Key::PageDown);
    }
    let report = report(&mut page, &path);
    assert!(report.len() < 300_000 && report.contains("<svg"), "{}", report.len());
    assert!(report.contains("Predicted: plain-32 &lt; plain-56") && report.contains("reproduced"));
}

/// Types into the field that asks for that.
fn write(page: &mut Harness<'_, Page>, asks: &str, text: &str) {
    page.get_by_role_and_label(Role::MultilineTextInput, asks).focus();
    page.run_ok();
    page.get_by_role_and_label(Role::MultilineTextInput, asks)
        .type_text(text);
    page.run_ok();
}

#[test]
fn what_is_written_down_is_kept_and_reported() {
    let mut memory = Memory::default();
    // High enough for the whole last step.
    let size = Vec2::new(1024.0, 900.0);
    let mut first = lesson("your-own-question", size, Theme::Light);
    while first
        .query_by_role_and_label(Role::MultilineTextInput, "I think that ...")
        .is_none()
    {
        press(&mut first, Key::PageDown);
    }
    write(
        &mut first,
        "I think that ...",
        "Adam cures <plain-56>, space and 1 included",
    );
    assert_eq!(first.state().history.runs[0].step(), 0, "typing trains nothing");
    eframe::set_value(&mut memory, "lessons", &first.state().lab.lessons.to_keep());
    let mut again = page(Room::Lab, size, Theme::Light);
    again.state_mut().lab.lessons = eframe::get_value(&memory, "lessons").unwrap();
    again
        .state_mut()
        .lab
        .open_lesson(&Origin::Shipped("your-own-question".into()))
        .unwrap();
    serve(&mut again, degraded);
    let written = again.query_all_by_value("Adam cures <plain-56>, space and 1 included");
    assert!(written.count() > 0);
    while again.query_by_label("Save the report").is_none() {
        press(&mut again, Key::PageDown);
    }
    let folder = tempfile::tempdir().unwrap();
    let report = report(&mut again, &folder.path().join("report.html"));
    assert!(
        report.contains("<p>Adam cures &lt;plain-56&gt;, space and 1 included</p>"),
        "{report}"
    );
}

#[test]
fn progress_is_kept_between_starts() {
    let mut first = lesson("deeper", WINDOW, Theme::Light);
    press(&mut first, Key::PageDown);
    click(&mut first, "Predict and run");
    let mut memory = Memory::default();
    eframe::set_value(&mut memory, "lessons", &first.state().lab.lessons.to_keep());
    eframe::set_value(&mut memory, "lab", &first.state().lab.to_keep());
    let kept: depthscope::ui::Lab = eframe::get_value(&memory, "lab").unwrap();
    assert!(
        kept.tiling.shown().contains(&Panel::Networks),
        "the user's own panels, not the lesson's"
    );
    let mut again = page(Room::Lessons, WINDOW, Theme::Light);
    again.state_mut().lab.lessons = eframe::get_value(&memory, "lessons").unwrap();
    serve(&mut again, degraded);
    again.get_by_label_contains("step 2 of 5");
    click(&mut again, "Open the lesson Deeper?");
    again.get_by_label("Step 2 of 5");
    again.get_by_label("You predicted: plain-32 < plain-56 < plain-8 < plain-20");
    // It is compared once the nets are trained again.
    click(&mut again, "Run the training");
    again.get_by_label_contains("of 6 pairs in the right order");
}

#[test]
fn a_recording_stands_in_and_is_marked() {
    use depthscope::lesson::{Evidence, Exhibit, Record, lesson as read};
    let deeper = read("deeper", "en").unwrap();
    let mut evidence = Evidence::default();
    for series in crate::classroom::measured(&deeper.experiments[0], true, degraded).runs {
        evidence.insert(Exhibit {
            series,
            summary: None,
            findings: Default::default(),
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.md");
    fs::copy("assets/lessons/en/01-deeper.md", &mine).unwrap();
    fs::write(
        folder.path().join("mine.recorded.json"),
        Record::of(&deeper, &[&deeper.experiments[0]], &evidence).to_json(),
    )
    .unwrap();
    let mut page = page(Room::FirstMinute, WINDOW, Theme::Light);
    drop_on(&mut page, &mine);
    press(&mut page, Key::PageDown);
    click(&mut page, "Show the recording");
    page.get_by_label("recorded, not measured here");
    page.get_by_label_contains("recorded on CPU (AVX-512, 2 threads) on 20");
    assert_eq!(page.state().history.runs[0].step(), 0, "nothing was trained");
    click(&mut page, "Next step");
    assert_eq!(page.query_all_by_label("recorded").count(), 3);
}

#[test]
fn a_table_shows_what_is_recorded() {
    let mut page = lesson("not-over-fitting", WINDOW, Theme::Light);
    press(&mut page, Key::PageDown);
    page.get_by_label("recorded, mean of 3 seeds");
    page.get_by_label("training error");
    page.get_by_label("16 %");
    assert_eq!(page.state().history.runs[0].step(), 0, "nothing was trained");
    page.get_by_label("Predict; it is locked before anything is measured");
}

/// The pages worth looking at.
#[test]
fn what_lessons_look_like() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        let mut list = page(Room::Lessons, WINDOW, theme);
        list.snapshot(format!("lessons_list_{name}"));
        let mut step = lesson("deeper", WINDOW, theme);
        press(&mut step, Key::PageDown);
        step.snapshot(format!("lessons_order_{name}"));
        let mut graded = lesson("one-addition", WINDOW, theme);
        press(&mut graded, Key::PageDown);
        graded.get_by_label_contains("Chart to draw").focus();
        graded.run_ok();
        for key in [Key::ArrowUp, Key::ArrowRight, Key::ArrowRight, Key::ArrowRight] {
            graded.key_press(key);
            graded.run_ok();
        }
        for _ in 0..16 {
            graded.key_press(Key::ArrowDown);
            graded.run_ok();
        }
        click(&mut graded, "Predict and run");
        graded.snapshot(format!("lessons_graded_{name}"));
        click(&mut graded, "Next step");
        graded.snapshot(format!("lessons_claims_{name}"));
        for mut page in [list, step, graded] {
            results.extend(page.take_snapshot_results());
        }
    }
}

#[test]
fn the_experiment_is_called_as_the_lesson_calls_it_now() {
    let mut page = lesson("deeper", Vec2::new(1600.0, 900.0), Theme::Light);
    click(&mut page, "Next step");
    assert_eq!(
        count(&page, "Plain nets of 8 to 56 layers on digits"),
        0,
        "nothing is told before"
    );
    click(&mut page, "Predict and run");
    page.state_mut().experiment.title = "as another language called it".into();
    page.run_ok();
    assert_eq!(count(&page, "as another language called it"), 0);
    assert_eq!(count(&page, "Plain nets of 8 to 56 layers on digits"), 1);
}
