    // One workgroup: a tile of `$ti` images, `$th` rows and `$tw` columns, by `$cg * $cc` quadruples of channels.
    let tile = group.x + group.y * $groups_a_row;
    if (tile >= (batch.images + $ti - 1) / $ti * $tiles) {
        return;
    }
#use tile
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
#use patch
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
