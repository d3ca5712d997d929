// Exponential and logarithm to the last bit or two; the built-in ones differ from device to device.

// exp(x) for x <= 0.
fn exp_of(x: f32) -> f32 {
    // Not max(x, -87): a NaN must stay one.
    let kept = select(x, -87.0, x < -87);
    let k = floor(fma(kept, 1.44269504, 0.5));
    let r = fma(k, -1.42860677e-6, fma(k, -0.693145752, kept));
    var e = fma(r, 1.0 / 5040, 1.0 / 720);
    e = fma(e, r, 1.0 / 120);
    e = fma(e, r, 1.0 / 24);
    e = fma(e, r, 1.0 / 6);
    e = fma(e, r, 0.5);
    e = fma(e, r, 1.0);
    e = fma(e, r, 1.0);
    return select(e * bitcast<f32>((i32(k) + 127) << 23), 0.0, x < -87);
}

// log(1 + r) for r >= 0.
fn log_of_one_and(r: f32) -> f32 {
    let sum = 1 + r;
    var k = 0.0;
    // (m - 1) / (m + 1) with 1 + r = m 2^k.
    var t = r / (2 + r);
    if (r > 0.41) {
        let bits = bitcast<u32>(sum) + (0x3f800000u - 0x3f3504f3u);
        k = f32(bits >> 23) - 127;
        let m = bitcast<f32>((bits & 0x007fffffu) + 0x3f3504f3u);
        t = (m - 1) / (m + 1);
    }
    let s = t * t;
    var p = fma(s, 2.0 / 11, 2.0 / 9);
    p = fma(p, s, 2.0 / 7);
    p = fma(p, s, 2.0 / 5);
    p = fma(p, s, 2.0 / 3);
    p = fma(p, s, 2.0);
    return fma(k, 0.693147181, p * t);
}
