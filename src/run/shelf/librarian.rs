//! The thread that keeps the list of runs up to date and runs errands, so that the window never waits for the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use rust_i18n::t;

use super::item::{Item, RunKey, folder_name};
use super::marks::Marks;
use super::reveal::reveal;
use super::scan::Scan;
use super::trash::{self, Thrown};
use super::{Errand, Shelf};
use crate::error::{Error, Result};
use crate::run::outbox::Wake;
use crate::run::{RunFolder, Series};

/// How often the folders are looked through while someone watches.
const EVERY: Duration = Duration::from_secs(2);

/// What the librarian says.
#[derive(Debug)]
pub enum News {
    /// The list has changed.
    List {
        items: Vec<Item>,
        trashed: usize,
        undo: Option<String>,
    },
    /// A run was read to stand beside the live ones; again when it has grown.
    Opened(RunKey, Box<Series>),
    /// Why it cannot be read.
    Refused(RunKey, String),
    /// One sentence.
    Said(String),
}

/// The list of runs in some folders, kept by a thread of its own.
pub struct Librarian {
    errands: Sender<Errand>,
    news: Receiver<News>,
    watched: Arc<AtomicBool>,
}

impl Librarian {
    /// Looks through `roots`, each a folder of run folders; `wake` is called when there is news.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn spawn(roots: Vec<PathBuf>, wake: Wake) -> Result<Self> {
        let (errands, orders) = mpsc::channel();
        let (sender, news) = mpsc::channel();
        let watched = Arc::new(AtomicBool::new(false));
        let desk = Desk {
            roots,
            scan: Scan::default(),
            thrown: Vec::new(),
            opened: BTreeMap::new(),
            news: sender,
            wake,
        };
        let seen = Arc::clone(&watched);
        thread::Builder::new()
            .name("librarian".into())
            .spawn(move || desk.serve(&orders, &seen))
            .map_err(|error| Error::Run(t!("cannot start the thread that lists runs: %{error}", error = error)))?;
        Ok(Self { errands, news, watched })
    }

    /// Whether someone looks at the list.
    pub fn watch(&self, watched: bool) {
        self.watched.store(watched, Ordering::Relaxed);
    }

    /// Asks for something; never waits.
    pub fn send(&self, errand: Errand) {
        // The thread ends only with its owner.
        let _ = self.errands.send(errand);
    }

    /// What there is to say.
    pub fn news(&self) -> impl Iterator<Item = News> + '_ {
        self.news.try_iter()
    }
}

impl Shelf {
    /// Takes in a new list.
    pub fn put(&mut self, items: Vec<Item>, trashed: usize, undo: Option<String>) {
        (self.items, self.trashed, self.undo) = (items, trashed, undo);
        self.edition += 1;
    }
}

struct Desk {
    roots: Vec<PathBuf>,
    scan: Scan,
    thrown: Vec<Thrown>,
    /// Runs that stand beside the live ones, with the names they stand under.
    opened: BTreeMap<RunKey, String>,
    news: Sender<News>,
    wake: Wake,
}

impl Desk {
    fn serve(mut self, orders: &Receiver<Errand>, watched: &AtomicBool) {
        loop {
            match orders.recv_timeout(EVERY) {
                Ok(errand) => {
                    if let Err(error) = self.run(errand) {
                        self.tell(News::Said(error.to_string()));
                    }
                    self.look(true);
                }
                Err(RecvTimeoutError::Timeout) => {
                    if watched.load(Ordering::Relaxed) || !self.opened.is_empty() {
                        self.look(false);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tell(&self, news: News) {
        // The window may have closed meanwhile.
        let _ = self.news.send(news);
        (self.wake)();
    }

    fn look(&mut self, always: bool) {
        let found = self.scan.look(&self.roots);
        for notice in found.notices {
            self.tell(News::Said(notice));
        }
        let grown = |key: &&RunKey| found.changed.contains(&key.folder);
        let again: Vec<RunKey> = self.opened.keys().filter(grown).cloned().collect();
        for key in again {
            if key.folder.is_dir() {
                self.open(&key);
            }
        }
        if always || !found.changed.is_empty() {
            self.tell(News::List {
                items: found.items,
                trashed: found.trashed,
                undo: self.thrown.last().map(|thrown| folder_name(&thrown.from)),
            });
        }
    }

    fn run(&mut self, errand: Errand) -> Result<()> {
        match errand {
            Errand::Mark(key, mark) => Marks::set(key.folder.parent().unwrap_or(Path::new("")), &key, mark),
            Errand::Trash(folder) => {
                self.thrown.push(trash::throw(&folder)?);
                Ok(())
            }
            Errand::Undo => match self.thrown.pop() {
                Some(thrown) => trash::take_back(&thrown).map(drop),
                None => Ok(()),
            },
            Errand::Empty => {
                self.thrown.clear();
                self.roots.iter().try_for_each(|root| trash::empty(root))
            }
            Errand::Reveal(folder) => {
                let (news, wake) = (self.news.clone(), Arc::clone(&self.wake));
                // A file manager may stay in front of us for as long as it is open.
                let ask = move || {
                    if let Err(error) = reveal(&folder) {
                        let _ = news.send(News::Said(error.to_string()));
                        wake();
                    }
                };
                let spawned = thread::Builder::new().name("reveal".into()).spawn(ask);
                spawned
                    .map(drop)
                    .map_err(|error| Error::Run(t!("cannot start the file manager: %{error}", error = error)))
            }
            Errand::Compare(key, name) => {
                self.opened.insert(key.clone(), name);
                self.open(&key);
                Ok(())
            }
            Errand::Part(key) => {
                self.opened.remove(&key);
                Ok(())
            }
        }
    }

    /// Reads a run's log and tells it under the name it stands under.
    fn open(&mut self, key: &RunKey) {
        match RunFolder::series(&key.folder, &key.name, key.seed) {
            Ok(mut series) => {
                if let Some(name) = self.opened.get(key) {
                    series.track.name.clone_from(name);
                }
                self.tell(News::Opened(key.clone(), Box::new(series)));
            }
            Err(error) => {
                self.opened.remove(key);
                self.tell(News::Refused(key.clone(), error.to_string()));
            }
        }
    }
}
