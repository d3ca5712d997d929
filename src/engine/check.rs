//! What every engine checks before it computes: batches, weights and optimiser states against the graph.

use super::BnMode;
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::net::{Array, Graph, Op, Weights};

fn fail<T>(reason: String) -> Result<T> {
    Err(Error::Engine(reason))
}

/// Whether the net can take this batch.
///
/// # Errors
/// One sentence: another shape, missing pixels, an unknown label, or too few values to normalise.
pub fn batch(graph: &Graph, batch: &Batch, mode: BnMode) -> Result<()> {
    let (spec, n) = (&graph.spec, batch.len());
    if n == 0 {
        return fail("the batch holds no image".into());
    }
    if batch.shape != spec.input {
        let size = |[c, h, w]: [usize; 3]| format!("{c}x{h}x{w}");
        return fail(format!(
            "the batch's images are {}, but {spec} reads {}",
            size(batch.shape),
            size(spec.input)
        ));
    }
    let pixels = n * spec.input.iter().product::<usize>();
    if batch.images.len() != pixels {
        return fail(format!(
            "the batch holds {} pixels, but {n} images need {pixels}",
            batch.images.len()
        ));
    }
    if let Some(label) = batch.labels.iter().find(|&&label| label as usize >= spec.classes) {
        return fail(format!(
            "label {label} is not below the {} classes of {spec}",
            spec.classes
        ));
    }
    let single =
        |node: &&crate::net::Node| matches!(node.op, Op::BatchNorm { .. }) && n * node.output[1] * node.output[2] == 1;
    if mode == BnMode::Batch
        && let Some(node) = graph.nodes.iter().find(single)
    {
        return fail(format!(
            "batch statistics of one value a channel (one image, 1x1 maps at {}) do not exist; take a larger batch or running statistics",
            node.name
        ));
    }
    Ok(())
}

/// Whether `weights` are this graph's parameters and buffers, each in its shape. PyTorch's batch counters
/// (`num_batches_tracked`) may be there too. Values are not looked at.
///
/// # Errors
/// One sentence that names the first entry that is missing, surplus or misshapen.
pub fn weights(graph: &Graph, weights: &Weights) -> Result<()> {
    for param in &graph.params {
        shape(&param.name, weights.get(&param.name), &param.shape, "weights")?;
    }
    let known: std::collections::HashSet<&str> = graph.params.iter().map(|param| param.name.as_str()).collect();
    let surplus = |name: &&String| !known.contains(name.as_str()) && !name.ends_with(".num_batches_tracked");
    match weights.keys().find(surplus) {
        Some(name) => fail(format!("the weights hold '{name}', which {} has not", graph.spec)),
        None => Ok(()),
    }
}

/// Whether `state` has `step` and, of each trained parameter, the memories called `names`; the number of steps.
///
/// # Errors
/// As [`weights`].
pub fn optimizer_state(graph: &Graph, names: &[&str], state: &Weights) -> Result<usize> {
    let mut expected = 1;
    for param in graph.params.iter().filter(|param| param.kind.trained()) {
        for name in names {
            let name = format!("{name}/{}", param.name);
            shape(&name, state.get(&name), &param.shape, "optimiser's state")?;
            expected += 1;
        }
    }
    shape("step", state.get("step"), &[], "optimiser's state")?;
    let step = state["step"].data[0];
    if step < 0.0 || step.fract() != 0.0 || !step.is_finite() {
        return fail(format!(
            "the optimiser's state counts {step} steps, which is no whole number"
        ));
    }
    if state.len() != expected {
        let known = |name: &String| {
            name == "step"
                || name.split_once('/').is_some_and(|(kind, param)| {
                    names.contains(&kind)
                        && graph
                            .params
                            .iter()
                            .any(|known| known.name == param && known.kind.trained())
                })
        };
        let surplus = state.keys().find(|name| !known(name)).map_or("", String::as_str);
        return fail(format!(
            "the optimiser's state holds '{surplus}', which this optimiser of {} has not",
            graph.spec
        ));
    }
    Ok(step as usize)
}

fn shape(name: &str, array: Option<&Array>, expected: &[usize], whose: &str) -> Result<()> {
    match array {
        None => fail(format!("the {whose} lack '{name}'")),
        Some(array) if array.shape != expected || array.data.len() != expected.iter().product::<usize>() => {
            fail(format!(
                "'{name}' of the {whose} has shape {:?}, but {expected:?} is needed",
                array.shape
            ))
        }
        Some(_) => Ok(()),
    }
}
