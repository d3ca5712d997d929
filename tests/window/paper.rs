//! Every figure and a lesson's report, from made-up measurements, in the language spoken.

use std::path::Path;
use std::sync::Arc;

use depthscope::export::{Caption, Figure, Kind, Material, figure};
use depthscope::lesson::{Evidence, Exhibit, Guesses, Lesson, Notes, Report};
use depthscope::probe::Subject;
use depthscope::run::shelf::Line;
use depthscope::run::{Findings, MapRequest, Maps, Preview, Wanted};

use crate::classroom::{degraded, measured};
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
    };
    Kind::ALL
        .map(|kind| (kind, figure(kind, &material).unwrap_or_else(|why| panic!("{why}"))))
        .into()
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

/// The page of a lesson of which only the losses were measured; nothing was predicted.
pub fn report(lesson: &Lesson) -> String {
    let mut evidence = Evidence::default();
    for series in measured(&lesson.experiments[0], true, degraded).runs {
        evidence.insert(Exhibit {
            series,
            summary: None,
            findings: Arc::new(Findings::default()),
        });
    }
    let report = Report {
        lesson,
        evidence: &evidence,
        guesses: &Guesses::new(),
        notes: &Notes::new(),
        own: None,
        record: None,
    };
    report.html().unwrap()
}
