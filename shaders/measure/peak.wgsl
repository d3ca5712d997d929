// Multiply-adds on registers: what the device can compute at most. 16 of four lanes a round and invocation.

@group(0) @binding(0) var<storage, read_write> sums: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> rounds: array<u32>;

@compute @workgroup_size(256)
fn peak(@builtin(global_invocation_id) at: vec3<u32>) {
    let factor = vec4<f32>(0.999, 0.998, 0.997, 0.996);
    let term = vec4<f32>(f32(at.x) * 1e-6);
    var a = term;
    var b = term + 1.0;
    var c = term + 2.0;
    var d = term + 3.0;
    var e = term + 4.0;
    var f = term + 5.0;
    var g = term + 6.0;
    var h = term + 7.0;
    let count = rounds[0];
    for (var round = 0u; round < count; round++) {
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
        e = fma(e, factor, term);
        f = fma(f, factor, term);
        g = fma(g, factor, term);
        h = fma(h, factor, term);
        a = fma(a, factor, term);
        b = fma(b, factor, term);
        c = fma(c, factor, term);
        d = fma(d, factor, term);
        e = fma(e, factor, term);
        f = fma(f, factor, term);
        g = fma(g, factor, term);
        h = fma(h, factor, term);
    }
    sums[at.x] = a + b + c + d + e + f + g + h;
}
