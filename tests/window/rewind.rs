//! Time travel.

use depthscope::run::{Command, Event, Finding, Phase, Question};
use depthscope::ui::{Action, Panel, Room};
use eframe::egui::{Key, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::legible;
use crate::page::{ALL, Nets, Page, pictures};

pub const SIZE: Vec2 = Vec2::new(840.0, 420.0);
const KEPT: [usize; 10] = [0, 1, 2, 4, 8, 16, 32, 64, 128, 250];

const SIX: Nets<'_> = &[
    ("plain-8:width=8", 2.4, 0.1),
    ("plain-20:width=8", 2.4, 0.3),
    ("plain-56:width=8", 2.5, 1.7),
    ("resnet-8:width=8", 2.4, 0.02),
    ("resnet-20:width=8", 2.4, 0.01),
    ("resnet-56:width=8", 2.4, 0.004),
];

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

pub fn asked(page: &Harness<Page>) -> Vec<Question> {
    let question = |action: &Action| match action {
        Action::Send(Command::Ask(question)) => Some(question.clone()),
        _ => None,
    };
    page.state().actions.iter().filter_map(question).collect()
}

#[test]
fn pictures_in_light_and_dark() {
    pictures([
        (page(Panel::Timeline), SIZE, Theme::Light, 1.0, "panel_timeline_light"),
        (page(Panel::Timeline), SIZE, Theme::Dark, 1.0, "panel_timeline_dark"),
    ]);
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
fn a_small_timeline_says_where_the_last_moment_is_and_how_many_nets_have_no_room() {
    let mut page = page(Panel::Timeline).open(SIZE, Theme::Light, 1.0);
    let written = |page: &Harness<Page>| {
        let texts = legible::texts(page).into_iter();
        texts.map(|text| text.words).collect::<Vec<_>>()
    };
    for width in (320..=520).step_by(20) {
        page.set_size(Vec2::new(width as f32, 420.0));
        page.run();
        assert!(written(&page).contains(&"250".to_owned()), "{width}");
    }
    let mut page = Page::new(Room::Lab, SIX, 250);
    page.history.apply(&Event::Kept { run: 0, step: 0 });
    page.lab.tiling.open(Panel::Timeline);
    page.lab.tiling.maximised = true;
    let mut page = page.open(SIZE, Theme::Light, 1.0);
    let mut told = 0;
    for height in (200..=400).step_by(20) {
        page.set_size(Vec2::new(840.0, height as f32));
        page.run();
        let words = written(&page);
        let named = words
            .iter()
            .filter(|words| SIX.iter().any(|(net, ..)| net.starts_with(&format!("{words}:"))));
        let mut more = words
            .iter()
            .filter_map(|words| words.strip_suffix(" more")?.parse::<usize>().ok());
        if let Some(more) = more.next() {
            assert_eq!(named.count() + more, SIX.len(), "{height}");
            told += 1;
        }
    }
    assert!(told > 0);
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
