// A share of the gradient of a convolution's weights `[tap][part][in][out]`, then of its biases: some tiles, summed in
// their order. A thread holds one row of taps for four input and four output channels; `$pl` threads take turns at the
// rows of a tile.
#use batch
#use view x
#use gradient g
#bind write share array<vec4f>
var<workgroup> patch_of: array<vec4f, $chunk * $patch>;
var<workgroup> g_of: array<vec4f, $cob * $tile>;
#if lanes
var<workgroup> fold: array<vec4f, $threads>;
#end

#use load

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let tiles = (batch.images + $ti - 1) / $ti * $tiles;
    let splits = min($splits, tiles);
    let split = group.x;
    if (split >= splits) {
        return;
    }
    let co_lane = lane % $cob;
    let ci_lane = lane / $cob % $chunk;
    let ky = lane / ($cob * $chunk) % $k;
    let pl = lane / ($cob * $chunk * $k);
    let part = group.z / ($ci_blocks * $co_blocks);
    let c0 = group.z / $co_blocks % $ci_blocks * $chunk;
    let co = group.z % $co_blocks * $cob;
#for kx $k
#for e 4
    var acc_${kx}_$e = vec4f();
#end
#end
#if biased
    var bias = vec4f();
#end
    for (var tile = split * tiles / splits; tile < (split + 1) * tiles / splits; tile++) {
#use tile
        workgroupBarrier();
#use patch
        for (var k = lane; k < $cob * $tile; k += $threads) {
            let c = co + k % $cob;
            let q = k / $cob;
            let image = first_image + q / ($th * $tw);
            let y = first_y + q / $tw % $th;
            let x = first_x + q % $tw;
            var value = vec4f();
            if (c < $co4 && image < batch.images && y < $gh && x < $gw) {
                let at = ((image * $gh + y) * $gw + x) * $g_c4 + part * $co4 + c;
                value = back_g(g[at], at, part * $co4 + c);
            }
            g_of[k % $cob * $tile + q] = value;
        }
        workgroupBarrier();
        for (var row = pl; row < $ti * $th; row += $pl) {
            let from_x = ci_lane * $patch + (row / $th * $ph + row % $th * $step + ky) * $pw;
            let from_g = co_lane * $tile + row * $tw;
#for kx $k
            var x_$kx = patch_of[from_x + $kx];
#end
            for (var x = 0u; x < $tw; x++) {
                let gradient = g_of[from_g + x];
#for kx $k
#for e 4
                acc_${kx}_$e = fma(vec4f(x_$kx[$e]), gradient, acc_${kx}_$e);
#end
#end
#if biased
                bias += gradient;
#end
                // The next pixel's; past the row's end nothing uses them.
                let next = from_x + min(x + 1, $tw - 1) * $step;
#if slides
                x_0 = x_1;
                x_1 = x_2;
                x_2 = patch_of[next + 2];
#else
#for kx $k
                x_$kx = patch_of[next + $kx];
#end
#end
            }
        }
    }
    let to = split * $next;
    let writes = pl == 0 && c0 + ci_lane < $ci4 && co + co_lane < $co4;
#for kx $k
#for e 4
    {
        var sum = acc_${kx}_$e;
#use fold_lanes
        if (writes) {
            let row = (((ky * $k + $kx) * $parts + part) * $ci4 + c0 + ci_lane) * 4 + $e;
            share[to + row * $co4 + co + co_lane] = sum;
        }
    }
#end
#end
#if biased
    {
        var sum = bias;
#use fold_lanes
        if (writes && ky == 0 && c0 + ci_lane == 0) {
            share[to + $k * $k * $parts * $ci4 * 4 * $co4 + part * $co4 + co + co_lane] = sum;
        }
    }
#end
}
