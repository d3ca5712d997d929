//! A look at data before training on it: some images, and how many there are of each class.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rust_i18n::t;

use super::amounts::grouped;
use super::experiment::Experiment;
use super::outbox::Wake;
use crate::data::{Dataset, Source, Split};
use crate::error::{Error, Result};
use crate::net::Spec;

/// Images on the sheet.
const SAMPLES: usize = 40;

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A folder or a file, of whatever kind.
    Path(PathBuf),
    /// Data with its options.
    Source(Source),
}

/// An image with its class.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub label: u32,
    /// `[C, H, W]`, 0..=1.
    pub image: Vec<f32>,
}

/// What an experiment on data of the user's is called.
const OWN: &str = "own-data";

/// What a look at data found.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub source: Source,
    /// `digits 8x8`
    pub name: String,
    /// Channels, height, width.
    pub shape: [usize; 3],
    pub classes: Vec<String>,
    /// Images of each class.
    pub train: Vec<usize>,
    pub test: Vec<usize>,
    /// Training images, every class in turn.
    pub samples: Vec<Sample>,
    /// Files that were left out.
    pub skipped: usize,
}

impl Preview {
    /// Reads data on a thread of its own; `wake` is called when the answer is there.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn read(wanted: Wanted, wake: Wake) -> Result<Receiver<Result<Self>>> {
        let (sender, answer) = mpsc::channel();
        let work = move || {
            // Whoever asked may have asked for something else meanwhile.
            let _ = sender.send(Self::of(wanted));
            wake();
        };
        thread::Builder::new()
            .name("preview".into())
            .spawn(work)
            .map_err(|error| {
                Error::Data(t!(
                    "The data cannot be read: no thread can be started (%{error}).",
                    error = error
                ))
            })?;
        Ok(answer)
    }

    /// Reads data, while the caller waits.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(wanted: Wanted) -> Result<Self> {
        let source = match wanted {
            Wanted::Path(path) => Source::guess(&path)?,
            Wanted::Source(source) => source,
        };
        let data = Dataset::open(&source)?;
        Ok(Self {
            source,
            name: data.name.clone(),
            shape: data.shape,
            train: counts(&data.train, data.classes.len()),
            test: counts(&data.test, data.classes.len()),
            samples: samples(&data),
            skipped: data.skipped.len(),
            classes: data.classes,
        })
    }

    /// The data in a line: name, images, shape and classes.
    pub fn facts(&self) -> String {
        let [channels, height, width] = self.shape;
        let total = |counts: &[usize]| grouped(counts.iter().sum::<usize>() as u64);
        let mut words = t!(
            "%{name}: %{train} training and %{test} test images of %{shape}, %{classes} classes",
            name = self.name,
            train = total(&self.train),
            test = total(&self.test),
            shape = format!("{channels}×{height}×{width}"),
            classes = self.classes.len()
        )
        .to_string();
        if self.skipped > 0 {
            words += &t!("; left out because they cannot be read: %{n}", n = self.skipped);
        }
        words
    }

    /// Where the data is, in the user's own files.
    pub fn path(&self) -> Option<&Path> {
        self.source.path.as_deref()
    }

    /// The experiment with this data; its nets take on the data's shape and classes.
    ///
    /// # Errors
    /// When a net cannot be built for it.
    pub fn put_into(&self, experiment: &Experiment) -> Result<Experiment> {
        let mut changed = experiment.clone();
        changed.data = self.source.clone();
        // What it was called spoke of other data.
        changed.name = OWN.into();
        changed.title = t!("Nets trained on %{data}", data = self.name).into();
        let branched: Vec<String> = std::mem::take(&mut changed.branches)
            .into_iter()
            .map(|branch| branch.name)
            .collect();
        changed.runs.retain(|plan| !branched.contains(&plan.name));
        for plan in &mut changed.runs {
            plan.net = plan.net.parse::<Spec>()?.text_without_data();
            Spec::for_data(&plan.net, self.shape, self.classes.len())?;
        }
        changed.validate()?;
        Ok(changed)
    }
}

fn counts(split: &Split, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for &label in &split.labels {
        counts[label as usize] += 1;
    }
    counts
}

/// Some training images, one of each class after the other until there are enough.
fn samples(data: &Dataset) -> Vec<Sample> {
    let size: usize = data.shape.iter().product();
    let mut by_class: Vec<Vec<usize>> = vec![Vec::new(); data.classes.len()];
    for (index, &label) in data.train.labels.iter().enumerate() {
        let found = &mut by_class[label as usize];
        if found.len() < SAMPLES {
            found.push(index);
        }
    }
    let turns = (0..SAMPLES).flat_map(|turn| by_class.iter().filter_map(move |found| found.get(turn)));
    turns
        .take(SAMPLES)
        .map(|&index| Sample {
            label: data.train.labels[index],
            image: data.denormalised(&data.train.images[index * size..][..size]),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits() -> Preview {
        let source = Experiment::named("quick").unwrap().data;
        Preview::of(Wanted::Source(source)).unwrap()
    }

    #[test]
    fn a_preview_counts_and_shows_every_class() {
        let preview = digits();
        assert_eq!((preview.shape, preview.classes.len()), ([1, 8, 8], 10));
        assert_eq!(
            (preview.train.iter().sum::<usize>(), preview.test.iter().sum()),
            (1438, 359)
        );
        let labels: Vec<u32> = preview.samples.iter().map(|sample| sample.label).collect();
        assert_eq!(labels[..11], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
        assert!(preview.samples.iter().all(|sample| sample.image.len() == 64));
        assert!(
            preview
                .samples
                .iter()
                .flat_map(|sample| &sample.image)
                .all(|pixel| (0.0..=1.0).contains(pixel))
        );
    }

    #[test]
    fn nets_take_on_shape_and_classes() {
        let mut preview = digits();
        let mut experiment = Experiment::named("quick").unwrap();
        experiment.runs[0].net = "plain-20:width=8,input=1x8x8,classes=10".into();
        preview.source.pool = Some(2);
        let changed = preview.put_into(&experiment).unwrap();
        assert_eq!(changed.runs[0].net, "plain-20:width=8");
        assert_eq!(changed.data, preview.source);
        assert_eq!(
            (changed.name.as_str(), changed.title.as_str()),
            ("own-data", "Nets trained on digits 8x8")
        );
        preview.classes.truncate(1);
        let error = preview.put_into(&experiment).unwrap_err().to_string();
        assert!(error.contains("classes must lie between"), "{error}");
    }

    #[test]
    fn bad_input_is_one_sentence() {
        let answer = Preview::read(Wanted::Path("/nowhere/at-all".into()), std::sync::Arc::new(|| {})).unwrap();
        let error = answer.recv().unwrap().unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read /nowhere/at-all") && error.lines().count() == 1,
            "{error}"
        );
    }
}
