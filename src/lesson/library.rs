//! The lessons that come with the program, and where else one can come from.

use std::fs;
use std::path::{Path, PathBuf};

use rust_i18n::t;

use super::file::Lesson;
use super::record::Record;
use crate::error::{Error, Result, Sentence};

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

/// The first so many of them are one course; the others go further, in any order.
pub const CORE: usize = 8;

/// The place of a lesson among those that come with the program, from 1.
pub fn number(name: &str) -> Option<usize> {
    let named = |(file, _): &(&str, _)| file.get(3..).and_then(|file| file.strip_suffix(".md")) == Some(name);
    Some(EMBEDDED.iter().position(named)? + 1)
}

/// The recordings that come with the program, by the name of the lesson.
const RECORDED: &[(&str, &str)] = &[(
    "not-over-fitting",
    include_str!("../../assets/lessons/02-not-over-fitting.recorded.json"),
)];

/// The guide to writing lessons, in each of [`LANGUAGES`].
const GUIDES: [&str; 2] = [
    include_str!("../../assets/lessons/README.md"),
    include_str!("../../assets/lessons/README.zh-CN.md"),
];

/// What was recorded of a lesson that comes with the program; most are trained at once.
pub fn recording(name: &str) -> Option<Record> {
    let (_, text) = RECORDED.iter().find(|(lesson, _)| *lesson == name)?;
    let read = serde_json::from_str(text);
    read.inspect_err(|error| log::warn!("the recording of {name}: {error}"))
        .ok()
}

/// Every lesson that comes with the program, in that language.
///
/// # Errors
/// When there are none in that language.
pub fn lessons(language: &str) -> Result<Vec<Lesson>> {
    let place = place_of(language)?;
    EMBEDDED
        .iter()
        .map(|(file, texts)| Lesson::parse(texts[place], file)?.located(None, file))
        .collect()
}

/// The guide to writing a lesson.
///
/// # Errors
/// When there is none in that language.
pub fn guide(language: &str) -> Result<&'static str> {
    Ok(GUIDES[place_of(language)?])
}

/// The guide's own lesson, to start from.
///
/// # Errors
/// When there is none in that language.
pub fn template(language: &str) -> Result<&'static str> {
    let fenced = guide(language)?.split("````").nth(1).unwrap_or_default();
    Ok(fenced.trim_start_matches("text\n"))
}

