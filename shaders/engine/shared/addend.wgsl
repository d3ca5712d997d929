// An addition's share in the gradient of what it read: `${v}` at every `stride`-th pixel of the first channels.
#bind read ${v} array<vec4f>
#if my_gated
#bind read ${v}_gate array<vec4f>
#end

fn share_${v}(image: u32, y: u32, x: u32, c: u32) -> vec4f {
    if (c >= $my_c4 || y % $my_stride != 0 || x % $my_stride != 0) {
        return vec4f();
    }
    let at = ((image * $my_height + y / $my_stride) * $my_width + x / $my_stride) * $my_c4 + c;
    var value = ${v}[at] * $my_scale;
#if my_gated
    value = where_positive(value, ${v}_gate[at]);
#end
    return value;
}
