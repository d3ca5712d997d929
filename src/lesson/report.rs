//! The one page that a lesson ends in: what was asked, predicted and measured, in a file that needs nothing else.

use std::collections::BTreeMap;
use std::fmt::Write;

use rust_i18n::t;

use super::claim::{Claim, Verdict};
use super::drawn;
use super::evidence::{Evidence, Spread};
use super::file::{Lesson, Step};
use super::markdown;
use super::note::Notes;
use super::prediction::{Guess, Prediction};
use super::record::{Record, today};
use super::table::Reading;
use super::words;
use crate::error::Result;
use crate::export::{Caption, Figure, Format, Kind, Material, Panel, Size, figure};
use crate::net::Spec;
use crate::run::{Experiment, Findings, History, RunFolder, RunPlan, Series};

/// What a report may weigh, in bytes. Figures that do not fit are left out, and it says so.
const HEAVIEST: usize = 300_000;
/// Pixels a side of a landscape: light enough for several.
const PIXELS: usize = 200;
/// Kept free for what follows the figures.
const REST: usize = 20_000;

/// What is drawn of an experiment, as far as it is known: what was found out about its nets before what training shows anyway.
const FIGURES: [Kind; 10] = [
    Kind::Loss,
    Kind::Error,
    Kind::Information,
    Kind::Insertion,
    Kind::Forms,
    Kind::Shattering,
    Kind::Lesions,
    Kind::Transfer,
    Kind::Landscape,
    Kind::Gradients,
];

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:48em;margin:2em auto;padding:0 1em;color:#1d1d1f}\
h1{line-height:1.2}h2{margin-top:1.6em}table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:.3em .6em;border-bottom:1px solid #dddcd8;vertical-align:top}.number{text-align:right}\
figure{margin:1em calc(50% - min(50vw - 1em, 40em));text-align:center}\
.quiet{color:#626266}.yes{color:#00593f}.no{color:#9f1b32}svg{max-width:100%;height:auto}";

/// What was predicted, by step and place among the step's predictions.
pub type Guesses = BTreeMap<(usize, usize), Guess>;

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    pub lesson: &'a Lesson,
    pub evidence: &'a Evidence,
    pub guesses: &'a Guesses,
    pub notes: &'a Notes,
    /// What the learner trained beside the lesson's experiments.
    pub own: Option<&'a RunFolder>,
    /// What stands in for trainings that were not done here.
    pub record: Option<&'a Record>,
}

impl<'a> Report<'a> {
    /// Of what was measured, where nobody predicted or wrote anything.
    pub fn of(lesson: &'a Lesson, evidence: &'a Evidence) -> Self {
        static NO_GUESSES: Guesses = Guesses::new();
        static NO_NOTES: Notes = Notes::new();
        Self {
            lesson,
            evidence,
            guesses: &NO_GUESSES,
            notes: &NO_NOTES,
            own: None,
            record: None,
        }
    }

