//! Data files as they come: whole, cut short, lying about themselves, and not what their name says.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use depthscope::data::{Dataset, Source};
use flate2::Compression;
use flate2::write::GzEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use proptest::prelude::*;
use tempfile::TempDir;

fn source(kind: &str, folder: &Path) -> Source {
    let mut source: Source = toml::from_str(&format!("source = '{kind}'")).unwrap();
    source.path = Some(folder.to_path_buf());
    source
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// The error, which has to be one sentence that names `part`.
fn fails(source: &Source, part: &str) -> String {
    let message = match Dataset::open(source) {
        Ok(_) => panic!("{part}: no error"),
        Err(error) => error.to_string(),
    };
    assert!(message.contains(part), "{message:?} does not say {part:?}");
    assert!(
        !message.contains(". ") && !message.contains('\n'),
        "not one sentence: {message:?}"
    );
    message
}

fn idx(sizes: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, sizes.len() as u8];
    file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    file.extend(bytes);
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Two training images and one test image of 2x3 pixels.
fn idx_folder() -> TempDir {
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

/// Records of one image each, all pixels equal to the label.
fn cifar(labels: &[&[u8]]) -> Vec<u8> {
    labels
        .iter()
        .flat_map(|labels| [labels, &[*labels.last().unwrap(); 3072][..]].concat())
        .collect()
}

#[test]
fn cifar10_is_read_from_its_folder_or_the_one_above() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("cifar-10-batches-bin");
    write(&inner, "data_batch_1.bin", &cifar(&[&[3], &[0]]));
    write(&inner, "data_batch_2.bin", &cifar(&[&[9]]));
    write(&inner, "test_batch.bin", &cifar(&[&[1]]));
    let unnamed = Dataset::open(&source("cifar10", &inner)).unwrap();
    assert_eq!(unnamed.classes[9], "9");

    let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";
    write(&inner, "batches.meta.txt", names.as_bytes());
    let data = Dataset::open(&source("cifar10", folder.path())).unwrap();
    assert_eq!(
        (data.shape, data.train.labels.as_slice()),
        ([3, 32, 32], &[3, 0, 9][..])
    );
    assert_eq!((data.classes.len(), data.classes[3].as_str()), (10, "cat"));
    let pixel = data.denormalised(&data.train.images[..3072])[3071];
    assert!((pixel - 3.0 / 255.0).abs() < 1e-6);
}

#[test]
fn cifar100_has_the_fine_labels() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train.bin", &cifar(&[&[19, 99], &[1, 20]]));
    write(folder.path(), "test.bin", &cifar(&[&[2, 0]]));
    let data = Dataset::open(&source("cifar100", folder.path())).unwrap();
    assert_eq!((data.train.labels.as_slice(), data.classes.len()), (&[99, 20][..], 100));
}

#[test]
fn broken_cifar_files_say_what_is_wrong() {
    let whole = cifar(&[&[3], &[0]]);
    let cases = [
        (vec![], "0 bytes"),
        (whole[..3073 + 5].to_vec(), "3078 bytes"),
        (cifar(&[&[3], &[10]]), "Image 1 of"),
    ];
    for (bytes, part) in cases {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "data_batch_1.bin", &bytes);
        write(folder.path(), "test_batch.bin", &whole);
        let message = fails(&source("cifar10", folder.path()), part);
        assert!(message.contains("data_batch_1.bin"), "{message}");
    }
    let python = tempfile::tempdir().unwrap();
    write(python.path(), "data_batch_1", b"pickle");
    fails(&source("cifar10", python.path()), "binary version");
    fails(&source("cifar100", python.path()), "cifar-100-binary");
}

fn picture(colour: [u8; 3], side: u32, format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(side, side, Rgb(colour)));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

const RED: [u8; 3] = [255, 0, 0];
const GREY: [u8; 3] = [90, 90, 90];

