//! How training goes on, in the terminal: one bar a run, or a line now and then where there is no terminal.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::run::Event;

const BAR: &str = "{prefix} {bar:24} {pos:>6}/{len}  {msg}  {eta} left";
/// Between lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Run {
    fn words(&self) -> String {
        format!("loss {:<8.4}", self.loss)
    }
}

/// Shows one training.
pub struct Progress {
    steps: usize,
    bars: MultiProgress,
    runs: Vec<Run>,
    /// When the next line is due, where there is no terminal.
    line_due: Option<Instant>,
    began: Option<(Instant, usize)>,
}

struct Run {
    label: String,
    bar: ProgressBar,
    step: usize,
    loss: f32,
}

impl Progress {
    /// For runs of that many steps.
    pub fn new(steps: usize) -> Self {
        let plain = !std::io::stderr().is_terminal();
        Self {
            steps,
            bars: MultiProgress::new(),
            runs: Vec::new(),
            line_due: plain.then(|| Instant::now() + LINE_EVERY),
            began: None,
        }
    }

    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Started { track, step, .. } => {
                let label = format!("{} seed {}", track.name, track.seed);
                let bar = self.bars.add(ProgressBar::new(self.steps as u64));
                bar.set_style(ProgressStyle::with_template(BAR).expect("the template is right"));
                bar.set_position(*step as u64);
                bar.reset_eta();
                self.runs.push(Run {
                    label,
                    bar,
                    step: *step,
                    loss: f32::NAN,
                });
                self.align();
            }
            Event::Stepped { run, step, loss, .. } => {
                if let Some(shown) = self.runs.get_mut(*run) {
                    (shown.step, shown.loss) = (*step, *loss);
                    shown.bar.set_message(shown.words());
                    shown.bar.set_position(*step as u64);
                }
                self.line();
            }
            Event::Diverged { run, step } => self.end(*run, &format!("  diverged at step {step}")),
            Event::Finished { run, .. } => self.end(*run, ""),
            Event::Notice(sentence) => self.say(sentence),
            _ => {}
        }
    }

    /// Shows a sentence above the bars.
    pub fn say(&self, sentence: &str) {
        // Without bars there is nothing to stand above, and nowhere to complain if that fails.
        self.bars.suspend(|| eprintln!("{sentence}"));
    }

    fn end(&mut self, run: usize, word: &str) {
        if let Some(shown) = self.runs.get(run) {
            shown.bar.abandon_with_message(format!("{}{word}", shown.words()));
        }
    }

    fn align(&self) {
        let width = self.runs.iter().map(|run| run.label.len()).max().unwrap_or(0);
        for run in &self.runs {
            run.bar.set_prefix(format!("{:<width$}", run.label));
        }
    }

    /// `step 120 of 400, 31 s left: plain-20 seed 0 .61, ...` where there is no terminal.
    fn line(&mut self) {
        let step = self.runs.iter().map(|run| run.step).min().unwrap_or(0);
        let (began, first) = *self.began.get_or_insert((Instant::now(), step));
        if self.line_due.is_none_or(|due| Instant::now() < due) {
            return;
        }
        self.line_due = Some(Instant::now() + LINE_EVERY);
        let pace = began.elapsed().as_secs_f64() / (step - first.min(step)).max(1) as f64;
        let left = pace * self.steps.saturating_sub(step) as f64;
        let losses: Vec<String> = self
            .runs
            .iter()
            .map(|run| format!("{} {:.4}", run.label, run.loss))
            .collect();
        eprintln!(
            "step {step} of {}, {left:.0} s left; loss: {}",
            self.steps,
            losses.join(", ")
        );
    }
}
