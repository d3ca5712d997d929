//! Reading stored tensors through views: normalisation, ReLU and their backward twins happen on the way in.
//!
//! A tensor is stored `[block][channel][height x width][lane]`: a lane is an image, a block as many images as the
//! vectors have lanes. The last block's surplus lanes hold zero images; only batch statistics must leave them out.

use super::lanes::Lanes;

/// A normalisation's values for this batch, by channel.
#[derive(Debug, Default, Clone)]
pub struct NormValues {
    pub mean: Vec<f32>,
    /// `1 / sqrt(variance + eps)`
    pub inverse: Vec<f32>,
    /// `weight * inverse`
    pub scale: Vec<f32>,
    pub bias: Vec<f32>,
    /// Taken off every gradient: `scale / M * sum(g)`; zero with running statistics.
    pub pull: Vec<f32>,
    /// Taken off a gradient times `x - mean`: `scale inverse^2 / M * sum(g (x - mean))`.
    pub tilt: Vec<f32>,
}

/// A stored tensor read through normalisation and ReLU.
#[derive(Clone, Copy)]
pub struct ViewOf<'a> {
    pub values: &'a [f32],
    /// Channels.
    pub channels: usize,
    /// Pixels a channel.
    pub plane: usize,
    pub norm: Option<&'a NormValues>,
    pub relu: bool,
}

impl<'a> ViewOf<'a> {
    /// One block of it.
    pub fn block(self, block: usize, width: usize) -> Self {
        let len = self.channels * self.plane * width;
        Self {
            values: &self.values[block * len..][..len],
            ..self
        }
    }
}

/// Something that a kernel reads row by row, `f` of stored values.
pub trait Rows {
    /// Writes `out.len()` pixels of a channel, from pixel `start`.
    fn row<S: Lanes>(&self, channel: usize, start: usize, out: &mut [S]);
}

impl Rows for ViewOf<'_> {
    #[inline(always)]
    fn row<S: Lanes>(&self, channel: usize, start: usize, out: &mut [S]) {
        let x = &S::of(self.values)[channel * self.plane + start..][..out.len()];
        let read = Normalised::<S>::new(self.norm, channel);
        let pixels = out.iter_mut().zip(x);
        match (self.norm, self.relu) {
            (None, false) => out.copy_from_slice(x),
            (None, true) => {
                for (out, &x) in pixels {
                    *out = x.relu();
                }
            }
            (Some(_), false) => {
                for (out, &x) in pixels {
                    *out = read.value(x);
                }
            }
            (Some(_), true) => {
                for (out, &x) in pixels {
                    *out = read.value(x).relu();
                }
            }
        }
    }
}

/// A channel's normalisation.
#[derive(Clone, Copy)]
struct Normalised<S> {
    mean: S,
    scale: S,
    bias: S,
}

impl<S: Lanes> Normalised<S> {
    #[inline(always)]
    fn new(norm: Option<&NormValues>, channel: usize) -> Self {
        let [mean, scale, bias] = norm.map_or([0.0; 3], |norm| {
            [norm.mean[channel], norm.scale[channel], norm.bias[channel]]
        });
        Self {
            mean: S::splat(mean),
            scale: S::splat(scale),
            bias: S::splat(bias),
        }
    }

    #[inline(always)]
    fn value(self, x: S) -> S {
        x.sub(self.mean).mul_add(self.scale, self.bias)
    }
}

/// How far a gradient is carried back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    Nothing,
    Relu,
    Norm,
}

/// A stored gradient read back through a view.
#[derive(Clone, Copy)]
pub struct GradientOf<'a> {
    pub values: &'a [f32],
    pub scale: f32,
    pub depth: Depth,
    /// Real images in the block that is read.
    pub images: usize,
    /// What the forward pass read, unless the depth is nothing.
    pub view: ViewOf<'a>,
}

impl<'a> GradientOf<'a> {
    /// One block of it.
    pub fn block(self, block: usize, width: usize) -> Self {
        let len = self.view.channels * self.view.plane * width;
        let view = match self.depth {
            Depth::Nothing => self.view,
            _ => self.view.block(block, width),
        };
        Self {
            values: &self.values[block * len..][..len],
            images: self.images - block * width,
            view,
            ..self
        }
    }

    /// Sums of `g` and of `g (x - mean)` over a channel's pixels and lanes.
    #[inline(always)]
    pub fn sums<S: Lanes>(&self, channel: usize) -> [f64; 2] {
        let at = channel * self.view.plane;
        let g = &S::of(self.values)[at..][..self.view.plane];
        let x = &S::of(self.view.values)[at..][..self.view.plane];
        let read = Normalised::<S>::new(self.view.norm, channel);
        let (mut sum, mut tilted) = (S::zero(), S::zero());
        for (&g, &x) in g.iter().zip(x) {
            let g = if self.view.relu {
                g.where_positive(read.value(x))
            } else {
                g
            };
            sum = sum.add(g);
            tilted = x.sub(read.mean).mul_add(g, tilted);
        }
        let scale = f64::from(self.scale);
        [f64::from(sum.sum()) * scale, f64::from(tilted.sum()) * scale]
    }
}

impl Rows for GradientOf<'_> {
    #[inline(always)]
    fn row<S: Lanes>(&self, channel: usize, start: usize, out: &mut [S]) {
        let at = channel * self.view.plane + start;
        let g = &S::of(self.values)[at..][..out.len()];
        let scale = S::splat(self.scale);
        if self.depth == Depth::Nothing || (!self.view.relu && (self.depth == Depth::Relu || self.view.norm.is_none()))
        {
            for (out, &g) in out.iter_mut().zip(g) {
                *out = g.mul(scale);
            }
            return;
        }
        let x = &S::of(self.view.values)[at..][..out.len()];
        let pixels = out.iter_mut().zip(g).zip(x);
        let read = Normalised::<S>::new(self.view.norm, channel);
        let Some(norm) = self.view.norm else {
            for ((out, g), &x) in pixels {
                *out = g.mul(scale).where_positive(x);
            }
            return;
        };
        if self.depth == Depth::Relu {
            for ((out, g), &x) in pixels {
                *out = g.mul(scale).where_positive(read.value(x));
            }
            return;
        }
        let (pull, tilt) = (S::splat(norm.pull[channel]), S::splat(norm.tilt[channel]));
        let scale = scale.mul(read.scale);
        // Surplus lanes hold no image: the batch's sums must not flow into them.
        let live = live::<S>(self.images);
        if self.view.relu {
            for ((out, g), &x) in pixels {
                let tilted = x.sub(read.mean).mul_add(tilt, pull);
                let g = g.mul(scale).where_positive(read.value(x));
                *out = g.sub(tilted).where_positive(live);
            }
        } else {
            for ((out, g), &x) in pixels {
                let tilted = x.sub(read.mean).mul_add(tilt, pull);
                *out = g.mul(scale).sub(tilted).where_positive(live);
            }
        }
    }
}

/// 1 in the first `images` lanes, 0 in the others.
#[inline(always)]
fn live<S: Lanes>(images: usize) -> S {
    let mut lanes = S::zero();
    bytemuck::cast_slice_mut::<S, f32>(std::slice::from_mut(&mut lanes))[..images.min(S::WIDTH)].fill(1.0);
    lanes
}
