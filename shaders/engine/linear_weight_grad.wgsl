// Gradients of the linear layer's weights `[classes][channels]`, then of its biases, a thread each.
#use batch
#bind read input array<f32>
#bind read g array<f32>
#bind write share array<f32>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = group.x * 64 + lane;
    if (at >= $classes * ($channels + 1)) {
        return;
    }
    var sum = 0.0;
    if (at < $classes * $channels) {
        let class_ = at / $channels;
        let c = at % $channels;
        for (var image = 0u; image < batch.images; image++) {
            sum = fma(g[image * $classes_padded + class_], input[image * $channels_padded + c], sum);
        }
    } else {
        for (var image = 0u; image < batch.images; image++) {
            sum += g[image * $classes_padded + at - $classes * $channels];
        }
    }
    share[at] = sum;
}
