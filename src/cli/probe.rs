//! `depthscope probe NET`: everything inside a net for one batch, as arrays for Python.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use safetensors::{Dtype, SafeTensors};

use super::engine_args::EngineArgs;
use crate::data::Batch;
use crate::engine::{BnMode, Optimizer, Probe, ProbeRequest, Select, open, unavailable, weights_file};
use crate::error::{Error, Result};
use crate::net::{Array, Graph, Spec, Weights};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The network, as in resnet-20:shortcut=B; input and classes come from the files unless stated
    net: String,
    /// Parameters and buffers under torchvision's names (.safetensors or .pth)
    #[arg(long, value_name = "W.safetensors")]
    weights: PathBuf,
    /// Holds images (N x C x H x W, floats) and labels (N, integers)
    #[arg(long, value_name = "B.safetensors")]
    batch: PathBuf,
    /// Where to write logits, loss, gradients and activations
    #[arg(long, value_name = "P.safetensors")]
    out: PathBuf,
    /// Normalise with the batch's statistics, and write the running ones after one update
    #[arg(long)]
    train: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

/// # Errors
/// When a file cannot be read or does not fit the net.
pub fn run(args: &Args) -> Result<()> {
    let weights = weights_file::read(&args.weights)?;
    let batch = read_batch(&args.batch)?;
    let spec = Spec::for_data(&args.net, batch.shape, classes(&args.weights, &weights)?)?;
    let graph = Arc::new(Graph::new(&spec));
    let mut engine = open(args.engine.wanted()?, &graph, &weights, Optimizer::default()).map_err(unavailable)?;
    let request = ProbeRequest {
        mode: if args.train { BnMode::Batch } else { BnMode::Running },
        activations: Select::All,
        activation_gradients: Select::All,
        weight_gradients: true,
    };
    weights_file::write(&args.out, &named(engine.probe(&batch, &request).map_err(unavailable)?))
}

fn classes(path: &Path, weights: &Weights) -> Result<usize> {
    match weights.get("fc.bias").map(|bias| bias.shape.as_slice()) {
        Some(&[classes]) => Ok(classes),
        _ => Err(Error::Engine(
            format!("{} has no fc.bias [classes]", path.display()).into(),
        )),
    }
}

fn named(probe: Probe) -> Weights {
    let mut arrays = Weights::from([("loss".to_owned(), Array::filled(Vec::new(), probe.loss))]);
    arrays.extend(probe.logits.map(|logits| ("logits".to_owned(), logits)));
    for (prefix, group) in [
        ("grad", probe.weight_gradients),
        ("activation", probe.activations),
        ("activation_grad", probe.activation_gradients),
        ("buffer", probe.buffers),
    ] {
        arrays.extend(
            group
                .into_iter()
                .map(|(name, array)| (format!("{prefix}/{name}"), array)),
        );
    }
    arrays
}

fn read_batch(path: &Path) -> Result<Batch> {
    let fail = |why: String| Error::Data(format!("{}: {why}", path.display()).into());
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let file = weights_file::parse(path, &bytes)?;
    let tensor = |name: &str| file.tensor(name).map_err(|_| fail(format!("it has no '{name}'")));
    let images = weights_file::floats(path, "images", &tensor("images")?)?;
    let &[n, c, h, w] = images.shape.as_slice() else {
        return Err(fail(format!("images have shape {:?}, not [N, C, H, W]", images.shape)));
    };
    if let Some(position) = images.data.iter().position(|pixel| !pixel.is_finite()) {
        let image = position / (c * h * w);
        return Err(fail(format!("image {image} has a pixel that is not a finite number")));
    }
    let labels = labels(&file).map_err(fail)?;
    if labels.len() != n {
        return Err(fail(format!("{n} images have {} labels", labels.len())));
    }
    Ok(Batch {
        shape: [c, h, w],
        images: images.data,
        labels,
        origin: None,
    })
}

/// Labels of any common integer type; the reason why not, as the end of a sentence.
fn labels(file: &SafeTensors) -> Result<Vec<u32>, String> {
    let view = file.tensor("labels").map_err(|_| "it has no 'labels'")?;
    if view.shape().len() != 1 {
        return Err(format!("labels have shape {:?}, not [N]", view.shape()));
    }
    let bytes = view.data();
    let values: Vec<i64> = match view.dtype() {
        Dtype::U8 => bytes.iter().map(|&byte| byte.into()).collect(),
        Dtype::I32 => bytes
            .chunks_exact(4)
            .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]).into())
            .collect(),
        Dtype::I64 => bytes
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
            .collect(),
        other => return Err(format!("labels are {other:?}; I64, I32 or U8 is needed")),
    };
    values
        .into_iter()
        .map(|value| u32::try_from(value).map_err(|_| format!("label {value} is no class")))
        .collect()
}
