// Writes what a view reads, for who looks on.
#use batch
#use view x
#bind write output array<vec4f>

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use strips
#for i $per
    if (real_$i) {
        let at = pixel_$i * $c4 + c;
        output[at] = read_x(at, c);
    }
#end
}
