//! Small histories for the tests of figures.

use super::{Caption, Figure, Material};
use crate::error::Result;
use crate::run::{Event, History, Series, Track};

const STEPS: usize = 120;

/// A run of 120 steps whose loss stays the same.
pub fn constant(net: &str, seed: u64, loss: f32) -> Series {
    let mut history = History::default();
    let track = Track {
        id: 0,
        name: net.split(':').next().unwrap_or(net).to_owned(),
        spec: net.parse().unwrap(),
        seed,
    };
    history.apply(&Event::Started {
        track,
        step: 0,
        engine: "candle on CPU (2 threads)".into(),
    });
    for step in 1..=STEPS {
        history.apply(&Event::Stepped {
            run: 0,
            step,
            loss,
            error: 0.5,
            rate: 0.02,
        });
    }
    history.runs.remove(0)
}

/// Several runs, numbered in order.
pub fn history(runs: impl IntoIterator<Item = Series>) -> History {
    let mut history = History::default();
    for (id, mut series) in runs.into_iter().enumerate() {
        series.track.id = id;
        history.runs.push(series);
    }
    history
}

/// Material with a caption that asks for escaping.
pub fn material(history: &History) -> Material<'_> {
    static CAPTION: std::sync::LazyLock<Caption> = std::sync::LazyLock::new(|| Caption {
        title: "Digits <&> \"depth\" \u{1}\u{ffff}'s price".into(),
        recipe: vec!["digits 8x8, SGD .9, lr .02 constant, batch 32, 60 steps, seed 0".into()],
        experiments: vec![crate::run::Experiment::named("quick").unwrap()],
    });
    Material::of(&CAPTION, history)
}

/// The figure of a history.
pub fn figure(make: fn(&Material) -> Result<Figure>, history: &History) -> Result<Figure> {
    make(&material(history))
}
