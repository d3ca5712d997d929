//! What is reported of values and gradients.

/// The Euclidean norm, accumulated in `f64` in eight strands.
pub fn norm(values: &[f32]) -> f32 {
    let mut strands = [0.0f64; 8];
    let chunks = values.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    for chunk in chunks {
        for (strand, &value) in strands.iter_mut().zip(chunk) {
            *strand += f64::from(value) * f64::from(value);
        }
    }
    (strands.iter().sum::<f64>() + rest).sqrt() as f32
}

/// `[N, C, H, W]` to every `stride`-th pixel with zero channels after the existing ones.
pub fn subsample(values: &[f32], [channels, height, width]: [usize; 3], out: [usize; 3], stride: usize) -> Vec<f32> {
    let images = values.len() / (channels * height * width);
    let mut result = Vec::with_capacity(images * out.iter().product::<usize>());
    for image in values.chunks_exact(channels * height * width) {
        for c in 0..out[0] {
            for y in 0..out[1] {
                for x in 0..out[2] {
                    let at = (c * height + y * stride) * width + x * stride;
                    result.push(if c < channels { image[at] } else { 0.0 });
                }
            }
        }
    }
    result
}
