//! Convolution on CPU as matrix products (im2col). candle's own is three to five times slower forward, and its transposed
//! convolution, which would give the input's gradient, twenty times.

use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

use super::convolution::Shape;
use super::values::with_values;

/// Most values of one matrix of columns; a batch that needs more is done in chunks of images.
const CHUNK: usize = 1 << 19;
/// Fewest values worth another thread.
const GRAIN: usize = 1 << 15;

/// A convolution's geometry: what it reads and what it puts out.
#[derive(Debug, Clone, Copy)]
struct Window {
    shape: Shape,
    channels: usize,
    /// Height and width read.
    read: [usize; 2],
    /// Height and width put out.
    out: [usize; 2],
}

impl Window {
    /// Rows of the matrix of columns.
    fn rows(&self) -> usize {
        self.channels * self.shape.kernel * self.shape.kernel
    }

    fn out_area(&self) -> usize {
        self.out[0] * self.out[1]
    }

    /// Output positions along one side whose input, moved by `offset` within the kernel, exists.
    fn span(&self, side: usize, offset: usize) -> std::ops::Range<usize> {
        let (stride, padding) = (self.shape.stride, self.shape.kernel / 2);
        let from = padding.saturating_sub(offset).div_ceil(stride);
        let to = (self.read[side] + padding).saturating_sub(offset).div_ceil(stride);
        from..to.clamp(from, self.out[side].max(from))
    }

    /// Calls `run` with each run of output pixels of one map and the start of its input pixels, which lie `stride` apart.
    fn runs(&self, ky: usize, kx: usize, mut run: impl FnMut(std::ops::Range<usize>, usize)) {
        let (stride, padding) = (self.shape.stride, self.shape.kernel / 2);
        let columns = self.span(1, kx);
        if columns.is_empty() {
            return;
        }
        for row in self.span(0, ky) {
            let from = (row * stride + ky - padding) * self.read[1] + columns.start * stride + kx - padding;
            run(row * self.out[1] + columns.start..row * self.out[1] + columns.end, from);
        }
    }

    /// `[n, C, H, W]` to columns `[C k k, n H' W']`.
    fn gather(&self, x: &[f32]) -> Vec<f32> {
        let (kernel, area) = (self.shape.kernel, self.read[0] * self.read[1]);
        let row_len = x.len() / (self.channels * area) * self.out_area();
        let mut columns = vec![0.0; self.rows() * row_len];
        let row = |(row, columns): (usize, &mut [f32])| {
            let (channel, ky, kx) = (row / (kernel * kernel), row / kernel % kernel, row % kernel);
            for (image, to) in columns.chunks_exact_mut(self.out_area()).enumerate() {
                let from = &x[(image * self.channels + channel) * area..][..area];
                if self.shape.stride == 1 {
                    self.shift(ky, kx, from, to);
                } else {
                    self.runs(ky, kx, |run, start| {
                        let from = from[start..].iter().step_by(self.shape.stride);
                        to[run].iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                    });
                }
            }
        };
        columns
            .par_chunks_exact_mut(row_len)
            .with_min_len(GRAIN / row_len + 1)
            .enumerate()
            .for_each(row);
        columns
    }

    /// At stride 1 a row's map is the input's moved by the offset within the kernel: one copy, with zeros where it would
    /// come round the edge.
    fn shift(&self, ky: usize, kx: usize, from: &[f32], to: &mut [f32]) {
        let (padding, width) = (self.shape.kernel / 2, self.read[1]);
        let (ahead, back) = (ky * width + kx, padding * width + padding);
        let first = back.saturating_sub(ahead).min(to.len());
        let last = (from.len() + back).saturating_sub(ahead).clamp(first, to.len());
        if first < last {
            to[first..last].copy_from_slice(&from[first + ahead - back..last + ahead - back]);
        }
        let inside = self.span(1, kx);
        for column in (0..inside.start).chain(inside.end..width) {
            let mut pixel = column;
            while pixel < to.len() {
                to[pixel] = 0.0;
                pixel += width;
            }
        }
    }

    /// The adjoint of [`Window::gather`], for strides: every column value added to the pixel it came from.
    fn scatter(&self, columns: &[f32]) -> Vec<f32> {
        let (kernel, stride, area) = (self.shape.kernel, self.shape.stride, self.read[0] * self.read[1]);
        let row_len = columns.len() / self.rows();
        let images = row_len / self.out_area();
        let mut x = vec![0.0; images * self.channels * area];
        let map = |(position, x): (usize, &mut [f32])| {
            let (image, channel) = (position / self.channels, position % self.channels);
            for ky in 0..kernel {
                for kx in 0..kernel {
                    let row = (channel * kernel + ky) * kernel + kx;
                    let map = &columns[row * row_len + image * self.out_area()..][..self.out_area()];
                    self.runs(ky, kx, |from, to| {
                        x[to..]
                            .iter_mut()
                            .step_by(stride)
                            .zip(&map[from])
                            .for_each(|(to, from)| *to += *from);
                    });
                }
            }
        };
        x.par_chunks_exact_mut(area)
            .with_min_len(GRAIN / area + 1)
            .enumerate()
            .for_each(map);
        x
    }
}

