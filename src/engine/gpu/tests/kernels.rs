//! Each kernel against its CPU twin on odd shapes, through tiny nets whose every value is looked at. Every buffer that a
//! kernel is to write holds NaN before, and what lies beyond must hold it after; the shaders with checks give the same
//! bits as those without.

use std::sync::Arc;

use super::super::dispatch::Store;
use super::super::engine::GpuEngine;
use super::super::layout::{NORM_ROWS, quads};
use super::super::program::tensor_bytes;
use super::super::{Checks, Device, adapters};
use super::{batch, compare, device, everything};
use crate::engine::cpu::CpuEngine;
use crate::engine::{BnMode, Engine, Optimizer, Probe};
use crate::net::{Graph, initial_weights};

/// Fills what a pass is to write with NaN; gradients only where parameters stand, the rest is zero for good.
fn poison(engine: &GpuEngine) {
    let runner = &engine.runner;
    for store in canaries(engine) {
        let len = runner.buffers.buffer(store).size() as usize / 4;
        runner.write(store, &vec![f32::NAN; len]).unwrap();
    }
    let layout = &runner.program.layout;
    let mut gradients = vec![0.0; layout.trained_len];
    for &param in &runner.program.trained {
        gradients[layout.params[param].clone()].fill(f32::NAN);
    }
    runner.write(Store::Gradients, &gradients).unwrap();
}

fn canaries(engine: &GpuEngine) -> Vec<Store> {
    let tensors = 0..engine.runner.program.plan.tensors.len();
    let fixed = [Store::Packed, Store::Norms, Store::Shares, Store::Results];
    let scaled = [Store::Pieces, Store::Squares, Store::Seen];
    fixed
        .into_iter()
        .chain(scaled)
        .chain(tensors.map(Store::Tensor))
        .collect()
}

/// What is no longer NaN beyond what a pass over so many images may write.
fn trespasses(engine: &GpuEngine, images: usize) -> Vec<String> {
    let (runner, program) = (&engine.runner, &engine.runner.program);
    let (plan, layout) = (&program.plan, &program.layout);
    let read = |store| runner.read(store).unwrap();
    let mut found = Vec::new();
    let mut untouched = |what: &str, values: &[f32]| {
        if values.iter().any(|value| !value.is_nan()) {
            found.push(format!("{what} was written beyond its end"));
        }
    };
    for slot in 0..plan.slots.len() {
        let held = plan
            .tensors
            .iter()
            .enumerate()
            .filter(|(_, tensor)| tensor.slot == slot);
        let (tensors, sizes): (Vec<usize>, Vec<u64>) = held
            .map(|(at, tensor)| (at, tensor_bytes(tensor.shape, images)))
            .unzip();
        let end = sizes.into_iter().max().unwrap_or(0) as usize / 4;
        untouched(&plan.tensors[tensors[0]].name, &read(Store::Tensor(tensors[0]))[end..]);
    }
    untouched("pieces", &read(Store::Pieces)[4 * program.pieces_len(images)..]);
    let norms = read(Store::Norms);
    for (norm, &first) in layout.norms.iter().enumerate() {
        let end = first + NORM_ROWS * quads(plan.tensors[plan.norms[norm].tensor].shape[0]);
        let next = layout.norms.get(norm + 1).copied().unwrap_or(layout.norms_len);
        untouched("a normalisation", &norms[4 * end..4 * next]);
    }
    let shares = layout.convs.iter().map(|place| &place.shares);
    let shares = shares.chain(&layout.norm_shares).chain(&layout.linear_shares);
    let values = read(Store::Shares);
    for share in shares {
        let end = share.first + share.len();
        untouched(
            "a share",
            &values[4 * end..4 * end.next_multiple_of(16).min(layout.shares_len)],
        );
    }
    let gradients = read(Store::Gradients);
    let inside = program.trained.iter().flat_map(|&param| layout.params[param].clone());
    let lacking = inside.filter(|&at| gradients[at].is_nan()).count();
    if lacking > 0 {
        found.push(format!("{lacking} gradients were not written"));
    }
    found
}

/// A net that ends after so many blocks, so that few kernels are to be compiled.
fn first_blocks(text: &str, blocks: usize) -> Graph {
    let mut graph = Graph::new(&text.parse().unwrap());
    let last = graph.blocks[blocks - 1].output;
    let end = graph.nodes.len() - 2;
    let [channels, _, _] = graph.nodes[last].output;
    let mut head = graph.nodes.split_off(end);
    graph.nodes.truncate(last + 1);
    (head[0].inputs, head[0].output) = (vec![last], [channels, 1, 1]);
    head[1].inputs = vec![last + 1];
    graph.nodes.extend(head);
    graph.blocks.truncate(blocks);
    let owned = |name: &str| {
        let mut owners = graph.nodes.iter().filter_map(|node| node.op.parameters());
        owners.any(|owner| name.strip_prefix(owner).is_some_and(|rest| rest.starts_with('.')))
    };
    graph.params.retain(|param| owned(&param.name));
    for param in &mut graph.params {
        if param.name == "fc.weight" {
            param.shape[1] = channels;
        }
    }
    graph
}

