//! The window in Chinese. A test binary of its own: the language is one for the whole process.

#[path = "window/page.rs"]
mod page;

use depthscope::ui::language::Language;
use depthscope::ui::theme::Look;
use depthscope::ui::{Panel, Room};
use eframe::egui::{Theme, Vec2};
use egui_kittest::kittest::Queryable;

use page::{ALL, PLAIN, Page, STEPS, WINDOW, history, pictures};

const SIZE: Vec2 = Vec2::new(640.0, 400.0);

fn page(panel: Panel) -> Page {
    Language::Chinese.speak();
    let mut page = Page::new(Room::Lab, ALL, 250);
    page.lab.tiling.open(panel);
    page.lab.tiling.maximised = true;
    page
}

#[test]
fn every_panel_in_light_and_dark() {
    let mut shots = Vec::new();
    for &panel in Panel::ALL {
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let name: &str = format!("chinese_{panel:?}_{name}").to_lowercase().leak();
            shots.push((page(panel), SIZE, theme, 1.0, name));
        }
    }
    pictures(shots);
}

#[test]
fn rooms_and_contrast() {
    Language::Chinese.speak();
    let mut contrast = Page::new(Room::Lab, ALL, 250);
    contrast.look = Some(Look::Contrast);
    pictures([
        (
            Page::new(Room::FirstMinute, PLAIN, 0),
            WINDOW,
            Theme::Light,
            1.0,
            "chinese_first_minute",
        ),
        (contrast, WINDOW, Theme::Dark, 1.0, "chinese_contrast"),
    ]);
}

#[test]
fn the_first_minute_is_done_in_chinese() {
    Language::Chinese.speak();
    let mut page = Page::new(Room::FirstMinute, PLAIN, 0).open(WINDOW, Theme::Light, 1.0);
    page.get_by_label("预测 plain-20 的训练损失更低").click();
    page.run();
    page.state_mut().history = history(PLAIN, 120);
    page.run();
    let verdict = "120 步之后，plain-56 的训练损失为";
    assert!(page.query_all_by_label_contains(verdict).next().is_some());
    page.get_by_label("+ x：让每个块加上自己的输入").click();
    page.step();
    page.state_mut().history = history(ALL, STEPS);
    page.run_steps(4);
    page.get_by_label("打开实验室");
}
