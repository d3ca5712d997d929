//! The IDX format of MNIST and Fashion-MNIST, plain or gzipped.
//!
//! Two zero bytes, the type (8: unsigned bytes), the number of dimensions, each dimension as a big-endian `u32`, the
//! bytes.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::GzDecoder;
use rust_i18n::t;

use super::file::{self, check_memory};
use super::raw::Raw;
use super::split::Split;
use crate::error::{Error, Result};

/// Deflate cannot do better than 258 bytes for two bits.
const BEST_COMPRESSION: u64 = 1032;

/// An array of bytes.
pub(super) struct Idx {
    sizes: Vec<usize>,
    bytes: Vec<u8>,
}

/// Reads an MNIST-like folder: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and the same with `t10k`.
pub(super) fn read_folder(folder: &Path) -> Result<Raw> {
    let split = |name| {
        let images = find(folder, &format!("{name}-images"), "idx3-ubyte")?;
        let labels = find(folder, &format!("{name}-labels"), "idx1-ubyte")?;
        labelled(&images, read_file(&images, 3)?, &labels, read_file(&labels, 1)?, 255.0)
    };
    let (shape, train) = split("train")?;
    let (test_shape, test) = split("t10k")?;
    if shape != test_shape {
        return Err(Error::Data(t!(
            "The images in %{folder} differ in size: %{height}x%{width} for training, %{test_height}x%{test_width} for testing.",
            folder = folder.display(),
            height = shape[1],
            width = shape[2],
            test_height = test_shape[1],
            test_width = test_shape[2]
        )));
    }
    let classes = class_names(train.labels.iter().chain(&test.labels).copied());
    Ok(Raw::new(shape, classes, train, test))
}

/// Numbers up to the largest label.
pub(super) fn class_names(labels: impl Iterator<Item = u32>) -> Vec<String> {
    let count = labels.max().unwrap_or(0) + 1;
    (0..count.max(2)).map(|class| class.to_string()).collect()
}

/// The file in either spelling, with or without `.gz`.
fn find(folder: &Path, stem: &str, ending: &str) -> Result<PathBuf> {
    let spellings = ["-", "."].iter().flat_map(|joint| {
        let plain = format!("{stem}{joint}{ending}");
        [format!("{plain}.gz"), plain]
    });
    spellings
        .map(|name| folder.join(name))
        .find(|path| path.exists())
        .ok_or_else(|| {
            Error::Data(t!(
                "%{folder} has no %{stem}-%{ending} (or .gz): give the folder that holds the four IDX files.",
                folder = folder.display(),
                stem = stem,
                ending = ending
            ))
        })
}

fn read_file(path: &Path, dimensions: usize) -> Result<Idx> {
    let (file, size) = file::open(path)?;
    read(path, BufReader::new(file), size, dimensions)
}

/// Reads one array of `size` bytes on disk, which are unpacked if they are gzip's.
///
/// # Errors
/// If the header is not one of `dimensions` dimensions of bytes, or promises another number of bytes than there are.
pub(super) fn read(path: &Path, mut file: impl BufRead, size: u64, dimensions: usize) -> Result<Idx> {
    let start = file.fill_buf().map_err(Error::io("read", path))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let possible = 0..=size.saturating_mul(BEST_COMPRESSION);
        read_array(path, GzDecoder::new(file), dimensions, |promised| {
            possible.contains(&promised)
        })
    } else {
        read_array(path, file, dimensions, |promised| promised == size)
    }
}

