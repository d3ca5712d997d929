// Lays the convolutions' weights out for reading: `[tap][part][in][out]`, zeros where a channel is padded.
#bind read params array<f32>
#bind read places array<vec4u>
#bind write packed array<vec4f>

fn value_at(place: u32) -> f32 {
    return select(params[min(place, arrayLength(&params) - 1)], 0.0, place == 0xffffffffu);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let to = (group.x + group.y * $groups_a_row) * 64 + lane;
    if (to >= arrayLength(&packed)) {
        return;
    }
    let place = places[to];
    packed[to] = vec4f(value_at(place.x), value_at(place.y), value_at(place.z), value_at(place.w));
}
