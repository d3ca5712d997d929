//! How everything looks: one type scale, an 8-point rhythm, ink on paper or chalk on slate. Colour belongs to networks.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, RichText, Stroke, Style, TextStyle, Theme,
    ThemePreference, Visuals,
    style::HandleShape,
    text::{LayoutJob, TextWrapping},
};
use serde::{Deserialize, Serialize};

use super::fonts;
use crate::palette::{self, Rgb};

/// Distance between things that belong together, in points. Larger distances are multiples of it.
pub const GRID: f32 = 8.0;
/// Captions, ticks, status.
pub const SMALL: f32 = 13.0;
/// Everything that is read.
pub const BODY: f32 = 15.0;
/// Titles.
pub const HEADING: f32 = 20.0;
/// The one question of the first minute.
pub const QUESTION: f32 = 28.0;

/// The half-bold face.
pub fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Half-bold text of a size.
pub fn strong(text: impl Into<String>, size: f32) -> RichText {
    RichText::new(text).font(FontId::new(size, semibold()))
}

/// Secondary text.
pub fn caption(text: impl Into<String>) -> RichText {
    RichText::new(text).size(SMALL).weak()
}

/// Width of words in one line, in points.
pub fn width(ui: &egui::Ui, words: &str, font: FontId) -> f32 {
    let line = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER);
    line.size().x
}

/// One line of text of at most `width` points; three dots stand for what has no room.
pub fn elided(ui: &egui::Ui, text: &str, font: FontId, colour: Color32, width: f32) -> Arc<egui::Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = TextWrapping::truncate_at_width(width);
    ui.painter().layout_job(job)
}

/// Height of a legend beneath a picture; none where it would leave the picture less than `least`.
pub fn foot(ui: &egui::Ui, legend: &str, least: f32) -> f32 {
    let lines = paragraph(ui, legend.to_owned(), ui.available_width());
    let height = lines.size().y + ui.spacing().item_spacing.y;
    if ui.available_height() - height >= least {
        height
    } else {
        0.0
    }
}

/// Secondary text laid out in lines of at most `width` points.
pub fn paragraph(ui: &egui::Ui, text: String, width: f32) -> Arc<egui::Galley> {
    ui.painter()
        .layout(text, FontId::proportional(SMALL), ink(ui).weak, width)
}

/// The few colours that are not a network's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink {
    /// Behind the panels.
    pub ground: Color32,
    /// Panels, charts.
    pub paper: Color32,
    /// Text, and the fill of the one button that matters.
    pub text: Color32,
    /// Secondary text; at least 4.5:1 on paper.
    pub weak: Color32,
    /// Hairlines, grids.
    pub line: Color32,
    /// Buttons at rest.
    pub button: Color32,
    /// Behind what is chosen.
    pub chosen: Color32,
    /// Curves that have had their day, and their names; at least 4.5:1 on paper.
    pub faded: Color32,
    /// Sentences about something that went wrong.
    pub error: Color32,
    /// How much is left of a line's colour while another is pointed at; more where the grid is bright.
    pub back: f32,
}

const LIGHT: Ink = Ink {
    ground: Color32::from_rgb(0xF3, 0xF2, 0xEF),
    paper: Color32::WHITE,
    text: Color32::from_rgb(0x1D, 0x1D, 0x1F),
    weak: Color32::from_rgb(0x62, 0x62, 0x66),
    line: Color32::from_rgb(0xDD, 0xDC, 0xD8),
    button: Color32::from_rgb(0xE9, 0xE8, 0xE4),
    chosen: Color32::from_rgb(0xDF, 0xDE, 0xDA),
    faded: Color32::from_rgb(0x75, 0x75, 0x75),
    error: Color32::from_rgb(0x9F, 0x1B, 0x32),
    back: 0.35,
};