    /// The page, in the language spoken.
    ///
    /// # Errors
    /// When a figure cannot be drawn.
    pub fn html(&self) -> Result<String> {
        let title = escape(&self.lesson.title);
        let language = rust_i18n::locale().to_string();
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\
             <body>\n<h1>{title}</h1>\n",
            escape(&language)
        );
        paragraph(&mut page, "", &self.lesson.summary);
        paragraph(&mut page, "quiet", &self.origin());
        let predictions = self.predictions()?;
        if !predictions.is_empty() {
            heading(&mut page, &t!("Predicted and measured"));
            page.push_str(&predictions);
        }
        let claims = self.claims();
        if !claims.is_empty() {
            heading(&mut page, &t!("Claims"));
            page.push_str(&claims);
        }
        self.notes(&mut page);
        if let Some(own) = self.own {
            heading(&mut page, &t!("My own experiment"));
            finals(&mut page, own);
            training(&mut page, &own.experiment, own.history.clone(), None)?;
        }
        heading(&mut page, &t!("Trainings"));
        for experiment in &self.lesson.experiments {
            let of_this = |name: &str| experiment.runs.iter().any(|plan| plan.name == name);
            let measured = || {
                let all = self.evidence.measured();
                all.filter(|exhibit| of_this(&exhibit.series.track.name))
            };
            let mut history = History::default();
            history.runs = measured().map(|exhibit| exhibit.series.clone()).collect();
            let findings = measured().next().map(|exhibit| exhibit.findings.as_ref());
            training(&mut page, experiment, history, findings)?;
        }
        page.push_str("</body></html>\n");
        Ok(page)
    }

    /// Who measured, when.
    fn origin(&self) -> String {
        let mut devices: Vec<&str> = self
            .evidence
            .measured()
            .map(|exhibit| exhibit.series.engine.as_str())
            .collect();
        devices.sort_unstable();
        devices.dedup();
        let version = env!("CARGO_PKG_VERSION");
        let mut words = vec![t!("depthscope %{version}, %{date}.", version = version, date = today())];
        if !devices.is_empty() {
            words.push(t!("Measured on %{devices}.", devices = devices.join(&t!(", "))));
        }
        if let Some(record) = self.record {
            words.push(t!(
                "What is marked as recorded was measured on %{device} on %{date}.",
                device = record.device,
                date = record.date
            ));
        }
        words.join(" ")
    }

    fn predictions(&self) -> Result<String> {
        let mut page = String::new();
        let recording = self.record.map(Record::evidence).unwrap_or_default();
        for (place, step) in self.lesson.steps.iter().enumerate() {
            for table in &step.tables {
                figures(&mut page, &table.read(self.evidence, &recording));
            }
            for (index, prediction) in step.predictions.iter().enumerate() {
                self.prediction(&mut page, prediction, self.guesses.get(&(place, index)))?;
            }
        }
        Ok(page)
    }

    fn prediction(&self, page: &mut String, prediction: &Prediction, guess: Option<&Guess>) -> Result<()> {
        row(page, "h3", "", &flat(prediction.question()));
        match guess {
            Some(Guess::Skipped) => {
                paragraph(page, "quiet", &t!("Run without a prediction."));
                if let Some(grade) = prediction.measured(self.evidence) {
                    paragraph(page, "", &words::measured(prediction, &grade));
                }
            }
            Some(guess) => {
                let said = t!("Predicted: %{guess}", guess = words::guess(prediction, guess));
                paragraph(page, "", &said);
                if let Some(figure) = drawn::figure(prediction, guess, self.evidence) {
                    picture(page, &figure)?;
                }
                match prediction.grade(guess, self.evidence) {
                    Some(grade) => {
                        let class = if grade.credit() > 0.999 { "yes" } else { "" };
                        let (praise, outcome) = (words::praise(&grade), words::outcome(prediction, &grade));
                        let said = t!("%{praise}; %{outcome}", praise = praise, outcome = outcome);
                        paragraph(page, class, &said);
                    }
                    None => paragraph(page, "quiet", &t!("not measured")),
                }
            }
            None => paragraph(page, "quiet", &t!("Nothing was predicted.")),
        }
        paragraph(page, "", &flat(prediction.explanation()));
        Ok(())
    }

    fn claims(&self) -> String {
        let claims: Vec<&Claim> = self.lesson.steps.iter().flat_map(|step: &Step| &step.claims).collect();
        let mut page = String::new();
        if claims.is_empty() {
            return page;
        }
        page.push_str("<table>\n");
        for claim in claims {
            let verdict = claim.judge(self.evidence);
            let (class, word) = match verdict {
                Verdict::Reproduced(..) if claim.is_recorded(self.evidence) => ("", t!("recorded")),
                Verdict::Reproduced(..) => ("yes", t!("reproduced")),
                Verdict::NotReproduced(..) => ("no", t!("not reproduced here")),
                Verdict::NotMeasured => ("quiet", t!("not measured")),
            };
            let mut detail = match verdict {
                Verdict::NotMeasured => String::new(),
                _ => words::verdict(claim, &verdict),
            };
            if matches!(verdict, Verdict::NotReproduced(..)) && !claim.otherwise.is_empty() {
                detail += &t!(". Try: %{what}", what = claim.otherwise);
            }
            page.push_str("<tr>");
            row(&mut page, "td", class, &word);
            row(&mut page, "td", "", &flat(&claim.says));
            row(&mut page, "td", "quiet", &detail);
            page.push_str("</tr>\n");
        }
        page.push_str("</table>\n");
        page
    }

    /// What the learner wrote down.
    fn notes(&self, page: &mut String) {
        let steps = self.lesson.steps.iter().enumerate();
        let asked =
            steps.flat_map(|(place, step)| step.notes.iter().enumerate().map(move |(at, note)| ((place, at), note)));
        let written = |key: &(usize, usize)| self.notes.get(key).map_or("", |text| text.trim());
        let told: Vec<_> = asked.filter(|(key, _)| !written(key).is_empty()).collect();
        if told.is_empty() {
            return;
        }
        heading(page, &t!("In my own words"));
        for (key, note) in told {
            row(page, "h3", "", &flat(&note.asks));
            for line in written(&key).lines() {
                paragraph(page, "", line);
            }
        }
    }
}

