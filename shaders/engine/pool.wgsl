// Mean over each map.
#use batch
#use view x
#bind write output array<vec4f>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.x + group.y * $groups_a_row) * 64 + lane;
    if (at >= batch.images * $x_c4) {
        return;
    }
    let c = at % $x_c4;
    let first = at / $x_c4 * ($plane * $x_c4) + c;
    var sum = vec4f();
    for (var pixel = 0u; pixel < $plane; pixel++) {
        sum += read_x(first + pixel * $x_c4, c);
    }
    output[at] = sum * (1.0 / $plane);
}