#[test]
fn a_folder_of_pictures_is_a_data_set() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..10 {
        write(
            folder.path(),
            &format!("rose/{number}.png"),
            &picture(RED, 40, ImageFormat::Png),
        );
        write(
            folder.path(),
            &format!("ash/{number}.JPG"),
            &picture(GREY, 7, ImageFormat::Jpeg),
        );
        write(
            folder.path(),
            &format!("fog/{number}.bmp"),
            &picture(GREY, 3, ImageFormat::Bmp),
        );
    }
    let mut wanted = source("folder", folder.path());
    wanted.size = Some(8);
    let data = Dataset::open(&wanted).unwrap();
    assert_eq!((data.shape, data.train.len(), data.test.len()), ([3, 8, 8], 24, 6));
    assert_eq!(data.classes, ["ash", "fog", "rose"]);
    assert!(data.skipped.is_empty());
    for (image, &label) in data.train.images.chunks(3 * 8 * 8).zip(&data.train.labels) {
        let pixels = data.denormalised(image);
        let expected = if label == 2 { [1.0, 0.0, 0.0] } else { [90.0 / 255.0; 3] };
        for (channel, expected) in expected.into_iter().enumerate() {
            assert!(
                (pixels[channel * 64 + 20] - expected).abs() < 0.02,
                "{label}: {pixels:?}"
            );
        }
    }
    assert_eq!(data, Dataset::open(&wanted).unwrap());
    wanted.seed = 1;
    assert_ne!(data.train.labels, Dataset::open(&wanted).unwrap().train.labels);
}

#[test]
fn grey_pictures_have_one_channel() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a/1.png", &picture(GREY, 5, ImageFormat::Png));
    write(folder.path(), "b/1.jpeg", &picture([200; 3], 5, ImageFormat::Jpeg));
    let data = Dataset::open(&source("folder", folder.path())).unwrap();
    assert_eq!((data.shape, data.train.len(), data.test.len()), ([1, 32, 32], 1, 1));
}

#[test]
fn train_and_test_folders_are_the_split() {
    for test in ["test", "val"] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["train/a/1.png", "train/a/2.png", "train/b/1.png"] {
            write(folder.path(), name, &picture(RED, 4, ImageFormat::Png));
        }
        write(
            folder.path(),
            &format!("{test}/b/1.png"),
            &picture(GREY, 4, ImageFormat::Png),
        );
        write(
            folder.path(),
            &format!("{test}/c/1.png"),
            &picture(GREY, 4, ImageFormat::Png),
        );
        let data = Dataset::open(&source("folder", folder.path())).unwrap();
        assert_eq!(data.classes, ["a", "b"]);
        assert_eq!(
            (data.train.labels.as_slice(), data.test.labels.as_slice()),
            (&[0, 0, 1][..], &[1][..])
        );
        assert_eq!(data.skipped.len(), 1);
        assert!(
            data.skipped[0].reason.contains("without training images"),
            "{:?}",
            data.skipped
        );

        fs::remove_file(folder.path().join(test).join("b/1.png")).unwrap();
        fails(&source("folder", folder.path()), "No test image");
    }
}

#[test]
fn unreadable_pictures_are_listed_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let png = picture(RED, 30, ImageFormat::Png);
    let mut immense = png.clone();
    immense[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    for (name, bytes) in [
        ("a/1.png", &png[..]),
        ("b/1.png", &png[..]),
        ("b/renamed.jpg", &png[..]),
        ("b/cut.png", &png[..png.len() / 2]),
        ("b/empty.png", &[]),
        ("b/immense.png", &immense),
        ("b/notes.txt", b"roses are red"),
        ("b/deeper/1.png", &png[..]),
        ("b/.hidden", &[]),
        ("lost.png", &png[..]),
    ] {
        write(folder.path(), name, bytes);
    }
    let data = Dataset::open(&source("folder", folder.path())).unwrap();
    assert_eq!(data.train.len() + data.test.len(), 3);
    let mut names: Vec<_> = data
        .skipped
        .iter()
        .filter_map(|file| file.path.file_name()?.to_str())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["cut.png", "deeper", "empty.png", "immense.png", "lost.png", "notes.txt"]
    );
    assert!(
        data.skipped.iter().all(|file| file.reason.len() > 5),
        "{:?}",
        data.skipped
    );
}

