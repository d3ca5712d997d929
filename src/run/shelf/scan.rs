//! Looks for run folders and reads what changed, never a log.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::item::{Item, Row, RunKey};
use super::marks::{Mark, Marks};
use super::{fields, trash};
use crate::error::Result;
use crate::net::{Graph, Spec};
use crate::run::{Experiment, Layout, RunSummary, Summary, Track};

/// What tells that a folder changed: when its experiment and its summary were written, and how long they are.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// Remembers what was read.
#[derive(Debug, Default)]
pub struct Scan {
    known: BTreeMap<PathBuf, (Stamp, Vec<Item>)>,
    marks: BTreeMap<PathBuf, (Option<(SystemTime, u64)>, Marks)>,
}

/// What a look found.
#[derive(Debug, Default)]
pub struct Found {
    pub items: Vec<Item>,
    pub trashed: usize,
    /// Folders that were read, because they are new or have changed.
    pub changed: Vec<PathBuf>,
    pub notices: Vec<String>,
}

impl Scan {
    /// Looks through these folders of run folders.
    pub fn look(&mut self, roots: &[PathBuf]) -> Found {
        let mut found = Found::default();
        let mut known = BTreeMap::new();
        for root in roots {
            // A folder that is not there has no runs in it.
            let Ok(entries) = fs::read_dir(root) else { continue };
            self.read_marks(root, &mut found);
            let marks = self.marks.get(root).map(|(_, marks)| marks);
            found.trashed += trash::count(root);
            for entry in entries.flatten() {
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                if hidden || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    continue;
                }
                let folder = entry.path();
                let layout = Layout::new(&folder);
                let stamp = [layout.experiment(), layout.summary()].map(|path| stamp(&path));
                let items = match self.known.remove(&folder) {
                    Some((before, items)) if before == stamp => items,
                    _ => {
                        found.changed.push(folder.clone());
                        read(&folder, &stamp)
                    }
                };
                found.items.extend(items.iter().cloned().map(|mut item| {
                    item.mark = marks.map_or_else(Mark::default, |marks| marks.of(&item.key));
                    item
                }));
                known.insert(folder, (stamp, items));
            }
        }
        found.changed.extend(std::mem::take(&mut self.known).into_keys());
        self.known = known;
        found
    }

    fn read_marks(&mut self, root: &Path, found: &mut Found) {
        let stamp = stamp(&Marks::path(root));
        if self.marks.get(root).is_some_and(|(before, _)| *before == stamp) {
            return;
        }
        let marks = Marks::read(root).unwrap_or_else(|error| {
            found.notices.push(error.to_string());
            Marks::default()
        });
        found.changed.push(root.to_path_buf());
        self.marks.insert(root.to_path_buf(), (stamp, marks));
    }
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok().filter(Metadata::is_file)?;
    Some((about.modified().ok()?, about.len()))
}

/// The runs of one folder as the list would show them.
pub fn items(folder: &Path) -> Vec<Item> {
    let layout = Layout::new(folder);
    let mut items = read(
        folder,
        &[layout.experiment(), layout.summary()].map(|path| stamp(&path)),
    );
    // What is said about runs does not keep them from being shown.
    let marks = Marks::read(folder.parent().unwrap_or(Path::new(""))).unwrap_or_default();
    items.iter_mut().for_each(|item| item.mark = marks.of(&item.key));
    items
}

/// The runs of a folder, or one line about what is wrong with it.
fn read(folder: &Path, stamp: &Stamp) -> Vec<Item> {
    // The experiment is written anew whenever the folder is opened to go on.
    let [experiment, summary] = stamp;
    let written = summary.or(*experiment).map(|(time, _)| time);
    let changed = written
        .or_else(|| fs::metadata(folder).and_then(|about| about.modified()).ok())
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |since| since.as_secs());
    let item = |name: String, seed: u64, row| Item {
        key: RunKey {
            folder: folder.to_path_buf(),
            name,
            seed,
        },
        changed,
        mark: Mark::default(),
        row,
    };
    match rows(folder) {
        Ok(rows) => rows
            .into_iter()
            .map(|(track, row)| item(track.name, track.seed, Ok(row)))
            .collect(),
        Err(error) => vec![item(String::new(), 0, Err(error.to_string()))],
    }
}

fn rows(folder: &Path) -> Result<Vec<(Track, Row)>> {
    let layout = Layout::new(folder);
    let experiment = layout.read_experiment()?;
    let summary = match layout.summary().is_file() {
        true => Summary::read(&layout.summary())?,
        false => Summary::default(),
    };
    let recipe = Arc::new(fields::recipe(&experiment));
    let tracks = experiment.tracks()?.into_iter();
    Ok(tracks
        .map(|track| {
            let of = |run: &&RunSummary| run.name == track.name && run.seed == track.seed;
            let row = row(&track, summary.runs.iter().find(of), &experiment, &recipe);
            (track, row)
        })
        .collect())
}

fn row(track: &Track, summary: Option<&RunSummary>, experiment: &Experiment, recipe: &Arc<fields::Fields>) -> Row {
    // Once trained, the summary knows the data's shape and classes.
    let trained = summary.and_then(|run| run.net.parse::<Spec>().ok());
    let spec = trained.as_ref().unwrap_or(&track.spec);
    Row {
        net: spec.to_string(),
        experiment: experiment.name.clone(),
        status: summary.map(|run| run.status),
        from: experiment.branch(&track.name).map_or(0, |branch| branch.step),
        steps: summary.map_or(0, |run| run.steps),
        of: experiment.steps,
        train_loss: summary.and_then(|run| run.final_train_loss),
        train_error: summary.and_then(|run| run.final_train_error),
        test_loss: summary.and_then(|run| run.test_loss),
        test_error: summary.and_then(|run| run.test_error),
        seconds: summary.map_or(0.0, |run| run.seconds),
        engine: summary.map_or_else(String::new, |run| run.engine.clone()),
        parameters: summary.map_or_else(|| Graph::new(spec).parameter_count(), |run| run.parameters),
        curve: summary.map_or_else(Vec::new, |run| run.curve.clone()),
        recipe: Arc::clone(recipe),
        fields: fields::net(spec, track.seed, experiment, &track.name),
    }
}
