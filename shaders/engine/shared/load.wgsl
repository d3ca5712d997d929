// Quadruple `c` of a pixel of what a convolution reads.
fn load(image: u32, y: u32, x: u32, c: u32) -> vec4f {
    return read_x(((image * $rh + y) * $rw + x) * $x_c4 + c, c);
}
