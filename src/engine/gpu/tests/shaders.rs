//! Every shader instance of every kind of net, validated and translated for each API without a GPU.

use std::collections::BTreeMap;

use naga::back::{hlsl, msl, spv};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

use super::super::dispatch::Dispatch;
use super::super::program::Program;
use crate::engine::plan::lower;
use crate::engine::{Optimizer, OptimizerKind};
use crate::net::Graph;

const NETS: [&str; 12] = [
    "plain-20",
    "resnet-20",
    "resnet-20:shortcut=B",
    "resnet-8:width=3,input=3x7x9,classes=5",
    "resnet-8:order=pre,shortcut=B,width=20,input=1x1x1",
    "resnet-11:block=bottleneck,width=4,input=1x6x6",
    "resnet-11:block=bottleneck,order=pre,width=4",
    "resnext-29:cardinality=8,group_width=4,width=16",
    "resnext-11:cardinality=2,group_width=2,width=4,input=1x8x8",
    "plain-8:norm=none,width=12",
    "resnet-8:scale=0.5,width=20,input=1x9x7",
    "resnet-8:norm=none,shortcut=C,width=3",
];

/// Storage buffers that a kernel can bind: what every adapter gives, and what most give.
const ROOMS: [usize; 2] = [8, 16];

fn instances(room: usize) -> BTreeMap<String, Dispatch> {
    let mut found = BTreeMap::new();
    for text in NETS {
        let graph = Graph::new(&text.parse().unwrap());
        for (kind, clip) in [(OptimizerKind::Sgd, 0.0), (OptimizerKind::Adam, 1.0)] {
            let optimizer = Optimizer {
                kind,
                clip,
                nesterov: clip == 0.0,
                ..Optimizer::default()
            };
            let program = Program::new(&graph, lower(&graph), &optimizer, room);
            let lowering = program.lowering(&graph);
            let values = program.plan.values.iter().map(|&value| lowering.see_value(value).0);
            let taps = program
                .plan
                .taps
                .iter()
                .map(|tap| lowering.see_gradient(&tap.gradient).0);
            let seen: Vec<Dispatch> = values.chain(taps).collect();
            for dispatch in program.all().chain(&seen) {
                found.insert(dispatch.instance.source.clone(), dispatch.clone());
            }
        }
    }
    found
}

fn translate(module: &naga::Module, info: &ModuleInfo) -> Result<(), String> {
    let words = |error: &dyn std::error::Error| format!("{error}");
    spv::write_vec(module, info, &spv::Options::default(), None).map_err(|error| words(&error))?;
    msl::write_string(module, info, &msl::Options::default(), &msl::PipelineOptions::default())
        .map_err(|error| words(&error))?;
    let mut text = String::new();
    hlsl::Writer::new(&mut text, &hlsl::Options::default(), &hlsl::PipelineOptions::default())
        .write(module, info, None)
        .map_err(|error| words(&error))?;
    Ok(())
}

#[test]
fn every_instance_is_valid_on_every_api() {
    let mut failures = Vec::new();
    let all = ROOMS
        .into_iter()
        .flat_map(|room| instances(room).into_iter().map(move |entry| (room, entry)));
    for (room, (source, dispatch)) in all {
        let checked = naga::front::wgsl::parse_str(&source)
            .map_err(|error| error.emit_to_string(&source))
            .and_then(|module| {
                let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
                    .validate(&module)
                    .map_err(|error| error.emit_to_string(&source))?;
                translate(&module, &info)
            });
        let name = dispatch.kernel;
        failures.extend(checked.err().map(|error| format!("{name}: {error}")));
        let storage = dispatch.storage_buffers();
        if storage > room {
            failures.push(format!("{name} binds {storage} of {room} buffers"));
        }
    }
    failures.sort();
    failures.dedup();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn no_binding_is_written_and_read_at_once() {
    for dispatch in ROOMS.into_iter().flat_map(|room| instances(room).into_values()) {
        let written = dispatch
            .instance
            .source
            .lines()
            .filter(|line| line.contains("read_write"));
        for line in written {
            let at = dispatch
                .instance
                .bindings
                .iter()
                .position(|name| line.contains(&format!(" {name}:")))
                .unwrap();
            let same = dispatch
                .binds
                .iter()
                .filter(|bind| bind.store == dispatch.binds[at].store);
            assert!(
                same.count() == 1 || dispatch.kernel == "statistics",
                "{}: {line}",
                dispatch.kernel
            );
        }
    }
}

#[test]
fn backward_sums_are_taken_where_the_gradient_is_made_if_there_are_buffers_for_it() {
    let count = |net: &str, room| {
        let graph = Graph::new(&net.parse().unwrap());
        let program = Program::new(&graph, lower(&graph), &Optimizer::default(), room);
        program.step().filter(|dispatch| dispatch.kernel == "norm_grad").count()
    };
    // Of 19 normalisations only the last has no convolution behind it.
    assert_eq!([count("plain-20", 8), count("plain-20", 16)], [1, 1]);
    assert_eq!([count("resnet-20", 8), count("resnet-20", 16)], [19, 1]);
}
