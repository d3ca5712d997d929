//! The whole application with its real trainer, driven by the names that assistive technology reads: the first minute, a
//! training that is rewound, cut, exported and continued, data that is dropped on it, a run of the terminal that appears by
//! itself, and everything found again at the next start.

#[path = "window/desk.rs"]
mod desk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use depthscope::app::App;
use eframe::egui::{Key, OutputCommand, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use desk::{Dropped, Memory, idx};

/// Set in the process that has a home of its own.
const HOME: &str = "DEPTHSCOPE_TEST_HOME";

type Window = Harness<'static, App>;

fn open(stored: Memory) -> Window {
    let stored: &'static Memory = Box::leak(Box::new(stored));
    Harness::builder()
        .with_size(Vec2::new(1280.0, 800.0))
        .with_theme(Theme::Light)
        .wgpu()
        .build_eframe(|context| {
            context.storage = Some(stored);
            App::new(context, None)
        })
}

/// Closes the window as eframe does: what is to be found again is stored first.
fn close(mut window: Window) -> Memory {
    let mut stored = Memory::default();
    eframe::App::save(window.state_mut(), &mut stored);
    eframe::App::on_exit(window.state_mut());
    stored
}

/// Draws until something of that name is there.
fn until(window: &mut Window, words: &str) {
    let start = Instant::now();
    while window.query_all_by_label_contains(words).next().is_none() {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{words:?} did not appear; there is {:?}",
            names(window)
        );
        std::thread::sleep(Duration::from_millis(10));
        window.step();
    }
}

fn names(window: &Window) -> Vec<String> {
    let nodes = window.root().children_recursive();
    nodes
        .filter_map(|node| node.accesskit_node().label().or_else(|| node.accesskit_node().value()))
        .collect()
}

fn click(window: &mut Window, label: &str) {
    until(window, label);
    window.get_by_label(label).click();
    window.run_steps(3);
}

fn press(window: &mut Window, key: Key) {
    window.key_press(key);
    window.run_steps(3);
}

/// The number that follows `before` in a name.
fn number(window: &Window, before: &str) -> usize {
    let names = names(window);
    let name = names
        .iter()
        .find(|name| name.contains(before))
        .unwrap_or_else(|| panic!("{names:?}"));
    let digits = name[name.find(before).unwrap() + before.len()..].chars();
    let digits: String = digits
        .take_while(|c| c.is_ascii_digit() || *c == '\u{a0}')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or_else(|_| panic!("{name}"))
}

fn figures(home: &Path, end: &str) -> usize {
    let runs = fs::read_dir(home.join("depthscope/runs"))
        .into_iter()
        .flatten()
        .flatten();
    let figures = runs.flat_map(|run| fs::read_dir(run.path().join("figures")).into_iter().flatten().flatten());
    figures
        .filter(|figure| figure.path().to_string_lossy().ends_with(end))
        .count()
}

