// Feature maps of one node: every channel a tile of a grid, its values coloured by a lookup table.

struct Grid {
    // Columns and rows of tiles.
    tiles: vec2<u32>,
    // Width and height of one channel's map.
    map: vec2<u32>,
    // Share of a tile's width and height that its map fills; the rest is the gap.
    fill: vec2<f32>,
    // The values at the two ends of the colour map.
    low: f32,
    high: f32,
    channels: u32,
}

@group(0) @binding(0) var<uniform> grid: Grid;
// One texel a value, tiles where they are drawn.
@group(0) @binding(1) var values: texture_2d<f32>;
// The colour map from left to right, in the frame buffer's own encoding.
@group(0) @binding(2) var colours: texture_2d<f32>;

struct Vertex {
    @builtin(position) position: vec4<f32>,
    // 0..1 over the grid, from the top left.
    @location(0) at: vec2<f32>,
}

// One triangle that covers the viewport.
@vertex
fn vertex(@builtin(vertex_index) index: u32) -> Vertex {
    let corner = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    return Vertex(vec4<f32>(corner * vec2<f32>(2.0, -2.0) + vec2<f32>(-1.0, 1.0), 0.0, 1.0), corner);
}

@fragment
fn fragment(in: Vertex) -> @location(0) vec4<f32> {
    let place = in.at * vec2<f32>(grid.tiles);
    let tile = min(vec2<u32>(place), grid.tiles - 1u);
    let inside = (place - vec2<f32>(tile)) / grid.fill;
    if any(inside >= vec2<f32>(1.0)) || tile.y * grid.tiles.x + tile.x >= grid.channels {
        discard;
    }
    let texel = tile * grid.map + min(vec2<u32>(inside * vec2<f32>(grid.map)), grid.map - 1u);
    let value = textureLoad(values, texel, 0).r;
    let share = clamp((value - grid.low) / max(grid.high - grid.low, 1e-30), 0.0, 1.0);
    let last = textureDimensions(colours).x - 1u;
    return textureLoad(colours, vec2<u32>(u32(round(share * f32(last))), 0u), 0);
}
