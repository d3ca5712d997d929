//! Lesions, transfer and landscapes: what is asked, how it is shown, and how it is broken off.

use std::sync::Arc;
use std::time::Duration;

use depthscope::net::{Cut, Surgery};
use depthscope::probe::{Landscape, Trial, Way};
use depthscope::run::{Command, Finding, Findings, LandscapeView, Origin, PlaneKind, Question, Work};
use depthscope::ui::{Action, Doing, Panel, Room};
use eframe::egui::{Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Nets, Page, pictures};

const SIZE: Vec2 = Vec2::new(840.0, 420.0);
pub const FOURTEEN: Nets<'_> = &[("resnet-14:width=8", 2.4, 0.01)];

/// A maximised panel with findings.
pub fn page(panel: Panel, nets: Nets<'_>) -> Page {
    let mut page = Page::new(Room::Lab, nets, 250);
    page.lab.tiling.open(panel);
    page.lab.tiling.maximised = true;
    page.findings = findings();
    page
}

/// Two nets without each block, three ways with few labels, and two landscapes with a way.
fn findings() -> Findings {
    let mut findings = Findings::default();
    for (run, blocks) in [(0, 9), (2, 27)] {
        for block in (0..blocks).filter(|block| run == 2 || ![3, 6].contains(block)) {
            let ripple = (block as f32 * 1.9).sin().abs();
            let after = if run == 0 {
                0.1 + 0.2 * ripple
            } else {
                0.95 - 0.5 * ripple / (1 + block) as f32
            };
            findings.apply(Finding::Lesion {
                run,
                step: 250,
                surgery: Surgery::one(block, Cut::Removed),
                before: 0.96,
                after,
            });
        }
    }
    let mut trials = Vec::new();
    for (labels, accuracies) in [
        (1, [0.46, 0.63, 0.65]),
        (2, [0.61, 0.71, 0.75]),
        (5, [0.76, 0.76, 0.84]),
        (10, [0.83, 0.80, 0.89]),
        (20, [0.89, 0.82, 0.92]),
    ] {
        for (way, accuracy) in Way::ALL.into_iter().zip(accuracies) {
            let moved = |layer: usize| match way {
                Way::Scratch => 0.7 - 0.03 * layer as f32,
                Way::Frozen => 0.0,
                Way::FineTuned => 0.08 + 0.01 * layer as f32,
            };
            trials.push(Trial {
                labels,
                way,
                accuracy,
                moved: (0..13).map(moved).chain([0.9]).collect(),
            });
        }
    }
    let (origin, trials) = (Origin::Backbone, trials.into());
    findings.apply(Finding::Transfer { run: 0, origin, trials });
    for (run, plane) in [1, 2]
        .into_iter()
        .flat_map(|run| [(run, PlaneKind::Random), (run, PlaneKind::Way)])
    {
        findings.apply(Finding::Landscape {
            run,
            step: 250,
            plane,
            view: Arc::new(view(run == 2, plane)),
        });
    }
    findings
}

fn view(deep: bool, plane: PlaneKind) -> LandscapeView {
    let side = 33;
    let mut landscape = Landscape {
        reach: [[-1.0, 1.0]; 2],
        side,
        loss: vec![0.0; side * side],
    };
    for row in 0..side {
        for column in 0..side {
            let [x, y] = landscape.place(column, row);
            let bowl = x * x + 1.6 * y * y + 0.4 * x * y;
            landscape.loss[row * side + column] = match deep {
                true => 0.01 + 2.0 * bowl,
                false => 1.7 + bowl + 0.3 * (6.0 * x).sin() * (5.0 * y).cos(),
            };
        }
    }
    let curved = |step: usize| {
        let share = 1.0 - step as f32 / 250.0;
        (step, [0.8 * share, -0.6 * share * share])
    };
    let is_way = plane == PlaneKind::Way;
    LandscapeView {
        landscape,
        way: if is_way {
            [0, 4, 30, 90, 250].map(curved).into()
        } else {
            Vec::new()
        },
        explained: is_way.then_some([0.81, 0.12]),
    }
}

fn asked(page: &Harness<'_, Page>) -> Vec<Question> {
    let questions = page.state().actions.iter().filter_map(|action| match action {
        Action::Send(Command::Ask(question)) => Some(question.clone()),
        _ => None,
    });
    questions.collect()
}

#[test]
fn panels_in_light_and_dark() {
    let mut way = page(Panel::Landscape, ALL);
    way.lab.panes.landscape.plane = depthscope::run::PlaneKind::Way;
    pictures([
        (
            page(Panel::Lesions, ALL),
            SIZE,
            Theme::Light,
            1.0,
            "panel_lesions_light",
        ),
        (page(Panel::Lesions, ALL), SIZE, Theme::Dark, 1.0, "panel_lesions_dark"),
        (
            page(Panel::Transfer, FOURTEEN),
            SIZE,
            Theme::Light,
            1.0,
            "panel_transfer_light",
        ),
        (
            page(Panel::Transfer, FOURTEEN),
            SIZE,
            Theme::Dark,
            1.0,
            "panel_transfer_dark",
        ),
        (
            page(Panel::Landscape, ALL),
            SIZE,
            Theme::Light,
            1.0,
            "panel_landscape_light",
        ),
        (
            page(Panel::Landscape, ALL),
            SIZE,
            Theme::Dark,
            1.0,
            "panel_landscape_dark",
        ),
        (way, SIZE, Theme::Light, 1.0, "panel_landscape_way"),
    ]);
}

