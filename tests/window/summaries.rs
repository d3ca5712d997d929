//! Every picture says in words what is seen.

use depthscope::ui::{Panel, Room};
use eframe::egui::{Theme, Vec2};
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Page};

#[test]
fn pictures_are_summed_up_in_words() {
    for (panel, words) in [
        (
            Panel::Curves,
            "Chart: Training loss, minibatch, batch statistics; now plain-20 0.16; plain-56 1.72; resnet-56",
        ),
        (Panel::Curves, "1.72, that of plain-20 0.16: deeper, yet worse by"),
        (Panel::Slope, "Gradient norms by block. plain-20: first block"),
        (Panel::Weather, "Gradient weather of plain-56: now"),
        (Panel::Maps, "Feature maps of plain-56, layer1.0"),
        (Panel::Architecture, "Tower of plain-56: 27 blocks, 0 shortcuts"),
    ] {
        let mut page = Page::new(Room::Lab, ALL, 250);
        page.lab.tiling.open(panel);
        page.lab.tiling.maximised = true;
        let page = page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0);
        assert!(
            page.query_all_by_label_contains(words).count() > 0,
            "{panel:?} does not say {words:?}"
        );
    }
}
