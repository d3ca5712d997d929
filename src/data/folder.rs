//! A folder of images by class: every sub-folder is a class, every png, jpeg or bmp in it an image.
//!
//! Folders inside a class are not entered, so that a link back to a parent leads nowhere.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rust_i18n::t;

use super::file;
use super::picture::{self, is_image};
use super::raw::{Raw, Skipped};
use super::split::Split;
use crate::error::{Error, Result};

const MOST_CLASSES: usize = 1000;

/// A readable image, `[3, size, size]`, and the name of its class folder.
struct Found {
    class: OsString,
    path: PathBuf,
    image: Vec<f32>,
}

/// Reads the images resized to `size` x `size`, squeezing those that are not square.
///
/// `train` and `test` (or `val`) folders are the splits where both are there; else a seeded fifth is held out. One
/// channel if every image is grey, else three. What cannot be read is listed in `skipped`.
///
/// # Errors
/// If fewer than two classes or a split without images remain.
pub(super) fn read(folder: &Path, size: usize, seed: u64) -> Result<Raw> {
    let mut skipped = Vec::new();
    let has = |name: &str| folder.join(name).is_dir();
    let (train, test) = match ["test", "val"].into_iter().find(|name| has(name)) {
        Some(test) if has("train") => (
            load(&folder.join("train"), size, &mut skipped)?,
            Some(load(&folder.join(test), size, &mut skipped)?),
        ),
        _ => (load(folder, size, &mut skipped)?, None),
    };
    let classes: Vec<OsString> = train
        .iter()
        .map(|found| found.class.clone())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if !(2..=MOST_CLASSES).contains(&classes.len()) {
        return Err(unfit(folder, classes.len(), &skipped));
    }
    let (test, strangers): (Option<Vec<Found>>, Vec<Found>) = match test {
        Some(test) => {
            let (known, strangers) = test.into_iter().partition(|found| classes.contains(&found.class));
            (Some(known), strangers)
        }
        None => (None, Vec::new()),
    };
    skipped.extend(
        strangers
            .iter()
            .map(|found| skip(&found.path, &t!("is of a class without training images"))),
    );
    if test.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::Data(t!(
            "No test image in %{folder} could be read: put some in it, or remove that folder to have a fifth held out.",
            folder = folder.display()
        )));
    }

    let grey = train.iter().chain(test.iter().flatten()).all(Found::is_grey);
    let channels = if grey { 1 } else { 3 };
    let split = |found: Vec<Found>| {
        let label = |found: &Found| classes.binary_search(&found.class).unwrap_or_default() as u32;
        Split {
            labels: found.iter().map(label).collect(),
            images: Arc::new(
                found
                    .into_iter()
                    .flat_map(|found| found.image.into_iter().take(channels * size * size))
                    .collect(),
            ),
        }
    };
    let (train, test) = match test {
        Some(test) => (split(train), split(test)),
        None => split(train).hold_out(seed),
    };
    let names = classes
        .iter()
        .map(|class| file::clean_name(&class.to_string_lossy()))
        .collect();
    Ok(Raw {
        skipped,
        ..Raw::new([channels, size, size], names, train, test)
    })
}

impl Found {
    fn is_grey(&self) -> bool {
        let (red, others) = self.image.split_at(self.image.len() / 3);
        others.chunks(red.len()).all(|other| other == red)
    }
}

/// The images of every class folder in that folder, in the order of their names.
fn load(folder: &Path, size: usize, skipped: &mut Vec<Skipped>) -> Result<Vec<Found>> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        if !path.is_dir() {
            if is_image(&path) {
                skipped.push(skip(&path, &t!("lies in no class folder")));
            }
            continue;
        }
        match entries(&path) {
            Ok(inner) => files.extend(
                inner
                    .into_iter()
                    .map(|file| (path.file_name().unwrap_or_default().to_owned(), file)),
            ),
            Err(error) => skipped.push(skip(&path, &error.to_string())),
        }
    }
    file::check_memory(&folder.display().to_string(), files.len(), [3, size, size])?;
    let decoded: Vec<_> = files
        .into_par_iter()
        .map(|(class, path)| match decode(&path, size) {
            Ok(image) => Ok(Found { class, path, image }),
            Err(reason) => Err(skip(&path, &reason)),
        })
        .collect();
    let mut all = Vec::with_capacity(decoded.len());
    for result in decoded {
        match result {
            Ok(found) => all.push(found),
            Err(unreadable) => skipped.push(unreadable),
        }
    }
    Ok(all)
}

/// What lies in a folder, sorted; hidden files are passed over.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let entry = entry.map_err(Error::io("read", folder))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// One image as `[3, size, size]` in 0..=1, upright, laid on white where it is transparent; or why not.
fn decode(path: &Path, size: usize) -> Result<Vec<f32>, String> {
    if path.is_dir() {
        return Err(t!("is a folder inside a class, which is not entered").into());
    }
    if !is_image(path) {
        return Err(t!("is not a png, jpeg or bmp file").into());
    }
    picture::load(path, [size, size])
}

fn skip(path: &Path, reason: &str) -> Skipped {
    Skipped {
        path: path.to_path_buf(),
        reason: reason.to_string(),
    }
}

/// Too few classes, or too many.
fn unfit(folder: &Path, classes: usize, skipped: &[Skipped]) -> Error {
    let folder = folder.display();
    if classes > MOST_CLASSES {
        return Error::Data(t!(
            "%{folder} has %{classes} classes, more than the %{most_classes} that can be trained.",
            folder = folder,
            classes = classes,
            most_classes = MOST_CLASSES
        ));
    }
    let found = match classes {
        0 => t!("no image that can be read"),
        _ => t!("images of one class only"),
    };
    let why = match skipped.first() {
        Some(first) => t!(
            " (%{count} skipped, such as %{path}: %{reason})",
            count = skipped.len(),
            path = first.path.display(),
            reason = first.reason
        )
        .into(),
        None => String::new(),
    };
    Error::Data(t!(
        "%{folder} holds %{found}%{why}: give a folder with one sub-folder of png, jpeg or bmp files for each class.",
        folder = folder,
        found = found,
        why = why
    ))
}
