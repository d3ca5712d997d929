//! The nodes that a probe asks for, and the arrays it answers with.

use rust_i18n::t;

use super::Select;
use crate::error::{Error, Result};
use crate::net::{Array, Graph, NodeId, Op};

/// By node, whether it is selected; all are all but the input.
///
/// # Errors
/// When the net has no node of a name.
pub fn selected(graph: &Graph, select: &Select) -> Result<Vec<bool>> {
    let mut selected = vec![*select == Select::All; graph.nodes.len()];
    selected[0] = false;
    if let Select::Nodes(names) = select {
        for name in names {
            let unknown = || {
                Error::Engine(t!(
                    "%{net} has no node '%{name}'; inspect lists them",
                    net = graph.spec,
                    name = name
                ))
            };
            selected[graph.find(name).ok_or_else(unknown)?] = true;
        }
    }
    Ok(selected)
}

/// A node's values over `images` images: `[N, C, H, W]`, of the linear layer `[N, classes]`.
pub fn array(graph: &Graph, node: NodeId, images: usize, data: Vec<f32>) -> Array {
    let node = &graph.nodes[node];
    let [channels, height, width] = node.output;
    let shape = match node.op {
        Op::Linear { .. } => vec![images, channels],
        _ => vec![images, channels, height, width],
    };
    Array { shape, data }
}
