//! Own data: looked at before training, put into the experiment, and what cannot be read in one sentence.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use depthscope::ui::{Action, Panel, Room};
use eframe::egui::{Key, Role, Theme, Vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};

use crate::desk::idx;
use crate::legible;
use crate::page::{ALL, Page};

const SIZE: Vec2 = Vec2::new(900.0, 520.0);

fn open<'a>(theme: Theme) -> Harness<'a, Page> {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(Panel::Data);
    page.lab.tiling.maximised = true;
    page.open(SIZE, theme, 1.0)
}

/// Draws until the words are there.
fn until(page: &mut Harness<'_, Page>, words: &str) {
    let start = Instant::now();
    while page.query_by_label_contains(words).is_none() {
        assert!(start.elapsed() < Duration::from_secs(30), "{words} did not appear");
        std::thread::sleep(Duration::from_millis(20));
        page.step();
    }
}

fn in_use(page: &mut Harness<'_, Page>) {
    page.get_by_label("Data in use").click();
    page.step();
    until(page, "1\u{a0}438 training and 359 test images");
}

#[test]
fn the_data_in_use_is_shown_with_its_balance() {
    let mut page = open(Theme::Light);
    in_use(&mut page);
    page.get_by_label_contains("0: 1");
    assert!(page.get_all_by_label_contains("Sample of").count() >= 20);
    page.get_by_label("The nets learn from this data.");
}

#[test]
fn own_data_is_looked_at_and_then_used() {
    let folder = tempfile::tempdir().unwrap();
    idx(folder.path());
    let mut page = open(Theme::Light);
    page.get_by_label("Folder of your data").focus();
    page.run();
    page.get_by_label("Folder of your data")
        .type_text(&folder.path().display().to_string());
    page.run();
    page.get_by_label("Look").click();
    page.step();
    until(&mut page, "12 training and 4 test images");
    page.get_by_label("0: 8 training images, 2 test images");
    assert!(
        page.state().actions.is_empty()
            || !page
                .state()
                .actions
                .iter()
                .any(|action| matches!(action, Action::Start(..)))
    );
    page.get_by_label("Use this data").click();
    page.step();
    let started = page.state().actions.iter().find_map(|action| match action {
        Action::Start(experiment, _) => Some(experiment.clone()),
        _ => None,
    });
    let data = started.unwrap().data;
    assert_eq!(
        (data.source.as_str(), data.path.as_deref()),
        ("idx", Some(folder.path()))
    );
    in_use(&mut page);
}

#[test]
fn bad_input_is_one_sentence_in_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let mut page = open(Theme::Light);
    let ctx = page.ctx.clone();
    page.state_mut().lab.panes.data.offer(&ctx, folder.path().to_path_buf());
    until(&mut page, "holds no data that can be read");
    page.get_by_label("Choose …").click();
    page.step();
    assert!(page.state().actions.contains(&Action::ChooseData));
    page.key_press(Key::Escape);
    page.step();
    assert!(page.query_by_role_and_label(Role::Button, "Use this data").is_none());
}

#[test]
fn the_panel_in_both_themes() {
    let mut results = SnapshotResults::new();
    for (theme, name) in [(Theme::Light, "panel_data_light"), (Theme::Dark, "panel_data_dark")] {
        let mut page = open(theme);
        in_use(&mut page);
        page.run();
        page.snapshot(name);
        results.extend(page.take_snapshot_results());
    }
}

/// Images of ten classes as CIFAR stores them.
fn cifar(folder: &Path) {
    let record = |label: u8| [&[label][..], &[label * 20; 3072][..]].concat();
    let records: Vec<u8> = (0..20).flat_map(|index| record(index % 10)).collect();
    fs::write(folder.join("data_batch_1.bin"), &records).unwrap();
    fs::write(folder.join("test_batch.bin"), &records[..3073 * 10]).unwrap();
}

fn images(folder: &Path) {
    for (class, shade) in [("cats", 40), ("dogs", 200)] {
        fs::create_dir(folder.join(class)).unwrap();
        for index in 0..10 {
            let picture = image::RgbImage::from_pixel(12, 12, image::Rgb([shade, index, 90]));
            picture.save(folder.join(format!("{class}/{index}.png"))).unwrap();
        }
    }
}

/// Looks at what lies in a new folder.
fn look<'a>(fill: impl Fn(&Path)) -> (Harness<'a, Page>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let mut page = open(Theme::Light);
    let ctx = page.ctx.clone();
    page.state_mut().lab.panes.data.offer(&ctx, folder.path().to_path_buf());
    (page, folder)
}

#[test]
fn cifar_and_folders_of_images_are_shown_before_they_are_used() {
    for (fill, counts, class) in [
        (
            cifar as fn(&Path),
            "20 training and 10 test images",
            "9: 2 training images, 1 test images",
        ),
        (
            images,
            "16 training and 4 test images",
            "dogs: 8 training images, 2 test images",
        ),
    ] {
        let (mut page, folder) = look(fill);
        until(&mut page, counts);
        page.get_by_label(class);
        assert!(page.get_all_by_label_contains("Sample of").count() > 1);
        page.get_by_label("Use this data").click();
        page.step();
        let path = page.state().actions.iter().find_map(|action| match action {
            Action::Start(experiment, _) => experiment.data.path.clone(),
            _ => None,
        });
        assert_eq!(path.as_deref(), Some(folder.path()));
    }
}

/// What damages a folder, and the file that the sentence names.
type Damage<'a> = (&'a dyn Fn(&Path), &'a str);

#[test]
fn damaged_data_is_a_sentence_and_nothing_to_use() {
    let write = |folder: &Path, name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let cases: [Damage<'_>; 4] = [
        (
            &|folder| {
                cifar(folder);
                write(folder, "data_batch_1.bin", &[3; 3078]);
            },
            "data_batch_1.bin",
        ),
        (
            &|folder| {
                idx(folder);
                // Four thousand million images are announced.
                write(
                    folder,
                    "train-images-idx3-ubyte",
                    &[0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 8, 0, 0, 0, 8],
                );
            },
            "train-images-idx3-ubyte",
        ),
        (
            &|folder| {
                fs::create_dir(folder.join("cats")).unwrap();
                write(folder, "cats/1.png", b"no picture");
            },
            "cats",
        ),
        (&|folder| write(folder, "train.bin", b""), "train.bin"),
    ];
    for (fill, file) in cases {
        let (mut page, folder) = look(fill);
        let place = folder.path().display().to_string();
        until(&mut page, &place);
        page.run();
        let said: Vec<String> = legible::texts(&page)
            .into_iter()
            .map(|text| text.words)
            .filter(|words| words.contains(&place))
            .collect();
        assert!(
            said.iter()
                .any(|words| words.contains(file) && words.ends_with(['.', '?']) || words.lines().count() == 1),
            "{said:?}"
        );
        assert!(page.query_by_label("Use this data").is_none(), "{said:?}");
    }
}
