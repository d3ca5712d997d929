//! The table of runs: sorted, named, pinned, hidden, thrown away, taken back, and set beside the live ones.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use depthscope::run::shelf::{Errand, Item, Line, Mark, Row, RunKey};
use depthscope::run::{History, Shelf, Status};
use depthscope::ui::{Action, Panel, Room};
use eframe::egui::{Key, Role, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use crate::page::{ALL, Page, history, pictures};

fn item(folder: &str, name: &str, rate: &str, loss: f32, days: u64) -> Item {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let curve = (0..40).map(|step| loss + (2.4 - loss) * (-(step as f32) / 9.0).exp());
    let (family, depth) = name.split_once('-').unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Item {
        key: RunKey {
            folder: PathBuf::from("/runs").join(folder),
            name: name.into(),
            seed: 0,
        },
        changed: now - days * 86_400,
        mark: Mark::default(),
        row: Ok(Row {
            net: format!("{name}:width=8,input=1x8x8"),
            experiment: "quick".into(),
            status: Some(if days == 0 { Status::Training } else { Status::Finished }),
            from: 0,
            steps: 400,
            of: 400,
            train_loss: Some(loss),
            train_error: Some(loss / 3.0),
            test_loss: Some(loss * 1.2),
            test_error: (days > 0).then_some(loss / 2.6),
            seconds: 12.5,
            engine: "CPU (AVX2, 2 threads)".into(),
            parameters: 67_000,
            curve: curve.collect(),
            recipe: Arc::new(vec![pair("batch", "32"), pair("schedule.rate", rate)]),
            fields: vec![pair("net", family), pair("depth", depth), pair("width", "8")],
        }),
    }
}

#[test]
fn a_run_that_continues_another_is_drawn_from_there() {
    let mut branch = item("quick-1764000000", "plain-20", "0.02", 0.1, 1);
    if let Ok(row) = &mut branch.row {
        (row.from, row.steps) = (100, 300);
    }
    let history = History::default();
    let line = Line::new(&branch, None, &history, 0);
    assert_eq!(line.extent(), [0.25, 0.75]);
}

fn shelf() -> Shelf {
    let mut items = Vec::new();
    for (folder, rate, worse, days) in [("quick-1764000000", "0.02", 1.0, 3), ("sweep", "0.1", 1.3, 1)] {
        for (name, loss) in [("plain-20", 0.1), ("plain-56", 1.6), ("resnet-56", 0.004)] {
            items.push(item(folder, name, rate, loss * worse, days));
        }
    }
    items.push(item("terminal", "plain-8", "0.02", 0.31, 0));
    let mut broken = item("half-copied", "x-1", "", 0.0, 5);
    broken.key.name.clear();
    broken.row = Err("/runs/half-copied is not a run folder: it has no experiment.toml".into());
    items.push(broken);
    let mut shelf = Shelf::default();
    shelf.put(items, 0, None);
    shelf
}

fn page() -> Page {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.shelf = shelf();
    page.lab.tiling.open(Panel::Runs);
    page.lab.tiling.maximised = true;
    page
}

fn open<'a>() -> Harness<'a, Page> {
    page().open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0)
}

/// Titles of the rows that can be seen, from above.
fn rows(page: &Harness<'_, Page>) -> Vec<String> {
    let mut rows: Vec<(i32, String)> = page
        .get_all_by_role(Role::Row)
        .map(|row| {
            let label = row.accesskit_node().label().unwrap_or_default();
            (
                row.rect().top() as i32,
                label.split([',', ':']).next().unwrap().to_owned(),
            )
        })
        .collect();
    rows.sort();
    rows.into_iter().map(|(_, title)| title).collect()
}

fn errands(page: &Harness<'_, Page>) -> Vec<Errand> {
    let shelved = page.state().actions.iter().filter_map(|action| match action {
        Action::Shelf(errand) => Some(errand.clone()),
        _ => None,
    });
    shelved.collect()
}

fn choose(page: &mut Harness<'_, Page>, start: &str) {
    let row = page.get_all_by_role(Role::Row).find(|row| {
        row.accesskit_node()
            .label()
            .is_some_and(|label| label.starts_with(start) && label.contains("sweep"))
    });
    row.unwrap().click();
    page.run();
}

