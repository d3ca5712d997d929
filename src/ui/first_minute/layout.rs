//! Where the parts of the first minute stand, at any size of the window.

use eframe::egui::{self, Color32, Rect, TextFormat, Ui, pos2, text::LayoutJob, vec2};
use rust_i18n::t;

use crate::ui::story::Stage;
use crate::ui::theme::{self, BODY, GRID, HEADING, QUESTION, SMALL};

/// Where everything stands.
pub struct Layouted {
    pub question: Rect,
    pub towers: [Rect; 2],
    pub digit: Rect,
    pub chart: Rect,
    pub strip: Rect,
}

/// Room beside the question for the language and the ways out.
pub const WAYS: f32 = 280.0;

/// Size of the sentences beneath, in points.
pub fn words_size(width: f32) -> f32 {
    if width >= 800.0 { BODY } else { SMALL }
}

/// Room for the two buttons at the end.
const ENDS: f32 = 250.0;

/// The strip beneath, cut into words and buttons.
pub fn halves(strip: Rect, stage: Stage) -> (Rect, Rect) {
    let share = strip.left() + strip.width() * 0.58;
    let cut = match stage {
        Stage::Verdict => share.max(strip.right() - ENDS),
        _ => share,
    };
    let (mut left, mut right) = strip.split_left_right_at_x(cut);
    left.max.x -= GRID;
    right.min.x += GRID;
    (left, right)
}

/// Finds everything its place; `words` are what is said beneath.
pub fn layout(ui: &Ui, words: &str, stage: Stage) -> Layouted {
    let all = ui.max_rect();
    let margin = vec2(
        (all.width() * 0.04).clamp(16.0, 64.0),
        (all.height() * 0.04).clamp(12.0, 40.0),
    );
    let all = all.shrink2(margin);
    let gap = if all.height() > 480.0 { 3.0 * GRID } else { GRID };

    let size = question_size(all.width());
    let question_text = question_words(size, theme::ink(ui).text, all.width() - WAYS);
    let recipe_height = if size == QUESTION { 24.0 } else { 0.0 };
    let question_height = ui.fonts_mut(|fonts| fonts.layout_job(question_text)).size().y + recipe_height + GRID;
    let question = Rect::from_min_size(all.min, vec2(all.width(), question_height));
    let font = egui::FontId::proportional(words_size(all.width()));
    let wrap = halves(all, stage).0.width();
    let text = ui
        .painter()
        .layout(words.into(), font, Color32::PLACEHOLDER, wrap)
        .size()
        .y;
    let strip = Rect::from_min_max(pos2(all.left(), all.bottom() - text.max(68.0)), all.max);

    let middle = Rect::from_min_max(
        pos2(all.left(), question.bottom() + gap * 0.5),
        pos2(all.right(), strip.top() - gap),
    );
    let column = (middle.width() * 0.4).clamp(220.0, 620.0);
    let (left, mut chart) = middle.split_left_right_at_x(middle.left() + column);
    chart.min.x += gap;
    let digit_height = (middle.height() * 0.2).clamp(36.0, 104.0);
    let (upper, lower) = left.split_top_bottom_at_y(left.bottom() - digit_height);
    let (mut first, mut second) = upper.split_left_right_at_fraction(0.5);
    first.max.x -= gap / 4.0;
    second.min.x += gap / 4.0;
    let digit = Rect::from_center_size(
        pos2(lower.center().x, lower.bottom() - digit_height * 0.36),
        egui::Vec2::splat(digit_height * 0.72),
    );
    Layouted {
        question,
        towers: [first, second],
        digit,
        chart,
        strip,
    }
}

/// Size of the question, in points.
pub fn question_size(width: f32) -> f32 {
    if width >= 860.0 { QUESTION } else { HEADING }
}

/// The one question, with the word that matters in the stronger face.
pub fn question_words(size: f32, colour: Color32, width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let regular = TextFormat::simple(egui::FontId::proportional(size), colour);
    let strong = TextFormat::simple(egui::FontId::new(size, theme::semibold()), colour);
    let question = t!("Same data, same recipe: which reaches the lower *training* loss?");
    for (index, part) in question.split('*').enumerate() {
        let format = if index % 2 == 1 { &strong } else { &regular };
        job.append(part, 0.0, format.clone());
    }
    job
}
