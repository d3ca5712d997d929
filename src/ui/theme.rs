//! How everything looks: one type scale, an 8-point rhythm, ink on paper or chalk on slate. Colour belongs to networks.

use std::sync::Arc;

use eframe::egui::{
    self, Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, RichText, Stroke, Style,
    TextStyle, Theme, Visuals, style::HandleShape,
};

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
    /// Curves that have had their day.
    pub faded: Color32,
    /// Sentences about something that went wrong.
    pub error: Color32,
}

const LIGHT: Ink = Ink {
    ground: Color32::from_rgb(0xF3, 0xF2, 0xEF),
    paper: Color32::WHITE,
    text: Color32::from_rgb(0x1D, 0x1D, 0x1F),
    weak: Color32::from_rgb(0x62, 0x62, 0x66),
    line: Color32::from_rgb(0xDD, 0xDC, 0xD8),
    button: Color32::from_rgb(0xE9, 0xE8, 0xE4),
    faded: Color32::from_rgb(0xA8, 0xA8, 0xA8),
    error: Color32::from_rgb(0x9F, 0x1B, 0x32),
};

const DARK: Ink = Ink {
    ground: Color32::from_rgb(0x12, 0x12, 0x13),
    paper: Color32::from_rgb(0x1B, 0x1B, 0x1B),
    text: Color32::from_rgb(0xEC, 0xEB, 0xE8),
    weak: Color32::from_rgb(0xA3, 0xA3, 0xA0),
    line: Color32::from_rgb(0x38, 0x38, 0x3A),
    button: Color32::from_rgb(0x2C, 0x2C, 0x2E),
    faded: Color32::from_rgb(0x6E, 0x6E, 0x70),
    error: Color32::from_rgb(0xFF, 0x9D, 0xA8),
};

/// The colours of the theme in force.
pub fn ink(ui: &egui::Ui) -> Ink {
    if ui.visuals().dark_mode { DARK } else { LIGHT }
}

/// A colour given for both grounds.
pub fn pick(ui: &egui::Ui, light: [u8; 3], dark: [u8; 3]) -> Color32 {
    let [r, g, b] = if ui.visuals().dark_mode { dark } else { light };
    Color32::from_rgb(r, g, b)
}

/// Sets fonts and both styles. Call once, before the first frame.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    for (theme, ink) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
        ctx.style_mut_of(theme, |style| restyle(style, theme, ink));
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let faces: [(&str, &'static [u8]); 2] = [
        ("regular", include_bytes!("../../assets/fonts/Inter-Regular.ttf")),
        ("semibold", include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")),
    ];
    let fallback = fonts.families[&FontFamily::Proportional].clone();
    for (name, bytes) in faces {
        fonts
            .font_data
            .insert(name.into(), Arc::new(FontData::from_static(bytes)));
        let family = std::iter::once(name.to_owned())
            .chain(fallback.iter().cloned())
            .collect();
        fonts.families.insert(FontFamily::Name(name.into()), family);
    }
    fonts.families.insert(
        FontFamily::Proportional,
        fonts.families[&FontFamily::Name("regular".into())].clone(),
    );
    fonts
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
    visuals.weak_text_color = Some(ink.weak);
    visuals.error_fg_color = ink.error;
    visuals.warn_fg_color = ink.error;
    visuals.hyperlink_color = ink.text;
    visuals.selection.bg_fill = ink.line;
    visuals.selection.stroke = Stroke::new(2.0, ink.text);
    visuals.slider_trailing_fill = true;
    visuals.handle_shape = HandleShape::Circle;
    visuals.text_cursor.stroke = Stroke::new(2.0, ink.text);
    let widgets = &mut visuals.widgets;
    let lift = |by: f32| ink.button.lerp_to_gamma(ink.text, by);
    for (widget, fill, edge, text) in [
        (&mut widgets.noninteractive, ink.paper, ink.line, ink.text),
        (&mut widgets.inactive, ink.button, Color32::TRANSPARENT, ink.text),
        (&mut widgets.hovered, lift(0.08), Color32::TRANSPARENT, ink.text),
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
