//! What a panel can be taken away as: the menu on its tile, and the keys.

use depthscope::export::{Format, Kind, Size};
use depthscope::ui::{Action, Delivery, Panel, Print, Room};
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
                kind: Kind::Curves,
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
fn tables_are_figures_too() {
    for (panel, kind) in [
        (Panel::Networks, Kind::Networks),
        (Panel::Runs, Kind::Runs),
        (Panel::Data, Kind::Data),
    ] {
        let mut page = Page::new(Room::Lab, ALL, 250);
        page.lab.tiling.open(panel);
        page.lab.tiling.maximised = true;
        let mut page = page.open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0);
        for (words, delivery) in [
            ("PDF", Delivery::File(Format::Pdf)),
            ("Bundle: figure, data and recipe", Delivery::File(Format::Zip)),
        ] {
            page.get_by_label(&format!("Export {}", panel.name())).click();
            page.run();
            page.get_by_label(words).click();
            page.run();
            let print = *prints(&page).last().unwrap();
            assert_eq!((print.kind, print.delivery), (kind, delivery));
        }
        page.event(Event::Copy);
        page.run();
        let copied = prints(&page).last().unwrap().delivery == Delivery::Clipboard;
        assert_eq!(copied, panel != Panel::Networks, "there the key copies the net's text");
    }
}

#[test]
fn in_the_networks_the_copy_key_takes_the_text_and_the_menu_the_image() {
    let mut page = open();
    page.state_mut().lab.tiling.focus = Panel::Networks;
    page.run();
    page.event(Event::Copy);
    page.run();
    page.get_by_label("text copied");
    assert!(prints(&page).is_empty());
    page.get_by_label("Export Networks").click();
    page.run();
    page.get_by_label("Copy image").click();
    page.run();
    assert_eq!(prints(&page)[0].kind, Kind::Networks);
    assert_eq!(prints(&page)[0].delivery, Delivery::Clipboard);
}

#[test]
fn code_is_copied_from_every_tile() {
    let mut page = open();
    page.get_by_label("Export Networks").click();
    page.run();
    page.get_by_label("Copy as PyTorch").click();
    page.run();
    page.get_by_label("Export Networks").click();
    page.run();
    page.get_by_label("Copy the experiment").click();
    page.run();
    assert!(page.state().actions.contains(&Action::CopyCode));
    assert!(page.state().actions.contains(&Action::CopyExperiment));
}

#[test]
fn every_panel_is_exported_in_every_size() {
    for &panel in Panel::ALL {
        let mut page = Page::new(Room::Lab, ALL, 250);
        page.lab.tiling.open(panel);
        page.lab.tiling.maximised = true;
        let mut page = page.open(Vec2::new(1280.0, 800.0), Theme::Light, 1.0);
        let mut kinds = Vec::new();
        for (words, size) in [
            ("column", Size::Column),
            ("slide", Size::Slide),
            ("poster", Size::Poster),
            ("screen", Size::Screen),
        ] {
            page.get_by_label(&format!("Export {}", panel.name())).click();
            page.run();
            page.get_by_label(words).click();
            page.run();
            page.get_by_label("SVG").click();
            page.run();
            let print = *prints(&page)
                .last()
                .unwrap_or_else(|| panic!("{panel:?} exports nothing"));
            assert_eq!(
                (print.size, print.delivery),
                (size, Delivery::File(Format::Svg)),
                "{panel:?}"
            );
            kinds.push(print.kind);
        }
        assert!(kinds.windows(2).all(|pair| pair[0] == pair[1]), "{panel:?}: {kinds:?}");
    }
}
