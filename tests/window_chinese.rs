//! The window in Chinese. A test binary of its own: the language is one for the whole process.

#[path = "window/classroom.rs"]
mod classroom;
#[path = "window/filled.rs"]
mod filled;
#[path = "window/legible.rs"]
mod legible;
#[path = "window/page.rs"]
mod page;
#[path = "window/paper.rs"]
mod paper;
#[path = "window/reported.rs"]
mod reported;

use std::collections::BTreeSet;
use std::path::Path;

use depthscope::error::Error;
use depthscope::export::{Format, Kind, Size};
use depthscope::net::Spec;
use depthscope::ui::language::Language;
use depthscope::ui::theme::Look;
use depthscope::ui::{Panel, Room};
use eframe::egui::{Key, Theme, Vec2};
use egui_kittest::kittest::Queryable;

use classroom::{degraded, lesson, serve};
use legible::Found;
use page::{ALL, PLAIN, Page, STEPS, WINDOW, history, pictures};
use paper::{figures, margins_are_clear};
use reported::report;

const SIZE: Vec2 = Vec2::new(640.0, 400.0);

fn page(panel: Panel) -> Page {
    Language::Chinese.speak();
    let mut page = filled::page();
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

#[test]
fn a_lesson_is_done_in_chinese() {
    Language::Chinese.speak();
    let mut page = classroom::page(Room::Lessons, WINDOW, Theme::Light);
    page.snapshot("chinese_lessons_list");
    page.get_by_label("打开课程：越深越好吗？").click();
    serve(&mut page, degraded);
    page.key_press(Key::PageDown);
    serve(&mut page, degraded);
    page.get_by_label("第 2 步，共 5 步");
    page.snapshot("chinese_lessons_order");
    for name in ["plain-8", "plain-8", "plain-20", "plain-20"] {
        page.get_by_label(&format!("上移 {name}")).click();
        serve(&mut page, degraded);
    }
    page.get_by_label("预测并运行").click();
    serve(&mut page, degraded);
    page.get_by_label_contains("6 对中有 6 对顺序正确");
    page.snapshot("chinese_lessons_graded");
    page.get_by_label("下一步").click();
    serve(&mut page, degraded);
    assert_eq!(page.query_all_by_label("已重现").count(), 3);
    page.get_by_label("离开课程").click();
    serve(&mut page, degraded);
    assert_eq!(page.state().room, Room::Lessons);
}

/// The texts of a page or an SVG file that have three English words in a row.
fn english(page: &str) -> Vec<&str> {
    let texts = page.split('>').filter_map(|part| part.split('<').next()).map(str::trim);
    let outlined = page
        .split("aria-label=\"")
        .skip(1)
        .filter_map(|part| part.split('"').next());
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    let is_english = |text: &&str| {
        let words: Vec<&str> = text.split(' ').collect();
        words.windows(3).any(|row| row.iter().all(is_word))
    };
    texts.chain(outlined).filter(is_english).collect()
}

#[test]
fn every_figure_is_in_chinese() {
    Language::Chinese.speak();
    for (kind, figure) in figures() {
        let svg = String::from_utf8(figure.bytes(Format::Svg, Size::Screen).unwrap()).unwrap();
        let svg = svg.replace("candle on CPU (2 threads)", "");
        assert_eq!(english(&svg), [""; 0], "{kind}");
        let wanted = match kind {
            Kind::Loss => &[
                "训练损失",
                "训练步",
                "小批量训练损失（交叉熵），对数刻度",
                "更深反而更差：+1.",
            ][..],
            Kind::Gradients => &["梯度斜率", "每块 ×0.40", "阶段 1", "dL/d(块输出) 的范数，对数刻度"],
            Kind::Maps => &["测试图像 5，类别 3", "plain-20：layer1.0，初始化时，种子 0", "激活"],
            Kind::Runs => &["训练 quick 的 4 个实验", "各实验相同：", "损失曲线", "实测："],
            Kind::Data => &["样本", "计数所得", "批量 32，400 步，种子 0", "digits 8x8：训练图像 "],
            _ => &["手写数字上的退化，不到一分钟", "批量 32，400 步，种子 0", "实测："],
        };
        for text in wanted {
            assert!(svg.contains(text), "{kind}: {text}");
        }
        margins_are_clear(kind, &figure, Size::Slide);
        if kind == Kind::Loss {
            let pdf = figure.bytes(Format::Pdf, Size::Screen).unwrap();
            let text = String::from_utf8_lossy(&pdf);
            assert!(
                text.contains("Roboto") && text.contains("NotoSansCJKsc"),
                "both fonts are embedded"
            );
        }
    }
}

#[test]
fn a_report_is_in_chinese() {
    Language::Chinese.speak();
    let page = report(&depthscope::lesson::lesson("deeper", "zh-CN").unwrap());
    for text in [
        "<html lang=\"zh-CN\">",
        "越深越好吗？",
        "在 CPU (AVX-512, 2 threads) 上测量。",
        "没有做预测。",
        "已重现",
        "，需要\u{a0}&gt;\u{a0}",
        "批量 32，400 步，种子 0-2",
        "小批量训练损失（交叉熵），对数刻度",
    ] {
        assert!(page.contains(text), "{text} in {page}");
    }
    let english = english(&page);
    assert!(
        english.iter().all(|text| text.starts_with("Plain nets of 8")),
        "{english:?}"
    );
    let page = report(&depthscope::lesson::lesson("copying", "zh-CN").unwrap());
    assert!(page.contains("<h3>手写数字上的退化，不到一分钟</h3>"), "{page}");
}

#[test]
fn errors_are_said_in_chinese() {
    Language::Chinese.speak();
    let missing = Path::new("no/such/experiment.toml");
    for (error, said) in [
        (
            "plain-21".parse::<Spec>().unwrap_err(),
            "网络“plain-21”：深度 21 不是双卷积块所需的 6n+2；最接近的是 20 和 26",
        ),
        (
            std::fs::read(missing).map_err(Error::io("read", missing)).unwrap_err(),
            "无法读取 no/such/experiment.toml：没有这个文件或文件夹",
        ),
    ] {
        assert_eq!(error.to_string(), said);
    }
}

#[test]
fn a_lesson_by_keyboard_in_chinese() {
    Language::Chinese.speak();
    let mut page = lesson("vanishing", WINDOW, Theme::Dark);
    for key in [Key::PageDown, Key::Num3, Key::Space] {
        page.key_press(key);
        serve(&mut page, degraded);
    }
    page.get_by_label("正确");
}

/// Names that stay as they are in every language: of nets, layers, engines and data.
const NAMES: [&str; 14] = [
    "plain",
    "resnet",
    "resnext",
    "layer",
    "conv",
    "relu",
    "candle",
    "CPU",
    "MNIST",
    "English",
    "depthscope",
    "quick",
    "basic",
    "bottleneck",
];

/// What is written or named without a Chinese character though it has words.
fn untranslated(said: &BTreeSet<String>) -> Vec<&String> {
    let is_name = |word: &str| word == "net" || NAMES.iter().any(|name| word.starts_with(name));
    let is_word = |word: &str| word.len() > 2 && !is_name(word);
    let words = |text: &str| text.split(|c: char| !c.is_ascii_alphabetic()).any(is_word);
    said.iter()
        .filter(|text| text.is_ascii() && !text.contains('=') && words(text))
        .collect()
}

fn all_right(found: Found) -> BTreeSet<String> {
    let count = found.faults.len();
    assert!(count == 0, "{count} faults:\n{}", found.faults.join("\n"));
    found.said
}

#[test]
fn every_panel_can_be_read() {
    Language::Chinese.speak();
    let said = all_right(legible::panels("当前数据"));
    assert_eq!(untranslated(&said), [""; 0]);
}

#[test]
fn every_room_can_be_read() {
    Language::Chinese.speak();
    let said = all_right(legible::rooms());
    assert_eq!(untranslated(&said), [""; 0]);
}

#[test]
fn every_lesson_can_be_read() {
    Language::Chinese.speak();
    // Lessons give their nets names of all kinds.
    for words in all_right(legible::all_lessons("zh-CN")) {
        assert_eq!(english(&words), [""; 0]);
    }
}
