// Merges the pieces' means and squared deviations (Chan et al. 1979) into a normalisation's values, four channels a
// workgroup: rows of `norm` are mean, 1 / sqrt(variance + eps), scale, bias, pull, tilt, moved mean, moved variance.
#use batch
#bind read statistics array<vec4f>
#bind read weight array<vec4f>
#bind read bias array<vec4f>
#bind write running_mean array<vec4f>
#bind write running_var array<vec4f>
#bind write norm array<vec4f>

var<workgroup> counts: array<f32, 64>;
var<workgroup> means: array<vec4f, 64>;
var<workgroup> squares: array<vec4f, 64>;

fn count_of(piece: u32) -> f32 {
#if strip
    return f32(min($strip, batch.images * $plane - piece * $strip));
#else
    let images = min($ti, batch.images - piece / $tiles * $ti);
    let rows = min($th, $gh - piece % $tiles / $tiles_x * $th);
    let columns = min($tw, $gw - piece % $tiles_x * $tw);
    return f32(images * rows * columns);
#end
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let c = group.x;
    if (batch.own_statistics == 0) {
        if (lane == 0) {
            keep(c, running_mean[c], running_var[c]);
        }
        return;
    }
    let pieces = $pieces;
    var count = 0.0;
    var mean = vec4f();
    var square = vec4f();
    for (var piece = lane; piece < pieces; piece += 64) {
        let other = count_of(piece);
        let both = count + other;
        let apart = statistics[piece * 2 * $c4 + c] - mean;
        mean = fma(apart, vec4f(other / both), mean);
        square += statistics[(piece * 2 + 1) * $c4 + c] + apart * apart * (count * other / both);
        count = both;
    }
    counts[lane] = count;
    means[lane] = mean;
    squares[lane] = square;
    workgroupBarrier();
    for (var half = 32u; half > 0; half /= 2) {
        if (lane < half && counts[lane + half] > 0) {
            let other = counts[lane + half];
            let both = counts[lane] + other;
            let apart = means[lane + half] - means[lane];
            means[lane] = fma(apart, vec4f(other / both), means[lane]);
            squares[lane] += squares[lane + half] + apart * apart * (counts[lane] * other / both);
            counts[lane] = both;
        }
        workgroupBarrier();
    }
    if (lane == 0) {
        let variance = squares[0] / counts[0];
        keep(c, means[0], variance);
        // PyTorch keeps the unbiased variance.
        let unbiased = squares[0] / (counts[0] - 1);
        let moved_mean = running_mean[c] + 0.1 * (means[0] - running_mean[c]);
        let moved_var = running_var[c] + 0.1 * (unbiased - running_var[c]);
        norm[6 * $c4 + c] = moved_mean;
        norm[7 * $c4 + c] = moved_var;
        if (batch.training != 0) {
            running_mean[c] = moved_mean;
            running_var[c] = moved_var;
        }
    }
}

fn keep(c: u32, mean: vec4f, variance: vec4f) {
    let inverse = 1 / sqrt(variance + 1e-5);
    norm[c] = mean;
    norm[$c4 + c] = inverse;
    norm[2 * $c4 + c] = weight[c] * inverse;
    norm[3 * $c4 + c] = bias[c];
}
