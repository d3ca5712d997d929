// The gradient of a convolution's input on a tile: its output's gradient correlated with flipped, transposed weights. A
// strided convolution takes a pass for each place (`out_y0`, `out_x0`) in the stride.
#use batch
#if taps
#use gradient g
#bind read weights array<vec4f>
var<workgroup> patch_of: array<vec4f, $chunk * $patch>;
#end
#if shared
#use addend share
#end
#bind write into array<vec4f>
#if reduced
// A normalisation's backward sums are taken while the gradient is at hand.
#use gradient r
#bind write sums array<vec4f>
var<workgroup> fold: array<vec4f, $cc * $threads>;
#end

#if taps
fn load(image: u32, y: u32, x: u32, c: u32) -> vec4f {
    let at = ((image * $rh + y) * $rw + x) * $g_c4 + c;
    return back_g(g[at], at, c);
}
#end

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use correlate
#if reduced
#for j $cc
    var sum_$j = vec4f();
    var tilt_$j = vec4f();
#end
#end
#for i $pp
    {
        let image = first_image + pixel_$i / ($th * $tw);
        let yy = first_y + pixel_$i / $tw % $th;
        let xx = first_x + pixel_$i % $tw;
        let y = yy * $out_step + $out_y0;
        let x = xx * $out_step + $out_x0;
        let to = ((image * $wh + y) * $ww + x) * ($parts * $co4) + part * $co4;
        let real = pixel_$i < $tile && image < batch.images && yy < $gh && xx < $gw;
#for j $cc
        if (real && channel + $j * $cg < $co4) {
            var value = acc_${i}_$j;
#if shared
            value += share_share(image, y, x, part * $co4 + co_$j);
#end
#if accumulate
            value += into[to + co_$j];
#end
            into[to + co_$j] = value;
#if reduced
            let c = part * $co4 + co_$j;
            let back = back_r(value, to + co_$j, c);
            sum_$j += back;
            tilt_$j = fma(r_x[to + co_$j] - r_norm[c], back, tilt_$j);
#end
        }
#end
    }
#end
#if reduced
#use fold
#for j $cc
    let whole_$j = fold[$j * $threads + cg];
#end
    workgroupBarrier();
#for j $cc
    sum_$j = tilt_$j;
#end
#use fold
    if (pg == 0) {
#for j $cc
        if (channel + $j * $cg < $co4) {
            let to = ($before + tile) * 2 * ($parts * $co4) + part * $co4 + co_$j;
            sums[to] = whole_$j;
            sums[to + $parts * $co4] = fold[$j * $threads + cg];
        }
#end
    }
#end
}
