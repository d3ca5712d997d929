//! Batch normalisation (Ioffe & Szegedy 2015), eps 1e-5, momentum 0.1.

use candle_core::{Result, Tensor};

const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// A channel's running mean and variance, each `[C]`.
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
    let (n, c, h, w) = x.dims4()?;
    let mean = x.mean_keepdim((0, 2, 3))?;
    let centred = x.broadcast_sub(&mean)?;
    let variance = centred.sqr()?.mean_keepdim((0, 2, 3))?;
    let y = scaled(&centred, &variance, weight, bias)?;
    let batch = Statistics {
        mean: mean.detach().reshape(c)?,
        variance: variance.detach().reshape(c)?,
    };
    Ok((y, running.updated(&batch, n * h * w)?))
}

/// With the running statistics.
pub fn with_running(x: &Tensor, weight: &Tensor, bias: &Tensor, running: &Statistics) -> Result<Tensor> {
    let shape = (1, x.dim(1)?, 1, 1);
    let centred = x.broadcast_sub(&running.mean.reshape(shape)?)?;
    scaled(&centred, &running.variance.reshape(shape)?, weight, bias)
}

fn scaled(centred: &Tensor, variance: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    let shape = variance.shape();
    let scale = weight.reshape(shape)?.div(&(variance + EPS)?.sqrt()?)?;
    centred.broadcast_mul(&scale)?.broadcast_add(&bias.reshape(shape)?)
}
