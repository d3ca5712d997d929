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

/// The Euclidean norm, accumulated in `f64`: squares of `f32` neither vanish nor overflow in it.
pub fn norm(tensor: &Tensor) -> Result<f64> {
    let square_sum = |values: &[f32]| {
        values
            .iter()
            .map(|&value| f64::from(value) * f64::from(value))
            .sum::<f64>()
    };
    let (storage, layout) = tensor.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cpu(storage), Some((from, to))) => Ok(square_sum(&storage.as_slice()?[from..to]).sqrt()),
        _ => Ok(square_sum(&tensor.flatten_all()?.to_vec1()?).sqrt()),
    }
}