const DARK: Ink = Ink {
    ground: Color32::from_rgb(0x12, 0x12, 0x13),
    paper: Color32::from_rgb(0x1B, 0x1B, 0x1B),
    text: Color32::from_rgb(0xEC, 0xEB, 0xE8),
    weak: Color32::from_rgb(0xA3, 0xA3, 0xA0),
    line: Color32::from_rgb(0x38, 0x38, 0x3A),
    button: Color32::from_rgb(0x2C, 0x2C, 0x2E),
    chosen: Color32::from_rgb(0x38, 0x38, 0x3A),
    faded: Color32::from_rgb(0x8A, 0x8A, 0x8C),
    error: Color32::from_rgb(0xFF, 0x9D, 0xA8),
    back: 0.35,
};

const CONTRAST: Ink = Ink {
    ground: Color32::BLACK,
    paper: Color32::BLACK,
    text: Color32::WHITE,
    weak: Color32::from_rgb(0xDC, 0xDC, 0xDC),
    line: Color32::from_rgb(0x80, 0x80, 0x80),
    button: Color32::from_rgb(0x30, 0x30, 0x30),
    chosen: Color32::from_rgb(0x44, 0x44, 0x44),
    faded: Color32::from_rgb(0xA0, 0xA0, 0xA0),
    error: Color32::from_rgb(0xFF, 0xB4, 0xBE),
    back: 0.7,
};
/// Least contrast of coloured text in high contrast.
const LEGIBLE: f32 = 7.0;

/// The colours of the theme in force, which is known by its ground.
pub fn ink(ui: &egui::Ui) -> Ink {
    match ui.visuals().panel_fill {
        fill if fill == CONTRAST.ground => CONTRAST,
        _ if ui.visuals().dark_mode => DARK,
        _ => LIGHT,
    }
}

/// A colour given for both grounds; in high contrast lightened until it can be read on black.
pub fn pick(ui: &egui::Ui, light: Rgb, dark: Rgb) -> Color32 {
    let [r, g, b] = match ui.visuals().dark_mode {
        false => light,
        true if ink(ui) == CONTRAST => palette::legible(dark, [0; 3], LEGIBLE),
        true => dark,
    };
    Color32::from_rgb(r, g, b)
}

/// The theme the user chose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Look {
    /// Light or dark as the system is.
    #[default]
    System,
    Light,
    Dark,
    /// White on black, every text at least 7:1.
    Contrast,
}

impl Look {
    /// Puts it in force.
    pub fn apply(self, ctx: &egui::Context) {
        let ink = if self == Look::Contrast { CONTRAST } else { DARK };
        ctx.style_mut_of(Theme::Dark, |style| restyle(style, Theme::Dark, ink));
        ctx.set_theme(match self {
            Look::System => ThemePreference::System,
            Look::Light => ThemePreference::Light,
            Look::Dark | Look::Contrast => ThemePreference::Dark,
        });
    }

    /// The one after it, where `theme` is what the eye sees now.
    pub fn next(self, theme: Theme) -> Self {
        match (self, theme) {
            (Look::Contrast, _) => Look::Light,
            (_, Theme::Light) => Look::Dark,
            (_, Theme::Dark) => Look::Contrast,
        }
    }
}

/// Smallest text of a lecture in pixels, on a screen of 1920 x 1080.
const LECTURE_TEXT: f32 = 28.0;

/// In a lecture lines are thicker and panels have fewer controls.
pub fn set_lecture(ctx: &egui::Context, on: bool) {
    ctx.data_mut(|data| data.insert_temp(lecture_id(), on));
}

/// Whether a lecture is held.
pub fn lecture(ui: &egui::Ui) -> bool {
    ui.data(|data| data.get_temp(lecture_id()).unwrap_or_default())
}

/// What an open lesson means for the panels beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taught {
    /// They have their buttons and options.
    pub controls: bool,
    /// The lesson trains its nets and will ask about them by itself.
    pub busy: bool,
}