/// The scratch folder that is the home of this process; elsewhere the test is done in a process that has one.
fn home_for(test: &str) -> Option<PathBuf> {
    if let Some(home) = std::env::var_os(HOME) {
        return Some(home.into());
    }
    let home = tempfile::tempdir().unwrap();
    let own = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .envs([
            (HOME, home.path()),
            ("HOME", home.path()),
            ("XDG_DATA_HOME", home.path()),
        ])
        .env("LANGUAGE", "en")
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = [own.stdout, own.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(own.status.success(), "{}", said.join("\n"));
    None
}

#[test]
fn a_lesson_goes_on_where_the_window_was_closed() {
    if home_for("a_lesson_goes_on_where_the_window_was_closed").is_none() {
        return;
    }
    let mut window = open(Memory::default());
    press(&mut window, Key::K);
    click(&mut window, "Open the lesson Deeper?");
    press(&mut window, Key::PageDown);
    click(&mut window, "Predict and run");
    until(&mut window, " left");
    let done = number(&window, "step ");
    let stored = close(window);

    let mut window = open(stored);
    until(&mut window, "Your prediction, locked");
    until(&mut window, "paused");
    assert!(number(&window, "step ") >= done.max(1), "nothing is lost");
    click(&mut window, "Go on with the training");
    until(&mut window, " left");
    // Another lesson takes its place.
    press(&mut window, Key::K);
    click(&mut window, "Open the lesson What survives into the deep layers");
    until(&mut window, "A reader at every block");
    close(window);
}

#[test]
fn the_first_minute_leaves_the_lab_as_it_was() {
    if home_for("the_first_minute_leaves_the_lab_as_it_was").is_none() {
        return;
    }
    let mut window = open(Memory::default());
    press(&mut window, Key::L);
    press(&mut window, Key::Num1);
    press(&mut window, Key::X);
    click(&mut window, "Restart with these");
    until(&mut window, "step 0 of ");
    press(&mut window, Key::Space);
    until(&mut window, " left");
    let done = number(&window, "step ");
    press(&mut window, Key::M);
    until(&mut window, "Predict that plain-20 reaches the lower training loss");
    press(&mut window, Key::L);
    until(&mut window, "Spec of resnet-20");
    until(&mut window, "paused");
    assert!(number(&window, "step ") >= done.max(1), "nothing is lost");
    // A lesson leaves it, too.
    press(&mut window, Key::K);
    click(&mut window, "Open the lesson What survives into the deep layers");
    (0..4).for_each(|_| press(&mut window, Key::PageDown));
    press(&mut window, Key::L);
    until(&mut window, "Spec of resnet-20");
    window.run_steps(10);
    assert!(window.query_by_label_contains("Not running yet").is_none());
    // Where the first minute was gone through, its nets are the lab's.
    press(&mut window, Key::M);
    click(&mut window, "Predict that plain-20 reaches the lower training loss");
    click(&mut window, "+ x: let each block add its input");
    click(&mut window, "Open the lab");
    until(&mut window, "what it held before is under Runs");
    close(window);
}

#[test]
fn a_reset_keeps_what_was_trained_to_the_end() {
    let Some(home) = home_for("a_reset_keeps_what_was_trained_to_the_end") else {
        return;
    };
    let summaries = || {
        let runs = fs::read_dir(home.join("depthscope/runs"))
            .into_iter()
            .flatten()
            .flatten();
        runs.filter(|run| run.path().join("summary.json").exists()).count()
    };
    let mut window = open(Memory::default());
    press(&mut window, Key::L);
    press(&mut window, Key::Num1);
    press(&mut window, Key::X);
    press(&mut window, Key::Space);
    until(&mut window, "done");
    assert_eq!(summaries(), 1);
    press(&mut window, Key::R);
    until(&mut window, "step 0 of ");
    until(&mut window, "Not running yet: new resnet-20");
    assert_eq!(summaries(), 1, "it is not written over");
    press(&mut window, Key::Space);
    until(&mut window, "done");
    assert_eq!(summaries(), 2);
    close(window);
}

#[test]
fn an_afternoon_in_the_lab() {
    let Some(home) = home_for("an_afternoon_in_the_lab") else {
        return;
    };
    let mut window = open(Memory::default());
    click(&mut window, "Predict that plain-20 reaches the lower training loss");
    click(&mut window, "+ x: let each block add its input");
    click(&mut window, "Open the lab");
    until(&mut window, "resnet-56");
    keys(&mut window);
    rewind(&mut window);
    cut(&mut window);
    export(&mut window, &home);
    headless(&mut window, &home);
    let done = number(&window, "step ");
    press(&mut window, Key::Num8);
    let stored = close(window);

    let mut window = open(stored);
    until(&mut window, "Timeline of");
    until(&mut window, "paused");
    assert!(number(&window, "step ") >= done, "nothing is lost");
    press(&mut window, Key::Num1);
    until(&mut window, "Spec of plain-20");
    assert!(
        !names(&window).iter().any(|name| name.contains("input=")),
        "nets as they were written"
    );
    dropped(&mut window);
    close(window);
}

/// The sheet of keys, wherever it was left, begins with its first line.
fn keys(window: &mut Window) {
    let first = |window: &Window| window.get_by_label("1, 2").rect().top();
    press(window, Key::Questionmark);
    until(window, "1, 2");
    let top = first(window);
    press(window, Key::PageDown);
    window.run_steps(30);
    assert!(first(window) < top - 50.0, "it scrolls");
    press(window, Key::Escape);
    press(window, Key::Questionmark);
    assert_eq!(first(window), top);
    press(window, Key::Escape);
}

/// Back in time, where every panel shows that moment, and on from there.
fn rewind(window: &mut Window) {
    press(window, Key::Num8);
    until(window, "Timeline of 1");
    click(window, "Pause");
    until(window, "paused");
    let now = number(window, "Timeline of ");
    assert!(now > 4, "moments are kept: {now}");
    click(window, "Moment before");
    click(window, "Moment before");
    until(window, "Every picture shows step");
    let step = number(window, "Every picture shows step ");
    press(window, Key::Num5);
    let maps = format!("layer1.0, 8 × 8×8, step {step}");
    until(window, &maps);
    press(window, Key::Num8);
    click(window, "Continue from here");
    let branch = window
        .get_all_by_label_contains("times the learning rate")
        .next()
        .unwrap();
    branch.click();
    window.run_steps(3);
    until(window, "plain-56-from-");
    click(window, "Pause");
    until(window, "paused");
}

/// A shortcut of the trained net is cut; what that costs is measured.
fn cut(window: &mut Window) {
    press(window, Key::Num6);
    press(window, Key::F);
    window.get_by_role_and_label(Role::Button, "resnet-56").click();
    window.run_steps(3);
    click(window, "layer1.0, shortcut of block 1 of 27, identity, times 1");
    until(window, "% after this cut");
    until(window, "after the cut at layer1.0");
    press(window, Key::Escape);
}

fn export(window: &mut Window, home: &Path) {
    press(window, Key::Num2);
    for (format, end) in [
        ("SVG", ".svg"),
        ("PNG", ".png"),
        ("PDF", ".pdf"),
        ("Bundle: figure, data and recipe", ".zip"),
    ] {
        click(window, "Export Curves");
        click(window, format);
        let start = Instant::now();
        while figures(home, end) == 0 {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "no figure {end}: {:?}",
                names(window)
            );
            window.step();
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    until(window, "Figure written: ");
    let size = copied(window, "Copy image", |command| match command {
        OutputCommand::CopyImage(image) => Some(image.size),
        _ => None,
    });
    assert!(size[0] > 400 && size[1] > 200, "{size:?}");
    let code = copied(window, "Copy as PyTorch", |command| match command {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert!(
        code.contains("import torch") && code.contains("\"resnet-56\": dict("),
        "{code}"
    );
}

/// What an entry of the menu of figures puts on the clipboard.
fn copied<T>(window: &mut Window, entry: &str, what: impl Fn(&OutputCommand) -> Option<T>) -> T {
    click(window, "Export Curves");
    window.get_by_label_contains(entry).click();
    let start = Instant::now();
    loop {
        window.step();
        if let Some(found) = window.output().platform_output.commands.iter().find_map(&what) {
            return found;
        }
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{entry} puts nothing on the clipboard"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What the terminal trains beside the window stands in its table.
fn headless(window: &mut Window, home: &Path) {
    press(window, Key::Num9);
    press(window, Key::F);
    until(window, "Sort by loss");
    assert!(window.query_by_label_contains("by-terminal").is_none());
    let out = home.join("depthscope/runs/by-terminal");
    let trained = Command::new(env!("CARGO_BIN_EXE_depthscope"))
        .args(["train", "quick", "--steps", "3", "--only", "plain-20", "--out"])
        .arg(&out)
        .output()
        .unwrap();
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    until(window, "by-terminal");
    press(window, Key::Escape);
}

/// A folder dropped on the window is looked at, and then learnt from.
fn dropped(window: &mut Window) {
    let folder = tempfile::tempdir().unwrap();
    idx(folder.path());
    window
        .input_mut()
        .dropped_files
        .push(Arc::new(Dropped(folder.path().to_owned())));
    window.step();
    until(window, "12 training and 4 test images");
    until(window, "0: 8 training images, 2 test images");
    click(window, "Use this data");
    until(window, "The nets learn from this data.");
    until(window, "paused");
}
