//! Every figure from made-up measurements, in the language spoken.

use std::path::Path;

use depthscope::export::{Caption, Figure, Kind, Material, Progress, Size, figure};
use depthscope::probe::Subject;
use depthscope::run::shelf::Line;
use depthscope::run::{MapRequest, Maps, Preview, Wanted};

use crate::filled::{FOLDER, STEP, items, page, ramp};

/// One figure of each kind.
pub fn figures() -> Vec<(Kind, Figure)> {
    let (page, maps) = (page(), maps());
    let caption = Caption::of(&page.experiment);
    let (folder, items) = (Path::new(FOLDER), items(&page));
    let line = |item| Line::new(item, Some(folder), &page.history, 1_764_000_000);
    let lines: Vec<Line> = items.iter().map(line).collect();
    let data = Preview::of(Wanted::Source(page.experiment.data.clone())).unwrap();
    let material = Material {
        caption: &caption,
        history: &page.history,
        step: None,
        maps: Some(&maps),
        findings: Some(&page.findings),
        runs: Some(&lines),
        data: Some(&data),
        looked: None,
    };
    Kind::ALL
        .map(|kind| (kind, figure(kind, &material).unwrap_or_else(|why| panic!("{why}"))))
        .into()
}

/// Fails where a figure has ink in the outer ten points or so of its sheet.
pub fn margins_are_clear(kind: Kind, figure: &Figure, size: Size) {
    let margin = match size {
        Size::Screen => 20,
        Size::Column => 50,
        Size::Slide => 30,
        Size::Poster => 72,
    };
    let (pixels, [width, height]) = figure.pixels(size, &Progress::default()).unwrap();
    let inside = |at: usize| {
        let (x, y) = (at % width, at / width);
        (margin..width - margin).contains(&x) && (margin..height - margin).contains(&y)
    };
    let ink = pixels
        .chunks_exact(3)
        .enumerate()
        .find(|(at, pixel)| !inside(*at) && **pixel != [0xff; 3]);
    let place = ink.map(|(at, _)| [at % width, at / width]);
    assert_eq!(place, None, "{kind} on {size}, {width} x {height} pixels");
}

fn maps() -> Maps {
    Maps {
        request: MapRequest {
            nodes: vec![(0, "layer1.0".into()), (2, "layer1.0".into())],
            image: Subject::Test(5),
            step: None,
        },
        image: ramp(&[1, 8, 8]),
        label: Some(3),
        images: 359,
        classes: Vec::new(),
        predictions: Vec::new(),
        maps: vec![(0, ramp(&[8, 8, 8])), (STEP, ramp(&[8, 8, 8]))],
    }
}
