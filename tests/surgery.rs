//! Cut shortcuts and removed blocks compute what they say, on every engine that runs here.

use std::sync::Arc;

use depthscope::data::Batch;
use depthscope::engine::{BnMode, Choice, Optimizer, Probe, ProbeRequest, Select, open};
use depthscope::net::{Cut, Graph, Spec, Surgery, Weights, initial_weights};

fn batch() -> Batch {
    Batch {
        shape: [1, 8, 8],
        images: (0..6 * 64).map(|at| ((at * 37 % 101) as f32 / 50.0) - 1.0).collect(),
        labels: vec![0, 1, 2, 3, 4, 5],
        origin: None,
    }
}

fn graph(text: &str) -> Graph {
    Graph::new(&Spec::for_data(text, [1, 8, 8], 10).unwrap())
}

fn probe(choice: Choice, graph: &Graph, weights: &Weights) -> Probe {
    let mut engine = open(choice, &Arc::new(graph.clone()), weights, Optimizer::default()).unwrap();
    let request = ProbeRequest {
        mode: BnMode::Batch,
        activations: Select::All,
        activation_gradients: Select::None,
        weight_gradients: false,
    };
    engine.probe(&batch(), &request).unwrap()
}

fn operated(choice: Choice, whole: &Graph, surgery: &Surgery) -> Probe {
    let operated = surgery.operate(whole).unwrap();
    let weights = Surgery::weights(&operated, &initial_weights(whole, 3));
    probe(choice, &operated.graph, &weights)
}

fn close(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-4 * (1.0 + a.abs()))
}

#[test]
fn without_shortcuts_a_residual_net_is_its_plain_twin() {
    let (plain, residual) = (graph("plain-20:width=4"), graph("resnet-20:width=4"));
    let cuts = (0..9).map(|block| (block, Cut::Shortcut(0.0))).collect();
    for choice in [Choice::Cpu, Choice::Candle] {
        let expected = probe(choice, &plain, &initial_weights(&plain, 3)).logits.unwrap();
        let cut = operated(
            choice,
            &residual,
            &Surgery {
                cuts: Clone::clone(&cuts),
            },
        );
        assert!(close(&expected.data, &cut.logits.unwrap().data), "{choice:?}");
    }
}

/// What the block's output must be, from the activations of its own input.
fn shortcut(input: &[f32], [c, h, w]: [usize; 3], channels: usize, stride: usize, scale: f32) -> Vec<f32> {
    let mut output = Vec::new();
    for image in input.chunks_exact(c * h * w) {
        for channel in 0..channels {
            for y in (0..h).step_by(stride) {
                for x in (0..w).step_by(stride) {
                    let value = if channel < c {
                        image[(channel * h + y) * w + x]
                    } else {
                        0.0
                    };
                    output.push(scale * value);
                }
            }
        }
    }
    output
}

#[test]
fn a_removed_block_is_its_shortcut() {
    for (net, scale) in [
        ("resnet-20:width=4", 1.0),
        ("resnet-20:width=4,scale=0.5", 0.5),
        ("resnet-20:width=4,order=pre", 1.0),
        ("resnet-20:width=4,norm=none,init=xavier", 1.0),
        ("plain-20:width=4", 1.0),
        ("resnet-29:block=bottleneck,shortcut=A,width=4", 1.0),
    ] {
        let whole = graph(net);
        for block in [0, 1, 3, 8] {
            if Cut::Removed.check(&whole, block).is_err() {
                assert!(net.starts_with("plain") && block == 3, "{net} {block}");
                continue;
            }
            let about = &whole.blocks[block];
            let (input, output) = (&whole.nodes[about.input], &whole.nodes[about.output]);
            for choice in [Choice::Cpu, Choice::Candle] {
                let probe = operated(choice, &whole, &Surgery::one(block, Cut::Removed));
                let stride = input.output[1] / output.output[1];
                let read = &probe.activations[&input.name].data;
                let expected = shortcut(read, input.output, output.output[0], stride, scale);
                assert!(
                    close(&expected, &probe.activations[&about.name].data),
                    "{net} {block} {choice:?}"
                );
            }
        }
    }
}

/// Pairs of neighbours gone, the last and the first block among them, and projections that read inside their block.
#[test]
fn engines_agree_after_any_surgery() {
    let removed = |blocks: &[usize]| Surgery {
        cuts: blocks.iter().map(|&block| (block, Cut::Removed)).collect(),
    };
    let mut mixed = removed(&[0, 3, 4]);
    mixed.cuts.insert(5, Cut::Shortcut(0.25));
    for net in [
        "resnet-20:width=4",
        "resnet-20:width=4,scale=0.5",
        "resnet-20:width=4,shortcut=B",
        "resnet-20:width=4,shortcut=C,order=pre",
        "resnet-20:width=4,shortcut=C,norm=none,init=xavier",
        "resnext-29:cardinality=2,group_width=2,width=4",
    ] {
        let whole = graph(net);
        for surgery in [
            removed(&[7, 8]),
            removed(&[0, 1, 2]),
            removed(&[0, 1, 2, 3, 4, 5, 6, 7, 8]),
            mixed.clone(),
        ] {
            let [cpu, candle] = [Choice::Cpu, Choice::Candle].map(|choice| operated(choice, &whole, &surgery));
            let [cpu, candle] = [cpu, candle].map(|probe| probe.logits.unwrap().data);
            assert!(close(&cpu, &candle), "{net} {surgery:?}\n{cpu:?}\n{candle:?}");
        }
    }
}
