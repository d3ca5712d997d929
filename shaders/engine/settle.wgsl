// Carries a stored gradient back through a view once, in place, for several readers; an addition's share joins it.
#use batch
#bind write into array<vec4f>
#use gradient g
#if shared
#use addend share
#end

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use strips
#for i $per
    if (real_$i) {
        let at = pixel_$i * $c4 + c;
        var value = back_g(into[at], at, c);
#if shared
        value += share_share(pixel_$i / $plane, pixel_$i % $plane / $width, pixel_$i % $width, c);
#end
        into[at] = value;
    }
#end
}
