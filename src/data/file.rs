//! Files of strangers: nothing is opened that could block, nothing is allocated that the file's size does not justify.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use rust_i18n::t;

use crate::error::{Error, Result};

/// Bytes of `f32` images held by one data set.
const MOST_BYTES: u64 = 4 << 30;

/// A regular file and its size in bytes.
pub(super) fn open(path: &Path) -> Result<(File, u64)> {
    let metadata = fs::metadata(path).map_err(Error::io("read", path))?;
    if !metadata.is_file() {
        return Err(Error::Data(t!("%{path} is not a file.", path = path.display())));
    }
    let file = File::open(path).map_err(Error::io("read", path))?;
    Ok((file, metadata.len()))
}

/// The whole of a file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let (file, size) = open(path)?;
    let mut bytes = Vec::new();
    if size <= limit {
        file.take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", path))?;
    }
    if size.max(bytes.len() as u64) > limit {
        let (size_mib, limit_mib) = (size >> 20, limit >> 20);
        return Err(Error::Data(t!(
            "%{path} has %{size_mib} MiB, above the limit of %{limit_mib} MiB for one file.",
            path = path.display(),
            size_mib = size_mib,
            limit_mib = limit_mib
        )));
    }
    Ok(bytes)
}

/// Refuses, before anything is allocated, a data set that would not fit in memory.
pub(super) fn check_memory(what: &str, images: usize, shape: [usize; 3]) -> Result<()> {
    let bytes = shape
        .iter()
        .try_fold(4u64, |product, &side| product.checked_mul(side as u64))
        .and_then(|image| image.checked_mul(images as u64));
    match bytes {
        Some(bytes) if bytes <= MOST_BYTES => Ok(()),
        _ => {
            let [channels, height, width] = shape;
            Err(Error::Data(t!(
                "%{what} would need more than %{limit} GiB of memory (%{images} images of %{channels}x%{height}x%{width}): use \
                 smaller or fewer images.",
                what = what,
                limit = MOST_BYTES >> 30,
                images = images,
                channels = channels,
                height = height,
                width = width
            )))
        }
    }
}

/// A name fit for titles: no control characters, no surrounding blanks, not too long.
pub(super) fn clean_name(name: &str) -> String {
    let visible = name.trim().chars().filter(|character| !character.is_control());
    visible.take(40).collect()
}
