// Gathers a batch from stored `[N, C, H, W]` images: a pick is the image, rows and columns that it is shifted by, and
// whether it is mirrored then. What moves in is zero.
#use batch
#bind read stored array<f32>
#bind read picks array<vec4i>
#bind write output array<vec4f>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.x + group.y * $groups_a_row) * 64 + lane;
    if (at >= batch.images * ($height * $width * $c4)) {
        return;
    }
    let pixel = at / $c4;
    let pick = picks[pixel / ($height * $width)];
    let column = i32(pixel % $width);
    let y = i32(pixel / $width % $height) + pick.y;
    let x = select(column, $width - 1 - column, pick.w != 0) + pick.z;
    var value = vec4f();
    if (y >= 0 && y < $height && x >= 0 && x < $width) {
        let first = (u32(pick.x) * $channels * $height + u32(y)) * $width + u32(x);
#for e 4
        if (at % $c4 * 4 + $e < $channels) {
            value[$e] = stored[first + (at % $c4 * 4 + $e) * ($height * $width)];
        }
#end
    }
    output[at] = value;
}
