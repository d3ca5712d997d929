    // Adds up `sum_j` over the pixel groups, always in the same order; group 0 holds the whole.
#for j $cc
    fold[$j * $threads + lane] = sum_$j;
#end
    workgroupBarrier();
    for (var half = $pg / 2u; half > 0u; half /= 2u) {
        if (pg < half) {
#for j $cc
            fold[$j * $threads + lane] += fold[$j * $threads + lane + half * $cg];
#end
        }
        workgroupBarrier();
    }