/// A table of measured figures.
fn figures(page: &mut String, read: &Reading) {
    page.push_str("<table>\n");
    let rows: Vec<Vec<String>> = read
        .cells
        .iter()
        .map(|cells| cells.iter().map(|cell| flat(cell)).collect())
        .collect();
    let numbers = markdown::numbers(&rows);
    for (place, cells) in rows.iter().enumerate() {
        page.push_str("<tr>");
        for (cell, number) in cells.iter().zip(&numbers) {
            let class = if *number { "number" } else { "" };
            row(page, if place == 0 { "th" } else { "td" }, class, cell);
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
    read.tags.iter().for_each(|tag| paragraph(page, "quiet", tag));
}

/// Recipe, seeds, device and figures of one experiment.
fn training(page: &mut String, experiment: &Experiment, history: History, findings: Option<&Findings>) -> Result<()> {
    // Titles of the experiments that come with the program are translated.
    let title = t!(&experiment.title);
    row(page, "h3", "", if title.is_empty() { &experiment.name } else { &title });
    paragraph(page, "quiet", &experiment.recipe_line());
    if history.runs.is_empty() {
        paragraph(page, "quiet", &t!("not trained here"));
        return Ok(());
    }
    let caption = Caption::of(experiment);
    let material = Material {
        findings,
        ..Material::of(&caption, &history)
    };
    for kind in FIGURES {
        // One step has no curve, nor has one test.
        if kind == Kind::Loss && experiment.steps < 2 {
            continue;
        }
        if kind == Kind::Error && !(1..experiment.steps).contains(&experiment.eval_every) {
            continue;
        }
        let Ok(mut figure) = figure(kind, &material) else {
            continue;
        };
        for panel in &mut figure.panels {
            if let Panel::Relief(relief) = panel {
                relief.pixels = PIXELS;
            }
        }
        picture(page, &figure)?;
    }
    Ok(())
}

/// A figure, where there is room for it.
fn picture(page: &mut String, figure: &Figure) -> Result<()> {
    let svg = figure.bytes(Format::Svg, Size::Screen)?;
    if page.len() + svg.len() + REST > HEAVIEST {
        paragraph(
            page,
            "quiet",
            &t!("A figure is left out, because the page would grow too large."),
        );
        return Ok(());
    }
    let svg = String::from_utf8_lossy(&svg);
    // What stands before the element is for files of its own.
    let from = svg.find("<svg").unwrap_or(0);
    let _ = writeln!(page, "<figure>{}</figure>", svg[from..].trim_end());
    Ok(())
}

/// What each net of a run folder came to.
fn finals(page: &mut String, folder: &RunFolder) {
    page.push_str("<table>\n<tr>");
    let heads = [
        t!("net"),
        t!("steps"),
        t!("training loss, last 50 steps"),
        t!("test error, batch statistics"),
    ];
    heads.iter().for_each(|head| row(page, "th", "", head));
    page.push_str("</tr>\n");
    let summaries = folder.summary.iter().flat_map(|summary| &summary.runs);
    for plan in &folder.experiment.runs {
        let seeds: Vec<&Series> = folder
            .history
            .runs
            .iter()
            .filter(|run| run.track.name == plan.name)
            .collect();
        let losses: Vec<f64> = seeds.iter().filter_map(|run| Some(run.final_loss()?.into())).collect();
        let own = summaries.clone().filter(|run| run.name == plan.name);
        let errors: Vec<f64> = own.filter_map(|run| Some(run.test_error?.into())).collect();
        let told =
            |values: &[f64]| Spread::of(values).map_or(t!("not measured").into(), |spread| words::spread_of(&spread));
        let steps = seeds.iter().map(|run| run.step()).min().unwrap_or(0);
        page.push_str("<tr>");
        row(page, "td", "", &format!("{}: {}", plan.name, net_of(plan)));
        row(page, "td", "", &steps.to_string());
        row(page, "td", "", &told(&losses));
        row(page, "td", "", &told(&errors));
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

/// The net's text as a lesson or the command line takes it.
fn net_of(plan: &RunPlan) -> String {
    let spec = plan.net.parse::<Spec>();
    spec.map_or_else(|_| plan.net.clone(), |spec| spec.text_without_data())
}

/// Markdown in one line without looks.
fn flat(text: &str) -> String {
    markdown::plain(&markdown::spans(text))
}

fn heading(page: &mut String, text: &str) {
    row(page, "h2", "", text);
}

fn paragraph(page: &mut String, class: &str, text: &str) {
    if !text.is_empty() {
        row(page, "p", class, text);
        page.push('\n');
    }
}

/// An element of that class with the text in it, whatever the text holds.
fn row(page: &mut String, element: &str, class: &str, text: &str) {
    let text = escape(text);
    let class = if class.is_empty() {
        String::new()
    } else {
        format!(" class=\"{class}\"")
    };
    page.push_str(&format!("<{element}{class}>{text}</{element}>"));
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Control characters have no place in a page.
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::exhibit;
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    use crate::lesson::Exhibit;
    use crate::run::Layout;

    const LESSON: &str = r#"+++
name = "small"
title = "<script>alert('title')</script>"
summary = "<b>summary</b>"
[[experiments]]
name = "mine"
title = "<img src=x onerror=alert(1)>"
steps = 60
batch = 32
data = { source = "digits" }
runs = [{ net = "plain-8:width=8" }, { net = "plain-14:width=8" }]
+++
## Guess
```predict
kind = "order"
question = "Which is <i>lower</i>?"
runs = ["plain-8", "plain-14"]
by = "train_loss"
explanation = "\"Deeper\" & worse"
```
```claim
says = "</td><script>1</script>"
check = "train_loss(plain-14) - train_loss(plain-8) > 2"
otherwise = "<u>more</u> seeds"
```
"#;

    #[test]
    fn a_page_tells_everything_and_runs_nothing() {
        let lesson = Lesson::parse(LESSON, "small.md").unwrap();
        let mut evidence = Evidence::default();
        evidence.insert(exhibit("plain-8", 0, 0.5));
        evidence.insert(exhibit("plain-14", 0, 1.5));
        let guesses = Guesses::from([((0, 0), Guess::Order(vec!["plain-14".into(), "plain-8".into()]))]);
        let report = Report {
            lesson: &lesson,
            evidence: &evidence,
            guesses: &guesses,
            notes: &Notes::new(),
            own: None,
            record: None,
        };
        let page = report.html().unwrap();
        assert!(page.len() < HEAVIEST, "{}", page.len());
        for wanted in [
            "Predicted: plain-14 &lt; plain-8",
            "0 of 1 pairs",
            "not reproduced here",
            "1.000 with one seed, needed\u{a0}&gt;\u{a0}2",
            "Try: &lt;u&gt;more&lt;/u&gt; seeds",
            "&quot;Deeper&quot; &amp; worse",
            "Measured on test",
            "60 steps",
            "<svg",
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        for bad in ["<script", "<img", "<b>", "<i>", "<u>", "http-equiv"] {
            assert!(!page.contains(bad), "{bad}");
        }
        // Nothing is fetched: the only addresses are names of formats.
        let addresses = page.matches("http").count();
        assert_eq!(addresses, page.matches("http://www.w3.org/").count());
    }

    #[test]
    fn what_was_found_out_about_the_nets_is_drawn() {
        let lesson = Lesson::parse(LESSON, "small.md").unwrap();
        let figures = |findings: Findings| {
            let mut evidence = Evidence::default();
            evidence.insert(Exhibit {
                findings: Arc::new(findings),
                ..exhibit("plain-8", 0, 0.5)
            });
            let report = Report::of(&lesson, &evidence);
            report.html().unwrap().matches("<svg").count()
        };
        let known = figures(super::super::found::tests::findings());
        assert!(known > figures(Findings::default()), "{known}");
    }

    #[test]
    fn who_did_not_predict_reads_so() {
        let lesson = Lesson::parse(LESSON, "small.md").unwrap();
        let mut evidence = Evidence::default();
        evidence.insert(exhibit("plain-8", 0, 0.5));
        evidence.insert(exhibit("plain-14", 0, 1.5));
        let report = Report {
            lesson: &lesson,
            evidence: &evidence,
            guesses: &Guesses::from([((0, 0), Guess::Skipped)]),
            notes: &Notes::new(),
            own: None,
            record: None,
        };
        let page = report.html().unwrap();
        assert!(page.contains("Run without a prediction.") && page.contains("measured: plain-8 0.500, plain-14 1.500"));
        assert!(!page.contains("pairs in the right order"));
    }

    #[test]
    fn what_was_not_done_is_said() {
        let lesson = Lesson::parse(LESSON, "small.md").unwrap();
        let report = Report {
            lesson: &lesson,
            evidence: &Evidence::default(),
            guesses: &Guesses::new(),
            notes: &Notes::new(),
            own: None,
            record: None,
        };
        let page = report.html().unwrap();
        assert!(
            page.contains("Nothing was predicted.")
                && page.contains("not trained here")
                && page.contains("not measured")
        );
    }

    #[test]
    fn words_and_nets_of_ones_own_stand_in_it_escaped() {
        let asks = "```note\nasks = \"I think <i>that</i>\"\n```\n```note\nasks = \"Nobody answers\"\n```\n";
        let lesson = Lesson::parse(&[LESSON, asks].concat(), "small.md").unwrap();
        let mut experiment = lesson.experiments[0].clone();
        experiment.runs[0].name = "<script>mine".into();
        let mut history = History::default();
        history.runs = vec![exhibit("plain-8", 0, 0.25).series];
        history.runs[0].track.name.clone_from(&experiment.runs[0].name);
        let own = RunFolder {
            layout: Layout::new(Path::new("nowhere")),
            experiment,
            history,
            summary: None,
            notices: Vec::new(),
        };
        let written = "<script>alert('me')</script> & \"so\"\n\nA second line\u{0007}";
        let report = Report {
            lesson: &lesson,
            evidence: &Evidence::default(),
            guesses: &Guesses::new(),
            notes: &Notes::from([((0, 0), written.into()), ((0, 1), "  \n".into())]),
            own: Some(&own),
            record: None,
        };
        let page = report.html().unwrap();
        for wanted in [
            "<h3>I think &lt;i&gt;that&lt;/i&gt;</h3>",
            "<p>&lt;script&gt;alert(&#39;me&#39;)&lt;/script&gt; &amp; &quot;so&quot;</p>",
            "<p>A second line </p>",
            "<td>&lt;script&gt;mine: plain-8:width=8</td><td>60</td><td>0.250 with one seed</td><td>not measured</td>",
            "<svg",
        ] {
            assert!(page.contains(wanted), "{wanted} in {page}");
        }
        assert!(!page.contains("<script") && !page.contains("Nobody answers"));
    }
}
