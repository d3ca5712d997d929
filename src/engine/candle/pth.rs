//! PyTorch's `.pth` state dictionaries (zip format, since PyTorch 1.6) through candle's pickle reader.

use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use candle_core::DType;
use candle_core::pickle::PthTensors;
use rust_i18n::t;

use super::{reason, values};
use crate::error::{Error, Result};
use crate::net::Weights;

/// Keys under which training scripts put the state dictionary.
const KEYS: [&str; 3] = ["state_dict", "model", "net"];

/// Reads the floating-point entries as `f32`.
///
/// # Errors
/// One sentence that names the file and what is wrong with it.
pub fn read(path: &Path) -> Result<Weights> {
    let fail = |why: &str| {
        Error::Engine(t!(
            "%{path} is no PyTorch state dictionary that can be read: %{why}",
            path = path.display(),
            why = why
        ))
    };
    let size = path.metadata().map_err(Error::io("read", path))?.len();
    // candle's reader panics on malformed tuples; its message says nothing to a user.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| tensors(path, size)));
    panic::set_hook(hook);
    let weights = outcome
        .map_err(|_| fail(&t!("its pickle is malformed")))?
        .map_err(|error| fail(&reason(&error)))?;
    if weights.is_empty() {
        return Err(fail(&t!(
            "it holds no tensors (files of PyTorch before 1.6 must be saved again)"
        )));
    }
    Ok(weights)
}

fn tensors(path: &Path, size: u64) -> candle_core::Result<Weights> {
    let mut file = PthTensors::new(path, None)?;
    for key in KEYS {
        if file.tensor_infos().is_empty() {
            file = PthTensors::new(path, Some(key)).or_else(|_| PthTensors::new(path, None))?;
        }
    }
    let mut weights = Weights::new();
    for (name, info) in file.tensor_infos() {
        if !info.dtype.is_float() {
            continue;
        }
        let claimed = info
            .layout
            .dims()
            .iter()
            .try_fold(info.dtype.size_in_bytes() as u64, |bytes, &side| {
                bytes.checked_mul(side as u64)
            });
        if claimed.is_none_or(|bytes| bytes > size) {
            candle_core::bail!("'{name}' claims more than the file holds");
        }
        if let Some(tensor) = file.get(name)? {
            weights.insert(name.clone(), values::array(&tensor.to_dtype(DType::F32)?)?);
        }
    }
    Ok(weights)
}
