//! The languages of the window. English sentences are the keys of `assets/locales`; the terminal, logs and files stay
//! English.

use serde::{Deserialize, Serialize};

/// A language that every sentence of the window is there in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    English,
    Chinese,
}

impl Language {
    /// The system's language where the window speaks it, else English.
    pub fn of_system() -> Self {
        Self::of_locale(&sys_locale::get_locale().unwrap_or_default())
    }

    fn of_locale(locale: &str) -> Self {
        if locale.starts_with("zh") {
            Self::Chinese
        } else {
            Self::English
        }
    }

    /// The one in use.
    pub fn spoken() -> Self {
        Self::of_locale(&rust_i18n::locale())
    }

    /// Its tag: `en`, `zh-CN`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// From now on every sentence is in this language.
    pub fn speak(self) {
        rust_i18n::set_locale(self.tag());
    }

    /// The one to switch to.
    pub fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    /// Its own name in itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_i18n::t;

    use super::*;

    #[test]
    fn chinese_systems_begin_in_chinese() {
        for (locale, language) in [
            ("zh-CN", Language::Chinese),
            ("zh_TW.UTF-8", Language::Chinese),
            ("de-DE", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_locale(locale), language, "{locale}");
        }
    }

    #[test]
    fn sentences_with_points_and_places_are_found() {
        let key = "Too early to say: step %{step} of at least %{least}.";
        assert_eq!(
            t!(key, step = 40, least = 100),
            "Too early to say: step 40 of at least 100."
        );
        assert_eq!(
            t!(key, locale = "zh-CN", step = 40, least = 100),
            "下结论还太早：第 40 步，至少需要 100 步。"
        );
    }
}
