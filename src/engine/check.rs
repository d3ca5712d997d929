//! What every engine checks before it computes: batches, weights and optimiser states against the graph.

use rust_i18n::t;

use super::BnMode;
use crate::data::Batch;
use crate::error::{Error, Result, Sentence};
use crate::net::{Array, Graph, Op, Weights};

fn fail<T>(reason: Sentence) -> Result<T> {
    Err(Error::Engine(reason))
}

/// Whether the net can take this batch.
///
/// # Errors
/// One sentence: another shape, missing pixels, an unknown label, or too few values to normalise.
pub fn batch(graph: &Graph, batch: &Batch, mode: BnMode) -> Result<()> {
    let (spec, n) = (&graph.spec, batch.len());
    if n == 0 {
        return fail(t!("the batch holds no image"));
    }
    if batch.shape != spec.input {
        let size = |[c, h, w]: [usize; 3]| format!("{c}x{h}x{w}");
        return fail(t!(
            "the batch's images are %{given}, but %{spec} reads %{wanted}",
            given = size(batch.shape),
            spec = spec,
            wanted = size(spec.input)
        ));
    }
    let pixels = n * spec.input.iter().product::<usize>();
    if batch.images.len() != pixels {
        return fail(t!(
            "the batch holds %{given} pixels, but %{n} images need %{pixels}",
            given = batch.images.len(),
            n = n,
            pixels = pixels
        ));
    }
    if let Some(label) = batch.labels.iter().find(|&&label| label as usize >= spec.classes) {
        return fail(t!(
            "label %{label} is not below the %{classes} classes of %{spec}",
            label = label,
            classes = spec.classes,
            spec = spec
        ));
    }
    let single =
        |node: &&crate::net::Node| matches!(node.op, Op::BatchNorm { .. }) && n * node.output[1] * node.output[2] == 1;
    if mode == BnMode::Batch
        && let Some(node) = graph.nodes.iter().find(single)
    {
        return fail(t!(
            "batch statistics of one value a channel (one image, 1x1 maps at %{node}) do not exist; take a larger batch or running statistics",
            node = node.name
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
        Some(name) => fail(t!(
            "the weights hold '%{name}', which %{net} has not",
            name = name,
            net = graph.spec
        )),
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
        return fail(t!(
            "the optimiser's state counts %{step} steps, which is no whole number",
            step = step
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
        return fail(t!(
            "the optimiser's state holds '%{surplus}', which this optimiser of %{spec} has not",
            surplus = surplus,
            spec = graph.spec
        ));
    }
    Ok(step as usize)
}

fn shape(name: &str, array: Option<&Array>, expected: &[usize], whose: &str) -> Result<()> {
    match array {
        None => fail(t!("the %{whose} lack '%{name}'", whose = t!(whose), name = name)),
        Some(array) if array.shape != expected || array.data.len() != expected.iter().product::<usize>() => fail(t!(
            "'%{name}' of the %{whose} has shape %{shape}, but %{expected} is needed",
            name = name,
            whose = t!(whose),
            shape = format!("{:?}", array.shape),
            expected = format!("{expected:?}")
        )),
        Some(_) => Ok(()),
    }
}