#[test]
fn a_folder_without_two_classes_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fails(&source("folder", folder.path()), "no image that can be read");
    write(folder.path(), "a/1.png", b"not a picture");
    fails(&source("folder", folder.path()), "1 skipped");
    write(folder.path(), "b/1.png", &picture(RED, 4, ImageFormat::Png));
    fails(&source("folder", folder.path()), "one class only");
    fails(&source("folder", &folder.path().join("nowhere")), "nowhere");
    fails(&source("folder", &folder.path().join("b/1.png")), "1.png");
}

#[cfg(unix)]
#[test]
fn links_and_strange_names_are_harmless() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let folder = tempfile::tempdir().unwrap();
    let png = picture(RED, 4, ImageFormat::Png);
    write(folder.path(), "a/1.png", &png);
    write(folder.path(), "b\u{1b}[31m\nb/1.png", &png);
    let odd = folder.path().join(OsStr::from_bytes(b"\xff\xfe"));
    write(&odd, "1.png", &png);
    symlink(folder.path(), folder.path().join("a/up")).unwrap();
    symlink(folder.path(), folder.path().join("loop")).unwrap();
    symlink("itself", folder.path().join("itself")).unwrap();
    symlink("/dev/zero", folder.path().join("a/endless.png")).unwrap();
    let data = Dataset::open(&source("folder", folder.path())).unwrap();
    assert_eq!(data.classes, ["a", "b[31mb", "\u{fffd}\u{fffd}"]);
    assert_eq!(data.train.len() + data.test.len(), 3);
    let endless = data.skipped.iter().find(|file| file.path.ends_with("endless.png"));
    assert!(
        endless.is_some_and(|file| file.reason.contains("not a file")),
        "{:?}",
        data.skipped
    );
}

/// The file with some bytes replaced and its end cut off.
fn mutated(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(move |(changes, end, cut)| {
        let mut bytes = bytes.clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if cut {
            bytes.truncate(end.index(bytes.len() + 1));
        }
        bytes
    })
}

fn any_or_mutated(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..200), 4 => mutated(bytes)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_idx_file_crashes(
        images in any_or_mutated(idx(&[2, 2, 3], &[7; 12])),
        packed in any_or_mutated(gzip(&idx(&[2], &[2, 0]))),
    ) {
        let folder = idx_folder();
        write(folder.path(), "train-images-idx3-ubyte", &images);
        write(folder.path(), "train-labels-idx1-ubyte.gz", &packed);
        if let Ok(data) = Dataset::open(&source("idx", folder.path())) {
            prop_assert!(data.train.images.iter().all(|pixel| pixel.is_finite()));
            prop_assert!(data.train.labels.iter().all(|&label| (label as usize) < data.classes.len()));
        }
    }

    #[test]
    fn no_picture_crashes(
        png in any_or_mutated(picture(RED, 9, ImageFormat::Png)),
        jpeg in any_or_mutated(picture(RED, 9, ImageFormat::Jpeg)),
        bmp in any_or_mutated(picture(RED, 9, ImageFormat::Bmp)),
    ) {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a/1.png", &picture(RED, 4, ImageFormat::Png));
        write(folder.path(), "b/1.png", &picture(GREY, 4, ImageFormat::Png));
        write(folder.path(), "b/2.png", &png);
        write(folder.path(), "b/3.jpg", &jpeg);
        write(folder.path(), "b/4.bmp", &bmp);
        let data = Dataset::open(&source("folder", folder.path())).unwrap();
        prop_assert_eq!(data.train.len() + data.test.len() + data.skipped.len(), 5);
    }
}
