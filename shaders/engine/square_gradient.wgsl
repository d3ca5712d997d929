// A strip's share of the squares of a gradient carried back.
#use batch
#use gradient g
#bind write squares array<vec4f>
#use square

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use strips
    var sum = vec4f();
#for i $per
    if (real_$i) {
        let at = pixel_$i * $c4 + c;
        let value = back_g(g[at], at, c);
        sum += square_of(value.x) + square_of(value.y) + square_of(value.z) + square_of(value.w);
    }
#end
    sum = fold_square(lane, sum);
    if (lane == 0) {
        squares[strip * $blocks + group.z] = sum;
    }
}
