//! Everything that is written in the window can be read, in English; `window_chinese.rs` looks at the Chinese one.

use crate::legible::{self, Found};

fn none(Found { faults, .. }: Found) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_panel_can_be_read() {
    none(legible::panels("Data in use"));
}

#[test]
fn every_room_can_be_read() {
    none(legible::rooms());
}

#[test]
fn every_lesson_can_be_read() {
    none(legible::all_lessons("en"));
}
