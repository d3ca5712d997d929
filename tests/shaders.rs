//! Every shader is parsed and validated without a GPU; all failures are listed. Every kernel has its twin.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use depthscope::engine::plan::lower;
use depthscope::net::Graph;
use naga::valid::{Capabilities, ValidationFlags, Validator};

#[test]
fn every_shader_is_valid() {
    let mut files = Vec::new();
    collect(Path::new("shaders"), &mut files);
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let checked = naga::front::wgsl::parse_str(&source)
            .map_err(|error| error.emit_to_string_with_path(&source, &file.display().to_string()))
            .and_then(|module| {
                Validator::new(ValidationFlags::all(), Capabilities::empty())
                    .validate(&module)
                    .map_err(|error| format!("{}: {}", file.display(), error.emit_to_string(&source)))
            });
        failures.extend(checked.err());
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The engine's are templates; their instances are compiled by its tests.
        if path.is_dir() && !path.ends_with("engine") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "wgsl") {
            files.push(path);
        }
    }
}

/// The rows of `shaders/engine/README.md`: a kernel, its files on the CPU and on a GPU, and why they differ.
fn table() -> Vec<(String, [Vec<String>; 2], String)> {
    let text = fs::read_to_string("shaders/engine/README.md").unwrap();
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = |cell: &str| {
            let names = cell.split(", ").filter(|name| !name.is_empty());
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        (cells[0].into(), [names(cells[1]), names(cells[2])], cells[3].into())
    })
    .collect()
}

/// Names without endings of the files in a folder.
fn stems(folder: &str, ending: &str, which: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == ending));
    paths
        .filter(|path| which(&fs::read_to_string(path).unwrap()))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_kernel_has_its_twin() {
    let rows = table();
    let mut wrong = Vec::new();
    for (kernel, [cpu, gpu], why) in &rows {
        let gpu: Vec<&str> = gpu.iter().map(|name| name.rsplit('/').next().unwrap()).collect();
        let alike = cpu.iter().map(String::as_str).eq(gpu.iter().copied());
        if alike != why.is_empty() {
            wrong.push(format!("{kernel}: {cpu:?} and {gpu:?} differ, but why: '{why}'"));
        }
    }
    let nets = ["resnet-8:order=pre", "resnet-8", "plain-8:norm=none"];
    let graphs = nets.map(|net| Graph::new(&net.parse().unwrap()));
    for kernel in graphs.iter().flat_map(|graph| lower(graph).table(graph)) {
        let name = format!("`{}`", kernel.kernel);
        if !rows.iter().any(|(kernel, ..)| *kernel == name) {
            wrong.push(format!("{name} is not in the table"));
        }
    }
    let listed =
        |side: usize| -> BTreeSet<String> { rows.iter().flat_map(|(_, sides, _)| sides[side].clone()).collect() };
    let (cpu, gpu) = (listed(0), listed(1));
    let all = stems("src/engine/cpu", "rs", |_| true);
    let kernels = stems("src/engine/cpu", "rs", |text| {
        text.contains("impl Kernel for ") && !text.contains("trait Kernel")
    });
    wrong.extend(
        cpu.difference(&all)
            .map(|name| format!("{name} is no kernel of the CPU")),
    );
    wrong.extend(
        kernels
            .difference(&cpu)
            .map(|name| format!("{name} of the CPU is not in the table")),
    );
    let whole: BTreeSet<String> = gpu.iter().filter(|name| !name.contains('/')).cloned().collect();
    let shaders = stems("shaders/engine", "wgsl", |_| true);
    wrong.extend(
        whole
            .symmetric_difference(&shaders)
            .map(|name| format!("{name}.wgsl is here or in the table only")),
    );
    for name in gpu.iter().filter(|name| name.contains('/')) {
        if !Path::new("shaders/engine").join(name).with_extension("wgsl").exists() {
            wrong.push(format!("{name}.wgsl is not there"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
