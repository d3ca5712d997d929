//! Every probe on the GPU engine gives the numbers of the CPU engine, shows how far it is, and stops when it is told to.

use std::sync::Arc;

use depthscope::data::{Augment, Dataset};
use depthscope::engine::{BnMode, Choice, Engine, Optimizer, Wanted, open};
use depthscope::error::Result;
use depthscope::net::{Graph, Spec, Weights, initial_weights};
use depthscope::probe::{
    Correlation, Growth, Plane, Subject, Target, feature_maps, forms, information, insertion, landscape, lesions,
    shattering,
};

const BATCH: BnMode = BnMode::Batch;

fn digits(images: usize) -> Dataset {
    Dataset::open(&toml::from_str(&format!("source = 'digits'\nimages = {images}")).unwrap()).unwrap()
}

/// A net that is no longer what it started as, on the CPU.
fn trained(net: &str, data: &Dataset) -> (Arc<Graph>, Weights) {
    let graph = Arc::new(Graph::new(&Spec::for_data(net, data.shape, 10).unwrap()));
    let mut engine = open(Choice::Cpu, &graph, &initial_weights(&graph, 1), Optimizer::default()).unwrap();
    for step in 0..20 {
        let batch = data.train_batch(1, step, 32, Augment::default());
        engine.step(&batch, 0.02, false).unwrap();
    }
    let weights = engine.weights().unwrap();
    (graph, weights)
}

type Opener = Box<dyn Fn(&Arc<Graph>, &Weights, Optimizer) -> Result<Box<dyn Engine>>>;

/// The CPU engine, whose numbers are right, and the GPU engine.
fn openers() -> [Opener; 2] {
    [Choice::Cpu.into(), Wanted::gpu("llvmpipe")].map(|wanted: Wanted| -> Opener {
        Box::new(move |graph, weights, optimizer| open(wanted.clone(), graph, weights, optimizer))
    })
}

fn close(what: &str, found: &[f32], right: &[f32], limit: f32) {
    assert_eq!(found.len(), right.len(), "{what}");
    let largest = right.iter().fold(1e-6, |most: f32, value| most.max(value.abs()));
    for (found, right) in found.iter().zip(right) {
        assert!(
            (found - right).abs() <= limit * largest,
            "{what}: {found} and not {right}"
        );
    }
}

/// What a watcher that stops after `looks` looks is shown.
#[derive(Default)]
struct Watched {
    looks: usize,
    shares: Vec<f32>,
}

impl Watched {
    fn sees(&mut self, share: f32) -> bool {
        self.shares.push(share);
        self.shares.len() != self.looks
    }

    /// It was shown more and more until it broke off, and nothing after.
    fn stopped_at(self, looks: usize) {
        assert_eq!(self.shares.len(), looks, "{:?}", self.shares);
        assert!(
            self.shares.is_sorted() && self.shares.iter().all(|share| (0.0..1.0).contains(share)),
            "{:?}",
            self.shares
        );
    }
}

fn stopping(looks: usize) -> Watched {
    let shares = Vec::new();
    Watched { looks, shares }
}

#[test]
fn maps_and_readings() {
    let data = digits(200);
    let (graph, weights) = trained("resnet-8:width=4", &data);
    let nodes: Vec<String> = graph.nodes.iter().map(|node| node.name.clone()).collect();
    let [right, found] = openers().map(|opener| {
        let mut engine = opener(&graph, &weights, Optimizer::default()).unwrap();
        let maps = feature_maps(engine.as_mut(), &data, &Subject::Test(3), &nodes).unwrap();
        let information = information(engine.as_mut(), &graph, &data, &mut |_| true)
            .unwrap()
            .unwrap();
        let film = information.film(engine.as_mut(), &data, &Subject::Test(3)).unwrap();
        (maps, information.readings, film)
    });
    for (name, maps) in &right.0.maps {
        close(name, &found.0.maps[name].data, &maps.data, 1e-4);
    }
    close("probabilities", &found.0.probabilities, &right.0.probabilities, 1e-4);
    for (found, right) in found.1.iter().zip(&right.1) {
        assert_eq!((found.block, &found.node), (right.block, &right.node));
        close(
            &right.node,
            &[found.reconstruction, found.accuracy],
            &[right.reconstruction, right.accuracy],
            5e-3,
        );
    }
    for (found, right) in found.2.iter().zip(&right.2) {
        close("film", &found.data, &right.data, 5e-3);
    }
}

