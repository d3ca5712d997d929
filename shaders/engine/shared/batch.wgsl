// What every kernel is told of the batch at hand.
struct Batch {
    // Real images.
    images: u32,
    // Not 0: normalise with the batch's own statistics, otherwise with running ones.
    own_statistics: u32,
    // Not 0: move the running statistics.
    training: u32,
    // Learning rate, Adam's with its bias correction.
    rate: f32,
    // Square root of Adam's second bias correction.
    root: f32,
    // Place in the ring of results.
    slot: u32,
}
#bind uniform batch Batch

fn relu(x: vec4f) -> vec4f {
    // Not max(x, 0): a NaN must stay one.
    return select(x, vec4f(), x < vec4f());
}

fn where_positive(x: vec4f, gate: vec4f) -> vec4f {
    return select(vec4f(), x, gate > vec4f());
}
