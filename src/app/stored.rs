//! What is remembered from one start to the next.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{App, DEFAULT_ENGINE};
use crate::run::Experiment;
use crate::ui::language::Language;
use crate::ui::theme::Look;
use crate::ui::{Guess, Lab, Room};

const KEY: &str = "depthscope";
const LAB_KEY: &str = "lab";
const LESSONS_KEY: &str = "lessons";

/// Where the user left.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Stored {
    pub room: Room,
    /// The lab's experiment.
    pub experiment: Option<Experiment>,
    pub engine: String,
    /// The run folder of the session, to go on with it.
    pub folder: Option<PathBuf>,
    pub theme: Look,
    /// `None` until one was chosen: the system's.
    pub language: Option<Language>,
    pub lecture: bool,
    /// What was predicted in the first minute, whose training is the session's.
    pub guess: Option<Guess>,
    /// The window's own scale while a lecture is shown larger.
    pub zoom: f32,
    /// Kept under a key of its own: what no longer reads costs the arrangement of the panels and nothing else.
    #[serde(skip)]
    pub lab: Lab,
}

impl Default for Stored {
    fn default() -> Self {
        Self {
            room: Room::default(),
            experiment: None,
            engine: DEFAULT_ENGINE.into(),
            folder: None,
            theme: Look::System,
            language: None,
            lecture: false,
            guess: None,
            zoom: 1.0,
            lab: Lab::default(),
        }
    }
}

/// Reads what was stored; anything unreadable counts as nothing.
pub fn load(storage: Option<&dyn eframe::Storage>) -> Stored {
    let Some(storage) = storage else {
        return Stored::default();
    };
    let mut lab: Lab = eframe::get_value(storage, LAB_KEY).unwrap_or_default();
    lab.lessons = eframe::get_value(storage, LESSONS_KEY).unwrap_or_default();
    Stored {
        lab,
        ..eframe::get_value(storage, KEY).unwrap_or_default()
    }
}

/// Stores where the user is.
pub fn save(storage: &mut dyn eframe::Storage, app: &App) {
    let session = app.own_session();
    let stored = Stored {
        room: app.room,
        experiment: Some(session.experiment.clone()),
        engine: session.engine.clone(),
        folder: session.folder.clone(),
        theme: app.theme,
        language: app.language,
        lecture: app.lecture.on,
        guess: app.first_minute.guess.filter(|_| app.first),
        zoom: app.lecture.zoom,
        lab: Lab::default(),
    };
    eframe::set_value(storage, KEY, &stored);
    eframe::set_value(storage, LAB_KEY, &app.lab.to_keep());
    eframe::set_value(storage, LESSONS_KEY, &app.lab.lessons.to_keep());
}
