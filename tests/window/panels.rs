//! Each panel alone, in light and dark.

use depthscope::ui::{Panel, Room};
use eframe::egui::{Theme, Vec2};

use crate::page::{ALL, Page, pictures};

const SIZE: Vec2 = Vec2::new(840.0, 420.0);

fn photograph(panel: Panel, light: &'static str, dark: &'static str) {
    let page = || {
        let mut page = Page::new(Room::Lab, ALL, 250);
        page.lab.tiling.open(panel);
        page.lab.tiling.maximised = true;
        page
    };
    pictures([
        (page(), SIZE, Theme::Light, 1.0, light),
        (page(), SIZE, Theme::Dark, 1.0, dark),
    ]);
}

#[test]
fn networks() {
    photograph(Panel::Networks, "panel_networks_light", "panel_networks_dark");
}

#[test]
fn curves() {
    photograph(Panel::Curves, "panel_curves_light", "panel_curves_dark");
}

#[test]
fn slope() {
    photograph(Panel::Slope, "panel_slope_light", "panel_slope_dark");
}

#[test]
fn weather() {
    photograph(Panel::Weather, "panel_weather_light", "panel_weather_dark");
}

#[test]
fn maps() {
    photograph(Panel::Maps, "panel_maps_light", "panel_maps_dark");
}

#[test]
fn architecture() {
    photograph(
        Panel::Architecture,
        "panel_architecture_light",
        "panel_architecture_dark",
    );
}
