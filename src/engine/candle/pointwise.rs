//! ReLU and the option-A shortcut.

use candle_core::{Result, Tensor};

use super::function::Function;

/// max(x, 0) with PyTorch's gradient, which is 0 at 0 (candle's own is 1), and with NaN kept.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    let value = kept_where_positive(&x.detach(), &x.detach())?;
    let positive = value.clone();
    x.apply_op1(Function::new(value, move |gradient| {
        Ok([Some(kept_where_positive(&positive, gradient)?)])
    }))
}

/// `x`, but 0 where `sign` is 0 or below.
fn kept_where_positive(sign: &Tensor, x: &Tensor) -> Result<Tensor> {
    sign.le(0f32)?.where_cond(&x.zeros_like()?, x)
}

/// Every `stride`-th pixel of `[N, C, H, W]`, with zero channels appended up to `channels`.
pub fn subsample(x: &Tensor, stride: usize, channels: usize) -> Result<Tensor> {
    let c = x.dim(1)?;
    every(&every(x, 2, stride)?, 3, stride)?.pad_with_zeros(1, 0, channels - c)
}

/// Indices 0, `stride`, 2 `stride`, ... along a dimension of any size.
fn every(x: &Tensor, dim: usize, stride: usize) -> Result<Tensor> {
    if stride == 1 {
        return Ok(x.clone());
    }
    let size = x.dim(dim)?;
    let padded = x.pad_with_zeros(dim, 0, size.next_multiple_of(stride) - size)?;
    let mut split = padded.dims().to_vec();
    split[dim] = size.div_ceil(stride);
    split.insert(dim + 1, stride);
    padded
        .reshape(split)?
        .narrow(dim + 1, 0, 1)?
        .squeeze(dim + 1)?
        .contiguous()
}