/// Says whether a lesson is open.
pub fn set_taught(ctx: &egui::Context, lesson: Option<Taught>) {
    ctx.data_mut(|data| data.insert_temp(taught_id(), lesson));
}

/// The open lesson.
pub fn taught(ui: &egui::Ui) -> Option<Taught> {
    ui.data(|data| data.get_temp(taught_id()).unwrap_or_default())
}

/// Whether panels go without their buttons and options: a lesson tells, which may name them; without one, in a lecture.
pub fn bare(ui: &egui::Ui) -> bool {
    taught(ui).map_or(lecture(ui), |lesson| !lesson.controls)
}

/// Whether a lesson keeps the panels' buttons and options back.
pub fn withheld(ui: &egui::Ui) -> bool {
    taught(ui).is_some_and(|lesson| !lesson.controls)
}

fn taught_id() -> egui::Id {
    egui::Id::unique("open lesson")
}

fn lecture_id() -> egui::Id {
    egui::Id::unique("lecture")
}

/// How much larger a lecture is than the window's own scale, for a window of that size in pixels.
pub fn lecture_zoom(pixels: egui::Vec2, native_pixels_per_point: f32) -> f32 {
    let share = (pixels / egui::vec2(1920.0, 1080.0)).min_elem();
    (share * LECTURE_TEXT / SMALL / native_pixels_per_point).max(1.0)
}

/// Takes away the tooltip that stands above what has just covered everything: egui keeps it while the pointer rests, but
/// not where things are disabled, were it for one frame.
pub fn cover_tooltips(ui: &mut egui::Ui) {
    let covered = ui.memory(|memory| memory.top_modal_layer().is_some());
    let id = egui::Id::unique("covered");
    let before = ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(id), covered));
    if covered && !before {
        ui.disable();
        ui.ctx().request_repaint();
    }
}

/// Sets fonts and both styles. Call once, before the first frame.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    for (theme, ink) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
        ctx.style_mut_of(theme, |style| restyle(style, theme, ink));
    }
}

