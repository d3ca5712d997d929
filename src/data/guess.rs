//! What kind of data a folder holds, from the names of what is in it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use rust_i18n::t;

use super::Source;
use crate::error::{Error, Result};

impl Source {
    /// The source that reads this folder, or the folder of this file: CIFAR in its binary form, IDX, or a folder of images.
    ///
    /// # Errors
    /// One sentence when it is none of these.
    pub fn guess(path: &Path) -> Result<Self> {
        let path = std::path::absolute(path).map_err(Error::io("find", path))?;
        let about = fs::metadata(&path).map_err(Error::io("read", &path))?;
        let folder = match path.parent() {
            Some(parent) if about.is_file() => parent.to_path_buf(),
            _ => path,
        };
        let source = kind(&folder).ok_or_else(|| {
            Error::Data(t!(
                "%{folder} holds no data that can be read: give a folder of CIFAR's .bin files, of IDX files, \
                 or of images with one sub-folder a class.",
                folder = folder.display()
            ))
        })?;
        Ok(Self {
            path: Some(folder),
            ..Self::plain(source)
        })
    }

    /// Whether a dropped file can be part of a data set; a picture alone is not.
    pub fn may_be(path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        path.is_dir() || name.ends_with(".bin") || name.contains("ubyte")
    }

    /// A source without any option.
    fn plain(source: &str) -> Self {
        Self {
            source: source.to_owned(),
            path: None,
            size: None,
            pool: None,
            difficulty: None,
            images: None,
            seed: 0,
        }
    }
}

fn kind(folder: &Path) -> Option<&'static str> {
    let entries: Vec<PathBuf> = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    let name = |path: &PathBuf| {
        path.file_name()
            .unwrap_or(OsStr::new(""))
            .to_string_lossy()
            .to_lowercase()
    };
    let has = |wanted: &str| entries.iter().any(|path| name(path) == wanted);
    if has("cifar-10-batches-bin") || has("test_batch.bin") || has("data_batch_1.bin") {
        return Some("cifar10");
    }
    if has("cifar-100-binary") || has("train.bin") || has("test.bin") {
        return Some("cifar100");
    }
    if entries.iter().any(|path| name(path).contains("ubyte")) {
        return Some("idx");
    }
    entries.iter().any(|path| path.is_dir()).then_some("folder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_tell_what_they_hold() {
        let root = tempfile::tempdir().unwrap();
        for (file, source) in [
            ("a/data_batch_1.bin", "cifar10"),
            ("b/cifar-100-binary/train.bin", "cifar100"),
            ("c/train-images-idx3-ubyte.gz", "idx"),
            ("d/cats/1.png", "folder"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            let folder = root.path().join(&file[..1]);
            let guessed = Source::guess(&folder).unwrap();
            assert_eq!(
                (guessed.source.as_str(), guessed.path.as_deref()),
                (source, Some(folder.as_path()))
            );
        }
        let beside = Source::guess(&root.path().join("c/train-images-idx3-ubyte.gz")).unwrap();
        assert_eq!(beside.source, "idx", "a file stands for its folder");
        let error = Source::guess(&root.path().join("d/cats")).unwrap_err().to_string();
        assert!(error.contains("holds no data") && error.lines().count() == 1, "{error}");
        assert!(Source::guess(&root.path().join("nowhere")).is_err());
        assert!(!Source::may_be(&root.path().join("d/cats/1.png")));
    }
}
