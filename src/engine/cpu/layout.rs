//! Between `[N, C, H, W]` and images in lanes.

/// One block of images into `[value][lane]`, lanes without an image zero.
pub fn pack(images: &[f32], width: usize, out: &mut [f32]) {
    let values = out.len() / width;
    out.fill(0.0);
    for (lane, image) in images.chunks_exact(values).enumerate() {
        for (out, &value) in out[lane..].iter_mut().step_by(width).zip(image) {
            *out = value;
        }
    }
}

/// All blocks back into `[N, ...]`, for as many images as `out` holds.
pub fn unpack(blocks: &[f32], width: usize, values: usize, out: &mut [f32]) {
    for (image, out) in out.chunks_exact_mut(values).enumerate() {
        let block = &blocks[image / width * values * width..][..values * width];
        for (out, lanes) in out.iter_mut().zip(block.chunks_exact(width)) {
            *out = lanes[image % width];
        }
    }
}
