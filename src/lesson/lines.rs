//! On which lines a lesson's front matter says what.

use serde::Deserialize;
use toml::Spanned;

use crate::net::Spec;

/// The lesson's own experiments, as they are written.
#[derive(Debug, Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    pub experiments: Vec<WrittenExperiment>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WrittenExperiment {
    name: Spanned<String>,
    #[serde(default)]
    pub runs: Vec<WrittenRun>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WrittenRun {
    net: Spanned<String>,
    pub weights: Option<Spanned<String>>,
}

impl Written {
    /// Of front matter that can be read as a whole.
    pub fn of(front: &str) -> Self {
        toml::from_str(front).unwrap_or(Self {
            experiments: Vec::new(),
        })
    }
}

impl WrittenExperiment {
    /// The line, from 0, of what is most likely wrong with it: a net that cannot be read, the key that is `said` first, or its
    /// beginning.
    pub fn trouble(&self, front: &str, said: &str) -> usize {
        let wrong = |run: &&WrittenRun| run.net.get_ref().parse::<Spec>().is_err();
        if let Some(run) = self.runs.iter().find(wrong) {
            return line_of(front, &run.net);
        }
        let begins = line_of(front, &self.name);
        let key = said.split([' ', '.', ':']).next().unwrap_or_default();
        let own = front.lines().enumerate().skip(begins);
        let mut own = own.take_while(|(_, line)| !line.starts_with("[["));
        let named = own.find(|(_, line)| !key.is_empty() && line.trim_start().starts_with(key));
        named.map_or(begins, |(line, _)| line)
    }
}

/// Counted from 0.
pub(super) fn line_of(text: &str, part: &Spanned<String>) -> usize {
    let above = &text.as_bytes()[..part.span().start.min(text.len())];
    above.iter().filter(|&&byte| byte == b'\n').count()
}
