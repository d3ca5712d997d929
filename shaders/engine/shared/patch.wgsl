        // The patch that a tile reads, `$chunk` quadruples of channels from `c0` of the part; zeros beyond its ends.
        for (var k = lane; k < $chunk * $patch; k += $threads) {
            let c = c0 + k % $chunk;
            let q = k / $chunk;
            let image = first_image + q / ($ph * $pw);
            let y = i32(first_y * $step + q / $pw % $ph) + $origin_y;
            let x = i32(first_x * $step + q % $pw) + $origin_x;
            var value = vec4f();
            if (c < $ci4 && image < batch.images && y >= 0 && y < $rh && x >= 0 && x < $rw) {
                value = load(image, u32(y), u32(x), part * $ci4 + c);
            }
            patch_of[k % $chunk * $patch + q] = value;
        }
