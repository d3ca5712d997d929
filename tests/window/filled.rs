//! A page on which every panel has something to show.

use std::path::Path;
use std::sync::Arc;

use depthscope::net::{Array, Cut, Form, Graph, Split, Surgery};
use depthscope::probe::{Correlation, Formed, Forms, Insertion, Landscape, Reading, Shattering, Subject, Trial, Way};
use depthscope::run::shelf::Item;
use depthscope::run::{Event, Finding, Findings, History, LandscapeView, Origin, PlaneKind};
use depthscope::ui::Room;

use crate::page::{Nets, Page};

const NETS: Nets<'_> = &[
    ("plain-20:width=8", 2.4, 0.4),
    ("plain-56:width=8", 2.4, 1.7),
    ("resnet-56:width=8", 2.4, 0.01),
    ("resnext-20:width=64,cardinality=32,group_width=4", 2.4, 0.02),
];
pub const STEP: usize = 250;
pub const FOLDER: &str = "/runs/quick";

/// The page.
pub fn page() -> Page {
    let mut page = Page::new(Room::Lab, NETS, STEP);
    page.history.apply(&Event::Evaluated {
        run: 0,
        step: STEP,
        loss: 0.5,
        error: 0.1,
    });
    for run in 0..NETS.len() {
        for step in [0, 10, STEP] {
            page.history.apply(&Event::Kept { run, step });
        }
    }
    page.findings = findings(&page.history);
    page.shelf.put(items(&page), 0, None);
    page
}

/// What stands on the disk of the page's runs.
pub fn items(page: &Page) -> Vec<Item> {
    let runs = page.history.runs.iter();
    runs.map(|series| Item::fresh(series, &page.experiment, Path::new(FOLDER)))
        .collect()
}

pub fn ramp(shape: &[usize]) -> Array {
    let count = shape.iter().product();
    Array {
        shape: shape.to_vec(),
        data: (0..count).map(|i| i as f32 / count as f32).collect(),
    }
}

fn findings(history: &History) -> Findings {
    let mut findings = Findings::default();
    let reading = |block: usize| Reading {
        block,
        node: format!("layer1.{block}"),
        reconstruction: 0.9 - 0.1 * block as f32,
        accuracy: 0.5 + 0.05 * block as f32,
    };
    findings.apply(Finding::Information {
        run: 1,
        step: STEP,
        readings: (0..9).map(reading).collect(),
        chance: 0.11,
        image: Subject::Test(0),
        original: ramp(&[1, 8, 8]),
        film: (0..9).map(|_| ramp(&[1, 8, 8])).collect(),
    });
    for (block, cut) in [(1, Cut::Removed), (2, Cut::Removed), (4, Cut::Shortcut(0.0))] {
        findings.apply(Finding::Lesion {
            run: 2,
            step: STEP,
            surgery: Surgery::one(block, cut),
            before: 0.96,
            after: 0.4 + 0.1 * block as f32,
        });
    }
    let trial = |(labels, way): (usize, Way)| Trial {
        labels,
        way,
        accuracy: 0.4 + 0.02 * labels as f32,
        moved: vec![0.2; 20],
    };
    let trials = [1, 5, 20]
        .into_iter()
        .flat_map(|labels| Way::ALL.map(|way| (labels, way)));
    findings.apply(Finding::Transfer {
        run: 0,
        origin: Origin::Backbone,
        trials: trials.map(trial).collect(),
    });
    let landscape = Landscape {
        reach: [[-1.0, 1.0]; 2],
        side: 3,
        loss: vec![3.0, 2.0, 3.0, 2.0, 0.5, 2.0, 3.0, 2.0, 3.0],
    };
    for plane in [
        PlaneKind::Random,
        PlaneKind::Way,
        PlaneKind::Larger,
        PlaneKind::LargerRaw,
    ] {
        let (landscape, way) = (landscape.clone(), vec![(0, [-0.5, -0.5]), (STEP, [0.0, 0.0])]);
        findings.apply(Finding::Landscape {
            run: 1,
            step: STEP,
            plane,
            view: Arc::new(LandscapeView {
                landscape,
                way,
                explained: Some([0.7, 0.2]),
            }),
        });
    }
    let formed = |form: Form| Formed {
        form,
        output: 2e-7,
        gradient: 8e-7,
        seconds: Some(0.008),
        window_seconds: Some(0.001),
    };
    findings.apply(Finding::Forms {
        run: 3,
        step: STEP,
        forms: Arc::new(Forms {
            split: Split::of(&Graph::new(&history.runs[3].track.spec)).unwrap(),
            side: [8, 8],
            images: 32,
            formed: Form::ALL.map(formed).into(),
        }),
    });
    findings.apply(Finding::Insertion {
        run: 0,
        step: STEP,
        insertion: Arc::new(Insertion {
            depths: [20, 56],
            inserted: 18,
            difference: 3.8e-6,
            largest: 14.2,
            start: [0.1, 0.11],
            losses: vec![0.1; 100],
        }),
    });
    let fading = |keep: f32| Correlation {
        by_lag: (0..25).map(|lag| keep.powi(lag)).collect(),
        cosine: 0.1,
        sample: Vec::new(),
    };
    findings.apply(Finding::Shattering {
        run: 0,
        step: STEP,
        shattering: Arc::new(Shattering {
            net: fading(0.8),
            white: fading(0.0),
            brown: fading(0.97),
            points: 128,
            lines: 8,
        }),
    });
    findings
}
