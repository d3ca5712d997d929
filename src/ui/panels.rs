//! The panels of the lab, a line each.

use std::borrow::Cow;

use eframe::egui::{Key, KeyboardShortcut, Modifiers, Ui};
use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::curves::Curves;
use super::data::Data;
use super::fading::FadingDigit;
use super::forms::BlockForms;
use super::insertion::IdentityInsertion;
use super::landscape::Landscape;
use super::lesions::Lesions;
use super::maps::FeatureMaps;
use super::networks::Networks;
use super::pane::{Pane, View};
use super::runs::Runs;
use super::shattering::Shattering;
use super::slope::Slope;
use super::task::PaneKey;
use super::timeline::Timeline;
use super::transfer::Transfer;
use super::weather::Weather;
use crate::export::Kind;

macro_rules! panels {
    ($($name:ident, $field:ident: $pane:ty;)*) => {
        /// A panel of the lab, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Panel {
            $($name,)*
        }

        /// All panels with what they remember.
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Panes {
            $(pub $field: $pane,)*
        }

        impl Panel {
            /// In the order of menus and number keys.
            pub const ALL: &'static [Panel] = &[$(Panel::$name,)*];

            /// Stands on the tile and in menus.
            pub fn title(self) -> Cow<'static, str> {
                match self {
                    $(Panel::$name => t!(<$pane>::TITLE),)*
                }
            }

            /// Its title in English, which lessons call it by.
            pub fn name(self) -> &'static str {
                match self {
                    $(Panel::$name => <$pane>::TITLE,)*
                }
            }

            /// The names of all.
            pub fn names() -> Vec<&'static str> {
                Self::ALL.iter().map(|panel| panel.name()).collect()
            }

            /// The panel of that English title, whatever the case of its letters.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|panel| panel.name().eq_ignore_ascii_case(name))
            }

            /// What it shows, in a sentence.
            pub fn hint(self) -> Cow<'static, str> {
                match self {
                    $(Panel::$name => t!(<$pane>::HINT),)*
                }
            }

            /// Whether Ctrl+C copies something else of it than its figure.
            pub fn copies(self) -> bool {
                let copy = KeyboardShortcut::new(Modifiers::COMMAND, Key::C);
                self.keys().iter().any(|key| key.keys == copy)
            }

            /// Keys that speak to it while it has the focus.
            pub fn keys(self) -> &'static [PaneKey] {
                match self {
                    $(Panel::$name => <$pane>::KEYS,)*
                }
            }
        }

        impl Panes {
            /// Draws a panel into all the space there is.
            pub fn pane_ui(&mut self, panel: Panel, ui: &mut Ui, view: &mut View<'_>) {
                match panel {
                    $(Panel::$name => self.$field.pane_ui(ui, view),)*
                }
            }

            /// Lets a panel read its keys.
            pub fn keys(&mut self, panel: Panel, ui: &Ui, view: &mut View<'_>) {
                match panel {
                    $(Panel::$name => self.$field.keys(ui, view),)*
                }
            }

            /// The figure that shows the same as the panel.
            pub fn figure(&self, panel: Panel) -> Option<Kind> {
                match panel {
                    $(Panel::$name => self.$field.figure(),)*
                }
            }

            /// Whether the panel shows anything yet that was measured.
            pub fn measured(&self, panel: Panel, view: &View<'_>) -> bool {
                match panel {
                    $(Panel::$name => self.$field.measured(view),)*
                }
            }

            /// The nets were reset.
            pub fn reset(&mut self) {
                $(self.$field.reset();)*
            }

            /// Another experiment was started.
            pub fn restart(&mut self) {
                $(self.$field.restart();)*
            }
        }
    };
}

panels! {
    Networks, networks: Networks;
    Curves, curves: Curves;
    Slope, slope: Slope;
    Weather, weather: Weather;
    Maps, maps: FeatureMaps;
    Architecture, architecture: Architecture;
    Fading, fading: FadingDigit;
    Timeline, timeline: Timeline;
    Runs, runs: Runs;
    Data, data: Data;
    Forms, forms: BlockForms;
    Insertion, insertion: IdentityInsertion;
    Shattering, shattering: Shattering;
    Lesions, lesions: Lesions;
    Transfer, transfer: Transfer;
    Landscape, landscape: Landscape;
}
