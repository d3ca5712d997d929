//! Batch normalisation (Ioffe & Szegedy 2015), eps 1e-5, momentum 0.1.

use candle_core::{Result, Tensor};

use super::function::Function;

const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// A channel's mean and variance, each `[C]`.
#[derive(Debug, Clone)]
pub struct Statistics {
    pub mean: Tensor,
    pub variance: Tensor,
}

impl Statistics {
    /// After a batch with these statistics of `count` values a channel: PyTorch's update, with the unbiased variance.
    fn updated(&self, batch: &Statistics, count: usize) -> Result<Statistics> {
        let unbiased = (&batch.variance * (count as f64 / (count as f64 - 1.0)))?;
        let blend = |old: &Tensor, new: &Tensor| (old * (1.0 - MOMENTUM))? + (new * MOMENTUM)?;
        Ok(Statistics {
            mean: blend(&self.mean, &batch.mean)?,
            variance: blend(&self.variance, &unbiased)?,
        })
    }
}

/// With the batch's own statistics; also the running ones after this batch. `x` is `[N, C, H, W]` with more than one
/// value a channel.
pub fn with_batch(x: &Tensor, weight: &Tensor, bias: &Tensor, running: &Statistics) -> Result<(Tensor, Statistics)> {
    let (value, weight_value) = (x.detach(), by_channel(&weight.detach())?);
    let (n, c, h, w) = value.dims4()?;
    let count = n * h * w;
    let mean = (sum(&value)? / count as f64)?;
    let centred = value.broadcast_sub(&mean)?;
    let variance = (sum(&centred.sqr()?)? / count as f64)?;
    let inverse = (&variance + EPS)?.sqrt()?.recip()?;
    let scale = (&weight_value * &inverse)?;
    let y = centred
        .broadcast_mul(&scale)?
        .broadcast_add(&by_channel(&bias.detach())?)?;
    let batch = Statistics {
        mean: mean.reshape(c)?,
        variance: variance.reshape(c)?,
    };
    // Ioffe & Szegedy 2015, section 3, in terms of the centred input.
    let backward = move |gradient: &Tensor| {
        let of_bias = sum(gradient)?;
        let of_weight = (sum(&(gradient * &centred)?)? * &inverse)?;
        let pull = ((&of_weight * &inverse)? / count as f64)?;
        let of_centred = (gradient - centred.broadcast_mul(&pull)?)?;
        let of_input = of_centred
            .broadcast_sub(&(&of_bias / count as f64)?)?
            .broadcast_mul(&scale)?;
        Ok([
            Some(of_input),
            Some(of_weight.flatten_all()?),
            Some(of_bias.flatten_all()?),
        ])
    };
    let y = x.apply_op3(weight, bias, Function::new(y, backward))?;
    Ok((y, running.updated(&batch, count)?))
}

/// With the running statistics.
pub fn with_running(x: &Tensor, weight: &Tensor, bias: &Tensor, running: &Statistics) -> Result<Tensor> {
    let scale = by_channel(weight)?.div(&(by_channel(&running.variance)? + EPS)?.sqrt()?)?;
    x.broadcast_sub(&by_channel(&running.mean)?)?
        .broadcast_mul(&scale)?
        .broadcast_add(&by_channel(bias)?)
}

/// `[C]` to `[1, C, 1, 1]`.
fn by_channel(x: &Tensor) -> Result<Tensor> {
    x.reshape((1, (), 1, 1))
}

/// Sums over images and maps: `[N, C, H, W]` to `[1, C, 1, 1]`. candle is fast only over the last dimension.
fn sum(x: &Tensor) -> Result<Tensor> {
    by_channel(&x.transpose(0, 1)?.contiguous()?.flatten_from(1)?.sum(1)?)
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::super::values::{relative_error, wave};
    use super::*;

    fn statistics(c: usize) -> Statistics {
        Statistics {
            mean: Tensor::zeros(c, candle_core::DType::F32, &Device::Cpu).unwrap(),
            variance: Tensor::ones(c, candle_core::DType::F32, &Device::Cpu).unwrap(),
        }
    }

    #[test]
    fn gradients_are_those_of_autograd() {
        let variables = [wave(&[4, 3, 2, 5], 1), wave(&[3], 2), wave(&[3], 3)].map(|t| Var::from_tensor(&t).unwrap());
        let [x, weight, bias] = &variables;
        let (y, updated) = with_batch(x, weight, bias, &statistics(3)).unwrap();
        let mean = x.mean_keepdim((0, 2, 3)).unwrap();
        let variance = x
            .broadcast_sub(&mean)
            .unwrap()
            .sqr()
            .unwrap()
            .mean_keepdim((0, 2, 3))
            .unwrap();
        let batch = Statistics {
            mean: mean.flatten_all().unwrap(),
            variance: variance.flatten_all().unwrap(),
        };
        let right = with_running(x, weight, bias, &batch).unwrap();
        assert!(relative_error(&y, &right) < 1e-6);
        let probe = wave(y.dims(), 9);
        let gradients = |y: &Tensor| (y * &probe).unwrap().sum_all().unwrap().backward().unwrap();
        let (found, right) = (gradients(&y), gradients(&right));
        for variable in &variables {
            assert!(relative_error(found.get(variable).unwrap(), right.get(variable).unwrap()) < 1e-5);
        }
        let unbiased = ((&batch.variance * (40.0 / 39.0)).unwrap() * 0.1).unwrap();
        assert!(relative_error(&(updated.variance - 0.9).unwrap(), &unbiased.detach()) < 1e-5);
    }

    #[test]
    fn a_constant_channel_stays_finite() {
        let x = Tensor::full(3f32, (4, 1, 2, 2), &Device::Cpu).unwrap();
        let one = Tensor::ones(1, candle_core::DType::F32, &Device::Cpu).unwrap();
        let (y, _) = with_batch(&x, &one, &one, &statistics(1)).unwrap();
        assert_eq!(y.flatten_all().unwrap().to_vec1::<f32>().unwrap(), [1.0; 16]);
    }
}
