// Adds up the backward sums of all pieces, four channels a workgroup: the gradients of weight and bias, and what flows
// back through the statistics (`pull` and `tilt`), which running statistics do not let through.
#use batch
#bind read sums array<vec4f>
#bind write norm array<vec4f>
#bind write share array<vec4f>
var<workgroup> fold: array<vec4f, $cc * $threads>;

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    let cg = 0u;
    let pg = lane;
    var sum_0 = vec4f();
    var sum_1 = vec4f();
    for (var piece = lane; piece < $pieces; piece += $threads) {
        sum_0 += sums[piece * 2 * $c4 + c];
        sum_1 += sums[(piece * 2 + 1) * $c4 + c];
    }
#use fold
    if (lane == 0) {
        let inverse = norm[$c4 + c];
        let scale = norm[2 * $c4 + c];
        let all = select(0.0, 1.0 / f32(batch.images * $plane), batch.own_statistics != 0);
        norm[4 * $c4 + c] = scale * fold[0] * all;
        norm[5 * $c4 + c] = scale * inverse * inverse * fold[$threads] * all;
        share[c] = fold[$threads] * inverse;
        share[$c4 + c] = fold[0];
    }
}
