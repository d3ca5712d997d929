//! Formulas, in a line of text and on a line of their own.

use std::sync::Arc;

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, Color32, FontId, Galley, Pos2, Rect, Response, Role, Sense, TextFormat, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use crate::lesson::formula::{Atom, plain};
use crate::ui::theme;

/// Size of a script beside what it belongs to.
const SCRIPT: f32 = 0.72;
/// A formula on its own is this much larger than text.
const DISPLAY: f32 = 1.3;

/// Adds a formula to a line; fractions stand on it with a slash.
pub fn append(job: &mut LayoutJob, row: &[Atom], size: f32, colour: Color32) {
    append_at(job, row, size, colour, Align::BOTTOM);
}

fn append_at(job: &mut LayoutJob, row: &[Atom], size: f32, colour: Color32, valign: Align) {
    for atom in row {
        match atom {
            Atom::Sign { text, italic } => {
                let format = TextFormat {
                    font_id: FontId::proportional(size),
                    color: colour,
                    italics: *italic,
                    valign,
                    ..TextFormat::default()
                };
                job.append(text, 0.0, format);
            }
            Atom::Scripts { raised, lowered } => {
                append_at(job, lowered, size * SCRIPT, colour, Align::BOTTOM);
                append_at(job, raised, size * SCRIPT, colour, Align::TOP);
            }
            Atom::Fraction(..) | Atom::Root(_) => {
                let text = plain(std::slice::from_ref(atom));
                let format = TextFormat {
                    valign,
                    ..TextFormat::simple(FontId::proportional(size), colour)
                };
                job.append(&text, 0.0, format);
            }
        }
    }
}

/// Draws a formula on a line of its own.
pub fn formula_ui(ui: &mut Ui, row: &[Atom], size: f32) -> Response {
    let colour = theme::ink(ui).text;
    let drawn = lay(ui, row, size * DISPLAY, colour);
    let width = drawn.size.x.max(ui.available_width());
    let (rect, response) = ui.allocate_exact_size(vec2(width, drawn.size.y), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Math, true, plain(row)));
    let corner = pos2((rect.center().x - drawn.size.x / 2.0).max(rect.left()), rect.top());
    for (at, galley) in drawn.texts {
        ui.painter().galley(corner + at.to_vec2(), galley, colour);
    }
    for rule in drawn.rules {
        ui.painter().rect_filled(rule.translate(corner.to_vec2()), 0.0, colour);
    }
    response
}

/// A part of a formula, placed.
#[derive(Default)]
struct Laid {
    size: Vec2,
    /// Height of the line it stands on, from the top.
    base: f32,
    texts: Vec<(Pos2, Arc<Galley>)>,
    rules: Vec<Rect>,
}

impl Laid {
    /// Takes in another part whose corner is there.
    fn put(&mut self, part: Laid, at: Pos2) {
        let by = at.to_vec2();
        self.texts
            .extend(part.texts.into_iter().map(|(place, text)| (place + by, text)));
        self.rules.extend(part.rules.into_iter().map(|rule| rule.translate(by)));
        self.size = self.size.max(by + part.size);
    }
}

fn lay(ui: &Ui, row: &[Atom], size: f32, colour: Color32) -> Laid {
    let parts: Vec<Laid> = row.iter().map(|atom| lay_atom(ui, atom, size, colour)).collect();
    let base = parts.iter().map(|part| part.base).fold(0.0, f32::max);
    let mut laid = Laid {
        base,
        ..Laid::default()
    };
    let mut x = 0.0;
    for part in parts {
        let (width, at) = (part.size.x, pos2(x, base - part.base));
        laid.put(part, at);
        x += width;
    }
    laid
}

