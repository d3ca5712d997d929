//! Random bytes, and good files with a few bytes changed.

use depthscope::data::Dataset;
use image::ImageFormat;
use proptest::prelude::*;

use super::cifar::cifar;
use super::folder::{GREY, RED, picture};
use super::idx::{gzip, idx, idx_folder};
use super::{source, write};

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
    fn no_cifar_file_crashes(train in any_or_mutated(cifar(&[&[3, 4], &[0, 99]])), names in ".{0,300}") {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "train.bin", &train);
        write(folder.path(), "test.bin", &cifar(&[&[1, 2]]));
        write(folder.path(), "fine_label_names.txt", names.as_bytes());
        if let Ok(data) = Dataset::open(&source("cifar100", folder.path())) {
            prop_assert!(data.classes.len() == 100 && data.train.labels.iter().all(|&label| label < 100));
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
