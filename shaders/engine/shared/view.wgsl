// The stored tensor `${v}` read through normalisation and ReLU: channels `c` (four of them) at `at`.
#bind read ${v} array<vec4f>
#if my_normed
#bind read ${v}_norm array<vec4f>
#end

fn read_${v}(at: u32, c: u32) -> vec4f {
    var value = ${v}[at];
#if my_normed
    value = fma(value - ${v}_norm[c], ${v}_norm[2 * $my_c4 + c], ${v}_norm[3 * $my_c4 + c]);
#end
#if my_relu
    value = relu(value);
#end
    return value;
}
