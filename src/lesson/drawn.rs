//! A curve that was drawn by hand beside the measured one, for a report.

use rust_i18n::t;

use super::evidence::Evidence;
use super::prediction::{CurveOf, Guess, Prediction};
use crate::export::{Axis, Curve, Figure, Panel, Plot, Point, Scale};

const DRAWN: [u8; 3] = [0x8a, 0x8a, 0x8e];
const MEASURED: [u8; 3] = [0x1d, 0x1d, 0x1f];
/// Points of a measured line: more cannot be told apart.
const MOST: usize = 400;

/// The two curves; nothing where none was drawn.
pub fn figure(prediction: &Prediction, guess: &Guess, evidence: &Evidence) -> Option<Figure> {
    let (Prediction::Curve { run, of, .. }, Guess::Curve(points)) = (prediction, guess) else {
        return None;
    };
    let (x, measured) = match of {
        CurveOf::TrainLoss => (Axis::new(t!("training step"), Scale::Whole), evidence.loss_curve(run)),
        CurveOf::Slice => (Axis::new(t!("distance"), Scale::Linear), evidence.slice(run)),
    };
    let line = |name: String, colour, points: Vec<Point>| Curve {
        points,
        ..Curve::new(name, colour, 2.25)
    };
    let every = measured.len().div_ceil(MOST).max(1);
    let mut curves = vec![line(t!("drawn by hand").into(), DRAWN, points.clone())];
    if !measured.is_empty() {
        curves.push(line(
            run.clone(),
            MEASURED,
            measured.into_iter().step_by(every).collect(),
        ));
    }
    Some(Figure {
        title: t!("Drawn and measured").into(),
        subtitle: run.clone(),
        tag: String::new(),
        panels: vec![Panel::Plot(Plot {
            title: String::new(),
            x,
            y: Axis::new(t!("training loss"), Scale::Log),
            curves,
            bands: Vec::new(),
            bracket: None,
        })],
        notes: Vec::new(),
        recipe: Vec::new(),
        experiments: Vec::new(),
    })
}
