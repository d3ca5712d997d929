//! Every picture says in words what is seen.

use depthscope::ui::{Panel, Room};
use eframe::egui::{Theme, Vec2};
use egui_kittest::kittest::Queryable;

use crate::page::{ALL, Page};
use crate::{fading, paths, probes, rewind};

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

#[test]
fn what_was_found_out_is_summed_up_too() {
    for (mut page, words) in [
        (
            paths::page(Panel::Lesions, ALL),
            "plain-20: at step 250: 96.0\u{a0}% whole; a block removed: mean",
        ),
        (
            paths::page(Panel::Transfer, paths::FOURTEEN),
            "Test accuracy with 1 label a class: fine-tuned 65\u{a0}%",
        ),
        (
            paths::page(Panel::Transfer, paths::FOURTEEN),
            "Change of weights over their norm, 20 labels: 0.080 at the first layer, 0.900 at the last",
        ),
        (
            paths::page(Panel::Landscape, ALL),
            "plain-56: step 250, loss 1.70 in the middle",
        ),
        (probes::forms(), "(c) one grouped 3×3. a step:"),
        (probes::insertion(), "plain-20: 20 to 56 layers at step 250"),
        (
            probes::shattering(),
            "Autocorrelation of input gradients. plain-20: at step 250",
        ),
        (
            fading::fading(),
            "Image read back from plain-56: R squared 1.00 at the first block, 0.00 at the last",
        ),
        (
            rewind::page(Panel::Timeline),
            "Timeline of 10 kept moments, at step 250",
        ),
    ] {
        page.lab.tiling.maximised = true;
        let page = page.open(Vec2::new(1024.0, 600.0), Theme::Light, 1.0);
        assert!(
            page.query_all_by_label_contains(words).count() > 0,
            "nothing says {words:?}"
        );
    }
}
