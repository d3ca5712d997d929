// The residual addition with the shortcut's stride, channel padding and scale, and the sum's statistics by channel.
#use batch
#use view branch
#use view shortcut
#bind write output array<vec4f>
#if statistics
#bind write statistics array<vec4f>
var<workgroup> fold: array<vec4f, $threads>;
#end

fn sum_at(pixel: u32, c: u32) -> vec4f {
    var value = read_branch(pixel * $c4 + c, c);
    if (c < $shortcut_c4) {
        let image = pixel / $plane;
        let y = pixel % $plane / $width * $stride;
        let x = pixel % $width * $stride;
        let at = ((image * $shortcut_height + y) * $shortcut_width + x) * $shortcut_c4 + c;
        value = fma(read_shortcut(at, c), vec4f($scale), value);
    }
#if relu
    value = relu(value);
#end
    return value;
}

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use strips
#for i $per
    var value_$i = vec4f();
    if (real_$i) {
        value_$i = sum_at(pixel_$i, c);
        output[pixel_$i * $c4 + c] = value_$i;
    }
#end
#if statistics
    if (batch.own_statistics == 0) {
        return;
    }
    var sum_0 = vec4f();
#for i $per
    sum_0 += value_$i;
#end
#use fold
    let mean = fold[cg] / f32(min($strip, pixels - strip * $strip));
    workgroupBarrier();
    sum_0 = vec4f();
#for i $per
    {
        let off = value_$i - mean;
        sum_0 += select(vec4f(), off * off, real_$i);
    }
#end
#use fold
    if (pg == 0 && c < $c4) {
        statistics[strip * 2 * $c4 + c] = mean;
        statistics[(strip * 2 + 1) * $c4 + c] = fold[cg];
    }
#end
}
