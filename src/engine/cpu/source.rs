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
        // The next channel lies a plane ahead, where the machine does not look for it by itself.
        let pixels = out.iter_mut().zip(x.iter().map(|x| ahead(x, self.plane)));
        match (self.norm, self.relu) {
            (None, false) => {
                for (out, x) in pixels {
                    *out = x;
                }
            }
            (None, true) => {
                for (out, x) in pixels {
                    *out = x.relu();
                }
            }
            (Some(_), false) => {
                for (out, x) in pixels {
                    *out = read.value(x);
                }
            }
            (Some(_), true) => {
                for (out, x) in pixels {
                    *out = read.value(x).relu();
                }
            }
        }
    }
}

/// A value that is read, while the one `plane` vectors later is asked for.
#[inline(always)]
pub fn ahead<S: Lanes>(value: &S, plane: usize) -> S {
    S::prefetch(value, plane);
    *value
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
    /// It counts where this is positive.
    pub gate: Option<&'a [f32]>,
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
        self.of_block(&self.values[block * len..][..len], block, width)
    }

    /// One block of it, whose values are `values`.
    pub fn of_block<'b>(self, values: &'b [f32], block: usize, width: usize) -> GradientOf<'b>
    where
        'a: 'b,
    {
        let view = match self.depth {
            Depth::Nothing => self.view,
            _ => self.view.block(block, width),
        };
        GradientOf {
            values,
            scale: self.scale,
            gate: self.gate.map(|gate| &gate[block * values.len()..][..values.len()]),
            depth: self.depth,
            images: self.images - block * width,
            view,
        }
    }

    /// What the view's ReLU looks at.
    fn relu(&self) -> Relu {
        match (self.depth, self.view.relu, self.view.norm) {
            (Depth::Nothing, ..) | (_, false, _) => Relu::None,
            (_, true, None) => Relu::Stored,
            (_, true, Some(_)) => Relu::Normalised,
        }
    }

    #[inline(always)]
    fn stretch<S: Lanes>(&self, channel: usize, start: usize, len: usize) -> Stretch<'a, S> {
        let at = channel * self.view.plane + start;
        let g = &S::of(self.values)[at..][..len];
        let viewed = self.depth != Depth::Nothing;
        Stretch {
            g,
            // What is not there is not read.
            gate: self.gate.map_or(g, |gate| &S::of(gate)[at..][..len]),
            x: if viewed {
                &S::of(self.view.values)[at..][..len]
            } else {
                g
            },
            scale: S::splat(self.scale),
            read: Normalised::new(self.view.norm.filter(|_| viewed), channel),
            plane: self.view.plane,
        }
    }

    /// Sums of `g` and of `g (x - mean)` over `len` pixels of a channel from pixel `start`, and their lanes.
    #[inline(always)]
    pub fn sums<S: Lanes>(&self, channel: usize, start: usize, len: usize) -> [f64; 2] {
        let stretch = self.stretch::<S>(channel, start, len);
        let sums = match (self.gate.is_some(), self.relu()) {
            (false, Relu::None) => stretch.sums::<false, NONE>(),
            (false, Relu::Stored) => stretch.sums::<false, STORED>(),
            (false, Relu::Normalised) => stretch.sums::<false, NORMALISED>(),
            (true, Relu::None) => stretch.sums::<true, NONE>(),
            (true, Relu::Stored) => stretch.sums::<true, STORED>(),
            (true, Relu::Normalised) => stretch.sums::<true, NORMALISED>(),
        };
        [f64::from(sums[0].sum()), f64::from(sums[1].sum())]
    }
}

/// What a ReLU that is carried back through looks at.
#[derive(Clone, Copy)]
enum Relu {
    None,
    Stored,
    Normalised,
}

const NONE: u8 = Relu::None as u8;
const STORED: u8 = Relu::Stored as u8;
const NORMALISED: u8 = Relu::Normalised as u8;

/// Pixels of one channel of a gradient and of what it is carried back through.
struct Stretch<'a, S> {
    g: &'a [S],
    gate: &'a [S],
    x: &'a [S],
    scale: S,
    read: Normalised<S>,
    /// Vectors to the next channel.
    plane: usize,
}

impl<S: Lanes> Stretch<'_, S> {
    /// Past the ReLU.
    #[inline(always)]
    fn at<const GATED: bool, const RELU: u8>(&self, i: usize) -> S {
        let mut g = ahead(&self.g[i], self.plane).mul(self.scale);
        if GATED {
            g = g.where_positive(ahead(&self.gate[i], self.plane));
        }
        match RELU {
            STORED => g.where_positive(self.x(i)),
            NORMALISED => g.where_positive(self.read.value(self.x(i))),
            _ => g,
        }
    }

    #[inline(always)]
    fn x(&self, i: usize) -> S {
        ahead(&self.x[i], self.plane)
    }

    #[inline(always)]
    fn sums<const GATED: bool, const RELU: u8>(&self) -> [S; 2] {
        let (mut sum, mut tilted) = (S::zero(), S::zero());
        for i in 0..self.g.len() {
            let g = self.at::<GATED, RELU>(i);
            sum = sum.add(g);
            tilted = self.x(i).sub(self.read.mean).mul_add(g, tilted);
        }
        [sum, tilted]
    }

    #[inline(always)]
    fn past_relu<const GATED: bool, const RELU: u8>(&self, out: &mut [S]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = self.at::<GATED, RELU>(i);
        }
    }

    #[inline(always)]
    fn past_norm<const GATED: bool, const RELU: u8>(&self, out: &mut [S], pull: S, tilt: S, live: S) {
        for (i, out) in out.iter_mut().enumerate() {
            let tilted = self.x(i).sub(self.read.mean).mul_add(tilt, pull);
            let g = self.at::<GATED, RELU>(i).mul(self.read.scale);
            *out = g.sub(tilted).where_positive(live);
        }
    }
}

impl Rows for GradientOf<'_> {
    #[inline(always)]
    fn row<S: Lanes>(&self, channel: usize, start: usize, out: &mut [S]) {
        let stretch = self.stretch::<S>(channel, start, out.len());
        let Some(norm) = self.view.norm.filter(|_| self.depth == Depth::Norm) else {
            return match (self.gate.is_some(), self.relu()) {
                (false, Relu::None) => stretch.past_relu::<false, NONE>(out),
                (false, Relu::Stored) => stretch.past_relu::<false, STORED>(out),
                (false, Relu::Normalised) => stretch.past_relu::<false, NORMALISED>(out),
                (true, Relu::None) => stretch.past_relu::<true, NONE>(out),
                (true, Relu::Stored) => stretch.past_relu::<true, STORED>(out),
                (true, Relu::Normalised) => stretch.past_relu::<true, NORMALISED>(out),
            };
        };
        let (pull, tilt) = (S::splat(norm.pull[channel]), S::splat(norm.tilt[channel]));
        // Surplus lanes hold no image: the batch's sums must not flow into them.
        let live = live::<S>(self.images);
        match (self.gate.is_some(), self.relu()) {
            (false, Relu::None) => stretch.past_norm::<false, NONE>(out, pull, tilt, live),
            (false, _) => stretch.past_norm::<false, NORMALISED>(out, pull, tilt, live),
            (true, Relu::None) => stretch.past_norm::<true, NONE>(out, pull, tilt, live),
            (true, _) => stretch.past_norm::<true, NORMALISED>(out, pull, tilt, live),
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
