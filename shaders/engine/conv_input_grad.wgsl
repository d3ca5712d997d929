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

#if taps
fn load(image: u32, y: u32, x: u32, c: u32) -> vec4f {
    let at = ((image * $rh + y) * $rw + x) * $g_c4 + c;
    return back_g(g[at], at, c);
}
#end

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use correlate
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
        }
#end
    }
#end
}
