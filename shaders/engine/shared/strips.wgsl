    // One workgroup: a strip of `$strip` pixels, by `$cg` quadruples of channels.
    let strip = group.x + group.y * $groups_a_row;
    let pixels = batch.images * $plane;
    if (strip * $strip >= pixels) {
        return;
    }
    let cg = lane % $cg;
    let pg = lane / $cg;
    let c = group.z * $cg + cg;
#for i $per
    let pixel_$i = strip * $strip + pg + $i * $pg;
    let real_$i = pixel_$i < pixels && c < $c4;
#end
