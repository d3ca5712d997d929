// The squares of each parameter's gradient, a workgroup a parameter; `ranges` holds where it starts and ends.
#bind read gradients array<f32>
#bind read ranges array<vec2u>
#bind write squares array<vec4f>
#use square

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let param = group.x + group.y * $groups_a_row;
    if (param >= arrayLength(&ranges)) {
        return;
    }
    let range = ranges[param];
    var sum = vec4f();
    for (var at = range.x + lane; at < range.y; at += 64) {
        sum += square_of(gradients[at]);
    }
    sum = fold_square(lane, sum);
    if (lane == 0) {
        squares[param] = sum;
    }
}
