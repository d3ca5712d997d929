// Adds up the shares of every parameter's gradient, in their order, and puts them where the parameter stands. A segment
// is the first share, how far the next one is, how many there are at most, images a tile and tiles an image.
struct Segment {
    first: u32,
    next: u32,
    most: u32,
    ti: u32,
    tiles: u32,
    start: u32,
    unused_0: u32,
    unused_1: u32,
}
#use batch
#bind read shares array<vec4f>
#bind read owners array<u32>
#bind read segments array<Segment>
#bind read places array<vec4u>
#bind write gradients array<f32>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let block = group.x + group.y * $groups_a_row;
    if (block >= arrayLength(&owners)) {
        return;
    }
    let segment = segments[owners[block]];
    let at = block * 64 + lane;
    let count = min(segment.most, (batch.images + segment.ti - 1) / segment.ti * segment.tiles);
    var next_at = segment.first + at - segment.start;
    var sum = vec4f();
    for (var k = 0u; k < count; k++) {
        sum += shares[next_at];
        next_at += segment.next;
    }
    let to = places[at];
#for e 4
    if (to[$e] != 0xffffffffu) {
        gradients[to[$e]] = sum[$e];
    }
#end
}
