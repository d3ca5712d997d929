//! What is under way on a device at a time, and how long it is waited for.

use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::super::engine::GpuEngine;
use super::super::line::UNDER_WAY;
use super::super::{Checks, Device, adapters};
use super::{batch, graph};
use crate::engine::{BnMode, Engine, Optimizer};
use crate::error::Error;
use crate::net::{Graph, initial_weights};

/// How often steps are taken until they were cut, and two submissions met under way.
const TRIES: usize = 40;

fn alone() -> Arc<Device> {
    Device::open(&adapters()[0], Checks::Off).unwrap()
}

fn engine(device: &Arc<Device>, graph: &Arc<Graph>) -> GpuEngine {
    let weights = initial_weights(graph, 1);
    GpuEngine::new(Arc::clone(device), graph, &weights, Optimizer::default()).unwrap()
}

/// Lets the device seem slow, so that every kernel is a piece.
fn slow(device: &Device) {
    let mut line = device.line.lock().unwrap_or_else(PoisonError::into_inner);
    (0..40).for_each(|_| line.pace.took(1.0, 3600.0));
}

/// Submissions that were ever under way at a time, and all that are done.
fn counted(device: &Device) -> (usize, u64) {
    device.wait(|| device.line.lock().unwrap().is_idle()).unwrap();
    let line = device.line.lock().unwrap();
    (line.most, line.done)
}

#[test]
fn a_step_in_many_pieces_is_the_same_step_and_two_of_them_are_under_way() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let device = alone();
    let losses = || {
        let mut engine = engine(&device, &graph);
        let step = |step: usize| engine.step(&batch(&graph, 33, step as f32), 0.01, false).unwrap().loss;
        (0..3).map(step).collect::<Vec<_>>()
    };
    let whole = losses();
    let (_, few) = counted(&device);
    // It is cut until the first pieces have shown how fast the device is, which may be at once.
    let cut = (0..TRIES).any(|_| {
        let (_, before) = counted(&device);
        slow(&device);
        assert_eq!(losses(), whole);
        counted(&device).1 - before > few
    });
    assert!(cut, "a step is one piece however slow the device seems");
    // On a busy machine a piece may be done before the next can be submitted.
    let two = (0..TRIES).any(|_| {
        slow(&device);
        assert_eq!(losses(), whole);
        counted(&device).0 == UNDER_WAY
    });
    assert!(two, "one waits for the other in every step");
}

#[test]
fn nets_that_train_beside_each_other_share_two_submissions() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let device = alone();
    for slowly in [false, true] {
        if slowly {
            slow(&device);
        }
        thread::scope(|scope| {
            for phase in 0..3 {
                let (device, graph) = (&device, &graph);
                scope.spawn(move || {
                    let mut engine = engine(device, graph);
                    let batch = batch(graph, 5, phase as f32);
                    for _ in 0..4 {
                        engine.start(&batch, 0.01, false).unwrap();
                        engine.start(&batch, 0.01, true).unwrap();
                        engine.evaluate(&batch, BnMode::Running).unwrap();
                        assert_eq!(engine.finished(true).unwrap().len(), 2);
                    }
                });
            }
        });
    }
    assert_eq!(counted(&device).0, UNDER_WAY);
}

#[test]
fn weights_are_replaced_after_the_steps_before() {
    let graph = graph("resnet-8:width=3,input=1x4x4");
    let device = alone();
    let weights = initial_weights(&graph, 7);
    slow(&device);
    let mut engine = engine(&device, &graph);
    engine.start(&batch(&graph, 5, 0.0), 0.01, false).unwrap();
    engine.set_weights(&weights).unwrap();
    assert!(engine.weights().unwrap() == weights);
}

#[test]
fn a_silent_device_is_taken_as_lost() {
    let device = alone();
    let began = Instant::now();
    let error = device.wait_through(Duration::from_millis(20), || false).unwrap_err();
    assert!(matches!(error, Error::DeviceLost(_)), "{error:?}");
    assert!(
        error.to_string().contains("was lost (it finished nothing for"),
        "{error}"
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(device.check().is_err(), "every net is told");
}
