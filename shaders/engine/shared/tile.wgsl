    let first_image = tile / $tiles * $ti;
    let first_y = tile % $tiles / $tiles_x * $th;
    let first_x = tile % $tiles_x * $tw;
