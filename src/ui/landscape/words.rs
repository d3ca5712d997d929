//! What a landscape says: of its axes, its lines, and of how much is known of each net's.

use std::borrow::Cow;
use std::sync::Arc;

use rust_i18n::t;

use crate::export::relief::levels;
use crate::run::{LandscapeView, PlaneKind};
use crate::ui::widgets::{grouped, short};

/// What looking around computes.
pub fn about_looking() -> Cow<'static, str> {
    t!("Computes the loss at 33×33 points for each net: coarse first, then finer")
}

/// What the axes, lines and colours are.
pub fn legend(plane: PlaneKind, range: Option<[f32; 2]>) -> Cow<'static, str> {
    match plane {
        PlaneKind::Way => t!(
            "Axes: lengths along the two main directions of the training's way. Dots: kept steps, the last in the middle of the cross. %{lines}",
            lines = lines(range)
        ),
        PlaneKind::LargerRaw => t!(
            "Axes: lengths of random directions, not normalised. %{lines} Both nets share the colours.",
            lines = lines(range)
        ),
        PlaneKind::Random | PlaneKind::Larger => t!(
            "Axes: lengths of the filter-normalised directions. %{lines} Both nets share the colours.",
            lines = lines(range)
        ),
    }
}

/// What the lines are.
fn lines(range: Option<[f32; 2]>) -> Cow<'static, str> {
    match range.map(levels).as_deref() {
        Some([low, next, ..]) => t!(
            "Lines: equal loss over 256 training images, each %{factor} times the next lower one.",
            factor = short(f64::from(next / low))
        ),
        _ => t!("Lines: equal loss over 256 training images."),
    }
}

/// Stands beside a net's name, and what of it where there is little room.
pub fn heading(known: Option<&(usize, Arc<LandscapeView>)>) -> Vec<String> {
    let Some((step, view)) = known else {
        return vec![t!("not looked at yet").into()];
    };
    let map = &view.landscape;
    let middle = map.loss[map.side / 2 * (map.side + 1)];
    let step = grouped(*step as u64);
    let [long, brief] = match view.explained {
        _ if map.known() < 1.0 => {
            let percent = (100.0 * map.known()).floor();
            [
                t!(
                    "step %{step}, %{percent} % of the points",
                    step = step,
                    percent = percent
                ),
                t!("%{percent} % of the points", percent = percent),
            ]
        }
        Some(explained) => {
            let [first, second] = explained.map(|share| (100.0 * share).round());
            [
                t!(
                    "step %{step}, axes: %{first} % and %{second} % of the way",
                    step = step,
                    first = first,
                    second = second
                ),
                t!("%{first} % and %{second} % of the way", first = first, second = second),
            ]
        }
        None => {
            let loss = short(f64::from(middle));
            [
                t!("step %{step}, loss %{loss} in the middle", step = step, loss = loss),
                t!("loss %{loss}", loss = loss),
            ]
        }
    };
    vec![long.into_owned(), brief.into_owned()]
}