fn place_of(language: &str) -> Result<usize> {
    let place = LANGUAGES.iter().position(|&known| known == language);
    place.ok_or_else(|| {
        Error::Lesson(t!(
            "there are no lessons in '%{language}'; the languages are %{languages}",
            language = language.escape_debug(),
            languages = LANGUAGES.join(", ")
        ))
    })
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

/// The lessons that a word means: `all`, one by its name, a file, or every file of a folder, each read for itself; they may show
/// these panels.
///
/// # Errors
/// When it means none.
pub fn meant(word: &str, language: &str, panels: &[&str]) -> Result<Vec<Result<Lesson>>> {
    let shipped = lessons(language)?;
    if word == "all" {
        return Ok(shipped.into_iter().map(Ok).collect());
    }
    let checked = |lesson: Lesson, origin: &str| lesson.check_panels(panels, origin).map(|()| lesson);
    let path = Path::new(word);
    if path.is_dir() && shipped.iter().all(|lesson| lesson.name != word) {
        let read = |file: &PathBuf| checked(read(file)?, &file.display().to_string());
        return Ok(files(path, language)?.iter().map(read).collect());
    }
    Ok(vec![checked(lesson(word, language)?, word)])
}

/// A lesson from a file.
///
/// # Errors
/// When it cannot be read; one sentence with the line.
pub fn read(path: &Path) -> Result<Lesson> {
    let origin = path.display().to_string();
    let fail = |why: Sentence| Err(Error::Lesson(why));
    let about = fs::metadata(path).map_err(Error::io("read", path))?;
    if !about.is_file() {
        return fail(t!("%{path} is not a lesson; give a .md file", path = origin));
    }
    if about.len() > LONGEST_FILE {
        return fail(t!(
            "%{path} is longer than 1 MiB, which no lesson is; give a .md file",
            path = origin
        ));
    }
    let bytes = fs::read(path).map_err(Error::io("read", path))?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|&&byte| byte == b'\n').count() + 1;
            return fail(t!(
                "%{path}: line %{line}: this is not text in UTF-8; save the lesson as UTF-8",
                path = origin,
                line = line
            ));
        }
    };
    Lesson::parse(&text, &origin)?.located(path.parent(), &origin)
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
            path.extension().is_some_and(|end| end.eq_ignore_ascii_case("md"))
                && !stem.to_string_lossy().to_lowercase().starts_with("readme")
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
    fn a_word_means_lessons() {
        let count = |word: &str| meant(word, "en", &PANELS).map(|found| found.len()).ok();
        assert_eq!(count("all"), Some(EMBEDDED.len()));
        assert_eq!(count("deeper"), Some(1));
        assert_eq!(count("assets/lessons"), Some(EMBEDDED.len()));
        assert_eq!(count("assets/lessons/en/01-deeper.md"), Some(1));
        assert_eq!(count("src"), None);
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.md"), LESSON).unwrap();
        fs::write(folder.path().join("b.md"), "no lesson").unwrap();
        let found = meant(&folder.path().to_string_lossy(), "en", &PANELS).unwrap();
        assert!(matches!(&found[..], [Ok(_), Err(error)] if error.to_string().contains("b.md: line 1")));
    }

    #[test]
    fn panels_that_are_not_there_are_told_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.md");
        fs::write(&path, format!("{LESSON}\n```show\npanels = [\"Curvess\"]\n```\n")).unwrap();
        let found = meant(&path.to_string_lossy(), "en", &PANELS).unwrap();
        let error = found[0].as_ref().unwrap_err().to_string();
        assert!(
            error.ends_with("mine.md: line 21: there is no panel called 'Curvess'; the panels are Curves"),
            "{error}"
        );
    }

    const PANELS: [&str; 1] = ["Curves"];

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
                assert_eq!((&a.show, a.notes.len()), (&b.show, b.notes.len()));
                assert_ne!(a.title, b.title);
            }
        }
    }

    #[test]
    fn what_is_shown_recorded_is_recorded() {
        for lesson in lessons("en")
            .unwrap()
            .iter()
            .filter(|lesson| !lesson.recorded.is_empty())
        {
            let record = recording(&lesson.name).unwrap();
            assert_eq!(record.lesson, lesson.name);
            let evidence = record.evidence();
            for table in lesson.steps.iter().flat_map(|step| &step.tables) {
                let missing = table
                    .expressions()
                    .into_iter()
                    .find(|value| evidence.spread(value).is_none());
                assert_eq!(missing, None, "{}", lesson.name);
            }
            let places = lesson.recordable();
            let mut judged = 0;
            for claim in lesson.steps.iter().flat_map(|step| &step.claims) {
                let measured_in = lesson.measured_in(&[claim.check.left.clone(), claim.check.right.clone()]);
                if measured_in
                    .iter()
                    .all(|&place| places.contains(&&lesson.experiments[place]))
                {
                    assert!(
                        matches!(claim.judge(&evidence), crate::lesson::Verdict::Reproduced(..)),
                        "{}",
                        claim.says
                    );
                    judged += 1;
                }
            }
            assert!(judged >= places.len(), "{}", lesson.name);
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
    fn the_guides_template_is_a_lesson_and_every_quantity_is_documented() {
        let folder = tempfile::tempdir().unwrap();
        for (language, text) in LANGUAGES.into_iter().zip(GUIDES) {
            for (name, _) in crate::lesson::Quantity::NAMES {
                let documented = text.contains(&format!("`{name}(")) || text.contains(&format!("`{name}`"));
                assert!(documented, "{language}: {name}");
            }
            let path = folder.path().join("mine.md");
            fs::write(&path, template(language).unwrap()).unwrap();
            let lesson = read(&path).unwrap();
            assert_eq!((lesson.steps.len(), lesson.expressions().len()), (3, 6), "{language}");
        }
        assert!(template("fr").is_err());
    }

    #[test]
    fn lessons_are_numbered_in_their_order() {
        for (place, lesson) in lessons("en").unwrap().iter().enumerate() {
            assert_eq!(number(&lesson.name), Some(place + 1), "{}", lesson.name);
        }
        assert_eq!(number("mine"), None);
    }

    #[test]
    fn every_damage_is_one_sentence_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.md");
        let good = LESSON.as_bytes();
        let with = |from: &str, to: &str| {
            assert!(LESSON.contains(from), "{from}");
            LESSON.replacen(from, to, 1).into_bytes()
        };
        let latin = [&good[..good.len() - 20], &[0xe9, b'\n'][..]].concat();
        for (damage, bytes, says) in [
            ("bad TOML", with("title =", "title"), "line 3: "),
            (
                "an unknown key",
                with("steps = 3", "stepz = 3"),
                "line 7: unknown field `stepz`",
            ),
            (
                "an unknown net",
                with("plain-8:", "plain-9:"),
                "line 10: network 'plain-9:width=4'",
            ),
            (
                "an impossible recipe",
                with("batch = 4", "batch = 0"),
                "line 8: batch must be at least 1",
            ),
            (
                "an unknown function",
                with("train_loss(", "loss("),
                "line 16: in 'loss(plain-8) > 0': 'loss' is not",
            ),
            (
                "an unknown run",
                with("(plain-8)", "(plain-88)"),
                "line 14: there is no run called 'plain-88'",
            ),
            (
                "an unknown kind",
                with("```claim", "```predict\nkind = \"riddle\""),
                "line 15: unknown variant `riddle`",
            ),
            (
                "no steps",
                with("## See", "# See"),
                "line 13: there is text before the first step",
            ),
            (
                "nothing but front matter",
                LESSON.split("## ").next().unwrap_or_default().into(),
                "line 12: there is no step",
            ),
            (
                "a misspelt block",
                with("```claim", "```tables"),
                "line 14: there is no block called 'tables'; the blocks are predict, claim, table, note, show",
            ),
            (
                "a name that leads elsewhere",
                with("\"mine\"", "\"../../x\""),
                "line 2: the lesson name '../../x'",
            ),
            ("no name", with("\"mine\"", "\"\""), "line 2: the lesson name ''"),
            (
                "a title without end",
                with("Mine", &"M".repeat(20_000)),
                "line 3: a title has at most 200 characters",
            ),
            (
                "a training without end",
                with("steps = 3", "steps = 99999999999"),
                "line 7: steps: 99999999999 are too many",
            ),
            (
                "a batch as large as the memory",
                with("batch = 4", "batch = 100000000"),
                "line 8: batch: 100000000 are too many",
            ),
            (
                "seeds without end",
                with(
                    "batch = 4",
                    &format!("batch = 4\nseeds = {:?}", (0..500).collect::<Vec<_>>()),
                ),
                "line 9: seeds: 500 are too many",
            ),
            (
                "another type",
                with("steps = 3", "steps = 'three'"),
                "line 7: invalid type: string \"three\", expected a whole number",
            ),
            (
                "unknown data",
                with("digits", "digitz"),
                "line 9: There is no data source \"digitz\"",
            ),
            (
                "two runs of one name",
                with("summary =", "use = [\"depth\"]\nsummary ="),
                "line 7: two runs are called 'plain-8'",
            ),
            (
                "an unknown recording",
                with("summary =", "recorded = ['other']\nsummary ="),
                "line 4: there is no experiment called 'other'",
            ),
            (
                "a threshold that is no number",
                with("> 0", "> 1e999"),
                "line 16: in 'train_loss(plain-8) > 1e999': '1e999' is not a number",
            ),
            (
                "a block that is not there",
                with("train_loss(plain-8)", "gradient(plain-8, 99)"),
                "line 14: gradient(plain-8, 99) is not there; for plain-8 the number lies between 0 and 3",
            ),
            (
                "a choice of one",
                with(
                    "```claim",
                    "```predict\nkind = 'choice'\nquestion = '?'\noptions = []\n```\n```claim",
                ),
                "line 14: a choice needs at least two options",
            ),
            (
                "a factor below one",
                with(
                    "```claim",
                    "```predict\nkind = 'number'\nquestion = '?'\nmeasure = '1'\nwithin = nan\n```\n```claim",
                ),
                "line 14: within must be 1 or above",
            ),
            (
                "a row too long",
                with(
                    "```claim",
                    "```table\ncolumns = ['net', 'loss']\nrows = [{ says = 'a', values = ['1', '2'] }]\n```\n```claim",
                ),
                "line 14: the row 'a' has 2 values; the columns after the first are 1",
            ),
            (
                "a moment after the end",
                with("```claim", "```show\npanels = ['Curves']\nstep = 4\n```\n```claim"),
                "line 14: there is no step 4: tiny has 3",
            ),
            ("another encoding", latin, "line 19: this is not text in UTF-8"),
            (
                "a binary file",
                vec![0xff, 0xd8, 0xff, 0xe0, 0, 0x10],
                "line 1: this is not text in UTF-8",
            ),
            ("nulls", vec![0; 4096], "line 1: a lesson begins"),
            ("nothing", Vec::new(), "line 1: a lesson begins"),
        ] {
            assert_ne!(bytes, good);
            fs::write(&path, bytes).unwrap();
            let error = read(&path).unwrap_err().to_string();
            let right = error.contains("mine.md") && error.contains(says) && error.lines().count() == 1;
            assert!(right, "{damage}: {error}");
        }
        fs::File::create(&path).unwrap().set_len(100 << 20).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("mine.md is longer than 1 MiB, which no lesson is; give a .md file"),
            "{error}"
        );
        fs::write(&path, good).unwrap();
        read(&path).unwrap();
    }

    const LESSON: &str = r#"+++
name = "mine"
title = "Mine"
summary = "Nothing is wrong"
[[experiments]]
name = "tiny"
steps = 3
batch = 4
data = { source = "digits" }
runs = [{ net = "plain-8:width=4" }]
+++

## See
```claim
says = "a loss is a loss"
check = "train_loss(plain-8) > 0"
```

The last line of this lesson is only text.
"#;

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
