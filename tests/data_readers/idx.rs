//! MNIST-like folders.

use std::fs;
use std::io::Write;
use std::path::Path;

use depthscope::data::Dataset;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::{fails, source, write};

pub fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(bytes);
    file
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two training images and one test image of 2x3 pixels.
pub fn idx_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name, bytes: Vec<u8>| write(folder.path(), name, &bytes);
    write(
        "train-images-idx3-ubyte",
        idx(&[2, 2, 3], &[0, 51, 102, 153, 204, 255, 5, 4, 3, 2, 1, 0]),
    );
    write("train-labels-idx1-ubyte.gz", gzip(&idx(&[2], &[2, 0])));
    write("t10k-images.idx3-ubyte.gz", gzip(&idx(&[1, 2, 3], &[255; 6])));
    write("t10k-labels.idx1-ubyte", idx(&[1], &[1]));
    folder
}

#[test]
fn idx_files_are_read_in_every_spelling() {
    let folder = idx_folder();
    let data = Dataset::open(&source("idx", folder.path())).unwrap();
    assert_eq!((data.shape, data.train.len(), data.test.len()), ([1, 2, 3], 2, 1));
    assert_eq!(data.classes, ["0", "1", "2"]);
    assert_eq!((&data.train.labels[..], &data.test.labels[..]), (&[2, 0][..], &[1][..]));
    let pixels = data.denormalised(&data.train.images[..6]);
    for (pixel, expected) in pixels.iter().zip([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]) {
        assert!((pixel - expected).abs() < 1e-6, "{pixels:?}");
    }
}

#[test]
fn broken_idx_files_say_what_is_wrong() {
    let whole = idx(&[2, 2, 3], &[7; 12]);
    let mut wrong_checksum = gzip(&whole);
    let end = wrong_checksum.len();
    wrong_checksum[end - 8] ^= 1;
    let cases: [(&str, Vec<u8>, &str); 13] = [
        ("empty", vec![], "cut short"),
        ("half a header", whole[..9].to_vec(), "cut short"),
        ("labels for images", idx(&[2], &[1, 1]), "not an IDX file"),
        ("floats", [&[0, 0, 0x0d, 3], &whole[4..]].concat(), "not an IDX file"),
        ("text", b"<html>404 not found</html>".to_vec(), "not an IDX file"),
        ("one byte short", whole[..27].to_vec(), "promises"),
        ("one byte long", [&whole[..], &[0]].concat(), "promises"),
        (
            "a huge promise",
            idx(&[u32::MAX, u32::MAX, u32::MAX], &[7; 12]),
            "promises",
        ),
        ("no pixels", idx(&[2, 0, 3], &[]), "holds nothing"),
        ("gzip cut short", gzip(&whole)[..20].to_vec(), "cut short"),
        ("gzip of another text", wrong_checksum, "damaged"),
        ("gzip one byte long", gzip(&[&whole[..], &[0]].concat()), "promises"),
        (
            "gzip of a huge promise",
            gzip(&idx(&[60_000, 28, 28], &[7; 12])),
            "promises",
        ),
    ];
    for (case, bytes, part) in cases {
        let folder = idx_folder();
        write(folder.path(), "train-images-idx3-ubyte", &bytes);
        let message = fails(&source("idx", folder.path()), part);
        assert!(message.contains("train-images-idx3-ubyte"), "{case}: {message}");
    }
}

#[test]
fn idx_files_have_to_belong_together() {
    let folder = idx_folder();
    write(folder.path(), "t10k-labels.idx1-ubyte", &idx(&[2], &[0, 1]));
    fails(&source("idx", folder.path()), "do not belong together");

    let folder = idx_folder();
    write(folder.path(), "t10k-images.idx3-ubyte.gz", &idx(&[1, 3, 3], &[0; 9]));
    fails(&source("idx", folder.path()), "differ in size");

    let folder = idx_folder();
    fs::remove_file(folder.path().join("t10k-labels.idx1-ubyte")).unwrap();
    fails(&source("idx", folder.path()), "t10k-labels-idx1-ubyte");

    let folder = idx_folder();
    fs::remove_file(folder.path().join("train-images-idx3-ubyte")).unwrap();
    fs::create_dir(folder.path().join("train-images-idx3-ubyte")).unwrap();
    fails(&source("idx", folder.path()), "is not a file");

    fails(&source("idx", Path::new("/no/such/folder")), "/no/such/folder");
}
