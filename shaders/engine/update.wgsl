// The optimisers of PyTorch over all parameters; `decays` holds each 64 values' weight decay.
#use batch
#bind read gradients array<f32>
#bind read decays array<f32>
#bind write params array<f32>
#bind write first array<f32>
#if adam
#bind write second array<f32>
#end
#if clipped
#bind read results array<f32>
#end

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let block = group.x + group.y * $groups_a_row;
    let at = block * 64 + lane;
    if (at >= arrayLength(&params)) {
        return;
    }
    var gradient = gradients[at];
#if clipped
    gradient *= min($clip / (results[batch.slot * $results + 2] + 1e-6), 1.0);
#end
    let weight = params[at];
    gradient += decays[block] * weight;
#if adam
    let moment = first[at] + $slow * (gradient - first[at]);
    let spread = $beta * second[at] + $slower * gradient * gradient;
    first[at] = moment;
    second[at] = spread;
    params[at] = weight - batch.rate * moment / (sqrt(spread) / batch.root + 1e-8);
#else
    let momentum = $momentum * first[at] + gradient;
    first[at] = momentum;
#if nesterov
    params[at] = weight - batch.rate * (gradient + $momentum * momentum);
#else
    params[at] = weight - batch.rate * momentum;
#end
#end
}
