// `output = weight input + bias`, a thread a class and image.
#use batch
#bind read input array<f32>
#bind read weight array<f32>
#bind read bias array<f32>
#bind write output array<f32>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.x + group.y * $groups_a_row) * 64 + lane;
    if (at >= batch.images * $classes_padded) {
        return;
    }
    let class_ = at % $classes_padded;
    let first = at / $classes_padded * $channels_padded;
    var sum = 0.0;
    if (class_ < $classes) {
        sum = bias[class_];
        for (var c = 0u; c < $channels; c++) {
            sum = fma(input[first + c], weight[class_ * $channels + c], sum);
        }
    }
    output[at] = sum;
}
