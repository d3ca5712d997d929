// Spreads each pooled gradient evenly over its map.
#use batch
#bind read g array<vec4f>
#bind write into array<vec4f>

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let at = (group.x + group.y * $groups_a_row) * 64 + lane;
    if (at >= batch.images * ($plane * $c4)) {
        return;
    }
    into[at] = g[at / ($plane * $c4) * $c4 + at % $c4] * (1.0 / $plane);
}
