//! The table a training ends with.

use crate::run::{Status, Summary};

const HEADINGS: [&str; 7] = ["run", "seed", "steps", "loss", "error %", "test error %", "seconds"];

/// Name, seed, steps, final training loss and error, test error, and seconds of each run.
pub fn table(summary: &Summary) -> String {
    let number = |value: Option<f32>, factor: f32, digits: usize| {
        value.map_or("-".into(), |value| format!("{:.digits$}", value * factor))
    };
    let mut rows = vec![HEADINGS.map(String::from)];
    for run in &summary.runs {
        let steps = match run.status {
            Status::Diverged => format!("{} diverged", run.steps),
            Status::Stopped => format!("{} stopped", run.steps),
            Status::Training | Status::Finished => run.steps.to_string(),
        };
        rows.push([
            run.name.clone(),
            run.seed.to_string(),
            steps,
            number(run.final_train_loss, 1.0, 4),
            number(run.final_train_error, 100.0, 1),
            number(run.test_error, 100.0, 1),
            format!("{:.1}", run.seconds),
        ]);
    }
    let mut text = String::new();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text + "loss and error: mean of the last 50 minibatches, of less than 100 steps of the later half; test error: with batch statistics\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunSummary;

    #[test]
    fn columns_align_and_gaps_show() {
        let run = RunSummary {
            name: "plain-20".into(),
            net: "plain-20".into(),
            seed: 0,
            steps: 7,
            status: Status::Diverged,
            final_train_loss: None,
            final_train_error: Some(0.5),
            test_loss: None,
            test_error: None,
            test_error_running: None,
            test_loss_running: None,
            bn_mode: "batch".into(),
            seconds: 1.25,
            engine: "candle".into(),
            parameters: 1,
            curve: Vec::new(),
        };
        let text = table(&Summary { runs: vec![run] });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].len(), lines[1].len(), "{text}");
        assert!(lines[1].contains("7 diverged") && lines[1].contains(" - "), "{text}");
    }
}