#[test]
fn columns_sort_both_ways_and_only_what_differs_is_a_column() {
    // Wide enough for every column.
    let mut page = page().open(Vec2::new(3600.0, 800.0), Theme::Light, 1.0);
    page.get_by_label("Sort by loss").click();
    page.run();
    let up = rows(&page);
    assert_eq!(
        up.len(),
        11,
        "three live ones, seven on the disk, a broken folder: {up:?}"
    );
    assert_eq!(up[0], "resnet-56");
    assert_eq!(up.last().unwrap(), "half-copied", "what cannot be read stands last");
    page.get_by_label("Sorted by loss, upwards").click();
    page.run();
    assert_eq!(rows(&page)[0], "plain-56");
    page.get_by_label("Sort by learning rate").click();
    page.run();
    page.get_by_label("Sort by depth");
    assert!(page.query_by_label("Sort by batch").is_none(), "the same everywhere");
    page.get_by_label("Sort by run").click();
    page.run();
    assert_eq!(rows(&page)[0], "plain-8", "names sort by the numbers in them");
    page.get_by_label_contains("half-copied: /runs/half-copied is not a run folder");
}

#[test]
fn a_run_is_found_by_a_part_of_its_name() {
    let mut page = open();
    page.get_by_label("Find runs").focus();
    page.run();
    page.get_by_label("Find runs").type_text("sweep");
    page.run();
    assert_eq!(rows(&page).len(), 3);
}

#[test]
fn a_run_is_renamed_beside_its_folder() {
    let mut page = open();
    choose(&mut page, "plain-20");
    page.get_by_label("Rename").click();
    page.run();
    page.get_by_label("Name of plain-20").type_text(" high rate");
    page.run();
    page.get_by_label("Save name").click();
    page.run();
    let [Errand::Mark(key, mark)] = &errands(&page)[..] else {
        panic!("{:?}", errands(&page))
    };
    assert_eq!(key.name, "plain-20");
    assert!(mark.label.as_deref().unwrap().contains("high rate"), "{mark:?}");
    page.key_press(Key::F2);
    page.run();
    page.key_press(Key::Escape);
    page.run();
    assert_eq!(errands(&page).len(), 1, "Escape changes nothing");
}

#[test]
fn what_is_thrown_away_counts_hidden_runs_too() {
    let mut page = page();
    let hidden = page.shelf.items.iter_mut().filter(|item| item.key.name == "resnet-56");
    hidden.for_each(|item| item.mark.hidden = true);
    let mut page = page.open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0);
    choose(&mut page, "plain-56");
    page.get_by_role_and_label(Role::Button, "Trash 3 runs");
}

#[test]
fn runs_are_pinned_hidden_and_thrown_away() {
    let mut page = open();
    choose(&mut page, "plain-56");
    for label in ["Pin", "Hide", "Trash 3 runs", "Open folder"] {
        page.get_by_role_and_label(Role::Button, label).click();
        page.run();
    }
    let errands = errands(&page);
    let folder = PathBuf::from("/runs/sweep");
    assert!(
        matches!(&errands[0], Errand::Mark(_, mark) if mark.pinned),
        "{errands:?}"
    );
    assert!(
        matches!(&errands[1], Errand::Mark(_, mark) if mark.hidden),
        "{errands:?}"
    );
    assert_eq!(errands[2..], [Errand::Trash(folder.clone()), Errand::Reveal(folder)]);
}

#[test]
fn pinned_runs_stand_above_and_hidden_ones_are_left_out() {
    let mut page = page();
    page.shelf.items[1].mark.pinned = true;
    page.shelf.items[0].mark.hidden = true;
    let mut page = page.open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0);
    page.run();
    assert_eq!((rows(&page)[0].as_str(), rows(&page).len()), ("plain-56 (pinned)", 10));
    page.get_by_label("hidden (1)").click();
    page.run();
    assert_eq!(rows(&page).len(), 11);
}

#[test]
fn the_trash_is_undone_and_emptied_only_when_confirmed() {
    let mut page = page();
    page.shelf.trashed = 2;
    page.shelf.undo = Some("old".into());
    let mut page = page.open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0);
    page.run();
    page.get_by_label("Undo").click();
    page.run();
    page.get_by_label("Empty trash (2)").click();
    page.run();
    assert_eq!(errands(&page), [Errand::Undo]);
    page.get_by_label_contains("Delete 2 folders");
    page.get_by_label("Delete").click();
    page.run();
    assert_eq!(errands(&page), [Errand::Undo, Errand::Empty]);
}

