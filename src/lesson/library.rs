//! The lessons that come with the program, and where else one can come from.

use std::fs;
use std::path::{Path, PathBuf};

use rust_i18n::t;

use super::file::Lesson;
use crate::error::{Error, Result};

/// The languages that lessons are written in, by their tags.
pub const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// A lesson file is short; anything longer is another kind of file.
const LONGEST_FILE: u64 = 1 << 20;
/// Lessons of one folder.
const MOST_FILES: usize = 200;

macro_rules! embedded {
    ($($file:literal),* $(,)?) => {
        [$((
            $file,
            [
                include_str!(concat!("../../assets/lessons/en/", $file)),
                include_str!(concat!("../../assets/lessons/zh-CN/", $file)),
            ],
        )),*]
    };
}

/// File names, with the text in each of [`LANGUAGES`].
const EMBEDDED: &[(&str, [&str; 2])] = &embedded![
    "01-deeper.md",
    "02-not-over-fitting.md",
    "03-one-addition.md",
    "04-copying.md",
    "05-vanishing.md",
    "06-what-survives.md",
    "07-resnext.md",
    "08-transfer.md",
    "09-batch-normalisation.md",
    "10-clean-shortcut.md",
    "11-ensemble-of-paths.md",
    "12-loss-landscape.md",
    "13-your-own-question.md",
];

/// Every lesson that comes with the program, in that language.
///
/// # Errors
/// When there are none in that language.
pub fn lessons(language: &str) -> Result<Vec<Lesson>> {
    let Some(place) = LANGUAGES.iter().position(|&known| known == language) else {
        return Err(Error::Lesson(t!(
            "there are no lessons in '%{language}'; the languages are %{languages}",
            language = language.escape_debug(),
            languages = LANGUAGES.join(", ")
        )));
    };
    EMBEDDED
        .iter()
        .map(|(file, texts)| Lesson::parse(texts[place], file))
        .collect()
}

/// A lesson by its name, or from a file.
///
/// # Errors
/// When there is neither, or it cannot be read.
pub fn lesson(file_or_name: &str, language: &str) -> Result<Lesson> {
    let all = lessons(language)?;
    let names: Vec<String> = all.iter().map(|lesson| lesson.name.clone()).collect();
    if let Some(known) = all.into_iter().find(|lesson| lesson.name == file_or_name) {
        return Ok(known);
    }
    let path = Path::new(file_or_name);
    if !path.exists() {
        let shown: String = file_or_name.escape_debug().take(120).collect();
        return Err(Error::Lesson(t!(
            "'%{shown}' is neither a file nor a lesson; the lessons are %{names}",
            shown = shown,
            names = names.join(", ")
        )));
    }
    read(path)
}

/// A lesson from a file.
///
/// # Errors
/// When it cannot be read; one sentence with the line.
pub fn read(path: &Path) -> Result<Lesson> {
    let about = fs::metadata(path).map_err(Error::io("read", path))?;
    if !about.is_file() || about.len() > LONGEST_FILE {
        return Err(Error::Lesson(t!(
            "%{path} is not a lesson; give a .md file",
            path = path.display()
        )));
    }
    let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
    Lesson::parse(&text, &path.display().to_string())
}

/// The lesson files that a path means: itself, or the .md files of a folder, or those of its folder for that language.
///
/// # Errors
/// When there is none.
pub fn files(path: &Path, language: &str) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let inside = |folder: &Path| {
        let entries = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()));
        let is_lesson = |path: &PathBuf| {
            let stem = path.file_stem().unwrap_or_default();
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md")) && !stem.eq_ignore_ascii_case("readme")
        };
        let mut files: Vec<PathBuf> = entries.filter(is_lesson).take(MOST_FILES).collect();
        files.sort();
        files
    };
    let own = inside(path);
    let files = if own.is_empty() {
        inside(&path.join(language))
    } else {
        own
    };
    if files.is_empty() {
        return Err(Error::Lesson(t!(
            "%{path} holds no lesson, which is a .md file",
            path = path.display()
        )));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_its_lessons() {
        let names = |folder: &str, language| {
            let files = files(Path::new(folder), language)?;
            Ok::<_, Error>(files.len())
        };
        let count = EMBEDDED.len();
        assert_eq!(
            names("assets/lessons", "zh-CN").unwrap(),
            count,
            "of that language, without the guide"
        );
        assert_eq!(names("assets/lessons/en", "zh-CN").unwrap(), count);
        assert_eq!(names("nowhere.md", "en").unwrap(), 1);
        assert!(names("src", "en").unwrap_err().to_string().contains("holds no lesson"));
    }

    #[test]
    fn every_language_makes_the_same_claims() {
        let [english, chinese] = LANGUAGES.map(|language| lessons(language).unwrap());
        let untitled = |lesson: &Lesson| {
            let mut experiments = lesson.experiments.clone();
            experiments.iter_mut().for_each(|experiment| experiment.title.clear());
            experiments
        };
        for (a, b) in english.iter().zip(&chinese) {
            assert_eq!((&a.name, untitled(a)), (&b.name, untitled(b)));
            assert_eq!(a.expressions(), b.expressions(), "{}", a.name);
            assert_eq!(a.steps.len(), b.steps.len(), "{}", a.name);
            for (a, b) in a.steps.iter().zip(&b.steps) {
                assert_eq!(a.show, b.show);
                assert_ne!(a.title, b.title);
            }
        }
    }

    #[test]
    fn names_are_those_of_the_files() {
        for ((file, _), lesson) in EMBEDDED.iter().zip(lessons("en").unwrap()) {
            assert_eq!(file[3..], format!("{}.md", lesson.name));
            assert!(lesson.steps.iter().any(|step| !step.claims.is_empty()), "{file}");
            assert!(lesson.steps.iter().any(|step| !step.predictions.is_empty()), "{file}");
        }
    }

    #[test]
    fn what_is_not_there_is_one_sentence() {
        for (name, language, says) in [
            ("deepr", "en", "the lessons are deeper"),
            ("deeper", "fr", "the languages are en, zh-CN"),
            ("src", "en", "not a lesson"),
        ] {
            let error = lesson(name, language).unwrap_err().to_string();
            assert!(error.contains(says) && error.lines().count() == 1, "{error}");
        }
    }
}
