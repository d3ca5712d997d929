// The gradient of the linear layer's input, a thread a channel and image.
#use batch
#bind read g array<f32>
#bind read weight array<f32>
#bind write into array<f32>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.x + group.y * $groups_a_row) * 64 + lane;
    if (at >= batch.images * $channels_padded) {
        return;
    }
    let c = at % $channels_padded;
    let first = at / $channels_padded * $classes_padded;
    var sum = 0.0;
    if (c < $channels) {
        for (var class_ = 0u; class_ < $classes; class_++) {
            sum = fma(g[first + class_], weight[class_ * $channels + c], sum);
        }
    }
    into[at] = sum;
}
