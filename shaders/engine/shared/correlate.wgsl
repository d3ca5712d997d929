    // One workgroup: a tile of `$ti` images, `$th` rows and `$tw` columns, by `$cg * $cc` quadruples of channels.
    let tile = group.x + group.y * $groups_a_row;
    if (tile >= (batch.images + $ti - 1) / $ti * $tiles) {
        return;
    }
    let first_image = tile / $tiles * $ti;
    let first_y = tile % $tiles / $tiles_x * $th;
    let first_x = tile % $tiles_x * $tw;
    let part = group.z / $blocks;
    let cg = lane % $cg;
    let pg = lane / $cg;
    let channel = group.z % $blocks * ($cg * $cc) + cg;
#for j $cc
    let co_$j = min(channel + $j * $cg, $co4 - 1);
#end
#for i $pp
    let pixel_$i = pg + $i * $pg;
    let kept_$i = min(pixel_$i, $tile - 1);
    let at_$i = (kept_$i / ($th * $tw) * $ph + kept_$i / $tw % $th * $step) * $pw + kept_$i % $tw * $step;
#for j $cc
    var acc_${i}_$j = vec4f();
#end
#end
#if taps
    for (var c0 = 0u; c0 < $ci4; c0 += $chunk) {
        workgroupBarrier();
        for (var k = lane; k < $chunk * $patch; k += $threads) {
            let q = k / $chunk;
            let image = first_image + q / ($ph * $pw);
            let y = i32(first_y * $step + q / $pw % $ph) + $origin_y;
            let x = i32(first_x * $step + q % $pw) + $origin_x;
            var value = vec4f();
            if (image < batch.images && y >= 0 && y < $rh && x >= 0 && x < $rw) {
                value = load(image, u32(y), u32(x), part * $ci4 + c0 + k % $chunk);
            }
            patch_of[k % $chunk * $patch + q] = value;
        }
        workgroupBarrier();
        for (var d = 0u; d < $chunk; d++) {
            for (var ty = 0u; ty < $taps_y; ty++) {
                let row = d * $patch + ty * $pw;
                let taps = (($tap0_y + ty * $tap_step) * $k + $tap0_x) * $parts + part;
#for tx $taps_x
                {
                    let w = ((taps + $tx * $tap_step * $parts) * $ci4 + c0 + d) * 4 * $co4;
#for j $cc
#for e 4
                    let w_${j}_$e = weights[w + $e * $co4 + co_$j];
#end
#end
#for i $pp
                    {
                        let x = patch_of[row + at_$i + $tx];
#for j $cc
                        acc_${i}_$j = fma(vec4f(x.x), w_${j}_0, acc_${i}_$j);
                        acc_${i}_$j = fma(vec4f(x.y), w_${j}_1, acc_${i}_$j);
                        acc_${i}_$j = fma(vec4f(x.z), w_${j}_2, acc_${i}_$j);
                        acc_${i}_$j = fma(vec4f(x.w), w_${j}_3, acc_${i}_$j);
#end
                    }
#end
                }
#end
            }
        }
    }
#end