fn restyle(style: &mut Style, theme: Theme, ink: Ink) {
    let size = |size| FontId::new(size, FontFamily::Proportional);
    style.text_styles = [
        (TextStyle::Small, size(SMALL)),
        (TextStyle::Body, size(BODY)),
        (TextStyle::Button, size(BODY)),
        (TextStyle::Heading, FontId::new(HEADING, semibold())),
        (TextStyle::Monospace, FontId::monospace(BODY - 1.0)),
    ]
    .into();

    let spacing = &mut style.spacing;
    spacing.item_spacing = egui::vec2(GRID, GRID);
    spacing.button_padding = egui::vec2(10.0, 5.0);
    spacing.interact_size = egui::vec2(32.0, 28.0);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(8);
    spacing.combo_width = 96.0;
    spacing.slider_rail_height = 4.0;
    spacing.icon_width = 18.0;
    spacing.icon_width_inner = 10.0;
    // What is longer than its space shows so before the pointer comes.
    spacing.scroll.dormant_handle_opacity = 0.4;
    spacing.scroll.floating_width = 3.0;
    spacing.scroll.floating_allocated_width = 6.0;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;

    let mut visuals = match theme {
        Theme::Light => Visuals::light(),
        Theme::Dark => Visuals::dark(),
    };
    let radius = CornerRadius::same(6);
    visuals.panel_fill = ink.ground;
    visuals.window_fill = ink.paper;
    visuals.window_stroke = Stroke::new(1.0, ink.line);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.extreme_bg_color = ink.ground;
    visuals.faint_bg_color = ink.ground;
    // A field to write in is seen where the ground is as black as the paper, too.
    visuals.text_edit_bg_color = (ink.ground == ink.paper).then_some(ink.button);
    visuals.weak_text_color = Some(ink.weak);
    visuals.error_fg_color = ink.error;
    visuals.warn_fg_color = ink.error;
    visuals.hyperlink_color = ink.text;
    visuals.selection.bg_fill = ink.chosen;
    visuals.selection.stroke = Stroke::new(2.0, ink.text);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = HandleShape::Circle;
    visuals.text_cursor.stroke = Stroke::new(2.0, ink.text);
    let widgets = &mut visuals.widgets;
    let lift = |by: f32| ink.button.lerp_to_gamma(ink.text, by);
    for (widget, fill, edge, text) in [
        (&mut widgets.noninteractive, ink.paper, ink.line, ink.text),
        (&mut widgets.inactive, ink.button, Color32::TRANSPARENT, ink.text),
        // An outline, for a fill would look like that of a switch that is on.
        (&mut widgets.hovered, ink.button, ink.weak, ink.text),
        (&mut widgets.active, lift(0.16), ink.text, ink.text),
        (&mut widgets.open, lift(0.08), Color32::TRANSPARENT, ink.text),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, edge);
        widget.fg_stroke = Stroke::new(1.5, text);
        widget.corner_radius = radius;
        widget.expansion = 0.0;
    }
    widgets.noninteractive.fg_stroke.width = 1.0;
    style.visuals = visuals;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(text: Color32, ground: Color32) -> f32 {
        let rgb = |colour: Color32| [colour.r(), colour.g(), colour.b()];
        palette::contrast(rgb(text), rgb(ground))
    }

    #[test]
    fn text_stands_out_in_every_theme() {
        for (ink, strong, weak) in [(LIGHT, 7.0, 4.5), (DARK, 7.0, 4.5), (CONTRAST, 7.0, 7.0)] {
            for ground in [ink.paper, ink.ground, ink.button] {
                assert!(ratio(ink.text, ground) >= strong, "{ink:?}");
            }
            for ground in [ink.paper, ink.ground, ink.button, ink.chosen] {
                assert!(ratio(ink.weak, ground) >= weak, "{ink:?}");
            }
            assert!(ratio(ink.error, ink.paper) >= 7.0, "{ink:?}");
            assert!(ratio(ink.faded, ink.paper) >= 4.5, "{ink:?}");
        }
    }

    #[test]
    fn nets_are_legible_in_high_contrast() {
        for family in ["plain", "resnet"] {
            let specs: Vec<crate::net::Spec> = (1..=8)
                .map(|n| format!("{family}-{}", 6 * n + 2).parse().unwrap())
                .collect();
            let among: Vec<&crate::net::Spec> = specs.iter().collect();
            for spec in &specs {
                let colour = palette::legible(palette::run_style(spec, &among).dark, [0; 3], LEGIBLE);
                assert!(palette::contrast(colour, [0; 3]) >= LEGIBLE, "{spec}");
            }
        }
    }

    #[test]
    fn a_lecture_has_no_small_text() {
        assert!(SMALL <= BODY && SMALL * lecture_zoom(egui::vec2(1920.0, 1080.0), 1.0) >= LECTURE_TEXT);
        let retina = lecture_zoom(egui::vec2(3840.0, 2160.0), 2.0);
        assert!(SMALL * 2.0 * retina >= 2.0 * LECTURE_TEXT);
        assert_eq!(lecture_zoom(egui::vec2(640.0, 400.0), 1.0), 1.0);
        let mut style = Style::default();
        restyle(&mut style, Theme::Dark, CONTRAST);
        assert!(style.text_styles.values().all(|font| font.size >= SMALL));
    }

    #[test]
    fn themes_come_around() {
        let mut look = Look::System;
        let mut seen = Vec::new();
        for _ in 0..3 {
            let theme = if matches!(look, Look::Dark | Look::Contrast) {
                Theme::Dark
            } else {
                Theme::Light
            };
            look = look.next(theme);
            seen.push(look);
        }
        assert_eq!(seen, [Look::Dark, Look::Contrast, Look::Light]);
    }
}
