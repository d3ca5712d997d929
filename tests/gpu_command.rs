//! `--engine gpu` on the command line: what it trains on, and what it says where it cannot.

use std::path::Path;
use std::process::{Command, Output};

fn depthscope(words: &str, home: &Path, without_drivers: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_depthscope"));
    command.args(words.split_whitespace()).current_dir(home);
    // Graphics drivers complain where it is not set.
    command.env("XDG_RUNTIME_DIR", home);
    if without_drivers {
        command
            .env("VK_DRIVER_FILES", "/dev/null")
            .env("VK_ICD_FILENAMES", "/dev/null");
    }
    command.output().unwrap()
}

/// The one sentence it failed with.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn an_unknown_adapter_lists_those_there_are() {
    let home = tempfile::tempdir().unwrap();
    for words in [
        "train quick --steps 1 --engine gpu --adapter abacus --out out",
        "bench resnet-8:width=4,input=1x8x8 --engine gpu --adapter abacus",
    ] {
        let text = refusal(&depthscope(words, home.path(), false));
        assert!(text.contains("'abacus'") && text.contains("llvmpipe"), "{text}");
    }
    assert!(!home.path().join("out").exists());
    let text = refusal(&depthscope("train quick --engine cpu --adapter 0", home.path(), false));
    assert!(text.contains("cpu takes none"), "{text}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_driver_the_gpu_is_refused_and_auto_trains() {
    let home = tempfile::tempdir().unwrap();
    let job = "train quick --only plain-20 --steps 2 --out out";
    let text = refusal(&depthscope(&format!("{job} --engine gpu"), home.path(), true));
    assert!(text.contains("the engines cpu and auto do without it"), "{text}");
    assert!(!home.path().join("out").exists());
    let output = depthscope(job, home.path(), true);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_bench_counts_what_a_step_is() {
    let home = tempfile::tempdir().unwrap();
    let words = "bench resnet-8:width=4,input=1x8x8 --adapter llvmpipe --batch 8 --steps 3 --kernels --json";
    let output = depthscope(words, home.path(), false);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let timing = &list[0];
    let number = |key: &str| timing[key].as_f64().unwrap_or_else(|| panic!("{key}: {timing}"));
    assert!(number("step_ms_median") > 0.0 && number("step_ms_p95") >= number("step_ms_median"));
    for key in [
        "images_per_s",
        "gflops",
        "peak_share",
        "memory_bytes",
        "bandwidth_share",
        "floor_ms",
    ] {
        assert!(number(key) > 0.0, "{key}");
    }
    assert!(timing["engine"].as_str().unwrap().contains("llvmpipe"));
    // Forward 1 conv + merge a convolution, an addition a block; backward about twice that.
    assert!((40.0..120.0).contains(&number("dispatches")), "{timing}");
    // Three passes over the convolutions, but for the images' gradient: 6 operations a multiply-add at most.
    let most = 6.0 * 8.0 * 48_544.0 * 1e-9;
    assert!(number("step_gflop") > 0.0 && number("step_gflop") < most, "{timing}");
    let kernels = timing["kernels"].as_array().unwrap();
    let count: u64 = kernels.iter().map(|kernel| kernel["count"].as_u64().unwrap()).sum();
    assert_eq!(count as f64, number("dispatches"));
}
