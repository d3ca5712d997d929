//! Who may import whom (ARCHITECTURE.md): every `crate::room` in a room's files must be one the room may enter.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room with the rooms it may enter; `error` may be entered from everywhere.
const ROOMS: &[(&str, &[&str])] = &[
    ("net", &[]),
    ("data", &[]),
    ("palette", &["net"]),
    ("calendar", &[]),
    ("engine", &["net", "data"]),
    ("probe", &["engine", "net", "data"]),
    ("run", &["engine", "probe", "net", "data"]),
    ("lesson", &["run", "probe", "net", "engine", "export", "calendar"]),
    (
        "export",
        &["run", "probe", "net", "data", "engine", "palette", "calendar"],
    ),
    ("paint", &["palette"]),
    ("ui", &["lesson", "run", "probe", "net", "export", "paint", "palette"]),
    (
        "app",
        &["ui", "run", "net", "data", "engine", "export", "paint", "palette"],
    ),
    (
        "cli",
        &[
            "app", "ui", "lesson", "run", "export", "probe", "engine", "data", "net", "palette", "calendar",
        ],
    ),
];

/// Crates that belong to one place only.
const OWNED: &[(&str, &[&str])] = &[
    ("candle_core", &["src/engine/candle"]),
    ("candle_nn", &["src/engine/candle"]),
    ("plotters", &["src/export"]),
    ("egui_plot", &["src/ui"]),
    ("wgpu", &["src/engine/gpu", "src/paint"]),
    ("egui_tiles", &["src/ui"]),
];

#[test]
fn arrows_point_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            continue;
        };
        for entered in entered_rooms(&text) {
            if entered != room && entered != "error" && !allowed.contains(&entered.as_str()) {
                wrong.push(format!("{}: {room} may not enter {entered}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (name, homes) in OWNED {
            let at_home = homes.iter().any(|home| path.starts_with(home));
            if !at_home && code(&text).any(|line| names_crate(line, name)) {
                wrong.push(format!("{}: {name} belongs to {}", path.display(), homes.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_listed() {
    let listed: BTreeMap<_, _> = ROOMS.iter().copied().collect();
    for (path, _) in sources() {
        let room = room_of(&path);
        assert!(
            listed.contains_key(room.as_str()) || ["error", "lib", "main"].contains(&room.as_str()),
            "{room} is not listed"
        );
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    inside
        .iter()
        .next()
        .unwrap()
        .to_str()
        .unwrap()
        .trim_end_matches(".rs")
        .to_string()
}

/// Whether a line holds `name::` as a word of its own.
fn names_crate(line: &str, name: &str) -> bool {
    line.match_indices(&format!("{name}::"))
        .any(|(at, _)| !line[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Every name that follows `crate::`, in `use crate::{a, b}` too.
fn entered_rooms(text: &str) -> Vec<String> {
    let joined = code(text).collect::<Vec<_>>().join(" ");
    let mut rooms = Vec::new();
    for after in joined.split("crate::").skip(1) {
        if let Some(list) = after.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in list.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => rooms.push(std::mem::take(&mut name)),
                    _ if depth == 0 => name.push(letter),
                    _ => {}
                }
            }
            rooms.push(name);
        } else {
            rooms.push(
                after
                    .chars()
                    .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                    .collect(),
            );
        }
    }
    rooms
        .iter()
        .map(|room| room.trim().split("::").next().unwrap_or("").trim().to_string())
        .filter(|room| !room.is_empty())
        .collect()
}
