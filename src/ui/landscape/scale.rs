//! The colours of a landscape with the losses at their ends.

use eframe::egui::{Align2, FontId, Rect, Ui, pos2, vec2};
use rust_i18n::t;

use crate::palette;
use crate::ui::theme::{self, SMALL};
use crate::ui::widgets::{colour_bar_ui, short};

/// Width of the colour scale, and its distance from its numbers.
const BAR: f32 = 10.0;
const BESIDE: f32 = 5.0;
/// Height of a scale that has room for a number at each end.
const TWO_LINES: f32 = 32.0;

/// Room that the colours take with their numbers.
pub fn bar_width(ui: &Ui, range: [f32; 2]) -> f32 {
    let width = |text: &str| theme::width(ui, text, FontId::proportional(SMALL));
    let number = |loss: f32| width(&short(f64::from(loss)));
    let numbers = [range[0], middle(range), range[1]].map(number);
    (BAR + BESIDE + numbers.into_iter().fold(0.0, f32::max)).max(width(&t!("loss")))
}

/// The loss half-way up the colours, which are logarithmic.
fn middle([low, high]: [f32; 2]) -> f32 {
    (low * high).sqrt()
}

/// The colours with the losses at their ends and, where there is room, half-way between.
pub fn bar_ui(ui: &Ui, rect: Rect, range: [f32; 2]) {
    let ink = theme::ink(ui);
    let bar = rect.with_max_x(rect.left() + BAR);
    colour_bar_ui(ui.painter(), bar, palette::cividis());
    let font = FontId::proportional(SMALL);
    let [low, high] = range;
    let marks = [
        (high, bar.top(), Align2::LEFT_TOP, TWO_LINES),
        (middle(range), bar.center().y, Align2::LEFT_CENTER, 2.0 * TWO_LINES),
        (low, bar.bottom(), Align2::LEFT_BOTTOM, TWO_LINES),
    ];
    for (value, y, align, _) in marks.into_iter().filter(|&(.., room)| bar.height() >= room) {
        let text = short(f64::from(value));
        ui.painter()
            .text(pos2(bar.right() + BESIDE, y), align, text, font.clone(), ink.weak);
    }
    ui.painter().text(
        rect.left_bottom() + vec2(0.0, 4.0),
        Align2::LEFT_TOP,
        t!("loss"),
        font,
        ink.weak,
    );
}
