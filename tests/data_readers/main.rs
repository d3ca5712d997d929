//! Data files as they come: whole, cut short, lying about themselves, and not what their name says.

mod cifar;
mod folder;
mod idx;
mod random;

use std::fs;
use std::path::Path;

use depthscope::data::{Dataset, Source};

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
