//! Feature maps of one image, networks side by side.

use std::borrow::Cow;

use rust_i18n::t;

use super::figure::{Figure, MapGrid, Panel};
use super::{Material, missing};
use crate::error::Result;
use crate::net::Array;
use crate::probe::Subject;

/// The figure of probed feature maps.
pub fn figure(material: &Material) -> Result<Figure> {
    let nothing = || missing("maps", &t!("no feature maps were probed"));
    let maps = material.maps.ok_or_else(nothing)?;
    let title = match (&maps.request.image, maps.label) {
        (Subject::Test(image), Some(label)) => t!("test image %{image}, class %{label}", image = image, label = label),
        _ => t!("own image"),
    };
    let image = grid(title.into(), &maps.image, true);
    let shown = maps
        .request
        .nodes
        .iter()
        .zip(&maps.maps)
        .filter_map(|((run, node), (step, values))| {
            let series = material.history.runs.get(*run)?;
            let title = t!(
                "%{net}: %{node}, %{moment}, seed %{seed}",
                net = series.track.name,
                node = node,
                moment = after(*step),
                seed = series.track.seed
            );
            grid(title.into(), values, false)
        });
    let shown: Vec<Panel> = shown.map(Panel::Maps).collect();
    if shown.is_empty() {
        return Err(nothing());
    }
    let panels = image.into_iter().map(Panel::Maps).chain(shown).collect();
    let notes = vec![t!("Each layer has its own scale; batch normalisation with batch statistics.").into()];
    Ok(material.figure(t!("Feature maps"), panels, notes))
}

fn after(step: usize) -> Cow<'static, str> {
    match step {
        0 => t!("at initialisation"),
        step => t!("step %{step}", step = step),
    }
}

/// `None` for what is not a `[C, H, W]` array with values.
pub fn grid(title: String, array: &Array, image: bool) -> Option<MapGrid> {
    let &[channels, height, width] = &array.shape[..] else {
        return None;
    };
    let count = channels * height * width;
    (count > 0 && count == array.data.len()).then(|| MapGrid {
        title,
        channels,
        height,
        width,
        values: array.data.clone(),
        image,
    })
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, constant};
    use super::*;
    use crate::run::{MapRequest, Maps};

    fn array(shape: [usize; 3]) -> Array {
        let count = shape.iter().product();
        Array {
            shape: shape.to_vec(),
            data: (0..count).map(|i| i as f32).collect(),
        }
    }

    #[test]
    fn image_and_maps_stand_side_by_side() {
        let history = samples::history([constant("plain-20", 3, 1.0)]);
        let maps = Maps {
            request: MapRequest {
                nodes: vec![(0, "layer1.0".into()), (7, "layer1.0".into())],
                image: Subject::Test(5),
                step: None,
            },
            image: array([1, 8, 8]),
            label: Some(7),
            images: 359,
            classes: Vec::new(),
            predictions: Vec::new(),
            maps: vec![(40, array([8, 8, 8])), (40, array([8, 8, 8]))],
        };
        let material = Material {
            maps: Some(&maps),
            findings: None,
            ..samples::material(&history)
        };
        let figure = figure(&material).unwrap();
        let [Panel::Maps(image), Panel::Maps(grid)] = &figure.panels[..] else {
            panic!("the image and the known run's maps")
        };
        assert!(image.image && image.title == "test image 5, class 7");
        assert_eq!(grid.title, "plain-20: layer1.0, step 40, seed 3");
        assert_eq!((grid.channels, grid.values.len()), (8, 512));
    }

    #[test]
    fn nothing_probed_is_one_sentence() {
        let error = samples::figure(figure, &samples::history([])).unwrap_err().to_string();
        assert!(
            error.contains("no feature maps") && error.lines().count() == 1,
            "{error}"
        );
    }
}