/// Every kernel of that net on so many images.
fn hold(graph: Graph, images: usize) {
    hold_on(&[Checks::Off, Checks::On].map(device), graph, images);
}

/// Of the devices given, each has to find the same bits.
fn hold_on(devices: &[Arc<Device>], graph: Graph, images: usize) {
    let graph = Arc::new(graph);
    let text = &graph.spec.to_string();
    let mut report = Vec::new();
    let weights = initial_weights(&graph, 1);
    let mut right = CpuEngine::new(&graph, &weights, Optimizer::default()).unwrap();
    let [batch, larger] = [images, images + 2].map(|images| batch(&graph, images, 0.0));
    let mut probes: Vec<Vec<Probe>> = Vec::new();
    for device in devices {
        let mut ours = GpuEngine::new(Arc::clone(device), &graph, &weights, Optimizer::default()).unwrap();
        ours.probe(&larger, &everything(BnMode::Batch)).unwrap();
        let mut found = Vec::new();
        for mode in [BnMode::Batch, BnMode::Running] {
            // One value a channel has no variance; both engines say so.
            let Ok(expected) = right.probe(&batch, &everything(mode)) else {
                assert!(ours.probe(&batch, &everything(mode)).is_err(), "{text}");
                continue;
            };
            poison(&ours);
            ours.runner.changed = true;
            let probe = ours.probe(&batch, &everything(mode)).unwrap();
            let what = |kind: &str| format!("{text}, {mode:?}, {kind}");
            compare(&what("value"), &probe.activations, &expected.activations, &mut report);
            let gradients = (&probe.activation_gradients, &expected.activation_gradients);
            compare(&what("gradient"), gradients.0, gradients.1, &mut report);
            let gradients = (&probe.weight_gradients, &expected.weight_gradients);
            compare(&what("weight gradient"), gradients.0, gradients.1, &mut report);
            compare(&what("buffer"), &probe.buffers, &expected.buffers, &mut report);
            if (probe.loss - expected.loss).abs() > 1e-5 * expected.loss.max(1.0) {
                report.push(format!("{text}: loss {} and not {}", probe.loss, expected.loss));
            }
            report.extend(trespasses(&ours, images).iter().map(|words| format!("{text}: {words}")));
            found.push(probe);
        }
        probes.push(found);
    }
    if probes.windows(2).any(|two| two[0] != two[1]) {
        report.push(format!("{text}: checked shaders give other bits"));
    }
    assert!(report.is_empty(), "\n{}", report.join("\n"));
}

#[test]
fn of_few_buffers() {
    let few = |checks| {
        let mut adapter = adapters().swap_remove(0);
        adapter.about.storage_buffers = 8;
        Device::open(&adapter, checks).unwrap()
    };
    let devices = [Checks::Off, Checks::On].map(few);
    hold_on(&devices, first_blocks("resnet-8:width=4,input=1x5x5", 2), 3);
}

#[test]
fn of_twenty_channels_and_scaled_shortcuts() {
    hold(first_blocks("resnet-8:width=20,scale=0.5,input=1x2x2", 1), 127);
}

#[test]
fn of_scaled_and_strided_shortcuts() {
    hold(first_blocks("resnet-8:width=4,scale=0.5,input=1x5x5", 2), 3);
}

macro_rules! kernels {
    ($($test:ident $net:literal $images:literal),* $(,)?) => {
        $(#[test] fn $test() { hold(Graph::new(&$net.parse().unwrap()), $images); })*
    };
}

kernels! {
    of_one_pixel "plain-8:norm=none,width=1,input=1x1x1" 1,
    of_one_image "plain-8:width=12,input=3x7x9,classes=5" 1,
    of_pre_activation "resnet-8:shortcut=C,order=pre,width=4,input=1x9x9" 5,
    of_biases "resnet-8:norm=none,shortcut=C,width=3,input=1x5x5" 3,
    of_bottlenecks "resnet-11:block=bottleneck,order=pre,width=4,input=1x6x6" 4,
    of_groups_of_four "resnext-11:cardinality=2,group_width=4,width=4,input=12x8x8" 33,
}
