//! Weights on disk: `.safetensors` both ways, and PyTorch's `.pth` in.

use std::fs;
use std::path::Path;

use rust_i18n::t;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::candle::pth;
use crate::error::{Error, Result};
use crate::net::{Array, Weights};

/// Reads a `.safetensors` file, or a `.pth` / `.pt` state dictionary, as `f32`. PyTorch's batch counters
/// (`num_batches_tracked`) are left out.
///
/// # Errors
/// One sentence that names the file and what is wrong with it.
pub fn read(path: &Path) -> Result<Weights> {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    if matches!(extension, "pth" | "pt") {
        return pth::read(path);
    }
    from_bytes(path, &fs::read(path).map_err(Error::io("read", path))?)
}

/// The same of a `.safetensors` file that is in memory; `path` names it in errors.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Weights> {
    let counter = |name: &str| name.ends_with("num_batches_tracked");
    parse(path, bytes)?
        .iter()
        .filter(|(name, _)| !counter(name))
        .map(|(name, view)| Ok((name.to_owned(), floats(path, name, &view)?)))
        .collect()
}

/// Writes a `.safetensors` file of `f32`, in place of one that is there.
///
/// # Errors
/// When the system refuses.
pub fn write(path: &Path, weights: &Weights) -> Result<()> {
    let view = |array: &Array| {
        let bytes: Vec<u8> = array.data.iter().flat_map(|value| value.to_le_bytes()).collect();
        Stored {
            shape: array.shape.clone(),
            bytes,
        }
    };
    let stored: Vec<(&String, Stored)> = weights.iter().map(|(name, array)| (name, view(array))).collect();
    let bytes = safetensors::serialize(stored, None).map_err(|error| {
        Error::Engine(t!(
            "cannot write %{path}: %{error}",
            path = path.display(),
            error = error
        ))
    })?;
    fs::write(path, bytes).map_err(Error::io("write", path))
}

struct Stored {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl safetensors::View for Stored {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&self.bytes).into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The entries of a `.safetensors` file; what its header claims is checked against its size.
///
/// # Errors
/// One sentence when it is no such file.
pub fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<SafeTensors<'a>> {
    SafeTensors::deserialize(bytes).map_err(|error| {
        Error::Engine(t!(
            "%{path} is no sound .safetensors file: %{error}",
            path = path.display(),
            error = error
        ))
    })
}

/// An entry of floating-point numbers.
///
/// # Errors
/// When it holds anything else.
pub fn floats(path: &Path, name: &str, view: &TensorView) -> Result<Array> {
    let bytes = view.data();
    let halves = |widen: fn(u16) -> f32| {
        bytes
            .chunks_exact(2)
            .map(|b| widen(u16::from_le_bytes([b[0], b[1]])))
            .collect()
    };
    let data = match view.dtype() {
        Dtype::F32 => bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect(),
        Dtype::F64 => bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32)
            .collect(),
        Dtype::BF16 => halves(|bits| f32::from_bits(u32::from(bits) << 16)),
        Dtype::F16 => halves(half),
        other => {
            return Err(Error::Engine(t!(
                "'%{name}' in %{path} is %{other}; floating-point numbers are needed",
                name = name,
                path = path.display(),
                other = format!("{other:?}")
            )));
        }
    };
    Ok(Array {
        shape: view.shape().to_vec(),
        data,
    })
}

/// IEEE 754 binary16 to binary32, exactly.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    sign * magnitude
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        fs::write(&path, bytes).unwrap();
        let text = read(&path).unwrap_err().to_string();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.contains("w.safetensors"), "{text}");
        text
    }

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
    }

    #[test]
    fn weights_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let array = Array {
            shape: vec![2, 1],
            data: vec![f32::NAN, -1.5e-40],
        };
        let weights = Weights::from([("fc.weight".into(), array), ("loss".into(), Array::filled(vec![], 2.5))]);
        write(&path, &weights).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(back["loss"], weights["loss"]);
        assert_eq!(back["fc.weight"].shape, [2, 1]);
        let bits = |weights: &Weights| {
            weights["fc.weight"]
                .data
                .iter()
                .map(|v| v.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(bits(&back), bits(&weights));
    }

    #[test]
    fn other_floats_are_widened_and_counters_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let header = r#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},
            "b":{"dtype":"BF16","shape":[1],"data_offsets":[8,10]},
            "c":{"dtype":"F16","shape":[4],"data_offsets":[10,18]},
            "bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[18,26]}}"#;
        let mut data = 0.1f64.to_le_bytes().to_vec();
        for bits in [0xbfc0u16, 0x3555, 0x0001, 0xfc00, 0xc000] {
            data.extend(bits.to_le_bytes());
        }
        data.extend(7i64.to_le_bytes());
        fs::write(&path, file(header, &data)).unwrap();
        let weights = read(&path).unwrap();
        assert_eq!(weights.len(), 3);
        assert_eq!(weights["a"].data, [0.1f32]);
        assert_eq!(weights["b"].data, [-1.5]);
        assert_eq!(
            weights["c"].data,
            [0.333_251_95, 5.960_464_5e-8, f32::NEG_INFINITY, -2.0]
        );
    }

    #[test]
    fn lying_files_are_one_sentence() {
        refused(b"");
        refused(&[0; 7]);
        refused(&u64::MAX.to_le_bytes());
        refused(&file("{\"a\"", &[]));
        refused(&file(
            r#"{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}"#,
            &[0; 8],
        ));
        refused(&file(
            r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}"#,
            &[],
        ));
        refused(&file(
            r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
            &[0; 8],
        ));
        let text = refused(&file(
            r#"{"a":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}"#,
            &[0; 4],
        ));
        assert!(text.contains("floating-point"), "{text}");
    }
}
