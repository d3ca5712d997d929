// Norms from sums of squares, a workgroup a norm. A request is the first sum, how many there are, and, where that
// depends on the images, pixels an image, pixels a strip and blocks of channels.
struct Request {
    first: u32,
    count: u32,
    plane: u32,
    strip: u32,
    blocks: u32,
    unused_0: u32,
    unused_1: u32,
    unused_2: u32,
}
#use batch
#bind read squares array<vec4f>
#bind read requests array<Request>
#bind write results array<f32>
#use square

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let index = group.x + group.y * $groups_a_row;
    if (index >= arrayLength(&requests)) {
        return;
    }
    let request = requests[index];
    var count = request.count;
    if (request.strip > 0) {
        count = (batch.images * request.plane + request.strip - 1) / request.strip * request.blocks;
    }
    var sum = vec4f();
    for (var at = lane; at < count; at += 64) {
        sum += squares[request.first + at];
    }
    sum = fold_square(lane, sum);
    if (lane == 0) {
        results[batch.slot * $results + 2 + index] = root_of(sum);
    }
}
