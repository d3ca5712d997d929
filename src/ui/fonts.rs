//! The letters of the window.

use std::sync::Arc;

use eframe::egui::{FontData, FontDefinitions, FontFamily};

use crate::export::CHINESE_FONT;

/// Noto Sans SC, for what Inter has no glyph of; the bold face knows the window's own words only.
const CHINESE: &str = "chinese";
const CHINESE_BOLD: &str = "chinese bold";

/// Inter in two weights, and Noto Sans SC for Chinese.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let faces: [(&str, &'static [u8]); 4] = [
        ("regular", include_bytes!("../../assets/fonts/Inter-Regular.ttf")),
        ("semibold", include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")),
        (CHINESE, CHINESE_FONT.file),
        (CHINESE_BOLD, include_bytes!("../../assets/fonts/NotoSansSC-Bold.otf")),
    ];
    for (name, bytes) in faces {
        fonts
            .font_data
            .insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts.families[&FontFamily::Proportional].clone();
    for (name, chinese) in [("regular", &[CHINESE][..]), ("semibold", &[CHINESE_BOLD, CHINESE])] {
        let own = std::iter::once(&name).chain(chinese).map(|&face| face.to_owned());
        let family = own.chain(fallback.iter().cloned()).collect();
        fonts.families.insert(FontFamily::Name(name.into()), family);
    }
    fonts.families.insert(
        FontFamily::Proportional,
        fonts.families[&FontFamily::Name("regular".into())].clone(),
    );
    let code = fonts.families.entry(FontFamily::Monospace).or_default();
    code.insert(code.len().min(1), CHINESE.into());
    fonts
}

#[cfg(test)]
mod tests {
    use eframe::egui::{self, FontId};

    use super::*;
    use crate::ui::theme::{BODY, install, semibold};

    #[test]
    fn every_character_of_the_window_has_a_glyph() {
        let mut texts = Vec::new();
        let mut folders = vec![std::path::PathBuf::from("assets/locales"), "assets/lessons".into()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "yml" || end == "md") {
                    texts.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        assert!(texts.len() >= 2);
        let ctx = egui::Context::default();
        install(&ctx);
        let mut missing = std::collections::BTreeSet::new();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                let characters = texts.iter().flat_map(|text| text.chars()).filter(|c| !c.is_control());
                for character in characters.collect::<std::collections::BTreeSet<char>>() {
                    for family in [FontFamily::Proportional, semibold()] {
                        if !fonts.has_glyph(&FontId::new(BODY, family), character) {
                            missing.insert(character);
                        }
                    }
                }
            });
        });
        output.textures_delta.clear();
        assert!(missing.is_empty(), "{missing:?}: run assets/fonts/cjk.py");
    }
}
