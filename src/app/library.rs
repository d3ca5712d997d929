//! The runs on the disk: what the librarian says, and what is asked of it.

use std::sync::Arc;

use eframe::egui;

use super::App;
use super::session::run_roots;
use crate::run::Series;
use crate::run::shelf::{Errand, Librarian, News, RunKey};

/// Someone to look after the runs on the disk.
pub fn librarian(ctx: &egui::Context) -> Option<Librarian> {
    let ctx = ctx.clone();
    Librarian::spawn(run_roots(), Arc::new(move || ctx.request_repaint()))
        .inspect_err(|error| log::warn!("{error}"))
        .ok()
}

impl App {
    /// Takes in what the librarian has said since the last call.
    pub(super) fn read_news(&mut self) {
        let Some(librarian) = &self.librarian else { return };
        for news in librarian.news() {
            match news {
                News::List { items, trashed, undo } => self.shelf.put(items, trashed, undo),
                News::Opened(key, series) => {
                    // It may have been put back meanwhile.
                    if self.shelf.opened.contains_key(&key) {
                        self.session.history.compare(*series);
                    }
                }
                News::Refused(key, sentence) => {
                    self.shelf.opened.remove(&key);
                    self.session.notice = Some(sentence);
                }
                News::Said(sentence) => self.session.notice = Some(sentence),
            }
        }
    }

    pub(super) fn run_errand(&mut self, errand: Errand) {
        match &errand {
            Errand::Compare(key, name) => drop(self.shelf.opened.insert(key.clone(), name.clone())),
            Errand::Part(key) => self.part(key),
            Errand::Trash(folder) => {
                let opened = self.shelf.opened.keys();
                let gone: Vec<RunKey> = opened.filter(|key| key.folder == *folder).cloned().collect();
                gone.into_iter().for_each(|key| self.run_errand(Errand::Part(key)));
            }
            Errand::Mark(..) | Errand::Undo | Errand::Empty | Errand::Reveal(_) => {}
        }
        if let Some(librarian) = &self.librarian {
            librarian.send(errand);
        }
    }

    fn part(&mut self, key: &RunKey) {
        if let Some(name) = self.shelf.opened.remove(key) {
            let gone = |series: &Series| series.track.name == name && series.track.seed == key.seed;
            self.session.history.part(|series| !gone(series));
        }
    }
}
