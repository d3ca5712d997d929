//! Convolution without bias, with padding `kernel / 2`.

use candle_core::{Result, Tensor};

use super::columns::Columns;
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
    if x.device().is_cpu() {
        let (value, columns) = Columns::forward(&x.detach(), &weight.detach(), shape)?;
        let backward = move |gradient: &Tensor| columns.backward(gradient, input_gradient);
        return x.apply_op2(weight, Function::new(value, backward));
    }
    on_device(x, weight, shape, input_gradient)
}

/// With candle's convolution of one group.
fn on_device(x: &Tensor, weight: &Tensor, shape: Shape, input_gradient: bool) -> Result<Tensor> {
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

/// With stride 1 the convolution with the flipped kernel, which cuDNN knows; candle's transposed convolution it does not.
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

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::super::values::{relative_error, wave};
    use super::*;

    /// Value, input gradient and weight gradient of `sum(y * probe)`.
    fn derivatives(x: &Var, weight: &Var, y: &Tensor) -> [Tensor; 3] {
        let probe = wave(y.dims(), 5);
        let gradients = (y * probe).unwrap().sum_all().unwrap().backward().unwrap();
        [
            y.detach(),
            gradients.get(x).unwrap().clone(),
            gradients.get(weight).unwrap().clone(),
        ]
    }

    /// Both ways of computing, against candle's own convolution and autograd.
    #[test]
    fn gradients_are_those_of_autograd() {
        for (kernel, stride, groups, height, width) in [
            (3, 1, 1, 5, 4),
            (3, 1, 2, 5, 4),
            (3, 1, 1, 1, 1),
            (3, 1, 1, 1, 3),
            (3, 1, 1, 4, 1),
            (3, 2, 1, 5, 4),
            (3, 2, 1, 8, 8),
            (3, 2, 2, 7, 6),
            (1, 2, 1, 6, 6),
            (1, 1, 1, 3, 2),
            (1, 2, 1, 5, 4),
            (3, 2, 1, 1, 1),
        ] {
            let shape = Shape { kernel, stride, groups };
            let x = Var::from_tensor(&wave(&[3, 4, height, width], 1)).unwrap();
            let weight = Var::from_tensor(&wave(&[6, 4 / groups, kernel, kernel], 2)).unwrap();
            // candle's gradient wants equal padding in both directions, so the odd sizes are done on a square.
            let side = height.max(width).next_multiple_of(2);
            let square = x
                .pad_with_zeros(2, 0, side - height)
                .unwrap()
                .pad_with_zeros(3, 0, side - width)
                .unwrap();
            let y = square.conv2d(&weight, kernel / 2, stride, 1, groups).unwrap();
            let y = y
                .narrow(2, 0, height.div_ceil(stride))
                .unwrap()
                .narrow(3, 0, width.div_ceil(stride))
                .unwrap();
            let right = derivatives(&x, &weight, &y.contiguous().unwrap());
            for y in [
                convolution(&x, &weight, shape, true),
                on_device(&x, &weight, shape, true),
            ] {
                for (found, right) in derivatives(&x, &weight, &y.unwrap()).iter().zip(&right) {
                    let error = relative_error(found, right);
                    assert!(error < 1e-5, "{shape:?} on {height}x{width}: {error:e}");
                }
            }
        }
    }

    #[test]
    fn a_batch_of_several_chunks_is_the_sum_of_its_images() {
        let shape = Shape {
            kernel: 3,
            stride: 1,
            groups: 1,
        };
        let x = Var::from_tensor(&wave(&[5, 8, 64, 64], 1)).unwrap();
        let weight = Var::from_tensor(&wave(&[4, 8, 3, 3], 2)).unwrap();
        let right = derivatives(&x, &weight, &x.conv2d(&weight, 1, 1, 1, 1).unwrap());
        let found = derivatives(&x, &weight, &convolution(&x, &weight, shape, true).unwrap());
        for (found, right) in found.iter().zip(&right) {
            assert!(relative_error(found, right) < 1e-5);
        }
    }

    #[test]
    fn nobody_computes_an_unwanted_input_gradient() {
        let shape = Shape {
            kernel: 3,
            stride: 1,
            groups: 1,
        };
        let x = Var::zeros((1, 1, 3, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let weight = Var::from_tensor(&wave(&[2, 1, 3, 3], 2)).unwrap();
        for y in [
            convolution(&x, &weight, shape, false),
            on_device(&x, &weight, shape, false),
        ] {
            let gradients = y.unwrap().sum_all().unwrap().backward().unwrap();
            assert!(gradients.get(&x).is_none() && gradients.get(&weight).is_some());
        }
    }
}
