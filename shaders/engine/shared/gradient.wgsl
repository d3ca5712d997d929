// The stored gradient `${v}` carried back through what the forward pass read it as.
#if my_stored
#bind read ${v} array<vec4f>
#end
#if my_gated
#bind read ${v}_gate array<vec4f>
#end
#if my_viewed
#bind read ${v}_x array<vec4f>
#end
#if my_normed
#bind read ${v}_norm array<vec4f>
#end

fn back_${v}(stored: vec4f, at: u32, c: u32) -> vec4f {
    var value = stored * $my_scale;
#if my_gated
    value = where_positive(value, ${v}_gate[at]);
#end
#if my_normed
    let off = ${v}_x[at] - ${v}_norm[c];
#if my_past_relu
    value = where_positive(value, fma(off, ${v}_norm[2 * $my_c4 + c], ${v}_norm[3 * $my_c4 + c]));
#end
#if my_past_norm
    value = value * ${v}_norm[2 * $my_c4 + c] - fma(off, ${v}_norm[5 * $my_c4 + c], ${v}_norm[4 * $my_c4 + c]);
#end
#else
#if my_past_relu
    value = where_positive(value, ${v}_x[at]);
#end
#end
    return value;
}
