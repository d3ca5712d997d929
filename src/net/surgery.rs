//! Cuts in a finished net: shortcuts scaled or cut through, whole blocks taken out. The result is a graph of the same
//! parameters (fewer, where blocks are gone), so the trained weights serve it as they are.

use std::collections::BTreeMap;

use rust_i18n::t;
use serde::{Deserialize, Serialize};

use super::graph::{Block, Graph, Node, NodeId, Op, Param, ParamKind};
use super::weights::{Array, Weights};

/// What is done to one block.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Cut {
    /// The shortcut is multiplied by this instead of the net's own scale; 0 cuts it through.
    Shortcut(f32),
    /// The branch is gone: the block is its shortcut, in a plain net the identity.
    Removed,
}

/// The cuts, by position in [`Graph::blocks`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Surgery {
    pub cuts: BTreeMap<usize, Cut>,
}

/// A net after surgery.
#[derive(Debug, Clone, PartialEq)]
pub struct Operated {
    pub graph: Graph,
    /// Values of the graph's parameters that the whole net has not: shortcuts without parameters, written as
    /// convolutions where nothing is added to them any more.
    pub constants: Weights,
}

impl Cut {
    /// Whether the cut can be made.
    ///
    /// # Errors
    /// One sentence that says why not.
    pub fn check(self, graph: &Graph, block: usize) -> Result<(), String> {
        let Some(about) = graph.blocks.get(block) else {
            return Err(t!(
                "%{net} has no block %{block}",
                net = graph.spec.short_name(),
                block = block
            )
            .into());
        };
        let name = &about.name;
        let [input, output] = [about.input, about.output].map(|node| graph.nodes[node].output);
        match self {
            Cut::Shortcut(scale) if !scale.is_finite() => Err(t!("a shortcut's scale must be a finite number").into()),
            Cut::Shortcut(_) if about.add.is_none() => {
                Err(t!("%{name} is a plain block: it has no shortcut to cut", name = name).into())
            }
            Cut::Removed if about.add.is_none() && input != output => {
                let size = |[c, h, w]: [usize; 3]| format!("{c}×{h}×{w}");
                Err(t!(
                    "%{name} makes %{to} of %{from} and has no shortcut that could stand in for it, \
                     so it cannot be removed",
                    name = name,
                    to = size(output),
                    from = size(input)
                )
                .into())
            }
            _ => Ok(()),
        }
    }
}

impl Surgery {
    /// One cut.
    pub fn one(block: usize, cut: Cut) -> Self {
        Self {
            cuts: BTreeMap::from([(block, cut)]),
        }
    }

    /// The net with the cuts made. Block names and the trunk stay.
    ///
    /// # Errors
    /// As [`Cut::check`].
    pub fn operate(&self, graph: &Graph) -> Result<Operated, String> {
        let mut nodes = graph.nodes.clone();
        let mut params = graph.params.clone();
        let mut constants = Weights::new();
        let mut removed = Vec::new();
        // Nodes inserted behind a node of the whole graph.
        let mut inserted: BTreeMap<NodeId, (Node, Param)> = BTreeMap::new();
        for (&index, &cut) in &self.cuts {
            cut.check(graph, index)?;
            let block = &graph.blocks[index];
            match (cut, block.add) {
                (Cut::Shortcut(scale), Some(add)) => nodes[add].op = Op::Add { scale },
                (Cut::Shortcut(_), None) => {}
                (Cut::Removed, add) => {
                    removed.push(block.output);
                    let shortcut = block.downsample.unwrap_or(block.input);
                    let scale = match add.map(|add| &graph.nodes[add].op) {
                        Some(Op::Add { scale }) => *scale,
                        _ => 1.0,
                    };
                    nodes[block.output].inputs = vec![shortcut];
                    let projected = block.downsample.is_some_and(|node| !is_subsample(&graph.nodes[node]));
                    if !projected && scale == 1.0 {
                        // What a block reads has been through its ReLU already.
                        nodes[block.output].op = Op::Identity;
                    }
                    match stand_in(graph, block, scale) {
                        Some((Part::Instead, node, param, value)) => {
                            constants.insert(param.name.clone(), value);
                            params.push(param);
                            nodes[shortcut] = node;
                        }
                        Some((Part::Behind, node, param, value)) => {
                            constants.insert(param.name.clone(), value);
                            inserted.insert(block.output, (node, param));
                        }
                        None => {}
                    }
                }
            }
        }
        Ok(Operated {
            graph: assemble(graph, nodes, params, inserted, &removed),
            constants,
        })
    }

    /// The trained weights as the operated net takes them.
    pub fn weights(operated: &Operated, trained: &Weights) -> Weights {
        let value = |param: &Param| {
            let name = &param.name;
            let value = operated.constants.get(name).or_else(|| trained.get(name))?;
            Some((name.clone(), value.clone()))
        };
        operated.graph.params.iter().filter_map(value).collect()
    }
}

/// Where the convolution that writes out a shortcut stands.
enum Part {
    /// In the place of the subsampling node.
    Instead,
    /// Before the block's output.
    Behind,
}

fn is_subsample(node: &Node) -> bool {
    matches!(node.op, Op::Subsample { .. })
}

