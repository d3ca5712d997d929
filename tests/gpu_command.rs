//! `--engine gpu` on the command line: what it trains on, and what it says where it cannot.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use depthscope::engine::gpu::{Adapter, AdapterKind, Checks, Device, adapters};
use tempfile::TempDir;

fn depthscope(words: &str, home: &Path, without_drivers: bool) -> Output {
    command(words, home, without_drivers).output().unwrap()
}

fn command(words: &str, home: &Path, without_drivers: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_depthscope"));
    command.args(words.split_whitespace()).current_dir(home);
    // Graphics drivers complain where the last is not set.
    for folder in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"] {
        command.env(folder, home);
    }
    if without_drivers {
        command
            .env("VK_DRIVER_FILES", "/dev/null")
            .env("VK_ICD_FILENAMES", "/dev/null");
    }
    command
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

/// A folder with an experiment of one small net.
fn with_experiment() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let text = "name = 'small'\nsteps = 2\nbatch = 8\n[data]\nsource = 'digits'\n[[runs]]\nnet = 'plain-8:width=4'\n";
    fs::write(home.path().join("small.toml"), text).unwrap();
    home
}

/// What a training that went to its end says on the way.
fn trained(output: &Output, out: &Path) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(out.join("summary.json").is_file(), "{text}");
    text
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_vulkan_driver_the_cpu_trains_and_says_why() {
    let home = with_experiment();
    let job = |out: &str| format!("train small.toml --out {out}");
    let out = |out: &str| home.path().join(out);
    let text = trained(&depthscope(&job("auto"), home.path(), true), &out("auto"));
    assert!(!text.contains("takes over"), "{text}");
    // What is left is OpenGL, if that; by name it would be taken where it can compute.
    let words = format!("{} --engine gpu", job("gpu"));
    let text = trained(&depthscope(&words, home.path(), true), &out("gpu"));
    assert!(
        text.contains("; the CPU") && text.contains("takes over plain-8"),
        "{text}"
    );
    let words = format!("{} --adapter 0", job("named"));
    let mut command = command(&words, home.path(), true);
    command
        .env("MESA_GL_VERSION_OVERRIDE", "3.1")
        .env("MESA_GLES_VERSION_OVERRIDE", "3.0");
    let text = trained(&command.output().unwrap(), &out("named"));
    assert!(
        text.contains("cannot run compute shaders") || text.contains("there is no graphics adapter here"),
        "{text}"
    );
    assert!(text.contains("takes over plain-8"), "{text}");
    let text = refusal(&depthscope(
        "bench resnet-8:width=4,input=1x8x8 --engine gpu",
        home.path(),
        true,
    ));
    assert!(text.contains("the engines cpu and auto do without it"), "{text}");
}

#[test]
fn a_software_adapter_is_taken_by_name_only() {
    let home = with_experiment();
    let job = |out: &str| format!("train small.toml --out {out}");
    let read = |out: &str| fs::read_to_string(home.path().join(out).join("summary.json")).unwrap();
    let named = format!("{} --engine gpu --adapter llvmpipe", job("named"));
    let text = trained(&depthscope(&named, home.path(), false), &home.path().join("named"));
    assert!(
        !text.contains("takes over") && read("named").contains("llvmpipe"),
        "{text}"
    );
    if adapters()
        .iter()
        .all(|adapter| adapter.about.kind == AdapterKind::Software)
    {
        let words = format!("{} --engine gpu", job("unnamed"));
        let text = trained(&depthscope(&words, home.path(), false), &home.path().join("unnamed"));
        assert!(
            text.contains("no real GPU that can compute is here, only 0 llvmpipe"),
            "{text}"
        );
        assert!(!read("unnamed").contains("llvmpipe"));
    }
    trained(&depthscope(&job("auto"), home.path(), false), &home.path().join("auto"));
    assert!(!read("auto").contains("llvmpipe"));
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
    // Where the driver hands out what it has compiled, it is there for the next start.
    let cache = home.path().join("depthscope/cache");
    let kept = fs::read_dir(&cache).map_or(0, |files| files.count());
    let device = Device::open(&Adapter::find(Some("llvmpipe")).unwrap(), Checks::Off).unwrap();
    assert_eq!(
        kept > 0,
        device.device.features().contains(wgpu::Features::PIPELINE_CACHE)
    );
}
