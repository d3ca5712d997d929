// Forward convolution of a tile, with its mean and sum of squared deviations by channel.
#use batch
#use view x
#bind read weights array<vec4f>
#if biased
#bind read bias array<vec4f>
#end
#bind write output array<vec4f>
#if statistics
#bind write statistics array<vec4f>
var<workgroup> fold: array<vec4f, $cc * $threads>;
#end
var<workgroup> patch_of: array<vec4f, $chunk * $patch>;

#use load

@compute @workgroup_size($threads)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
#use correlate
    let images = min($ti, batch.images - first_image);
    let rows = min($th, $gh - first_y);
    let columns = min($tw, $gw - first_x);
#for i $pp
    let dy_$i = pixel_$i / $tw % $th;
    let dx_$i = pixel_$i % $tw;
    let real_$i = pixel_$i < $tile && pixel_$i / ($th * $tw) < images && dy_$i < rows && dx_$i < columns;
    let to_$i = (((first_image + pixel_$i / ($th * $tw)) * $gh + first_y + dy_$i) * $gw + first_x + dx_$i) * ($parts * $co4) + part * $co4;
#for j $cc
#if biased
    acc_${i}_$j += bias[part * $co4 + co_$j];
#end
    if (real_$i && channel + $j * $cg < $co4) {
        output[to_$i + co_$j] = acc_${i}_$j;
    }
#end
#end
#if statistics
    if (batch.own_statistics == 0) {
        return;
    }
    // Sums, then squared deviations from their mean: never E[x^2] - E[x]^2.
#for j $cc
    var sum_$j = vec4f();
#for i $pp
    sum_$j += select(vec4f(), acc_${i}_$j, real_$i);
#end
#end
#use fold
#for j $cc
    let mean_$j = fold[$j * $threads + cg] / f32(images * rows * columns);
#end
    workgroupBarrier();
#for j $cc
    sum_$j = vec4f();
#for i $pp
    {
        let off = acc_${i}_$j - mean_$j;
        sum_$j += select(vec4f(), off * off, real_$i);
    }
#end
#end
#use fold
    if (pg == 0) {
#for j $cc
        if (channel + $j * $cg < $co4) {
            let to = tile * 2 * ($parts * $co4) + part * $co4 + co_$j;
            statistics[to] = mean_$j;
            statistics[to + $parts * $co4] = fold[$j * $threads + cg];
        }
#end
    }
#end
}