#[test]
fn several_are_set_beside_the_live_ones() {
    let mut page = open();
    page.get_by_label("Compare plain-20 of sweep").click();
    page.run();
    page.get_by_label("Compare plain-8 of terminal").click();
    page.run();
    let names: Vec<String> = errands(&page)
        .into_iter()
        .filter_map(|errand| match errand {
            Errand::Compare(_, name) => Some(name),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["plain-20 (sweep)", "plain-8 (terminal)"]);
    let mut beside = history(&[("plain-20:width=8", 2.4, 0.3)], 400).runs.remove(0);
    beside.track.name.clone_from(&names[0]);
    page.state_mut().history.compare(beside);
    page.state_mut().lab.tiling.maximised = false;
    page.run();
    assert!(
        page.get_all_by_label_contains("plain-20 (sweep)").count() > 0,
        "a curve of its own"
    );
    assert_eq!(page.state().history.trained().len(), 3);
}

#[test]
fn what_another_program_trains_cannot_be_thrown_away() {
    let mut page = open();
    let row = page.get_all_by_role(Role::Row).find(|row| {
        row.accesskit_node()
            .label()
            .is_some_and(|label| label.contains("terminal"))
    });
    row.unwrap().click();
    page.run();
    assert!(
        page.get_by_role_and_label(Role::Button, "Trash")
            .accesskit_node()
            .is_disabled()
    );
}

#[test]
fn a_thousand_runs_draw_only_the_rows_in_sight() {
    let mut page = page();
    let items = (0..1000).map(|index| {
        item(
            &format!("sweep-{index}"),
            "plain-20",
            "0.02",
            0.1 + index as f32 / 1e3,
            2,
        )
    });
    page.shelf.put(items.collect(), 0, None);
    let mut page = page.open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0);
    page.run();
    assert!(page.get_all_by_role(Role::Row).count() < 60);
}

#[test]
fn a_name_that_ends_in_dots_is_told_whole() {
    let name = "plain-56 with a rate that is five times as high";
    let mut page = page();
    page.shelf.items[4].mark.label = Some(name.into());
    let mut page = page.open(Vec2::new(640.0, 600.0), Theme::Light, 1.0);
    let told = |page: &Harness<'_, Page>| page.query_all_by_label(name).count();
    assert_eq!(told(&page), 0, "rows are named with what is in their columns");
    let is_named = |label: Option<String>| label.is_some_and(|label| label.starts_with(name));
    let mut rows = page.query_all_by_role(Role::Row);
    let row = rows.find(|row| is_named(row.accesskit_node().label())).unwrap().rect();
    drop(rows);
    page.hover_at(row.left_center() + Vec2::new(80.0, 0.0));
    page.run_steps(60);
    assert_eq!(told(&page), 1);
}

#[test]
fn the_panel_in_both_themes() {
    let of = |theme, name| {
        let mut page = page();
        page.shelf.items[4].mark.pinned = true;
        page.shelf.items[4].mark.label = Some("plain-56, high rate".into());
        let opened = page.shelf.items[0].key.clone();
        page.shelf.opened.insert(opened, "plain-20 (quick-1764000000)".into());
        (page, Vec2::new(900.0, 420.0), theme, 1.0, name)
    };
    pictures([of(Theme::Light, "panel_runs_light"), of(Theme::Dark, "panel_runs_dark")]);
}

#[test]
fn the_losses_of_the_listed_runs_share_a_chart() {
    let mut page = open();
    page.get_by_label_contains(
        "Training loss of these runs, each point the mean of about the last 50 steps: plain-20, plain-56",
    );
    page.get_by_label("Find runs").focus();
    page.run();
    page.get_by_label("Find runs").type_text("plain-8");
    page.run();
    page.get_by_label("Training loss of these runs, each point the mean of about the last 50 steps: plain-8");
    let low = self::page().open(Vec2::new(1280.0, 420.0), Theme::Light, 1.0);
    assert!(low.query_by_label_contains("Training loss of these").is_none());
}
