//! Draws rows over logarithmic training time as colours, with their scale beneath.

use plotters_backend::DrawingBackend;
use rust_i18n::t;

use super::canvas::{Align, Canvas, Picture};
use super::figure::{HeatMap, logarithmic};
use super::sheet::{DARK, GREY};
use crate::error::Result;
use crate::palette::{Rgb, cividis, diverging};
use crate::run::amounts::short;

/// Of a value that is not finite.
const MISSING: Rgb = [0xd0, 0x30, 0x30];
/// Of a moment before the first measurement.
const NOTHING: Rgb = [0xf3, 0xf2, 0xef];
const COLUMNS: usize = 360;
/// Heights of the title, of the axis, and of the colour scale with its numbers.
const TITLE: f64 = 22.0;
const AXIS: f64 = 44.0;
const SCALE: f64 = 54.0;
/// Room for the word at the rows.
const SIDE: f64 = 20.0;

/// Place of a step between the first and the last, 0..=1.
fn share(step: usize, last: usize) -> f64 {
    (step as f64).ln_1p() / (last.max(1) as f64).ln_1p()
}

/// Draws titles, axis and scale into the rectangle left, top, width, height; the colours come back as pictures.
pub fn draw<B: DrawingBackend>(
    map: &HeatMap,
    canvas: &mut Canvas<B>,
    [left, top, width, height]: [f64; 4],
) -> Result<Vec<Picture>> {
    let inner = [left + SIDE, top + TITLE, width - SIDE, height - TITLE - AXIS - SCALE];
    let [x, y, wide, high] = inner;
    canvas.text(&map.title, [x, top + 6.0], 13.0, Align::Left, DARK)?;
    canvas.text(
        &t!("layers, input on top"),
        [left + 6.0, y + high / 2.0],
        11.0,
        Align::Upright,
        GREY,
    )?;
    let last = map.steps.last().copied().unwrap_or(1);
    let mut free = f64::NEG_INFINITY;
    let decades = (0..9).map(|power| 10usize.pow(power));
    for step in std::iter::once(0).chain(decades).take_while(|&step| step <= last) {
        let at = x + wide * share(step, last);
        if at - free > 30.0 {
            canvas.path(&[[at, y + high], [at, y + high + 4.0]], GREY, 1.0)?;
            canvas.text(&step.to_string(), [at, y + high + 12.0], 11.0, Align::Middle, GREY)?;
            free = at;
        }
    }
    let below = [x + wide / 2.0, y + high + 28.0];
    canvas.text(&logarithmic(&t!("training step")), below, 11.0, Align::Middle, GREY)?;
    let bar = [x, y + high + AXIS, wide, 10.0];
    let ends = bar[1] + 20.0;
    let sign = if map.ratio { "\u{d7}" } else { "" };
    let [low, most] = map.range.map(|value| format!("{sign}{}", short(value)));
    let of = match map.ratio {
        true => t!("%{quantity}, log scale; white: equal", quantity = map.label).into_owned(),
        false => logarithmic(&map.label),
    };
    canvas.scale([&low, &of, &most], [x, ends, wide], GREY)?;
    Ok(vec![
        Picture {
            place: inner,
            columns: COLUMNS,
            pixels: pixels(map, last),
        },
        Picture {
            place: bar,
            columns: 256,
            pixels: table(map).to_vec(),
        },
    ])
}

fn table(map: &HeatMap) -> &'static [Rgb; 256] {
    if map.ratio { diverging() } else { cividis() }
}

/// Row by row; each column shows the newest moment that is not behind it.
fn pixels(map: &HeatMap, last: usize) -> Vec<Rgb> {
    let moment = |column: usize| {
        let place = (column as f64 + 0.5) / COLUMNS as f64;
        map.steps
            .partition_point(|&step| share(step, last) <= place)
            .checked_sub(1)
    };
    let moments: Vec<Option<usize>> = (0..COLUMNS).map(moment).collect();
    let [low, high] = map.range.map(f64::log10);
    let colour = |value: f64| {
        if !value.is_finite() {
            return MISSING;
        }
        let share = (value.log10() - low) / (high - low);
        table(map)[(share.clamp(0.0, 1.0) * 255.0).round() as usize]
    };
    let row = |values: &Vec<f64>| -> Vec<Rgb> {
        let at = |&moment: &Option<usize>| moment.map_or(NOTHING, |moment| colour(values[moment]));
        moments.iter().map(at).collect()
    };
    map.values.iter().flat_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_shows_the_moment_in_effect() {
        let map = HeatMap {
            title: String::new(),
            label: String::new(),
            rows: vec!["relu".into(), "fc".into()],
            steps: vec![0, 10],
            values: vec![vec![1.0, 100.0], vec![f64::NAN, 1.0]],
            range: [1.0, 100.0],
            seed: None,
            ratio: false,
        };
        let pixels = pixels(&map, 10);
        assert_eq!(pixels.len(), 2 * COLUMNS);
        assert_eq!((pixels[0], pixels[COLUMNS]), (cividis()[0], MISSING));
        assert_eq!(pixels[COLUMNS - 1], cividis()[0], "step 10 begins at the right edge");
    }
}
