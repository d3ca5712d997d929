//! CIFAR-10 and CIFAR-100 binaries.

use depthscope::data::Dataset;

use super::{fails, source, write};

/// Records of one image each, all pixels equal to the label.
pub fn cifar(labels: &[&[u8]]) -> Vec<u8> {
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
