//! How long a question or a training will take here, from how fast the nets were last trained.

use rust_i18n::t;

use super::pane::View;
use super::sizes::Sizes;
use super::{Scene, Speed};
use crate::net::Spec;
use crate::run::amounts::duration;

/// What an image costs that only goes forward, in images that are trained on.
pub const FORWARD: f64 = 1.0 / 3.0;

/// Seconds for nets with the images that each has to train on; nothing before one has trained.
pub fn seconds(scene: Scene<'_>, speed: Speed, work: &[(&Spec, f64)]) -> Option<f64> {
    let multiply_adds = |spec: &Spec| Sizes::of(spec).multiply_adds as f64;
    let trained = scene.history.trained();
    let mean = trained.iter().map(|run| multiply_adds(&run.track.spec)).sum::<f64>() / trained.len().max(1) as f64;
    let pace = speed.usual_images_per_second.filter(|&pace| pace > 0.0 && mean > 0.0)?;
    let images = work.iter().map(|(spec, images)| images * multiply_adds(spec) / mean);
    Some(images.sum::<f64>() / pace)
}

/// In words, of nets with the images that each has to train on for it.
pub fn takes(view: &View<'_>, work: &[(&Spec, f64)]) -> String {
    match seconds(view.scene, view.speed, work) {
        Some(seconds) => t!(
            "Takes about %{time} here; you can break it off.",
            time = duration(seconds)
        )
        .into_owned(),
        None => t!("Takes seconds to minutes; how long is told here after a second of training.").into_owned(),
    }
}
