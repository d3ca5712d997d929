//! Without a display the window's command ends at once, with one sentence that says what to do instead.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs the program on that X display, or none; answers what it said.
fn refused(display: Option<&str>) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_depthscope"));
    command
        .env("HOME", home.path())
        .env_remove("XDG_DATA_HOME")
        .stderr(Stdio::piped());
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    if let Some(display) = display {
        command.env("DISPLAY", display);
    }
    let start = Instant::now();
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "it took {:?}",
        start.elapsed()
    );
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn no_display_is_one_sentence() {
    for display in [None, Some(""), Some(":7654")] {
        let said = refused(display);
        assert!(said.contains("cargo run --release -- train"), "{display:?}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{display:?}: {said}");
    }
}
