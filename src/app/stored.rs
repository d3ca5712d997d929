//! What is remembered from one start to the next.

use eframe::egui::ThemePreference;
use serde::{Deserialize, Serialize};

use super::{App, DEFAULT_ENGINE};
use crate::run::Experiment;
use crate::ui::{Lab, Room};

const KEY: &str = "depthscope";

/// Where the user left.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    pub room: Room,
    /// The lab's experiment.
    pub experiment: Option<Experiment>,
    pub engine: String,
    pub theme: ThemePreference,
    pub lab: Lab,
}

impl Default for Stored {
    fn default() -> Self {
        Self {
            room: Room::default(),
            experiment: None,
            engine: DEFAULT_ENGINE.into(),
            theme: ThemePreference::System,
            lab: Lab::default(),
        }
    }
}

/// Reads what was stored; anything unreadable counts as nothing.
pub fn load(storage: Option<&dyn eframe::Storage>) -> Stored {
    storage
        .and_then(|storage| eframe::get_value(storage, KEY))
        .unwrap_or_default()
}

/// Stores where the user is.
pub fn save(storage: &mut dyn eframe::Storage, app: &App) {
    let stored = Stored {
        room: app.room,
        experiment: Some(app.session.experiment.clone()),
        engine: app.session.engine.clone(),
        theme: app.theme,
        lab: app.lab.clone(),
    };
    eframe::set_value(storage, KEY, &stored);
}