/// A convolution of one batch, with what its gradient needs.
pub struct Columns {
    window: Window,
    x: Tensor,
    /// `[groups, O / groups, I / groups k k]`
    weight: Tensor,
    weight_shape: Vec<usize>,
    /// Images a chunk.
    chunk: usize,
    /// The columns, kept where one chunk holds the batch.
    kept: Option<Tensor>,
}

impl Columns {
    /// The value `[N, O, H', W']`, and the rest for the gradient.
    pub fn forward(x: &Tensor, weight: &Tensor, shape: Shape) -> Result<(Tensor, Self)> {
        let (n, channels, height, width) = x.dims4()?;
        let outputs = weight.dim(0)?;
        let window = Window {
            shape,
            channels,
            read: [height, width],
            out: [height.div_ceil(shape.stride), width.div_ceil(shape.stride)],
        };
        let groups = shape.groups;
        let mut columns = Self {
            window,
            x: x.contiguous()?,
            weight: weight.reshape((groups, outputs / groups, window.rows() / groups))?,
            weight_shape: weight.dims().to_vec(),
            chunk: (CHUNK / (window.rows() * window.out_area())).clamp(1, n),
            kept: None,
        };
        let mut values = Vec::new();
        for (from, images) in columns.chunks(n) {
            let gathered = columns.gather(from, images)?;
            let product = columns.weight.matmul(&gathered)?;
            let map = (outputs, images, window.out[0], window.out[1]);
            values.push(product.reshape(map)?.transpose(0, 1)?.contiguous()?);
            if images == n {
                columns.kept = Some(gathered);
            }
        }
        Ok((joined(values)?, columns))
    }

    /// From the value's gradient to the weight's and, if wanted, the input's.
    pub fn backward(&self, gradient: &Tensor, input_gradient: bool) -> Result<[Option<Tensor>; 2]> {
        let (n, outputs, _, _) = gradient.dims4()?;
        let groups = self.window.shape.groups;
        let mut of_weight: Option<Tensor> = None;
        let mut of_input = Vec::new();
        for (from, images) in self.chunks(n) {
            let gathered = match &self.kept {
                Some(columns) => columns.clone(),
                None => self.gather(from, images)?,
            };
            let gradient = gradient.narrow(0, from, images)?.transpose(0, 1)?.contiguous()?;
            let gradient = gradient.reshape((groups, outputs / groups, images * self.window.out_area()))?;
            let part = gradient.matmul(&gathered.t()?)?;
            of_weight = Some(match of_weight {
                Some(sum) => (sum + part)?,
                None => part,
            });
            if input_gradient && self.window.shape.stride > 1 {
                let columns = self.weight.t()?.matmul(&gradient)?;
                let values = with_values(&columns, |columns| self.window.scatter(columns))?;
                let shape = (images, self.window.channels, self.window.read[0], self.window.read[1]);
                of_input.push(Tensor::from_vec(values, shape, &Device::Cpu)?);
            }
        }
        let of_weight = of_weight
            .map(|sum| sum.reshape(self.weight_shape.as_slice()))
            .transpose()?;
        let of_input = match (input_gradient, self.window.shape.stride) {
            (false, _) => None,
            (true, 1) => Some(Self::forward(gradient, &self.turned_weight()?, self.window.shape)?.0),
            (true, _) => Some(joined(of_input)?),
        };
        Ok([of_input, of_weight])
    }

    /// Inputs and outputs exchanged within each group and the kernel turned by half a turn: at stride 1 the convolution
    /// with it leads from the value's gradient to the input's.
    fn turned_weight(&self) -> Result<Tensor> {
        let (groups, outputs, row) = self.weight.dims3()?;
        let area = self.window.shape.kernel * self.window.shape.kernel;
        let inputs = row / area;
        let turned = with_values(&self.weight, |weight| {
            let mut turned: Vec<f32> = Vec::with_capacity(weight.len());
            for group in weight.chunks_exact(outputs * row) {
                for input in 0..inputs {
                    for of_output in group.chunks_exact(row) {
                        turned.extend(of_output[input * area..][..area].iter().rev());
                    }
                }
            }
            turned
        })?;
        let kernel = self.window.shape.kernel;
        Tensor::from_vec(turned, (groups * inputs, outputs, kernel, kernel), &Device::Cpu)
    }

    /// First image and number of images of each chunk.
    fn chunks(&self, n: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let chunk = self.chunk;
        (0..n).step_by(chunk).map(move |from| (from, chunk.min(n - from)))
    }

    /// Columns of some images, by group.
    fn gather(&self, from: usize, images: usize) -> Result<Tensor> {
        let columns = with_values(&self.x.narrow(0, from, images)?, |x| self.window.gather(x))?;
        let groups = self.window.shape.groups;
        let shape = (groups, self.window.rows() / groups, images * self.window.out_area());
        Tensor::from_vec(columns, shape, &Device::Cpu)
    }
}

fn joined(mut parts: Vec<Tensor>) -> Result<Tensor> {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => Ok(only),
        (last, _) => {
            parts.extend(last);
            Tensor::cat(&parts, 0)
        }
    }
}
