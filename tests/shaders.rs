//! Every shader is parsed and validated without a GPU; all failures are listed.

use std::fs;
use std::path::{Path, PathBuf};

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
