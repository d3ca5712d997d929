//! Folders of pictures.

use std::fs;
use std::io::Cursor;

use depthscope::data::Dataset;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::{fails, source, write};

pub fn picture(colour: [u8; 3], side: u32, format: ImageFormat) -> Vec<u8> {
    let image = DynamicImage::ImageRgb8(RgbImage::from_pixel(side, side, Rgb(colour)));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub const RED: [u8; 3] = [255, 0, 0];
pub const GREY: [u8; 3] = [90, 90, 90];

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

/// A camera's note that the picture lies on its side: EXIF orientation 6, to be turned right.
const TURN_RIGHT: &[u8] = b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";

#[test]
fn pictures_are_upright_and_lie_on_white() {
    let folder = tempfile::tempdir().unwrap();
    let mut top_red = RgbImage::from_pixel(32, 32, Rgb(GREY));
    for (_, row) in top_red.enumerate_rows_mut().take(16) {
        row.for_each(|(_, _, pixel)| *pixel = Rgb(RED));
    }
    let mut jpeg = Cursor::new(Vec::new());
    top_red.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    write(
        folder.path(),
        "train/turned/1.jpg",
        &[&jpeg[..2], TURN_RIGHT, &jpeg[2..]].concat(),
    );
    let mut clear = Cursor::new(Vec::new());
    DynamicImage::new_rgba8(4, 4)
        .write_to(&mut clear, ImageFormat::Png)
        .unwrap();
    write(folder.path(), "train/clear/1.png", clear.get_ref());
    write(folder.path(), "test/clear/1.png", clear.get_ref());
    let mut wanted = source("folder", folder.path());
    wanted.size = Some(4);
    let data = Dataset::open(&wanted).unwrap();
    let pixels = data.denormalised(&data.train.images);
    assert!(pixels[..48].iter().all(|&pixel| pixel > 0.999), "{pixels:?}");
    let green = &pixels[48 + 16..48 + 32];
    for row in green.chunks(4) {
        assert!(
            row[0] > 0.3 && row[3] < 0.05,
            "the red half is not on the right: {green:?}"
        );
    }
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
    let claiming = |side: u32| {
        let mut bmp = picture(RED, 3, ImageFormat::Bmp);
        bmp[18..22].copy_from_slice(&side.to_le_bytes());
        bmp[22..26].copy_from_slice(&side.to_le_bytes());
        bmp
    };
    for (name, bytes) in [
        ("a/1.png", &png[..]),
        ("b/1.png", &png[..]),
        ("b/renamed.jpg", &png[..]),
        ("b/cut.png", &png[..png.len() / 2]),
        ("b/empty.png", &[]),
        ("b/large.bmp", &claiming(16_000)),
        ("b/wide.bmp", &claiming(30_000)),
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
        [
            "cut.png",
            "deeper",
            "empty.png",
            "large.bmp",
            "lost.png",
            "notes.txt",
            "wide.bmp"
        ]
    );
    let reason = |name| {
        &data
            .skipped
            .iter()
            .find(|file| file.path.ends_with(name))
            .unwrap()
            .reason
    };
    assert!(
        reason("large.bmp").starts_with("is larger than 16384") && reason("wide.bmp").starts_with("is larger"),
        "{:?}",
        data.skipped
    );
    assert_eq!(reason("cut.png"), "is damaged or cut short");
    assert_eq!(reason("empty.png"), "is not a png, jpeg or bmp file");
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
