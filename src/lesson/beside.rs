//! What a lesson file may have beside it: weights that runs start from, and data.

use std::path::{Component, Path, PathBuf, absolute};

use rust_i18n::t;

use super::file::Lesson;
use crate::error::{Error, Result};
use crate::run::{RunPlan, is_shipped};

impl Lesson {
    /// Finds weights and data beside the lesson file, and sees that the weights are those of the nets. Without a folder
    /// only what comes with the program can be named.
    ///
    /// # Errors
    /// One sentence with the file and the line.
    pub(super) fn located(mut self, folder: Option<&Path>, origin: &str) -> Result<Self> {
        for experiment in &mut self.experiments {
            let shape = experiment.data.known_shape();
            for plan in &mut experiment.runs {
                let Some(line) = self.weight_lines.get(&plan.name) else {
                    continue;
                };
                find(plan, folder)
                    .and_then(|()| plan.check_weights(shape))
                    .map_err(|error| {
                        let told = t!("line %{line}: %{what}", line = line, what = error);
                        Error::Lesson(format!("{origin}: {told}").into())
                    })?;
            }
            if let (Some(data), Some(folder)) = (&mut experiment.data.path, folder) {
                *data = absolute(folder.join(&*data)).map_err(Error::io("find", data))?;
            }
        }
        Ok(self)
    }
}

/// Gives the plan the whole path of its weights.
fn find(plan: &mut RunPlan, folder: Option<&Path>) -> Result<()> {
    let Some(named) = plan.weights.as_mut().filter(|named| !is_shipped(named)) else {
        return Ok(());
    };
    let below = named.components().all(|part| matches!(part, Component::Normal(_)));
    let (true, Some(folder)) = (below, folder) else {
        let shown = named.display().to_string().escape_debug().take(120).collect::<String>();
        return Err(Error::Lesson(t!(
            "weights '%{shown}' are not in the lesson's folder; put the file beside the lesson and give its name",
            shown = shown
        )));
    };
    let whole: PathBuf = absolute(folder.join(&*named)).map_err(Error::io("find", named))?;
    *named = whole;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::engine::weights_file;
    use crate::lesson::read;
    use crate::net::{Graph, Spec, initial_weights};

    const LESSON: &str = r#"+++
name = "trained"
title = "From a trained net"
summary = "A class starts where another has stopped"
[[experiments]]
name = "drawn"
steps = 2
batch = 4
data = { source = "digits" }
runs = [{ net = "plain-8:width=4" }]
[[experiments]]
name = "on"
steps = 2
batch = 4
data = { source = "digits" }
runs = [
    { name = "other", net = "plain-8:width=4" },
    { name = "mine", net = "plain-8:width=4", weights = "nets/w.safetensors" },
]
+++
## See
```claim
says = "a loss is a loss"
check = "train_loss(mine) > 0"
```
"#;

    #[test]
    fn weights_stand_beside_the_lesson() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.md");
        let weights = folder.path().join("nets/w.safetensors");
        fs::create_dir(folder.path().join("nets")).unwrap();
        let graph = Graph::new(&Spec::for_data("plain-8:width=4", [1, 8, 8], 10).unwrap());
        weights_file::write(&weights, &initial_weights(&graph, 3)).unwrap();
        fs::write(&file, LESSON).unwrap();
        let lesson = read(&file).unwrap();
        assert_eq!(lesson.experiments[1].runs[1].weights, Some(weights.clone()));
        let recipe = lesson.experiments[1].recipe_line();
        assert!(recipe.ends_with("mine from weights w.safetensors"), "{recipe}");
        let refused = |text: &str| {
            fs::write(&file, text).unwrap();
            let error = read(&file).unwrap_err().to_string();
            assert!(
                error.contains("mine.md: line 18: ") && error.lines().count() == 1,
                "{error}"
            );
            error
        };
        for (named, says) in [
            ("../w.safetensors", "not in the lesson's folder"),
            ("../../etc/passwd", "not in the lesson's folder"),
            ("/etc/passwd", "not in the lesson's folder"),
            ("", "give a .safetensors file"),
            ("other.safetensors", "cannot read"),
            ("mine.md", "give a .safetensors file"),
            ("mnist-5k-8x8", "do not fit mine"),
        ] {
            let error = refused(&LESSON.replace("nets/w.safetensors", named));
            assert!(error.contains(says), "{named}: {error}");
        }
        let wide = LESSON.replace(
            "\"mine\", net = \"plain-8:width=4\"",
            "\"mine\", net = \"plain-8:width=8\"",
        );
        assert!(refused(&wide).contains("do not fit mine"));
        // A header that claims more than there is.
        fs::write(&weights, [&u64::MAX.to_le_bytes()[..], b"{}"].concat()).unwrap();
        assert!(refused(LESSON).contains("no sound .safetensors file"));
    }
}
