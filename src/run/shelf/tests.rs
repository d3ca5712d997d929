//! The list of runs: what is read, what is said about runs, and the way into the trash and out of it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::marks::Marks;
use super::scan::Scan;
use super::{Errand, Item, Librarian, Mark, News, trash};
use crate::run::{Experiment, Layout, RunSummary, Status, Summary};

/// A run folder as training leaves it, without logs.
fn folder(root: &Path, name: &str, change: impl FnOnce(&mut Experiment)) {
    let mut experiment = Experiment::named("quick").unwrap();
    change(&mut experiment);
    let layout = Layout::new(&root.join(name));
    fs::create_dir_all(layout.root()).unwrap();
    fs::write(layout.experiment(), experiment.to_toml()).unwrap();
    let runs = experiment.tracks().unwrap().into_iter().map(|track| RunSummary {
        name: track.name,
        net: track.spec.to_string(),
        seed: track.seed,
        steps: experiment.steps,
        status: Status::Finished,
        final_train_loss: Some(0.25),
        final_train_error: Some(0.1),
        test_loss: None,
        test_error: Some(0.2),
        test_error_running: None,
        test_loss_running: None,
        bn_mode: "batch".into(),
        seconds: 3.0,
        engine: "CPU".into(),
        parameters: 1000,
        curve: vec![2.0, 1.0, 0.25],
    });
    let summary = Summary { runs: runs.collect() };
    summary.write(&layout.summary()).unwrap();
}

fn names(items: &[Item]) -> Vec<String> {
    let mut names: Vec<String> = items
        .iter()
        .map(|item| format!("{}/{}", item.key.folder_name(), item.key.name))
        .collect();
    names.sort();
    names
}

#[test]
fn runs_and_broken_folders_are_lines_and_only_changes_are_read() {
    let root = tempfile::tempdir().unwrap();
    let roots = [root.path().to_path_buf(), root.path().join("not-there")];
    folder(root.path(), "a", |experiment| experiment.runs.truncate(2));
    fs::create_dir_all(root.path().join("broken")).unwrap();
    fs::create_dir_all(root.path().join(".hidden")).unwrap();
    let mut scan = Scan::default();
    let found = scan.look(&roots);
    assert_eq!(names(&found.items), ["a/plain-20", "a/plain-56", "broken/"]);
    let broken = found.items.iter().find(|item| item.row.is_err()).unwrap();
    let sentence = broken.row.clone().unwrap_err();
    assert!(
        sentence.contains("no experiment.toml") && sentence.lines().count() == 1,
        "{sentence}"
    );
    let row = found.items.iter().find_map(|item| item.row.as_ref().ok()).unwrap();
    assert_eq!((row.train_loss, row.steps, row.of), (Some(0.25), 400, 400));
    assert_eq!(row.field("schedule.rate"), Some("0.02"));
    assert_eq!((row.field("depth"), row.field("width")), (Some("20"), Some("8")));

    assert!(scan.look(&roots).changed.is_empty(), "nothing is read twice");
    folder(root.path(), "b", |experiment| experiment.runs.truncate(1));
    fs::write(root.path().join("a/summary.json"), "{").unwrap();
    let found = scan.look(&roots);
    assert_eq!(names(&found.items), ["a/", "b/plain-20", "broken/"]);
    assert_eq!(found.changed.len(), 2);
    fs::remove_dir_all(root.path().join("b")).unwrap();
    assert_eq!(names(&scan.look(&roots).items), ["a/", "broken/"]);
}

#[test]
fn marks_stand_beside_the_folders() {
    let root = tempfile::tempdir().unwrap();
    let roots = [root.path().to_path_buf()];
    folder(root.path(), "a", |experiment| experiment.runs.truncate(2));
    let experiment = fs::read(root.path().join("a/experiment.toml")).unwrap();
    let mut scan = Scan::default();
    let key = scan.look(&roots).items[0].key.clone();
    let mark = Mark {
        label: Some("the good one".into()),
        pinned: true,
        hidden: false,
    };
    Marks::set(root.path(), &key, mark.clone()).unwrap();
    let found = scan.look(&roots);
    let named = found.items.iter().find(|item| item.key == key).unwrap();
    assert_eq!((named.title().as_str(), &named.mark), ("the good one", &mark));
    assert_eq!(
        found.items.iter().filter(|item| item.mark != Mark::default()).count(),
        1
    );
    assert_eq!(fs::read(root.path().join("a/experiment.toml")).unwrap(), experiment);
    fs::write(root.path().join("labels.json"), "no").unwrap();
    assert_eq!(scan.look(&roots).notices.len(), 1);
    assert!(
        Marks::set(root.path(), &key, mark).is_err(),
        "what cannot be read is not overwritten"
    );
}

#[test]
fn the_trash_gives_back_until_it_is_emptied() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a");
    for _ in 0..2 {
        folder(root.path(), "a", |_| {});
        trash::throw(&path).unwrap();
    }
    assert!(!path.exists());
    assert_eq!(trash::count(root.path()), 2);
    folder(root.path(), "a", |_| {});
    let thrown = trash::throw(&path).unwrap();
    folder(root.path(), "a", |_| {});
    assert_eq!(
        trash::take_back(&thrown).unwrap(),
        root.path().join("a-2"),
        "its name is taken"
    );
    assert!(trash::take_back(&thrown).is_err());
    trash::empty(root.path()).unwrap();
    assert_eq!(trash::count(root.path()), 0);
    assert!(path.is_dir());
}

fn list(librarian: &Librarian) -> (Vec<Item>, usize, Option<String>) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        for news in librarian.news() {
            match news {
                News::List { items, trashed, undo } => return (items, trashed, undo),
                News::Opened(..) => {}
                News::Refused(_, sentence) | News::Said(sentence) => panic!("{sentence}"),
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no list");
}

#[test]
fn the_librarian_runs_errands_and_finds_new_folders_by_itself() {
    let root = tempfile::tempdir().unwrap();
    folder(root.path(), "a", |experiment| experiment.runs.truncate(1));
    let librarian = Librarian::spawn(vec![root.path().to_path_buf()], Arc::new(|| {})).unwrap();
    librarian.watch(true);
    assert_eq!(list(&librarian).0.len(), 1);
    folder(root.path(), "b", |experiment| experiment.runs.truncate(1));
    assert_eq!(list(&librarian).0.len(), 2, "trained elsewhere");
    librarian.send(Errand::Trash(root.path().join("a")));
    let (items, trashed, undo) = list(&librarian);
    assert_eq!((items.len(), trashed, undo.as_deref()), (1, 1, Some("a")));
    librarian.send(Errand::Undo);
    let (items, trashed, undo) = list(&librarian);
    assert_eq!((items.len(), trashed, undo), (2, 0, None));
}

#[test]
fn a_thousand_runs_are_looked_through_quickly() {
    let root = tempfile::tempdir().unwrap();
    for index in 0..250 {
        folder(root.path(), &format!("sweep-{index:04}"), |experiment| {
            experiment.runs.truncate(4)
        });
    }
    let roots = [root.path().to_path_buf()];
    let mut scan = Scan::default();
    assert_eq!(scan.look(&roots).items.len(), 1000);
    let start = Instant::now();
    assert!(scan.look(&roots).changed.is_empty());
    assert!(start.elapsed() < Duration::from_millis(250), "{:?}", start.elapsed());
}
