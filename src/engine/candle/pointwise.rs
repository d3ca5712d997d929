//! ReLU and the option-A shortcut.

use candle_core::{Device, Result, Tensor};

use super::function::Function;
use super::values::with_values;

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
    if !x.device().is_cpu() {
        return on_device(sign, x);
    }
    let keep = |(&sign, &x): (&f32, &f32)| if sign <= 0.0 { 0.0 } else { x };
    let values = with_values(sign, |sign| with_values(x, |x| sign.iter().zip(x).map(keep).collect()))??;
    Tensor::from_vec(values, x.shape(), &Device::Cpu)
}

fn on_device(sign: &Tensor, x: &Tensor) -> Result<Tensor> {
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

#[cfg(test)]
mod tests {
    use candle_core::Var;

    use super::super::values::wave;
    use super::*;

    #[test]
    fn relu_has_gradient_zero_at_zero_and_keeps_nan() {
        let values = [-1.0, -0.0, 0.0, 2.0, f32::NAN, f32::NEG_INFINITY, f32::INFINITY];
        let x = Var::new(&values, &Device::Cpu).unwrap();
        let y = relu(&x).unwrap();
        let gradient = y
            .sum_all()
            .unwrap()
            .backward()
            .unwrap()
            .get(&x)
            .unwrap()
            .to_vec1::<f32>()
            .unwrap();
        assert_eq!(gradient, [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
        let y = y.to_vec1::<f32>().unwrap();
        assert_eq!(
            (&y[..4], y[4].is_nan(), &y[5..]),
            (&[0.0, 0.0, 0.0, 2.0][..], true, &[0.0, f32::INFINITY][..])
        );
        let general: Vec<f32> = on_device(&x, &x).unwrap().to_vec1().unwrap();
        assert_eq!(format!("{general:?}"), format!("{y:?}"));
    }

    #[test]
    fn subsampling_reads_and_feeds_every_other_pixel_of_odd_maps() {
        let x = Var::from_tensor(&wave(&[2, 2, 5, 4], 3)).unwrap();
        let y = subsample(&x, 2, 3).unwrap();
        assert_eq!(y.dims(), [2, 3, 3, 2]);
        let (from, to) = (nested(&x), nested(&y));
        let weight = wave(y.dims(), 4);
        let gradients = (&y * &weight).unwrap().sum_all().unwrap().backward().unwrap();
        let (gradient, weight) = (nested(gradients.get(&x).unwrap()), nested(&weight));
        for image in 0..2 {
            assert!(to[image][2].iter().flatten().all(|&value| value == 0.0));
            for channel in 0..2 {
                for row in 0..5 {
                    for column in 0..4 {
                        let (r, c) = (row / 2, column / 2);
                        let reads = row % 2 == 0 && column % 2 == 0;
                        assert_eq!(
                            gradient[image][channel][row][column],
                            if reads { weight[image][channel][r][c] } else { 0.0 }
                        );
                        assert!(!reads || to[image][channel][r][c] == from[image][channel][row][column]);
                    }
                }
            }
        }
    }

    fn nested(x: &Tensor) -> Vec<Vec<Vec<Vec<f32>>>> {
        let maps = |image: usize| x.get(image).unwrap().to_vec3().unwrap();
        (0..x.dim(0).unwrap()).map(maps).collect()
    }
}
