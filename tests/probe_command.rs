//! `depthscope probe` as a user runs it, with the files of `tests/pytorch`.

use std::path::Path;
use std::process::{Command, Output};

use depthscope::engine::weights_file;
use depthscope::net::{Array, Weights};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

const NET: &str = "resnet-8:shortcut=B,width=3";

fn constants() -> Weights {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytorch/resnet-8-b.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = weights_file::parse(&path, &bytes).unwrap();
    file.iter()
        .filter_map(|(name, view)| Some((name.to_owned(), weights_file::floats(&path, name, &view).ok()?)))
        .collect()
}

fn initial(constants: &Weights) -> Weights {
    let strip = |(name, array): (&String, &Array)| Some((name.strip_prefix("initial/")?.to_owned(), array.clone()));
    constants.iter().filter_map(strip).collect()
}

fn write_batch(path: &Path, shape: &[usize], pixels: &[f32], labels: &[i64]) {
    let pixels: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    let images = TensorView::new(Dtype::F32, shape.to_vec(), &pixels).unwrap();
    let labels = TensorView::new(Dtype::I64, vec![labels.len()], &bytes).unwrap();
    std::fs::write(
        path,
        safetensors::serialize([("images", images), ("labels", labels)], None).unwrap(),
    )
    .unwrap();
}

fn probe(folder: &Path, net: &str, more: &[&str]) -> Output {
    let file = |name: &str| folder.join(name).into_os_string();
    Command::new(env!("CARGO_BIN_EXE_depthscope"))
        .args(["probe", net, "--weights"])
        .arg(file("w.safetensors"))
        .arg("--batch")
        .arg(file("b.safetensors"))
        .arg("--out")
        .arg(file("p.safetensors"))
        .args(more)
        .output()
        .unwrap()
}

/// The labels are free here: `batch/loss` is compared where they are PyTorch's, in `tests/pytorch.rs`.
#[test]
fn everything_inside_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let constants = constants();
    weights_file::write(&folder.path().join("w.safetensors"), &initial(&constants)).unwrap();
    let images = &constants["images"];
    write_batch(
        &folder.path().join("b.safetensors"),
        &images.shape,
        &images.data,
        &[0, 1, 2, 3, 4, 0],
    );
    for (mode, more) in [
        ("running", &[][..]),
        ("batch", &["--train"]),
        ("batch", &["--train", "--engine", "candle"]),
        ("running", &["--engine", "gpu", "--adapter", "llvmpipe"]),
        ("batch", &["--train", "--engine", "gpu", "--adapter", "llvmpipe"]),
    ] {
        let output = probe(folder.path(), NET, more);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = weights_file::read(&folder.path().join("p.safetensors")).unwrap();
        assert_eq!(found["loss"].shape, [0; 0]);
        let right = &constants[&format!("{mode}/logits")];
        assert_eq!(found["logits"].shape, right.shape);
        assert!(
            found["logits"]
                .data
                .iter()
                .zip(&right.data)
                .all(|(a, b)| (a - b).abs() < 1e-4)
        );
        assert_eq!(found["activation/avgpool"].shape, [6, 12, 1, 1]);
        assert_eq!(
            found["activation_grad/layer2.0.downsample"].shape,
            found["activation/layer2.0.downsample"].shape
        );
        assert_eq!(found["grad/layer2.0.downsample.0.weight"].shape, [6, 3, 1, 1]);
        assert!(!found.contains_key("grad/bn1.running_mean"));
        assert_eq!(found.contains_key("buffer/bn1.running_mean"), mode == "batch");
    }
}

#[test]
fn bad_batches_are_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let constants = constants();
    weights_file::write(&folder.path().join("w.safetensors"), &initial(&constants)).unwrap();
    let path = folder.path().join("b.safetensors");
    let refused = |net: &str, says: &str| {
        let output = probe(folder.path(), net, &[]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && text.contains(says) && text.lines().count() == 1,
            "{text}"
        );
    };
    let pixels = vec![0.5; 128];
    write_batch(&path, &[2, 1, 8, 8], &pixels, &[0, 5]);
    refused(NET, "label 5");
    write_batch(&path, &[2, 1, 8, 8], &pixels, &[0, -1]);
    refused(NET, "label -1");
    write_batch(&path, &[2, 1, 8, 8], &pixels, &[0, 1, 2]);
    refused(NET, "3 labels");
    write_batch(&path, &[2, 64], &pixels, &[0, 1]);
    refused(NET, "[N, C, H, W]");
    write_batch(&path, &[2, 0, 8, 8], &[], &[0, 1]);
    refused(NET, "channels");
    let mut spoiled = pixels.clone();
    spoiled[100] = f32::NAN;
    write_batch(&path, &[2, 1, 8, 8], &spoiled, &[0, 1]);
    refused(NET, "image 1 has a pixel that is not a finite number");
    write_batch(&path, &[2, 1, 8, 8], &pixels, &[0, 1]);
    refused("resnet-8:shortcut=B,width=3,input=3x8x8", "3x8x8");
    refused("resnet-8:shortcut=B,width=3,classes=10", "10 classes");
    refused("resnet-14:shortcut=B,width=3", "lack");
    refused("plain-8:width=3", "downsample");
}
