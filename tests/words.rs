//! The window's sentences: every key has a Chinese line with the same places, every line is used, and no label was left
//! untranslated in the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const LOCALES: &str = "assets/locales";

/// Rust sources beneath a folder without their tests, comments left out.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = without_tests(&text);
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.push((path, lines.collect::<Vec<_>>().join("\n")));
            }
        }
    }
    found
}

/// Up to the module of tests.
fn without_tests(code: &str) -> &str {
    let begins = |line: &str| line.contains("mod ") && line.ends_with('{');
    let module = |rest: &str| rest.lines().nth(1).is_some_and(begins);
    let mut marks = code.match_indices("#[cfg(test)]");
    marks
        .find(|(at, _)| module(&code[*at..]))
        .map_or(code, |(at, _)| &code[..at])
}

/// The string literal at the beginning of `code`, unescaped.
fn literal(code: &str) -> Option<String> {
    let mut characters = code.trim_start().strip_prefix('"')?.chars();
    let mut text = String::new();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                '\n' => {
                    let rest = characters.as_str().trim_start();
                    characters = rest.chars();
                }
                'u' => {
                    let (code, rest) = characters.as_str().split_once('}')?;
                    text.push(char::from_u32(
                        u32::from_str_radix(code.trim_start_matches('{'), 16).ok()?,
                    )?);
                    characters = rest.chars();
                }
                other => text.push(other),
            },
            other => text.push(other),
        }
    }
}

/// Every literal that follows one of these in the code.
fn following(code: &str, marks: &[&str]) -> Vec<String> {
    let at = |mark: &&str| {
        code.match_indices(*mark)
            .filter(|(place, _)| !code[..*place].ends_with(|before: char| before.is_alphanumeric() || before == '_'))
            .filter_map(|(place, mark)| literal(&code[place + mark.len()..]))
            .collect::<Vec<_>>()
    };
    marks.iter().flat_map(at).collect()
}

/// Keys and where they stand: arguments of `t!`, titles and hints of panels.
fn keys() -> BTreeMap<String, PathBuf> {
    let mut keys = BTreeMap::new();
    for (path, code) in sources("src") {
        for key in following(
            &code,
            &["t!(", "const TITLE: &'static str =", "const HINT: &'static str ="],
        ) {
            keys.insert(key, path.clone());
        }
    }
    keys
}

/// Chinese by English.
fn chinese() -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    for entry in fs::read_dir(LOCALES).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.to_string_lossy().ends_with("zh-CN.yml"), "{}", path.display());
        for line in fs::read_to_string(&path)
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty())
        {
            let pair = literal(line).and_then(|key| {
                let rest = &line[line.find("\": ")? + 2..];
                Some((key, literal(rest)?))
            });
            let (key, value) =
                pair.unwrap_or_else(|| panic!("{}: not `\"English\": \"中文\"`: {line}", path.display()));
            assert!(!value.is_empty(), "{key}");
            if let Some(old) = lines.insert(key.clone(), value.clone()) {
                assert_eq!(old, value, "{key} is said in two ways");
            }
        }
    }
    lines
}

/// Names of the places in a sentence.
fn places(text: &str) -> BTreeSet<&str> {
    let parts = text.split("%{").skip(1);
    parts.map(|part| part.split('}').next().unwrap()).collect()
}

