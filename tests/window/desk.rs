//! What stands on a tester's desk: a storage in memory, files that are dropped on the window, and data to drop.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use eframe::egui::DroppedFile;

/// The window's storage, in memory.
#[derive(Default)]
pub struct Memory(HashMap<String, String>);

impl eframe::Storage for Memory {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.into(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

/// A file that is dropped.
#[derive(Debug)]
pub struct Dropped(pub PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// Two classes of small IDX images.
pub fn idx(folder: &Path) {
    for (name, count) in [("train", 12u32), ("t10k", 4)] {
        let mut images = vec![0, 0, 8, 3];
        images.extend([count, 8, 8].iter().flat_map(|size| size.to_be_bytes()));
        images.extend((0..count * 64).map(|pixel| (pixel * 37 % 251) as u8));
        let mut labels = vec![0, 0, 8, 1];
        labels.extend(count.to_be_bytes());
        labels.extend((0..count).map(|index| (index % 3 == 0) as u8));
        fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), labels).unwrap();
    }
}
