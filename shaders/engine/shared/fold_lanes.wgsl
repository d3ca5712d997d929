#if lanes
        // Over the threads that took turns; the first holds the whole.
        workgroupBarrier();
        fold[lane] = sum;
        workgroupBarrier();
        if (pl == 0) {
            for (var k = 1u; k < $pl; k++) {
                sum += fold[lane + k * ($threads / $pl)];
            }
        }
#end