#[test]
fn every_net_is_asked_about() {
    let mut lesions = page(Panel::Lesions, ALL).open(SIZE, Theme::Light, 1.0);
    lesions.get_by_label("Remove each block of each net").click();
    lesions.run();
    let expected = [0, 1, 2].map(|run| Question::Lesions { run, step: None });
    assert_eq!(asked(&lesions), expected);
    let about = "plain-20, without layer1.0: 10.0\u{a0}% of the test images right";
    assert!(lesions.query_by_label(about).is_some());

    let mut landscape = page(Panel::Landscape, ALL).open(SIZE, Theme::Light, 1.0);
    landscape.get_by_label("weights × 10").click();
    landscape.run();
    landscape.get_by_label("Look around").click();
    landscape.run();
    let runs: Vec<(usize, bool)> = asked(&landscape)
        .iter()
        .map(|question| {
            let larger = matches!(
                question,
                Question::Landscape {
                    plane: PlaneKind::Larger,
                    side: 33,
                    ..
                }
            );
            (question.about().0, larger)
        })
        .collect();
    assert_eq!(runs, [(1, true), (2, true)]);
}

#[test]
fn only_a_landscape_that_is_not_whole_is_looked_at_again() {
    let again = |unknown: bool| {
        let mut page = page(Panel::Landscape, ALL);
        let mut half = view(true, PlaneKind::Random);
        if unknown {
            half.landscape.loss[0] = f32::NAN;
        }
        page.findings.apply(Finding::Landscape {
            run: 2,
            step: 250,
            plane: PlaneKind::Random,
            view: Arc::new(half),
        });
        let mut page = page.open(SIZE, Theme::Light, 1.0);
        page.get_by_label("Look around").click();
        page.run();
        let runs: Vec<usize> = asked(&page).iter().map(|question| question.about().0).collect();
        runs
    };
    assert_eq!(again(true), [2]);
    assert_eq!(again(false), [1, 2]);
}

#[test]
fn transfer_says_which_net_fits() {
    let mut other = page(Panel::Transfer, ALL).open(SIZE, Theme::Light, 1.0);
    other.get_by_label("Load the experiment that fits").click();
    other.run();
    assert!(other.state().actions.contains(&Action::StartNamed("transfer")));
    other.get_by_label("the other classes").click();
    other.run();
    other.get_by_label("Try the three ways").click();
    other.run();
    assert!(
        matches!(
            asked(&other)[..],
            [Question::Transfer {
                origin: Origin::OtherClasses,
                ..
            }]
        ),
        "{:?}",
        asked(&other)
    );
}

#[test]
fn work_under_way_is_told_and_broken_off() {
    let mut lesions = page(Panel::Lesions, ALL);
    for (run, share, left) in [(0, 0.37, Some(Duration::from_secs(12))), (1, 0.0, None)] {
        lesions.findings.apply(Finding::Working(Work {
            question: Question::Lesions { run, step: None },
            share,
            left,
        }));
    }
    let mut lesions = lesions.open(SIZE, Theme::Light, 1.0);
    lesions.run_steps(3);
    lesions.get_by_label("37 %, about 12 s left; 1 more after it");
    lesions.get_by_label("Break off all").click();
    lesions.run_steps(3);
    assert!(lesions.state().actions.contains(&Action::Send(Command::Dismiss)));
    lesions.state_mut().actions.clear();
    // In the status line of every arrangement, too.
    lesions.get_by_label_contains("Removing each block: 37 %, about 12 s left; 1 more after it");
    lesions.get_by_label("Break off all: Removing each block").click();
    lesions.run_steps(3);
    assert!(lesions.state().actions.contains(&Action::Send(Command::Dismiss)));
}

#[test]
fn a_figure_that_takes_long_is_told_and_broken_off() {
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.news.figure = Some(Doing {
        share: 0.4,
        left: Some(Duration::from_secs(3)),
    });
    let mut page = page.open(Vec2::new(1024.0, 640.0), Theme::Light, 1.0);
    page.run_steps(3);
    page.get_by_label_contains("Drawing the figure: 40 %, about 3 s left");
    page.get_by_label("Break off: Drawing the figure").click();
    page.run_steps(3);
    assert!(page.state().actions.contains(&Action::StopFigure));
}

#[test]
fn an_empty_panel_says_what_it_will_show_and_how_long_it_takes() {
    for (panel, nets, shows, button) in [
        (
            Panel::Landscape,
            ALL,
            "A map of the training loss around the weights",
            "Look around",
        ),
        (
            Panel::Lesions,
            ALL,
            "A bar for each block of each net",
            "Remove each block of each net",
        ),
        (
            Panel::Transfer,
            FOURTEEN,
            "with 1 to 20 labels of each class",
            "Try the three ways",
        ),
        (Panel::Shattering, ALL, "between white noise", "Measure every net"),
        (
            Panel::Insertion,
            ALL,
            "The outputs before and after",
            "Insert identities and train on",
        ),
    ] {
        let mut page = page(panel, nets);
        page.findings = Findings::default();
        page.lab.cursor.run = "plain-20".into();
        let mut page = page.open(Vec2::new(840.0, 500.0), Theme::Light, 1.0);
        page.get_by_label_contains(shows);
        page.get_by_label_contains("Takes about");
        assert!(
            page.query_by_label("measured").is_none(),
            "{panel:?} shows nothing measured yet"
        );
        page.get_by_label(button).click();
        page.run();
        assert!(!asked(&page).is_empty(), "{panel:?}");
    }
}