fn read_array(path: &Path, mut file: impl Read, dimensions: usize, is_possible: impl Fn(u64) -> bool) -> Result<Idx> {
    let damaged = |error: std::io::Error| match error.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::InvalidInput | ErrorKind::InvalidData => Error::Data(t!(
            "%{path} is cut short or damaged: fetch it again.",
            path = path.display()
        )),
        _ => Error::io("read", path)(error),
    };
    let mut magic = [0; 4];
    file.read_exact(&mut magic).map_err(damaged)?;
    if magic != [0, 0, 8, dimensions as u8] {
        return Err(Error::Data(t!(
            "%{path} is not an IDX file of bytes in %{dimensions} dimension(s): it starts with %{magic}.",
            path = path.display(),
            dimensions = dimensions,
            magic = format!("{magic:02x?}")
        )));
    }
    let mut header = vec![0; 4 * dimensions];
    file.read_exact(&mut header).map_err(damaged)?;
    let sizes: Vec<usize> = header
        .chunks(4)
        .map(|size| u32::from_be_bytes([size[0], size[1], size[2], size[3]]) as usize)
        .collect();
    let promised = sizes
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size as u64))
        .unwrap_or(u64::MAX);
    let lie = || {
        Error::Data(t!(
            "The header of %{path} promises %{bytes} bytes, which is not what the file holds: fetch it again.",
            path = path.display(),
            bytes = product(&sizes)
        ))
    };
    if promised == 0 {
        return Err(Error::Data(t!(
            "%{path} holds nothing: its header says %{bytes} bytes.",
            path = path.display(),
            bytes = product(&sizes)
        )));
    }
    if !is_possible(promised.saturating_add((magic.len() + header.len()) as u64)) {
        return Err(lie());
    }
    let image = [
        1,
        sizes.get(1).copied().unwrap_or(1),
        sizes.get(2).copied().unwrap_or(1),
    ];
    check_memory(&path.display().to_string(), sizes[0], image)?;
    let mut bytes = Vec::new();
    file.take(promised + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 != promised {
        return Err(lie());
    }
    Ok(Idx { sizes, bytes })
}

/// For people: `2x3x4`.
fn product(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// Images and labels brought together: the shape of an image, and pixels divided by `white`.
pub(super) fn labelled(
    images_path: &Path,
    images: Idx,
    labels_path: &Path,
    labels: Idx,
    white: f32,
) -> Result<([usize; 3], Split)> {
    let [count, height, width] = images.sizes[..] else {
        return Err(Error::Data(t!(
            "%{images_path} does not hold images.",
            images_path = images_path.display()
        )));
    };
    if labels.bytes.len() != count {
        return Err(Error::Data(t!(
            "%{images} holds %{count} images but %{labels_path} holds %{labels} labels: they do not belong together.",
            images = images_path.display(),
            count = count,
            labels_path = labels_path.display(),
            labels = labels.bytes.len()
        )));
    }
    let split = Split {
        images: Arc::new(images.bytes.iter().map(|&byte| f32::from(byte) / white).collect()),
        labels: labels.bytes.iter().map(|&label| u32::from(label)).collect(),
    };
    Ok(([1, height, width], split))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Counts what is taken out of a reader.
    struct Counting<R>(R, usize);

    impl<R: Read> Read for Counting<R> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1 += count;
            Ok(count)
        }
    }

    #[test]
    fn a_gzip_bomb_is_not_unpacked() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&[0, 0, 8, 1, 0, 0, 0, 9]).unwrap();
        encoder.write_all(&vec![0; 16 << 20]).unwrap();
        let bomb = encoder.finish().unwrap();
        let mut file = BufReader::with_capacity(512, Counting(bomb.as_slice(), 0));
        let result = read(Path::new("bomb"), &mut file, bomb.len() as u64, 1);
        assert!(result.is_err_and(|error| error.to_string().contains("promises 9 bytes")));
        assert!(
            bomb.len() > 10_000 && file.get_ref().1 < 1024,
            "{} bytes read",
            file.get_ref().1
        );
    }

    #[test]
    fn an_endless_file_is_left() {
        let endless = BufReader::new([0, 0, 8, 1, 0, 0, 0, 9].chain(std::io::repeat(0)));
        assert!(read(Path::new("endless"), endless, 17, 1).is_err());
    }

    #[test]
    fn more_than_fits_in_memory_is_refused_by_the_header() {
        let header = [[0, 0, 8, 3], [0xff; 4], [0, 0, 0, 1], [0, 0, 0, 1]].concat();
        let size = u64::from(u32::MAX) + 16;
        let result = read(Path::new("large"), header.as_slice(), size, 3);
        assert!(result.is_err_and(|error| error.to_string().contains("memory")));
    }
}
