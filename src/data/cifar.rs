//! CIFAR-10 and CIFAR-100 in their binary form: one or two label bytes, then 3x32x32 bytes, for each image.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rust_i18n::t;

use super::file;
use super::raw::Raw;
use super::split::Split;
use crate::error::{Error, Result};

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;
/// Ten times the largest file of the two sets.
const LARGEST_FILE: u64 = 1 << 30;
const LARGEST_NAMES: u64 = 1 << 16;

/// How the two sets differ.
struct Variant {
    name: &'static str,
    classes: usize,
    /// Bytes before the pixels; the last one is the label (CIFAR-100's first is the coarse one).
    labels: usize,
    /// The folder its archive unpacks to.
    folder: &'static str,
    names: &'static str,
    train: fn(&Path) -> Vec<PathBuf>,
    test: &'static str,
}

/// Reads `data_batch_1.bin` to `data_batch_5.bin`, as many as there are, and `test_batch.bin`.
pub(super) fn read_cifar10(folder: &Path) -> Result<Raw> {
    Variant {
        name: "CIFAR-10",
        classes: 10,
        labels: 1,
        folder: "cifar-10-batches-bin",
        names: "batches.meta.txt",
        train: |folder| {
            let batch = |number| folder.join(format!("data_batch_{number}.bin"));
            (1..=5).map(batch).filter(|path| path.exists()).collect()
        },
        test: "test_batch.bin",
    }
    .read(folder)
}

/// Reads `train.bin` and `test.bin`, with the fine labels.
pub(super) fn read_cifar100(folder: &Path) -> Result<Raw> {
    Variant {
        name: "CIFAR-100",
        classes: 100,
        labels: 2,
        folder: "cifar-100-binary",
        names: "fine_label_names.txt",
        train: |folder| vec![folder.join("train.bin")],
        test: "test.bin",
    }
    .read(folder)
}

impl Variant {
    fn read(&self, folder: &Path) -> Result<Raw> {
        let inner = folder.join(self.folder);
        let folder = if inner.is_dir() { inner.as_path() } else { folder };
        let (train, test) = ((self.train)(folder), folder.join(self.test));
        if train.is_empty() || !train.iter().chain([&test]).all(|path| path.exists()) {
            return Err(Error::Data(t!(
                "%{path} does not hold %{data} in its binary version: unpack that archive and give the folder %{folder}.",
                path = folder.display(),
                data = self.name,
                folder = self.folder
            )));
        }
        let names = self.names(&folder.join(self.names));
        Ok(Raw::new(
            SHAPE,
            names,
            self.read_files(&train)?,
            self.read_files(&[test])?,
        ))
    }

    fn read_files(&self, paths: &[PathBuf]) -> Result<Split> {
        let mut split = Split::default();
        for path in paths {
            let bytes = file::read(path, LARGEST_FILE)?;
            let record = self.labels + PIXELS;
            if bytes.is_empty() || bytes.len() % record != 0 {
                return Err(Error::Data(t!(
                    "%{path} has %{bytes} bytes, which is not a whole number of %{data} images of %{record} bytes: fetch it again.",
                    path = path.display(),
                    bytes = bytes.len(),
                    data = self.name,
                    record = record
                )));
            }
            file::check_memory(&path.display().to_string(), split.len() + bytes.len() / record, SHAPE)?;
            for (position, image) in bytes.chunks(record).enumerate() {
                let label = image[self.labels - 1];
                if usize::from(label) >= self.classes {
                    return Err(Error::Data(t!(
                        "Image %{position} of %{path} has the label %{label}, but %{data} has %{classes} classes: fetch it again.",
                        position = position,
                        path = path.display(),
                        label = label,
                        data = self.name,
                        classes = self.classes
                    )));
                }
                split.labels.push(u32::from(label));
                Arc::make_mut(&mut split.images)
                    .extend(image[self.labels..].iter().map(|&byte| f32::from(byte) / 255.0));
            }
        }
        Ok(split)
    }

    /// The names in that file if it has one for each class, else numbers.
    fn names(&self, path: &Path) -> Vec<String> {
        let text = file::read(path, LARGEST_NAMES).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let names: Vec<String> = text
            .lines()
            .map(file::clean_name)
            .filter(|name| !name.is_empty())
            .collect();
        if names.len() == self.classes {
            names
        } else {
            (0..self.classes).map(|class| class.to_string()).collect()
        }
    }
}
