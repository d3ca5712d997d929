//! Images brought to another size: bilinear where they grow, the mean of the covered area where they shrink.

/// Weights along both axes for one pair of sizes.
pub(super) struct Resizer {
    rows: Vec<Taps>,
    columns: Vec<Taps>,
    height: usize,
}

/// One output pixel along one axis: weights of neighbouring input pixels, which sum to 1.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Resizer {
    /// From and to `[height, width]`, all positive.
    pub(super) fn new(from: [usize; 2], to: [usize; 2]) -> Self {
        Self {
            rows: taps(from[0], to[0]),
            columns: taps(from[1], to[1]),
            height: from[0],
        }
    }

    /// One channel in its new size, from `read(y, x)`.
    pub(super) fn plane(&self, read: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let across = |y| {
            let read = &read;
            self.columns.iter().map(move |taps| taps.sum(|x| read(y, x)))
        };
        let narrowed: Vec<f32> = (0..self.height).flat_map(across).collect();
        let width = self.columns.len();
        let down = |taps: &Taps, x| taps.sum(|y| narrowed[y * width + x]);
        let row = |taps| (0..width).map(move |x| (taps, x));
        self.rows.iter().flat_map(row).map(|(taps, x)| down(taps, x)).collect()
    }
}

impl Taps {
    fn sum(&self, read: impl Fn(usize) -> f32) -> f32 {
        let weighted = |(offset, weight): (usize, &f32)| weight * read(self.first + offset);
        self.weights.iter().enumerate().map(weighted).sum()
    }
}

fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|position| match position as f64 {
            position if to >= from => between(from, (position + 0.5) * scale - 0.5),
            position => covering(from, position * scale, (position + 1.0) * scale),
        })
        .collect()
}

/// Linear interpolation at `centre`, counted from pixel centres; beyond the edge the edge goes on.
fn between(from: usize, centre: f64) -> Taps {
    let centre = centre.clamp(0.0, (from - 1) as f64);
    let first = centre as usize;
    let fraction = (centre - first as f64) as f32;
    let weights = if fraction > 0.0 {
        vec![1.0 - fraction, fraction]
    } else {
        vec![1.0]
    };
    Taps { first, weights }
}

/// Mean over the interval from `start` to `end`, counted from pixel edges.
fn covering(from: usize, start: f64, end: f64) -> Taps {
    let first = start as usize;
    let last = (end.ceil() as usize).min(from);
    let overlap = |pixel: usize| (end.min(pixel as f64 + 1.0) - start.max(pixel as f64)).max(0.0);
    let total: f64 = (first..last).map(overlap).sum();
    Taps {
        first,
        weights: (first..last).map(|pixel| (overlap(pixel) / total) as f32).collect(),
    }
}

/// One channel with every `factor` x `factor` square replaced by its mean; `factor` divides both sides.
pub(super) fn mean_pool(plane: &[f32], width: usize, factor: usize) -> Vec<f32> {
    let scale = 1.0 / (factor * factor) as f32;
    let mut pooled = vec![0.0; plane.len() / (factor * factor)];
    for (y, row) in plane.chunks(width).enumerate() {
        let start = y / factor * (width / factor);
        for (x, pixel) in row.iter().enumerate() {
            pooled[start + x / factor] += pixel * scale;
        }
    }
    pooled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resize(image: &[f32], from: [usize; 2], to: [usize; 2]) -> Vec<f32> {
        Resizer::new(from, to).plane(|y, x| image[y * from[1] + x])
    }

    fn assert_close(measured: &[f32], expected: &[f32]) {
        assert_eq!(measured.len(), expected.len());
        for (a, b) in measured.iter().zip(expected) {
            assert!((a - b).abs() < 1e-5, "{measured:?} against {expected:?}");
        }
    }

    /// `F.interpolate(torch.tensor([[[[1., 2, 4], [8, 16, 32]]]]), (4, 5), mode='bilinear', align_corners=False)`
    #[test]
    fn growing_is_pytorchs_bilinear() {
        #[rustfmt::skip]
        let expected = [
            1.0, 1.4, 2.0, 3.2, 4.0,
            2.75, 3.85, 5.5, 8.8, 11.0,
            6.25, 8.75, 12.5, 20.0, 25.0,
            8.0, 11.2, 16.0, 25.6, 32.0,
        ];
        assert_close(&resize(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], [2, 3], [4, 5]), &expected);
    }

    #[test]
    fn shrinking_is_the_mean_of_the_covered_area() {
        let image: Vec<f32> = (0..16).map(|value| value as f32).collect();
        assert_close(&resize(&image, [4, 4], [2, 2]), &mean_pool(&image, 4, 2));
        assert_close(&resize(&[3.0, 6.0, 9.0], [1, 3], [1, 2]), &[4.0, 8.0]);
    }

    #[test]
    fn a_constant_stays_constant() {
        for to in [[3, 17], [40, 2], [1, 1], [7, 11]] {
            assert_close(&resize(&[0.25; 77], [7, 11], to), &vec![0.25; to[0] * to[1]]);
        }
    }
}
