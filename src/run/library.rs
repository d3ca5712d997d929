//! The experiments that come with the program, and where else one can come from.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use rust_i18n::t;

use super::beginning::is_shipped;
use super::experiment::Experiment;
use crate::error::{Error, Result};

const EMBEDDED: [(&str, &str); 7] = [
    ("quick", include_str!("../../assets/experiments/quick.toml")),
    ("faithful", include_str!("../../assets/experiments/faithful.toml")),
    ("mnist", include_str!("../../assets/experiments/mnist.toml")),
    ("colour", include_str!("../../assets/experiments/colour.toml")),
    ("vanishing", include_str!("../../assets/experiments/vanishing.toml")),
    ("depth", include_str!("../../assets/experiments/depth.toml")),
    ("transfer", include_str!("../../assets/experiments/transfer.toml")),
];

/// An experiment file is short; anything longer is another kind of file.
const LONGEST_FILE: u64 = 1 << 20;

impl Experiment {
    /// Names of the experiments that come with the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|&(name, _)| name)
    }

    /// What the experiment of that name that comes with the program is about.
    pub fn title_of(name: &str) -> Option<&'static str> {
        static TITLES: LazyLock<Vec<String>> = LazyLock::new(|| {
            let title = |(name, _)| Experiment::named(name).map_or_else(|_| String::new(), |found| found.title);
            EMBEDDED.into_iter().map(title).collect()
        });
        let place = EMBEDDED.iter().position(|&(known, _)| known == name)?;
        Some(&TITLES[place])
    }

    /// An experiment that comes with the program.
    ///
    /// # Errors
    /// When there is none of that name; the sentence lists them.
    pub fn named(name: &str) -> Result<Self> {
        let (_, text) = EMBEDDED
            .iter()
            .find(|&&(known, _)| known == name)
            .ok_or_else(|| unknown(name))?;
        Self::parse(text, &t!("experiment '%{name}'", name = name))
    }

    /// An experiment by name, or from a file. A relative path of data or weights is meant from the file's own folder.
    ///
    /// # Errors
    /// When there is neither, or it cannot be used.
    pub fn load(file_or_name: &str) -> Result<Self> {
        if EMBEDDED.iter().any(|&(name, _)| name == file_or_name) {
            return Self::named(file_or_name);
        }
        let path = Path::new(file_or_name);
        if !path.exists() {
            return Err(unknown(file_or_name));
        }
        Self::read(path)
    }

    /// An experiment from a file.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub fn read(path: &Path) -> Result<Self> {
        let about = fs::metadata(path).map_err(Error::io("read", path))?;
        if !about.is_file() || about.len() > LONGEST_FILE {
            return Err(Error::Experiment(t!(
                "%{path} is not an experiment file; give a .toml file",
                path = path.display()
            )));
        }
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        let mut experiment = Self::parse(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let weights = experiment.runs.iter_mut().filter_map(|plan| plan.weights.as_mut());
        for file in weights
            .filter(|source| !is_shipped(source))
            .chain(&mut experiment.data.path)
        {
            *file = std::path::absolute(folder.join(&*file)).map_err(Error::io("find", file))?;
        }
        Ok(experiment)
    }
}

fn unknown(text: &str) -> Error {
    let names: Vec<&str> = Experiment::names().collect();
    let shown: String = text.escape_debug().take(120).collect();
    Error::Experiment(t!(
        "'%{shown}' is neither a file nor an experiment; the experiments are %{names}",
        shown = shown,
        names = names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Graph, Spec};

    #[test]
    fn every_experiment_parses_builds_and_round_trips() {
        for name in Experiment::names() {
            let experiment = Experiment::named(name).unwrap();
            assert_eq!(experiment.name, name);
            assert!(!experiment.title.is_empty(), "{name}");
            for plan in &experiment.runs {
                let spec: Spec = plan.net.parse().unwrap();
                assert!(Graph::new(&spec).parameter_count() > 0);
            }
            let again = Experiment::parse(&experiment.to_toml(), "again").unwrap();
            assert_eq!(again, experiment, "{name}");
        }
    }

    #[test]
    fn depth_sweeps_both_families() {
        let experiment = Experiment::named("depth").unwrap();
        assert_eq!((experiment.runs.len(), experiment.seeds.len()), (8, 3));
    }

    #[test]
    fn data_is_sought_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        let text = Experiment::named("quick")
            .unwrap()
            .to_toml()
            .replace("source = \"digits\"", "source = \"idx\"\npath = \"sets/mine\"");
        fs::write(&file, text).unwrap();
        let experiment = Experiment::load(file.to_str().unwrap()).unwrap();
        assert_eq!(experiment.data.path.unwrap(), folder.path().join("sets/mine"));
    }

    #[test]
    fn what_is_not_there_is_one_sentence() {
        let folder = tempfile::tempdir().unwrap();
        for (name, says) in [
            ("quik", "the experiments are quick, faithful"),
            ("nowhere/mine.toml", "neither a file"),
            (folder.path().to_str().unwrap(), "not an experiment file"),
        ] {
            let error = Experiment::load(name).unwrap_err().to_string();
            assert!(error.contains(says) && error.lines().count() == 1, "{error}");
        }
    }
}