/// The 1x1 convolution that subsamples, pads channels and scales as the shortcut does: engines subsample only on the way
/// into an addition. `None` where the shortcut needs none.
fn stand_in(graph: &Graph, block: &Block, scale: f32) -> Option<(Part, Node, Param, Array)> {
    let shortcut = block.downsample.unwrap_or(block.input);
    let (part, reads, stride) = match graph.nodes[shortcut].op {
        Op::Subsample { stride } => (Part::Instead, block.input, stride),
        _ if scale != 1.0 => (Part::Behind, shortcut, 1),
        _ => return None,
    };
    let (channels, from) = (graph.nodes[block.output].output[0], graph.nodes[reads].output[0]);
    let parameters = format!("{}.shortcut", block.name);
    let param = Param {
        name: format!("{parameters}.weight"),
        shape: vec![channels, from, 1, 1],
        kind: ParamKind::ConvWeight,
        zeroed: false,
    };
    let mut value = Array::filled(param.shape.clone(), 0.0);
    (0..channels.min(from)).for_each(|channel| value.data[channel * from + channel] = scale);
    let op = Op::Conv {
        parameters: parameters.clone(),
        kernel: 1,
        stride,
        groups: 1,
        bias: false,
    };
    let name = match part {
        Part::Instead => graph.nodes[shortcut].name.clone(),
        Part::Behind => parameters,
    };
    let node = Node {
        name,
        op,
        inputs: vec![reads],
        output: graph.nodes[block.output].output,
    };
    Some((part, node, param, value))
}

/// A graph of what still leads to the logits.
fn assemble(
    whole: &Graph,
    nodes: Vec<Node>,
    mut params: Vec<Param>,
    mut inserted: BTreeMap<NodeId, (Node, Param)>,
    removed: &[NodeId],
) -> Graph {
    let mut needed = vec![false; nodes.len()];
    needed[nodes.len() - 1] = true;
    for id in (0..nodes.len()).rev() {
        if needed[id] {
            nodes[id].inputs.iter().for_each(|&input| needed[input] = true);
        }
    }
    let mut places = vec![None; nodes.len()];
    let mut kept: Vec<Node> = Vec::with_capacity(nodes.len());
    let place = |places: &[Option<NodeId>], id: NodeId| places[id].expect("inputs stand before their readers");
    for (id, mut node) in nodes.into_iter().enumerate() {
        if !needed[id] {
            continue;
        }
        node.inputs.iter_mut().for_each(|input| *input = place(&places, *input));
        if let Some((mut scaled, param)) = inserted.remove(&id) {
            scaled.inputs = node.inputs;
            kept.push(scaled);
            params.push(param);
            node.inputs = vec![kept.len() - 1];
        }
        kept.push(node);
        places[id] = Some(kept.len() - 1);
    }
    let prefixes: Vec<String> = kept
        .iter()
        .filter_map(|node| Some(format!("{}.", node.op.parameters()?)))
        .collect();
    let used = |param: &Param| {
        let rest = prefixes
            .iter()
            .find_map(|prefix| param.name.strip_prefix(prefix.as_str()));
        rest.is_some_and(|rest| !rest.contains('.'))
    };
    params.retain(used);
    let blocks = whole.blocks.iter().map(|block| Block {
        name: block.name.clone(),
        stage: block.stage,
        input: place(&places, block.input),
        output: place(&places, block.output),
        add: block
            .add
            .filter(|_| !removed.contains(&block.output))
            .and_then(|add| places[add]),
        downsample: block.downsample.and_then(|node| places[node]),
    });
    Graph {
        spec: whole.spec.clone(),
        blocks: blocks.collect(),
        nodes: kept,
        params,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::initial_weights;

    fn graph(text: &str) -> Graph {
        Graph::new(&text.parse().unwrap())
    }

    #[test]
    fn a_removed_block_takes_its_parameters_along() {
        let whole = graph("resnet-20");
        let operated = Surgery::one(1, Cut::Removed).operate(&whole).unwrap();
        let names: Vec<&str> = operated.graph.params.iter().map(|param| param.name.as_str()).collect();
        assert_eq!(names.len(), whole.params.len() - 10);
        assert!(!names.iter().any(|name| name.starts_with("layer1.1.")), "{names:?}");
        assert!(operated.constants.is_empty());
        let block = &operated.graph.blocks[1];
        assert_eq!((block.name.as_str(), block.add), ("layer1.1", None));
        assert_eq!(operated.graph.nodes[block.output].op, Op::Identity);
        assert_eq!(operated.graph.trunk().len(), whole.trunk().len());
        let weights = Surgery::weights(&operated, &initial_weights(&whole, 0));
        assert_eq!(weights.len(), operated.graph.params.len());
    }

    #[test]
    fn cuts_that_make_no_sense_are_explained() {
        let plain = graph("plain-20");
        for (block, cut, says) in [
            (0, Cut::Shortcut(0.0), "has no shortcut to cut"),
            (3, Cut::Removed, "makes 32×16×16 of 16×32×32"),
            (9, Cut::Removed, "has no block 9"),
            (0, Cut::Shortcut(f32::NAN), "finite"),
        ] {
            let why = Surgery::one(block, cut).operate(&plain).unwrap_err();
            assert!(why.contains(says), "{why}");
        }
        assert!(Surgery::one(4, Cut::Removed).operate(&plain).is_ok());
        assert!(Surgery::one(3, Cut::Removed).operate(&graph("resnet-20")).is_ok());
    }

    #[test]
    fn nothing_done_is_the_same_net() {
        let whole = graph("resnet-20:shortcut=B,order=pre");
        let operated = Surgery::default().operate(&whole).unwrap();
        assert_eq!((operated.graph, operated.constants), (whole, Weights::new()));
    }
}
