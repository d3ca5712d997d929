//! Values and digests of `kernels.py` and `nets.py`: tensors that PyTorch and the tests make alike, and their fingerprints.

/// Exact values in -1..1; each stream is another tensor.
pub fn values(count: usize, stream: u64) -> Vec<f32> {
    let shift = (stream as u32).wrapping_mul(2_654_435_769);
    let value = |i: u32| {
        let mut h = i.wrapping_mul(2_654_435_761).wrapping_add(shift);
        h ^= h >> 15;
        h = h.wrapping_mul(2_246_822_519);
        h ^= h >> 13;
        (h >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count as u32).map(value).collect()
}

/// The norm and three projections.
pub fn digest(tensor: &[f64]) -> [f64; 4] {
    let norm = tensor.iter().map(|value| value * value).sum::<f64>().sqrt();
    let projection = |stream: u64| {
        let direction = values(tensor.len(), 1000 + stream);
        tensor.iter().zip(direction).map(|(a, b)| a * f64::from(b)).sum()
    };
    [norm, projection(0), projection(1), projection(2)]
}

/// How far two digests are apart, relative to the norm; a NaN is.
pub fn distance(found: [f64; 4], right: [f64; 4]) -> f64 {
    let off = found.iter().zip(right).map(|(a, b)| (a - b).abs());
    off.fold(
        0.0,
        |largest: f64, off| if off > largest || off.is_nan() { off } else { largest },
    ) / right[0].max(1e-9)
}