fn lay_atom(ui: &Ui, atom: &Atom, size: f32, colour: Color32) -> Laid {
    match atom {
        Atom::Sign { text, italic } => {
            let mut job = LayoutJob::default();
            let format = TextFormat {
                italics: *italic,
                ..TextFormat::simple(FontId::proportional(size), colour)
            };
            job.append(text, 0.0, format);
            let galley = ui.painter().layout_job(job);
            let glyph = galley.rows.first().and_then(|row| row.row.glyphs.first());
            Laid {
                size: galley.size(),
                base: glyph.map_or(0.8 * size, |glyph| glyph.pos.y),
                texts: vec![(Pos2::ZERO, galley)],
                rules: Vec::new(),
            }
        }
        Atom::Scripts { raised, lowered } => {
            let [raised, lowered] = [raised, lowered].map(|row| lay(ui, row, size * SCRIPT, colour));
            // The line they belong to runs between them.
            let base = raised.base + 0.4 * size;
            let mut laid = Laid {
                base,
                ..Laid::default()
            };
            let down = base + 0.2 * size - lowered.base;
            laid.put(raised, Pos2::ZERO);
            laid.put(lowered, pos2(0.0, down));
            laid
        }
        Atom::Fraction(above, below) => {
            let [above, below] = [above, below].map(|row| lay(ui, row, size * 0.9, colour));
            let width = above.size.x.max(below.size.x) + 0.4 * size;
            let bar = above.size.y + 1.0;
            let mut laid = Laid {
                base: bar + 0.32 * size,
                ..Laid::default()
            };
            laid.rules.push(Rect::from_min_size(
                pos2(0.1 * size, bar),
                vec2(width - 0.2 * size, 1.2),
            ));
            let centred = |part: &Laid| (width - part.size.x) / 2.0;
            let (left, right) = (centred(&above), centred(&below));
            laid.put(above, pos2(left, 0.0));
            laid.put(below, pos2(right, bar + 2.0));
            laid.size.x = width;
            laid
        }
        Atom::Root(inner) => {
            let inner = lay(ui, inner, size, colour);
            let sign = Atom::Sign {
                text: "√".into(),
                italic: false,
            };
            let sign = lay_atom(ui, &sign, size, colour);
            let (x, width, base) = (sign.size.x, inner.size.x, inner.base.max(sign.base));
            let mut laid = Laid {
                base,
                ..Laid::default()
            };
            let (down, beside) = (base - sign.base, base - inner.base);
            laid.rules.push(Rect::from_min_size(
                pos2(x - 1.0, down + 0.12 * size),
                vec2(width + 2.0, 1.2),
            ));
            laid.put(sign, pos2(0.0, down));
            laid.put(inner, pos2(x, beside));
            laid
        }
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Context, RawInput};

    use super::*;
    use crate::lesson::formula::{RELATIONS, SIGNS, parse};

    #[test]
    fn every_sign_has_a_glyph() {
        let ctx = Context::default();
        theme::install(&ctx);
        let mut missing = Vec::new();
        let mut output = ctx.run_ui(RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                for (name, sign) in SIGNS.iter().chain(&RELATIONS) {
                    let font = FontId::proportional(theme::BODY);
                    if !sign.chars().all(|character| fonts.has_glyph(&font, character)) {
                        missing.push(*name);
                    }
                }
            });
        });
        output.textures_delta.clear();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn parts_stand_where_they_belong() {
        let ctx = Context::default();
        theme::install(&ctx);
        let mut output = ctx.run_ui(RawInput::default(), |ui| {
            let lay = |tex: &str| lay(ui, &parse(tex), 20.0, Color32::BLACK);
            let (plain, raised, lowered) = (lay("x"), lay("x^2"), lay("x_2"));
            assert!(raised.base > plain.base && lowered.size.y > plain.size.y);
            assert!(raised.texts[1].0.y < lowered.texts[1].0.y);
            let fraction = lay(r"\frac{a + b}{c}");
            assert_eq!(fraction.rules.len(), 1);
            let bar = fraction.rules[0];
            assert!(bar.width() <= fraction.size.x && bar.center().y < fraction.base);
            assert_eq!(lay(r"\sqrt{2}").rules.len(), 1);
            assert_eq!(lay("").size, Vec2::ZERO);
        });
        output.textures_delta.clear();
    }
}
