//! Between candle's tensors and plain arrays.

use candle_core::{Device, Result, Storage, Tensor};

use crate::net::Array;

/// Copies an array to a device.
pub fn tensor(array: &Array, device: &Device) -> Result<Tensor> {
    Tensor::from_slice(&array.data, array.shape.as_slice(), device)
}

/// Copies a tensor out.
pub fn array(tensor: &Tensor) -> Result<Array> {
    Ok(Array {
        shape: tensor.dims().to_vec(),
        data: tensor.flatten_all()?.to_vec1()?,
    })
}

/// Shows a tensor's values in row-major order, without a copy where they lie so in CPU memory.
pub fn with_values<T>(tensor: &Tensor, look: impl FnOnce(&[f32]) -> T) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(storage), Some((from, to))) => Ok(look(&storage.as_slice()?[from..to])),
        _ => Ok(look(&tensor.flatten_all()?.to_vec1()?)),
    }
}

/// The Euclidean norm, accumulated in `f64`: squares of `f32` neither vanish nor overflow in it.
pub fn norm(tensor: &Tensor) -> Result<f64> {
    let square = |&value: &f32| f64::from(value) * f64::from(value);
    with_values(tensor, |values| values.iter().map(square).sum::<f64>().sqrt())
}

/// A tensor of unremarkable values for tests.
#[cfg(test)]
pub fn wave(shape: &[usize], seed: usize) -> Tensor {
    let value = |i: usize| ((i * i % 101 + 17 * seed) as f32 * 0.61 + i as f32 * 0.13).sin();
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

/// ||a - b|| / ||b||
#[cfg(test)]
pub fn relative_error(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    norm(&(a - b).unwrap()).unwrap() / norm(b).unwrap()
}
