// Sums of squares that neither overflow nor underflow (Blue 1978): small, usual and large values apart.
var<workgroup> fold: array<vec4f, 64>;

fn square_of(value: f32) -> vec4f {
    let size = abs(value);
    if (size < 1e-15) {
        let up = value * 0x1p64f;
        return vec4f(up * up, 0, 0, 0);
    }
    if (size > 1e15) {
        let down = value * 0x1p-64f;
        return vec4f(0, 0, down * down, 0);
    }
    return vec4f(0, value * value, 0, 0);
}

fn fold_square(lane: u32, sum: vec4f) -> vec4f {
    fold[lane] = sum;
    workgroupBarrier();
    for (var half = 32u; half > 0; half /= 2) {
        if (lane < half) {
            fold[lane] += fold[lane + half];
        }
        workgroupBarrier();
    }
    return fold[0];
}

fn root_of(sum: vec4f) -> f32 {
    if (sum.z > 0) {
        return sqrt(sum.z + sum.y * 0x1p-64f * 0x1p-64f) * 0x1p64f;
    }
    if (sum.y > 0) {
        return sqrt(sum.y + sum.x * 0x1p-64f * 0x1p-64f);
    }
    // Nothing, small values only, or no number.
    return sqrt(sum.x) * 0x1p-64f + sum.y + sum.z;
}
