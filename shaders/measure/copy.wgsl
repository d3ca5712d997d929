// A copy of one large buffer to another: what the device's memory can carry at most.

@group(0) @binding(0) var<storage, read_write> copied: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> values: array<vec4<f32>>;

@compute @workgroup_size(256)
fn copy(@builtin(global_invocation_id) at: vec3<u32>) {
    copied[at.x] = values[at.x];
}
