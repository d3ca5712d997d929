// A strip's share of a normalisation's backward sums: of `g` and of `g (x - mean)`.
#use batch
#use gradient g
#bind write sums array<vec4f>
var<workgroup> fold: array<vec4f, 2 * $threads>;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use strips
    var sum_0 = vec4f();
    var sum_1 = vec4f();
#for i $per
    if (real_$i) {
        let at = pixel_$i * $c4 + c;
        let value = back_g(g[at], at, c);
        sum_0 += value;
        sum_1 = fma(g_x[at] - g_norm[c], value, sum_1);
    }
#end
#use fold
    if (pg == 0 && c < $c4) {
        sums[strip * 2 * $c4 + c] = fold[cg];
        sums[(strip * 2 + 1) * $c4 + c] = fold[$threads + cg];
    }
}