#[test]
fn shattered_gradients() {
    let data = digits(200);
    let (graph, weights) = trained("resnet-8:width=4", &data);
    let [right, found] = openers().map(|opener| {
        let mut engine = opener(&graph, &weights, Optimizer::default()).unwrap();
        let mut watched = stopping(2);
        let found = shattering(engine.as_mut(), &data, &mut |_, share| watched.sees(share)).unwrap();
        watched.stopped_at(2);
        found
    });
    assert_eq!((found.lines, right.lines), (2, 2));
    let numbers = |of: &Correlation| [of.by_lag.as_slice(), &[of.cosine]].concat();
    close("correlation", &numbers(&found.net), &numbers(&right.net), 1e-3);
}

#[test]
fn forms_of_a_block() {
    let data = digits(100);
    let (graph, weights) = trained("resnext-20:width=4,cardinality=4,group_width=3", &data);
    let [_, gpu] = openers();
    let mut watched = stopping(8);
    let found = forms(&gpu, &graph, &weights, &data, &mut |_, share| watched.sees(share)).unwrap();
    watched.stopped_at(8);
    assert_eq!(found.formed.len(), 4);
    for formed in &found.formed {
        assert!(formed.output < 1e-5 && formed.gradient < 1e-4, "{formed:?}");
        assert!(formed.seconds.is_some_and(|seconds| seconds > 0.0), "{formed:?}");
    }
    assert!(found.dense_times().is_some());
}

#[test]
fn identities_inserted() {
    let data = digits(100);
    for net in ["plain-8:width=4", "resnet-8:width=4"] {
        let (graph, weights) = trained(net, &data);
        let growth = Growth {
            depth: 14,
            rates: vec![0.01; 40],
            batch: 16,
            augment: Augment::default(),
            optimizer: Optimizer::default(),
            seed: 1,
        };
        let [right, found] = openers().map(|opener| {
            let mut watched = stopping(3);
            let watch = &mut |_: &_, share| watched.sees(share);
            let found = insertion(&opener, &graph, &weights, &data, &growth, watch).unwrap();
            watched.stopped_at(3);
            found
        });
        assert!(found.difference <= 1e-4 * found.largest, "{net}: {found:?}");
        close(net, &found.start, &right.start, 1e-3);
        // Two looks at five steps each, after that before the first.
        assert_eq!(found.losses.len(), 10);
        close(net, &found.losses, &right.losses, 1e-2);
    }
}

#[test]
fn blocks_removed() {
    let data = digits(100);
    let (graph, weights) = trained("resnet-14:width=4", &data);
    let tests = data.test_batches(512);
    let images = tests.iter().map(|batch| batch.len()).sum::<usize>() as f32;
    let [right, found] = openers().map(|opener| {
        let mut watched = stopping(4);
        let found = lesions(&opener, &graph, &weights, &tests, BATCH, &mut |_, share| {
            watched.sees(share)
        })
        .unwrap();
        watched.stopped_at(4);
        found
    });
    assert_eq!(found.len(), 4);
    for (found, right) in found.iter().zip(&right) {
        // An image whose two best classes are level may fall on either side.
        assert!(
            (found.accuracy - right.accuracy).abs() < 2.5 / images,
            "{found:?} and not {right:?}"
        );
    }
}

#[test]
fn the_loss_around_weights() {
    let data = digits(100);
    let (graph, weights) = trained("resnet-8:width=4", &data);
    let plane = Plane::random(&graph, &weights, 0);
    let sample = data.train_sample(64, 64);
    let [right, found] = openers().map(|opener| {
        let mut engine = opener(&graph, &weights, Optimizer::default()).unwrap();
        let mut watched = stopping(4);
        let watch = &mut |_: &_, share| watched.sees(share);
        let map = landscape(engine.as_mut(), &plane, &sample, [[-0.5, 0.5]; 2], 5, watch).unwrap();
        watched.stopped_at(4);
        map.loss
    });
    assert_eq!(right.iter().filter(|loss| loss.is_finite()).count(), 4 * 5);
    close("loss", &found[..20], &right[..20], 1e-4);
}

#[test]
fn few_labels() {
    let data = digits(200);
    let (graph, weights) = trained("resnet-8:width=4", &data);
    let [right, found] = openers().map(|opener| {
        let target = Target {
            open: &opener,
            graph: &graph,
            data: &data,
            seed: 1,
        };
        let mut watched = Watched::default();
        let trials = target
            .transfer(&weights, &[1, 5], &mut |trials, share| {
                watched.sees(share) && trials.len() < 2
            })
            .unwrap();
        assert!(
            watched.shares.is_sorted() && watched.shares.len() > 2,
            "{:?}",
            watched.shares
        );
        trials
    });
    assert_eq!(found.len(), 2);
    for (found, right) in found.iter().zip(&right) {
        assert_eq!((found.way, found.labels), (right.way, right.labels));
        assert!(
            (found.accuracy - right.accuracy).abs() < 0.05,
            "{found:?} and not {right:?}"
        );
        close("moved", &found.moved, &right.moved, 0.05);
    }
}
