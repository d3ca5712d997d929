//! Reads an event log back into a run's series, superseding what a resumed session did again as TensorBoard does.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use prost::Message;
use rust_i18n::t;

use super::event_log::{files, tag};
use super::history::{Evaluated, Measured, Series};
use super::tfevent::{Content, Damage, Event, SESSION_START, Summary, Value, What, records};
use crate::engine::Norms;
use crate::error::{Error, Result};

/// A log longer than this is not read: it would be weeks of training.
const LONGEST: u64 = 2 << 30;

/// Fills a series from the log in a run's folder, and returns a sentence for each file that is damaged.
///
/// # Errors
/// When the folder cannot be read.
pub fn read(folder: &Path, series: &mut Series) -> Result<Vec<String>> {
    let mut notices = Vec::new();
    for path in files(folder)? {
        let file = File::open(&path).map_err(Error::io("read", &path))?;
        let mut bytes = Vec::new();
        file.take(LONGEST)
            .read_to_end(&mut bytes)
            .map_err(Error::io("read", &path))?;
        let mut damaged = 0;
        for record in records(&bytes) {
            match record.map(Event::decode) {
                Ok(Ok(event)) => apply(series, event),
                // The last record of a killed process: nothing is wrong with the rest.
                Err(Damage::Truncated) => {}
                Ok(Err(_)) | Err(Damage::Length | Damage::Data) => damaged += 1,
            }
        }
        if damaged > 0 {
            let path = path.display();
            let words = match damaged {
                1 => t!("%{path}: 1 damaged record was left out", path = path),
                more => t!(
                    "%{path}: %{more} damaged records were left out",
                    path = path,
                    more = more
                ),
            };
            notices.push(words.into());
        }
    }
    Ok(notices)
}

fn apply(series: &mut Series, event: Event) {
    let Ok(step) = usize::try_from(event.step) else { return };
    match event.what {
        Some(What::SessionLog(log)) if log.status == SESSION_START => supersede(series, step),
        Some(What::Summary(summary)) => take(series, step, &summary),
        _ => {}
    }
}

/// Forgets `from` and later steps.
fn supersede(series: &mut Series, from: usize) {
    match from.checked_sub(1) {
        Some(kept) => series.truncate(kept),
        None => {
            series.truncate(0);
            series.measured.clear();
            series.evaluated.clear();
        }
    }
}

fn take(series: &mut Series, step: usize, summary: &Summary) {
    if let Some(words) = find(summary, tag::ENGINE).and_then(words) {
        series.engine = words;
    }
    let number = |tag| find(summary, tag).and_then(scalar);
    if let (Some(loss), Ok(done)) = (number(tag::TRAIN_LOSS), u32::try_from(step)) {
        if series.steps.last().is_none_or(|&last| last < done) {
            series.steps.push(done);
            series.loss.push(loss);
            series.sketch.push(loss);
            series.error.push(number(tag::TRAIN_ERROR).unwrap_or(f32::NAN));
            series.rate.push(number(tag::RATE).unwrap_or(f32::NAN));
        }
        if !loss.is_finite() {
            series.diverged = Some(step);
        }
    }
    if let (Some(loss), Some(error)) = (number(tag::TEST_LOSS), number(tag::TEST_ERROR)) {
        // A run that was stopped and went on is evaluated twice at one step.
        series.evaluated.retain(|point| point.step < step);
        series.evaluated.push(Evaluated { step, loss, error });
    }
    let vector = |tag| find(summary, tag).and_then(floats);
    if let (Some(activation), Some(weight)) = (vector(tag::ACTIVATION_NORMS), vector(tag::WEIGHT_NORMS)) {
        // Measured again by a session that began at this step.
        series.measured.retain(|point| point.step < step);
        let norms = Norms {
            activation,
            weight,
            parameter: vector(tag::PARAMETER_NORMS).unwrap_or_default(),
        };
        series.measured.push(Measured { step, norms });
    }
}

fn find<'a>(summary: &'a Summary, tag: &str) -> Option<&'a Value> {
    summary.value.iter().find(|value| value.tag == tag)
}

fn scalar(value: &Value) -> Option<f32> {
    match value.content {
        Some(Content::Simple(number)) => Some(number),
        _ => None,
    }
}

fn floats(value: &Value) -> Option<Vec<f32>> {
    match &value.content {
        Some(Content::Tensor(tensor)) => Some(tensor.float_val.clone()),
        _ => None,
    }
}

fn words(value: &Value) -> Option<String> {
    match &value.content {
        Some(Content::Tensor(tensor)) => String::from_utf8(tensor.string_val.first()?.clone()).ok(),
        _ => None,
    }
}
