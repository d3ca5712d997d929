//! What a panel can be taken away as: the menu on its tile, and the keys.

use depthscope::export::{Format, Kind, Size};
use depthscope::ui::{Action, Delivery, Print, Room};
use eframe::egui::{Event, Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Page};

fn open<'a>() -> Harness<'a, Page> {
    Page::new(Room::Lab, ALL, 250).open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0)
}

fn prints(page: &Harness<'_, Page>) -> Vec<Print> {
    let prints = page.state().actions.iter().filter_map(|action| match action {
        Action::Export(print) => Some(*print),
        _ => None,
    });
    prints.collect()
}

#[test]
fn every_format_and_size_is_in_the_menu() {
    let mut page = open();
    for (words, delivery) in [
        ("SVG", Delivery::File(Format::Svg)),
        ("PNG", Delivery::File(Format::Png)),
        ("PDF", Delivery::File(Format::Pdf)),
        ("CSV, the numbers", Delivery::File(Format::Csv)),
        ("Bundle: figure, data and recipe", Delivery::File(Format::Zip)),
    ] {
        page.get_by_label("Export Curves").click();
        page.run();
        page.get_by_label("column").click();
        page.run();
        page.get_by_label(words).click();
        page.run();
        let print = *prints(&page).last().unwrap();
        assert_eq!(
            print,
            Print {
                kind: Kind::Loss,
                step: None,
                delivery,
                size: Size::Column
            }
        );
    }
}

#[test]
fn an_image_is_copied_from_the_menu_and_by_key() {
    let mut page = open();
    page.get_by_label("Export Gradient slope").click();
    page.run();
    page.get_by_label_contains("Copy image").click();
    page.run();
    page.event(Event::Copy);
    page.run();
    let prints = prints(&page);
    assert_eq!(prints.len(), 2);
    assert!(prints.iter().all(|print| print.delivery == Delivery::Clipboard));
}

#[test]
fn code_is_copied_from_every_tile() {
    let mut page = open();
    page.get_by_label("Export Networks").click();
    page.run();
    assert!(page.query_by_label("PDF").is_none(), "the panel has no figure");
    page.get_by_label("Copy as PyTorch").click();
    page.run();
    page.get_by_label("Export Networks").click();
    page.run();
    page.get_by_label("Copy the experiment").click();
    page.run();
    assert!(page.state().actions.contains(&Action::CopyCode));
    assert!(page.state().actions.contains(&Action::CopyExperiment));
}
