//! Convolution without bias, with padding `kernel / 2`.

use candle_core::{Result, Tensor};

use super::function::Function;

/// How a convolution moves over its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub kernel: usize,
    pub stride: usize,
    pub groups: usize,
}

/// `[N, I, H, W]` with `[O, I / groups, k, k]` to `[N, O, H', W']`. Nothing is computed for the gradient of an input
/// that nobody asks for (`input_gradient`), which saves the first layer's.
pub fn convolution(x: &Tensor, weight: &Tensor, shape: Shape, input_gradient: bool) -> Result<Tensor> {
    if shape.groups == 1 {
        return one_group(x, weight, shape, input_gradient);
    }
    let outputs = x
        .chunk(shape.groups, 1)?
        .iter()
        .zip(weight.chunk(shape.groups, 0)?)
        .map(|(x, weight)| one_group(x, &weight, shape, input_gradient))
        .collect::<Result<Vec<_>>>()?;
    Tensor::cat(&outputs, 1)
}

fn one_group(x: &Tensor, weight: &Tensor, shape: Shape, input_gradient: bool) -> Result<Tensor> {
    let (x_value, weight_value) = (x.detach(), weight.detach());
    let value = x_value.conv2d(&weight_value, shape.kernel / 2, shape.stride, 1, 1)?;
    let backward = move |gradient: &Tensor| {
        let of_input = if input_gradient {
            Some(gradient_of_input(gradient, &x_value, &weight_value, shape)?)
        } else {
            None
        };
        let of_weight = gradient_of_weight(gradient, &x_value, &weight_value, shape)?;
        Ok([of_input, Some(of_weight)])
    };
    x.apply_op2(weight, Function::new(value, backward))
}

/// With stride 1 the convolution with the flipped kernel, which candle does as matrix products (and cuDNN knows), where
/// its transposed convolution is a direct loop.
fn gradient_of_input(gradient: &Tensor, x: &Tensor, weight: &Tensor, shape: Shape) -> Result<Tensor> {
    let padding = shape.kernel / 2;
    if shape.stride == 1 {
        let flipped = if shape.kernel == 1 {
            weight.clone()
        } else {
            weight.flip(&[2, 3])?
        };
        return gradient.conv2d(&flipped.transpose(0, 1)?.contiguous()?, padding, 1, 1, 1);
    }
    let (height, width) = (x.dim(2)?, x.dim(3)?);
    let reached = |side: usize| (side - 1) * shape.stride + shape.kernel - 2 * padding;
    // candle extends both directions alike, so the one that needs less is cut back.
    let missing = (height - reached(gradient.dim(2)?)).max(width - reached(gradient.dim(3)?));
    gradient
        .conv_transpose2d(weight, padding, missing, shape.stride, 1)?
        .narrow(2, 0, height)?
        .narrow(3, 0, width)?
        .contiguous()
}

/// The convolution of the input with the gradient, batch and channels exchanged; strides become dilations.
fn gradient_of_weight(gradient: &Tensor, x: &Tensor, weight: &Tensor, shape: Shape) -> Result<Tensor> {
    let swapped = |t: &Tensor| t.transpose(0, 1)?.contiguous();
    let of_weight = swapped(x)?.conv2d(&swapped(gradient)?, shape.kernel / 2, 1, shape.stride, 1)?;
    of_weight
        .narrow(2, 0, weight.dim(2)?)?
        .narrow(3, 0, weight.dim(3)?)?
        .transpose(0, 1)?
        .contiguous()
}