#[test]
fn every_sentence_is_there_in_chinese() {
    let chinese = chinese();
    let keys = keys();
    assert!(keys.len() > 100, "the scan finds {} keys", keys.len());
    // Keys in tables are literals like any other, and so are the titles of the experiments that come with the program.
    let mut sources: Vec<String> = sources("src").into_iter().map(|(_, code)| code).collect();
    let experiments = fs::read_dir("assets/experiments").unwrap();
    sources.extend(experiments.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()));
    let mut wrong = Vec::new();
    for (key, path) in &keys {
        match chinese.get(key) {
            None => wrong.push(format!("{}: no Chinese for {key:?}", path.display())),
            Some(value) if places(key) != places(value) => wrong.push(format!("other places in {value:?}")),
            Some(_) => {}
        }
    }
    wrong.extend(
        chinese
            .keys()
            .filter(|key| !keys.contains_key(*key) && !sources.iter().any(|code| code.contains(&format!("{key:?}"))))
            .map(|key| format!("unused: {key:?}")),
    );
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn places_in_code_are_those_of_the_sentence() {
    let mut wrong = Vec::new();
    for (path, code) in sources("src") {
        for (place, mark) in code.match_indices("t!(") {
            if code[..place].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
                continue;
            }
            let call = arguments(&code[place + mark.len()..]);
            let Some(key) = literal(call) else { continue };
            let given: BTreeSet<String> = call
                .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '='))
                .collect::<Vec<_>>()
                .windows(2)
                .filter(|pair| pair[1] == "=")
                .map(|pair| pair[0].to_owned())
                .collect();
            for name in places(&key) {
                if !given.contains(name) {
                    wrong.push(format!("{}: {key:?} is given no {name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Up to the parenthesis that closes the call.
fn arguments(code: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (place, character) in code.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &code[..place];
        }
    }
    code
}
/// What draws a label or names a control.
const LABELS: [&str; 16] = [
    "ui.label(",
    "ui.button(",
    "ui.small_button(",
    "ui.heading(",
    "ui.menu_button(",
    "Button::new(",
    "Label::new(",
    "RichText::new(",
    "caption(",
    "strong(",
    ".on_hover_text(",
    ".on_disabled_hover_text(",
    ".selected_text(",
    "primary_button_ui(ui,",
    "quiet_button_ui(ui,",
    "header_ui(ui,",
];

#[test]
fn no_label_is_a_bare_literal() {
    let mut wrong = Vec::new();
    for (path, code) in sources("src/ui").into_iter().chain(sources("src/app")) {
        for text in following(&code, &LABELS) {
            let words = text.chars().filter(|c| c.is_alphabetic()).count() > 1;
            if words && text != "depthscope" {
                wrong.push(format!("{}: {text:?}", path.display()));
            }
        }
        // A sentence put together by hand.
        for text in following(&code, &["format!("]) {
            let plain = text.split('{').map(|part| part.split('}').next_back().unwrap_or(part));
            let plain = plain.collect::<Vec<_>>().join(" ");
            if plain.split(|c: char| !c.is_alphabetic()).any(|word| word.len() > 2) && !not_shown(&path, &text) {
                wrong.push(format!("{}: format!({text:?})", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "not translated:\n{}", wrong.join("\n"));
}

/// Names of keys and nodes, and what is said where there is no window.
fn not_shown(path: &Path, text: &str) -> bool {
    let name = text.starts_with("Alt ") || text.contains("plain-20") || text.ends_with(".downsample");
    path.ends_with("app/launch.rs") || name
}

/// What is not said to a user, or to none of the window's, though it looks like a sentence.
const UNSAID: [&str; 11] = [
    "log::debug!(",
    "log::info!(",
    "log::warn!(",
    "panic!(",
    "unreachable!(",
    "bail!(",
    "expect(",
    "expect_err(",
    "Msg(",
    "reason =",
    "request_discard(",
];
/// Files that speak to the terminal, to the log, or in another language than English.
const TERMINAL: [&str; 6] = [
    "app/launch.rs",
    "engine/gpu/template.rs",
    "engine/plan/table.rs",
    "export/pytorch.rs",
    "lesson/exam.rs",
    "run/audition.rs",
];

/// Names in files, what a driver or a reader of TOML says, and what only the command line asks.
const NAMES: [&str; 9] = [
    "block, shortcut, order, norm, init, zero_last, scale, width, cardinality, group_width, input, classes",
    "candle on CPU ({} threads)",
    "candle on CUDA device 0",
    "candle on Metal device 0",
    " has been destroyed",
    "unexpected key or value",
    "Noto Sans SC",
    "engine '{text}' is not one of {names}",
    "{what} '{text}' is not one of {names}",
];

/// Every string literal of the code with what stands before it, in its statement.
fn literals(code: &str) -> Vec<(&str, String)> {
    let (bytes, mut found, mut at) = (code.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            // A character, not a lifetime.
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 4,
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 3,
            b'"' => {
                found.extend(literal(&code[at..]).map(|text| (code[..at].trim_end(), text)));
                at += 1 + end(&code[at + 1..]);
            }
            _ => at += 1,
        }
    }
    found
}

/// Bytes up to the quote that closes a literal, and the quote.
fn end(text: &str) -> usize {
    let mut escaped = false;
    for (place, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

/// Whether it is more than names and numbers: three words in a row.
fn is_sentence(text: &str) -> bool {
    let is_word = |word: &str| word.len() > 1 && word.chars().all(char::is_alphabetic);
    let words: Vec<bool> = text
        .split(' ')
        .map(|word| is_word(word.trim_matches([',', '.', ':', ';', '(', ')'])))
        .collect();
    words.windows(3).any(|row| row.iter().all(|&word| word))
}

#[test]
fn no_sentence_is_english_only() {
    let (chinese, mut wrong) = (chinese(), Vec::new());
    let rooms = ["net", "data", "engine", "probe", "run", "lesson", "export", "ui", "app"];
    let sources = rooms.iter().flat_map(|room| sources(&format!("src/{room}")));
    let shown = sources.filter(|(path, _)| {
        let tests = path.to_string_lossy().contains("test")
            || path.ends_with("run/fake.rs")
            || path.ends_with("export/samples.rs");
        !tests && !TERMINAL.iter().any(|file| path.ends_with(file))
    });
    for (path, code) in shown {
        for (before, text) in literals(&code) {
            if is_sentence(&text)
                && !chinese.contains_key(&text)
                && !NAMES.contains(&text.as_str())
                && !UNSAID.iter().any(|mark| before.ends_with(mark))
            {
                wrong.push(format!("{}: {text:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "not translated:\n{}", wrong.join("\n"));
}
