// Writes a gradient carried back, for who looks on.
#use batch
#use gradient g
#bind write output array<vec4f>

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use strips
#for i $per
    if (real_$i) {
        let at = pixel_$i * $c4 + c;
        output[at] = back_g(g[at], at, c);
    }
#end
}
